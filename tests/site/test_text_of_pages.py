"""The pages that are no notebooks: their examples run, their numbers and pictures are computed."""

import doctest
import re

import numpy as np
import pytest
import welcome_picture
from built import PUBLIC, ROOT, as_locked

from dice import overlap, softmax
from dice.course.examples import LABELS, LOGITS

BOOK = ROOT / "book"


@pytest.mark.parametrize("page", ["welcome", "errata"])
def test_examples_on_the_page(page):
    blocks = re.findall(r"```python\n(.*?)```", (BOOK / f"{page}.md").read_text("utf8"), re.S)
    assert blocks
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, f"{page}.md", 0)
    assert doctest.DocTestRunner().run(test).failed == 0


@as_locked
def test_the_welcome_picture_is_what_the_script_draws():
    drawn = welcome_picture.picture()
    assert drawn == (BOOK / "_static" / "welcome.svg").read_text("utf8")


def test_the_welcome_page_tells_what_its_picture_shows():
    page, picture = (
        (BOOK / name).read_text("utf8") for name in ["welcome.md", "_static/welcome.svg"]
    )
    numbers = re.findall(r"(?:Dice|accuracy) \d\.\d\d", picture)
    assert len(numbers) == 6
    assert all(number in page for number in numbers)


def test_the_api_page_has_every_public_name():
    page = (BOOK / "api.md").read_text("utf8")
    documented = re.findall(r"^\.\. auto(?:function|class):: (\w+)", page, re.M)
    assert sorted(documented) == sorted(PUBLIC)
    assert set(re.findall(r"\(#dice\.(\w+)\)", page)) == set(PUBLIC)


def test_the_page_on_accessibility_names_tests_that_there_are():
    named = set(re.findall(r"`(test_\w+)`", (BOOK / "accessibility.md").read_text("utf8")))
    tests = "".join(file.read_text("utf8") for file in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 20
    assert named <= set(re.findall(r"^def (test_\w+)\(", tests, re.M))


def test_the_errata_list_every_wrong_number_and_no_other():
    """Each number of the worked example as the source notes print it, and unrounded."""
    p = softmax(LOGITS, class_axis=0)
    sums = overlap(p, LABELS, class_axis=0)
    macro = sums.dice(average="macro")
    numbers = {
        "2.71828 1.64872 4.71828 4.29744": [np.e, np.e**0.5, np.e + 2, 2 * np.e**0.5 + 1],
        "0.5761 0.2119 0.3838 0.2327": p[[0, 0, 0, 2], [0, 0, 1, 1], [0, 1, 1, 1]],
        "1.3837 1.3837 1.2326": sums.prediction,
        "0.5761 0.7880 0.2327": sums.intersection,
        "1.1522 1.5760 0.4654": 2 * sums.intersection,
        "2.3837 3.3837 2.2326": sums.prediction + sums.target,
        "0.4834 0.4657 0.2085": sums.dice(),
        "0.3859 0.6141": [macro, 1 - macro],
    }
    wrong = set()
    for line, values in numbers.items():
        for printed, exact in zip(line.split(), values, strict=True):
            right = f"{exact:.{len(printed) - 2}f}"
            if right != printed:
                wrong.add((printed, right, f"{exact:.6f}"))
    rows = re.findall(
        r"\| (\d\.\d{4}) \| \*\*(\d\.\d{4})\*\* \| (\d\.\d{6}) \|",
        (BOOK / "errata.md").read_text("utf8"),
    )
    assert len(rows) == len(wrong) == 7
    assert set(rows) == wrong


def test_every_work_that_is_cited_is_in_the_bibliography():
    bibliography = (BOOK / "references.bib").read_text("utf8").lower()
    texts = [path.read_text("utf8") for path in (ROOT / "notebooks").glob("*.ipynb")]
    texts += [path.read_text("utf8") for path in BOOK.glob("*.md")]
    texts += [path.read_text("utf8") for path in (ROOT / "dice").rglob("*.py")]
    address = r"doi\.org/(10\.[^)\s\"\\]+)|arxiv(?:\.org/abs/|:)(\d{4}\.\d{5})"
    works = {doi or arxiv for doi, arxiv in re.findall(address, "\n".join(texts).lower())}
    assert len(works) >= 15
    assert {work for work in works if work not in bibliography} == set()


def test_the_bibliography_shows_no_tex_commands():
    notes = re.findall(r"note = \{(.*)\},", (BOOK / "references.bib").read_text("utf8"))
    assert len(notes) >= 18
    assert not any("\\" in note for note in notes)
