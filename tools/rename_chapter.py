"""Rename and renumber chapters, and all that cites them: python tools/rename_chapter.py OLD=NEW …

    python tools/rename_chapter.py 08_conventions=05_conventions 05_gradients=08_gradients

OLD and NEW are names of notebooks without `.ipynb`. All are renamed at once, so two may change
places. In every file that git keeps, what names the file follows, and so do "chapter 8",
"Figure 8.2", "Exercise 8.3" and the number before a title. The old address of a chapter that was
committed leads to the new one: `redirects` in `_config.yml`. By hand: the order in `_toc.yml` and
`book/welcome.md`, words such as "so far" or "later", and then `make unit` and
`python tools/records/course_times.py --page`.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
NOT_OURS = (
    ".min.js",
    ".min.css",
    ".svg",
    "constraints.txt",
    "rename_chapter.py",
    "test_chapter_numbers.py",
)
LINK = r"\]\([^)\s]*\)"  # the end of a link
ITEM = rf"\[?\d+(?:{LINK})?"
MORE = r"(?:,|,? and|,? or| to)\s+"
ONE = r"\b[Cc]hapter(?:\s|&nbsp;)+\d+(?!\.?\d)"
SEVERAL = rf"\b[Cc]hapters\s+{ITEM}(?:{MORE}{ITEM})*"
LABEL = rf"\b(?:Figure|Exercise)s?\s+\d+\.\d+(?:{MORE}\d+\.\d+)*"
TEXT_OF_LINK = r"(\[(?:[Cc]hapter )?)\d+((?:\. [^\]\n]*)?\]\((?:[\w.]+/)*(\d+)_)"


def number(stem: str) -> str:
    return str(int(stem.split("_")[0]))


def renamed(names: dict[str, str]) -> Callable[[str], str]:
    """Return the function that makes a text speak of the chapters by their new names."""
    numbers = {number(old): number(new) for old, new in names.items()}
    stems = re.compile(rf"\b({'|'.join(names)})\b(?!:)")  # before a colon: an old address

    def renumber(found: re.Match) -> str:
        # a number alone: of a file's name or of 5.2 only what comes first
        return re.sub(r"(?<![\w.#/-])\d+(?!\w)", lambda n: numbers.get(n[0], n[0]), found[0])

    def change(text: str) -> str:
        text = stems.sub(lambda found: names[found[1]], text)
        text = re.sub(f"{ONE}|{SEVERAL}|{LABEL}", renumber, text)
        return re.sub(TEXT_OF_LINK, lambda f: f"{f[1]}{int(f[3])}{f[2]}", text)

    return change


def with_title(text: str, stem: str) -> str:
    """Number the title of a notebook, which is its first heading."""
    return re.sub(r'"# \d+\. ', f'"# {number(stem)}. ', text, count=1)


def with_redirects(config: str, names: dict[str, str], had_address: dict[str, str]) -> str:
    """Let the addresses of before lead on, unless a chapter has them again."""
    lines = "".join(f"      notebooks/{old}: {new}.html\n" for old, new in had_address.items())
    config = re.sub(r"^    redirects:.*\n", lambda line: line[0] + lines, config, flags=re.M)
    return re.sub(rf"^      notebooks/(?:{'|'.join(names.values())}): .*\n", "", config, flags=re.M)


def kept() -> list[Path]:
    """Return the files that git keeps or would keep, without what others wrote."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout.decode()
    files = [ROOT / name for name in names.split("\0") if name and not name.endswith(NOT_OURS)]
    return [file for file in files if file.is_file()]


def main(arguments: list[str]) -> None:
    names = dict(argument.split("=") for argument in arguments)
    there = {file.stem for file in NOTEBOOKS.glob("[0-9]*.ipynb")}
    after = sorted(names.get(stem, stem) for stem in there)
    if not names or not names.keys() <= there or len({*map(number, after)}) < len(after):
        sys.exit(f"{__doc__}\nA chapter is not there, or two would have one number: {after}")
    change, changed = renamed(names), 0
    git = ["git", "ls-tree", "--name-only", "HEAD", "notebooks/"]
    committed = subprocess.run(git, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    had_address = {old: new for old, new in names.items() if f"{old}.ipynb" in committed}
    for file in kept():
        try:
            before = file.read_text("utf8")
        except UnicodeDecodeError:
            continue
        text = change(before)
        if file.name == "_config.yml":
            text = with_redirects(text, names, had_address)
        if file.parent == NOTEBOOKS and file.stem in names:
            text = with_title(text, names[file.stem])
        if text != before:
            file.write_text(text, "utf8")
            changed += 1
    for old in names:
        (NOTEBOOKS / f"{old}.ipynb").rename(NOTEBOOKS / f"{old}.moved")
    for old, new in names.items():
        (NOTEBOOKS / f"{old}.moved").rename(NOTEBOOKS / f"{new}.ipynb")
        print(old, "is now", new, "and its old address leads there" if old in had_address else "")
    print(f"{changed} files are changed; look at them with git diff.")


if __name__ == "__main__":
    main(sys.argv[1:])
