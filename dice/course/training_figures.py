"""Curves with their spread over several runs, one look for each loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from dice.course.figures import (
    _WRITING,
    Drawing,
    _dress,
    _label_end,
    _line_look,
    _spread,
    _text_width,
    from_matplotlib,
)
from dice.course.style import MUTED, WIDTH

__all__ = ["ROLES", "bands"]

ROLES = {
    "CE": "ink",
    "weighted CE": "class C",
    "Dice": "overlap",
    "Dice + CE": "prediction",
}
"""Role of each loss, a key of ``style.LINE_STYLES``."""


def bands(
    lines: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    xlabel: str,
    ylabel: str,
    xscale: str = "linear",
    ylim: tuple[float, float] = (0, 1),
    xticks: Sequence[float] | None = None,
    yticks: Sequence[float] = (0, 0.2, 0.4, 0.6, 0.8, 1),
    xformat: Callable[[float], str] = "{:g}".format,
    diagonal: bool = False,
    width: float = WIDTH,
    height: float = 230,
) -> Drawing:
    """Draw the median of several runs as a line, in a band from the lowest to the highest.

    Parameters
    ----------
    lines : mapping of str to (array_like of shape (N,), array_like of shape (S, N))
        For each loss, a key of `ROLES`: where it is sampled, and the values of S runs.
    xlabel, ylabel : str
        Names of the axes; the second stands above the axis, upright.
    xscale : {"linear", "log", "logit"}
        Scale of the horizontal axis.
    ylim : pair of float
        Ends of the vertical axis.
    xticks, yticks : sequence of float, optional
        Marks on an axis.
    xformat : callable
        Turns a mark of the horizontal axis into its text.
    diagonal : bool
        Draw the line on which both axes are equal.
    width, height : float
        Size of the drawing.

    Returns
    -------
    Drawing
    """
    from matplotlib.figure import Figure

    left, bottom, top = 46.0, 44.0, 28.0
    right = max(_text_width(name) for name in lines) + 34
    inner = width - left - right, height - bottom - top
    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    axes = figure.add_axes((left / width, bottom / height, inner[0] / width, inner[1] / height))
    axes.set(xscale=xscale)
    ends = {}
    for name, (x, runs) in lines.items():
        xs, values = np.asarray(x, dtype=float), np.asarray(runs, dtype=float)
        look = _line_look(ROLES[name])
        if len(values) > 1:
            axes.fill_between(
                xs, values.min(axis=0), values.max(axis=0), color=look["color"], alpha=0.2, lw=0
            )
        middle = np.median(values, axis=0)
        axes.plot(xs, middle, clip_on=False, zorder=3, **look)
        ends[name] = bottom + inner[1] * (float(middle[-1]) - ylim[0]) / (ylim[1] - ylim[0])
    if diagonal:
        axes.plot(ylim, ylim, color=MUTED, linewidth=1)
    places = np.concatenate([np.asarray(x, dtype=float) for x, _ in lines.values()])
    axes.set(xlim=ylim if diagonal else (places.min(), places.max()), ylim=ylim)
    _dress(axes, (xticks, yticks), (xformat, "{:g}".format))
    figure.text(
        (left + inner[0] / 2) / width, 8 / height, xlabel, ha="center", va="bottom", **_WRITING
    )
    figure.text(2 / width, 1 - 4 / height, ylabel, ha="left", va="top", **_WRITING)
    blocks = [(name, y, 18.0) for name, y in sorted(ends.items(), key=lambda end: end[1])]
    for name, y in _spread(blocks, bottom, height - top).items():
        _label_end(figure, [name], width - right, y, _line_look(ROLES[name]))
    return from_matplotlib(figure, f"{', '.join(lines)} over {xlabel}")
