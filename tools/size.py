"""Count the code: python tools/size.py, or python tools/size.py FOLDER for another checkout.

A line counts if it holds code: no blank line, no comment, no docstring. The longest function of
each floor of the package is named too, counted the same way, for it must fit on a screen.
"""

import ast
import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "dice"
READABLE, ENGINE = (sorted(folder.glob("*.py")) for folder in (PACKAGE, PACKAGE / "engine"))
FLOORS = {"readable": READABLE, "engine": ENGINE}
COURSE = sorted((PACKAGE / "course").glob("*.py"))


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


def lines_of(path: Path) -> int:
    """How many lines of code a file has, in Python or for the browser."""
    source = path.read_text("utf8")
    if path.suffix == ".py":
        return len(code_lines(source))
    return len(
        re.findall(r"^.*\S", re.sub(r"(?s)/\*.*?\*/|^\s*//.*?$", "", source, flags=re.M), re.M)
    )


def by_folder(root: Path) -> dict[str, int]:
    """Lines of code by folder; what others wrote (*.min.js, KaTeX) is left out."""
    found: dict[str, int] = {}
    for folder in ("dice", "book", "tools", "benchmarks", "tests"):
        for path in sorted(root.glob(f"{folder}/**/*")):
            ours = ".min." not in path.name and "katex" not in path.parts
            if path.suffix in {".py", ".js", ".css"} and ours:
                name = path.parent.relative_to(root).as_posix()
                found[name] = found.get(name, 0) + lines_of(path)
    return found


def print_package() -> None:
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
    print("course", sum(len(code_lines(path.read_text("utf8"))) for path in COURSE))


if __name__ == "__main__":
    if not sys.argv[1:]:
        print_package()
    folders = by_folder(Path(sys.argv[1]) if sys.argv[1:] else PACKAGE.parent)
    print(*(f"{name:28}{lines:6}" for name, lines in folders.items()), sep="\n")
    print(f"{'all':28}{sum(folders.values()):6}")
