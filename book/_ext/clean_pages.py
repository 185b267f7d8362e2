"""Small repairs to the finished site: nothing in it is dead, doubled or loaded from elsewhere."""

import re
from html import escape
from pathlib import Path

REPAIRS = [
    # The theme's style sheet draws the icons already; this script would draw them again.
    (r'\s*<script defer src="[^"]*/fontawesome\.js[^"]*"></script>', ""),
    # Sphinx and the theme each state the viewport.
    (r'<meta name="viewport" content="width=device-width, initial-scale=1" ?/>\s*', ""),
    # What the sidebar holds is a part of the page that has a name.
    (r'(<div id="pst-primary-sidebar")', r'\1 role="region" aria-label="Book"'),
    # The empty corner of a table is the header of nothing.
    (r'<th class="head"><p></p></th>', "<td></td>"),
    # The line that folds code is its own name, and may hold words but no paragraphs.
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    (r'<p class="(collapsed|expanded) admonition-title">(.*?)</p>', r'<span class="\1">\2</span>'),
    # A button with a visible word needs no second name.
    (r'(<button class="btn search-button-field[^>]*?)\s+aria-label="Search"', r"\1"),
    # A notebook is for downloading, not for a browser to show.
    (r'(<a href="[^"]*_sources/[^"]*\.ipynb") target="_blank"', r"\1 download"),
]
SEARCH_INDEX = r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'
UNUSED = ["_static/scripts/fontawesome.js", "_static/**/*.map", "_static/vendor/**/*.ttf"]
INDEX = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8"/>
<title>{title}</title>
<meta http-equiv="refresh" content="0; url={page}"/>
<link rel="canonical" href="{page}"/>
</head>
<body><p><a href="{page}">{title}</a></p></body>
</html>
"""


def repair(html, is_search_page):
    """Mend one finished page."""
    for pattern, replacement in REPAIRS:
        html = re.sub(pattern, replacement, html)
    return html if is_search_page else re.sub(SEARCH_INDEX, "", html)


def finish(app, error):
    """Mend every page, drop the files that no page uses, and let index.html open the book."""
    if error or app.builder.name != "html":
        return
    site = Path(app.outdir)
    for page in site.rglob("*.html"):
        html = page.read_text("utf8")
        page.write_text(repair(html, is_search_page=page.name == "search.html"), "utf8")
    for pattern in UNUSED:
        for file in site.glob(pattern):
            file.unlink()
    config = app.config
    index = INDEX.format(
        lang=config.language, title=escape(config.html_title), page=f"{config.root_doc}.html"
    )
    (site / "index.html").write_text(index, "utf8")


def setup(app):
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
