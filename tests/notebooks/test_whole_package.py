"""The last chapter prints all of the readable files but imports, and of `__init__` these too."""

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
def test_every_line_but_imports_is_printed(path):
    source = path.read_text("utf8")
    lines, code, shown = source.splitlines(), code_lines(source), printed(path.name)
    for node in ast.parse(source).body:
        if path.name == "__init__.py" or not isinstance(node, ast.Import | ast.ImportFrom):
            whole = code & set(range(node.lineno, node.end_lineno + 1))
            missing = [lines[n - 1] for n in sorted(whole) if lines[n - 1].strip() not in shown]
            assert not missing, f"{missing[0]} is not printed: add it to {CHAPTER.name}"
