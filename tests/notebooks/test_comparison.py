"""What the comparison of the notebooks says, and where it works."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import notebook_differences
import pytest
from nbval.plugin import IPyNbCell

ROOT = Path(__file__).parents[2]
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.close()"
PICTURE = "from IPython.display import SVG\nSVG(\"<svg xmlns='http://www.w3.org/2000/svg'/>\")"
NO_HOME = {"HOME": "/dev/null/home", "MPLCONFIGDIR": "", "IPYTHONDIR": ""}
NO_HOME = {} if sys.platform == "win32" else NO_HOME  # a home is found otherwise there


def compared(folder: Path, *cells: tuple[str, list], options=(), **environment: str):
    """Write a notebook into a copy of the settings, and compare it as `make notebooks` does."""
    notebook = nbformat.v4.new_notebook()
    for number, (source, outputs) in enumerate(cells, start=1):
        cell = nbformat.v4.new_code_cell(source, outputs=outputs, execution_count=number)
        notebook.cells.append(cell)
    for name in ("conftest.py", "pyproject.toml", "tools"):
        (folder / name).symlink_to(ROOT / name)
    nbformat.write(notebook, folder / "one.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "one.ipynb", *options]
    environment = {**os.environ, "NO_COLOR": "1", **environment}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def printed(text: str) -> list:
    return [nbformat.v4.new_output("stream", name="stdout", text=text)]


@pytest.mark.beyond
def test_a_failing_comparison_leaves_a_page_of_what_differs(tmp_path):
    """Where the home cannot be written, too: nothing warns, and the plot is as it is stored."""
    picture = {"image/svg+xml": "<svg>old</svg>", "text/plain": "<IPython.core.display.SVG object>"}
    result = nbformat.v4.new_output("execute_result", data=picture, execution_count=2)
    cells = [("print('Dice', 1 < 2)", printed("Dice False\n")), (PICTURE, [result])]
    cells += [("1 / 0", []), ("print(3)", printed("3\n")), (PLOT, [])]
    done = compared(tmp_path, *cells, options=["-n", "1"], **NO_HOME)
    page = tmp_path / "_build" / "differences.html"
    assert done.returncode == 1
    assert done.stdout.rstrip().splitlines()[-1] == str(page)
    html = page.read_text("utf8")
    assert "3 cells whose outputs differ" in html
    assert "one.ipynb, cell [1]" in html and "print(&#x27;Dice&#x27;, 1 &lt; 2)" in html
    assert "Dice <mark>False</mark>" in html and "Dice <mark>True</mark>" in html
    assert html.count('src="data:image/svg+xml;base64,') == 2
    assert "ZeroDivisionError" in html and "cell [4]" not in html and "cell [5]" not in html


@pytest.mark.parametrize(
    ("stored", "new", "agrees"),
    [
        ("Dice 0.812", "Dice 0.812", True),
        ("Dice 0.812", "Dice 0.813", True),
        ("Dice 0.812", "Dice 0.814", False),  # two units
        ("[1.00 0.50]", "[0.99 0.51]", True),
        ("1.5e-07", "1.6e-07", True),
        ("1.5e-07", "1.5e-06", False),
        ("-0.5", "0.5", False),
        ("5 pixels", "6 pixels", False),
        ("0.5 nan", "0.5 0.5", False),
        ("0.5", "0.5 0.5", False),
        ("Dice 0.5", "dice 0.5", False),
    ],
)
def test_decimals_alone_may_be_off_and_by_one_unit(stored, new, agrees):
    assert notebook_differences.agree(stored, new) == agrees


@pytest.mark.parametrize("tolerant", [True, False])
def test_notebooks_are_compared_tolerantly_where_asked(tolerant):
    """By replacing what nbval calls to compare the outputs of a cell."""
    assert callable(IPyNbCell.compare_outputs)
    cell = SimpleNamespace(compare_outputs=lambda new, stored: new == stored)
    cell.config = SimpleNamespace(option=SimpleNamespace(tolerant=tolerant))
    notebook_differences.pytest_runtest_call(cell)
    picture, other = (
        [nbformat.v4.new_output("display_data", {"image/svg+xml": name})] for name in "ab"
    )
    assert cell.compare_outputs(printed("0.12"), printed("0.12"))
    assert cell.compare_outputs(printed("0.12"), printed("0.13")) == tolerant
    assert cell.compare_outputs(picture, other) == tolerant
    assert not cell.compare_outputs(printed("0.12"), printed("0.14"))
    assert not cell.compare_outputs(printed("0.12"), [])
