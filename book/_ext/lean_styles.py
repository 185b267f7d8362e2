"""Styles and icons that the pages use, and no others; and what a page without scripts needs.

The theme brings two thousand icons and the rules of many parts that this book does not have:
two thirds of what a page would load. It also leaves the choice of light or dark to a script.
"""

import re
from itertools import pairwise

import tinycss2
from fontTools import subset

BY_SCRIPT = ("bs-",)  # so begin names that a script puts together
ICONS = (
    r'url\(([^()]*/fa-[\w-]+)\.woff2\) format\("woff2"\),url\([^()]*\.ttf\) format\("truetype"\)'
)
NESTED = ("media", "supports")
SHEET = r'<link [^>]*href="([^"]*_static/)([^"?]+\.css)[^"]*"[^>]*>\s*'
PRINTED = "pygments.css"  # print.py asks for it
OWN = {"course.css", "explorables", "katex"}  # nothing is superfluous, and scripts make up classes
# The color of code in a theme, or of the words of one class in it.
COLOR = r'data-theme="(\w+)"\] \.highlight(?: \.(\w+))? ?\{(?: background: \S+;)? color: (\S+) \}'


def unmarked(page, css):
    """Return a page whose code marks no word that has the color of the text around it."""
    colors = set(re.findall(COLOR, css))
    base = [(theme, color) for theme, name, color in colors if not name]
    names = {name for _, name, _ in colors if all((t, name, c) in colors for t, c in base)} - {""}
    return re.sub(rf'<span class="(?:{"|".join(sorted(names))})">([^<]*)</span>', r"\1", page)


def needed_names(selector):
    """Yield the classes and ids that an element must have; what stands in parentheses may be."""
    for before, token in pairwise([None, *selector]):
        if token.type == "hash" or (token.type == "ident" and before == "."):
            yield token.value


def selectors(prelude):
    """Split `a, b` at its commas."""
    parts = [[]]
    for token in prelude:
        if token == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def filtered(rules, choose, others=True):
    """Yield the rules with the selectors that `choose` gives back, and the `others` or not."""
    for rule in rules:
        if rule.type == "qualified-rule":
            if chosen := list(filter(None, map(choose, selectors(rule.prelude)))):
                yield f"{','.join(chosen)}{{{tinycss2.serialize(rule.content)}}}"
        elif rule.type == "at-rule" and rule.lower_at_keyword in NESTED:
            inside = filtered(tinycss2.parse_rule_list(rule.content), choose, others)
            if text := "".join(inside):
                condition = tinycss2.serialize(rule.prelude)
                yield f"@{rule.at_keyword}{condition}{{{text}}}"
        elif rule.type == "error":
            raise ValueError(f"a style sheet is not read: {rule.message}")
        elif others and (rule.type != "comment" or rule.value.startswith("!")):
            yield rule.serialize()  # a comment with ! states a license


def used(css, words):
    """Return the rules that can match an element with these words as classes and ids."""

    def choose(selector):
        names = needed_names(selector)
        if all(name in words or name.startswith(BY_SCRIPT) for name in names):
            return tinycss2.serialize(selector).strip()
        return None

    return "".join(filtered(tinycss2.parse_stylesheet(css, skip_whitespace=True), choose))


def for_theme(css, theme):
    """Return the rules of the light or the dark theme, for a page whose theme no script has set."""
    mark = re.compile(rf'\[data-theme="?{theme}"?\]')

    def choose(selector):
        text = tinycss2.serialize(selector).strip()
        return mark.sub('[data-theme="auto"]', text) if mark.search(text) else None

    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "".join(filtered(rules, choose, others=False))


def shrink(site, pages):
    """Cut the theme's style sheets and icon fonts down to what the pages of a site use."""
    static = site / "_static"
    sources = [*pages, *site.rglob("*.js")]
    words = {word for file in sources for word in re.findall(r"[\w-]+", file.read_text("utf8"))}
    sheets = {}
    for file in sorted(static.rglob("*.css"), key=rank):
        css = re.sub(ICONS, r'url(\1.woff) format("woff")', file.read_text("utf8"))
        sheets[file] = css if OWN & set(file.parts) else used(css, words)
        file.write_text(sheets[file], "utf8")
    shown = "".join(re.findall(r':\s*"([\ue000-\uf8ff])"', "".join(sheets.values())))
    for font in static.rglob("fa-*.ttf"):
        file = font.with_suffix(".woff")
        subset.main([str(font), f"--text={shown}", "--flavor=woff", f"--output-file={file}"])
        font.unlink()
        font.with_suffix(".woff2").unlink()
    with (static / "noscript.css").open("a", encoding="utf8") as file:
        for theme in ("light", "dark"):
            rules = "".join(for_theme(css, theme) for css in sheets.values())
            file.write(f"@media (prefers-color-scheme: {theme}) {{{rules}}}\n")


def merge(site, pages):
    """Make one style sheet of the theme's: a page waits for each that it asks for."""
    static, asked = site / "_static", set()
    for page in pages:
        names = []

        def once(match, names=names):
            if {*OWN, "noscript.css"} & set(match[2].split("/")):
                return match[0]
            names.append(match[2])
            return f'<link rel="stylesheet" href="{match[1]}theme.css"/>\n' * (len(names) == 1)

        page.write_text(re.sub(SHEET, once, page.read_text("utf8")), "utf8")
        asked |= {tuple(names)} - {()}
    if len(asked) != 1:
        raise ValueError(f"pages ask for different style sheets of the theme: {asked}")
    files = [static / name for name in asked.pop()]
    sheets = [file.read_text("utf8").replace("url(../", "url(") for file in files]
    (static / "theme.css").write_text("".join(sheets), "utf8")
    for file in files:
        if file.name != PRINTED:
            file.unlink()


def rank(file):
    """Order style sheets as the pages do, where it matters: the theme first, the course last."""
    return file.name == "course.css", file.parent.name != "styles", file
