"""The notebooks without solutions: a learner solves, and looks into the others afterwards.

What is tagged as a solution goes, what is folded too, and all outputs: they come by running. So do
the optional cells of an exercise, which use what is to be written. Under each exercise stands an
empty cell. tools/dist.py puts the notebooks into the zip.
"""

import re

import nbformat

FOLDED = re.compile(r"<details>\s*<summary>(.*?)</summary>.*?</details>\s*", re.S)
IN_PARTS = re.compile(r"(?m)^(?=##+ )")
PLACE = "# your solution"


def without_answers(markdown: str) -> str:
    """Leave out solutions; of a question with a folded answer, keep the question."""
    return FOLDED.sub(lambda f: "" if f[1] == "Solution" else f"- {f[1]}\n", markdown).strip()


def without_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a notebook as one gets it who is to solve its exercises."""
    cells: list[nbformat.NotebookNode] = []

    def add(cell: nbformat.NotebookNode, source: str, name: str = "") -> None:
        kept = {"cell_type": cell.cell_type, "source": source, "metadata": cell.metadata}
        kept["id"] = f"{cell.id[:50]}{name}"
        if cell.cell_type == "code":
            kept |= {"outputs": [], "execution_count": None}
        cells.append(nbformat.from_dict(kept))

    solving = False
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            unfit = {"solution", "optional"} if solving else {"solution"}
            if not unfit.intersection(cell.metadata.get("tags", [])):
                add(cell, cell.source)
            continue
        for k, part in enumerate(IN_PARTS.split(cell.source)):
            if text := without_answers(part):
                add(cell, text, f"-{k}" if k else "")
            if part.startswith("#"):
                solving = part.startswith("### Exercise")
            if part.startswith("### Exercise"):
                place = nbformat.v4.new_code_cell(PLACE, id=f"{cell.id[:50]}-solution-{k}")
                cells.append(place)
    return nbformat.from_dict(notebook | {"cells": cells})
