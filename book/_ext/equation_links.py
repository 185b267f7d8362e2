"""Number equations by chapter, and let Markdown links cite them.

A display formula labelled ``$$ … $$ (eq-dice)`` in chapter 2 is numbered (2.1), and the link
``[the Dice formula](#eq-dice)``, on any page, reads "the Dice formula (2.1)".
"""

import re

from docutils import nodes
from sphinx.domains.math import MathDomain


class ChapterMathDomain(MathDomain):
    """Sphinx's own equations, with the chapter in the number and the author's words in a link."""

    def note_equation(self, docname, labelid, location=None):
        super().note_equation(docname, labelid, location)
        if chapter := re.match(r"notebooks/(\d+)_", docname):
            _, number = self.equations[labelid]
            self.equations[labelid] = (docname, f"{int(chapter[1])}.{number}")

    def resolve_any_xref(self, env, fromdocname, builder, target, node, contnode):
        found = super().resolve_any_xref(env, fromdocname, builder, target, node, contnode)
        if node.get("refexplicit"):
            for _, link in found:
                link.insert(0, [*contnode.deepcopy().children, nodes.Text("\N{NO-BREAK SPACE}")])
        return found


def setup(app):
    app.add_domain(ChapterMathDomain, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
