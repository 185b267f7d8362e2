"""Link the first use of a glossary term in each chapter to the glossary.

The notebooks' Markdown stays plain. Only running text is searched: no headings, links, code,
formulas, labels of captions, or folded answers. A term and its synonyms count as one; a term right
beside the link of another is passed over.
"""

import re
from dataclasses import dataclass
from functools import cache

from docutils import nodes

GLOSSARY = "book/glossary"

# Names that everyday language has too: their first use in a chapter is rarely the term.
EVERYDAY = {"id", "object", "objective", "overlap", "reference"}
OTHER_SENSE = (
    r"for instance|(?:double|[Hh]alf|[Ss]ingle|given) precision|within rounding|a weighted average"
)

NOT_SEARCHED = (
    nodes.title,
    nodes.reference,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.thead,
    nodes.target,
)


@dataclass(frozen=True)
class Term:
    """A name in the glossary, with its anchor; synonyms share an entry."""

    name: str
    anchor: str
    entry: int


def pattern(name):
    """Match the name in the singular and the plural, and at the start of a sentence."""
    words = [re.escape(word) for word in name.split()]
    if name[0].islower():
        words[0] = f"[{name[0].upper()}{name[0]}]{words[0][1:]}"
    whole = r"\s+".join(words)
    if name.endswith("ss"):
        return whole + "(?:es)?"
    return whole.removesuffix("s") + "(?:e?s)?"


@cache
def glossary(env):
    """Return the terms, and one expression that finds them all, the longest first."""
    items = env.get_doctree(GLOSSARY).findall(nodes.definition_list_item)
    found = [
        Term(term.astext(), term["ids"][0], entry)
        for entry, item in enumerate(items)
        for term in item.findall(nodes.term)
        if term.astext() not in EVERYDAY
    ]
    found.sort(key=lambda term: -len(term.name))
    either = "|".join(f"({pattern(term.name)})" for term in found)
    return found, re.compile(rf"(?<![\w-])(?:{either}|{OTHER_SENSE})(?![\w-])")


class SplitTerm(nodes.inline):
    """A term whose first words are emphasized: **macro** average."""


def running_text(doctree):
    """Yield the pieces of text in which a term may be linked."""
    folded = 0
    for node in doctree.findall():
        if isinstance(node, nodes.raw):
            folded += node.astext().count("<details") - node.astext().count("</details>")
        elif isinstance(node, (nodes.Text, SplitTerm)) and not folded and searched(node):
            yield node


def searched(node):
    """Tell whether the node stands in nothing that is left alone."""
    while node := node.parent:
        in_label = isinstance(node, nodes.strong) and "figure-caption" in node.parent["classes"]
        if isinstance(node, (*NOT_SEARCHED, SplitTerm)) or "cell" in node["classes"] or in_label:
            return False
        if isinstance(node, nodes.document):
            return True
    return False


def join_split_terms(doctree, expression):
    """Put the emphasized beginning of a term and its end into one node."""
    for text in list(running_text(doctree)):
        mark, siblings = text.parent, text.parent.parent
        if not isinstance(mark, (nodes.strong, nodes.emphasis)):
            continue
        end = mark.next_node(descend=False, siblings=True)
        match = isinstance(end, nodes.Text) and expression.match(text + end)
        if match and match.lastindex and match.end() > len(text):
            cut = match.end() - len(text)
            place = siblings.index(mark)
            whole = SplitTerm("", "", mark, nodes.Text(end[:cut]))
            siblings[place : place + 2] = [whole, nodes.Text(end[cut:])]


def linked(node, found, expression, done, address):
    """Return a piece of text in pieces, with a link at each term that is not done yet."""
    text, pieces, end = node.astext(), [], 0
    for match in expression.finditer(text):
        term = match.lastindex and found[match.lastindex - 1]
        beside_a_link = pieces and not text[end : match.start()].strip(" \n-")
        if not term or term.entry in done or beside_a_link:
            continue
        done.add(term.entry)
        words = node.children or [nodes.Text(match[0])]
        link = nodes.reference("", "", *words, internal=True, refuri=f"{address}#{term.anchor}")
        link["classes"].append("glossary-term")
        pieces += [nodes.Text(text[end : match.start()]), link]
        end = match.end()
    if node.children and not pieces:
        return node.children
    return [*pieces, nodes.Text(text[end:])]


def link_terms(app, doctree, docname):
    """Link the terms of one chapter."""
    if app.builder.format != "html" or not docname.startswith("notebooks/"):
        return
    found, expression = glossary(app.env)
    address = app.builder.get_relative_uri(docname, GLOSSARY)
    done = set()
    join_split_terms(doctree, expression)
    for node in list(running_text(doctree)):
        node.parent.replace(node, linked(node, found, expression, done, address))


def setup(app):
    app.connect("doctree-resolved", link_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
