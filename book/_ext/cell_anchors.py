"""Give each code cell that has a name its place on the page, so that other pages can link to it.

A cell with ``"name": "cell-paired"`` in its metadata is reached from any page by the link
``[words](../notebooks/09_reporting.ipynb#cell-paired)``. A name that no cell has stops the
build, as any link that leads nowhere. Outside of the book such a link opens the notebook.
"""

from docutils import nodes
from sphinx.util import logging

logger = logging.getLogger(__name__)


def place_anchors(app, doctree):
    """Make the name of a cell its id, and tell MyST, which resolves the links."""
    places = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for cell in doctree.findall(nodes.container):
        if name := cell.get("cell_metadata", {}).get("name"):
            if name in places:
                logger.warning("two places are named %s", name, location=cell)
            cell["ids"].append(name)
            places[name] = (cell.line, name, name)


def setup(app):
    app.connect("doctree-read", place_anchors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
