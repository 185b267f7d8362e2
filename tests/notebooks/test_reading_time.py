"""The roads through the course: each section is marked, and the minutes are what is counted."""

import re
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import reading_time  # noqa: E402

BOOK = reading_time.book()
CHAPTERS = [path for paths in BOOK.values() for path in paths]
PART_I = next(paths for part, paths in BOOK.items() if part.startswith("Part I."))
TIME = re.compile(
    r"\*\*Time\*\*: (\d+) minutes(?: for the core, (\d+) for all of it)?, without the exercises\.\Z"
)

each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=[path.stem for path in CHAPTERS])


def near(said: str, counted: int) -> bool:
    """Tell whether minutes are within a fifth of those counted, or a minute."""
    return abs(int(said) - counted) <= max(1, counted / 5)


@each_chapter
def test_every_section_is_core_or_deeper(path):
    unmarked = [title for title, mark, _ in reading_time.sections(path) if not mark]
    assert unmarked == [], "put *Core* or *Deeper* in a paragraph below these headings"


@each_chapter
def test_a_chapter_says_how_long_it_takes(path):
    opening = reading_time.cells(path)[0]["source"]
    said = TIME.search("".join(opening))
    asked = "**Time**: N minutes[ for the core, M for all of it], without the exercises."
    assert said, f"end the opening with: {asked}"
    roads = reading_time.roads(path)
    assert (roads["core"] == roads["whole"]) == (said[2] is None), "one number if all is core"
    counted = [reading_time.minutes(counts) for counts in roads.values()]
    says = said[1], said[2] or said[1]
    assert all(map(near, says, counted)), f"it says {says}, counted {counted}"


@each_chapter
def test_a_chapter_is_no_longer_than_its_limit(path):
    words = {road: counts["words"] for road, counts in reading_time.roads(path).items()}
    limits = reading_time.LIMITS
    assert words["core"] <= limits["core"]
    assert words["whole"] <= limits["whole"]


def test_the_core_of_part_one_is_an_hour():
    core = reading_time.total(PART_I)["core"]
    limit, way_out = reading_time.LIMITS["Part I core"], "shorten, or mark a section *Deeper*"
    assert core["words"] <= limit, f"Part I's core is too long: {way_out}"
    assert reading_time.minutes(core) <= 60 * 1.2


def test_the_welcome_page_gives_the_minutes_of_each_road():
    page = (ROOT / "book" / "welcome.md").read_text("utf8")
    roads = re.search(
        r"\| The core \| (\d+) minutes \|.*?\| All of it \| (\d+) hours \|", page, re.S
    )
    assert roads, "the welcome page has a table of roads"
    counted = reading_time.total(CHAPTERS)
    assert near(roads[1], reading_time.minutes(counted["core"]))
    assert near(str(60 * int(roads[2])), reading_time.minutes(counted["whole"]))
    assert reading_time.minutes(reading_time.roads(CHAPTERS[0])["whole"]) <= 15


@pytest.mark.parametrize("total", [60, 90, 180])
def test_a_plan_to_teach_by_fits_its_minutes_and_leaves_time_to_read_what_it_shows(total):
    page = (ROOT / "book" / "teach.md").read_text("utf8")
    plan = re.search(rf"^## {total} minutes: .*?(?=^## |\Z)", page, re.S | re.M)[0]
    rows = re.findall(r"^\| (\d+) \+ (\d+) \| (.*?) \| .*? \| (.*?) \|$", plan, re.M)
    assert sum(int(show) + int(do) for show, do, *_ in rows) == total
    for minutes, _, shown, asked in rows:
        counts = Counter()
        for title, name in re.findall(r"\[([^]]*)\]\(\.\./notebooks/(\w+)\.ipynb#", shown):
            parts = {
                t: (m, c) for t, m, c in reading_time.sections(ROOT / f"notebooks/{name}.ipynb")
            }
            assert parts[title][0] == "core", title
            counts += parts[title][1]
        assert int(minutes) >= (reading_time.minutes(counts) if counts else 0), shown
        link = r"\[(?P<open>[^]]*)\]\(\.\./notebooks/(\w+)\.ipynb"
        choice = r'<a href="\.\./notebooks/(\w+)\.html#[^"]*">(?P<choice>.*?)</a>'
        for found in re.finditer(f"{link}|{choice}", asked):
            chapter = ROOT / f"notebooks/{found[2] or found[3]}.ipynb"
            text = "".join("".join(cell["source"]) for cell in reading_time.cells(chapter))
            where = f"<summary>{found['open']}</summary>", f"**Choose.** {found['choice']}\n"
            assert where[found["open"] is None] in text, found[0]


def test_the_count_sees_what_is_read_and_nothing_else(tmp_path):
    text = """\
## One

*Deeper*

Two words, $x + y$ and [a link](https://example.org).

$$x$$

```python
code = 1
```

<details><summary>Solution</summary>

Not read.

</details>

### Two

*Core*

Here.

## Exercises

Not read.
"""
    notebook = tmp_path / "a.ipynb"
    cell = {"cell_type": "markdown", "metadata": {}, "source": text}
    notebook.write_text(reading_time.json.dumps({"cells": [cell]}), "utf8")
    roads = reading_time.roads(notebook)
    assert roads["whole"] == {"words": 9, "formulas": 1, "code": 1}
    assert roads["core"] == {"words": 2}
