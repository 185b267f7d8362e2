"""The built book, as the tests of the site read it."""

import re
from functools import cache
from pathlib import Path

import matplotlib
import pytest
import yaml
from bs4 import BeautifulSoup, Tag
from test_form import each

import dice

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
PARTS = {part["caption"]: [c["file"] for c in part["chapters"]] for part in TOC["parts"]}
PAGES = [TOC["root"], *(page for pages in PARTS.values() for page in pages)]
CHAPTERS = [page for page in PAGES if re.match(r"notebooks/\d", page)]  # they have numbers

PUBLIC = sorted(name for name in vars(dice) if name[0] != "_" and callable(getattr(dice, name)))

each_page = pytest.mark.parametrize("name", PAGES)
each_chapter = pytest.mark.parametrize("name", CHAPTERS)
each_without_problem = each("name", PAGES)
LOCKED = re.findall(r"^matplotlib==(\S+)", (ROOT / "constraints.txt").read_text("utf8"), re.M)
as_locked = pytest.mark.skipif(
    matplotlib.__version__ not in LOCKED, reason="another Matplotlib draws text otherwise"
)


@cache
def parsed(file: Path) -> BeautifulSoup:
    if not file.is_file():
        pytest.fail(f"{file.relative_to(ROOT)} is not built: run `make book` first", pytrace=False)
    return BeautifulSoup(file.read_text("utf8"), "html.parser")


def page(name: str) -> BeautifulSoup:
    return parsed(SITE / f"{name}.html")


@cache
def article(name: str) -> Tag:
    """What the author wrote, without the theme around it."""
    return page(name).select_one("article")


def axe(page: object, part: str = "html", **options: object) -> list[tuple[str, list[str]]]:
    """What axe-core finds on a page of the browser, or in a part of it."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is needed")
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text("utf8"))
    options["preload"] = False
    found = page.evaluate("([part, options]) => axe.run(part, options)", [part, options])
    return [(v["id"], [n["html"][:150] for n in v["nodes"][:3]]) for v in found["violations"]]
