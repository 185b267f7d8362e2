"""The built book, as the tests of the site read it."""

from functools import cache
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup, Tag
from test_form import each

import dice

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
PARTS = {part["caption"]: [c["file"] for c in part["chapters"]] for part in TOC["parts"]}
PAGES = [TOC["root"], *(page for pages in PARTS.values() for page in pages)]
CHAPTERS = [page for page in PAGES if page.startswith("notebooks/")]

PUBLIC = sorted(name for name in vars(dice) if name[0] != "_" and callable(getattr(dice, name)))

each_page = pytest.mark.parametrize("name", PAGES)
each_chapter = pytest.mark.parametrize("name", CHAPTERS)
each_without_problem = each("name", PAGES)


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


def watched(page: object) -> list[str]:
    """What goes wrong on a page of the browser, from now on."""
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on(
        "console",
        lambda m: m.type in ("error", "warning") and problems.append(f"console: {m.text}"),
    )
    return problems
