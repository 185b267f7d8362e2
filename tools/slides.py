"""A deck of slides for each plan of the page on teaching, out of the built pages it links to.

What a plan shows is cut from its section: a figure, a formula or a cell on each slide, after the
words before it. Then come the task, the question, and its answer. The deck is one plain page, whose
script stands in `slides.html`; it uses pictures and styles of the site beside it.
"""

import copy
import os
import re
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from figures import fonts

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
DOCUMENT = ROOT / "_build" / "slides.html"  # beside the site, while it is printed
PLANS = "book/teach.html"
STYLES = ["pygments.css", "katex/katex.min.css", "explorables/roles.css"]
LEFT_OUT = (
    "details, script, section, h1, h2, h3, h4, small, .tag_solution, .explorable-kicker, .note"
)
TO_SEE = ".cell, .equation, .pst-scrollable-table-container, table"
ROOM = 260  # letters of text that a slide has beside something to see


@cache
def article(page: str) -> Tag:
    """Return what the author wrote on a page; its addresses lead from a folder beside the site."""
    text = BeautifulSoup((SITE / page).read_text("utf8"), "html.parser").select_one("article")
    for tag in text.select(".headerlink, .depth"):
        tag.decompose()
    for tag in text.select("[href], [src]"):
        name = "href" if tag.has_attr("href") else "src"
        if not re.match(r"[a-z]+:", tag[name]):
            path, mark, anchor = tag[name].partition("#")
            there = Path(os.path.normpath(Path(page).parent / path)).as_posix() if path else page
            tag[name] = f"../site/{there}{mark}{anchor}"
    return text


def plain(tag: Tag) -> str:
    """Return the words of a tag, with plain spaces and apostrophes."""
    return " ".join(tag.get_text().split()).replace("’", "'")


def title(section: Tag) -> str:
    """Return the heading of a section."""
    return plain(section.find(re.compile(r"h\d")))


def targets(links: Tag) -> list[tuple[Tag, Tag]]:
    """Return page and section that each link of a plan leads to, but those to whole pages."""
    found = []
    for link in links.select("a[href*='#']"):
        page, _, anchor = link["href"].removeprefix("../site/").partition("#")
        place = article(page).find(id=anchor)
        around = [place, *place.parents]
        found.append((article(page), next(tag for tag in around if tag.name == "section")))
    return found


def parts(section: Tag, unwanted: str = "") -> list[Tag]:
    """Return what stands in a section itself, without solutions and without code of figures."""
    section = copy.copy(section)
    for tag in section.select(f"{LEFT_OUT}, .cell:has(img) .cell_input{unwanted}"):
        tag.decompose()
    for tag in section.select("[id], [loading]"):
        tag.attrs = {key: tag[key] for key in tag.attrs if key not in ("id", "loading")}
    found = section.find_all(True, recursive=False)
    return [tag for tag in found if plain(tag) or tag.select("img")]


def chunks(tags: list[Tag]) -> list[list[Tag]]:
    """Share out a section: one thing to see on each slide, with the words that lead to it."""
    slides: list[list[Tag]] = []
    words: list[Tag] = []
    for tag in tags:
        if "figure-caption" in tag.get("class", []) and slides:
            slides[-1].append(tag)
        elif tag.css.match(TO_SEE):
            if sum(len(word.get_text()) for word in words) > ROOM:
                slides.append(words)
                words = []
            slides.append([*words, tag])
            words = []
        else:
            words.append(tag)
    if slides and sum(len(word.get_text()) for word in words) < ROOM / 2:
        slides[-1] += words  # a last remark
        return slides
    return [*slides, words]


def slide(title: str, content: str, foot: str) -> str:
    """Return one slide."""
    return f"""<section class="slide" tabindex="-1">
<h2>{escape(title)}</h2>
<div class="content">{content}</div>
<footer>{escape(foot)}</footer>
</section>"""


def joined(tags: list) -> str:
    """Return tags as text."""
    return "\n".join(map(str, tags))


def asked(section: Tag, words: str) -> tuple[str, str]:
    """Return the choices of a question, if it has any, and its answer: both are folded."""
    for text in section.select("summary, p"):
        if plain(text) == words:
            return "", joined(text.parent.find_all(True, recursive=False)[1:])
        if plain(text) == f"Choose. {words}":
            folded = text.find_next_siblings("details")[:4]
            answers = [f"<p>{plain(d.summary)}. {d.p.decode_contents()}</p>" for d in folded]
            return joined([f"<p>{plain(d.summary)}</p>" for d in folded]), joined(answers)
    raise ValueError(f"no such question: {words}")


def of_row(row: Tag) -> list[str]:
    """Return the slides of one row of a plan."""
    minutes, show, do, ask = row.find_all("td")
    slides, (showing, doing) = [], plain(minutes).split(" + ")
    for page, section in targets(show):
        foot = f"{title(page)} · {showing} minutes to show"
        slides += [slide(title(section), joined(c), foot) for c in chunks(parts(section))]
    tasks = [joined(parts(section, ", .cell")) for _, section in targets(do)] or [""]
    tasks[0] = f'<div class="large">{do.decode_contents().strip()}</div>\n{tasks[0]}'
    heading = "Your turn" if show.select("a") else plain(show).capitalize()
    slides += [slide(heading, task, f"{doing} minutes") for task in tasks]
    for page, section in targets(ask):
        words, (choices, answer) = plain(ask), asked(section, plain(ask))
        text = f'<div class="large">{escape(words)}</div>\n{choices}'
        slides.append(slide("A question", text, title(page)))
        slides.append(slide(words, f'<div class="answer">{answer}</div>', title(page)))
    return slides


@cache
def decks() -> dict[str, str]:
    """Return the decks, by their minutes."""
    template = Path(__file__).with_name("slides.html").read_text("utf8")
    links = "\n".join(f'<link rel="stylesheet" href="../site/_static/{s}"/>' for s in STYLES)
    found = {}
    for plan in article(PLANS).select("section:has(> div table, > table)"):
        if minutes := re.match(r"(\d+) minutes: ", title(plan)):
            about = joined(plan.find_all("p", recursive=False))
            slides = [slide(title(plan), about, "CC BY 4.0")]
            for row in plan.select("tbody tr"):
                slides += of_row(row)
            page = template.replace("{title}", escape(title(plan))).replace("{styles}", links)
            found[minutes[1]] = page.replace("{slides}", "\n".join(slides))
    return found


def printed(browser: Any, deck: str) -> bytes:
    """Return a deck as a PDF, a slide on each page."""
    DOCUMENT.write_text(deck.replace("../site/", "html/"), "utf8")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.emulate_media(media="print", color_scheme="light")
    page.goto(DOCUMENT.as_uri())
    page.add_style_tag(content=fonts())
    page.evaluate("Promise.all([...document.fonts].map(font => font.load()))")
    page.evaluate("slides.forEach(fit)")
    pdf = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    page.close()
    return bytes(pdf)


def files(browser: Any) -> Iterator[tuple[str, bytes]]:
    """Give the decks and their PDFs by name."""
    for minutes, deck in decks().items():
        yield f"{minutes}-minutes.html", deck.encode()
        yield f"{minutes}-minutes.pdf", printed(browser, deck)
