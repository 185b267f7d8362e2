"""Give a class to the parts of a chapter that plain Markdown cannot mark, for the style sheet.

A paragraph that begins with **Figure N.k.** is a caption; what stands between the first
sentences of a chapter and its first code, from **You will be able to** on, is its opening. The line
*Core* or *Deeper* under a heading goes into it, and so into the contents of the page.
No line ends between a number and what it belongs to: chapter 3, Figure 3.2, 5 %. Nor does one end
in a few letters of code.
"""

import re
from itertools import takewhile

from docutils import nodes

NUMBERED = re.compile(r"\b(?:[Cc]hapters?|Figures?|Exercises?) (?=\d)|(?<=\d) (?=%)")
SHORT = 15  # letters of code that stay in one line
DEPTHS = ("Core", "Deeper")
TEXT = (nodes.paragraph, nodes.bullet_list)


def leads_with(node, words):
    """Tell whether the node is a paragraph that begins with these words in bold."""
    if not isinstance(node, nodes.paragraph):
        return False
    first = next((child for child in node if child.astext()), None)
    return isinstance(first, nodes.strong) and first.astext().startswith(words)


def mark_parts(app, doctree):
    for paragraph in doctree.findall(nodes.paragraph):
        if leads_with(paragraph, "Figure "):
            paragraph["classes"].append("figure-caption")
    for start in list(doctree.findall(lambda node: leads_with(node, "You will be able to"))):
        chapter = start.parent
        first = chapter.index(start)
        text = takewhile(lambda node: isinstance(node, TEXT), chapter[first:])
        opening = nodes.container("", *text, classes=["opening"])
        chapter[first : first + len(opening)] = [opening]
    for line in list(doctree.findall(nodes.paragraph)):
        if line.astext() in DEPTHS:
            depth = nodes.inline("", f" {line.astext()}", classes=["depth", line.astext().lower()])
            line.parent[0].append(depth)
            line.parent.remove(line)


def keep_numbers(app, doctree, docname):
    """Let no line end inside of short code and what `NUMBERED` finds; formulas stay as they are."""
    for code in doctree.findall(nodes.literal):
        if len(code.astext()) < SHORT:
            code["classes"].append("one-word")
    as_they_are = (nodes.FixedTextElement, nodes.literal, nodes.math)
    for text in list(doctree.findall(nodes.Text)):
        if NUMBERED.search(text) and not isinstance(text.parent, as_they_are):
            kept = NUMBERED.sub(lambda found: found[0].replace(" ", "\u00a0"), text)
            text.parent.replace(text, nodes.Text(kept))


def setup(app):
    app.connect("doctree-read", mark_parts, priority=400)  # before the contents are made
    app.connect("doctree-resolved", keep_numbers, priority=900)  # when all links stand
    return {"parallel_read_safe": True, "parallel_write_safe": True}
