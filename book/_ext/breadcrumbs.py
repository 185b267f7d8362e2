"""Tell the reader of a page where it stands: in the breadcrumbs, the progress and the sidebar."""

import re
from html import escape

from sphinx.addnodes import toctree


def parts(env):
    """Return the parts of the book: their captions, each with the names of its pages."""
    root = env.get_doctree(env.config.root_doc)
    return {part["caption"]: part["includefiles"] for part in root.findall(toctree)}


def chapters(env):
    """Return the names of the chapters, which have numbers, in reading order."""
    pages = [page for names in parts(env).values() for page in names]
    return [page for page in pages if re.match(r"notebooks/\d", page)]


def progress(number, count):
    """Say how far into the book a chapter is, in words and as a bar."""
    bar = f'<span class="bar" style="--share: {number / count:.0%}"></span>'
    return f'<p class="course-progress">Chapter {number} of {count}{bar}</p>\n'


def show(app, pagename, templatename, context, doctree):
    """Complete the breadcrumbs, and set the progress above the chapter."""
    for caption, pages in parts(app.env).items():
        if pagename in pages:
            first = app.builder.get_relative_uri(pagename, pages[0])
            title = f'<span class="ellipsis">{escape(caption)}</span>'  # shows where it is cut
            context["parents"] = [{"title": title, "link": first}]
    names = chapters(app.env)
    if pagename in names:
        number = names.index(pagename)  # the first chapter is chapter 0
        context["body"] = progress(number, len(names) - 1) + context["body"]


def setup(app):
    app.add_js_file("sidebar.js")
    app.connect("html-page-context", show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
