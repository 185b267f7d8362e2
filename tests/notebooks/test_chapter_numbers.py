"""Chapters are cited by the numbers that they have; `tools/rename_chapter.py` changes both."""

import re
from functools import cache
from pathlib import Path

import pytest
from test_form import no_problem

ROOT = Path(__file__).parents[2]
STEMS = {file.stem for file in (ROOT / "notebooks").glob("[0-9]*.ipynb")}
KINDS = {".py", ".md", ".ipynb", ".json", ".yml", ".toml", ".js", ".html", ".bib"}
FOLDERS = ["benchmarks", "book", "dice", "notebooks", "tests", "tools", ".github"]
FOUND = [*ROOT.glob("*"), *(file for folder in FOLDERS for file in ROOT.glob(f"{folder}/**/*"))]
EXAMPLES = ("tools/rename_chapter.py", "tools/plant_faults.py", "test_chapter_numbers.py")
FILES = sorted(
    file.relative_to(ROOT).as_posix()
    for file in FOUND
    if file.suffix in KINDS or file.name == "Makefile"
    if ".ipynb_checkpoints" not in file.parts and not file.name.endswith(".min.js")
)
FILES = [name for name in FILES if not name.endswith(EXAMPLES)]
PAGES = [n for n in FILES if n.startswith(("book/", "notebooks/", "README")) and "_ext" not in n]
PROGRAMS = [n for n in FILES if n not in PAGES and "_ext" not in n and n != "CHANGELOG.md"]
OLD = re.compile(r"^ +notebooks/\w+: (?=\w+\.html$)", re.M)  # an address of before, in _config.yml

# [chapter 9](09_gradients.ipynb), [9](../notebooks/09_gradients.ipynb), [9. Gradients](…)
LINK = r"\[(?:[Cc]hapter )?(\d+)(?:\. [^\]\n]*)?\]\((?:[\w.]+/)*((\d+)_\w+)\.(?:ipynb|html)"
WITHIN = r"(?:Figure|Exercise) (\d+)\.\d+ (?:in|of) \[?[Cc]hapter (\d+)\b"


@cache
def text(name: str) -> str:
    return OLD.sub("", (ROOT / name).read_text("utf8"))


def wrong_numbers(words: str) -> list[str]:
    links = [found[0] for found in re.finditer(LINK, words) if int(found[1]) != int(found[3])]
    return links + [found[0] for found in re.finditer(WITHIN, words) if found[1] != found[2]]


@pytest.mark.parametrize(
    ("words", "is_wrong"),
    [
        ("see [chapter 9](09_gradients.ipynb)", False),
        ("see [chapter 5](09_gradients.ipynb#cell-here)", True),
        ("| [5](../notebooks/09_gradients.ipynb) |", True),
        ("| [5. Gradients](../notebooks/09_gradients.ipynb) | 6.2 |", True),
        ("Exercise 2.2 in [chapter 2](02_dice_coefficient.ipynb)", False),
        ("Exercise 2.2 in [chapter 3](03_soft_dice.ipynb)", True),
    ],
)
def test_a_wrong_number_is_found(words, is_wrong):
    assert bool(wrong_numbers(words)) == is_wrong


@no_problem
def test_chapters_are_cited_by_their_numbers():
    for name in FILES:
        yield from (f"{name}: {wrong}" for wrong in wrong_numbers(text(name)))


@no_problem
def test_files_of_chapters_that_are_named_exist():
    for name in FILES:
        named = set(re.findall(r"(?<![\w-])(\d\d_[a-z]+(?:_[a-z0-9]+)*)(?=[\W_])", text(name)))
        yield from (f"{name}: there is no {stem}" for stem in sorted(named - STEMS))


@no_problem
def test_chapters_that_are_named_by_number_exist():
    for name in PAGES:
        for number in map(int, re.findall(r"\b[Cc]hapter (\d+)\b(?!\.\d)", text(name))):
            if number >= len(STEMS):
                yield f"{name}: there is no chapter {number}"


@no_problem
def test_programs_name_chapters_by_their_subject():
    for name in PROGRAMS:
        for found in re.findall(r"\b[Cc]hapters?\s+\d+\b(?!\.\d)", text(name)):
            yield f"{name}: {found}"
