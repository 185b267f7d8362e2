"""The optional cells: nothing rests on them, and they give what they store.

They are tagged `optional`. `make peers` runs them: a cell whose library is missing is skipped.
"""

import ast
import json
from dis import get_instructions
from pathlib import Path
from types import CodeType

import pytest

ROOT = Path(__file__).parents[2]


def code_cells(path: Path) -> list[tuple[bool, str, str]]:
    """Whether a cell is optional, its code, and what it prints, as stored."""
    cells = [c for c in json.loads(path.read_text("utf8"))["cells"] if c["cell_type"] == "code"]
    return [
        (
            "optional" in cell["metadata"].get("tags", []),
            "".join(cell["source"]),
            "".join(line for output in cell["outputs"] for line in output.get("text", [])),
        )
        for cell in cells
        if "hosted" not in cell["metadata"].get("tags", [])
    ]


CHAPTERS = {path.stem: code_cells(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
CHAPTERS = {name: cells for name, cells in CHAPTERS.items() if any(cell[0] for cell in cells)}
each_chapter = pytest.mark.parametrize("name", CHAPTERS)


def names(source: str) -> tuple[set[str], set[str], set[str]]:
    """The names that code makes, that it takes from elsewhere, and that its functions read."""
    code = compile(source, "cell", "exec")
    made, taken = set(), set()
    for step in get_instructions(code):
        if step.opname == "STORE_NAME":
            made.add(step.argval)
        elif step.opname == "LOAD_NAME" and step.argval not in made:
            taken.add(step.argval)
    functions = read_inside(code)
    return made, taken | functions - made, functions


def read_inside(code: CodeType) -> set[str]:
    parts = [part for part in code.co_consts if isinstance(part, CodeType)]
    steps = [step for part in parts for step in get_instructions(part)]
    read = {step.argval for step in steps if step.opname == "LOAD_GLOBAL"}
    return read.union(*map(read_inside, parts))


@each_chapter
def test_no_other_cell_rests_on_an_optional_one(name):
    """The chapter gives the same with the libraries as without: not one name is shared."""
    optional, by_functions = set(), set()
    for is_optional, source, _ in CHAPTERS[name]:
        made, taken, functions = names(source)
        if is_optional:
            optional |= made
            assert not optional & by_functions, "functions above read these: rename them"
        else:
            assert not optional & taken, f"these are of an optional cell: rename them\n{source}"
            by_functions |= functions


def what_they_need(cells: list[tuple[bool, str, str]]) -> str:
    """The statements, of the cells above, that make the names which the optional cells take."""
    last = max(k for k, (is_optional, _, _) in enumerate(cells) if is_optional)
    _, wanted, _ = names("\n".join(source for is_optional, source, _ in cells if is_optional))
    above = "\n".join(source for is_optional, source, _ in cells[:last] if not is_optional)
    needed = []
    for statement in map(ast.unparse, reversed(ast.parse(above).body)):
        made, taken, _ = names(statement)
        if made & wanted:
            needed.insert(0, statement)
            wanted = wanted - made | taken
    return "\n".join(needed)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools
@each_chapter
def test_the_optional_cells_give_what_they_store(name, capsys):
    for library in ("torch", "jax", "pycocotools", "pydicom", "SimpleITK"):
        if any(f"import {library}" in source for _, source, _ in CHAPTERS[name]):
            pytest.importorskip(library, reason=f"{library} is optional: pip install {library}")
    made: dict[str, object] = {}
    exec(what_they_need(CHAPTERS[name]), made)
    capsys.readouterr()
    for is_optional, source, stored in CHAPTERS[name]:
        if is_optional:
            exec(source, made)
            assert capsys.readouterr().out == stored, f"{source}\nIf it is right: make optional"
    if "temporary" in made:
        made["temporary"].cleanup()
