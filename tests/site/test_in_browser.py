"""The built pages, opened as files in a real browser: `make pages` runs these.

Light, quiet, legible without scripts, on a phone, in both modes, by keyboard. The theme is the
same on all pages: `make pages` opens those that have all that a page can have, and
`make pages ALL=1` every one.
"""

import gzip
from itertools import product
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from built import SITE, axe

pytestmark = pytest.mark.book

PAGES = [
    page.relative_to(SITE).as_posix()
    for page in sorted(SITE.rglob("*.html"))
    if "_static" not in page.parts and 'http-equiv="refresh"' not in page.read_text("utf-8")
]
CHAPTER = "notebooks/03_soft_dice.html"
FOR_ALL = ["book/welcome.html", "book/api.html", "book/decision_guide.html", CHAPTER]
FOR_ALL += ["notebooks/12_gradients.html"]
OTHERS = [pytest.param(page, marks=pytest.mark.beyond) for page in PAGES if page not in FOR_ALL]
each_page = pytest.mark.parametrize("name", [*FOR_ALL, *OTHERS])
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE = 1280
HIGH = 900

# Thousands of spans and rows look alike, and axe looks at each: some of a kind are enough.
THIN = """() => {
  document.querySelectorAll('tr:nth-child(n + 6)').forEach(row => row.remove());
  const seen = new Set();
  for (const e of document.querySelectorAll('.katex, article :is(span, code)')) {
    const kind = [e, e.parentElement, e.parentElement?.parentElement].map(
      box => box?.tagName + box?.className).join();
    if (seen.has(kind)) e.replaceWith(e.textContent);
    seen.add(kind);
  }
}"""
# What holds more than it shows at its width: `scrolls` says whether the rest can be scrolled to.
WIDE_THINGS = """scrolls => [...document.querySelectorAll('main :not(.katex *)')].filter(e =>
  e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1 &&
  (scrolls ? ['auto', 'scroll'] : ['hidden', 'clip']).includes(getComputedStyle(e).overflowX) &&
  getComputedStyle(e).textOverflow !== 'ellipsis')"""  # which shows that there is more
UNNAMED_CELLS = """() => [...document.querySelectorAll('table.cards')].flatMap(table => {
  const heads = [...table.tHead.rows[0].cells].map(e => e.textContent);
  const shown = e => getComputedStyle(e, '::before').content;
  return [...table.tBodies[0].rows].flatMap(row => [...row.cells].filter((e, i) =>
    e.role !== 'cell' || e.dataset.label !== heads[i] || !shown(e).includes(heads[i])));
})"""
STOPS = """[...document.querySelectorAll(
  'a[href], button:not(:disabled), input, select, summary, [tabindex="0"]')].filter(e =>
  e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true}))"""
UNFOLD = "document.querySelectorAll('details').forEach(e => { e.open = true })"
SHORT = "e => e.outerHTML.slice(0, 100)"


def weight(addresses):
    """Bytes that a web host sends for these files: text compressed, the rest as it is."""
    total = 0
    for address in addresses:
        data = Path(path := unquote(urlsplit(address).path)).read_bytes()
        packed = path.endswith((".html", ".css", ".js", ".svg", ".json"))
        total += len(gzip.compress(data)) if packed else len(data)
    return total


@each_page
def test_a_page_is_light_and_quiet_and_asks_no_one_else(visit, name):
    page = visit(name)
    page.evaluate(UNFOLD)
    images = "[...document.images]"
    lazy = set(page.evaluate(f"{images}.filter(e => e.loading == 'lazy').map(e => e.src)"))
    page.evaluate(f"Promise.all({images}.map(e => {{ e.loading = 'eager'; return e.decode() }}))")
    page.evaluate("document.fonts.ready.then(() => true)")
    asked = {address for address in page.asked if not address.startswith("data:")}
    assert page.locator("html:is([data-theme=light], :not([data-theme]))").count()  # the theme runs
    assert lazy <= asked
    assert weight(asked - lazy) <= 250 * 1024
    assert weight(asked) <= 600 * 1024


@each_page
def test_without_scripts_a_page_is_legible_and_has_no_dead_control(visit, name):
    page = visit(name, color_scheme="dark", java_script_enabled=False)
    ink, paper = page.evaluate(
        "['color', 'backgroundColor'].map(key => getComputedStyle(document.body)[key]"
        ".match(/\\d+/g).slice(0, 3).reduce((sum, c) => sum + +c, 0) / 3)"
    )
    assert abs(paper - ink) > 150
    buttons = page.locator("button:visible, input:visible")
    menus = page.locator(".dropdown-download-buttons, .dropdown-launch-buttons").all()
    assert buttons.count() == len(menus), buttons.evaluate_all(f"es => es.map({SHORT})")
    for menu in menus:
        menu.locator("button").first.focus()
        links = menu.locator(".dropdown-menu").locator("a, button")
        assert all(
            link.is_visible() == (link.evaluate("e => e.tagName") == "A") for link in links.all()
        )
    for fold in page.locator("article details").all()[:2]:
        fold.locator("summary").first.click()
        assert fold.locator(":scope > :not(summary)").first.is_visible()
    page.set_viewport_size({"width": 390, "height": HIGH})
    assert page.get_by_role("link", name="Glossary").first.is_visible()


@each_page
def test_axe_finds_nothing(visit, name):
    page = visit(name, width=390, reduced_motion="reduce")
    page.evaluate(THIN)
    for width, scheme in product((390, WIDE), ("light", "dark")):
        page.set_viewport_size({"width": width, "height": HIGH})
        page.wait_for_timeout(400)  # the theme takes a while to mark again what can be scrolled
        page.emulate_media(color_scheme=scheme)
        page.wait_for_selector(f"html:is([data-theme={scheme}], :not([data-theme]))")
        slow = {"color-contrast": {"enabled": (width == 390) == (scheme == "light")}}
        assert axe(page, runOnly=RULES, rules=slow) == [], (width, scheme)


@each_page
def test_on_a_phone_only_wide_things_scroll_sideways(visit, name):
    page = visit(name, width=320)
    wide = f"({WIDE_THINGS})(true)"
    of_words = "div:has(> table):not(:has(th:first-child + .text-right))"
    table = f"{wide}.filter(e => e.matches('{of_words}')).map({SHORT})"
    assert not page.evaluate(table), "make cards of a table of words"
    assert not page.evaluate(f"({UNNAMED_CELLS})().map({SHORT})"), "a card names each cell"
    page.evaluate(UNFOLD)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.wait_for_timeout(400)  # the theme takes a while to mark what was unfolded
    inside = "a, button, input, [tabindex='0']"
    unreached = f"e => e.tabIndex < 0 && !e.querySelector(`{inside}`)"
    assert not page.evaluate(f"{wide}.filter({unreached}).map({SHORT})")
    assert not page.evaluate(f"({WIDE_THINGS})(false).map({SHORT})"), "cut off"
    page.set_viewport_size({"width": 360, "height": HIGH})
    texts = "e => e.matches('.equation > .formula') && !e.closest('.cell_output')"
    assert not page.evaluate(f"{wide}.filter({texts}).map({SHORT})"), "break it"


@each_page
def test_where_there_is_room_no_line_of_code_scrolls(visit, name):
    page = visit(name)
    page.evaluate(UNFOLD)
    for width in (768, WIDE):  # between the widths at which the sidebars come
        page.set_viewport_size({"width": width, "height": HIGH})
        # the package's own lines, which a chapter prints, are longer
        code = "e => e.matches('article pre') && !e.closest('.cell_output .highlight-python')"
        assert not page.evaluate(f"({WIDE_THINGS})(true).filter({code}).map({SHORT})"), width


@each_page
@pytest.mark.parametrize("width", [390, 1280])
def test_every_control_shows_its_focus_and_for_less_motion_nothing_moves(visit, name, width):
    page = visit(name, width=width, reduced_motion="reduce")
    moving = """e => {
      const s = getComputedStyle(e);
      return s.animationName !== 'none' || s.scrollBehavior === 'smooth'
        || s.transitionDuration.split(', ').some(time => parseFloat(time) > 0);
    }"""
    unseen = """e => {
      e.focus({focusVisible: true});
      const s = getComputedStyle(e);
      return document.activeElement !== e || s.outlineStyle === 'none'
        || parseFloat(s.outlineWidth) < 2;
    }"""
    every = "[...document.querySelectorAll('*')]"
    assert not page.evaluate(f"{every}.filter({moving}).map({SHORT})")
    assert not page.evaluate(f"{STOPS}.filter({unseen}).map({SHORT})")
    assert not page.locator("[tabindex]:not([tabindex='0'], [tabindex='-1'])").count()


# By keyboard alone, once: these parts are the same on every page


def test_tab_visits_every_control_once_in_order(visit):
    page = visit(CHAPTER)
    page.locator(".explorable").scroll_into_view_if_needed()
    page.wait_for_selector(".explorable[data-started]")
    page.evaluate("document.body.tabIndex = -1; document.body.focus(); scrollTo(0, 0)")
    stops = page.evaluate(f"{STOPS}.filter(e => !e.matches('[type=radio]:not(:checked)')).length")
    page.evaluate("document.addEventListener('focusin', e => { e.target.seen = 1 })")
    for _ in range(stops + 30):
        page.keyboard.press("Tab")
    unseen = "e => !e.seen && !e.matches('[type=radio]')"
    missed = page.evaluate(f"{STOPS}.filter({unseen}).map({SHORT})")
    assert stops > 50 and not missed


def test_dialogs_and_menus_open_and_close_by_keyboard(visit):
    page = visit(CHAPTER, width=390)
    press = page.keyboard.press
    press("Control+k")
    search = page.locator("#pst-search-dialog")
    assert search.locator("input").evaluate("e => e === document.activeElement")
    press("Escape")
    assert not search.is_visible()
    opened = {".dropdown-download-buttons button": ".dropdown-download-buttons .dropdown-menu"}
    opened |= {f".{s}-toggle": f"#pst-{s}-sidebar-modal" for s in ("primary", "secondary")}
    for opener, part in opened.items():
        link = page.locator(part).locator("a").first
        assert not link.is_visible()
        page.locator(opener).first.focus()
        press("Enter")
        link.wait_for()
        press("ArrowDown")  # to the first of a menu
        assert "menu" not in part or link.evaluate("e => e === document.activeElement")
        press("Escape")
        link.wait_for(state="hidden")
    page.locator(".theme-switch-button").focus()
    press("Enter")
    assert page.evaluate("document.documentElement.dataset.mode") != "auto"
