"""Figures of the chapter on scale, until it is written anew.

The others are plain matplotlib, in the style of :mod:`dice.course.style`. Every function here
returns a :class:`Drawing`, which a notebook shows as SVG.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dice.course import style
from dice.course.style import GAP, GRID, INK, MUTED, PAPER, TEXT_SIZE, TITLE_SIZE, WIDTH
from dice.course.svg import in_the_dark

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
    ) -> None:
        """Write text whose middle height is at ``y``."""
        self.add(
            "text",
            escape(str(text), quote=False),
            x=x,
            y=y + 0.35 * size,
            fill=color,
            font_size=None if size == TEXT_SIZE else size,
            font_weight="bold" if bold else None,
            text_anchor=anchor,
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
        look: dict[str, Any] = {"color": style.ink_on_tint(color, level), "bold": bold}
        self.text(x + width / 2, y + height / 2, text, anchor="middle", **look)

    def region(
        self, mask: NDArray[np.bool_], x: float, y: float, scale: float, *, fill: str
    ) -> None:
        """Draw the pixels of a mask as one shape."""
        if mask.any():
            place = f"translate({_number(x)} {_number(y)}) scale({scale:.5g})"
            self.add("path", d=_outline(mask), transform=place, fill=fill)

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

    def legend(self, entries: Sequence[tuple[str, str]], x: float, y: float) -> float:
        """Write (fill, text) entries in rows from ``y`` down; return the lowest y."""
        start = x
        for fill, text in entries:
            width = 20 + _text_width(text)
            if x > start and x + width > self.width:
                x, y = start, y + 20
            self.rect(x, y, 14, 14, fill=fill, stroke=MUTED, stroke_width=0.75)
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
        entries = [(palette[k], f"{k} {name}") for k, name in by_label.items()]
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
        Title and drawing.
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


# --- scale ------------------------------------------------------------------


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
