"""Turn TeX into HTML while the book is built, with KaTeX inside an embedded JavaScript engine.

The pages then show their formulas without any script, and TeX that KaTeX rejects is a warning,
which fails the strict build.
"""

import re
from functools import cache
from pathlib import Path

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)
KATEX = Path(__file__).with_name("katex.min.js")
OPTIONS = {
    "strict": "ignore",
    "macros": {r"\arraystretch": "1.4"},  # room between the rows of matrices of fractions
}

# The two fonts that formulas want are asked for at once, so that they are laid out once. A page
# opened as a file may not ask ahead.
FONTS_AHEAD = """<script>
  if (location.protocol !== "file:")
    for (const name of ["Main-Regular", "Math-Italic"]) {
      const href = `ROOT_static/katex/fonts/KaTeX_${name}.woff2`;
      const link = { rel: "preload", as: "font", crossOrigin: "", href };
      document.head.append(Object.assign(document.createElement("link"), link));
    }
</script>
"""

# Names of parts of a formula that no rule of KaTeX's style sheet asks for. What stands in a
# row of a stack, after its strut, is needed as a box all the same.
NAMED_ONLY = (
    r'(class="pstrut"[^>]*></span>)?'
    r'<span class="(?:mord|mbin|mrel|mopen|mclose|mpunct)(?: mtight)?">([^<]*)</span>'
)


@cache
def engine():
    """Start JavaScript once, with KaTeX loaded."""
    context = MiniRacer()
    context.eval(KATEX.read_text("utf8"))
    return context


@cache
def to_html(tex, display):
    """Render one formula; raise JSEvalException where the TeX is bad."""
    if r"\frac" in tex:  # rows of fractions stand apart; TeX counts from the depth of a plain row
        below = r"\sum_{" in tex  # what a sum runs over stands below it
        room = "1.3em" if below else "0.9em" if r"\begin{aligned}" in tex else "0.7em"
        tex = re.sub(r"\\\\(\[[\d.]+\w+\])?", rf"\\\\[{room}]", tex)
    html = engine().call("katex.renderToString", tex, OPTIONS | {"displayMode": display})
    return re.sub(NAMED_ONLY, lambda part: part[0] if part[1] else part[2], html)


def formula(node, display):
    """Render the formula of a node; show bad TeX as it is, and warn."""
    try:
        return to_html(node.astext(), display)
    except JSEvalException as error:
        reason = str(error).splitlines()[0].partition("ParseError: ")[2]
        logger.warning("bad TeX: %s", reason, location=node, type="math")
        return f"<code>{nodes.unescape(node.astext())}</code>"


def keep_punctuation(app, doctree, docname):
    """Make signs beside an inline formula part of it: a comma may not begin the next line."""
    if app.builder.format != "html":
        return
    for node in list(doctree.findall(nodes.math)):
        line, place, tex = node.parent, index_of(node), node.astext()
        group = f"{{{tex}}}" if is_short(tex) else tex  # no space comes before a sign
        before, after = line[place - 1] if place else None, (line[place + 1 :] or [None])[0]
        if isinstance(after, nodes.Text) and after[:1] in tuple(".,;:!?)"):
            line[place + 1], tex = nodes.Text(after[1:]), rf"{group}\text{{{after[0]}}}"
        if isinstance(before, nodes.Text) and before.endswith("("):
            line[place - 1], tex = nodes.Text(before[:-1]), rf"\text{{(}}{tex}"
        node[0] = nodes.Text(tex)


def index_of(node):
    """Tell where a node stands in its line; `index` would find the first that is equal."""
    return next(place for place, other in enumerate(node.parent) if other is node)


def is_short(tex):
    """Tell whether a formula has few letters and signs, or rows: it then stays in one line."""
    signs = re.sub(r"[{}^_\s]", "", re.sub(r"\\([a-zA-Z]+|.)", "x", tex))
    return len(signs) <= 17 or r"\end{" in tex


def unbroken(tex):
    """Make a group of what stands in short parentheses: no line ends there."""
    return tex if r"\left" in tex else re.sub(r"\(([^()]{1,24})\)", r"({\1})", tex)


def visit_inline(translator, node):
    """Write a formula that stands in a line of text."""
    kind = "formula short" if is_short(node.astext()) else "formula"
    span = translator.starttag(node, "span", "", CLASS=kind)
    node[0] = nodes.Text(unbroken(node.astext()))
    translator.body.append(f"{span}{formula(node, display=False)}</span>")
    raise nodes.SkipNode


def visit_display(translator, node):
    """Write a formula that has its own line; keys can scroll it where it is too wide."""
    write = translator.body.append
    write(translator.starttag(node, "div", CLASS="equation"))
    write(f'<div class="formula" tabindex="0">{formula(node, display=True)}</div>')
    if node["number"]:
        number = get_node_equation_number(translator, node)
        write(f'<a class="eqno" href="#{node["ids"][0]}">({number})</a>')
    write("</div>\n")
    raise nodes.SkipNode


def load_styles(app, pagename, templatename, context, doctree):
    """Give the pages with formulas their style sheet and fonts, and no other page."""
    if 'class="katex' in context.get("body", ""):
        app.add_css_file("katex/katex.min.css")
        fonts = FONTS_AHEAD.replace("ROOT", "../" * pagename.count("/"))
        context["metatags"] = context.get("metatags", "") + fonts


def stop_engine(app, error):
    """Stop JavaScript; its thread would keep Python 3.13 from exiting."""
    if engine.cache_info().currsize:
        engine().close()
        engine.cache_clear()


def setup(app):
    app.add_html_math_renderer("static", (visit_inline, None), (visit_display, None))
    app.connect("doctree-resolved", keep_punctuation)
    app.connect("html-page-context", load_styles)
    app.connect("build-finished", stop_engine)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
