"""The built pages, as files: links, pictures, formulas, outputs; `make pages` runs these."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from built import ROOT, SITE, article, each_chapter, each_without_problem, page, parsed
from test_form import no_problem

pytestmark = pytest.mark.book

LOADED = "script[src], img[src], iframe[src], source[src], video[src], audio[src], embed[src]"
NUMBER = r"\((?:\d+\.)?\d+\)"
NOT_FOR_READERS = {
    "TeX that is no formula": r"\$\$|\\(?:frac|text|sum|begin|left|cdot|cap|operatorname)\b",
    "Markdown that is not read": r"\*\*[^*\n]+\*\*|\]\(|`|^#{1,6} |:::|</?(?:details|summary)>",
    "a failure": r"System Message|Traceback \(most recent",
}


def text_without(name: str, parts: str) -> str:
    """The text of an article without some of its parts."""
    left_out = {id(tag) for tag in article(name).select(parts)}
    texts = article(name).strings
    return "".join(s for s in texts if left_out.isdisjoint(map(id, s.parents)))


def places(pattern: str, text: str) -> Iterator[str]:
    """What a pattern finds, with a little of the text around it."""
    for found in re.finditer(pattern, text):
        yield f"…{text[max(0, found.start() - 30) : found.end() + 30]!r}…"


@cache
def anchors(file: Path) -> set[str]:
    tags = parsed(file).find_all(True)
    return {tag[key] for tag in tags for key in ("id", "name") if tag.has_attr(key)}


@cache
def all_files() -> list[Path]:
    parsed(SITE / "index.html")
    return [file for file in sorted(SITE.rglob("*.html")) if "_static" not in file.parts]


def target(file: Path, address: str) -> tuple[Path, str]:
    """The file of the site that an address on a page leads to, and the anchor there."""
    path, anchor = urldefrag(address)
    path = unquote(path.partition("?")[0])
    return (file.parent / path).resolve() if path else file, unquote(anchor)


def elsewhere(address: str) -> bool:
    """Tell whether the address is on another host, or no place at all."""
    return bool(urlsplit(address).scheme or address.startswith("//"))


def short(file: Path) -> str:
    return file.relative_to(SITE).as_posix()


def numbers_of_formulas(name: str) -> dict[str, str]:
    """The number that stands beside each labeled formula of a page."""
    found = article(name).select("[id^='equation-']")
    return {tag["id"]: "".join(tag.find_all(string=re.compile(NUMBER))) for tag in found}


# Pages


@each_without_problem
def test_page_has_a_title_one_heading_and_words(name):
    title = page(name).title.get_text(strip=True)
    headings = [h for h in page(name).find_all("h1") if not h.find_parent(class_="onlyprint")]
    if len(headings) != 1:
        yield f"{len(headings)} headings of level 1, not one"
    elif not title.startswith(headings[0].get_text().removesuffix("#")):
        yield f"the title {title!r} is not that of the page"
    if (words := len(article(name).get_text().split())) < 50:
        yield f"only {words} words"


@no_problem
def test_links_lead_somewhere():
    for file in all_files():
        for tag in parsed(file).select("[href], [src]"):
            address = tag.get("href", tag.get("src"))
            if elsewhere(address):
                if tag.name == "a" and urlsplit(address).scheme not in ("https", "mailto"):
                    yield f"{short(file)}: {address}: link an https:// address"
                continue
            path, anchor = target(file, address)
            if not path.is_file():
                yield f"{short(file)}: {address}: there is no such file"
            elif anchor and path.suffix == ".html" and anchor not in anchors(path):
                yield f"{short(file)}: {address}: there is no such place on that page"
            if tag.name == "a" and not (tag.get_text(strip=True) or tag.select("img[alt], i, svg")):
                yield f"{short(file)}: {address}: a link without words"


@no_problem
def test_nothing_is_loaded_from_elsewhere():
    for file in all_files():
        for tag in parsed(file).select(f"{LOADED}, link[href]"):
            address = tag.get("src", tag.get("href"))
            if elsewhere(address) and "canonical" not in tag.get("rel", []):
                yield f"{short(file)}: loads {address}"
        for tag in parsed(file).select("[srcset], object[data], video[poster]"):
            yield f"{short(file)}: <{tag.name}> may load more than this test looks at"
    for file in [*all_files(), *sorted(SITE.rglob("*.css"))]:
        text = file.read_text("utf8")
        styles = text if file.suffix == ".css" else " ".join(re.findall(r'style="[^"]*"', text))
        for address in re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')\s;]+)", styles):
            if elsewhere(address) and not address.startswith("data:"):
                yield f"{short(file)}: loads {address}"


@no_problem
def test_pictures_have_alternative_text():
    for file in all_files():
        for image in parsed(file).select("img"):
            alt = image.get("alt", "").strip()
            if not alt or re.search(r"\.\w{3,4}$|^[0-9a-f]{16,}|^_images", alt):
                yield f"{short(file)}: {image['src']}: alternative text {alt!r}"
        for drawing in parsed(file).select("article svg"):
            if not (drawing.get("aria-label") or drawing.find_parent(class_="formula")):
                yield f"{short(file)}: a drawing without aria-label"


@each_chapter
def test_a_section_says_how_deep_it_goes_beside_its_heading_and_in_the_contents(name):
    source = json.loads((ROOT / f"{name}.ipynb").read_text("utf8"))
    texts = ["".join(c["source"]) for c in source["cells"] if c["cell_type"] == "markdown"]
    marked = re.findall(r"^#{2,3} .*\n+\*(Core|Deeper)\*$", "\n".join(texts), re.M)
    headings = [h for h in article(name).select("h2, h3") if h.select(".depth")]
    assert [h.select_one(".depth").get_text(strip=True) for h in headings] == marked
    for heading, depth in zip(headings, marked, strict=True):
        (entry,) = page(name).select(f".page-toc a[href='#{heading.parent['id']}']")
        assert depth in {"Core", "Deeper"} and entry.get_text().split()[-1] == depth


@each_without_problem
def test_readers_see_no_source(name):
    text = text_without(name, "pre, code, script, style, .formula, dt.sig")
    for what, pattern in NOT_FOR_READERS.items():
        for place in places(f"(?m:{pattern})", text):
            yield f"{what}: {place}"
    for tag in article(name).select(".system-message, .problematic, .katex-error"):
        yield f"not rendered: {tag.get_text(strip=True)[:80]}"


@each_without_problem
def test_no_punctuation_is_doubled(name):
    """A formula takes the comma after it along: that comma, and once."""
    text = text_without(name, "pre, .katex-mathml")
    yield from places(r"[,;:] ?[,;:]|(?<!\.)\.\.(?!\.)", text)


# Formulas


@each_without_problem
def test_labeled_formulas_have_numbers(name):
    source = next((ROOT / name).parent.glob(f"{Path(name).name}.*")).read_text("utf8")
    numbers = numbers_of_formulas(name)
    for label in re.findall(r"\$\$ \((eq-[\w-]+)\)", source):
        if f"equation-{label}" not in numbers:
            yield f"({label}) is no formula of the page"
    for label, number in numbers.items():
        if not re.fullmatch(NUMBER, number):
            yield f"{label} has the number {number!r}"
    if len(set(numbers.values())) < len(numbers):
        yield f"one number for two formulas: {sorted(numbers.values())}"


@each_without_problem
def test_citations_show_the_number_of_the_formula(name):
    for link in article(name).select("a[href*='#equation-']:not([id^='equation-'] *)"):
        path, anchor = target(SITE / f"{name}.html", link["href"])
        cited = short(path).removesuffix(".html")
        words, number = link.get_text(), numbers_of_formulas(cited).get(anchor)
        if not number or not words.endswith(number):
            yield f"the link {words!r} cites formula {number} of {cited}"
