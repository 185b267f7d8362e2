"""All that the book changes in what its theme writes: each change by name, with its reason.

A page is changed before it is written. A change that finds nothing in a whole book stops the
build with its name: the theme is another one then.
"""

import re
from collections import Counter
from pathlib import Path

import docutils
from fontTools import subset
from sphinx.errors import ExtensionError

SYSTEM = "(matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')"

# What is found on the pages, and what takes its place.
PATCHES = {
    # Half a megabyte that would draw again the icons that the style sheet draws.
    "no script for icons": (r'<script defer src="[^"]*/fontawesome\.js[^"]*"></script>', ""),
    # The index of all words is larger than most pages; the search page asks for it itself, and it
    # marks the words that it finds, wherever it finds them.
    "no index of words": (
        r'<script src="[^"]*(?:searchtools|language_data|searchindex|sphinx_highlight)\.js[^"]*">'
        "</script>",
        "",
    ),
    # A page is shown before its scripts are there; one that sets what nothing reads cannot wait.
    "scripts wait": ('<script src="', '<script defer src="'),
    "scripts are not asked for early": (r'<link rel="preload" as="script"[^>]*>', ""),
    "no options": (r"<script>DOCUMENTATION_OPTIONS\.[^<]*</script>", ""),
    # A page waits for each style sheet that it asks for: see `finish`.
    "one style sheet": (
        r'(?:\s*<link [^>]*"([^"]*_static/)(?:styles/|pygments|mystnb|copybutton)[^>]*>)+',
        r'\n<link rel="stylesheet" href="\1theme.css"/>',
    ),
    # Figures come when the reader does.
    "figures wait": ("<img (?=[^>]*_images/)", '<img loading="lazy" '),
    # The theme learns late whether the reader's system is dark: the page would flash.
    "no flash": (
        r'localStorage\.getItem\("theme"\) \|\| "auto"',
        f"localStorage.getItem('theme') || {SYSTEM}",
    ),
    # Where no script can tell which it is to be, a page is light.
    "light without scripts": (r'(<html[^>]* data-theme=)"auto"', r'\1"light"'),
    # What the sidebar holds is a part of the page that has a name.
    "name of the sidebar": (
        r'(<div id="pst-primary-sidebar")',
        r'\1 role="region" aria-label="Book"',
    ),
    # The empty corner of a table is the header of nothing.
    "no empty header": (r'<th class="head"><p></p></th>', "<td></td>"),
    # The line that folds code is its own name, and may hold words but no paragraphs.
    "name of a fold": (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    "words of a fold": (
        r'<p class="(collapsed|expanded) admonition-title">(.*?)</p>',
        r'<span class="\1">\2</span>',
    ),
    # A notebook is for downloading, not for a browser to show.
    "download": (r'(<a href="[^"]*_sources/[^"]*\.ipynb") target="_blank"', r"\1 download"),
}
if docutils.__version_info__ < (0, 22):  # it writes a size as a style, which holds on phones too
    PATCHES["size of figures"] = (
        r'style="width: (\d+)px; height: (\d+)px;"',
        r'width="\1" height="\2"',
    )
NOT_ON_SEARCH_PAGE = {"no index of words", "scripts wait", "no options"}

# The style sheets that all pages ask for, in their order; rules of them, and comments.
SHEETS = ("basic", "styles/pydata-sphinx-theme", "pygments", "styles/sphinx-book-theme")
SHEETS += ("mystnb.*", "copybutton")
RULE = r"(?s)/\*.*?\*/|([^{}@;/]+)\{[^{}]*\}"
BY_SCRIPT = "bs-"  # so begin names that a script puts together
UNUSED = ("scripts/fontawesome.js", "**/*.map", "**/*.html", "**/fa-*.ttf")


def no_buttons_without_address(app, config):
    """Let the theme launch notebooks only where it knows from where: it fails otherwise."""
    if not config.html_theme_options.get("repository_url"):
        config.html_theme_options.pop("launch_buttons", None)


def patch_pages(app):
    """Have the builder change each page that it writes, and count what is found."""
    app.patched = Counter()
    if app.builder.name != "html":
        return
    render = app.builder.templates.render

    def patched(template, context):
        html = render(template, context)
        if "</html>" not in html:  # a part of a page
            return html
        app.patched["pages"] += 1
        for name, (pattern, replacement) in PATCHES.items():
            if context["pagename"] != "search" or name not in NOT_ON_SEARCH_PAGE:
                html, count = re.subn(pattern, replacement, html)
                app.patched[name] += count
        return html

    app.builder.templates.render = patched


def used(css, words):
    """Return the rules that can match something; what stands in parentheses need not."""

    def matches(selector):
        plain = re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", selector)
        names = re.findall(r"[.#](-?[a-zA-Z][\w-]*)", plain)
        return all(name in words or name.startswith(BY_SCRIPT) for name in names)

    def kept(rule):
        if rule[1] is None:  # a comment; one with ! states a license
            return rule[0] if rule[0].startswith("/*!") else ""
        selectors = list(filter(matches, re.split(r",(?![^(]*\))", rule[1])))
        return ",".join(selectors) + rule[0].removeprefix(rule[1]) if selectors else ""

    return re.sub(RULE, kept, css)


def finish(app, error):
    """Make one style sheet with what the pages use of it, and its icons; drop unused files."""
    if error or app.builder.name != "html":
        return
    site, static = Path(app.outdir), Path(app.outdir, "_static")
    missed = [name for name in PATCHES if not app.patched[name]]
    missed += [name for name in SHEETS if not any(static.glob(f"{name}.css"))]
    if missed and app.patched["pages"] > len(app.env.found_docs):  # not a few pages made anew
        raise ExtensionError(f"the theme has changed, see theme_patches.py: {', '.join(missed)}")
    for file in [file for pattern in UNUSED for file in static.glob(pattern)]:
        file.unlink()
    sources = [*site.rglob("*.html"), *static.rglob("*.js")]
    words = {word for file in sources for word in re.findall(r"[\w-]+", file.read_text("utf8"))}
    sheets = [file.read_text("utf8") for name in SHEETS for file in static.glob(f"{name}.css")]
    css = used("".join(sheets), words).replace("url(../", "url(")
    (static / "theme.css").write_text(css, "utf8")
    icons = "".join(chr(int(code, 16)) for code in re.findall(r'"\\([ef][0-9a-f]{3})"', css))
    for font in static.rglob("fa-*.woff2"):
        subset.main([str(font), f"--text={icons}", "--flavor=woff2", f"--output-file={font}.new"])
        Path(f"{font}.new").replace(font)


def setup(app):
    app.connect("config-inited", no_buttons_without_address)
    app.connect("builder-inited", patch_pages)
    app.connect("build-finished", finish, priority=900)  # the theme writes pygments.css late
    return {"parallel_read_safe": True, "parallel_write_safe": False}
