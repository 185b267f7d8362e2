"""Tell whether the stored outputs are those of the code: python tools/outputs.py.

The book shows what the notebooks store, and runs nothing. `make outputs` runs them, and notes in
notebooks/outputs.json for each a hash of what its outputs rest on, and a hash of the outputs.
`make book` makes both anew, and stops where one differs. Text, metadata, comments and docstrings
of the package do not count, nor does a cell that was run again by hand and gave the same.
"""

import ast
import json
import re
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

from size import code_lines

ROOT = Path(__file__).parents[1]
NOTED = "notebooks/outputs.json"
RECORDS = "benchmarks/results"
CHANGED = {
    "code": "its code, the package, the lock or a record has changed since its outputs were stored",
    "outputs": "its outputs are not those that were stored",
}


@cache
def imports(source: str) -> frozenset[str]:
    """Name what the code imports, and the packages around it; code that is no Python has none."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return frozenset()
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return frozenset(name[: end.start()] for name in names for end in re.finditer(r"\.|$", name))


@cache
def code(source: str) -> list[str]:
    """Return the lines that are no comment, docstring or blank."""
    lines = source.splitlines()
    return [lines[number - 1] for number in sorted(code_lines(source))]


def package(source: str) -> dict[str, str | list[str]]:
    """Return the code of each module of the course that the source leads to, and the styles.

    Where it leads to `inspect`, which reads modules for printing, they count as they are.
    """
    styles = (ROOT / "dice").rglob("*.mplstyle")
    texts = {file.name: file.read_text("utf8") for file in styles}
    seen: set[str] = set()
    ahead = set(imports(source))
    while ahead:
        name = ahead.pop()
        seen.add(name)
        stem = name.replace(".", "/")
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if name.startswith("dice") and path not in texts and (ROOT / path).is_file():
                texts[path] = (ROOT / path).read_text("utf8")
                ahead |= imports(texts[path])
    if "inspect" in seen:
        return texts
    return {path: code(text) if path.endswith(".py") else text for path, text in texts.items()}


def records(source: str) -> list[str]:
    """Return the text of each committed record that the source names."""
    files = [ROOT / RECORDS / name for name in sorted(set(re.findall(r"[\w-]+\.jsonl?\b", source)))]
    return [file.read_text("utf8") for file in files if file.is_file()]


def joined(lines: str | list[str]) -> str:
    """Return a text, which a notebook may store as a list of lines."""
    return lines if isinstance(lines, str) else "".join(lines)


def shown(cell: dict) -> list[dict[str, str]]:
    """Return what a cell shows: what it prints, in however many pieces that came, and the rest."""
    printed: dict[str, str] = {}
    rest = []
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            name = output["name"]
            printed[name] = printed.get(name, "") + joined(output["text"])
        else:
            data = output.get("data", {"error": output.get("traceback", "")})
            rest.append({kind: joined(value) for kind, value in data.items()})
    return [printed, *rest]


def hashes(notebook: Path) -> dict[str, str]:
    """Return a hash of what the outputs of a notebook rest on, and one of the outputs."""
    cells = json.loads(notebook.read_text("utf8"))["cells"]
    cells = [cell for cell in cells if cell["cell_type"] == "code"]
    cells = [cell for cell in cells if "hosted" not in cell["metadata"].get("tags", [])]
    sources = [joined(cell["source"]) for cell in cells]
    whole = "\n".join(sources)
    lock = (ROOT / "constraints.txt").read_text("utf8")
    parts = {
        "code": [sources, package(whole), records(whole), lock],
        "outputs": [shown(cell) for cell in cells],
    }
    return {
        name: sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()
        for name, part in parts.items()
    }


def main(store: bool = False) -> str | None:
    """Note the hashes, or say what is not as it was noted."""
    now = {file.name: hashes(file) for file in sorted((ROOT / "notebooks").glob("*.ipynb"))}
    if store:
        (ROOT / NOTED).write_text(json.dumps(now, indent=1) + "\n", "utf8")
        return None
    noted = json.loads((ROOT / NOTED).read_text("utf8"))
    problems = [
        f"notebooks/{name}: {CHANGED[kind]}"
        for name, both in now.items()
        for kind, value in both.items()
        if noted.get(name, {}).get(kind) != value
    ]
    return (
        "\n".join([*problems, "Run `make outputs`, then look at `git diff`."]) if problems else None
    )


if __name__ == "__main__":
    sys.exit(main(store="--store" in sys.argv))
