"""The last chapter prints every function and class of the readable files, each by its name."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from size import READABLE, code_lines

(CHAPTER,) = (Path(__file__).parents[2] / "notebooks").glob("*_the_package.ipynb")


FILE = re.compile(r"(?:```python\n)?# dice/(\w+\.py)\n")


def printed(file: str) -> set[str]:
    """The lines of code and of text that the cells show below the name of the file."""
    cells = nbformat.read(CHAPTER, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    texts = [out.get("text", "") + out.get("data", {}).get("text/markdown", "") for out in outputs]
    named = [text for text in texts if (found := FILE.match(text)) and found[1] == file]
    return {line.strip() for text in named for line in text.splitlines()}


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_every_function_and_class_is_printed(path):
    source = path.read_text("utf8")
    lines, code, shown = source.splitlines(), code_lines(source), printed(path.name)
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            whole = code & set(range(node.lineno, node.end_lineno + 1))
            missing = [lines[n - 1] for n in sorted(whole) if lines[n - 1].strip() not in shown]
            assert not missing, f"{node.name} is not printed: add it to {CHAPTER.name}"
