"""Time each notebook and the build of the book: python tools/records/course_times.py.

Each notebook is executed once, in a fresh kernel, from a copy; the book is built from nothing. The
record goes to benchmarks/results/course_times.json and, as tables, into the page book/colophon.md;
with --page, those of the record that is there are written anew.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "benchmarks" / "results" / "course_times.json"
PAGE = ROOT / "book" / "colophon.md"
PACKAGES = (
    *("numpy", "sympy", "matplotlib", "scipy", "scikit-image"),
    *("jupyter-book", "sphinx", "nbval", "jupyterlab"),
)
BEGIN, END = "<!-- written by tools/records/course_times.py -->", "<!-- end of what it writes -->"


def seconds(job: Callable[[Any], None], argument: Any) -> float:
    """Return the wall time of a job."""
    start = perf_counter()
    job(argument)
    return round(perf_counter() - start, 1)


def execute(notebook: Path) -> None:
    """Run all cells of a notebook in a fresh kernel, and drop the result."""
    import nbformat
    from nbclient import NotebookClient

    folder = {"metadata": {"path": str(notebook.parent)}}
    NotebookClient(nbformat.read(notebook, as_version=4), timeout=600, resources=folder).execute()


def build(out: str) -> None:
    """Build the book as `make book` does, somewhere else."""
    command = [sys.executable, "-m", "jupyter", "book", "build", str(ROOT)]
    options = ["--path-output", out, "--all", "-q", "-W", "-n"]
    subprocess.run(command + options, check=True, capture_output=True)


def measure() -> dict[str, Any]:
    """Run everything once, and return the record."""
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    with tempfile.TemporaryDirectory() as out:
        return {
            "date": date.today().isoformat(),
            "system": platform.system(),
            "cores": os.cpu_count(),
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in PACKAGES},
            },
            "notebook_seconds": {file.stem: seconds(execute, file) for file in notebooks},
            "build_seconds": seconds(build, out),
        }


def title(name: str) -> str:
    """Return what a notebook is called in the book."""
    cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text("utf8"))["cells"]
    heading = next(cell["source"][0] for cell in cells if cell["cell_type"] == "markdown")
    return heading.strip().removeprefix("# ")


def tables(record: dict[str, Any]) -> str:
    """Return what the page shows of the record, as Markdown."""
    times = record["notebook_seconds"]
    rows = [
        *((f"[{title(name)}](../notebooks/{name}.ipynb)", times[name]) for name in sorted(times)),
        ("**all notebooks**", round(sum(times.values()), 1)),
        ("the book", record["build_seconds"]),
    ]
    return "\n".join(
        [
            f"Measured on {record['date']}, on {record['system']} with {record['cores']} cores.",
            "",
            "| run | seconds |",
            "|---|---:|",
            *(f"| {name} | {time:.1f} |" for name, time in rows),
            "",
            "The versions were these.",
            "",
            "| package | version |",
            "|---|---|",
            *(f"| {name} | {number} |" for name, number in record["versions"].items()),
        ]
    )


def page_with(record: dict[str, Any]) -> str:
    """Return the page with the tables of the record in their place."""
    before, _, rest = PAGE.read_text("utf8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{tables(record)}\n\n{END}{after}"


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - {"--page"}:
        sys.exit(f"unknown: {' '.join(unknown)}; without arguments all is timed, with --page shown")
    if "--page" not in sys.argv:
        RECORD.write_text(json.dumps(measure(), indent=2) + "\n", "utf8")
    PAGE.write_text(page_with(json.loads(RECORD.read_text("utf8"))), "utf8")
