"""What the charts of the course add to plain matplotlib: names where a reader looks for them."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from dice.course.style import INK, OVERLAP, PAPER, Look

LINE = 15.0  # from one line of text to the next, in points


def label_ends(ax: Axes) -> None:
    """Write each curve's label at its right end, and that of the y axis above it, upright.

    In place of a legend and of text on its side. Call it last: labels keep apart in the room
    that the axes have by then.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Curves with ``label=...``; a line break in a label is kept.
    """
    figure = cast(Figure, ax.figure)
    figure.draw_without_rendering()  # so that the layout is known
    above: Look = {"xycoords": "axes fraction", "xytext": (0, 10), "textcoords": "offset points"}
    ax.annotate(ax.get_ylabel(), (0, 1), **above)
    ax.set_ylabel("")
    room = ax.bbox.height * 72 / figure.dpi
    to_axes = ax.transData - ax.transAxes
    named = [line for line in ax.lines if str(line.get_label())[0] != "_"]
    lines = {k: room * to_axes.transform(np.asarray(k.get_xydata())[-1])[1] for k in named}
    # Curves that end together are labeled in the order in which they arrive.
    order = sorted(lines, key=lambda line: (round(lines[line]), np.nansum(line.get_ydata())))
    sizes = [LINE * (1 + str(line.get_label()).count("\n")) + 3 for line in order]
    heights = _apart([lines[line] for line in order], sizes, room)
    for line, y, size in zip(order, heights, sizes, strict=True):
        first = (y + (size - LINE - 3) / 2) / room
        sample = Line2D([], [])
        sample.update_from(line)
        sample.set(data=([1.02, 1.08], [first, first]), transform=ax.transAxes, clip_on=False)
        sample.set(label="_sample", marker="")
        ax.add_artist(sample)
        look: Look = {"transform": ax.transAxes, "va": "center", "linespacing": 1.1}
        ax.text(1.1, y / room, str(line.get_label()), **look)


def _apart(heights: list[float], sizes: list[float], room: float) -> list[float]:
    """Move blocks, given from low to high, apart; keep them between 0 and `room`, nearly."""
    placed = heights.copy()
    floor, ceiling = -8.0, room + 8
    for k, size in enumerate(sizes):
        placed[k] = max(placed[k], floor + size / 2)
        floor = placed[k] + size / 2
    for k, size in reversed([*enumerate(sizes)]):
        placed[k] = min(placed[k], ceiling - size / 2)
        ceiling = placed[k] - size / 2
    return placed


def dot(ax: Axes, x: float, y: float, text: str = "", ha: str = "left", va: str = "bottom") -> None:
    """Mark a point, with its name beside it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x, y : float
        The point, in data units.
    text : str
        Its name.
    ha, va : str
        Alignment of the name, as in ``ax.text``: "left" and "bottom" set it to the upper right.
    """
    look: Look = {"color": INK, "markeredgecolor": PAPER, "clip_on": False, "zorder": 4}
    ax.plot([x], [y], "o", markersize=7, **look)
    away = {"left": 6, "right": -6, "bottom": 5, "top": -5, "center": 0}
    ax.annotate(text, (x, y), (away[ha], away[va]), textcoords="offset points", ha=ha, va=va)


def level_lines(ax: Axes, axis: ArrayLike, scores: ArrayLike, levels: Sequence[float]) -> None:
    """Draw lines of equal score over a square plane, each with its value on the diagonal.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    axis : array_like of shape (N,)
        Where the scores are sampled, along both axes.
    scores : array_like of shape (N, N)
        Rising or falling along the diagonal.
    levels : sequence of float
        The scores whose lines are drawn, rising.
    """
    lines = ax.contour(axis, axis, scores, levels, colors=OVERLAP, linewidths=1.75)
    diagonal = np.diagonal(scores)
    order = np.argsort(diagonal)
    meets = np.interp(levels, diagonal[order], np.asarray(axis)[order])
    ax.clabel(lines, fmt="{:g}".format, colors=INK, manual=[(at, at) for at in meets])
    ax.set_aspect("equal")
    ax.grid(visible=False)
