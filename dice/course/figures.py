"""Figures of the course, as small vector drawings.

Every function returns a :class:`Drawing`, which a notebook shows as SVG. The ink follows the
page between light and dark. Pixels are drawn as exact outlines, never resampled; only
photographs and large probability maps carry a raster inside. The same arguments give the
same bytes.

The functions draw what they are given and do no arithmetic on scores.
"""

from __future__ import annotations

import base64
import io
import math
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
from dice.course.style import GAP, GRID, HALF_WIDTH, INK, MUTED, PAPER, TEXT_SIZE, TITLE_SIZE, WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path as MplPath
    from matplotlib.transforms import Bbox

    from dice.course.scenes import Scene

__all__ = [
    "Drawing",
    "curves",
    "four_tasks",
    "from_matplotlib",
    "heatmap",
    "instance_map",
    "label_map",
    "masks",
    "matrices",
    "panels",
    "photo",
    "pixel_rows",
    "venn",
]

HEAT = (
    *("#00224e", "#123570", "#3b496c", "#575d6d", "#707173"),
    *("#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"),
)
"""Ten steps of the cividis colormap, which is even to the eye with any color vision."""

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
        return f"<svg {names}{root}>\n{_dark_style(content)}{content}</svg>\n"

    def save(self, path: str | Path) -> None:
        """Write the SVG document to a file."""
        Path(path).write_text(self.svg, encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Drawing: {self.description}>"


def _dark_style(body: str) -> str:
    """Return the style element that swaps the tones used in ``body`` on a dark page."""
    rules = [
        f'.dice-drawing [{name}="{light}"]{{{name}:{dark}}}'
        for light, dark in style.DARK_VERSION.items()
        for name in ("fill", "stroke")
        if f'{name}="{light}"' in body
    ]
    return (
        f"<style>@media(prefers-color-scheme:dark){{{''.join(rules)}}}</style>\n" if rules else ""
    )


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


def _data_uri(image: ArrayLike, *, quality: int | None) -> str:
    """Encode an image as a data URI: JPEG of the given quality, or PNG."""
    from PIL import Image

    pixels = np.asarray(image)
    if pixels.dtype != np.uint8:
        pixels = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    picture, buffer = Image.fromarray(pixels), io.BytesIO()
    if quality is None:
        picture.save(buffer, format="PNG", optimize=True)
    else:
        picture.save(buffer, format="JPEG", quality=quality, subsampling=0, optimize=True)
    kind = "png" if quality is None else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


# --- pixels ------------------------------------------------------------------------------


def _role_color(name: str) -> str:
    """Return the color of the role that a row's name begins with, gray if it names none."""
    colors = {
        "target": style.TARGET,
        "prediction": style.PREDICTION,
        "probabilit": style.PREDICTION,
        "overlap": style.OVERLAP,
        "intersection": style.OVERLAP,
        "product": style.OVERLAP,
    }
    return next(
        (c for role, c in colors.items() if name.lower().startswith(role)), style.BACKGROUND
    )


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


def pixel_rows(
    rows: Mapping[str, ArrayLike],
    *,
    colors: Mapping[str, str] | None = None,
    digits: int | None = None,
    numbered: bool = True,
    width: float = WIDTH,
) -> Drawing:
    """Draw rows of pixels under each other, the value written in each cell.

    Parameters
    ----------
    rows : mapping of str to array_like
        Name of the row, and its values (0 or 1, or between). The name's first word sets the
        color: target, prediction (also probabilities), overlap (also intersection, product).
    colors : mapping of str to str, optional
        Color by row name, where the name does not tell.
    digits : int, optional
        Decimals to write.
    numbered : bool
        Write pixel numbers above.
    width : float
        Width of the drawing.

    Returns
    -------
    Drawing

    Examples
    --------
    >>> pixel_rows({"target": [1, 0, 0, 1, 0, 0], "prediction": [1, 0, 1, 1, 0, 0]})
    <Drawing: 2 rows of 6 pixels>
    """
    values = {name: [*np.asarray(row, dtype=object)] for name, row in rows.items()}
    count = len(next(iter(values.values())))
    if any(len(row) != count for row in values.values()):
        raise ValueError("rows must have the same number of pixels")
    left = max(_text_width(name) for name in rows) + 8
    cell = min(40.0, (width - left - 1) / count)
    sheet, y = _Sheet(left + count * cell + 1), 0.5
    if numbered:
        for i in range(count):
            sheet.text(left + (i + 0.5) * cell, 8, i + 1, color=MUTED, anchor="middle")
        y += 20
    for name, row in values.items():
        color = (colors or {}).get(name) or _role_color(name)
        sheet.text(left - 8, y + cell / 2, name, anchor="end")
        for i, value in enumerate(row):
            level = _intensity(value)
            sheet.cell(
                left + i * cell,
                y,
                cell,
                cell,
                _cell_text(value, digits),
                color=color,
                level=level,
                hatch="/" if color == style.OVERLAP else None,
                bold=level == 1,
            )
        y += cell + 8
    return sheet.drawing(f"{len(rows)} rows of {count} pixels", y - 7.5)


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


def instance_map(
    ids: ArrayLike,
    *,
    colors: Mapping[int, str] | None = None,
    cells: bool | None = None,
    width: float = WIDTH,
) -> Drawing:
    """Draw an instance map: each object outlined, its id written on it.

    Parameters
    ----------
    ids : array_like of int, shape (H, W)
        Object of each pixel; 0 is background.
    colors : mapping of int to str, optional
        Color by id. Objects of one class given one color are told apart by shade, outline
        and number. Default: the class colors in turn.
    cells : bool, optional
        Write the id into each pixel and draw the grid. Default: on small maps.
    width : float
        Largest width of the drawing.

    Returns
    -------
    Drawing
    """
    grid = np.asarray(ids)
    present = [int(k) for k in np.unique(grid) if k != 0]
    fills = _object_fills(present, colors)
    sheet, scale = _map_sheet(grid, width, legend=False)
    sheet.region(grid == 0, 0.5, 0.5, scale, fill=style.BACKGROUND)
    for k in present:
        sheet.region(grid == k, 0.5, 0.5, scale, fill=fills[k])
    in_cells = _small(grid) if cells is None else cells
    if in_cells:
        every = {**fills, 0: style.BACKGROUND}
        _write_cells(sheet, grid, scale, [[every[v] for v in row] for row in grid.tolist()])
    for k in present:
        sheet.region(grid == k, 0.5, 0.5, scale, line=style.ON_LIGHT, line_width=1.25)
        if not in_cells:
            row, column = _center(grid == k)
            ink = style.ink_on(fills[k])
            sheet.text(
                0.5 + column * scale, 0.5 + row * scale, k, color=ink, anchor="middle", bold=True
            )
    count = f"{len(present)} object{'' if len(present) == 1 else 's'}"
    return sheet.drawing(
        f"instance map of {count} on {grid.shape[0]} x {grid.shape[1]} pixels",
        1 + grid.shape[0] * scale,
    )


def _object_fills(ids: Sequence[int], colors: Mapping[int, str] | None) -> dict[int, str]:
    """Give each object its color, in a shade of its own among neighbors of the same color."""
    palette = style.CLASS_COLORS
    given = colors or {k: palette[i % len(palette)] for i, k in enumerate(ids)}
    seen: dict[str, int] = {}
    fills = {}
    for k in ids:
        turn = seen[given[k]] = seen.get(given[k], -1) + 1
        other, share = (("#ffffff", 1.0), ("#ffffff", 0.5), ("#000000", 0.8))[turn % 3]
        fills[k] = style.mix(given[k], other, share)
    return fills


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


def photo(
    image: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    ids: ArrayLike | None = None,
    colors: Mapping[int, str] | None = None,
    opacity: float = 0.55,
    numbers: bool = True,
    quality: int = 80,
    width: float = WIDTH,
) -> Drawing:
    """Draw a photograph, with a class map or the objects of an instance map laid over it.

    Parameters
    ----------
    image : array_like of shape (H, W) or (H, W, 3)
        Gray or RGB, bytes or floats in [0, 1].
    labels : array_like of int, shape (H, W), optional
        Class map; class 0 is left clear.
    ids : array_like of int, shape (H, W), optional
        Instance map; each object gets an outline and its number.
    colors : mapping of int to str, optional
        Color by class, or by object where only ``ids`` are given.
    opacity : float
        How strongly the colors cover the photograph.
    numbers : bool
        Write the ids.
    quality : int
        JPEG quality.
    width : float
        Width of the drawing.

    Returns
    -------
    Drawing
    """
    pixels = np.asarray(image)
    height, columns = pixels.shape[:2]
    scale = width / columns
    sheet = _Sheet(width, height * scale)
    sheet.image(
        _data_uri(pixels, quality=quality), 0, 0, width, height * scale, smooth=columns > 200
    )
    if labels is not None:
        label_grid = np.asarray(labels)
        classes = [int(k) for k in np.unique(label_grid) if k != 0]
        palette = {**{k: style.CLASS_COLORS[(k - 1) % 5] for k in classes}, **(colors or {})}
        for k in classes:
            sheet.region(label_grid == k, 0, 0, scale, fill=palette[k], opacity=opacity)
    if ids is not None:
        id_grid = np.asarray(ids)
        present = [int(k) for k in np.unique(id_grid) if k != 0]
        fills = _object_fills(present, colors if labels is None else None)
        for k in present:
            region = id_grid == k
            fill = fills[k] if labels is None else "none"
            sheet.region(
                region, 0, 0, scale, fill=fill, opacity=opacity, line="#ffffff", line_width=2.5
            )
            sheet.region(region, 0, 0, scale, line=style.ON_LIGHT, line_width=1.25)
            if numbers:
                row, column = _center(region)
                sheet.text(
                    column * scale,
                    row * scale,
                    k,
                    color=style.ON_LIGHT,
                    anchor="middle",
                    bold=True,
                    halo="#ffffff",
                )
    what = "photograph" if ids is None else f"photograph with {len(present)} numbered objects"
    return sheet.drawing(what if labels is None or ids is not None else f"{what} with class map")


def four_tasks(scene: Scene) -> Drawing:
    """Draw four tasks on one scene: what each gives for the same picture.

    Parameters
    ----------
    scene : Scene
        Made by :func:`dice.course.scenes.scene`.

    Returns
    -------
    Drawing
        Classification, semantic segmentation, object detection, instance segmentation.
    """
    names = dict(enumerate(scene.class_names))
    palette = _colors_by_label(names)
    scale = HALF_WIDTH / scene.image.shape[1]
    plain = photo(scene.image, width=HALF_WIDTH, quality=85)
    numbered = instance_map(
        scene.instance, colors={o.id: palette[o.class_id] for o in scene.objects}, width=HALF_WIDTH
    )
    boxes = _Sheet(HALF_WIDTH, plain.height)
    boxes.parts.append(plain.body)
    for item in scene.objects:
        top, left, bottom, right = (edge * scale for edge in item.box)
        corners = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        boxes.add("rect", **corners, fill="none", stroke="#ffffff", stroke_width=4)
        boxes.add("rect", **corners, fill="none", stroke=palette[item.class_id], stroke_width=2.5)
    for item in scene.objects:
        top, left = item.box[0] * scale, item.box[1] * scale
        fill, letter = palette[item.class_id], names[item.class_id][0]
        boxes.rect(left - 1, top - 1, 14, 16, fill=fill)
        boxes.text(left + 6, top + 7, letter, color=style.ink_on(fill), anchor="middle", bold=True)
    found = sorted({item.class_id for item in scene.objects})
    key = _Sheet(2 * HALF_WIDTH + GAP)
    entries = [(palette[k], None, f"{names[k][0]}: {names[k]}") for k in found]
    bottom = key.legend([*entries, (style.BACKGROUND, None, "background")], 0.5, 0.5)
    pictures = panels(
        {
            "Classification": _captioned(plain, " · ".join(names[k] for k in found)),
            "Semantic segmentation": _captioned(
                label_map(scene.semantic, names, legend=False, width=HALF_WIDTH),
                "a class for each pixel",
            ),
            "Object detection": _captioned(
                boxes.drawing("boxes"), f"{len(scene.objects)} boxes, a class each"
            ),
            "Instance segmentation": _captioned(
                numbered, f"{len(scene.objects)} masks, a class each"
            ),
        }
    )
    together = _Sheet(pictures.width)
    together.add("svg", pictures.body, width=pictures.width, height=pictures.height)
    together.add(
        "svg", key.drawing("").body, y=pictures.height + 8, width=key.width, height=bottom + 1
    )
    return together.drawing("four tasks on one scene", pictures.height + 8 + bottom + 1)


def _captioned(drawing: Drawing, caption: str) -> Drawing:
    """Return the drawing with a line of text below."""
    sheet = _Sheet(drawing.width, drawing.height + 20)
    sheet.add("svg", drawing.body, width=drawing.width, height=drawing.height)
    sheet.text(0, drawing.height + 11, caption, color=MUTED)
    return sheet.drawing(drawing.description)


def heatmap(
    values: ArrayLike,
    *,
    threshold: float | None = None,
    cells: bool | None = None,
    digits: int = 2,
    scale_label: str = "probability",
    width: float = WIDTH,
) -> Drawing:
    """Draw a map of probabilities, dark for 0 and yellow for 1.

    Parameters
    ----------
    values : array_like of shape (H, W)
        Numbers in [0, 1].
    threshold : float, optional
        Outline the pixels at or above it.
    cells : bool, optional
        Write the numbers into the pixels. Default: on maps of at most 8 by 8.
    digits : int
        Decimals to write.
    scale_label : str
        Name of the quantity, written under the color scale.
    width : float
        Width of the drawing.

    Returns
    -------
    Drawing
    """
    grid = np.asarray(values, dtype=float)
    rows, columns = grid.shape
    cells = max(grid.shape) <= 8 if cells is None else cells
    scale = min(48.0, (width - 1) / columns)
    sheet = _Sheet(width)
    left = (width - columns * scale) / 2
    if cells:
        for (row, column), value in np.ndenumerate(grid):
            fill, x, y = _heat(float(value)), left + column * scale, 0.5 + row * scale
            sheet.rect(x, y, scale, scale, fill=fill, stroke=GRID, stroke_width=0.75)
            sheet.text(
                x + scale / 2,
                y + scale / 2,
                f"{value:.{digits}f}",
                color=style.ink_on(fill),
                anchor="middle",
            )
    else:
        channels = [[int(c[i : i + 2], 16) for c in HEAT] for i in (1, 3, 5)]
        steps = np.linspace(0, 1, len(HEAT))
        # 64 levels keep the raster small; the eye sees no steps.
        level = np.rint(np.clip(grid, 0, 1) * 63) / 63
        rgb = np.stack([np.interp(level, steps, channel) for channel in channels], axis=-1)
        data = _data_uri(np.rint(rgb).astype(np.uint8), quality=None)
        sheet.image(data, left, 0.5, columns * scale, rows * scale, smooth=False)
    if threshold is not None:
        above = grid >= threshold
        sheet.region(above, left, 0.5, scale, line=style.ON_LIGHT, line_width=4)
        sheet.region(above, left, 0.5, scale, line="#ffffff", line_width=1.75)
    y = 0.5 + rows * scale + 10
    _heat_scale(sheet, y, threshold, scale_label)
    return sheet.drawing(f"map of {rows} x {columns} values", y + 50)


def _heat(value: float) -> str:
    """Return the color of a value in [0, 1]."""
    place = min(max(value, 0.0), 1.0) * (len(HEAT) - 1)
    step = min(int(place), len(HEAT) - 2)
    return style.mix(HEAT[step + 1], HEAT[step], place - step)


def _heat_scale(sheet: _Sheet, y: float, threshold: float | None, label: str) -> None:
    left, width = sheet.width / 2 - 100, 200.0
    stops = "".join(
        f"<stop{_attributes(offset=i / (len(HEAT) - 1), stop_color=color)}/>"
        for i, color in enumerate(HEAT)
    )
    sheet.add("linearGradient", stops, id="heat-scale")
    sheet.rect(left, y, width, 12, fill="url(#heat-scale)", stroke=MUTED, stroke_width=0.75)
    marks = {0.0: "0", 1.0: "1"} | ({} if threshold is None else {threshold: f"{threshold:g}"})
    for value, text in marks.items():
        x = left + width * value
        sheet.add("path", d=f"M{_number(x)} {_number(y + 12)}v4", stroke=INK)
        sheet.text(x, y + 24, text, anchor="middle")
    sheet.text(sheet.width / 2, y + 41, label, color=MUTED, anchor="middle")


# --- sets and curves ---------------------------------------------------------------------


def venn(
    target: float,
    prediction: float,
    intersection: float,
    *,
    target_label: str = "target G",
    prediction_label: str = "prediction P",
    unit: str = "",
    width: float = WIDTH,
) -> Drawing:
    """Draw two sets as circles whose areas, and whose overlap, are true to the sizes given.

    Parameters
    ----------
    target, prediction, intersection : float
        Sizes of the two sets and of what they share.
    target_label, prediction_label : str
        Names of the sets.
    unit : str
        Written after each size, for instance ``"pixels"``.
    width : float
        Width of the drawing.

    Returns
    -------
    Drawing
    """
    if not 0 <= intersection <= min(target, prediction):
        raise ValueError("intersection must lie between 0 and the smaller of the two sizes")
    if target + prediction == 0:
        raise ValueError("target and prediction are both empty: there is nothing to draw")
    radii = math.sqrt(target / math.pi), math.sqrt(prediction / math.pi)
    distance = _circle_distance(*radii, intersection)
    low, high = min(-radii[0], distance - radii[1]), max(radii[0], distance + radii[1])
    scale = min(0.62 * width / (high - low), 85 / max(radii))
    middle = 34.0 + scale * max(radii)
    left = (width - (high - low) * scale) / 2 - low * scale
    centers, sizes = (left, left + distance * scale), (radii[0] * scale, radii[1] * scale)
    sheet = _Sheet(width, 2 * middle - 4)
    fills = (style.TARGET, style.PREDICTION)
    for x, radius, fill in zip(centers, sizes, fills, strict=True):
        sheet.add("circle", cx=x, cy=middle, r=radius, fill=fill)
    lens = _lens(centers, sizes, middle)
    if lens:
        sheet.add("path", d=lens, fill=style.OVERLAP)
        sheet.add("path", d=lens, fill=sheet.hatch("/", style.OVERLAP))
    for x, radius in zip(centers, sizes, strict=True):
        sheet.add("circle", cx=x, cy=middle, r=radius, fill="none", stroke=INK, stroke_width=1.25)
    counts = target - intersection, intersection, prediction - intersection
    _write_counts(sheet, counts, centers, sizes, middle)
    unit = f" {unit}" if unit else ""
    sheet.legend([(fills[0], None, f"{target_label}: {target:g}{unit}")], 0.5, 2)
    text = f"{prediction_label}: {prediction:g}{unit}"
    sheet.rect(width - 14.5, 2, 14, 14, fill=fills[1], stroke=MUTED, stroke_width=0.75)
    sheet.text(width - 20.5, 9, text, anchor="end")
    text = f"both: {intersection:g}{unit}"
    x = width / 2 - (20 + _text_width(text)) / 2
    sheet.legend([(style.OVERLAP, "/", text)], x, sheet.height - 16)
    return sheet.drawing("two overlapping sets")


def _write_counts(
    sheet: _Sheet,
    counts: tuple[float, float, float],
    centers: tuple[float, float],
    radii: tuple[float, float],
    y: float,
) -> None:
    """Write what is in the target only, in both, and in the prediction only, where it fits."""
    starts = centers[0] - radii[0], centers[1] - radii[1]
    ends = centers[0] + radii[0], centers[1] + radii[1]
    spans = (
        (starts[0], min(ends[0], starts[1])),
        (max(starts), min(ends)),
        (max(starts[1], ends[0]), ends[1]),
    )
    fills = (style.TARGET, style.OVERLAP, style.PREDICTION)
    for count, (start, end), fill in zip(counts, spans, fills, strict=True):
        if count > 0 and end - start > 14:
            sheet.text(
                (start + end) / 2,
                y,
                f"{count:g}",
                color=style.ink_on(fill),
                anchor="middle",
                bold=True,
                size=TITLE_SIZE + 1,
                halo=fill if fill == style.OVERLAP else None,
            )


def _lens_area(r: float, s: float, d: float) -> float:
    """Return the area that circles of radii r and s share at distance d."""
    if d >= r + s:
        return 0.0
    if d <= abs(r - s):
        return math.pi * min(r, s) ** 2
    a = math.acos((d * d + r * r - s * s) / (2 * d * r))
    b = math.acos((d * d + s * s - r * r) / (2 * d * s))
    return r * r * (a - math.sin(2 * a) / 2) + s * s * (b - math.sin(2 * b) / 2)


def _circle_distance(r: float, s: float, shared: float) -> float:
    """Return the distance at which circles share the given area, by bisection."""
    if shared == 0:
        return 1.1 * (r + s)
    low, high = abs(r - s), r + s
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _lens_area(r, s, middle) > shared else (low, middle)
    return low


def _lens(centers: tuple[float, float], radii: tuple[float, float], y: float) -> str:
    """Return the path of what two circles on one line share; empty if nothing."""
    d, (r, s) = centers[1] - centers[0], radii
    if d >= r + s:
        return ""
    if d <= abs(r - s) + 1e-6:
        middle, small = (centers[0], r) if r < s else (centers[1], s)
        left, right, size = _number(middle - small), _number(middle + small), _number(small)
        return (
            f"M{left} {_number(y)}A{size} {size} 0 0 1 {right} {_number(y)}"
            f"A{size} {size} 0 0 1 {left} {_number(y)}z"
        )
    along = (d * d + r * r - s * s) / (2 * d)
    half = math.sqrt(r * r - along * along)
    x, top, bottom = (_number(v) for v in (centers[0] + along, y - half, y + half))
    # An arc is the long way round where its own center lies beyond the common chord.
    long_r, long_s = int(along < 0), int(d - along < 0)
    return (
        f"M{x} {top}A{_number(r)} {_number(r)} 0 {long_r} 1 {x} {bottom}"
        f"A{_number(s)} {_number(s)} 0 {long_s} 1 {x} {top}z"
    )


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
    points: Mapping[str, tuple[float, float]] | None = None,
    labels_at: Mapping[str, tuple[float, float]] | None = None,
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
    points : mapping of str to (float, float), optional
        Dots to mark, with their text.
    labels_at : mapping of str to (float, float), optional
        Where a curve's label starts, in data units, in place of the right end.
    width, height : float
        Size of the drawing.

    Returns
    -------
    Drawing
    """
    from matplotlib.figure import Figure

    xs = np.asarray(x, dtype=float)
    ys = {label: np.asarray(line, dtype=float) for label, line in lines.items()}
    at_end = {label: textwrap.wrap(label, 15) for label in ys if label not in (labels_at or {})}
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
    _mark(axes, points or {}, [line.get_path() for line in axes.lines])
    for label, place in (labels_at or {}).items():
        axes.annotate(label, place, va="center", **_WRITING)
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


_DOT: dict[str, Any] = {
    "marker": "o",
    "markersize": 7,
    "color": INK,
    "markeredgecolor": PAPER,
    "clip_on": False,
    "zorder": 4,
}
# Where the name of a dot stands: on which side of it, and how far above or below.
_BESIDE = (("left", 7, 7), ("left", 7, -16), ("right", -7, 7), ("right", -7, -16))


def _mark(axes: Axes, points: Mapping[str, tuple[float, float]], lines: Sequence[MplPath]) -> None:
    """Mark points with dots, each with its name where it touches no line, if it can."""
    drawn = [axes.transData.transform_path(line) for line in lines]
    for name, place in points.items():
        middle = axes.transData.transform(place)
        clear = (at for at in _BESIDE if _is_clear(axes, _name_box(name, middle, *at), drawn))
        side, x, y = next(clear, _BESIDE[0])
        axes.plot(*zip(place, strict=True), **_DOT)
        axes.annotate(name, place, (x, y), textcoords="offset points", ha=side, **_WRITING)


def _name_box(name: str, middle: ArrayLike, side: str, x: float, y: float) -> Bbox:
    """Return the room that a name takes whose baseline is at (x, y) from the middle of a dot."""
    from matplotlib.transforms import Bbox

    width = _text_width(name)
    left, low = np.add(middle, (x - width * (side == "right"), y))
    return Bbox.from_bounds(left, low - 2, width, TEXT_SIZE)


def _is_clear(axes: Axes, box: Bbox, lines: Sequence[MplPath]) -> bool:
    """Return whether a box touches neither a line nor the numbers of the axes."""
    inside = box.x0 >= axes.bbox.x0 and box.y0 >= axes.bbox.y0
    return inside and not any(line.intersects_bbox(box, filled=False) for line in lines)


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
