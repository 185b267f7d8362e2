"""The one figure that only the worked example needs: the way from logits to loss."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from dice.course import style
from dice.course.examples import CLASS_NAMES
from dice.course.figures import Drawing, _Sheet
from dice.course.style import CLASS_COLORS, INK, MUTED, OVERLAP, PAPER, TITLE_SIZE, WIDTH
from dice.overlap import Overlap

__all__ = ["flow"]

COLUMN = 128.0
MIDDLE = WIDTH / 2
CENTERS = [MIDDLE - COLUMN - 8, MIDDLE, MIDDLE + COLUMN + 8]


def flow(
    logits: ArrayLike, probabilities: ArrayLike, masks: ArrayLike, sums: Overlap, loss: float
) -> Drawing:
    """Draw the steps of the worked example from top to bottom, a column for each class.

    Parameters
    ----------
    logits, probabilities, masks : array_like of shape (3, H, W)
        One matrix for each class.
    sums : Overlap
        The three sums of each class, from which the scores are read.
    loss : float
        The loss.

    Returns
    -------
    Drawing
    """
    sheet = _Sheet(WIDTH)
    for x, name, fill in zip(CENTERS, CLASS_NAMES, CLASS_COLORS, strict=False):
        _box(sheet, x, 0, f"class {name}", fill=fill, width=COLUMN, height=24)
    y = _matrices(sheet, 34, "logits z", logits, "{:.1f}")
    y = _step(sheet, y, "softmax at each pixel, across the classes", begin="all", end="all")
    y = _matrices(sheet, y, "probabilities p", probabilities, "{:.4f}")
    y = _matrices(sheet, y + 10, "target y, one-hot", masks, "{:d}")
    y = _step(sheet, y, "multiply, and add over the pixels")
    y = _title(sheet, y, "three sums per class")
    rows = (("I", sums.intersection, 4), ("P", sums.prediction, 4), ("G", sums.target, 0))
    for name, values, digits in rows:
        for x, value in zip(CENTERS, values.tolist(), strict=True):
            sheet.text(x - 22, y + 9, name, anchor="end")
            sheet.text(x - 16, y + 9, f"= {value:.{digits}f}")
        y += 18
    y = _step(sheet, y, "2 I / (P + G)")
    for x, value in zip(CENTERS, sums.dice().tolist(), strict=True):
        _box(sheet, x, y, f"Dice {value:.4f}", width=COLUMN)
    y = _step(sheet, y + 28, "mean of the three", begin="all", end="one")
    _box(sheet, MIDDLE, y, f"macro Dice {sums.dice(average='macro'):.4f}")
    y = _step(sheet, y + 28, "1 − macro Dice", begin="one", end="one")
    _box(sheet, MIDDLE, y, f"loss {loss:.4f}", fill=PAPER)
    return sheet.drawing("the worked example from logits to loss", y + 29)


def _title(sheet: _Sheet, y: float, text: str) -> float:
    sheet.text(MIDDLE, y + 8, text, anchor="middle", bold=True)
    return y + 21


def _matrices(sheet: _Sheet, y: float, title: str, values: ArrayLike, form: str) -> float:
    """Draw a matrix in each column, under a title; return where they end."""
    y = _title(sheet, y, title)
    grids = np.asarray(values)
    rows, columns = int(grids.shape[1]), int(grids.shape[2])
    width, height = COLUMN / columns, 26.0
    for center, color, grid in zip(CENTERS, CLASS_COLORS, grids, strict=False):
        for (row, column), value in np.ndenumerate(grid):
            x, top = center + (column - columns / 2) * width, y + row * height
            text, level = form.format(value), float(value)
            sheet.cell(x, top, width, height, text, color=color, level=level)
    return y + rows * height


def _step(sheet: _Sheet, y: float, text: str, begin: str = "each", end: str = "each") -> float:
    """Draw what leads from one row to the next: ``begin`` and ``end`` are each, all or one.

    "each" keeps the classes apart, "all" joins them, "one" is the middle alone.
    """
    first, middle, last = CENTERS
    top, bottom = y + 4, y + 41
    path = f"M{middle:g} {top:g}v6M{middle:g} {bottom:g}v-6"  # the text stands between
    if begin == "all":
        path += f"M{first:g} {top:g}v6H{last:g}v-6"
    if end == "all":
        path += f"M{first:g} {bottom:g}v-6H{last:g}v6"
    elif end == "each":
        path += f"M{first:g} {top:g}V{bottom:g}M{last:g} {top:g}V{bottom:g}"
    sheet.add("path", d=path, fill="none", stroke=INK, stroke_width=1.25)
    for x in [middle] if end == "one" else CENTERS:
        sheet.add("path", d=f"M{x - 4:g} {bottom - 1:g}h8l-4 6z", fill=INK)
    sheet.text(middle, y + 22, text, color=MUTED, anchor="middle")
    return y + 51


def _box(
    sheet: _Sheet,
    x: float,
    y: float,
    text: str,
    *,
    fill: str = OVERLAP,
    width: float = 170,
    height: float = 28,
) -> None:
    place = {"x": x - width / 2, "y": y + 0.5, "width": width, "height": height, "rx": 5}
    sheet.add("rect", **place, fill=fill, stroke=MUTED, stroke_width=0.75)
    ink = style.ink_on(fill)
    sheet.text(x, y + height / 2, text, color=ink, size=TITLE_SIZE, anchor="middle", bold=True)
