"""What the comparison of the notebooks says, and where it works."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[2]
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"


def compared(*cells: tuple[str, list], folder: Path, **environment: str):
    """Write a notebook into a copy of the settings, and compare it as `make notebooks` does."""
    notebook = nbformat.v4.new_notebook()
    for number, (source, outputs) in enumerate(cells, start=1):
        cell = nbformat.v4.new_code_cell(source, outputs=outputs, execution_count=number)
        notebook.cells.append(cell)
    for name in ("conftest.py", "pyproject.toml", "tools"):
        (folder / name).symlink_to(ROOT / name)
    nbformat.write(notebook, folder / "one.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "one.ipynb"]
    environment = {**os.environ, "NO_COLOR": "1", **environment}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="a home is found otherwise there")
def test_notebooks_run_where_the_home_cannot_be_written(tmp_path):
    unwritable = {"HOME": "/dev/null/home", "MPLCONFIGDIR": "", "IPYTHONDIR": ""}
    done = compared((PLOT + "\nplt.close()", []), folder=tmp_path, **unwritable)
    assert done.returncode == 0, done.stdout + done.stderr
