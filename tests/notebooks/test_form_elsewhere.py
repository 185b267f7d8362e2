"""test_form.py in another project: a notebook passes, and each planted fault fails it."""

import os
import re
import runpy
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

FORM = Path(__file__).with_name("test_form.py")
SETTINGS = '[tool.notebook-form]\nimports = ["IPython"]\n'
WORDS = "# Halves\n\nHalf of a half is 0.25, see [the rest](good.ipynb)."
SHOW = "display(SVG('<svg/>'))"
GOOD = new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
GOOD.cells = [
    new_markdown_cell(WORDS),
    new_code_cell("from IPython.display import SVG", execution_count=1),
    new_markdown_cell("## A number"),
    new_code_cell("print(0.5 * 0.5)", execution_count=2),
    new_markdown_cell("## A figure"),
    new_code_cell(SHOW, execution_count=3, metadata={"mystnb": {"image": {"alt": "word " * 9}}}),
]
GOOD.cells[3].outputs = [new_output("stream", name="stdout", text="0.25\n")]
GOOD.cells[5].outputs = [new_output("display_data", {"image/svg+xml": "<svg/>"})]


def prints(text):
    return lambda cells: cells[3].outputs[0].update(text=text)


def writes(words):
    return lambda cells: cells[0].update(source=f"{WORDS} {words}")


def codes(source):
    return lambda cells: cells[3].update(source=source)


FAULTS = {
    "unrun": (lambda cells: cells[3].update(execution_count=None), "has not run"),
    "gone": (lambda cells: cells[3].update(outputs=[]), "no text is stored"),
    "in_pieces": (lambda cells: cells[3].update(outputs=2 * cells[3].outputs), "in pieces"),
    "clock": (prints("at 12:30\n"), "a time of day"),
    "place": (prints("in /home/me\n"), "a path"),
    "wide": (prints(46 * "-"), "more than 45"),
    "metadata": (lambda cells: cells[3].metadata.update(mine=1), "remove the metadata mine"),
    "empty": (codes(""), "empty cell"),
    "names": (lambda cells: [c.metadata.update(name="a") for c in cells[:2]], "2 cells have"),
    "tag": (lambda cells: cells[3].metadata.update(tags=["x"]), "unknown tag x"),
    "skipped": (lambda cells: cells[3].metadata.update(tags=["nbval-skip"]), "1 cells are kept"),
    "long": (codes(9 * "print(1)\n"), "9 lines of code"),
    "broad": (codes(f"print({88 * '1'})"), "a line of 95 characters"),
    "magic": (codes("%time print(1)"), "no magic commands"),
    "package": (lambda cells: cells[1].update(source="import torch"), "torch is not among"),
    "late": (codes("import re\nprint(1)"), "to the first code cell"),
    "unsaid": (lambda cells: cells.pop(4), "say in a Markdown cell"),
    "alt": (lambda cells: cells[5].metadata.clear(), "write alternative text"),
    "level": (writes("\n\n### Deep"), "level 3 follows level 1"),
    "role": (writes("{doc}`x`"), "a role that only Sphinx reads"),
    "link": (writes("[a](b.ipynb)"), "no such file"),
    "number": (writes("It is 0.75."), "0.75 is in no code"),
}


def project(folder: Path, settings: str = SETTINGS, **notebooks) -> Path:
    """Copy the module into an empty project with these notebooks."""
    (folder / "notebooks").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(settings, "utf8")
    for name, notebook in notebooks.items():
        nbformat.write(notebook, folder / "notebooks" / f"{name}.ipynb")
    return Path(shutil.copy(FORM, folder))


@pytest.mark.beyond
def test_a_notebook_passes_there(tmp_path):
    module = project(tmp_path, good=GOOD)
    command = [sys.executable, "-m", "pytest", module.name]
    without = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=without, capture_output=True, encoding="utf8")
    assert done.returncode == 0, done.stdout
    assert "16 passed" in done.stdout


@pytest.mark.parametrize("fault", FAULTS)
def test_each_planted_fault_fails_it(tmp_path, fault):
    change, words = FAULTS[fault]
    notebook = deepcopy(GOOD)
    change(notebook.cells)
    module = runpy.run_path(project(tmp_path, good=notebook))
    said = []
    for name in filter(re.compile("test_").match, module):
        of_one = {"notebook": module["NOTEBOOKS"][0]} if hasattr(module[name], "pytestmark") else {}
        try:
            module[name](**of_one)
        except pytest.fail.Exception as failed:
            said.append(str(failed))
    assert re.search(rf"notebooks/good\.ipynb: .*{words}", "\n".join(said))


def test_nothing_passes_by_checking_nothing(tmp_path):
    module = runpy.run_path(project(tmp_path / "empty"))
    with pytest.raises(pytest.fail.Exception, match="nothing would be checked"):
        module["test_every_output_is_compared_unless_declared"]()
    with pytest.raises(AssertionError, match=r"no such settings.*line"):
        runpy.run_path(project(tmp_path / "setting", f"{SETTINGS}line = 9", good=GOOD))


def test_it_holds_no_word_of_this_book():
    assert not re.search(r"\bdice\b|chapter|exercise", FORM.read_text("utf8"), re.I)
