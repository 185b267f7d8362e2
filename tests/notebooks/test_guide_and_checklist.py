"""The decision guide and the reporting checklist: each line is shown by a cell, or cited."""

import importlib.metadata
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import ndimage, stats
from test_form import NOTEBOOKS, ROOT, outputs_text

import dice
from dice.course.report import report

SITE = ROOT / "_build" / "html"
PAGES = ["decision_guide", "reporting_checklist"]
LINK = r"\[([^\]]+)\]\((?:\.\./notebooks/)?(\w+)\.ipynb#([\w-]+)\)"
SOURCE = r"https://(?:doi\.org|arxiv\.org/abs)/"

each_page = pytest.mark.parametrize("name", PAGES)


def lines(name):
    """The entries of a page: what a term or a box says, without its mark."""
    text = (ROOT / "book" / f"{name}.md").read_text("utf8")
    return re.findall(r"^(?::|-) (.+?)\\?$", text, re.M)


def texts():
    """All Markdown of the course, by file."""
    pages = [*(ROOT / "book").glob("*.md"), ROOT / "CONTRIBUTING.md"]
    return [page.read_text("utf8") for page in pages] + [
        cell.source for notebook in NOTEBOOKS for cell in notebook.text
    ]


CELLS = {
    (notebook.stem, cell.metadata["name"]): cell
    for notebook in NOTEBOOKS
    for cell in notebook.cells
    if "name" in cell.metadata
}


def shown(cell):
    """What a reader of a cell sees: its code and its text outputs."""
    return cell.source + outputs_text(cell)


@each_page
def test_every_line_is_shown_by_a_cell_or_cited(name):
    assert len(lines(name)) >= 20
    for line in lines(name):
        assert re.search(LINK, line) or re.search(SOURCE, line), line


def test_names_of_cells_are_plain_and_unique_and_serve_a_link():
    linked = {link[1:] for text in texts() for link in re.findall(LINK, text)}
    for (notebook, name), cell in CELLS.items():
        assert cell.cell_type == "code"
        assert re.fullmatch(r"cell-[a-z0-9-]+", name)
        assert (notebook, name) in linked, f"{notebook}: nothing links to {name}; drop the name"
    assert len({name for _, name in CELLS}) == len(CELLS)


@each_page
def test_numbers_in_the_words_of_a_link_stand_in_its_cell(name):
    found = 0
    for words, notebook, cell in re.findall(LINK, "\n".join(lines(name))):
        for number in re.findall(r"\d*\.\d+|\d{2,}", words):
            found += 1
            text = shown(CELLS[notebook, cell])
            assert number.lstrip("0") in text, f"[{words}]: {number} is not in the cell {cell}"
    assert found


def test_every_line_of_the_guide_has_a_line_of_code_that_runs():
    text = (ROOT / "book" / "decision_guide.md").read_text("utf8")
    codes = re.findall(r"^: .+\\\n  `(.+)`$", text, re.M)
    assert len(codes) == len(lines("decision_guide"))
    masks = np.arange(24).reshape(4, 6) % 3 == 0, np.arange(24).reshape(4, 6) % 2 == 0
    sizes = np.array([2.0, 3, 5, 8])
    names = {name: getattr(dice, name) for name in dir(dice)} | {
        "np": np, "plt": plt, "ndimage": ndimage, "stats": stats, "importlib": importlib,
        "prediction": masks[0], "target": masks[1], "slices": [masks], "batches": [masks],
        "p": np.linspace(0, 1, 24).reshape(4, 6), "z": np.linspace(-3, 3, 24).reshape(4, 6),
        "soft_target": np.full((4, 6), 0.5), "thresholds": (0.4, 0.5), "spacing": (2, 0.5),
        "prediction_ids": ndimage.label(masks[0])[0], "target_ids": ndimage.label(masks[1])[0],
        "class_map": 1 * masks[0], "target_map": 2 * masks[1], "share": 0.01, "threshold": 0.5,
        "same_mask_for_all": masks[0], "patient": sizes, "report": report,
        "cases": [{"patient": 1, "dice": 0.5, "hd95": 3}],
        "sizes": sizes, "scores": sizes, "distances": sizes, "one": sizes, "two": sizes**2,
    }  # fmt: skip
    for code in codes:
        exec(code, dict(names))
    plt.close("all")


@pytest.mark.book
@pytest.mark.parametrize("paper", ["A4", "Letter"])
@each_page
def test_page_fits_on_one_sheet_of_paper(browser, name, paper):
    page = browser.new_page()
    page.goto((SITE / "book" / f"{name}.html").as_uri())
    margin = dict.fromkeys(("top", "right", "bottom", "left"), "12mm")
    printed = page.pdf(format=paper, margin=margin)
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
