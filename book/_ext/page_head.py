"""Say in the head of each page what it is about, for search engines and for shared links.

A page that is no notebook states its description itself; a chapter's is its first sentences.
Addresses are absolute once `html: baseurl` in _config.yml says where the book lives; Sphinx
then names the canonical address of each page, too.
"""

from html import escape
from textwrap import shorten

from docutils import nodes

LONGEST = 160  # letters of a description
CARD = "_static/social-card.png"
CARD_ALT = "Two overlapping sets of pixels, target and prediction, with their Dice score."
ICONS = """\
<link rel="icon" href="{root}_static/favicon.png" sizes="48x48" type="image/png">
<link rel="icon" href="{root}_static/favicon.svg" sizes="any" type="image/svg+xml">
<link rel="apple-touch-icon" href="{root}_static/touch-icon.png">
"""


def description(doctree):
    """Return what a page says of itself, or how it begins."""
    for meta in doctree.findall(nodes.meta):
        if meta.get("name") == "description":
            return meta["content"]
    return shorten(next(doctree.findall(nodes.paragraph)).astext(), LONGEST, placeholder=" …")


def tags(config, title, about, page):
    """Return the tags of a page, given its address in the site."""
    base, root = config.html_baseurl, "../" * page.count("/")
    properties = {
        "og:type": "website",
        "og:site_name": config.html_title,
        "og:title": title,
        "og:description": about,
        "og:image": (base or root) + CARD,
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": CARD_ALT,
    } | ({"og:url": base + page} if base else {})
    lines = [
        f'<meta property="{key}" content="{escape(value)}">' for key, value in properties.items()
    ]
    lines.append('<meta name="twitter:card" content="summary_large_image">')
    return "\n".join(lines) + "\n" + ICONS.format(root=root)


def add(app, pagename, templatename, context, doctree):
    """Complete the head of a page; one without a text of its own speaks for the book."""
    page = "" if pagename == "index" else f"{pagename}.html"
    title = app.env.titles[pagename].astext() if doctree else app.config.html_title
    about = description(doctree or app.env.get_doctree(app.config.root_doc))
    head = context.get("metatags", "")
    if 'name="description"' not in head:
        head += f'<meta name="description" content="{escape(about)}">\n'
    context["metatags"] = head + tags(app.config, title, about, page)


def end_with_slash(app, config):
    """Make the address of the book one of a folder: other addresses are joined to it."""
    if config.html_baseurl:
        config.html_baseurl = config.html_baseurl.rstrip("/") + "/"


def setup(app):
    app.connect("config-inited", end_with_slash)
    app.connect("html-page-context", add)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
