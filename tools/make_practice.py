"""Put *Build it yourself*, without its solutions, into the folder practice/.

`make practice` runs this and opens it. What is there already is the reader's, and stays.
"""

import re
from pathlib import Path

import exercises
import nbformat

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "notebooks" / "build_it_yourself.ipynb"
TARGET = Path("practice") / SOURCE.name


def beside_the_chapters(markdown: str) -> str:
    """Let links that lead to a chapter lead there from another folder."""
    return re.sub(r"\]\((?=\w+\.ipynb)", "](../notebooks/", markdown)


def main(root: Path = ROOT) -> None:
    """Write the notebook, unless it is there, and say how to open it."""
    target = root / TARGET
    if target.exists():
        print(f"{TARGET.as_posix()} is there, and stays as it is.")
    else:
        notebook = exercises.without_solutions(nbformat.read(SOURCE, as_version=4))
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = beside_the_chapters(cell.source)
        target.parent.mkdir(exist_ok=True)
        nbformat.write(notebook, target)
        print(f"{TARGET.as_posix()} is made.")
    print(f"To open it: python -m jupyter lab --notebook-dir=. {TARGET.as_posix()}")


if __name__ == "__main__":
    main()
