"""The figure that only the chapter on scale needs."""

from __future__ import annotations

from collections.abc import Sequence

from dice.course import style
from dice.course.figures import Drawing, _Sheet
from dice.course.style import INK, MUTED, OVERLAP, PAPER, PREDICTION, TARGET, WIDTH

__all__ = ["tree_of_sums"]

ROW, BOX = 52.0, 17.0


def tree_of_sums(levels: Sequence[int], names: Sequence[str]) -> Drawing:
    """Draw how the sums of many chunks are added, two or more at a time, to one.

    Parameters
    ----------
    levels : sequence of int
        Number of partial sums in each row, from the chunks down to one.
    names : sequence of str
        What the first row, and what the last row is.

    Returns
    -------
    Drawing
        Chunk pairs on top, each a box in the colors of prediction and target; sums as disks.
    """
    sheet = _Sheet(WIDTH)
    inner = WIDTH - 2 * style.MARGIN
    places = [[style.MARGIN + (k + 0.5) * inner / n for k in range(n)] for n in levels]
    heights = [30 + ROW * row for row in range(len(levels))]
    for row in range(1, len(levels)):
        for k, x in enumerate(places[row - 1]):
            child = places[row][k * levels[row] // levels[row - 1]]
            path = f"M{x:.1f} {heights[row - 1] + BOX / 2:.1f}L{child:.1f} {heights[row]:.1f}"
            sheet.add("path", d=path, stroke=MUTED, stroke_width=1.25, fill="none")
    sheet.text(style.MARGIN, 9, names[0], color=INK)
    for x in places[0]:
        y = heights[0] - BOX / 2
        sheet.rect(x - BOX / 2, y, BOX / 2, BOX, fill=PREDICTION, stroke=PAPER)
        sheet.rect(x, y, BOX / 2, BOX, fill=TARGET, stroke=PAPER)
    for row in range(1, len(levels)):
        for x in places[row]:
            sheet.add("circle", cx=x, cy=heights[row], r=9, fill=OVERLAP, stroke=PAPER)
            sheet.text(x, heights[row], "+", color=style.ink_on(OVERLAP), anchor="middle")
    sheet.text(places[-1][0] + 16, heights[-1], names[-1], color=INK)
    return sheet.drawing(f"{levels[0]} chunks and the tree that adds their sums", heights[-1] + 14)
