"""Write into the sources what hangs on the address of the repository; `make outputs` runs this.

A notebook that Colab opens has no package `dice` beside it. Once `_config.yml` knows the address,
this puts a first code cell into every notebook that fetches the course there, which the book does
not show; into the welcome page it puts the line that fetches the course, and one that leads to the
releases. Without an address it takes them away.
"""

import re
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).parents[1]
WELCOME = ROOT / "book" / "welcome.md"
TAG = "hosted"
SOURCE = """\
from pathlib import Path

if not Path("../dice").is_dir():  # this notebook stands alone: fetch the course
    address = "{address}"
    !test -d course || git clone --quiet --depth 1 {{address}} course
    %pip install --quiet "./course[course]"
    %cd -q course/notebooks"""

FOLDER = "cd path/to/the/course     # the folder with its README"
CLONE = """\
git clone {address} course
cd course"""

MARK = "<!-- the releases, by tools/hosted.py -->"
RELEASES = """\
- **Take it along.** [The latest release]({address}/releases/latest) has the whole course as \
one zip, to read and run without network, as one PDF, and the package as a wheel.
"""


def address() -> str:
    """Return the repository's address; empty, while it has none."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
    return config["sphinx"]["config"]["html_theme_options"]["repository_url"]


def with_fetch_cell(notebook: nbformat.NotebookNode, url: str) -> nbformat.NotebookNode:
    """Give a notebook the cell that fetches the course from this address, or none."""
    cells = [cell for cell in notebook.cells if TAG not in cell.metadata.get("tags", [])]
    if url:
        fetch = nbformat.v4.new_code_cell(
            SOURCE.format(address=url),
            id="fetch-the-course",
            metadata={"tags": [TAG, "remove-cell"]},
        )
        first = next(i for i, cell in enumerate(cells) if cell.cell_type == "code")
        cells.insert(first, fetch)
    notebook.cells = cells
    return notebook


def with_address(page: str, url: str) -> str:
    """Let a page fetch the course, and lead to the releases that a workflow makes on GitHub."""
    first = CLONE.format(address=url) if url else FOLDER
    line = RELEASES.format(address=url) if url.startswith("https://github.com/") else ""
    changes = {
        rf"{re.escape(FOLDER)}|git clone \S+ course\ncd course": first,
        rf"(- \*\*Take it along.*\n)?{MARK}\n": f"{line}{MARK}\n",
    }
    for pattern, text in changes.items():
        page, count = re.subn(pattern, lambda _, text=text: text, page)
        assert count == 1, f"the welcome page has {pattern!r} {count} times"
    return page


def main() -> None:
    """Write the notebooks that change, and the welcome page."""
    before = WELCOME.read_text("utf8")
    if (after := with_address(before, address())) != before:
        WELCOME.write_text(after, "utf8")
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        before = file.read_text("utf8")
        notebook = with_fetch_cell(nbformat.reads(before, as_version=4), address())
        after = nbformat.writes(notebook) + "\n"
        if after != before:
            file.write_text(after, "utf8")


if __name__ == "__main__":
    main()
