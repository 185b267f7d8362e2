"""Link each public function that a page names to its entry in the API reference.

In the reference itself, strings of code are set as code: typography would curl their quotes.

Inline code such as ``dice_score`` is linked wherever it stands in a text, and in code cells
the names that are imported: links all over the code would be in the reader's way.
"""

import re

from docutils import nodes

REFERENCE = "book/api"
NAME = re.compile(r"(?:dice\.)?(\w+(?:\.\w+)?)(?:\(.*\))?", re.S)
IMPORT = re.compile(
    r'(?<=<span class="nn">dice</span><span class="w"> </span><span class="kn">import</span> )'
    r'(?:<span class="p">\(</span>.*?<span class="p">\)</span>|[^\n]*)',
    re.S,
)

STRING = re.compile(r"""(?<![\w`])((?:\w+=)?"[a-z]+")(?!`)""")


def mark_strings(app, what, name, obj, options, lines):
    """Mark the strings in a docstring, except for its examples."""
    lines[:] = [
        line if line.lstrip().startswith(">>>") else STRING.sub(r"``\1``", line) for line in lines
    ]


def entries(app, docname):
    """Return the address of each documented name, as seen from a page."""
    address = app.builder.get_relative_uri(docname, REFERENCE)
    documented = app.env.get_domain("py").objects
    return {
        name.removeprefix("dice."): f"{address}#{entry.node_id}"
        for name, entry in documented.items()
        if entry.docname == REFERENCE
    }


def link_names(app, doctree, docname):
    """Link the names in the text of a page."""
    if app.builder.format != "html" or docname == REFERENCE:
        return
    addresses = entries(app, docname)
    for code in list(doctree.findall(nodes.literal)):
        name = NAME.fullmatch(code.astext())
        if not name or name[1] not in addresses or in_link_or_heading(code) or of_others(code):
            continue
        link = nodes.reference(internal=True, refuri=addresses[name[1]], classes=["api-link"])
        code.replace_self(link)
        link += code


def in_link_or_heading(node):
    """Tell whether the node stands where no link may stand."""
    while node := node.parent:
        if isinstance(node, (nodes.title, nodes.reference, nodes.term)):
            return True
    return False


def of_others(code):
    """Tell whether the code is another library's, in a column headed "there"."""
    entry = code
    while entry is not None and not isinstance(entry, nodes.entry):
        entry = entry.parent
    if entry is None:
        return False
    heads = next(entry.parent.parent.parent.findall(nodes.thead))[0]
    return heads[entry.parent.index(entry)].astext() == "there"


def link_imports(app, pagename, templatename, context, doctree):
    """Link the names that the code cells of a chapter import from the package."""
    if not pagename.startswith("notebooks/"):
        return
    addresses = entries(app, pagename)

    def link(name):
        address = addresses.get(name[1])
        return f'<a class="api-link" href="{address}">{name[0]}</a>' if address else name[0]

    def link_all(names):
        return re.sub(r'<span class="n">(\w+)</span>', link, names[0])

    context["body"] = IMPORT.sub(link_all, context["body"])


def setup(app):
    app.connect("autodoc-process-docstring", mark_strings, priority=600)  # after numpydoc
    app.connect("doctree-resolved", link_names)
    app.connect("html-page-context", link_imports)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
