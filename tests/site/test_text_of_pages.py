"""The pages that are no notebooks: their examples run, their numbers and pictures are computed."""

import doctest
import re

import numpy as np
import pytest
import welcome_picture
from built import PUBLIC, ROOT

from dice import overlap, softmax
from dice.course.examples import LABELS, LOGITS

BOOK = ROOT / "book"


@pytest.mark.parametrize("page", ["welcome", "errata"])
def test_examples_on_the_page(page):
    blocks = re.findall(r"```python\n(.*?)```", (BOOK / f"{page}.md").read_text("utf8"), re.S)
    assert blocks
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, f"{page}.md", 0)
    assert doctest.DocTestRunner().run(test).failed == 0


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


def source_numbers():
    """Each number of the worked example as the source notes print it, and unrounded."""
    e = np.e
    p = softmax(LOGITS, class_axis=0)
    sums = overlap(p, LABELS, class_axis=0)
    high, low, tie, rest = p[0, 0, 0], p[0, 0, 1], p[0, 1, 1], p[2, 1, 1]
    by_class = {
        "prediction": (("1.3837", "1.3837", "1.2326"), sums.prediction),
        "intersection": (("0.5761", "0.7880", "0.2327"), sums.intersection),
        "numerator": (("1.1522", "1.5760", "0.4654"), 2 * sums.intersection),
        "denominator": (("2.3837", "3.3837", "2.2326"), sums.prediction + sums.target),
        "dice": (("0.4834", "0.4657", "0.2085"), sums.dice()),
    }
    yield from [
        ("2.71828", e),
        ("1.64872", e**0.5),
        ("4.71828", e + 2),
        ("4.29744", 2 * e**0.5 + 1),
    ]
    yield from [("0.5761", high), ("0.2119", low), ("0.3838", tie), ("0.2327", rest)]
    for printed, exact in by_class.values():
        yield from zip(printed, exact, strict=True)
    macro = sums.dice(average="macro")
    yield from [("0.3859", macro), ("0.6141", 1 - macro)]


def test_the_errata_list_every_wrong_number_and_no_other():
    numbers = [
        (printed, exact, len(printed.partition(".")[2])) for printed, exact in source_numbers()
    ]
    wrong = {
        (printed, f"{exact:.{digits}f}", f"{exact:.6f}")
        for printed, exact, digits in numbers
        if f"{exact:.{digits}f}" != printed
    }
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
    cited = {
        work
        for text in texts
        for work in re.findall(
            r"doi\.org/(10\.[^)\s\"\\]+)|arxiv(?:\.org/abs/|:)(\d{4}\.\d{5})", text.lower()
        )
    }
    works = {doi or arxiv for doi, arxiv in cited}
    assert len(works) >= 15
    assert {work for work in works if work not in bibliography} == set()


def test_the_bibliography_shows_no_tex_commands():
    notes = re.findall(r"note = \{(.*)\},", (BOOK / "references.bib").read_text("utf8"))
    assert len(notes) >= 18
    assert not any("\\" in note for note in notes)
