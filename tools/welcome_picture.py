"""Draw the picture of the welcome page: python tools/welcome_picture.py."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dice import dice_score
from dice.course import style
from dice.course.pixels import masks
from dice.course.svg import svg

FILE = Path(__file__).parents[1] / "book" / "_static" / "welcome.svg"


def disk(row: int, column: int, radius: float) -> np.ndarray:
    """Return the mask of a disk in an image of 16 x 16 pixels."""
    rows, columns = np.mgrid[:16, :16]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


TARGET = disk(6, 6, 3.2)
PREDICTIONS = [disk(6, 7, 3.2), disk(8, 9, 3.2), disk(11, 11, 3.2)]


def picture() -> str:
    """Return the target with each of the predictions, and what two scores say about them."""
    style.use()
    figure = Figure()
    axes = figure.subplots(1, len(PREDICTIONS))
    for ax, prediction in zip(axes, PREDICTIONS, strict=True):
        accuracy = (prediction == TARGET).mean()
        score = dice_score(prediction, TARGET)
        ax.set_title(f"Dice {score:.2f}\naccuracy {accuracy:.2f}")
        masks(ax, TARGET, prediction, legend=False)
    return svg(figure)


if __name__ == "__main__":
    FILE.write_text(picture(), "utf8")
