"""The package's own code in a chapter: what is printed is what runs."""

import ast
from inspect import getsource
from textwrap import dedent
from typing import Any

from IPython.display import Markdown


def code(*objects: Any) -> Markdown:
    """The source of functions, properties or classes, without docstrings of several lines."""
    return Markdown(  # type: ignore[no-untyped-call]  # IPython has none here
        "```python\n" + "\n\n\n".join(map(source, objects)) + "\n```"
    )


def source(function: Any) -> str:
    """The lines that run, with their comments and docstrings of one line."""
    text = dedent(getsource(getattr(function, "fget", function)))  # of a property its function
    lines: list[str | None] = list(text.splitlines())
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            first, last = node.lineno - 1, node.end_lineno or node.lineno
            if last - first > 1:
                blank = lines[last : last + 1] == [""]  # as after the docstring of a class
                lines[first : last + blank] = [None] * (last + blank - first)
    return "\n".join(line for line in lines if line is not None)
