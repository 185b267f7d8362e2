"""Cells run in the page and give there what is printed, in a real browser: `make live pages`.

A book that was made without `make live` has no control to test.
"""

import re
from unittest.mock import ANY

import firefox
import live_cells
import pytest
from built import CHAPTERS, SITE, axe

pytestmark = [
    pytest.mark.book,
    pytest.mark.skipif(not (live_cells.LIVE / "sizes.json").exists(), reason="wants make live"),
]
PAGES = [*CHAPTERS, "notebooks/wrong_number", "notebooks/build_it_yourself"]
DIFFER = {"24053184"}  # a cell that gives something else: four charts in a grid, set otherwise
FOR_ALL = "notebooks/02_dice_coefficient", "notebooks/12_gradients"
TOLD = live_cells.LIVE / "told"
HIGHER = 10  # pixels of up to 800: text is measured otherwise by another version of Matplotlib
DIFFERENT = 0.02  # a figure's pixels on average, at a quarter of its size; 1 is black from white
RENDER = """async svgs => {
  const [one, two] = await Promise.all(svgs.map(async svg => {
    const image = new Image();
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
    await image.decode();
    return image;
  }));
  const [wide, high] = [Math.round(one.width / 4), Math.round(one.height / 4)];
  const [a, b] = [one, two].map(image => {
    const canvas = new OffscreenCanvas(wide, high).getContext("2d");
    canvas.imageSmoothingQuality = "high";
    canvas.drawImage(image, 0, 0, wide, high);
    return canvas.getImageData(0, 0, wide, high).data;
  });
  const apart = a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / 255 / a.length;
  return [[one.width, one.height], [two.width, two.height], apart];
}"""


def beyond(name):
    return () if name in FOR_ALL else pytest.mark.beyond


def agree(page):
    page.locator(".live-ask").get_by_role("button", name="Run").click()


def wait(page, words):
    page.locator(".live-words", has_text=re.compile(words)).wait_for(timeout=400_000)


def printed(cell):
    """What a cell has printed and shown, as it is stored: text, and figures apart."""
    text, figures = [], []
    for output in cell["outputs"]:
        data = {kind: "".join(parts) for kind, parts in output.get("data", {}).items()}
        if output["output_type"] == "stream":
            text.insert(0, "".join(output["text"]))
        elif "image/svg+xml" in data:
            figures.append(data["image/svg+xml"])
        else:
            text.append(data)
    return text, figures


def ran(result):
    figures = [mimes for mimes in result["shown"] if "image/svg+xml" in mimes]
    text = [mimes for mimes in result["shown"] if mimes not in figures]
    return [result["printed"]] * bool(result["printed"]) + text, [
        mimes["image/svg+xml"] for mimes in figures
    ]


def difference(page, stored, result):
    """How a result differs from what is printed, in a few words; nothing where it does not."""
    if result["error"]:
        return result["error"]
    (text, figures), (now, drawn) = printed(stored), ran(result)
    if text != now:
        return f"{text} is {now}"
    if len(figures) != len(drawn):
        return f"{len(drawn)} figures, not {len(figures)}"
    for pair in zip(figures, drawn, strict=True):
        size, other, apart = page.evaluate(RENDER, pair)
        if size[0] != other[0] or abs(size[1] - other[1]) > HIGHER or apart > DIFFERENT:
            return f"figure {size} is {other}, {apart:.3f} apart"
    return ""


@pytest.mark.parametrize("name", PAGES)
def test_a_chapter_gives_in_the_page_what_is_printed(visit, address, name):
    page = visit(f"{address}{name}.html")
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
    assert not any("/live/" in url for url in page.asked)  # before the press
    page.locator(".live-run").first.click()
    agree(page)
    wait(page, "^Cell 1 ran|failed|memory for")
    page.get_by_role("button", name="Run all").click()
    wait(page, "cells ran|failed|memory for")
    results = page.evaluate("diceLive.results")
    cells = live_cells.code_cells(name)
    reasons = live_cells.not_run(cells)
    optional = [i for i, reason in reasons.items() if reason == "it is optional"]
    assert len(results) == len(cells) - len(reasons)
    assert all(url.startswith(("blob:", "data:", address)) for url in page.asked)
    slow = {cells[int(i)]["id"]: r["seconds"] for i, r in results.items() if r["seconds"] > 5}
    lacks = {i: why for i, why in reasons.items() if i not in optional}
    lines = [f"    {cells[i]['id']}: needs {why}" for i, why in lacks.items()]
    told = {cells[int(i)]["id"]: difference(page, cells[int(i)], r) for i, r in results.items()}
    apart = {cell: what for cell, what in told.items() if what}
    lines += [f"    {cell}: {what}" for cell, what in apart.items()]
    same, whole = len(told) - len(apart), len(cells) - len(optional)
    lines.insert(0, f"{name}: {same} of {whole} cells give in the page what is printed")
    TOLD.mkdir(exist_ok=True)
    (TOLD / f"{name.rpartition('/')[2]}.txt").write_text("\n".join(lines) + "\n", "utf8")
    print("\n".join(lines), slow)
    assert set(apart) == DIFFER & set(told), lines
    assert lacks or same >= 0.9 * whole


IN_FIREFOX = """
  const until = async test => {
    while (!test()) await new Promise(done => setTimeout(done, 100));
    return test();
  };
  const said = words => until(() => words.test(document.querySelector('.live-words')?.textContent));
  document.querySelector('.live-run').click();
  (await until(() => document.querySelector('.live-ask button'))).click();
  await said(/^Cell 1 ran|failed|not enough/);
  document.querySelector('.live-panel button').click();
  await said(/cells ran|failed|not enough/);
  return diceLive.results;
"""


@pytest.mark.skipif(firefox.PROGRAM is None, reason="Firefox is not installed")
@pytest.mark.parametrize("name", [pytest.param(name, marks=beyond(name)) for name in PAGES])
def test_in_firefox_too(address, name):
    """Text strictly; figures are drawn."""
    cells = live_cells.code_cells(name)
    with firefox.page() as page:
        page.goto(f"{address}{name}.html")
        results = page.evaluate(IN_FIREFOX)
    assert len(results) == len(cells) - len(live_cells.not_run(cells))
    for i, result in results.items():
        (text, figures), (now, drawn) = printed(cells[int(i)]), ran(result)
        assert (now, len(drawn), result["error"]) == (text, len(figures), None), cells[int(i)]["id"]


CHAPTER = "notebooks/02_dice_coefficient.html"
SCORE = 2  # the number of its first cell that computes


def start(page, cell=SCORE):
    page.get_by_role("button", name=f"Run cell {cell + 1}", exact=True).press("Enter")
    dialog = page.get_by_role("dialog", name="Run Python in this page?")
    assert re.search(r"takes \d+ MB .* about \d+ MB of memory", dialog.text_content())
    page.keyboard.press("Enter")  # the focus is on Run


def test_from_a_file_by_keyboard_a_cell_runs_is_edited_and_set_back(visit):
    page = visit(CHAPTER)
    start(page)
    wait(page, r"^Cell 3 ran: 0\.8")
    assert page.get_by_role("button", name="Stop").count() == 0  # nothing could be stopped
    cell = page.locator("article .cell_input").nth(SCORE).locator("..")
    page.get_by_role("button", name="Edit cell 3", exact=True).press("Enter")
    page.keyboard.press("Control+End")
    page.keyboard.type("\nprint('and', 1 - score)")
    page.keyboard.press("Shift+Enter")
    wait(page, "^Cell 3 ran: and 0.19")
    assert "and 0.19" in cell.text_content()
    page.keyboard.type("\nsurely(wrong)")
    page.keyboard.press("Shift+Enter")
    wait(page, "^Cell 3 stopped: NameError: name 'surely' is not defined")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_selector(f"html[data-theme={scheme}]")
        for part in (".live-panel", ".cell:has(.live-text)"):
            assert axe(page, part) == [], scheme
    page.locator(".live-words[role=status][aria-live=polite]").wait_for()
    page.reload()
    page.get_by_role("button", name="Run cell 3", exact=True).press("Enter")  # nobody asks again
    wait(page, "^Cell 3 stopped: NameError: name 'surely'")  # what was typed is there
    page.once("dialog", lambda dialog: dialog.accept())  # what was written goes
    page.get_by_role("button", name="Reset").press("Enter")
    wait(page, "as it was printed")
    assert cell.locator(".cell_output:visible").text_content().strip() == "0.8"
    assert page.evaluate("diceLive.run('1 + 1')") == {"text": "2", "html": ANY, "error": None}
    assert "score" in page.evaluate("diceLive.run('score')")["error"]
    last = "{before: document.querySelector('.bd-footer')}"
    assert page.evaluate(f"diceLive.run('score', {last})")["text"] == "0.8"


def test_stop_ends_a_cell_and_says_that_variables_are_lost(visit, address):
    page = visit(f"{address}{CHAPTER}", width=360)
    start(page)
    wait(page, r"^Cell 3 ran: 0\.8")
    page.evaluate("void diceLive.run('while True: pass')")
    page.get_by_role("button", name="Stop").click()
    wait(page, "All variables are lost")
    page.get_by_role("button", name="Run cell 4", exact=True).click()
    wait(page, r"^Cell 4 ran: 2\*I/")
    assert page.locator(".live-output .katex").count()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_where_memory_fails_a_sentence_says_so_and_the_printed_output_stays(visit):
    page = visit("404.html")
    none = "constructor() { throw new RangeError('memory') }"
    page.add_init_script(f"WebAssembly.Memory = class {{ {none} }}")
    page.goto((SITE / CHAPTER).as_uri())
    start(page)
    wait(page, "not enough memory")
    assert page.locator(".cell_output:visible").count() > 20
