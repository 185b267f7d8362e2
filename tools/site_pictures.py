"""Draw the icons of the site, and the card of a shared link: python tools/site_pictures.py."""

from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from welcome_picture import PREDICTIONS, TARGET

from dice import dice_score
from dice.course import style

FOLDER = Path(__file__).parents[1] / "book" / "_static"
RADIUS, APART = 10.6, 9.8  # of the two sets, on a square of 32
CARD_SIZE = 1200, 630
PREDICTION = PREDICTIONS[1]
SHEET, INK, MUTED = (style.DARK_VERSION[tone] for tone in (style.SHEET, style.INK, style.MUTED))


def icon_svg() -> str:
    """Return two overlapping sets as SVG."""
    left, right, r = 16 - APART / 2, 16 + APART / 2, RADIUS
    half = (r**2 - (APART / 2) ** 2) ** 0.5
    lens = f"M16 {16 - half:.2f}A{r} {r} 0 0 1 16 {16 + half:.2f}A{r} {r} 0 0 1 16 {16 - half:.2f}z"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<circle cx="{left:g}" cy="16" r="{r}" fill="{style.TARGET}"/>'
        f'<circle cx="{right:g}" cy="16" r="{r}" fill="{style.PREDICTION}"/>'
        f'<path d="{lens}" fill="{style.OVERLAP}"/></svg>\n'
    )


def canvas(width: int, height: int, **options: object) -> Figure:
    """Return an empty picture of so many pixels, measured in pixels from the upper left."""
    figure = Figure(figsize=(width / 100, height / 100), dpi=100, **options)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    return figure


def icon(size: int, *, share: float = 1, **options: object) -> Figure:
    """Return the same two sets as pixels, filling a share of the square."""
    figure = canvas(size, size, **options)
    axes, unit, middle = figure.axes[0], share * size / 32, size / 2
    target, prediction, lens = (
        Circle((middle + side * APART / 2 * unit, middle), RADIUS * unit, color=color, lw=0)
        for side, color in ((-1, style.TARGET), (1, style.PREDICTION), (1, style.OVERLAP))
    )
    for part in (target, prediction, lens):
        axes.add_patch(part)
    lens.set_clip_path(target)
    return figure


def card() -> Figure:
    """Return the title of the course beside a target, a prediction and their two scores."""
    figure = canvas(*CARD_SIZE, facecolor=SHEET)
    axes = figure.axes[0]
    side, left, top = 27, 690, 66
    colors = {(1, 0): style.TARGET, (0, 1): style.PREDICTION, (1, 1): style.OVERLAP}
    for row, column in np.ndindex(TARGET.shape):
        color = colors.get((TARGET[row, column], PREDICTION[row, column]), SHEET)
        corner = left + side * column, top + side * row
        grid = style.DARK_VERSION[style.GRID]
        axes.add_patch(Rectangle(corner, side, side, facecolor=color, edgecolor=grid, lw=0.8))
    scores = f"Dice {dice_score(PREDICTION, TARGET):.2f}"
    accuracy = f"accuracy {(PREDICTION == TARGET).mean():.2f}"
    bottom = top + 16 * side + 58
    axes.text(left, bottom, scores, color=INK, size=22, weight="bold")
    axes.text(left + 16 * side, bottom, accuracy, color=MUTED, size=22, ha="right")
    axes.text(70, 225, "Dice,", color=INK, size=58, weight="bold")
    axes.text(70, 310, "from pixels to loss", color=INK, size=36, weight="bold")
    for line, words in enumerate(["A course on the Dice coefficient", "and the Dice loss."]):
        axes.text(70, 385 + 42 * line, words, color=MUTED, size=22)
    return figure


PICTURES = {
    "favicon.png": partial(icon, 48, facecolor="none"),
    "touch-icon.png": partial(icon, 180, share=0.8, facecolor="white"),
    "social-card.png": card,
}


if __name__ == "__main__":
    (FOLDER / "favicon.svg").write_text(icon_svg(), "utf8")
    for name, draw in PICTURES.items():
        draw().savefig(FOLDER / name, metadata={"Software": None})  # the same on every day
