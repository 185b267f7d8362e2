"""What a chapter prints of the package is what runs."""

import ast
import inspect
from importlib import import_module
from textwrap import dedent

import pytest

from dice.course.source import code, source

READABLE = ["activations", "formulas", "instances", "losses", "options", "overlap", "scores"]
ENGINE = ["engine.arrays", "engine.checks", "engine.counts", "engine.layout", "engine.pieces"]
OBJECTS = [
    pytest.param(found, id=f"{file}.{name}")
    for file in READABLE + ENGINE
    for name, found in vars(import_module(f"dice.{file}")).items()
    if inspect.isfunction(found) or inspect.isclass(found)
    if found.__module__ == f"dice.{file}"
]


class WithoutDocstrings(ast.NodeTransformer):
    """Leaves out what is an expression of a constant alone."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if isinstance(node.value, ast.Constant) else node


def structure(text: str) -> str:
    return ast.dump(WithoutDocstrings().visit(ast.parse(text)))


@pytest.mark.parametrize("found", OBJECTS)
def test_the_printed_code_is_the_code_that_runs(found):
    printed, whole = source(found), dedent(inspect.getsource(found))
    assert structure(printed) == structure(whole)
    quoted = [line for line in printed.splitlines() if line.lstrip().startswith(('"""', 'r"""'))]
    assert all(line.count('"""') == 2 for line in quoted), "a docstring of several lines is left"


def example(x):
    """One line stays."""
    return x  # and so do comments


class Example:
    """Several lines

    go."""

    @property
    def one(self):
        return 1


def test_long_docstrings_go_and_all_else_stays():
    assert code(example, Example).data == (
        '```python\ndef example(x):\n    """One line stays."""\n'
        "    return x  # and so do comments\n\n\nclass Example:\n    @property\n"
        "    def one(self):\n        return 1\n```"
    )
    assert source(Example.one).startswith("@property\ndef one")
