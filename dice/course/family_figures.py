"""The one figure that only the family of losses needs: lines of equal score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from dice.course.figures import _WRITING, Drawing, _dress, _mark, from_matplotlib, panels
from dice.course.style import HALF_WIDTH, INK, OVERLAP, TEXT_SIZE

__all__ = ["level_sets"]


def level_sets(
    scores: Mapping[str, ArrayLike],
    x: Sequence[float],
    y: Sequence[float],
    levels: Sequence[float],
    *,
    xlabel: str,
    ylabel: str,
    points: Mapping[str, tuple[float, float]] | None = None,
    ticks: Sequence[float] | None = None,
) -> Drawing:
    """Draw lines of equal score over a square plane, one panel for each score.

    Parameters
    ----------
    scores : mapping of str to array_like of shape (len(y), len(x))
        Title and values of each panel.
    x, y : sequence of float
        Where the scores are sampled.
    levels : sequence of float
        The scores whose lines are drawn, rising.
    xlabel, ylabel : str
        Names of the axes; the second stands above the axis, upright.
    points : mapping of str to (float, float), optional
        Dots to mark in every panel, with their text.
    ticks : sequence of float, optional
        Marks on both axes.

    Returns
    -------
    Drawing
    """
    from matplotlib.figure import Figure

    side, left, right, bottom, top = HALF_WIDTH, 34.0, 14.0, 44.0, 24.0
    inner = side - left - right
    height = inner + bottom + top
    size = inner / side, inner / height
    drawings = {}
    for title, values in scores.items():
        figure = Figure(figsize=(side / 72, height / 72), dpi=72)
        axes = figure.add_axes((left / side, bottom / height, *size))
        lines = axes.contour(x, y, np.asarray(values), levels, colors=OVERLAP, linewidths=1.75)
        looks: dict[str, Any] = {"fontsize": TEXT_SIZE, "colors": INK, "inline_spacing": 3}
        axes.clabel(lines, fmt="{:g}".format, manual=_on_diagonal(x, y, values, levels), **looks)
        _dress(axes, (ticks, ticks), ("{:g}".format, "{:g}".format))
        axes.grid(visible=False)
        _mark(axes, points or {}, lines.get_paths())
        middle = (left + inner / 2) / side
        figure.text(middle, 8 / height, xlabel, ha="center", va="bottom", **_WRITING)
        figure.text(2 / side, 1 - 2 / height, ylabel, ha="left", va="top", **_WRITING)
        drawings[title] = from_matplotlib(figure, title)
    return panels(drawings, description=f"lines of equal score: {', '.join(scores)}")


def _on_diagonal(
    x: Sequence[float], y: Sequence[float], values: ArrayLike, levels: Sequence[float]
) -> list[tuple[float, float]]:
    """Return where the diagonal of the plane meets the levels, for the labels of the lines."""
    scores, steps = np.diagonal(np.asarray(values, dtype=float)), np.arange(len(x))
    order = np.argsort(scores)
    meets = [
        float(np.interp(level, scores[order], steps[order]))
        for level in levels
        if scores.min() <= level <= scores.max()
    ]
    return [(float(np.interp(m, steps, x)), float(np.interp(m, steps, y))) for m in meets]
