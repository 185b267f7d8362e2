"""The built book, as the tests of the site read it."""

from collections.abc import Callable, Iterator
from functools import cache, wraps
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
PARTS = {part["caption"]: [c["file"] for c in part["chapters"]] for part in TOC["parts"]}
PAGES = [TOC["root"], *(page for pages in PARTS.values() for page in pages)]
CHAPTERS = [page for page in PAGES if page.startswith("notebooks/")]

each_page = pytest.mark.parametrize("name", PAGES)
each_chapter = pytest.mark.parametrize("name", CHAPTERS)


@cache
def parsed(file: Path) -> BeautifulSoup:
    if not file.is_file():
        pytest.fail(f"{file.relative_to(ROOT)} is not built: run `make book` first", pytrace=False)
    return BeautifulSoup(file.read_text("utf8"), "html5lib")


def page(name: str) -> BeautifulSoup:
    return parsed(SITE / f"{name}.html")


@cache
def article(name: str) -> Tag:
    """What the author wrote, without the theme around it."""
    return page(name).select_one("article")


def no_problem(check: Callable[..., Iterator[str]]) -> Callable[..., None]:
    """Make a test of a function that yields what is wrong: all of it is reported at once."""

    @wraps(check)
    def test(**arguments: object) -> None:
        where = "".join(f"{getattr(value, 'name', value)}: " for value in arguments.values())
        if problems := [where + problem for problem in check(**arguments)]:
            pytest.fail("\n".join(dict.fromkeys(problems)), pytrace=False)

    return test
