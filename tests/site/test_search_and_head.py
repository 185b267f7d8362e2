"""Being found and finding: links to terms and functions, search, progress, heads of pages, 404.

The built pages are read as files, and the search and the 404 page are tried in a real browser.
"""

import re
from io import BytesIO

import built
import matplotlib.style
import numpy as np
import pytest
import site_pictures
import term_links
from bs4 import BeautifulSoup
from built import CHAPTERS, PAGES, PARTS, ROOT, SITE, TOC, article, each_chapter, each_page, page
from matplotlib.image import imread

STATIC = ROOT / "book" / "_static"
BASE = built.CONFIG["html"].get("baseurl", "")  # the address of the book, once it has one
BASE = BASE and BASE.rstrip("/") + "/"

book = pytest.mark.book


def words(tag):
    return " ".join(tag.get_text().split())


# Terms and functions


@pytest.mark.parametrize(
    ("name", "found", "not_found"),
    [
        ("mask", ["mask", "masks", "Mask"], ["unmasked", "maskless"]),
        ("class", ["class", "classes"], ["classic"]),
        ("logits", ["logit", "logits"], ["logistic"]),
        ("soft Dice", ["soft Dice", "Soft\nDice"], ["soft dice"]),
        ("TP", ["TP", "TPs"], ["tp", "HTTP"]),
    ],
)
def test_a_term_is_found_as_a_whole_word_in_its_forms(name, found, not_found):
    expression = re.compile(rf"\b{term_links.pattern(name)}\b")
    assert [text for text in found if not expression.fullmatch(text)] == []
    assert [text for text in not_found if expression.search(text)] == []


def entries():
    """The glossary: for each entry the names that a chapter may link, by their anchors."""
    names = {}
    for tag in article("book/glossary").select("dt, dd"):
        if tag.name == "dt":
            names[tag["id"]] = words(tag).removesuffix("#")
        else:
            yield names
            names = {}


def plain(name):
    """What a reader reads in a line, with each link to the glossary as ⟦anchor⟧."""
    text = BeautifulSoup(str(article(name)), "html.parser")
    for link in text.select("a.glossary-term"):
        link.replace_with(f"⟦{link['href'].partition('#')[2]}⟧")
    left_out = "h1, h2, h3, h4, a, code, pre, thead, details, .cell, .formula, .explorable"
    for part in text.select(f"{left_out}, .course-progress, .figure-caption > strong:first-child"):
        part.replace_with(" ¦ ")
    return " ".join(text.get_text().split())


@book
@each_chapter
def test_terms_are_linked_at_their_first_use_and_only_there(name):
    text = re.sub(term_links.OTHER_SENSE, "¦", plain(name))
    problems = []
    names = [(n, set(entry)) for entry in entries() for n in entry.values()]
    for term, anchors in sorted(names, key=lambda pair: -len(pair[0])):
        if term in term_links.EVERYDAY:
            continue
        use = re.compile(rf"(?<![\w⟦-]){term_links.pattern(term)}(?![\w⟧-])")
        links = re.findall("|".join(f"⟦{anchor}⟧" for anchor in anchors), text)
        first = use.search(text)
        if len(links) > 1:
            problems.append(f"{term}: {len(links)} links")
        elif first and not links and not re.search(r"⟧[\s-]*$", text[: first.start()]):
            problems.append(f"{term}: used, not linked: …{text[first.start() - 30 : first.end()]}")
        elif first and links and first.start() < text.index(links[0]):
            problems.append(f"{term}: used before its link")
        text = use.sub("¦", text)
    assert problems == []


@book
@each_chapter
def test_links_to_terms_stand_in_running_text_and_are_few(name):
    names = {anchor: name for entry in entries() for anchor, name in entry.items()}
    links = article(name).select("a.glossary-term")
    for link in links:
        term = names[link["href"].removeprefix("../book/glossary.html#")]
        assert re.fullmatch(term_links.pattern(term), link.get_text())
        around = {tag.name for tag in link.parents}
        assert not around & {"h1", "h2", "h3", "h4", "a", "pre", "code", "th", "summary", "details"}
    assert 5 <= len(links) <= 40
    paragraphs = [link.find_parent(["p", "li"]) for link in links]
    assert max(map(paragraphs.count, paragraphs)) <= 5


@book
@each_chapter
def test_every_function_that_a_chapter_names_leads_to_its_entry(name):
    entry = {tag["id"] for tag in article("book/api").select("dt[id]")}
    texts = article(name).select("code.literal")
    named = [code for code in texts if code.get_text().partition("(")[0] in built.PUBLIC]
    assert [code for code in named if not code.find_parent(["a", "h2", "h3", "h4"])] == []
    code = "\n".join(cell.get_text() for cell in article(name).select(".cell_input pre"))
    imported = re.findall(r"\w+", " ".join(re.findall(r"from dice import (\([^)]*\)|.*)", code)))
    links = article(name).select("a.api-link")
    assert {*imported} & {*built.PUBLIC} <= {link.get_text() for link in links}
    assert all(link["href"].partition("#")[2] in entry for link in links)


# Progress


@book
@each_page
def test_a_page_says_where_it_stands(name):
    crumbs = [words(tag) for tag in page(name).select(".bd-breadcrumbs li")]
    progress = article(name).select(".course-progress")
    if name == TOC["root"]:
        assert not crumbs and not progress
        return
    (part,) = (caption for caption, pages in PARTS.items() if name in pages)
    assert crumbs == ["", part, words(page(name).select_one("article h1")).removesuffix("#")]
    if name in CHAPTERS:
        (line,) = progress
        number, last = CHAPTERS.index(name), len(CHAPTERS) - 1
        assert words(line) == f"Chapter {number} of {last}"
        assert f"{number / last:.0%}" in line.select_one(".bar")["style"]


@book
def test_the_sidebar_shows_the_open_page_wherever_it_was_before(visit):
    tab = visit(f"{CHAPTERS[0]}.html")
    tab.set_viewport_size({"width": 1280, "height": 500})
    for name in (CHAPTERS[0], PAGES[-1], CHAPTERS[0]):
        tab.goto((SITE / f"{name}.html").as_uri())
        seen = """() => {
            const bar = document.querySelector(".bd-sidebar-primary");
            const [frame, link] = [bar, bar.querySelector(".active > a")].map(
                (part) => part.getBoundingClientRect());
            return frame.top <= link.top && link.bottom <= Math.min(frame.bottom, innerHeight);
        }"""
        tab.wait_for_function(seen, timeout=5000)


# Heads


@book
@pytest.mark.parametrize("name", [*PAGES, "index", "search", "genindex"])
def test_the_head_describes_the_page(name):
    head = page(name).head
    (description,) = (tag["content"] for tag in head.select("meta[name=description]"))
    about = {tag["property"]: tag["content"] for tag in head.select("meta[property]")}
    assert 40 <= len(description) <= 170
    assert not re.search(r"[\\$`*_]", description)
    assert about["og:description"] == description
    assert about["og:title"] in head.title.get_text()
    here = (SITE / f"{name}.html").parent
    if BASE:
        assert about["og:image"] == f"{BASE}_static/social-card.png"
        assert about["og:url"] == (BASE if name == "index" else f"{BASE}{name}.html")
    else:
        assert (here / about["og:image"]).resolve() == SITE / "_static" / "social-card.png"
    icons = [here / link["href"] for link in head.select("link[rel~=icon], link[rel$=-icon]")]
    assert [icon.name for icon in icons] == ["favicon.png", "favicon.svg", "touch-icon.png"]
    assert all(icon.is_file() for icon in icons)
    if name in CHAPTERS:
        beginning = description.rstrip(" …")
        assert words(article(name).find("h1").find_next("p")).startswith(beginning)


@book
def test_pages_and_sitemap_name_the_addresses_once_the_book_has_one():
    links = [page(name).head.select("link[rel=canonical]") for name in PAGES]
    file = SITE / "sitemap.xml"
    listed = re.findall("<loc>(.*?)</loc>", file.read_text("utf8")) if file.exists() else []
    addresses = [f"{BASE}{name}.html" for name in PAGES] if BASE else []
    assert [link["href"] for found in links for link in found] == addresses
    assert sorted(listed) == sorted(addresses)


@book
def test_no_two_pages_describe_themselves_alike():
    heads = [page(name).select_one("meta[name=description]") for name in PAGES]
    assert len({head["content"] for head in heads}) == len(PAGES)


def test_the_icon_is_what_the_script_draws():
    assert site_pictures.icon_svg() == (STATIC / "favicon.svg").read_text("utf8")


@built.as_locked
@pytest.mark.parametrize("name", ["favicon.png", "touch-icon.png", "social-card.png"])
@matplotlib.style.context("default")
def test_the_pictures_are_what_the_script_draws(name):
    drawn = BytesIO()
    site_pictures.PICTURES[name]().savefig(drawn)
    drawn.seek(0)
    new, stored = imread(drawn, format="png"), imread(STATIC / name)
    assert new.shape == stored.shape
    assert np.abs(new - stored).mean() < 0.001  # another version may draw an edge otherwise


# Search and 404, in a browser


@pytest.fixture
def results(visit, address):
    """Search, and give address, title and excerpt of each result."""

    def search(query, site=address):
        tab = visit(f"{site}search.html?q={query}")
        tab.wait_for_function(
            """() => {
                if (!document.querySelector(".search-summary")?.textContent) return false;
                const items = [...document.querySelectorAll("ul.search > li")];
                const whole = (li) => li.querySelector("p.context, span") !== null;
                return location.protocol === "file:" || items.every(whole);
            }"""
        )
        return tab.eval_on_selector_all(
            "ul.search > li",
            """items => items.map(li => {
                const [link, excerpt] = [li.querySelector("a"), li.querySelector("p.context")];
                return [link.getAttribute("href"), link.textContent, excerpt?.textContent ?? ""];
            })""",
        )

    return search


TERMS = {
    "iou": ("term-IoU", "Glossary: IoU", "The intersection over the union, J = "),
    "Dice coefficient": ("term-Dice-coefficient", "Glossary: Dice coefficient", "Twice the"),
    "tversky index": ("term-Tversky-index", "Glossary: Tversky index", "I/(I + a (P − I) + b"),
    "one-hot encoding": ("term-one-hot-encoding", "Glossary: one-hot encoding", "One mask per"),
}


@book
@pytest.mark.parametrize("query", TERMS)
def test_the_search_finds_a_term_first_and_shows_no_tex(results, query):
    anchor, title, beginning = TERMS[query]
    found = results(query)
    assert len(found) >= 3
    assert found[0][:2] == [f"book/glossary.html#{anchor}", title]
    assert found[0][2].startswith(beginning)
    excerpts = [excerpt for _, _, excerpt in found]
    assert [excerpt for excerpt in excerpts if re.search(r"[\\$⁡]", excerpt)] == []
    assert max(map(len, excerpts)) <= 250


ASKED = (ROOT / "tests" / "readings" / "questions.md").read_text("utf8")
ASKED = re.findall(r"^\| ([^|]+) \| (?:<https://\S+> \| )?(\S+\.html#[^|]+) \|$", ASKED, re.M)


@book
def test_the_search_finds_what_people_ask_among_its_first_five_results(visit, address):
    tab = visit(f"{address}search.html?q=dice")
    tab.wait_for_function("Search.hasIndex()")
    five = "asked => Search._performSearch(...Search._parseQuery(asked)).slice(-5)"
    found = {q: [f"{page}.html{at}" for page, _, at, *_ in tab.evaluate(five, q)] for q, _ in ASKED}
    assert len(ASKED) == 45 + 16
    assert {q: found[q] for q, places in ASKED if not {*places.split()} & {*found[q]}} == {}


@book
def test_a_result_leads_to_its_section_however_quickly_the_page_comes(visit, address):
    tab = visit(query := f"{address}search.html?q=report+macro")
    for _ in range(2):  # the second time from the browser's store
        tab.goto(query)
        tab.wait_for_selector("ul.search li a")
        tab.click("ul.search li a[href*='decision_guide.html#']")
        tab.wait_for_load_state()
        tab.wait_for_timeout(200)
        top = tab.evaluate("document.querySelector(location.hash).getBoundingClientRect().top")
        assert tab.evaluate("scrollY") > 0 and 0 <= top < 150


@book
def test_the_search_marks_whole_words(visit, address):
    tab = visit(f"{address}search.html?q=two+empty+masks")
    tab.wait_for_selector("p.context mark")
    marked = """marks => marks.map(mark =>
        [mark, mark.previousSibling, mark.nextSibling].map(node => node?.textContent ?? ""))"""
    for word, before, after in tab.eval_on_selector_all("p.context mark", marked):
        assert word.lower() in {"two", "empty", "emptied", "mask", "masks", "masking"}
        assert not re.search(r"\w$", before) and not re.match(r"\w", after)
    tab.click("ul.search a")  # nor does the page mark parts of words
    tab.wait_for_load_state()
    assert tab.locator("article h1").count() == 1
    assert tab.locator(".highlighted").count() == 0


@book
def test_the_search_finds_chapters_and_functions_too_and_knows_no_tex(results):
    assert ["notebooks/03_soft_dice.html", "3. Soft Dice"] in [r[:2] for r in results("soft dice")]
    titles = [title for _, title, _ in results("two empty masks")]
    assert any(title.startswith("Two empty masks 5. ") for title in titles)
    assert results("dice_loss_gradient")[0][0] == "book/api.html#dice.dice_loss_gradient"
    assert results("lvert") == results("cdot") == []  # they begin no English word


@book
def test_the_search_works_in_pages_opened_as_files(results):
    found = results("iou", f"{SITE.as_uri()}/")
    assert found[0][:2] == ["book/glossary.html#term-IoU", "Glossary: IoU"]


@book
@pytest.mark.parametrize("missing", ["gone.html", "notebooks/gone.html", "a/b/c/d.html", "x/"])
def test_a_missing_page_leads_back_wherever_it_is(browser, address, missing):
    home = BASE or address
    tab = browser.new_page()
    tab.route(f"{home}search.html?*", lambda route: route.fulfill(body="the search"))
    assert tab.goto(address + missing).status == 404
    tab.wait_for_selector("base", state="attached")
    assert tab.inner_text("h1") == "There is no page at this address"
    links = tab.eval_on_selector_all("a", "links => links.map(a => a.href)")
    assert links == [f"{home}{name}.html" for name in PAGES]
    tab.fill("input", "iou")
    tab.click("button")
    tab.wait_for_url(f"{home}search.html?q=iou")
    tab.close()


@book
def test_the_missing_page_needs_no_other_file():
    html = BeautifulSoup((SITE / "404.html").read_text("utf8"), "html.parser")
    assert html.select("img, script[src], link[rel=stylesheet]") == []
    assert [tag["href"] for tag in html.select("base")] == ([BASE] if BASE else [])
