"""Count the code of the package: python tools/size.py.

A line counts if it holds code: no blank line, no comment, no docstring. The longest function of
each floor is named too, counted the same way, for it must fit on a screen.
"""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "dice"
READABLE, ENGINE = (sorted(folder.glob("*.py")) for folder in (PACKAGE, PACKAGE / "engine"))
FLOORS = {"readable": READABLE, "engine": ENGINE}
WAITING = PACKAGE / "course" / "figures.py"  # until the last three chapters are written anew
COURSE = [path for path in sorted(WAITING.parent.glob("*.py")) if path != WAITING]


def code_lines(source: str) -> set[int]:
    """The numbers of the lines that hold code."""
    lines = enumerate(source.splitlines(), 1)
    found = {number for number, line in lines if line.strip() and line.strip()[0] != "#"}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found -= set(range(node.lineno, node.end_lineno + 1))
    return found


def functions(source: str) -> dict[str, int]:
    """How many lines of code each function has."""
    code = code_lines(source)
    return {
        node.name: len(code & set(range(node.lineno, node.end_lineno + 1)))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    }


if __name__ == "__main__":
    total = 0
    for floor, paths in FLOORS.items():
        sources = {path.name: path.read_text("utf8") for path in paths}
        sizes = {name: len(code_lines(source)) for name, source in sources.items()}
        longest = max(
            (lines, name) for s in sources.values() for name, lines in functions(s).items()
        )
        print(f"{floor} {sum(sizes.values())}; the longest function is {longest[1]}, {longest[0]}")
        print(*(f"    {name:16} {lines:5}" for name, lines in sizes.items()), sep="\n")
        total += sum(sizes.values())
    print(f"all {total}")
    course = sum(len(code_lines(path.read_text("utf8"))) for path in COURSE)
    print(f"course {course}, and in figures.py {len(code_lines(WAITING.read_text('utf8')))}")
