"""*Build it yourself*: its solutions are a package that passes our tests, no other does.

The package is made as a reader makes his: by the last cell of the notebook. Then each mistake that
the judge knows is put into it, and a test that it runs on has to fail.
"""

import json
import linecache
import re
import runpy
import shutil
import subprocess
import sys
from functools import cache
from itertools import product
from pathlib import Path

import dist
import make_practice
import nbformat
import numpy as np
import own_package
import pytest

from dice.course.judge import check, known, written

ROOT = Path(__file__).parents[2]
CELLS = {cell.id: cell for cell in nbformat.read(make_practice.SOURCE, as_version=4).cells}
MISTAKES = [(name, words) for name in own_package.STEPS for words in known(name)["mistakes"]]
FILES = ("test_scores_and_losses.py", "test_overlap.py", "test_properties.py")


def solved():
    """Return the functions of the solutions, as a reader would have written them."""
    source = "import numpy as np\n"
    for cell in CELLS.values():
        if "solution" in cell.metadata.get("tags", []):
            source += cell.source.partition("\nassert")[0].replace("_answer", "") + "\n"
    linecache.cache["solved"] = (len(source), None, source.splitlines(keepends=True), "solved")
    exec(compile(source, "solved", "exec"), made := {"check": check, "__name__": "solved"})
    return made


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Save the solutions by the cells of the notebook, in a course that has nothing else."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    first = CELLS["build-imports"].source
    exec(first, made := solved())
    for name in ("which-steps-wait", "save-the-package"):
        exec(CELLS[name].source, made)
    return tmp_path / "practice" / "my_dice"


def run_on(package, *options, root=ROOT):
    """Run our tests on a package, as the notebook and the README say."""
    line = [sys.executable, "-m", "pytest", "tests/package", "--practice", str(package), *options]
    line += ["-p", "no:cacheprovider", "-p", "no:xdist"]
    return subprocess.run(line, cwd=root, capture_output=True, encoding="utf8", errors="replace")


@pytest.mark.beyond
def test_the_solutions_are_a_package_that_passes(package, tmp_path):
    """With no more of the course than the zip has."""
    for file in dist.tracked([*dist.TO_PRACTICE, "dice/*.py", "pyproject.toml"]):
        copy = tmp_path / file.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    done = run_on(package, root=tmp_path)
    assert done.returncode == 0, done.stdout
    said = re.search(
        r"(\d+) of our tests run on your package:\n((?: +\d+ test_\w+\n)+)", done.stdout
    )
    assert sum(map(int, re.findall(r"\d+", re.sub(r"test_\w+", "", said[2])))) == int(said[1])
    assert f"{said[1]} passed, " in done.stdout and " skipped" not in done.stdout
    assert "These ask for names or options that Build it yourself does not build: " in done.stdout
    assert int(said[1]) == len(in_this_process()[1])


@pytest.mark.beyond
def test_what_is_wrong_fails_and_what_is_missing_is_named(package):
    file = package / "__init__.py"
    source = file.read_text("utf8")
    file.write_text(source.replace("- 2 * target", "- target"), "utf8")
    done = run_on(package, "-x")
    assert done.returncode == 1 and "FAILED tests/package/" in done.stdout
    file.write_text(source.replace("def soft_dice", "def my_soft_dice"), "utf8")
    with pytest.raises(AttributeError, match="lacks soft_dice"):
        own_package.load(package)
    done = run_on(package.parent / "nothing")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR and "is not there" in done.stderr
    assert "track" not in done.stderr


def test_nothing_is_saved_while_a_step_waits(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(CELLS["build-imports"].source, made := solved())
    made["dice_loss"] = lambda probabilities, target, eps: ...
    for name in ("which-steps-wait", "save-the-package"):
        exec(CELLS[name].source, made)
    assert capsys.readouterr().out == "right: 8 of 9\nloss\nnot saved yet\n"
    assert not any(tmp_path.iterdir())


def test_each_step_asks_for_what_the_tests_call():
    defined = {}
    for cell in CELLS.values():
        if found := re.fullmatch(
            r'def (\w+)\(.*?\):\n    return \.\.\.\n+check\("(.+?)", (\w+)\)', cell.source
        ):
            assert found[1] == found[3] and "three dots" in cell.outputs[0].data["text/plain"]
            defined[found[2]] = found[1]
    assert defined == own_package.STEPS


def test_the_notebook_without_solutions(tmp_path, capsys):
    (tmp_path / "notebooks").mkdir()
    make_practice.main(tmp_path)
    file = tmp_path / make_practice.TARGET
    made = nbformat.read(file, as_version=4)
    text = "\n".join(cell.source for cell in made.cells)
    assert text.count("return ...") == len(own_package.STEPS) and "_answer(" not in text
    assert "<details>" not in text and not any(cell.get("outputs") for cell in made.cells)
    for link in re.findall(r"\]\((\S+?\.ipynb)", text):
        assert (ROOT / "practice" / link).resolve().is_file()
    file.write_text(json.dumps(made | {"cells": []}), "utf8")
    make_practice.main(tmp_path)
    assert nbformat.read(file, as_version=4).cells == []
    assert "is there, and stays" in capsys.readouterr().out


# Each mistake, in this process: what pytest would run, expanded from the marks


def expanded(test):
    """Return the calls of a test that are marked for a reader's package."""
    marks = {"practice": [], "parametrize": []}
    for mark in getattr(test, "pytestmark", []):
        marks.setdefault(mark.name, []).append(mark)
    if not marks["practice"]:
        return []
    named = []
    for mark in marks["parametrize"]:
        names, values = mark.args
        one = isinstance(names, str)
        named.append([{names: v} if one else dict(zip(names, v, strict=True)) for v in values])
    limits = marks["practice"][0].kwargs
    merged = [{k: v for part in parts for k, v in part.items()} for parts in product(*named)]
    return [given for given in merged if all(given[k] in v for k, v in limits.items())]


@cache
def in_this_process():
    """Return a package of the solutions, and the tests that run on it."""
    own = type("Own", (), {k: staticmethod(v) for k, v in solved().items() if callable(v)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "dice", own_package.in_our_names(own))
        spaces = [runpy.run_path(str(Path(__file__).with_name(name))) for name in FILES]
    tests = [test for space in spaces for name, test in space.items() if name.startswith("test_")]
    return own, [(test, given) for test in tests for given in expanded(test)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_other_right_functions_pass_too(monkeypatch):
    own, tests = in_this_process()
    for name, function in own_package.STEPS.items():
        exec(known(name)["solution"], made := {"np": np})
        monkeypatch.setattr(own, function, staticmethod([*made.values()][-1]))
    run(tests)


def run(tests):
    for test, given in tests:
        test(**given)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("name", "words"), MISTAKES)
def test_each_mistake_fails_a_test(name, words, monkeypatch):
    entry = known(name)
    slip = written(entry["mistakes"][words], entry["names"])
    own, tests = in_this_process()
    monkeypatch.setattr(own, own_package.STEPS[name], staticmethod(slip))
    with pytest.raises(AssertionError):
        run(tests)
