"""Count what there is to read in the chapters: python tools/reading_time.py [NOTEBOOK ...].

A section is marked by a paragraph `*Core*` or `*Deeper*` below its heading; a subsection without
one goes with its section. What is folded (solutions, answers, cells that hide their code) does
not count, nor do exercises, questions and further reading.
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SECONDS = {"words": 60 / 200, "code": 2, "formulas": 10, "figures": 20}  # what each of them takes
LIMITS = {"core": 1300, "Part I core": 5200, "whole": 4500}  # words
NOT_READ = {"Exercises", "Questions", "Further reading"}
FOLDS = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
MARK = re.compile(r"\A\s*\*(Core|Deeper)\*[ ]*(?:\n|\Z)")
HEADING = re.compile(r"^(#{1,6}) +(.+)$", re.M)
FOLDED = r"(?ms)<details>.*?</details>|<!--.*?-->"
FENCE = r"(?ms)^(`{3,})[^\n]*\n(.*?)^\1`*"


def of_text(source: str) -> Counter[str]:
    """Count words, lines of code and display formulas; a formula within a line is one word."""
    code = sum(len(fence[2].split("\n")) - 1 for fence in re.finditer(FENCE, source))
    source, formulas = re.subn(r"(?s)\$\$.*?\$\$", " ", re.sub(FENCE, " ", source))
    source = re.sub(r"(?<!\\)\$[^$\n]+\$", " x ", source)
    source = re.sub(r"!?\[([^\]]*)\]\([^)]*\)|</?[a-z][^>]*>", r" \1 ", source)
    words = sum(bool(re.search(r"\w", word)) for word in source.split())
    return Counter(words=words, code=code, formulas=formulas)


def of_code(cell: dict[str, Any]) -> Counter[str]:
    """Count the visible lines of a code cell, and the code, formulas and figures it shows."""
    tags = set(cell["metadata"].get("tags", []))
    data = [o.get("data", {}) for o in cell.get("outputs", []) if "remove-cell" not in tags]
    source = "" if tags & FOLDS else "".join(cell["source"])
    lines = [row for row in source.splitlines() if row.strip()]
    lines += [row for d in data for row in "".join(d.get("text/markdown", "")).splitlines() if row]
    figures = sum(any(kind.startswith("image/") for kind in d) for d in data)
    return Counter(code=len(lines), formulas=sum("text/latex" in d for d in data), figures=figures)


def cells(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook."""
    return list(json.loads(path.read_text("utf8"))["cells"])


def sections(path: Path) -> list[tuple[str, str, Counter[str]]]:
    """Title, mark (core, deeper, none, or empty where one is missing) and counts of each."""
    found = [("", "core", Counter[str]())]  # what stands before the first heading of level 2
    outer = "core"
    for cell in cells(path):
        if cell["cell_type"] == "code":
            found[-1][2].update(of_code(cell))
            continue
        first, *rest = re.split(r"(?m)^(?=#{2,6} )", re.sub(FOLDED, " ", "".join(cell["source"])))
        found[-1][2].update(of_text(first))
        for part in rest:
            hashes, title = HEADING.match(part).groups()  # type: ignore[union-attr]
            body = part.partition("\n")[2]
            mark = MARK.match(body)
            level = len(hashes)
            if level == 2 and title in NOT_READ | {"Summary"}:
                outer = "core" if title == "Summary" else "none"
            elif level == 2:
                outer = mark[1].lower() if mark else ""
            inner = mark[1].lower() if mark and level > 2 and outer != "none" else outer
            found.append((title, inner, of_text(title + "\n" + MARK.sub("\n", body, count=1))))
    return found


def minutes(counts: Counter[str]) -> int:
    """Return how long it takes to read what was counted, at least one minute."""
    return max(1, round(sum(SECONDS[kind] * count for kind, count in counts.items()) / 60))


def roads(path: Path) -> dict[str, Counter[str]]:
    """Count the core of a chapter, and the whole of it."""
    parts = sections(path)
    core = sum((counts for _, mark, counts in parts if mark == "core"), Counter[str]())
    return {"core": core, "whole": sum((c for _, m, c in parts if m != "none"), Counter[str]())}


def book() -> dict[str, list[Path]]:
    """The chapters of each part of the book, in their order; a chapter has a number."""
    import yaml

    parts = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))["parts"]
    found = {p["caption"]: [ROOT / f"{c['file']}.ipynb" for c in p["chapters"]] for p in parts}
    return {part: paths for part, paths in found.items() if paths[0].name[0].isdigit()}


def total(paths: list[Path]) -> dict[str, Counter[str]]:
    """Count several chapters together."""
    each = [roads(path) for path in paths]
    return {road: sum((e[road] for e in each), Counter[str]()) for road in ("core", "whole")}


def row(name: str, counts: dict[str, Counter[str]]) -> None:
    """Print words and minutes of the core and of the whole, side by side."""
    columns = (f"{road} {c['words']:6} words {minutes(c):4} min" for road, c in counts.items())
    print(f"{name:32}", *columns, sep="  ")


def main() -> None:
    """Print the notebooks that are named, by section, or all of them, by part."""
    for name in sys.argv[1:]:
        for title, mark, counts in sections(Path(name)):
            kinds = "  ".join(f"{kind} {counts[kind]:4}" for kind in SECONDS)
            print(f"{mark or 'NO MARK':8} {title[:42]:42} {kinds}  {minutes(counts)} min")
        row(Path(name).stem, roads(Path(name)))
    if not sys.argv[1:]:
        for part, paths in book().items():
            for path in paths:
                row(f"  {path.stem}", roads(path))
            row(part, total(paths))
        row("all", total([path for paths in book().values() for path in paths]))
    print("limits, in words:", ", ".join(f"{name} {limit}" for name, limit in LIMITS.items()))


if __name__ == "__main__":
    main()
