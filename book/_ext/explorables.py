"""Set a figure to work by hand into a chapter, after a caption or at the end of a section's text.

The notebooks know nothing of it: explorables.yml says what stands where. Without scripts a
reader sees the drawing of the first state, made by the package; the script replaces it.
The colors come from `dice.course.style`, as those of all figures.
"""

import json
import re
import sys
from functools import cache
from html import escape
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[2]))  # this checkout's package, before any other

import numpy as np
import yaml
from chapter_parts import leads_with
from docutils import nodes
from matplotlib.figure import Figure
from sphinx.util import logging

from dice import one_hot, overlap, softmax
from dice.course import detective, examples, report, style
from dice.course.charts import label_ends
from dice.course.diagrams import flow
from dice.course.pixels import heatmap, masks, matrix, pixel_rows
from dice.course.svg import svg
from dice.overlap import SUMS, Overlap

style.use()
logger = logging.getLogger(__name__)
FOLDER = "explorables"
TONES = "ink muted grid paper sheet"  # which have a dark version
NAMED_ALIKE = f"target prediction alarm background on-light on-dark {TONES}"


def rows_of_pixels(ax, **rows):
    pixel_rows(ax, rows)


def two_masks(ax, target, prediction=None, **others):
    """Masks as rows of text: # is marked; digits are ids in the target, else tenths."""
    pair = zip((target, prediction or target), ("#123456", "#56789"), strict=True)
    masks(ax, *(np.array([[c in marks for c in row] for row in rows]) for rows, marks in pair))


def scores_over_size(ax):
    q = np.geomspace(0.0001, 0.5, 100)
    found, alarms = 0.9 * q, 0.01 * (1 - q)
    dice = Overlap(found, found + alarms, q).dice()
    ax.plot(q, found + 0.99 * (1 - q), label="accuracy", **style.role("alarm"))
    ax.plot(q, dice, label="Dice", **style.role("overlap"))
    ticks = [0.0001, 0.001, 0.01, 0.1, 0.5]
    ax.set(xscale="log", xlabel="share of the image that the object covers")
    ax.set_xticks(ticks, [f"{100 * tick:g} %" for tick in ticks])
    ax.set(ylabel="score", ylim=(0, 1))
    label_ends(ax)


def worked_example(ax):
    p = softmax(examples.LOGITS, class_axis=0)
    y = one_hot(examples.LABELS, 3, class_axis=0)
    sums = overlap(p, examples.LABELS, class_axis=0)
    flow(ax, examples.LOGITS, p, y, sums, 1 - sums.dice(average="macro"))


def numbers_near(ax):
    example = detective.TABLE["example"]
    sums = Overlap(**{name: example[name] for name in SUMS})
    tried = [c for c in detective.candidates(detective.lay(sums, None)) if 0.65 < c.value < 0.85]
    ax.plot([c.value for c in tried], [c.departures for c in tried], "|", markersize=14)
    ax.set(xlabel="number", ylabel="departures from plain", yticks=range(4), ylim=(-0.5, 3.5))
    ax.set_xticks([float(example[name]) for name in ("yours", "theirs")], ["yours", "theirs"])


def sorted_scores(ax):
    cases = [row.split(",")[2] for row in report.TEXTS["example"][1:]]
    scores = sorted(float(case) for case in cases if case[0] in "01")
    ax.plot(range(1, len(scores) + 1), scores, "o")
    ax.set(xlabel="patients, sorted by their score", ylabel="Dice", ylim=(0, 1))


def sums_of_images(ax, sums):
    rows = [[f"image {k}", *(", ".join(map(str, s)) for s in row)] for k, row in enumerate(sums, 1)]
    matrix(ax, [["I, P, G", "background", "organ", "tumor"], *rows])


def probable_pixels(ax, count):
    ax.bar(range(count), 1 - (np.arange(count) + 0.5) / count, color=style.GRID)
    ax.axhline(0.2, color=style.ALARM)
    ax.set(xlabel="pixels, the most probable first", ylabel="probability")


def scores_of_models(ax, target, **models):
    for name, sums in models.items():
        ax.plot(sorted(Overlap(**sums, target=target).dice()), label=name)
    ax.set(xlabel="patients, sorted by their score", ylabel="Dice")
    label_ends(ax)


def noisy_disk(ax, image, **others):
    heatmap(ax, np.array([[int(c, 36) / 35 for c in row] for row in image]), label="brightness")


CHARTS = scores_over_size, numbers_near, sorted_scores, probable_pixels, scores_of_models
TABLES = {"detective": ("conventions", detective.TABLE), "report": ("reportTexts", report.TEXTS)}
TEXTS = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf8"))
EXPLORABLES = [SimpleNamespace(**{"name": k, "given": {}} | text) for k, text in TEXTS.items()]


@cache
def first_state(name):
    """Draw what stands where scripts are off."""
    draw, given = globals()[TEXTS[name]["drawing"]], TEXTS[name].get("given", {})
    figure = Figure() if draw in CHARTS else Figure(figsize=style.PAGE)
    draw(figure.add_subplot(), **given)
    return svg(figure)


def role_colors():
    """Return the colors of `dice.course.style` as a style sheet of custom properties."""
    roles = {name: getattr(style, name.replace("-", "_").upper()) for name in NAMED_ALIKE.split()}
    dark = {name: style.DARK_VERSION[roles[name]] for name in TONES.split()}
    classes = zip("abc", style.CLASS_COLORS, strict=False)
    roles |= {"both": style.OVERLAP} | {f"class-{name}": color for name, color in classes}
    blocks = {":root": roles, 'html[data-theme="dark"]': dark}
    return "".join(
        f"{where}{{{''.join(f'--course-{name}:{color};' for name, color in values.items())}}}\n"
        for where, values in blocks.items()
    )


def markup(explorable, root):
    width, height = re.search(
        r' width="(\d+)" height="(\d+)"', first_state(explorable.name)
    ).groups()
    source = f"{root}_static/{FOLDER}/{explorable.name}.svg"
    name = explorable.name
    return f"""<section class="explorable" id="{name}" aria-labelledby="{name}-title"
data-given="{escape(json.dumps(explorable.given))}">
<p class="explorable-title"><span class="explorable-kicker">Try it</span>
<strong id="{name}-title">{escape(explorable.title)}</strong></p>
<p class="explorable-invitation">{escape(explorable.invitation)}</p>
<div class="explorable-static"><img src="{source}" alt="{escape(explorable.alt)}"
width="{width}" height="{height}" loading="lazy"/>
<p class="note">This figure can be worked by hand where scripts may run.</p></div>
</section>
"""


def write_files(app):
    """Write the drawings and the colors, which are made from the package."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir, "_static", FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "roles.css").write_text(role_colors(), "utf8")
    for name, table in TABLES.values():
        (folder.parent / f"{name}.js").write_text(f"{name}={json.dumps(table)}", "utf8")
    for explorable in EXPLORABLES:
        (folder / f"{explorable.name}.svg").write_text(first_state(explorable.name), "utf8")


def announce(doctree, explorables):
    """Say in the opening of a chapter what there is to try."""
    links = " and ".join(f'<a href="#{e.name}">{escape(e.title)}</a>' for e in explorables)
    html = f"<p><strong>Try it by hand</strong>: {links}.</p>"
    opening = next(n for n in doctree.findall(nodes.container) if "opening" in n["classes"])
    opening += nodes.raw("", html, format="html")


def places(doctree, words):
    """What an explorable may stand after: the end of a section's own text, or a caption."""
    sections = [s for s in doctree.findall(nodes.section) if s[0][0].astext() == words]
    own = [[part for part in s if not isinstance(part, nodes.section)][-1] for s in sections]
    return own or [p for p in doctree.findall(nodes.paragraph) if leads_with(p, words)]


def insert(app, doctree):
    """Set each explorable of a chapter after its caption."""
    root = "../" * app.env.docname.count("/")
    here = [e for e in EXPLORABLES if e.chapter == app.env.docname]
    if here:
        announce(doctree, here)
    for explorable in here:
        found = places(doctree, explorable.after)
        if len(found) != 1:
            logger.warning("no place %s for the explorable %s", explorable.after, explorable.name)
            continue
        html, place = markup(explorable, root), found[0].parent
        place.insert(place.index(found[0]) + 1, nodes.raw("", html, format="html"))


def load_scripts(app, pagename, templatename, context, doctree):
    """Give the pages with explorables their scripts and styles, and no other page."""
    names = [e.name for e in EXPLORABLES if e.chapter == pagename]
    for name in ["roles", "explorables", "parts"] if names else []:
        app.add_css_file(f"{FOLDER}/{name}.css")
    for table, _ in (TABLES[name] for name in names if name in TABLES):
        app.add_js_file(f"{table}.js", loading_method="defer")
    for name in ["common", "parts", *names] if names else []:
        app.add_js_file(f"{FOLDER}/{name}.js", loading_method="defer")


def setup(app):
    app.connect("builder-inited", write_files)
    app.connect("doctree-read", insert)
    app.connect("html-page-context", load_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
