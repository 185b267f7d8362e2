"""Let the notebooks fetch the course where they stand alone, as on a hosted service.

A notebook that Colab opens has no package `dice` beside it. Once `_config.yml` knows the address
of the repository, this puts a first code cell into every notebook that fetches the course there;
without an address it takes the cell away. `make outputs` runs it. The book does not show the cell.
"""

from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).parents[1]
TAG = "hosted"
SOURCE = """\
from pathlib import Path

if not Path("../dice").is_dir():  # this notebook stands alone: fetch the course
    address = "{address}"
    !test -d course || git clone --quiet --depth 1 {{address}} course
    %pip install --quiet "./course[course]"
    %cd -q course/notebooks"""


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


def main() -> None:
    """Write the notebooks that change."""
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        before = file.read_text("utf8")
        notebook = with_fetch_cell(nbformat.reads(before, as_version=4), address())
        after = nbformat.writes(notebook) + "\n"
        if after != before:
            file.write_text(after, "utf8")


if __name__ == "__main__":
    main()
