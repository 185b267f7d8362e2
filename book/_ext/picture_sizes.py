"""Give drawings their size, so that nothing on the page moves when they come."""

import re
from pathlib import Path

from docutils import nodes

SIZE = r'<svg[^>]*? width="([\d.]+)(?:px)?"[^>]*? height="([\d.]+)(?:px)?"'


def measure(app, doctree, docname):
    for image in doctree.findall(nodes.image):
        if image["uri"].endswith(".svg"):
            size = re.search(SIZE, Path(app.srcdir, image["uri"]).read_text("utf8"))
            image["width"], image["height"] = (str(round(float(side))) for side in size.groups())


def setup(app):
    app.connect("doctree-resolved", measure)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
