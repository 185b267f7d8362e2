"""Count the code of the core: python tests/size.py.

A line counts if it holds code: no blank line, no comment, no docstring. The longest function
is named too, counted the same way, for it must fit on a screen.
"""

import ast
from pathlib import Path

CORE = sorted((Path(__file__).parent.parent / "dice").glob("*.py"))


def code_lines(source: str) -> set[int]:
    """The numbers of the lines that hold code."""
    lines = enumerate(source.splitlines(), 1)
    found = {number for number, line in lines if line.strip() and line.strip()[0] != "#"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found -= set(range(node.lineno, node.end_lineno + 1))
    return found


def functions(source: str, code: set[int]) -> dict[str, int]:
    """How many lines of code each function has."""
    return {
        node.name: len(code & set(range(node.lineno, node.end_lineno + 1)))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    }


if __name__ == "__main__":
    total, longest = 0, ("", 0)
    for path in CORE:
        source = path.read_text("utf8")
        code = code_lines(source)
        total += len(code)
        longest = max(longest, *functions(source, code).items(), ("", 0), key=lambda item: item[1])
        print(f"{path.name:16} {len(code):5}")
    print(f"{'all':16} {total:5} lines; the longest function is {longest[0]}, with {longest[1]}")
