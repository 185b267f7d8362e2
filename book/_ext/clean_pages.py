"""Small repairs to the finished site: nothing in it is dead, doubled or loaded from elsewhere."""

import re
from html import escape
from pathlib import Path

from lean_styles import merge, shrink, unmarked

SYSTEM = "(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')"
NOSCRIPT = r'<noscript><link rel="stylesheet" href="\2_static/noscript.css"/></noscript>'
NEW_LINE = r'\1</span><wbr><span class="pre">'
REPAIRS = [
    # The theme's style sheet draws the icons already; this script would draw them again.
    (r'\s*<script defer src="[^"]*/fontawesome\.js[^"]*"></script>', ""),
    # What two inline scripts set, nothing here reads.
    (r"\s*<script>DOCUMENTATION_OPTIONS\.[^<]*</script>", ""),
    (r'\s*<link rel="preload" as="script"[^>]*>', ""),
    # The theme learns late whether the reader's system is dark: the page would flash.
    (r'localStorage\.getItem\("theme"\) \|\| "auto"', f"localStorage.getItem('theme') || {SYSTEM}"),
    # Without scripts a style sheet of its own says light or dark, and hides what would do nothing.
    (r'(<html[^>]* data-content_root="([^"]*)"[\s\S]*?)(?=</head>)', rf"\1{NOSCRIPT}\n"),
    # A style sheet that only asks for another makes the reader wait twice.
    (r"_static/styles/theme\.css\?digest=\w+", "_static/basic.css"),
    # Sphinx and the theme each state the viewport.
    (r'<meta name="viewport" content="width=device-width, initial-scale=1" ?/>\s*', ""),
    # The lines of a heading are made alike long, but no word is to be cut at its hyphen for that.
    (r"(<h[12]>[^<]*?)([A-Za-z]+-[A-Za-z]+)", r'\1<span class="one-word">\2</span>'),
    # A name longer than a phone's line goes on in the next, between its words.
    (
        r'(?<=<span class="pre">)[\w.]{20,}(?=</span>)',
        lambda name: re.sub("([._])", NEW_LINE, name[0]),
    ),
    # A few letters of code stay in one line.
    (
        r'<code class="docutils literal notranslate">(?:(?!</code>).)+',
        lambda code: of_one_line(code[0]),
    ),
    # So may a DOI, after its prefix.
    (r"(>doi:[\d.]+/)", r"\1<wbr>"),
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
# The index is for the search page alone; elsewhere scripts wait until the page is read.
NOT_ON_SEARCH_PAGE = [
    (r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>', ""),
    (r'<script src="', '<script defer src="'),
]
# Two scripts of the theme make a long page work more than it needs to.
SCRIPTS = {
    # Which things scroll is read of all before any is marked: each mark would cost a new layout.
    "_static/scripts/pydata-sphinx-theme.js": (
        r"(document\.querySelectorAll\([^()]*\.join\([^()]*\)\))"
        r"\.forEach\(e=>\{e\.tabIndex=(e\.scrollWidth[^}]*)\}\)",
        r"[...\1].map(e=>[e,\2]).forEach(([e,index])=>{e.tabIndex=index})",
    ),
    # No page has notes in its margin, which are looked for under 28 names.
    "_static/scripts/sphinx-book-theme.js": (
        r'document\.querySelectorAll\(n\.join\(", "\)\)\.forEach\(\(e=>\{t\.observe\(e\)\}\)\),?',
        "",
    ),
}
PICTURE = r'<img (?![^>]*(?:width|loading)=)([^>]*?src="([^":]+\.svg)"[^>]*?) ?/?>'
SIZE = r'<svg[^>]*? width="([\d.]+)(?:px)?"[^>]*? height="([\d.]+)(?:px)?"'
UNUSED = [
    "_static/scripts/fontawesome.js",
    "_static/styles/theme.css",
    "_static/**/*.map",
    "_static/**/*.html",
]
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


def of_one_line(code):
    """Mark inline code that is short."""
    short = len(re.sub("<.*?>", "", code)) < 15
    return code.replace('">', ' one-word">', 1) if short else code


def repair(page):
    """Mend one finished page."""
    html = page.read_text("utf8")
    repairs = REPAIRS if page.name == "search.html" else REPAIRS + NOT_ON_SEARCH_PAGE
    for pattern, replacement in repairs:
        html = re.sub(pattern, replacement, html)
    return with_sizes(html, page.parent)


def with_sizes(html, folder):
    """Give drawings their size, so that nothing moves when they come; all but the first wait."""
    lazy = ""

    def sized(match):
        nonlocal lazy
        size = re.search(SIZE, (folder / match[2]).read_text("utf8"))
        if size is None:  # an icon of the theme, whose style sheet says how large it is
            return match[0]
        width, height = (round(float(side)) for side in size.groups())
        tag = f'<img {match[1]} width="{width}" height="{height}"{lazy}/>'
        lazy = ' loading="lazy"'
        return tag

    return re.sub(PICTURE, sized, html)


def finish(app, error):
    """Mend every page, drop the files that no page uses, and let index.html open the book."""
    if error or app.builder.name != "html":
        return
    site = Path(app.outdir)
    pages = [page for page in sorted(site.rglob("*.html")) if "_static" not in page.parts]
    colors = (site / "_static" / "pygments.css").read_text("utf8")
    for page in pages:
        page.write_text(unmarked(repair(page), colors), "utf8")
    for name, (pattern, replacement) in SCRIPTS.items():
        script, count = re.subn(pattern, replacement, (site / name).read_text("utf8"))
        if count != 1:
            raise ValueError(f"the theme's script has changed: {name}")
        (site / name).write_text(script, "utf8")
    for pattern in UNUSED:
        for file in site.glob(pattern):
            file.unlink()
    shrink(site, pages)
    merge(site, pages)
    config = app.config
    index = INDEX.format(
        lang=config.language, title=escape(config.html_title), page=f"{config.root_doc}.html"
    )
    (site / "index.html").write_text(index, "utf8")


def setup(app):
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
