"""Print the book: the built pages become one document, and Chromium makes it a PDF.

`make pdf` builds the book and runs this. Links between pages become links inside the document;
folded answers are opened; figures to work by hand stay as the drawings that they begin with.
The document is printed twice: the first time tells which page each chapter begins on.
"""

import json
import os
import sys
import time
from html import escape
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import chromium
import pikepdf
import yaml
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
DOCUMENT = ROOT / "_build" / "print.html"  # beside the site, whose pictures and styles it uses
PDF = ROOT / "_build" / "dice-from-pixels-to-loss.pdf"
STYLES = ["_static/pygments.css", "_static/katex/katex.min.css", "_static/explorables/roles.css"]
NOT_FOR_PAPER = (
    ".headerlink, script, .toctree-wrapper, .course-progress, p:has(> .begin),"
    ".explorable-kicker, .explorable-invitation"
)
ON_SCREEN = "In the book's pages on screen, this figure can be worked by hand."
PRINTED_WIDTH = 642  # pixels between the margins of print.css: 170 mm
PRINTED_HEIGHT = 955  # and a little less than the 255 mm from top to bottom
FONTS = """async () => {
  await Promise.all([...document.fonts].map(font => font.load()));
  document.body.style.display = "none";  // then laid out as a whole, whenever the fonts came
  document.body.getBoundingClientRect();
  document.body.style.display = "";
}"""
SHORT = """() => {
  for (const text of document.querySelectorAll("article :is(p, li)"))
    if (text.clientHeight < 90) text.classList.add("in-one-piece");  // four lines
}"""
FIT = """() => [...document.querySelectorAll('.equation .formula, pre, table')].flatMap(box => {
  const frame = box.matches('table') ? box.parentElement : box;
  const whole = parseFloat(getComputedStyle(box).fontSize);
  const least = box.matches('.formula') ? 20 : 60;  // only text can be broken into lines
  for (let size = 95; size >= least && box.scrollWidth > frame.clientWidth; size -= 5)
    box.style.fontSize = `${whole * size / 100}px`;
  if (box.scrollWidth <= frame.clientWidth) return [];
  box.classList.add('broken');
  return [box.textContent.trim().slice(0, 60)];
})"""

ONE_SHEET = """height => {
  for (const page of document.querySelectorAll('article:has(.decisions, .checklist)'))
    for (let size = 98; size >= 80 && page.getBoundingClientRect().height > height; size -= 2)
      page.style.zoom = `${size}%`;
}"""


def place(page: str, anchor: str = "") -> str:
    """Return the id, in the document, of a place on a page."""
    name = Path(page).name
    return f"{name}--{anchor}" if anchor else name


def inside(page: str, address: str, pages: list[str]) -> str | None:
    """Return where a link on a page leads in the document; None, where that is not printed."""
    path, anchor = urldefrag(address)
    if urlsplit(address).scheme:
        return address
    file = (SITE / page).parent / unquote(path) if path else SITE / f"{page}.html"
    target = os.path.relpath(file.with_suffix(""), SITE)
    return f"#{place(target, unquote(anchor))}" if target in pages else None


def open_up(details: Tag) -> None:
    """Show what is folded; a line that only folds code goes."""
    details.name = "div"
    if "hide" in details.get("class", []):
        details.summary.decompose()
    else:
        details["class"] = "answer"
        details.summary["class"] = "summary"
        details.summary.name = "p"


def read_as_tex(formula: Tag) -> None:
    """Let a screen reader say the TeX: Chromium prints no MathML into the tags."""
    formula["role"], formula["aria-label"] = "img", formula.annotation.get_text()
    formula.select_one(".katex-mathml").decompose()
    del formula.select_one(".katex-html")["aria-hidden"]


def article(page: str, pages: list[str]) -> Tag:
    """Return what the author wrote on a page, made fit for the document."""
    html = (SITE / f"{page}.html").read_text("utf8")
    text = BeautifulSoup(html, "html.parser").select_one("article")
    for tag in text.select(NOT_FOR_PAPER):
        tag.decompose()
    for tag in text.select("[id]"):
        tag["id"] = place(page, tag["id"])
    for tag in text.select("[aria-labelledby]"):
        tag["aria-labelledby"] = place(page, tag["aria-labelledby"])
    for link in text.select("a[href]"):
        link["href"] = inside(page, link["href"], pages)
        if link["href"] is None:
            link.unwrap()
    for image in text.select("img"):
        image["src"] = os.path.relpath((SITE / page).parent / image["src"], DOCUMENT.parent)
        del image["loading"]
    for details in text.select("details"):
        open_up(details)
    for formula in text.select(".formula:has(annotation)"):
        read_as_tex(formula)
    for note in text.select(".explorable-static .note"):
        note.string = ON_SCREEN
    text["id"] = place(page)
    return text


def contents(toc: dict, titles: dict[str, str], numbers: dict[str, int]) -> str:
    """Return the table of contents, with the page that each chapter begins on."""

    def line(page: str) -> str:
        number = numbers.get(place(page), "")
        return f'<li><a href="#{place(page)}">{titles[page]} <span>{number}</span></a></li>'

    def part(caption: str, chapters: list[dict]) -> str:
        lines = "".join(line(chapter["file"]) for chapter in chapters)
        return f'<p class="part">{escape(caption)}</p>\n<ul>{lines}</ul>\n'

    parts = "".join(part(**part_of_toc) for part_of_toc in toc["parts"])
    return f"<ul>{line(toc['root'])}</ul>\n{parts}"


def feet(titles: dict[str, str]) -> str:
    """Return the style sheet that writes the title of each chapter at the foot of its pages."""
    return "".join(
        f"@page p{i} {{ @bottom-left {{ content: {json.dumps(title, ensure_ascii=False)}; }} }}\n"
        f'article[id="{place(page)}"] {{ page: p{i}; }}\n'
        for i, (page, title) in enumerate(titles.items())
    )


def style() -> str:
    """Return the style sheet; its fonts are beside it, wherever the document is."""
    here = Path(__file__).parent
    css = (here / "print.css").read_text("utf8")
    return css.replace('url("fonts/', f'url("{here.as_uri()}/fonts/')


def document(config: dict, toc: dict, articles: dict[str, Tag], numbers: dict[str, int]) -> str:
    """Return the whole book as one page of HTML."""
    titles = {page: text.h1.get_text() for page, text in articles.items()}
    title, author = escape(config["title"]), escape(config["author"])
    links = "".join(f'<link rel="stylesheet" href="html/{file}"/>\n' for file in STYLES)
    return f"""<!DOCTYPE html>
<html lang="{config["sphinx"]["config"]["language"]}" data-theme="light">
<head>
<meta charset="utf-8"/>
<title>{title}</title>
{links}<style>
{style()}{feet(titles)}</style>
</head>
<body>
<header class="cover">
<p class="title">{title}</p>
<p class="subtitle">A course on the Dice coefficient and the Dice loss for image segmentation</p>
<img src="html/_static/welcome.svg" alt=""/>
<p>{author}, {config["copyright"]}</p>
<p class="license">Text and figures: CC BY 4.0. Code: BSD 3-Clause.</p>
</header>
<nav class="contents" aria-label="Contents">
<p class="title">Contents</p>
{contents(toc, titles, numbers)}</nav>
{"".join(str(text) for text in articles.values())}
</body>
</html>
"""


def destinations(pdf: bytes) -> dict[str, int]:
    """Return the page that each place linked to stands on; the cover is page 1."""
    with pikepdf.open(BytesIO(pdf)) as document:
        numbers = {page.objgen: number for number, page in enumerate(document.pages, start=1)}
        places = document.Root.Dests.items()
        return {name.removeprefix("/"): numbers[place[0].objgen] for name, place in places}


def settled(pdf: bytes, author: str, seconds: int) -> bytes:
    """Name the author, and no browser; date it by rule; pack the tags, two thirds of all bytes."""
    date = time.strftime("D:%Y%m%d%H%M%S+00'00'", time.gmtime(seconds))
    written = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        about = {"/Title": document.docinfo.Title, "/Author": author}
        document.docinfo = document.make_indirect(
            pikepdf.Dictionary(about | {"/CreationDate": date, "/ModDate": date})
        )
        packed = pikepdf.ObjectStreamMode.generate
        document.save(written, object_stream_mode=packed, deterministic_id=True)
    return written.getvalue()


def printed(page: Page, html: str) -> bytes:
    """Print a document with an open browser page; what is too wide is set smaller, or broken."""
    DOCUMENT.write_text(html, "utf8")
    page.goto(DOCUMENT.as_uri())
    page.evaluate(FONTS)
    page.evaluate(SHORT)
    page.evaluate(ONE_SHEET, PRINTED_HEIGHT)
    for text in page.evaluate(FIT):
        print(f"Too wide for the paper, so broken anywhere: {text}", file=sys.stderr)
    return page.pdf(prefer_css_page_size=True, tagged=True, outline=True)


def sheet(browser: Browser) -> Page:
    """Open a page of the browser that is as wide as the text on paper."""
    page = browser.new_page(viewport={"width": PRINTED_WIDTH, "height": 900})
    page.emulate_media(media="print", color_scheme="light")
    return page


def main() -> None:
    """Write the PDF."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    pages = [toc["root"], *(c["file"] for part in toc["parts"] for c in part["chapters"])]
    articles = {page: article(page, pages) for page in pages}
    with sync_playwright() as playwright:
        page = sheet(chromium.launch(playwright))
        first = printed(page, document(config, toc, articles, {}))
        second = printed(page, document(config, toc, articles, destinations(first)))
    now = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    PDF.write_bytes(settled(second, config["author"], now))


if __name__ == "__main__":
    main()
