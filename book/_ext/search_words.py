"""Let the search find words, and no TeX: formulas stay out of its index."""

from docutils import nodes

FORMULAS = (nodes.math, nodes.math_block)


def leave_formulas_out(app):
    """Have the builder index a copy of each page, without the formulas."""
    index_page = getattr(app.builder, "index_page", None)
    if index_page is None:
        return

    def index_words(pagename, doctree, title):
        words = doctree.deepcopy()
        for formula in list(words.findall(lambda node: isinstance(node, FORMULAS))):
            formula.parent.remove(formula)
        index_page(pagename, words, title)

    app.builder.index_page = index_words


def load_script(app, pagename, templatename, context, doctree):
    """Give the search page the script that writes readable excerpts."""
    if pagename == "search":
        app.add_js_file("search.js", loading_method="defer")


def setup(app):
    app.connect("builder-inited", leave_formulas_out)
    app.connect("html-page-context", load_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
