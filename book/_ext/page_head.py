"""Say in the head of each page what it is about, for search engines and for shared links.

A page that is no notebook states its description itself; a chapter's is its first sentences.
Addresses are absolute once `html: baseurl` in _config.yml says where the book lives; Sphinx
then names the canonical address of each page, too.
"""

import re
from html import escape
from pathlib import Path
from urllib.parse import urljoin

from docutils import nodes

LONGEST, ENOUGH = 160, 100  # letters
WITHOUT_TEXT = {
    "search": ("Search", "Search the course: chapters, glossary and API reference."),
    "genindex": ("Index", "Every term and every function of the course, from A to Z."),
}
CARD = "_static/social-card.png"
CARD_ALT = "Two overlapping sets of pixels, target and prediction, with their Dice score."
ICONS = """\
<link rel="icon" href="{root}_static/favicon.png" sizes="48x48" type="image/png">
<link rel="icon" href="{root}_static/favicon.svg" sizes="any" type="image/svg+xml">
<link rel="apple-touch-icon" href="{root}_static/touch-icon.png">
"""


def shortened(text):
    """Return the first sentences that fit if they say enough, or else as many words as fit."""
    text = " ".join(text.split())
    if len(text) <= LONGEST:
        return text
    end = max((dot.end() for dot in re.finditer(r"[.!?](?= )", text[: LONGEST + 1])), default=0)
    if end >= ENOUGH:
        return text[:end]
    return text[: text.rindex(" ", 0, LONGEST)].rstrip(",;:.") + "…"


def description(doctree):
    """Return what a page says of itself, or how it begins."""
    for meta in doctree.findall(nodes.meta):
        if meta.get("name") == "description":
            return meta["content"]
    return shortened(next(doctree.findall(nodes.paragraph)).astext())


def tags(config, title, about, page, root):
    """Return the tags; `root` leads from the page to the top of the site."""
    base = config.html_baseurl
    properties = {
        "og:type": "website",
        "og:site_name": config.html_title,
        "og:title": title,
        "og:description": about,
        "og:image": urljoin(base, CARD) if base else root + CARD,
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": CARD_ALT,
    } | ({"og:url": urljoin(base, page)} if base else {})
    lines = [
        f'<meta property="{name}" content="{escape(value)}">' for name, value in properties.items()
    ]
    lines.append('<meta name="twitter:card" content="summary_large_image">')
    return "\n".join(lines) + "\n" + ICONS.format(root=root)


def described(about):
    return f'<meta name="description" content="{escape(about)}">\n'


def add(app, pagename, templatename, context, doctree):
    """Complete the head of a page."""
    if doctree:
        title, about = app.env.titles[pagename].astext(), description(doctree)
    else:
        title, about = WITHOUT_TEXT[pagename]
        context["about"] = about  # the page opens with it, see book/_templates
    head = context.get("metatags", "")
    if 'name="description"' not in head:
        head += described(about)
    root = "../" * pagename.count("/")
    context["metatags"] = head + tags(app.config, title, about, f"{pagename}.html", root)


def complete_index(app, error):
    """Give index.html, whose address is the one that people share, the head of the first page."""
    if error or app.builder.name != "html":
        return
    config = app.config
    about = description(app.env.get_doctree(config.root_doc))
    head = described(about) + tags(config, config.html_title, about, "", "")
    index = Path(app.outdir, "index.html")
    index.write_text(index.read_text("utf8").replace("</head>", f"{head}</head>"), "utf8")


def end_with_slash(app, config):
    """Make the address of the book one of a folder: other addresses are joined to it."""
    if config.html_baseurl:
        config.html_baseurl = config.html_baseurl.rstrip("/") + "/"


def setup(app):
    app.connect("config-inited", end_with_slash)
    app.connect("html-page-context", add)
    app.connect("build-finished", complete_index, priority=950)  # when index.html is there
    return {"parallel_read_safe": True, "parallel_write_safe": True}
