"""The last chapter prints every function and class of the readable files."""

import ast
from pathlib import Path

import nbformat
import pytest
from size import READABLE, code_lines

(CHAPTER,) = (Path(__file__).parents[2] / "notebooks").glob("*_the_package.ipynb")


def printed() -> set[str]:
    """The lines of code and of text that the cells show."""
    cells = nbformat.read(CHAPTER, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    texts = [out.get("text", "") + out.get("data", {}).get("text/markdown", "") for out in outputs]
    return {line.strip() for text in texts for line in text.splitlines()}


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_every_function_and_class_is_printed(path):
    source = path.read_text("utf8")
    lines, code, shown = source.splitlines(), code_lines(source), printed()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            whole = code & set(range(node.lineno, node.end_lineno + 1))
            missing = [lines[n - 1] for n in sorted(whole) if lines[n - 1].strip() not in shown]
            assert not missing, f"{node.name} is not printed: add it to {CHAPTER.name}"
