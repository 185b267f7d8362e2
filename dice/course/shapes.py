"""What pictures of pixels are made of: cells, regions with exact outlines, marks, and a key."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import ScaledTranslation, Transform, blended_transform_factory
from numpy.typing import ArrayLike

from dice.course import style
from dice.course.style import Look

MIDDLE: Look = {"ha": "center", "va": "center_baseline"}
"""How a text stands in the middle of a pixel."""


def frame(
    ax: Axes, rows: float, columns: float, *, largest: float = 1000, height: float | None = None
) -> float:
    """Make axes a picture of pixels: row 0 on top, nothing but what is drawn.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rows, columns : float
        How many pixels there are.
    largest : float
        Width of a pixel in points, at most; where there is more room, it stays empty.
    height : float, optional
        Height of a pixel in points; without it, pixels are squares.

    Returns
    -------
    float
        The width of a pixel in points, about.
    """
    figure, spec = cast(Figure, ax.figure), ax.get_subplotspec()
    side_by_side = spec.get_gridspec().ncols if spec else 1
    room = (72 * figure.get_figwidth() - 2 * style.MARGIN) / side_by_side - style.GAP / 2
    wide = min(largest, room / columns)
    empty = (room / wide - columns) / 2
    ax.set(xlim=(-empty, columns + empty), ylim=(rows, 0), aspect=(height or wide) / wide)
    ax.axis("off")
    figure.set_layout_engine("compressed")  # pictures stand close together
    return wide


def outline(mask: ArrayLike) -> Path:
    """Return the exact outline of a mask's pixels as closed loops, one unit a pixel.

    Examples
    --------
    >>> outline([[True, True]]).vertices.tolist()
    [[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0], [0.0, 0.0]]
    """
    padded = np.pad(np.asarray(mask, dtype=bool), 1)
    following = defaultdict(list)
    for dy, dx in ((-1, 0), (0, 1), (1, 0), (0, -1)):  # sides that face outside, clockwise
        facing = padded & ~np.roll(padded, (-dy, -dx), axis=(0, 1))
        for y, x in (np.argwhere(facing) - 1).tolist():
            start = x + (1 + dx + dy) // 2, y + (1 + dy - dx) // 2
            following[start].append((start[0] - dy, start[1] + dx))
    vertices: list[tuple[int, int]] = []
    codes: list[Any] = []
    while following:
        loop = [min(following)]
        while loop[-1] != loop[0] or len(loop) == 1:
            loop.append(following[loop[-1]].pop())
            if not following[loop[-2]]:
                del following[loop[-2]]
        steps = np.diff(loop, axis=0)
        turns = [loop[k + 1] for k in np.flatnonzero(steps[:-1, 0] != steps[1:, 0]).tolist()]
        vertices += [loop[0], *turns, loop[0]]
        codes += [Path.MOVETO, *[Path.LINETO] * len(turns), Path.CLOSEPOLY]
    return Path(np.reshape(vertices, (-1, 2)), codes)


def region(ax: Axes, mask: ArrayLike, **look: Any) -> None:
    """Draw the pixels of a mask as one shape.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    mask : array_like of bool, shape (H, W)
    **look
        Keywords of a patch: ``facecolor``, ``edgecolor``, ``linewidth``, ``alpha``, ...
    """
    if np.any(mask):
        look = {"facecolor": "none", "linewidth": 0, "clip_on": False, **look}
        ax.add_patch(PathPatch(outline(mask), **look))


def hatched(color: str, hatch: str) -> Look:
    """Return the look of a patch with a hatch in a tone that suits its color."""
    line = style.mix(color, style.ink_on(color), 0.55)
    return {"facecolor": color, "edgecolor": line, "hatch": hatch, "linewidth": 0}


def cell(
    ax: Axes, place: tuple[float, ...], text: str, color: str, level: float = 1, **look: Any
) -> None:
    """Draw one pixel as a cell of paper with a text.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    place : tuple of float
        x and y of its upper left corner; width and height, if it is no unit square.
    text : str
        What is written in it.
    color : str
        What tints the paper.
    level : float
        How strongly, from 0 to 1; the tint is translucent, so that it goes out from the paper
        of a light and of a dark page.
    **look
        Keywords of the text; and ``hatch``, lines over the tint.
    """
    x, y, width, height = (*place, 1, 1)[:4]
    hatch = look.pop("hatch", None)
    edge: Look = {"edgecolor": style.MUTED, "linewidth": 0.75, "clip_on": False}
    tints = [(style.PAPER, 1.0)] * (level < 1) + [(color, level)] * (level > 0)
    for fill, alpha in tints:
        tint = Rectangle((x, y), width, height, facecolor=fill, **edge)
        tint.set_alpha(alpha if alpha < 1 else None)
        ax.add_patch(tint)
    if hatch and level > 0:
        lines = {**edge, **hatched(color, hatch), "facecolor": "none"}
        ax.add_patch(Rectangle((x, y), width, height, **lines))
        if level == 1:  # the hatch goes round the text
            look["bbox"] = {"facecolor": color, "linewidth": 0, "boxstyle": "square,pad=0.1"}
    look = {"color": style.ink_on_tint(color, level), **MIDDLE, **look}
    ax.text(x + width / 2, y + height / 2, text, **look)


def center(mask: ArrayLike) -> tuple[float, float]:
    """Return (x, y) of a point well inside a mask: as far from its edge as any, nearly."""
    from scipy import ndimage

    depth = ndimage.distance_transform_cdt(np.pad(np.asarray(mask, dtype=int), 1), "taxicab")
    points = np.argwhere(depth == depth.max()) - 1
    y, x = points[np.abs(points - points.mean(axis=0)).sum(axis=1).argmin()].tolist()
    return x + 0.5, y + 0.5


def mark(ax: Axes, mask: ArrayLike, text: object, ink: str | None = None) -> None:
    """Write a mark well inside a mask; without an ink, on a label that stands out on a picture."""
    (x, y), box = center(mask), None
    if ink is None:
        rows, columns = np.shape(mask)
        x, y = np.clip((x, y), 8, (columns - 8, rows - 8)).tolist()
        box = {"facecolor": "white", "linewidth": 0, "boxstyle": "round,pad=0", "alpha": 0.75}
    ax.text(x, y, str(text), color=ink or style.ON_LIGHT, weight="bold", bbox=box, **MIDDLE)


def key(ax: Axes, looks: Mapping[str, Look], below: float = 0) -> None:
    """Write what the colors mean below the axes, in the middle of the figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        In the lowest row of the figure.
    looks : mapping of str to dict
        Text, and keywords of the patch before it.
    below : float
        How far below, in points.
    """
    edge: Look = {"edgecolor": style.MUTED, "linewidth": 0.75}
    figure = ax.figure
    place: Transform = blended_transform_factory(figure.transSubfigure, ax.transAxes)
    figure.legend(
        handles=[Patch(label=text, **{**edge, **look}) for text, look in looks.items()],
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=place + ScaledTranslation(0, -below / 72, figure.dpi_scale_trans),
        ncols=len(looks) if sum(map(style.text_width, looks)) < 300 else 2,
    )
