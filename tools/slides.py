"""A deck of slides for each plan of the page on teaching, out of the built pages it links to.

What a plan shows is cut from its section: a figure, a formula or a cell on each slide, with the words
before it. Then come the task, the question, and its answer. The deck is one plain page, in which
`slides.html` turns the slides; it uses pictures and styles of the site beside it.
"""

import copy
import os
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from figures import fonts

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
PLANS = "book/teach.html"
STYLES = ["pygments.css", "katex/katex.min.css", "explorables/roles.css"]
LEFT_OUT = "details, script, .headerlink, .depth, .tag_solution, small, .explorable-kicker, .note"
TO_SEE = ".cell, .equation, .pst-scrollable-table-container, table"
ROOM = 260  # letters of text that a slide has beside something to see


@cache
def article(page: str) -> Tag:
    """Return what the author wrote on a page; its addresses lead from a folder beside the site."""
    text = BeautifulSoup((SITE / page).read_text("utf8"), "html.parser").select_one("article")
    for tag in text.select("[href], [src]"):
        name = "href" if tag.has_attr("href") else "src"
        if not re.match(r"[a-z]+:", tag[name]):
            path, _, anchor = tag[name].partition("#")
            there = os.path.normpath((Path(page).parent / path).as_posix() if path else page)
            tag[name] = f"../site/{Path(there).as_posix()}" + (f"#{anchor}" if anchor else "")
    return text


def target(link: Tag) -> tuple[Tag, Tag | None]:
    """Return the page that a link of a plan leads to, and the section; None, if it is the page."""
    page, _, anchor = link["href"].removeprefix("../site/").partition("#")
    found = article(page).find(id=anchor) if anchor else None
    return article(page), found and (found if found.name == "section" else found.find_parent("section"))


def parts(section: Tag) -> list[Tag]:
    """Return what stands in a section itself, without solutions, folded code and headings."""
    section = copy.copy(section)
    for tag in section.select(f"{LEFT_OUT}, .cell:has(img) .cell_input"):
        tag.decompose()
    for tag in section.select("[id], [aria-labelledby], [loading]"):
        for name in ("id", "aria-labelledby", "loading"):
            del tag[name]
    if "explorable" in section.get("class", []):
        return [section]
    found = [tag for tag in section.find_all(True, recursive=False) if not re.match(r"h\d", tag.name)]
    inner = [tag for tag in found if tag.name != "section"]  # what is worked by hand is a task
    return [tag for tag in inner if tag.get_text(strip=True) or tag.select("img")]


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


def slide(title: str, content: str, foot: str, level: int = 2) -> str:
    """Return one slide."""
    return f"""<section class="slide" tabindex="-1">
<h{level}>{escape(title)}</h{level}>
<div class="content">{content}</div>
<footer>{escape(foot)}</footer>
</section>"""


def title(section: Tag) -> str:
    """Return the heading of a section."""
    heading = copy.copy(section.find(re.compile(r"h\d")))
    for tag in heading.select(".headerlink, .depth"):
        tag.decompose()
    return str(heading.get_text())


def plain(tag: Tag) -> str:
    """Return the words of a tag, with plain spaces and apostrophes."""
    return " ".join(tag.get_text().split()).replace("’", "'")


def joined(tags: list[Tag]) -> str:
    return "\n".join(map(str, tags))


def of_row(row: Tag) -> list[str]:
    """Return the slides of one row of a plan."""
    minutes, show, do, ask = row.find_all("td")
    slides, (showing, doing) = [], minutes.get_text().split(" + ")
    for link in show.select("a"):
        page, section = target(link)
        foot = f"{title(page)} · {showing} minutes to show"
        for tags in chunks(parts(section)) if section else []:
            slides.append(slide(title(section), joined(tags), foot))
    words = f'<div class="large">{do.decode_contents().strip()}</div>'
    tasks = [joined(parts(target(link)[1])) for link in do.select("a")] or [""]
    heading = "Your turn" if show.select("a") else plain(show).capitalize()
    for task in (f"{words}\n{tasks[0]}", *tasks[1:]):
        slides.append(slide(heading, task, f"{doing} minutes"))
    for link in ask.select("a"):
        page, section = target(link)
        words = plain(link)
        answer = next(d for d in section.select("details") if plain(d.summary) == words)
        text = joined(answer.find_all(True, recursive=False)[1:])
        slides.append(slide("A question", f'<div class="large">{escape(words)}</div>', title(page)))
        slides.append(slide(words, f'<div class="answer">{text}</div>', title(page)))
    return slides


def decks() -> dict[str, str]:
    """Return the decks, by their minutes."""
    template = Path(__file__).with_name("slides.html").read_text("utf8")
    links = "\n".join(f'<link rel="stylesheet" href="../site/_static/{s}"/>' for s in STYLES)
    found = {}
    for plan in article(PLANS).select("section:has(> div table, > table)"):
        if minutes := re.match(r"(\d+) minutes: ", title(plan)):
            about = joined(plan.find_all("p", recursive=False))
            slides = [slide(title(plan), about, "CC BY 4.0", level=1)]
            for row in plan.select("tbody tr"):
                slides += of_row(row)
            page = template.replace("{title}", escape(title(plan))).replace("{styles}", links)
            found[minutes[1]] = page.replace("{slides}", "\n".join(slides))
    return found


def printed(browser: Any, deck: Path) -> bytes:
    """Return a deck as a PDF, a slide on each page."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.emulate_media(media="print", color_scheme="light")
    page.goto(deck.as_uri())
    page.add_style_tag(content=fonts())
    page.evaluate("Promise.all([...document.fonts].map(font => font.load()))")
    page.evaluate("document.fonts.ready.then(() => slides.forEach(fit))")
    pdf = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
    page.close()
    return bytes(pdf)
