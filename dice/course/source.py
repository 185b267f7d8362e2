"""The package's own code in a chapter: what is printed is what runs."""

import re
from inspect import getsource
from textwrap import dedent
from typing import Any

from IPython.display import Markdown

DOCSTRING = re.compile(r'\n *r?"""((?!""").)*\n((?!""").)*"""(\n(?=\n))?', re.DOTALL)
"""One of several lines, and the empty line after that of a class."""


def code(*objects: Any) -> Markdown:
    """The source of functions, properties or classes, without docstrings of several lines."""
    text = "\n\n\n".join(map(source, objects))
    return Markdown(f"```python\n{text}\n```")  # type: ignore[no-untyped-call]


def source(function: Any) -> str:
    """The lines that run, with their comments and docstrings of one line."""
    text = dedent(getsource(getattr(function, "fget", function)))  # of a property its function
    return DOCSTRING.sub("", text).rstrip("\n")
