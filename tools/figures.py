"""Each figure of the chapters by its number, as SVG, PDF and PNG, and a page on whose it is.

The SVG is the stored output of its cell. The browser makes the others of it, in the PDF's fonts.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

ROOT = Path(__file__).parents[1]
MASK = "mask: pyradiomics, BSD-3-Clause"
SCAN = f"scan: patient TCGA-17-Z015 of TCGA-LUAD, The Cancer Imaging Archive, CC BY 3.0; {MASK}"
COINS = "photograph: skimage.data.coins, Brooklyn Museum, no known copyright restrictions"
NUCLEI = "picture and masks: 2018 Data Science Bowl (BBBC038), CC0 1.0"
OF_OTHERS = {  # by the ids of cells; the colophon says more
    SCAN: ("tumor", "flipped-figure", "click-figure"),
    MASK: ("jpeg-figure", "resample-figure"),
    COINS: ("43fd4e61", "1df7e24f", "a03999a0"),
    NUCLEI: ("nuclei-figure", "large-figure", "hills-figure", "verdict-figure", "real-masks"),
    "": ("a517534f", "task-figure"),  # drawn, with the tones of a photograph
}
DOTS = 2  # of the PNG, for one of the browser's: sharp on screens; the PDF is for paper
FONT = '@font-face{{font-family:{};font-weight:{};src:url("data:font/woff2;base64,{}")}}'
SHEET = """<!DOCTYPE html><html lang="en"><head><title>{title}</title><style>{fonts}
body {{ margin: 0; }} svg {{ display: block; }}</style></head><body>{svg}</body></html>"""
LIST = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/><title>The figures</title>
<style>:root {{ color-scheme: light dark; }} img {{ max-width: 100%; height: auto; }}
body {{ max-width: 44rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; }}
a {{ color: light-dark(#005a8d, #7cc4f0); }}</style></head>
<body><main><h1>The figures</h1>
<p>Whoever shows a figure gives its line of license.</p>
{figures}
</main></body></html>
"""
markdown = MarkdownIt().use(dollarmath_plugin, renderer=lambda tex, _: rf"\({escape(tex)}\)")


class Figure(NamedTuple):
    """A figure, and what goes with it."""

    number: str
    cell: str
    svg: str
    caption: str
    alternative: str
    license: str


def as_html(text: str) -> str:
    r"""Return Markdown as HTML without links into the book; formulas stay TeX, in \( \)."""
    text = re.sub(r"\[([^\]]*)\]\((?!https:)[^)]*\)", r"\1", text)
    return str(markdown.render(text)).strip()


def figures(notebooks: list[Path], title: str, author: str, year: str) -> Iterator[Figure]:
    """Find the figures of the notebooks; the caption stands in the cell below."""
    for file in notebooks:
        cells = nbformat.read(file, as_version=4).cells
        for cell, below in pairwise(cells):
            for output in cell.get("outputs", []):
                if svg := output.get("data", {}).get("image/svg+xml"):
                    caption = re.match(r"\*\*Figure ([\d.]+)\.\*\* (.*)", below.source)
                    own = f"Figure {caption[1]} of “{title}”, {author}, {year}, CC BY 4.0"
                    others = [other for other, cells in OF_OTHERS.items() if cell.id in cells]
                    license = "; ".join(filter(None, [own, *others]))
                    alternative = cell.metadata["mystnb"]["image"]["alt"]
                    yield Figure(caption[1], cell.id, svg, caption[2], alternative, license)


def entry(figure: Figure) -> str:
    """Return what the page says of a figure."""
    name = f"figure-{figure.number}"
    files = [f'<a href="{name}.{kind}">{kind.upper()}</a>' for kind in ("svg", "pdf", "png")]
    return f"""<section id="{name}">
<h2>Figure {figure.number}</h2>
<p><img src="{name}.svg" alt="{escape(figure.alternative)}" loading="lazy"/></p>
{as_html(figure.caption)}
<p><strong>Alternative text.</strong> {escape(figure.alternative)}</p>
<p><strong>License.</strong> {escape(figure.license)}.</p>
<p>{", ".join(files)}</p>
</section>"""


def fonts() -> str:
    """Return a style sheet that holds fonts, and sets text and code in them."""
    files = [("Arimo", 400), ("Arimo", 700), ("Cousine", 400)]
    folder = ROOT / "tools" / "fonts"
    read = {f: (folder / f"{f[0].lower()}-latin-{f[1]}-normal.woff2").read_bytes() for f in files}
    sheet = "".join(FONT.format(*f, b64encode(data).decode()) for f, data in read.items())
    return f"{sheet} body, svg {{ font-family: Arimo; }} pre, code {{ font-family: Cousine; }}"


def printed(page: Any, figure: Figure) -> tuple[bytes, bytes]:
    """Return a figure as PDF and PNG, as wide as a column of text."""
    sides = re.search(r'viewBox="0 0 (\S+) (\S+)"', figure.svg).groups()
    width, height = (f"{ceil(float(side) * 4 / 3)}px" for side in sides)  # from points
    svg = figure.svg.replace("<svg", f'<svg style="width:{width};height:{height}"', 1)
    page.set_content(SHEET.format(title=f"Figure {figure.number}", fonts=fonts(), svg=svg))
    page.evaluate("Promise.all([...document.fonts].map(font => font.load()))")
    pdf = page.pdf(print_background=True, width=width, height=height)
    return pdf, page.locator("svg").screenshot()


def files(browser: Any, found: list[Figure]) -> Iterator[tuple[str, bytes]]:
    """Give the files of all figures by name, and the page that lists them."""
    page = browser.new_page(device_scale_factor=DOTS)
    page.emulate_media(color_scheme="light")
    for figure in found:
        name = f"figure-{figure.number}"
        pdf, png = printed(page, figure)
        yield from (
            (f"{name}.svg", figure.svg.encode()),
            (f"{name}.pdf", pdf),
            (f"{name}.png", png),
        )
    page.close()
    yield "index.html", LIST.format(figures="\n".join(map(entry, found))).encode()
