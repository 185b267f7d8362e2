"""Number the cells that `make outputs` has run: 1, 2, 3, …, the optional ones among them.

The kernel counts what it runs, and it skips the optional cells where their library is not
installed. The numbers stored are those of one run of the whole chapter, in order. The cell of
tools/hosted.py has none: it is not of the chapter.
"""


def numbered(notebook, resources):
    """Preprocess for nbconvert, after it has executed the notebook."""
    count = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            hosted = "hosted" in cell.metadata.get("tags", [])
            count += not hosted
            for part in (cell, *cell.outputs):
                if "execution_count" in part:
                    part.execution_count = None if hosted else count
    return notebook, resources
