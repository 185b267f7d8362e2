"""The visual language of the course: one color per role, one place for every size.

Role colors come from the Okabe-Ito palette, which people with any color vision can tell
apart. A drawing never relies on color alone: a letter, a hatch or a dash says the same.

Tones (ink, muted, grid, paper, sheet) have a light and a dark version; a drawing carries both
and shows the one that suits the page.
"""

import sys
from typing import Any

TARGET = "#0072B2"
PREDICTION = "#E69F00"
OVERLAP = "#009E73"
ALARM = "#D55E00"
BACKGROUND = "#BBBBBB"

CLASS_COLORS = ("#56B4E9", "#F0E442", "#CC79A7", "#B98736", "#8E95D6")
"""Classes A, B, C, and two more for the rare figure that needs them."""

# Each tone must differ from every other color in a drawing: the dark version replaces it by
# its exact text. Text on a fill uses ON_LIGHT or ON_DARK, which stay as they are.
INK = "#1c2127"
MUTED = "#59626d"
GRID = "#d3d8de"
PAPER = "#fefefe"
ON_TINT = "#010101"
SHEET = "#fff"  # behind every drawing, as the book's page: legible on a page of any color
DARK_VERSION = {
    INK: "#e8ebee",
    MUTED: "#a9b3bd",
    GRID: "#4b535c",
    PAPER: "#20262d",
    ON_TINT: "#ffffff",
    SHEET: "#15191f",
}

ON_LIGHT = "#111111"
ON_DARK = "#ffffff"
BLACK = "#000000"

FONT_FAMILY = "system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',Arial,sans-serif"

# Sizes are in drawing units. A full-width drawing is 400 units wide and its margins, so that its
# text is 11.5 pixels high on a phone that shows it 360 pixels wide.
WIDTH = 400.0
GAP = 12.0
MARGIN = 4.0
TEXT_SIZE = 13.0
TITLE_SIZE = 14.0
SCREEN_SCALE = 1.3
"""Pixels per drawing unit where the page has room."""

LINE_STYLES: dict[str, tuple[str, tuple[float, ...]]] = {
    "target": (TARGET, ()),
    "prediction": (PREDICTION, (7, 2.5)),
    "overlap": (OVERLAP, (9, 2.5, 2, 2.5)),
    "alarm": (ALARM, (2, 2)),
    "class C": (CLASS_COLORS[2], (4, 2, 1.5, 2, 1.5, 2)),
    "ink": (INK, (12, 3)),
}
"""Color and dash pattern of a curve, by role; no two roles share either."""

# One unit of a drawing is a point of matplotlib.
COLUMN = (WIDTH + 2 * MARGIN) / 72
PAGE = (COLUMN, 10.0)
"""Size of a figure of pictures: as wide as the others, and as high as it may need to be.

Pictures fill the width; what stays empty above and below is cut off when the figure is shown
or saved.
"""

Look = dict[str, Any]
"""Keywords of a matplotlib function."""


def use() -> None:
    """Give all figures the look of the course (`house.mplstyle`), in a notebook as its SVG.

    ``fig.savefig`` then writes PDF and PNG in the same look, on a light ground.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    style.use("dice.course.house")
    ipython = sys.modules.get("IPython")
    if ipython and (shell := ipython.get_ipython()):
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        from dice.course.svg import svg

        set_matplotlib_formats()  # type: ignore[no-untyped-call]  # no PNG beside it
        shell.display_formatter.formatters["image/svg+xml"].for_type(Figure, svg)


def role(name: str) -> Look:
    """Return the look of a curve by its role, as keywords of ``ax.plot``.

    Parameters
    ----------
    name : {"target", "prediction", "overlap", "alarm", "class C", "ink"}
        The role sets color and dash.

    Returns
    -------
    dict
        A curve is drawn whole where it runs along the edge of its axes.

    Examples
    --------
    >>> role("target")["color"]
    '#0072B2'
    """
    color, dashes = LINE_STYLES[name]
    pattern = (0, [length / 2.5 for length in dashes]) if dashes else "-"  # in line widths
    return {"color": color, "linestyle": pattern, "clip_on": False, "zorder": 3}


def text_width(text: str) -> float:
    """Estimate the width of a text in points, which common sans-serif fonts stay below."""
    return 0.58 * TEXT_SIZE * len(text)


def luminance(color: str) -> float:
    """Return the relative luminance of ``#rrggbb``, from 0 (black) to 1 (white)."""
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colors, from 1 to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def ink_on(fill: str) -> str:
    """Return the text color for a fill: the tone's own ink on paper, else dark or light."""
    if fill == PAPER:
        return INK
    return max((ON_LIGHT, ON_DARK), key=lambda ink: contrast(ink, fill))


def mix(color: str, other: str, share: float) -> str:
    """Return ``color`` with the given share of it kept, the rest taken from ``other``."""
    pairs = [(int(color[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def ink_on_tint(color: str, level: float) -> str:
    """Return the text color for paper tinted with ``color``, from 0 (paper) to 1 (the color).

    The paper of the page shows through, so the text of a faint tint follows the page. White reads
    best on the middle tones of a dark page; where it lacks contrast, black has it.
    """
    if level in (0, 1):
        return ink_on(color if level else PAPER)
    tints = [mix(color, paper, level) for paper in (PAPER, DARK_VERSION[PAPER])]
    inks = {ON_DARK if contrast(ON_DARK, tint) >= 4.5 else BLACK for tint in tints}
    return inks.pop() if len(inks) == 1 else ON_TINT
