"""The proof that the net holds: plant one fault at a time in a copy, and see that it is caught.

`make faults` runs this, for some minutes. Each fault changes one file of the copy; the check that
ought to notice has to fail, and to say why. Before that, the copy without a fault has to pass, and
so it has to after changes that do no harm. `make faults ONLY=number` tries those alone whose name
or file has the word (a pattern), and trusts that the copy without a fault passes.
"""
# ruff: noqa: E501 (a table: one fault, one line)

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
MEND = "nothing matches {!r}; mend the fault in tools/plant_faults.py"

# How to change a file: functions from its text to the text with the fault

Change = Callable[[str], str]


def replace(old: str, new: str | Callable[[re.Match], str]) -> Change:
    """Replace the first match of a pattern."""

    def change(text: str) -> str:
        changed = re.sub(old, new, text, count=1, flags=re.M | re.S)
        if changed == text:
            raise LookupError(MEND.format(old))
        return changed

    return change


def add(text: str) -> Change:
    return lambda page: f"{page}\n{text}\n"


def in_notebook(change: Callable[[dict], object]) -> Change:
    """Change a notebook as a tree."""

    def change_text(text: str) -> str:
        notebook = json.loads(text)
        change(notebook)
        return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"

    return change_text


def in_cell(has: str, change: Callable[[dict], object]) -> Change:
    """Change the first code cell of a notebook in whose JSON a pattern is found."""

    def change_cell(notebook: dict) -> None:
        code = (cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        cell = next((cell for cell in code if re.search(has, json.dumps(cell))), None)
        if cell is None:
            raise LookupError(MEND.format(has))
        change(cell)

    return in_notebook(change_cell)


def other_digit(before: str) -> Change:
    """Change the digit that follows a pattern."""
    return replace(rf"({before})(\d)", lambda found: f"{found[1]}{9 - int(found[2])}")


def first_line(line: str) -> Change:
    """Put a line before those of the first cell that prints."""
    return in_cell('"stdout"', lambda cell: cell["source"].insert(0, f"{line}\n"))


def tag(name: str) -> Change:
    return in_cell('"stdout"', lambda cell: cell["metadata"].update(tags=[name]))


def run_by_hand(cell: dict) -> None:
    """Count as another kernel does."""
    cell["execution_count"] = 99
    for output in cell["outputs"]:
        if "execution_count" in output:
            output["execution_count"] = 99


def saved_by_jupyterlab(notebook: dict) -> None:
    """Write what JupyterLab knows of the kernel, and what it notes of a cell, as it does."""
    notebook["metadata"]["language_info"] |= {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": "3.12.1",
    }
    notebook["cells"][1]["metadata"] |= {"editable": True, "slideshow": {"slide_type": ""}}


NO_OUTPUT = lambda cell: cell.update(outputs=[])  # noqa: E731
NO_METADATA = lambda cell: cell["metadata"].clear()  # noqa: E731

# What ought to notice: commands that pass where there is no fault

NOTEBOOKS = "tests/notebooks"
HASHES = ["python", "tools/outputs.py"]
BUILD = ["jupyter-book", "build", ".", "-q", "-W", "-n", "--keep-going"]


def pytest(*arguments: str) -> list[str]:
    return ["pytest", "-q", "-x", "--tb=short", "--color=no", "-p", "no:cacheprovider", *arguments]


def unit(name: str) -> list[list[str]]:
    return [pytest(f"tests/{name}.py")]


def form(words: str) -> list[list[str]]:
    return [pytest(f"{NOTEBOOKS}/test_form.py", f"{NOTEBOOKS}/test_chapters.py", "-k", words)]


def outputs(notebook: str) -> list[list[str]]:
    return [pytest("--nbval", notebook)]


def pages(words: str) -> list[list[str]]:
    return [BUILD, pytest("-m", "book", "tests/site/test_built_pages.py", "-k", words)]


EVERYTHING = [
    *(pytest("-m", "not book"), pytest("--nbval", "notebooks")),
    *(HASHES, BUILD, pytest("-m", "book")),
]

FORM, SETTINGS = f"{NOTEBOOKS}/test_form.py", "pyproject.toml"
FORMULAS, SUMS = "dice/formulas.py", "dice/overlap.py"
ARRAYS, CHECKS = "dice/engine/arrays.py", "dice/engine/checks.py"
CH2, CH3 = "notebooks/02_dice_coefficient.ipynb", "notebooks/03_soft_dice.ipynb"
CH4, TRAINING = "notebooks/04_worked_example.ipynb", "notebooks/14_training.ipynb"
PATCHES = "book/_ext/theme_patches.py"
WELCOME, API, NOTATION, TOC = "book/welcome.md", "book/api.md", "book/notation.md", "_toc.yml"

# Fault, file, change, the check that ought to notice, what the message has to say
# fmt: off
FAULTS: list[tuple[str, str, Change, list[list[str]], str]] = [
    # the mathematics
    ("wrong factor in Dice", FORMULAS, replace(r"2 \* inter", "3 * inter"), outputs(CH2), "AssertionError|mismatch"),
    ("wrong factor in Dice", FORMULAS, replace(r"2 \* inter", "3 * inter"), unit("notebooks/test_source_numbers"), "assert"),
    ("wrong sign in the union", FORMULAS, replace("target - inter", "target + inter"), outputs(CH2), "AssertionError|mismatch"),
    ("wrong sign in the union", FORMULAS, replace("target - inter", "target + inter"), unit("package/test_overlap"), "assert"),
    ("sizes exchanged in counting", SUMS, replace(r"axis=1\), xp.sum\(table, axis=2", "axis=2), xp.sum(table, axis=1"), unit("package/test_overlap"), "assert"),
    ("size of the wrong array", SUMS, replace(r"total\(p\), total\(g\)\)", "total(g), total(g))"), outputs(CH3), "AssertionError|mismatch"),
    ("last pixel left out", ARRAYS, replace(r"vecdot, a, b", "vecdot, a[..., :-1], b[..., :-1]"), unit("package/test_overlap"), "assert|Error"),
    ("wrong dtype accepted", CHECKS, replace(r"if kind\(name, values\) not in wanted", "if False"), unit("package/test_bad_input"), "DID NOT RAISE|Error"),
    ("probability above 1 accepted", CHECKS, replace(r"-slack, 1 \+ slack", "-slack, 2 + slack"), unit("package/test_bad_input"), "DID NOT RAISE|Error"),
    # the stored outputs
    ("changed number", CH2, other_digit(r'"name": "stdout".*?"text": \[[^\d]*'), outputs(CH2), "mismatch"),
    ("changed number", CH2, other_digit(r'"name": "stdout".*?"text": \[[^\d]*'), [HASHES], "not those that were stored"),
    ("changed formula", CH2, other_digit(r'"text/latex": \[[^\d]*'), outputs(CH2), "mismatch"),
    ("changed figure", CH2, other_digit(r'"image/svg\+xml": \[.*?width=\\"'), outputs(CH2), "mismatch"),
    ("unrun cell", CH2, replace(r'"execution_count": 2,', '"execution_count": null,'), form("have_run"), "has not run"),
    ("cells out of order", CH3, in_notebook(lambda notebook: notebook["cells"].reverse()), outputs(CH3), "NameError|mismatch"),
    ("removed text", CH3, in_cell('"stdout"', NO_OUTPUT), form("stored"), "no text is stored"),
    ("removed formula", CH3, in_cell('"text/latex"', NO_OUTPUT), form("stored"), "none is stored"),
    ("removed figure", CH3, in_cell('"image/svg', NO_OUTPUT), form("stored"), "none is stored"),
    ("path in an output", CH2, replace(r'("name": "stdout".*?"text": \[\s*")', r"\1/home/me/"), form("every_machine"), "a path"),
    ("line too long for a phone", CH2, replace(r'("name": "stdout".*?"text": \[\s*")', r"\1" + 46 * "-"), form("fits_a_phone"), "more than 45"),
    ("row of an array too long for a phone", CH2, in_cell('"stdout"', lambda c: c["outputs"][0].update(text=[f"[{45 * '0'}]"])), form("fits_a_phone"), "more than 45"),
    ("cell declared that is compared", SETTINGS, replace(r"^\[tool.notebook-form.exceptions\].*?\n", rf'\g<0>"{CH2}" = [1, "why"]\n'), form("compared"), "0 cells are kept"),
    ("setting of a name that is none", SETTINGS, replace("^unchecked-tag", "unchecked-tags"), form(""), "no such settings"),
    ("check of form that finds nothing", FORM, replace("if None in ", "if () in "), unit("notebooks/test_form_elsewhere"), "unrun"),
    ("two units of the last digit let through", "tools/notebook_differences.py", replace(r"\(1,\), a", "(2,), a"), unit("notebooks/test_comparison"), "Dice 0.814"),
    ("cell kept from comparison", CH2, first_line("# NBVAL_IGNORE_OUTPUT"), form("compared"), "kept from the comparison"),
    ("cell kept from comparison", CH2, tag("nbval-skip"), form("compared"), "kept from the comparison"),
    ("wrong factor in Dice", FORMULAS, replace(r"2 \* inter", "3 * inter"), [HASHES], "has changed since"),
    ("code that was not run", CH3, first_line("print(1)"), [HASHES], "has changed since"),
    # the cells
    ("cell that raises", CH3, first_line("1 / 0"), outputs(CH3), "ZeroDivisionError"),
    ("cell that warns", CH3, first_line("__import__('warnings').warn('old')"), outputs(CH3), "stderr"),
    ("import that only the book has", CH3, replace(r'"import numpy as np', '"import myst_nb'), form("imports"), "not among the imports"),
    ("optional cell that the book would run", TRAINING, replace(r'"skip-execution",\s*', ""), form("plain_python"), "its tags are to be"),
    ("name of an optional cell that others read", TRAINING, replace(r"scored = \{", "sigmoid = {"), unit("notebooks/test_optional_cells"), "rename them"),
    # the words
    ("figure without alternative text", CH2, in_cell('"image/svg', NO_METADATA), form("alternative"), "alternative text"),
    ("figure without a caption", CH2, replace(r"\*\*Figure 2\.1\.\*\*", "Figure 2.1."), form("caption"), "begin the Markdown cell"),
    ("section without its heading", CH3, replace("## Summary", "Summary"), form("headings"), "end with the sections"),
    ("solution that checks nothing", CH3, in_cell('"solution"', lambda c: c.update(source="")), form("solutions"), "asserts its result"),
    ("number from nowhere", CH2, replace(r'"## Summary', r'"It is 0.8642.\\n\\n", "## Summary'), form("numbers"), "in no code and no output"),
    ("number of two decimals from nowhere", CH2, replace(r'"## Summary', r'"It is 0.61.\\n\\n", "## Summary'), form("numbers"), "0.61 is in no code and no output"),
    ("two cells of one name", CH2, in_notebook(lambda notebook: [c["metadata"].update(name="cell-one") for c in notebook["cells"][1:3]]), form("normalized"), "2 cells have the name cell-one"),
    ("link to a file that is not there", CH2, replace(r"\(03_soft_dice.ipynb\)", "(3_soft_dice.ipynb)"), form("links"), "no such file"),
    ("chapter cited by a number of before", WELCOME, replace(r"\[[^\]]*\]\(\.\./notebooks/01", "[chapter 2](../notebooks/01"), unit("notebooks/test_chapter_numbers"), r"\[chapter 2\]"),
    ("file of a chapter by its name of before", API, add("See 05_gradients."), unit("notebooks/test_chapter_numbers"), "05_gradients"),
    ("exercise without its lasting name", CH2, replace(r'"<small id=.*?</small>\\n"', r'"\\n"'), form("exercises"), "lasting name"),
    ("two exercises of one name", CH2, replace(r'dice-coefficient/rare-object(\\">`)dice-coefficient/rare-object', r"soft-dice/by-hand\1soft-dice/by-hand"), form("names_of_their_own"), "names 2 exercises"),
    ("answer asked under another name", CH2, replace(r'check\(\\"dice-coefficient/count-by-hand\\", \.', r'check(\\"soft-dice/by-hand\\", .'), form("solutions"), "ask once"),
    ("answer that the judge has wrong", "dice/course/exercises.json", replace(r'\["4/7", "2/5", "3/7"\]', '["4/7", "2/5", "4/7"]'), outputs(CH2), "AssertionError"),
    ("choice with a wrong value", "book/_ext/questions.yml", replace(r"2\*I/\(P\+G\), right", "2*I/(P+G+1), right"), unit("package/test_questions"), "from-three-sums"),
    ("page missing from the contents", TOC, replace(r"^ *- file: book/errata\n", ""), form("contents"), "not in _toc.yml"),
    ("item of the source left out", CH3, replace("for roads and lanes", "for streets"), unit("notebooks/test_source_coverage"), "road and lane detection"),
    ("output of the source left out", CH4, in_cell(r"Z_\{\\\\mathrm\{C\}", NO_OUTPUT), unit("notebooks/test_source_coverage"), "logits of . as a matrix"),
    ("section of the source gone", CH4, replace("## Dice per class", "## Scores"), unit("notebooks/test_source_coverage"), "has no heading 'Dice per class'"),
    # the programs
    ("text read without an encoding", "tools/size.py", replace(r'read_text\("utf8"\)', "read_text()"), unit("test_windows"), "read_text"),
    ("module that Windows lacks", "tools/size.py", replace("^import ast", "import ast\nimport resource"), unit("test_windows"), "resource"),
    # the pages
    ("broken link", WELCOME, replace(r"\(glossary.md\)", "(glosary.md)"), [BUILD], "glosary"),
    ("broken anchor", API, replace(r"\(#dice.softmax\)", "(#dice.soft_max)"), [BUILD], "soft_max"),
    ("broken citation of a formula", NOTATION, add("See [the formula](#eq-nothing)."), [BUILD], "eq-nothing"),
    ("bad TeX", NOTATION, add(r"So $\frac{1}{2$."), [BUILD], "bad TeX"),
    ("picture without alternative text", WELCOME, replace(r"!\[.*?\]", "![]"), pages("alternative"), "alternative text ''"),
    ("picture from another host", WELCOME, add('<img alt="A badge" src="https://example.org/badge.svg">'), pages("elsewhere"), "loads https"),
    ("broken link in raw HTML", WELCOME, add('<a href="nowhere.html">there</a>'), pages("links"), "nowhere.html"),
    ("TeX shown as it is", WELCOME, add(r"So \frac{1}{2}."), pages("no_source"), "TeX"),
    ("function without an entry", API, replace(r"^\.\. autofunction:: one_hot\n", ""), [BUILD], "one_hot"),
    ("theme that writes something else", PATCHES, replace(r"localStorage", "sessionStorage"), [BUILD], "theme has changed.*no flash"),
    ("formula that is not cited", CH3, replace(r"\]\(#eq-[\w-]+\)", "]"), form("cited"), r"cite \("),
]
# fmt: on

# Change, file, what changes it, the checks that have to pass all the same

ALL_ABOUT_CH3 = [*form(""), *outputs(CH3), *pages("")]
HARMLESS: list[tuple[str, str, Change, list[list[str]]]] = [
    ("typo mended", CH3, replace(r'"## Summary', r'"It is so.\\n\\n", "## Summary'), ALL_ABOUT_CH3),
    ("saved by JupyterLab", CH3, in_notebook(saved_by_jupyterlab), ALL_ABOUT_CH3),
    ("cell run by hand", CH3, in_cell('"execute_result"', run_by_hand), ALL_ABOUT_CH3),
]


def copy(folder: Path) -> None:
    """Copy what git knows or would take."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def run(commands: list[list[str]], folder: Path) -> tuple[int, str]:
    """Run commands in the copy, with the copy's package, to the first that fails."""
    settings = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "250"}
    for program, *arguments in commands:
        if program == BUILD[0]:
            shutil.rmtree(folder / "_build" / "html", ignore_errors=True)
            shutil.rmtree(folder / "_build" / ".doctrees", ignore_errors=True)
        done = subprocess.run(
            [BIN / program, *arguments],
            cwd=folder,
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            break
    plain = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
    return done.returncode, plain.replace(f"{folder}/", "")


def with_change(folder: Path, file: str, change: Change, commands: list) -> tuple[int, str]:
    """Run commands in the copy while one file is changed."""
    original = (folder / file).read_text("utf8")
    (folder / file).write_text(change(original), "utf8")
    result = run(commands, folder)
    (folder / file).write_text(original, "utf8")
    return result


def message(output: str, words: str) -> str:
    """The first line that says what it has to, or nothing."""
    return next((line.strip() for line in output.splitlines() if re.search(words, line)), "")


def main(only: str = "") -> int:
    harmless, faults = (
        [f for f in all_ if re.search(only, f[0] + f[1])] for all_ in (HARMLESS, FAULTS)
    )
    missed = stopped = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        copy(folder)
        for command in ("init -q", "add -A"):  # tests take what git knows
            subprocess.run(["git", *command.split()], cwd=folder, check=True)
        _, where = run([["python", "-c", "import dice; print(dice.__file__)"]], folder)
        if where.strip() != "dice/__init__.py":
            print(f"The package comes from {where.strip()}, not from the copy.")
            return 1
        failed, output = (0, "") if only else run(EVERYTHING, folder)
        if failed:
            print(f"{output}\nThe copy without a fault does not pass: nothing can be shown.")
            return 1
        for what, file, change, commands in harmless:
            failed, output = with_change(folder, file, change, commands)
            print(f"{'STOPPED' if failed else 'let through'}  {what} ({file})")
            print(output[-2000:] * bool(failed), flush=True)
            stopped += bool(failed)
        for fault, file, change, commands, words in faults:
            begin = time.monotonic()
            failed, output = with_change(folder, file, change, commands)
            caught = message(output, words) if failed else ""
            missed += not caught
            check = " ".join(part for part in commands[-1] if re.match(r"\w+/|\w+$", part))
            took = f"{time.monotonic() - begin:.0f} s"
            print(f"{'caught' if caught else 'MISSED'}  {fault} ({file}, {took})")
            print(f"        by {check}: {caught[:160] or output[-2000:]}", flush=True)
    print(f"{len(faults) - missed} of {len(faults)} faults caught")
    print(f"{len(harmless) - stopped} of {len(harmless)} harmless changes let through")
    return bool(missed or stopped)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
