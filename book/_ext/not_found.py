"""Write 404.html, which hosts show for an address that does not exist.

It is shown in place of a page in any folder, so no relative address of another file is certain.
The page therefore brings its own style, and finds the folder of the course by going up from the
address until its icon is there. Where `html: baseurl` in _config.yml is set, it just says so.
"""

from html import escape
from pathlib import Path
from string import Template

from breadcrumbs import parts

TEMPLATE = Path(__file__).with_name("404.html")


def contents(app):
    """List the pages of the book by part."""
    for caption, pages in parts(app.env).items():
        yield f"<h2>{escape(caption)}</h2>\n<ul>"
        for page in pages:
            title = escape(app.env.titles[page].astext())
            yield f'<li><a href="{page}.html">{title}</a></li>'
        yield "</ul>"


def write(app, error):
    """Write the page beside index.html."""
    if error or app.builder.name != "html":
        return
    config = app.config
    base = config.html_baseurl
    page = Template(TEMPLATE.read_text("utf8")).substitute(
        lang=config.language,
        book=escape(config.html_title),
        base=f'<base href="{escape(base)}">\n' if base else "",
        first=f"{config.root_doc}.html",
        contents="\n".join(contents(app)),
    )
    Path(app.outdir, "404.html").write_text(page, "utf8")


def setup(app):
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
