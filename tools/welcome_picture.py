"""Draw the picture of the welcome page: python tools/welcome_picture.py."""

from pathlib import Path

import numpy as np

from dice import dice_score
from dice.course.figures import Drawing, masks, panels

FILE = Path(__file__).parents[1] / "book" / "_static" / "welcome.svg"
THIRD = 125  # three panels and the gaps between them fill the width of a drawing


def disk(row: int, column: int, radius: float) -> np.ndarray:
    """Return the mask of a disk in an image of 16 x 16 pixels."""
    rows, columns = np.mgrid[:16, :16]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


TARGET = disk(6, 6, 3.2)
PREDICTIONS = [disk(6, 7, 3.2), disk(8, 9, 3.2), disk(11, 11, 3.2)]


def picture() -> Drawing:
    """Return the target with each of the predictions, and what two scores say about them."""
    scored = {}
    for prediction in PREDICTIONS:
        pixels = masks(TARGET, prediction, legend=False, width=THIRD)
        accuracy = (prediction == TARGET).mean()
        score = dice_score(prediction, TARGET)
        scored[f"Dice {score:.2f}"] = panels({f"accuracy {accuracy:.2f}": pixels})
    return panels(scored, columns=3, description="one target, three predictions")


if __name__ == "__main__":
    picture().save(FILE)
