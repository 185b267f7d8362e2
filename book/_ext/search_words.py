"""Let the search find sections and words, and no TeX: formulas stay out of its index.

Each section of a page is indexed as a page of its own, named page#section; search.js takes the
two apart.
"""

from html import escape

from docutils import nodes


def is_left_out(node):
    """Tell whether a node is a formula, or says how deep a section goes."""
    formula = isinstance(node, (nodes.math, nodes.math_block))
    return formula or (isinstance(node, nodes.inline) and "depth" in node["classes"])


def index_sections(app):
    """Have the builder index a copy of each page, by sections and without the formulas."""
    if app.builder.format != "html":
        return
    index_page = app.builder.index_page

    def index_words(pagename, doctree, title):
        words, index = doctree.deepcopy(), app.builder.indexer
        for part in list(words.findall(is_left_out)):
            part.parent.remove(part)
        _, *sections = words.findall(nodes.section)
        for section in reversed(sections):  # the inner ones first
            section.parent.remove(section)
            heading = escape(section[0].astext())
            index.feed(f"{pagename}#{section['ids'][0]}", pagename, heading, section)
        index_page(pagename, words, title)
        index.prune = lambda pages: None  # which would leave nothing but pages in the index

    app.builder.index_page = index_words


def setup(app):
    app.connect("builder-inited", index_sections)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
