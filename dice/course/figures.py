"""Figures of the chapters on conventions, scale and training, until these are written anew.

All others are plain matplotlib, in the style of :mod:`dice.course.style`. Every function here
returns a :class:`Drawing`, which a notebook shows as SVG.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dice.course import style
from dice.course.style import GAP, GRID, INK, MUTED, PAPER, TEXT_SIZE, TITLE_SIZE, WIDTH
from dice.course.svg import in_the_dark

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


HALF_WIDTH = 194.0

Cells = ArrayLike | Sequence[Sequence[object]]


@dataclass(frozen=True)
class Drawing:
    """A finished figure.

    Parameters
    ----------
    body : str
        SVG elements, without the root.
    width, height : float
        Size in drawing units.
    description : str
        A few words; the drawing's repr and its label for assistive technology.
    """

    body: str
    width: float
    height: float
    description: str

    @property
    def svg(self) -> str:
        """The complete SVG document."""
        margin = style.MARGIN
        width, height = self.width + 2 * margin, self.height + 2 * margin
        sheet = _attributes(
            x=-margin, y=-margin, width=width, height=height, rx=margin, fill=style.SHEET
        )
        root = _attributes(
            class_="dice-drawing",
            role="img",
            aria_label=self.description,
            viewBox=" ".join(_number(v) for v in (-margin, -margin, width, height)),
            width=round(width * style.SCREEN_SCALE),
            height=round(height * style.SCREEN_SCALE),
            font_family=style.FONT_FAMILY,
            font_size=TEXT_SIZE,
        )
        names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        content = f"<rect{sheet}/>\n{self.body}"
        return f"<svg {names}{root}>\n{in_the_dark(content)}\n{content}</svg>\n"

    def save(self, path: str | Path) -> None:
        """Write the SVG document to a file."""
        Path(path).write_text(self.svg, encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Drawing: {self.description}>"


# --- the sheet: SVG elements collected in order ------------------------------------------


def _number(value: float) -> str:
    """Write a number with at most two decimals."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _attributes(**values: object) -> str:
    """Return XML attributes; None is left out, ``_`` in a name stands for ``-``."""
    return "".join(
        f" {name.strip('_').replace('_', '-')}="
        f'"{_number(value) if isinstance(value, (int, float)) else escape(str(value))}"'
        for name, value in values.items()
        if value is not None
    )


def _text_width(text: str, size: float = TEXT_SIZE) -> float:
    """Estimate a width that common sans-serif fonts stay below."""
    return 0.58 * size * len(text)


class _Sheet:
    """A page to draw on, ``width`` units wide; y points down."""

    def __init__(self, width: float, height: float = 0.0) -> None:
        self.width = width
        self.height = height
        self.parts: list[str] = []

    def add(self, tag: str, content: str = "", /, **attributes: object) -> None:
        inside = f">{content}</{tag}>" if content else "/>"
        self.parts.append(f"<{tag}{_attributes(**attributes)}{inside}\n")

    def rect(self, x: float, y: float, width: float, height: float, **attributes: object) -> None:
        self.add("rect", x=x, y=y, width=width, height=height, **attributes)

    def text(
        self,
        x: float,
        y: float,
        text: object,
        *,
        color: str = INK,
        size: float = TEXT_SIZE,
        anchor: str | None = None,
        bold: bool = False,
        halo: str | None = None,
    ) -> None:
        """Write text whose middle height is at ``y``; ``halo`` sets it off from a picture."""
        self.add(
            "text",
            escape(str(text), quote=False),
            x=x,
            y=y + 0.35 * size,
            fill=color,
            font_size=None if size == TEXT_SIZE else size,
            font_weight="bold" if bold else None,
            text_anchor=anchor,
            **(
                {}
                if halo is None
                else {
                    "stroke": halo,
                    "stroke_width": 3,
                    "paint_order": "stroke",
                    "stroke_linejoin": "round",
                }
            ),
        )

    def cell(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        text: str,
        *,
        color: str,
        level: float,
        hatch: str | None = None,
        bold: bool = False,
    ) -> None:
        """Draw a cell of paper with a text; ``level`` tints it, from 0 (not at all) to 1.

        The tint is translucent, so that it goes out from the paper of a light and of a dark page.
        """
        place = {"x": x, "y": y, "width": width, "height": height}
        edge = {"stroke": MUTED, "stroke_width": 0.75}
        if level < 1:
            self.add("rect", **place, fill=PAPER, **edge)
        if level > 0:
            opacity = level if level < 1 else None
            self.add("rect", **place, fill=color, fill_opacity=opacity, **edge)
            if hatch is not None:
                self.add("rect", **place, fill=self.hatch(hatch, color))
        look: dict[str, Any] = {"color": style.ink_on_tint(color, level), "bold": bold}
        look["halo"] = color if hatch is not None and level == 1 else None  # the hatch stops there
        self.text(x + width / 2, y + height / 2, text, anchor="middle", **look)

    def region(
        self,
        mask: NDArray[np.bool_],
        x: float,
        y: float,
        scale: float,
        *,
        fill: str = "none",
        hatch: str | None = None,
        line: str | None = None,
        line_width: float = 1.0,
        opacity: float | None = None,
    ) -> None:
        r"""Draw the pixels of a mask as one shape; ``hatch`` is one of ``/``, ``\\``, ``x``."""
        if not mask.any():
            return
        place = f"translate({_number(x)} {_number(y)}) scale({scale:.5g})"
        path = _outline(mask)
        self.add(
            "path",
            d=path,
            transform=place,
            fill=fill,
            fill_opacity=opacity,
            stroke=line,
            stroke_width=line_width / scale if line else None,
        )
        if hatch is not None:
            self.add("path", d=path, transform=place, fill=self.hatch(hatch, fill, 1 / scale))

    def hatch(self, hatch: str, fill: str, scale: float = 1.0) -> str:
        """Define a pattern of lines that suits ``fill``; return the reference to it."""
        color = style.mix(fill, style.ink_on(fill), 0.55)
        name = f"hatch-{'/x'.find(hatch) + 1}-{color[1:]}-{_number(scale * 100)}"
        lines = {"/": "M0 6L6 0", "\\": "M0 0L6 6", "x": "M0 6L6 0M0 0L6 6"}[hatch]
        path = f"<path{_attributes(d=lines, stroke=color, stroke_width=0.8)}/>"
        self.add(
            "pattern",
            path,
            id=name,
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
            patternTransform=None if scale == 1 else f"scale({scale:.5g})",
        )
        return f"url(#{name})"

    def grid(self, shape: tuple[int, ...], x: float, y: float, scale: float) -> None:
        """Draw the lines between pixels, and the frame."""
        rows, columns = shape
        width, height = columns * scale, rows * scale
        path = "".join(
            [f"M{_number(x)} {_number(y + i * scale)}h{_number(width)}" for i in range(rows + 1)]
            + [
                f"M{_number(x + i * scale)} {_number(y)}v{_number(height)}"
                for i in range(columns + 1)
            ]
        )
        fine = _number(scale / 8) if scale < 6 else None  # so many lines hide no colors
        self.add("path", d=path, stroke=GRID, stroke_width=fine, fill="none")

    def image(
        self, data: str, x: float, y: float, width: float, height: float, *, smooth: bool
    ) -> None:
        self.add(
            "image",
            x=x,
            y=y,
            width=width,
            height=height,
            preserveAspectRatio="none",
            style=None if smooth else "image-rendering:pixelated",
            href=data,
        )

    def legend(self, entries: Sequence[tuple[str, str | None, str]], x: float, y: float) -> float:
        """Write (fill, hatch, text) entries in rows from ``y`` down; return the lowest y."""
        start = x
        for fill, hatch, text in entries:
            width = 20 + _text_width(text)
            if x > start and x + width > self.width:
                x, y = start, y + 20
            self.rect(x, y, 14, 14, fill=fill, stroke=MUTED, stroke_width=0.75)
            if hatch is not None:
                self.rect(x, y, 14, 14, fill=self.hatch(hatch, fill))
            self.text(x + 20, y + 7, text)
            x += width + 16
        return y + 14

    def drawing(self, description: str, height: float | None = None) -> Drawing:
        return Drawing(
            "".join(self.parts), self.width, self.height if height is None else height, description
        )


def _outline(mask: NDArray[np.bool_]) -> str:
    """Return the exact outline of a mask's pixels as an SVG path, one unit a pixel."""
    padded = np.pad(mask, 1)
    following: dict[tuple[int, int], list[tuple[int, int]]] = {}
    # Each side of a pixel that faces outside, walked clockwise: (row, column) steps.
    for facing, start, end in (
        ((-1, 0), (0, 0), (0, 1)),
        ((0, 1), (0, 1), (1, 1)),
        ((1, 0), (1, 1), (1, 0)),
        ((0, -1), (1, 0), (0, 0)),
    ):
        outside = ~np.roll(padded, (-facing[0], -facing[1]), axis=(0, 1))
        for row, column in np.argwhere((padded & outside)[1:-1, 1:-1]).tolist():
            begin = (row + start[0], column + start[1])
            following.setdefault(begin, []).append((row + end[0], column + end[1]))
    loops = []
    while following:
        corner = first = min(following)
        run, commands = (0, 0), [f"M{first[1]} {first[0]}"]
        while True:
            ends = following[corner]
            end = ends.pop()
            if not ends:
                del following[corner]
            step = (end[0] - corner[0], end[1] - corner[1])
            if run != (0, 0) and (run[0] == 0) != (step[0] == 0):
                commands.append(_straight(run))
                run = (0, 0)
            run = (run[0] + step[0], run[1] + step[1])
            corner = end
            if corner == first:
                break
        loops.append("".join(commands) + _straight(run) + "z")
    return "".join(loops)


def _straight(step: tuple[int, int]) -> str:
    return f"v{step[0]}" if step[1] == 0 else f"h{step[1]}"


def _center(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Return (row, column) of a point well inside a mask: where peeling it off ends."""
    inside = np.pad(mask, 1)
    while True:
        smaller = inside.copy()
        for axis in (0, 1):
            smaller &= np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
        if not smaller.any():
            break
        inside = smaller
    points = np.argwhere(inside) - 1
    nearest = np.abs(points - points.mean(axis=0)).sum(axis=1).argmin()
    row, column = points[nearest].tolist()
    return row + 0.5, column + 0.5


# --- pixels ------------------------------------------------------------------------------


def _cell_text(value: object, digits: int | None = None) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return f"{value:g}" if digits is None else f"{value:.{digits}f}"
    return str(value)


def _intensity(value: object) -> float:
    """Return how strongly a cell is colored, from 0 to 1; 0 for a text."""
    if isinstance(value, (bool, int, float, np.bool_, np.integer, np.floating)):
        return min(max(float(value), 0.0), 1.0)
    return 0.0


def _as_grid(cells: Cells) -> NDArray[Any]:
    grid = np.array(cells, dtype=object)
    if grid.ndim != 2:
        raise ValueError(f"a matrix needs rows and columns, got shape {grid.shape}")
    return grid


def masks(
    target: ArrayLike, prediction: ArrayLike, *, legend: bool = True, width: float = WIDTH
) -> Drawing:
    """Draw two masks on one pixel grid: target only, prediction only, and their overlap.

    Parameters
    ----------
    target, prediction : array_like of shape (H, W)
        Masks, bool or 0/1.
    legend : bool
        Write the legend below.
    width : float
        Largest width of the drawing.

    Returns
    -------
    Drawing
    """
    g, p = np.asarray(target, dtype=bool), np.asarray(prediction, dtype=bool)
    if g.shape != p.shape or g.ndim != 2:
        raise ValueError(f"masks must be two equal grids, got shapes {g.shape} and {p.shape}")
    scale = min(40.0, (width - 1) / g.shape[1])
    sheet = _Sheet(width if legend else g.shape[1] * scale + 1)
    left = (sheet.width - g.shape[1] * scale) / 2
    sheet.rect(left, 0.5, g.shape[1] * scale, g.shape[0] * scale, fill=PAPER)
    parts: list[tuple[NDArray[np.bool_], str, str, str]] = [
        (g & ~p, style.TARGET, "\\", "target only"),
        (p & ~g, style.PREDICTION, "/", "prediction only"),
        (g & p, style.OVERLAP, "x", "overlap"),
    ]
    for region, color, hatch, _ in parts:
        sheet.region(region, left, 0.5, scale, fill=color, hatch=hatch)
    sheet.grid(g.shape, left, 0.5, scale)
    bottom = 0.5 + g.shape[0] * scale
    if legend:
        bottom = sheet.legend([(c, h, text) for _, c, h, text in parts], 0.5, bottom + 10)
    return sheet.drawing(
        f"target and prediction on {g.shape[0]} x {g.shape[1]} pixels", bottom + 0.5
    )


def _names_by_label(names: Sequence[str] | Mapping[int, str]) -> dict[int, str]:
    return dict(names) if isinstance(names, Mapping) else dict(enumerate(names))


def _colors_by_label(names: Mapping[int, str]) -> dict[int, str]:
    """Give the background gray, and the classes A, B, C ... their colors in order."""
    classes = [label for label, name in names.items() if name != "background"]
    palette = style.CLASS_COLORS
    colors = {label: palette[i % len(palette)] for i, label in enumerate(classes)}
    return {label: colors.get(label, style.BACKGROUND) for label in names}


def label_map(
    labels: ArrayLike,
    names: Sequence[str] | Mapping[int, str],
    *,
    colors: Mapping[int, str] | None = None,
    cells: bool | None = None,
    legend: bool = True,
    width: float = WIDTH,
) -> Drawing:
    """Draw a class map: one color for each class.

    Parameters
    ----------
    labels : array_like of int, shape (H, W)
        Class of each pixel.
    names : sequence of str, or mapping of int to str
        Name of each class. The one called "background" is gray.
    colors : mapping of int to str, optional
        Color by class, in place of the course's colors.
    cells : bool, optional
        Write the class into each pixel and draw the grid. Default: on small maps.
    legend : bool
        Write the names below; classes are then marked by number on the map, else by letter.
    width : float
        Largest width of the drawing.

    Returns
    -------
    Drawing
    """
    grid, by_label = np.asarray(labels), _names_by_label(names)
    palette = {**_colors_by_label(by_label), **(colors or {})}
    sheet, scale = _map_sheet(grid, width, legend)
    for label in by_label:
        sheet.region(grid == label, 0.5, 0.5, scale, fill=palette[label])
    if _small(grid) if cells is None else cells:
        _write_cells(sheet, grid, scale, [[palette[v] for v in row] for row in grid.tolist()])
    else:
        for label, name in by_label.items():
            if name != "background":
                mark, ink = label if legend else name[0], style.ink_on(palette[label])
                _mark_pieces(sheet, grid == label, scale, mark, ink)
    bottom = 0.5 + grid.shape[0] * scale
    if legend:
        entries = [(palette[k], None, f"{k} {name}") for k, name in by_label.items()]
        bottom = sheet.legend(entries, 0.5, bottom + 10)
    shape = f"{grid.shape[0]} x {grid.shape[1]} pixels"
    return sheet.drawing(f"class map of {shape}", bottom + 0.5)


def _mark_pieces(
    sheet: _Sheet, mask: NDArray[np.bool_], scale: float, mark: object, ink: str
) -> None:
    """Write a mark on each connected piece of a mask that has room for it."""
    from scipy import ndimage

    pieces, count = ndimage.label(mask)
    for k in range(1, count + 1):
        piece = pieces == k
        if piece.sum() * scale**2 > 300:
            row, column = _center(piece)
            x, y = 0.5 + column * scale, 0.5 + row * scale
            sheet.text(x, y, mark, color=ink, anchor="middle", bold=True)


def _map_sheet(grid: NDArray[Any], width: float, legend: bool) -> tuple[_Sheet, float]:
    if grid.ndim != 2:
        raise ValueError(f"a map needs rows and columns, got shape {grid.shape}")
    scale = min(32.0, (width - 1) / grid.shape[1])
    return _Sheet(width if legend else grid.shape[1] * scale + 1), scale


def _small(grid: NDArray[Any]) -> bool:
    return grid.size <= 150 and grid.shape[1] <= 16


def _write_cells(
    sheet: _Sheet, grid: NDArray[Any], scale: float, fills: Sequence[Sequence[str]]
) -> None:
    sheet.grid(grid.shape, 0.5, 0.5, scale)
    for (row, column), value in np.ndenumerate(grid):
        sheet.text(
            0.5 + (column + 0.5) * scale,
            0.5 + (row + 0.5) * scale,
            value,
            color=style.ink_on(fills[row][column]),
            anchor="middle",
        )


def panels(
    drawings: Mapping[str, Drawing], *, columns: int = 2, description: str | None = None
) -> Drawing:
    """Set drawings side by side and under each other, each with its title above.

    Parameters
    ----------
    drawings : mapping of str to Drawing
        Title and drawing. Make drawings for two columns with ``width=HALF_WIDTH``.
    columns : int
        Drawings in a row.
    description : str, optional
        A few words; default: the titles.

    Returns
    -------
    Drawing
    """
    items = list(drawings.items())
    rows = [items[i : i + columns] for i in range(0, len(items), columns)]
    widths = [max(row[i][1].width for row in rows if i < len(row)) for i in range(len(rows[0]))]
    sheet, y = _Sheet(sum(widths) + GAP * (len(widths) - 1)), 0.0
    for row in rows:
        x, titled = 0.0, any(title for title, _ in row)
        for (title, drawing), column_width in zip(row, widths, strict=False):
            if title:
                sheet.text(x, y + 8, title, size=TITLE_SIZE, bold=True)
            sheet.add(
                "svg",
                drawing.body,
                x=x,
                y=y + 22 * titled,
                width=drawing.width,
                height=drawing.height,
            )
            x += column_width + GAP
        y += max(drawing.height for _, drawing in row) + 22 * titled + GAP
    return sheet.drawing(description or ", ".join(title for title, _ in items), y - GAP)


def matrices(
    named: Mapping[str, Cells],
    *,
    colors: Mapping[str, str | Sequence[Sequence[str]]] | None = None,
    values: Mapping[str, ArrayLike] | None = None,
    digits: int | None = None,
    columns: int | None = None,
    width: float = WIDTH,
) -> Drawing:
    """Draw matrices with their entries written in the cells.

    Parameters
    ----------
    named : mapping of str to 2D array_like
        Title and entries: numbers, or texts that are written as they are.
    colors : mapping of str to str, optional
        Color of a matrix; its cells are tinted by their value between 0 and 1. A grid of
        colors in place of one colors each cell.
    values : mapping of str to array_like, optional
        Numbers to tint by, where the entries are texts or not between 0 and 1.
    digits : int, optional
        Decimals to write.
    columns : int, optional
        Matrices in a row; default: as many as fit.
    width : float
        Width of the drawing.

    Returns
    -------
    Drawing
    """
    drawings = {}
    for title, entries in named.items():
        grid = _as_grid(entries)
        texts = [[_cell_text(v, digits) for v in row] for row in grid.tolist()]
        levels = _as_grid((values or {}).get(title, grid))
        cell = max(34.0, max(_text_width(t) for row in texts for t in row) + 8)
        color = (colors or {}).get(title)
        sheet = _Sheet(cell * grid.shape[1] + 1)
        for (row, column), value in np.ndenumerate(levels):
            fill, level = PAPER, 1.0
            if isinstance(color, str):
                fill, level = color, _intensity(value)
            elif color is not None:
                fill = color[row][column]
            x, y, text = 0.5 + column * cell, 0.5 + row * 34, texts[row][column]
            sheet.cell(x, y, cell, 34, text, color=fill, level=level)
        drawings[title] = sheet.drawing(title, grid.shape[0] * 34 + 1)
    widest = max(max(d.width, _text_width(t, TITLE_SIZE)) for t, d in drawings.items())
    fit = max(1, int((width + GAP) // (widest + GAP)))
    return panels(drawings, columns=columns or min(fit, len(drawings)))


# --- pictures ----------------------------------------------------------------------------


# --- sets and curves ---------------------------------------------------------------------


def curves(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    *,
    xlabel: str,
    ylabel: str,
    roles: Mapping[str, str] | None = None,
    xscale: str = "linear",
    yscale: str = "linear",
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    xticks: Sequence[float] | None = None,
    yticks: Sequence[float] | None = None,
    xformat: Callable[[float], str] = "{:g}".format,
    yformat: Callable[[float], str] = "{:g}".format,
    width: float = WIDTH,
    height: float = 270,
) -> Drawing:
    """Draw curves over one axis, each labeled at its right end.

    Parameters
    ----------
    x : array_like of shape (N,)
        Where the curves are sampled.
    lines : mapping of str to array_like of shape (N,)
        Label and values of each curve.
    xlabel, ylabel : str
        Names of the axes; the second stands above the axis, upright.
    roles : mapping of str to str, optional
        Role of a curve, which sets color and dash: a key of ``style.LINE_STYLES``. Default:
        these in turn.
    xscale, yscale : {"linear", "log"}
        Scale of an axis.
    xlim, ylim : pair of float, optional
        Ends of an axis.
    xticks, yticks : sequence of float, optional
        Marks on an axis.
    xformat, yformat : callable
        Turns a mark into its text.
    width, height : float
        Size of the drawing.

    Returns
    -------
    Drawing
    """
    from matplotlib.figure import Figure

    xs = np.asarray(x, dtype=float)
    ys = {label: np.asarray(line, dtype=float) for label, line in lines.items()}
    at_end = {label: textwrap.wrap(label, 15) for label in ys}
    right = max((_text_width(t) + 32 for text in at_end.values() for t in text), default=8.0)
    left, bottom, top = 46.0, 44.0, 28.0 if ylabel else 8.0
    inner = (width - left - right, height - bottom - top)
    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    axes = figure.add_axes((left / width, bottom / height, inner[0] / width, inner[1] / height))
    axes.set(xscale=xscale, yscale=yscale)
    names = list(style.LINE_STYLES)
    looks = {
        label: _line_look((roles or {}).get(label, names[i % len(names)]))
        for i, label in enumerate(ys)
    }
    for label, line in ys.items():
        axes.plot(xs, line, clip_on=False, zorder=3, **looks[label])
    axes.set_xlim(xlim or (float(xs.min()), float(xs.max())))
    if ylim is not None:
        axes.set_ylim(ylim)
    _dress(axes, (xticks, yticks), (xformat, yformat))
    middle = (left + inner[0] / 2) / width
    figure.text(middle, 8 / height, xlabel, ha="center", va="bottom", **_WRITING)
    figure.text(2 / width, 1 - 4 / height, ylabel, ha="left", va="top", **_WRITING)
    blocks = [
        (label, float(axes.transData.transform((xs[-1], ys[label][-1]))[1]), 15.0 * len(text) + 3)
        for label, text in at_end.items()
    ]
    # Curves that end together are labeled in the order in which they arrive.
    blocks.sort(key=lambda block: (round(block[1]), np.nansum(ys[block[0]])))
    for label, y in _spread(blocks, bottom, height - top).items():
        _label_end(figure, at_end[label], width - right, y, looks[label])
    drawn = " and ".join(ys) if len(ys) < 3 else f"{len(ys)} curves"
    return from_matplotlib(figure, f"{drawn} over {xlabel}")


_WRITING: dict[str, Any] = {"fontsize": TEXT_SIZE, "color": INK, "parse_math": False}


def _line_look(role: str) -> dict[str, Any]:
    """Return matplotlib's options for a curve of the given role."""
    color, dashes = style.LINE_STYLES[role]
    # matplotlib counts dashes in line widths.
    pattern = (0, [length / 2.5 for length in dashes]) if dashes else "-"
    return {"color": color, "linewidth": 2.5, "linestyle": pattern}


def _dress(
    axes: Axes,
    ticks: tuple[Sequence[float] | None, Sequence[float] | None],
    formats: tuple[Callable[[float], str], Callable[[float], str]],
) -> None:
    """Give axes the look of the course: two quiet spines, a light grid, plain numbers."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    for axis, places, text in zip((axes.xaxis, axes.yaxis), ticks, formats, strict=True):
        if places is not None:
            axis.set_major_locator(FixedLocator(list(places)))
        axis.set_major_formatter(
            FuncFormatter(lambda value, _, text=text: text(value).replace("-", "−"))
        )
        axis.set_minor_locator(NullLocator())
    axes.tick_params(labelsize=TEXT_SIZE, labelcolor=INK, color=MUTED, length=4)
    axes.grid(color=GRID, linewidth=0.75)
    axes.set_axisbelow(True)
    axes.patch.set_visible(False)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(MUTED)


def _label_end(
    figure: Figure, text: Sequence[str], x: float, y: float, look: Mapping[str, Any]
) -> None:
    """Write a curve's label at its end, with a piece of the line before it."""
    from matplotlib.lines import Line2D

    width, height = (float(side) * 72 for side in figure.get_size_inches())
    first = y + 7.5 * (len(text) - 1)
    ends = [(x + edge) / width for edge in (6, 24)]
    figure.add_artist(Line2D(ends, [first / height] * 2, **look))
    for i, part in enumerate(text):
        place = (x + 29) / width, (first - 15 * i) / height
        figure.text(*place, part, ha="left", va="center", **_WRITING)


def _spread(
    blocks: Sequence[tuple[str, float, float]], low: float, high: float
) -> dict[str, float]:
    """Move labels (name, wanted middle, height), given from low to high, apart."""
    placed: dict[str, float] = {}
    floor = low - 8
    for name, y, size in blocks:
        placed[name] = max(y, floor + size / 2)
        floor = placed[name] + size / 2
    ceiling = high + 8
    for name, _, size in reversed(blocks):
        placed[name] = min(placed[name], ceiling - size / 2)
        ceiling = placed[name] - size / 2
    return placed


def from_matplotlib(figure: Figure, description: str) -> Drawing:
    """Turn a matplotlib figure into a drawing: small, stable, text as text.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Made without pyplot, one unit a point. Colors from :mod:`dice.course.style` follow
        the page between light and dark.
    description : str
        A few words.

    Returns
    -------
    Drawing
    """
    import matplotlib

    figure.patch.set_visible(False)
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "dice"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    svg = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*">', "<g>", svg)
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<[^>]*>", lambda tag: _compact(tag[0]), svg)
    # the color of a tick or marker comes from each use of it, which alone follows the page
    svg = re.sub(r'(<path id=[^>]*?) stroke="[^"]*"', r"\1", svg)
    svg = re.sub(r">\s*\n\s*<", ">\n<", svg)
    width, height = (float(side) * 72 for side in figure.get_size_inches())
    return Drawing(svg.strip() + "\n", width, height, description)


def _compact(tag: str) -> str:
    """Round the numbers of one SVG tag and turn its inline style into attributes."""
    tag = re.sub(r'style="([^"]*)"', lambda m: _style_attributes(m[1]), tag)
    tag = re.sub(r"-?\d+\.\d{3,}(?:e-?\d+)?", lambda m: _number(float(m[0])), tag)
    return re.sub(r"\s+", " ", tag)


def _style_attributes(declarations: str) -> str:
    """Turn CSS declarations into SVG attributes; of a font keep its size, weight and slant."""
    pairs = (part.split(":", 1) for part in declarations.split(";") if ":" in part)
    attributes = {name.strip(): value.strip() for name, value in pairs}
    attributes.pop("font-family", None)
    font = attributes.pop("font", "")
    size = re.search(r"([\d.]+)px", attributes.get("font-size", font))
    if size:
        attributes["font-size"] = size[1]
    if "bold" in font or "700" in font:
        attributes["font-weight"] = "bold"
    if "italic" in font or "oblique" in font:
        attributes["font-style"] = "italic"
    return " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())


# --- training and scale ------------------------------------------------------------------


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
        sheet.rect(x - BOX / 2, y, BOX / 2, BOX, fill=style.PREDICTION, stroke=PAPER)
        sheet.rect(x, y, BOX / 2, BOX, fill=style.TARGET, stroke=PAPER)
    for row in range(1, len(levels)):
        for x in places[row]:
            sheet.add("circle", cx=x, cy=heights[row], r=9, fill=style.OVERLAP, stroke=PAPER)
            sheet.text(x, heights[row], "+", color=style.ink_on(style.OVERLAP), anchor="middle")
    sheet.text(places[-1][0] + 16, heights[-1], names[-1], color=INK)
    return sheet.drawing(f"{levels[0]} chunks and the tree that adds their sums", heights[-1] + 14)
