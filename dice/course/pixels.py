"""Pixels, drawn on axes: rows of values, masks, class maps, objects, matrices, probabilities.

Each function draws on the axes that it is given, so that a figure is plain matplotlib:
``fig, ax = plt.subplots()``, a call, and ``fig.savefig``. They draw what they are given and do
no arithmetic on scores.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import ArrayLike, NDArray

from dice.course import style
from dice.course.shapes import MIDDLE, cell, frame, hatched, key, mark, region
from dice.course.style import Look

ROLES = {
    style.TARGET: ("target",),
    style.PREDICTION: ("prediction", "probabilit"),
    style.OVERLAP: ("overlap", "intersection", "product"),
}
"""Color of a row, and how its name begins."""


def pixel_rows(
    ax: Axes, rows: Mapping[str, ArrayLike], *, colors: Mapping[str, str] | None = None
) -> None:
    """Draw numbered rows of pixels under each other, the value written in each cell.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rows : mapping of str to array_like
        Name of the row, and its values: 0 or 1, or between, or texts. The name's first word
        sets the color: target, prediction (also probabilities), overlap (also intersection,
        product).
    colors : mapping of str to str, optional
        Color by row name, where the name does not tell.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> pixel_rows(ax, {"target": [1, 0, 0, 1], "prediction": [1, 0, 1, 1]})
    >>> plt.close(fig)
    """
    counts = {np.size(row) for row in rows.values()}
    if len(counts) > 1:
        raise ValueError("rows must have the same number of pixels")
    (count,), side = counts, 48.0
    names = max(map(style.text_width, rows)) / side + 0.2  # the room that they take, in pixels
    frame(ax, 1.2 * len(rows) + 0.3, names + count, largest=side)
    for i in range(count):
        ax.text(names + i + 0.5, 0.2, str(i + 1), color=style.MUTED, **MIDDLE)
    for k, (name, row) in enumerate(rows.items()):
        y = 1.2 * k + 0.5
        found = (color for color, starts in ROLES.items() if name.lower().startswith(starts))
        color = (colors or {}).get(name) or next(found, style.BACKGROUND)
        hatch = "///" if color == style.OVERLAP else None
        ax.text(names - 0.2, y + 0.5, name, ha="right", va="center_baseline")
        for i, value in enumerate(np.asarray(row, dtype=object)):
            level = _level(value)
            look: Look = {"hatch": hatch, "weight": "bold" if level == 1 else "normal"}
            cell(ax, (names + i, y), _written(value), color, level, **look)


def matrix(
    ax: Axes,
    entries: ArrayLike,
    color: str | Sequence[Sequence[str]] = style.PAPER,
    *,
    values: ArrayLike | None = None,
    digits: int | None = None,
) -> None:
    """Draw a matrix with its entries written in the cells.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    entries : array_like of shape (R, C)
        Numbers, or texts that are written as they are.
    color : str or grid of str
        Cells are tinted with it by their value between 0 and 1; a grid colors each cell.
    values : array_like of shape (R, C), optional
        Numbers to tint by, where the entries are texts or not between 0 and 1.
    digits : int, optional
        Decimals to write.
    """
    grid, levels = _grid(entries), _grid(entries if values is None else values)
    frame(ax, *grid.shape, largest=96, height=34)
    for (row, column), value in np.ndenumerate(grid):
        one_tint = isinstance(color, str)
        fill = str(color if one_tint else color[row][column])
        level = _level(levels[row, column]) if one_tint else 1.0
        cell(ax, (column, row), _written(value, digits), fill, level)


def _grid(entries: ArrayLike) -> NDArray[Any]:
    grid = np.array(entries, dtype=object)
    if grid.ndim != 2:
        raise ValueError(f"rows and columns are needed, got shape {grid.shape}")
    return grid


def _written(value: object, digits: int | None = None) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:g}" if digits is None else f"{value:.{digits}f}"
    return str(int(value) if isinstance(value, (bool, np.bool_)) else value)


def _level(value: object) -> float:
    """Return how strongly a cell is tinted, from 0 to 1; 0 for a text."""
    return 0.0 if isinstance(value, str) else float(np.clip(cast(float, value), 0, 1))


def masks(
    ax: Axes, target: ArrayLike, prediction: ArrayLike, legend: bool = True, outline: bool = False
) -> None:
    """Draw two masks on one pixel grid: target only, prediction only, and their overlap.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    target, prediction : array_like of shape (H, W)
        Masks, bool or 0/1.
    legend : bool
        Write what the colors mean below.
    outline : bool
        Draw the outline of the target, in place of hatches and the lines between pixels: what
        is missed lies inside of it, what is too much outside.
    """
    g, p = (_grid(mask).astype(bool) for mask in (target, prediction))
    if g.shape != p.shape:
        raise ValueError(f"masks must be two equal grids, got shapes {g.shape} and {p.shape}")
    wide = frame(ax, *g.shape, largest=40)
    parts = {
        "target only": (g & ~p, hatched(style.TARGET, "\\" * 3)),
        "prediction only": (p & ~g, hatched(style.PREDICTION, "///")),
        "overlap": (g & p, hatched(style.OVERLAP, "xxx")),
    }
    region(ax, np.ones_like(g), facecolor=style.PAPER, edgecolor=style.GRID, linewidth=1)
    for part, look in parts.values():
        region(ax, part, **{**look, "hatch": None} if outline else look)
    if outline:
        region(ax, g, edgecolor=style.INK, linewidth=1.5)
    else:
        _lines(ax, g.shape, min(1.0, wide / 8))  # so many lines hide no colors
    if legend:
        key(ax, {text: look for text, (_, look) in parts.items()})


def _lines(ax: Axes, shape: tuple[int, ...], width: float) -> None:
    """Draw the lines between pixels, and the frame."""
    rows, columns = shape
    across = [((0, y), (columns, y)) for y in range(rows + 1)]
    ends = across + [((x, 0), (x, rows)) for x in range(columns + 1)]
    path = Path(np.reshape(ends, (-1, 2)), [Path.MOVETO, Path.LINETO] * len(ends))
    look: Look = {"edgecolor": style.GRID, "linewidth": width, "clip_on": False}
    ax.add_patch(PathPatch(path, facecolor="none", **look))


def class_colors(names: Sequence[str]) -> dict[int, str]:
    """Return the color of each class: gray for "background", the others in turn."""
    turns = itertools.cycle(style.CLASS_COLORS)
    return {
        label: style.BACKGROUND if name == "background" else next(turns)
        for label, name in enumerate(names)
    }


def label_map(ax: Axes, labels: ArrayLike, names: Sequence[str]) -> None:
    """Draw a class map: one color for each class.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    labels : array_like of int, shape (H, W)
        Class of each pixel. A small map has it written in each pixel, a large one has the first
        letter of its name on each piece.
    names : sequence of str
        Name of each class. The one called "background" is gray.
    """
    grid, palette = _grid(labels).astype(int), class_colors(names)
    frame(ax, *grid.shape, largest=32)
    for label, color in palette.items():
        region(ax, grid == label, facecolor=color)
    if _small(grid):
        _write(ax, grid, palette)
        return
    from scipy import ndimage

    for label, name in enumerate(names):
        pieces, count = ndimage.label((grid == label) & (name != "background"))
        for k in range(1, count + 1):
            mark(ax, pieces == k, name[0], style.ink_on(palette[label]))


def instance_map(ax: Axes, ids: ArrayLike, *, colors: Mapping[int, str] | None = None) -> None:
    """Draw an instance map: each object outline, its id written on it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    ids : array_like of int, shape (H, W)
        Object of each pixel; 0 is background. A small map has it written in each pixel.
    colors : mapping of int to str, optional
        Color by id. Objects of one class given one color are told apart by shade, outline
        and number. Default: the class colors in turn.
    """
    grid = _grid(ids).astype(int)
    fills = object_colors(grid, colors)
    frame(ax, *grid.shape, largest=32)
    region(ax, grid == 0, facecolor=style.BACKGROUND)
    for k, fill in fills.items():
        region(ax, grid == k, facecolor=fill)
    if _small(grid):
        _write(ax, grid, {**fills, 0: style.BACKGROUND})
    for k, fill in fills.items():
        region(ax, grid == k, edgecolor=style.ON_LIGHT, linewidth=1.25)
        if not _small(grid):
            mark(ax, grid == k, k, style.ink_on(fill))


def object_colors(ids: ArrayLike, colors: Mapping[int, str] | None = None) -> dict[int, str]:
    """Give each object its color, in a shade of its own among neighbors of the same color.

    Parameters
    ----------
    ids : array_like of int
        Instance map; 0 is background.
    colors : mapping of int to str, optional
        Color by id. Default: the class colors in turn.

    Returns
    -------
    dict of int to str
    """
    present = [k for k in np.unique(np.asarray(ids)).tolist() if k]
    given = colors or dict(zip(present, itertools.cycle(style.CLASS_COLORS), strict=False))
    shades = (("#ffffff", 1.0), ("#ffffff", 0.5), ("#000000", 0.8))
    turns = {color: itertools.cycle(shades) for color in given.values()}
    return {k: style.mix(given[k], *next(turns[given[k]])) for k in present}


def _small(grid: NDArray[Any]) -> bool:
    return grid.size <= 150 and grid.shape[1] <= 16


def _write(ax: Axes, grid: NDArray[Any], palette: Mapping[int, str]) -> None:
    """Write the number of each pixel into it, between lines."""
    _lines(ax, grid.shape, 1)
    for (row, column), value in np.ndenumerate(grid):
        ink = style.ink_on(palette[value])
        ax.text(column + 0.5, row + 0.5, str(value), color=ink, **MIDDLE)


def heatmap(
    ax: Axes, values: ArrayLike, *, threshold: float | None = None, label: str = "probability"
) -> None:
    """Draw a map of probabilities, dark for 0 and yellow for 1, with its scale.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    values : array_like of shape (H, W)
        Numbers in [0, 1].
    threshold : float, optional
        Outline the pixels at or above it.
    label : str
        Name of the quantity, written under the color scale.
    """
    grid = np.asarray(values, dtype=float)
    rows, columns = grid.shape
    point = 1 / (rows * frame(ax, rows, columns, largest=48))  # as a share of the height
    look: Look = {"vmin": 0, "vmax": 1, "cmap": "cividis"}
    ax.imshow(grid, extent=(0, columns, rows, 0), clip_on=False, **look)
    if threshold is not None:
        region(ax, grid >= threshold, edgecolor=style.ON_LIGHT, linewidth=4)
        region(ax, grid >= threshold, edgecolor=style.ON_DARK, linewidth=1.75)
    scale = ax.inset_axes((0.25, -22 * point, 0.5, 12 * point))
    scale.imshow(np.linspace(0, 1, 64)[None], extent=(0, 1, 0, 1), aspect="auto", **look)
    ticks = [0, 1] if threshold is None else [0, threshold, 1]
    scale.set(yticks=[], xticks=ticks, xticklabels=[*map("{:g}".format, ticks)], frame_on=False)
    scale.set_xlabel(label, color=style.MUTED)
    scale.grid(visible=False)
