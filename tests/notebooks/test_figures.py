"""Figures: valid, small, the same bytes every time, legible in light, dark and on a phone."""

import ast
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from functools import cache
from itertools import combinations, product
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from size import COURSE as COURSE_FILES
from size import code_lines

from dice import Overlap
from dice.course import charts, diagrams, examples, photos, pixels, shapes, style
from dice.course.scenes import scene
from dice.course.svg import svg

COURSE = Path(style.__file__).parent
ROWS = {
    "target": [1, 0, 0, 1, 0, 0],
    "prediction": [1, 0, 1, 1, 0, 0],
    "overlap": [1, 0, 0, 1, 0, 0],
}
MAP = np.array([[0, 1, 1, 0], [0, 1, 2, 2], [3, 0, 2, 2]])
BALL = np.exp(-np.hypot(*np.mgrid[-20:21, -30:31]) / 9)
X = np.linspace(0.01, 0.5, 30)
SCENE = scene(0)


@pytest.fixture(autouse=True)
def the_style():
    with mpl.rc_context():
        style.use()
        yield
    plt.close("all")


def chart(ax):
    ax.plot(X, 1 - X, label="accuracy", **style.role("alarm"))
    ax.plot(X, X, label="Dice", **style.role("overlap"))
    ax.set(xscale="log", xlabel="share", ylabel="score", ylim=(0, 1))
    ax.set_xticks([0.01, 0.1, 0.5], ["1 %", "10 %", "50 %"])
    charts.dot(ax, 0.1, 0.1, "here")
    charts.label_ends(ax)


def worked_example(ax):
    half = np.full((3, 2, 2), 0.5)
    ones = np.ones((3, 2, 2), int)
    sums = Overlap(np.full(3, 2.0), np.full(3, 2.0), np.full(3, 4))
    diagrams.flow(ax, examples.LOGITS, half, ones, sums, 1 / 3)


def two_maps(axes):
    for ax, title, draw in zip(axes, "ab", (pixels.label_map, pixels.instance_map), strict=True):
        ax.set_title(title)
        draw(ax, MAP, *([["background", *"abc"]] if draw is pixels.label_map else []))


# One figure of each kind: how many axes it has, and what draws on them.
KINDS = {
    "pixel_rows": ((1, 1), lambda ax: pixels.pixel_rows(ax, ROWS)),
    "rows of fractions": ((1, 1), lambda ax: pixels.pixel_rows(ax, {"probability": [0.9, 0.25]})),
    "masks": ((1, 1), lambda ax: pixels.masks(ax, MAP == 1, MAP > 0)),
    "masks, outline": ((1, 1), lambda ax: pixels.masks(ax, MAP == 1, MAP > 0, outline=True)),
    "two maps": ((1, 2), two_maps),
    "instance_map": ((1, 1), lambda ax: pixels.instance_map(ax, SCENE.instance)),
    "matrix": ((1, 1), lambda ax: pixels.matrix(ax, [[0.5761, 0.2]], style.OVERLAP, digits=4)),
    "matrix of texts": ((1, 1), lambda ax: pixels.matrix(ax, [["A", "x < y"]], [["#111111"] * 2])),
    "heatmap": ((1, 1), lambda ax: pixels.heatmap(ax, BALL, threshold=0.5)),
    "overlay": ((1, 1), lambda ax: photos.overlay(ax, SCENE.image, ids=SCENE.instance)),
    "verdict": (
        (1, 1),
        lambda ax: photos.verdict(ax, SCENE.image, SCENE.instance, SCENE.instance % 5, [(1, 1)]),
    ),
    "venn": ((1, 1), lambda ax: diagrams.venn(ax, 12, 10, 7, unit="pixels")),
    "four_tasks": ((2, 2), lambda axes: diagrams.four_tasks(axes, SCENE)),
    "flow": ((1, 1), worked_example),
    "chart": ((1, 1), chart),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def drawn(kind) -> Figure:
    shape, draw = KINDS[kind]
    figure, axes = plt.subplots(*shape, figsize=None if kind == "chart" else style.PAGE)
    draw(axes)
    return figure


@cache
def shown(kind) -> str:
    return svg(drawn(kind))


@each_kind
def test_a_figure_is_well_formed_and_small(kind):
    root = ET.fromstring(shown(kind))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.findall(".//{*}text") or kind == "masks, outline"
    assert len(shown(kind)) < 30_000


@each_kind
def test_text_is_legible_on_a_phone(kind):
    text = shown(kind)
    width = float(ET.fromstring(text).attrib["viewBox"].split()[2])
    smallest = min(float(size) for size in re.findall(r'font-size="([^"]*)"', text))
    assert width == style.WIDTH + 2 * style.MARGIN
    assert smallest * min(style.SCREEN_SCALE, 360 / width) >= 11


@each_kind
def test_nothing_is_cut_off(kind):
    figure = drawn(kind)
    figure.draw_without_rendering()
    box = figure.get_tightbbox()
    assert box.x0 >= -0.01 and box.x1 <= figure.get_figwidth() + 0.01


@each_kind
def test_tones_follow_the_page(kind):
    text = shown(kind)
    used = {tone for tone in style.DARK_VERSION if f'="{tone}"' in text}
    assert style.SHEET in used
    for tone in used:
        assert re.search(rf'="{tone}"\]{{\w+:{style.DARK_VERSION[tone]}}}', text)


def test_ticks_and_markers_take_the_color_of_each_use():
    text = shown("chart")
    shapes = set(re.findall(r'<use [^>]*href="#([^"]*)"', text))
    assert len(shapes) == 3  # two kinds of ticks, and the dot
    for shape in shapes:
        (tag,) = re.findall(rf'<[^>]* id="{shape}"[^>]*>', text)
        assert not re.search(r'(fill|stroke)="#', tag)
        for use in re.findall(rf'<use [^>]*href="#{shape}"[^>]*>', text):
            assert re.search(r' stroke="#', use)


@each_kind
def test_a_figure_names_no_place_or_time(kind):
    assert not re.search(r"0x[0-9a-f]{6}|<dc:date>|/home/|/[t]mp/", shown(kind))


@each_kind
def test_the_bytes_are_the_same_every_time(kind):
    figure = drawn(kind)
    assert svg(figure) == svg(figure) == shown(kind)


def test_another_process_shows_the_same_bytes_in_a_notebook_and_nothing_else():
    kinds = ["chart", "masks", "two maps"]
    program = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "import runpy, sys\n"
        "tests = runpy.run_path(sys.argv[1])\n"
        "tests['style'].use()\n"
        "for kind in sys.argv[2:]:\n"
        "    print(shell.display_formatter.format(tests['drawn'](kind))[0])\n"
    )
    environment = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    environment |= {"PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, __file__, *kinds],
        env=os.environ | environment,
        capture_output=True,
        encoding="utf8",
        check=True,
    )
    for kind, line in zip(kinds, run.stdout.splitlines(), strict=True):
        bundle = ast.literal_eval(line)
        assert bundle.keys() == {"image/svg+xml", "text/plain"}
        assert bundle["image/svg+xml"] == shown(kind)


@pytest.mark.parametrize(
    "kind",
    ["chart", *(pytest.param(k, marks=pytest.mark.beyond) for k in ("masks", "overlay", "flow"))],
)
def test_a_reader_can_save_it(kind, tmp_path):
    figure = drawn(kind)
    before = svg(figure)
    for name in ("figure.pdf", "figure.png"):
        figure.savefig(tmp_path / name)
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")
    picture = Image.open(tmp_path / "figure.png").convert("RGB")
    assert 1500 < picture.width < 1720  # for a column in print
    assert picture.getpixel((0, 0)) == (255, 255, 255)
    assert svg(figure) == before


def test_the_style_sheet_has_the_colors_and_sizes_of_the_course():
    sheet = (COURSE / "house.mplstyle").read_text("utf8")
    colors = {style.INK, style.MUTED, style.GRID, style.SHEET}
    colors |= {color for color, _ in style.LINE_STYLES.values()}
    assert set(re.findall(r'"(#[^"]*)"', sheet)) == colors
    assert mpl.rcParams["figure.figsize"][0] == pytest.approx(style.COLUMN, abs=1e-4)
    assert mpl.rcParams["font.size"] == style.TEXT_SIZE
    assert mpl.rcParams["axes.titlesize"] == style.TITLE_SIZE


def test_the_course_is_small_and_has_no_back_doors():
    sources = {path.name: path.read_text("utf8") for path in COURSE_FILES}
    assert sum(len(code_lines(source)) for source in sources.values()) <= 1600
    for name, source in sources.items():
        assert not re.search(r"^from dice\.course.* import .*\b_\w", source, re.M), name


# What came after Matplotlib 3.8, the one that runs in a page, and would be easy to use here.
# `make floor` runs this file there.
NEWER = r"hatchcolor|hatch_color|get_figure\(root|petroff|set_loc\(|okabe_ito|ecdf_|InsetIndicator"


def test_nothing_needs_a_newer_matplotlib():
    for path in (*COURSE.glob("*.py"), COURSE / "house.mplstyle"):
        assert not re.search(NEWER, path.read_text("utf8")), path.name


@pytest.mark.parametrize(
    ("declared", "attributes"),
    [
        ("font: 13px 'DejaVu Sans', Arial; text-anchor: middle", 'text-anchor="middle"'),
        ("font: italic 700 14px 'DejaVu Sans'", "14 bold italic"),  # before Matplotlib 3.10
        ("font-size: 14px; font-weight: 700; font-style: italic", "14 bold italic"),  # since
    ],
)
def test_a_font_is_read_as_old_and_new_matplotlib_write_it(declared, attributes):
    from dice.course.svg import _short

    if attributes == "14 bold italic":
        attributes = 'font-size="14" font-weight="bold" font-style="italic"'
    assert _short(f'<text style="{declared}">') == f"<text {attributes}>"


def test_a_path_ends_where_matplotlib_ends_it():
    from dice.course.svg import _short

    points = np.cumsum(np.random.default_rng(0).normal(0, 1, (500, 2)), axis=0)
    path = "M 0 0 " + " ".join(f"L {x} {y}" for x, y in points)
    steps = re.findall(r"l(-?[\d.]+) ?(-?[\d.]+)", _short(f'<path d="{path}"/>'))
    straight = re.findall(r"h(-?[\d.]+)()|v()(-?[\d.]+)", _short(f'<path d="{path}"/>'))
    ends = [(a or c or 0, b or d or 0) for a, b, c, d in straight]
    assert len(steps) + len(ends) == 500
    walked = np.array(steps + ends, float).sum(axis=0)
    assert walked == pytest.approx(points[-1], abs=0.006)


def filled(path, shape: tuple[int, int]) -> np.ndarray:
    """Fill the loops of a path by parity, one pixel a unit."""
    crossings = np.zeros((shape[0], shape[1] + 1), dtype=int)
    for loop in path.to_polygons():
        for (x, y), (end_x, end_y) in zip(loop[:-1].astype(int), loop[1:].astype(int), strict=True):
            assert (x == end_x) != (y == end_y), "a side that is not straight"
            crossings[min(y, end_y) : max(y, end_y), x] += 1
    return np.cumsum(crossings, axis=1)[:, :-1] % 2 == 1


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_an_outline_is_exact(share):
    for seed in range(20):
        mask = np.random.default_rng(seed).random((9, 13)) < share
        assert np.array_equal(filled(shapes.outline(mask), mask.shape), mask)


def test_the_mark_of_an_object_lies_inside_it():
    for seed in range(10):
        made = scene(seed)
        for item in made.objects:
            x, y = shapes.center(made.instance == item.id)
            assert made.instance[int(y), int(x)] == item.id


@pytest.mark.parametrize("sizes", [(12, 10, 7), (2, 3, 2), (20, 5, 1), (9, 9, 8)])
def test_circles_are_true_to_the_sizes(sizes):
    target, prediction, shared = sizes
    r, s = np.sqrt(target / np.pi), np.sqrt(prediction / np.pi)
    distance = diagrams.circle_distance(r, s, shared)
    y, x = np.mgrid[-4:4:800j, -4:8:1200j]
    both = (np.hypot(x, y) <= r) & (np.hypot(x - distance, y) <= s)
    assert both.mean() * 8 * 12 == pytest.approx(shared, rel=0.02)


def test_text_contrasts_with_its_fill():
    fills = [style.TARGET, style.PREDICTION, style.OVERLAP, style.ALARM, style.BACKGROUND]
    fills += [*style.CLASS_COLORS, style.PAPER]
    for fill in fills:
        for share in (1, 0.75, 0.5, 0.25):
            tint = style.mix(fill, "#ffffff", share)
            assert style.contrast(style.ink_on(tint), tint) >= 4.5
    for light, dark in ((style.INK, style.PAPER), (style.MUTED, "#ffffff")):
        assert style.contrast(light, dark) >= 4.5
    dark_sheet = style.DARK_VERSION[style.SHEET]
    for tone in (style.INK, style.MUTED):
        assert style.contrast(style.DARK_VERSION[tone], dark_sheet) >= 4.5
    assert style.contrast(style.DARK_VERSION[style.INK], style.DARK_VERSION[style.PAPER]) >= 4.5


def test_text_contrasts_with_every_tint_in_both_modes():
    modes = {tone: (tone, dark) for tone, dark in style.DARK_VERSION.items()}
    for color, level in product((*ROLES, *style.CLASS_COLORS), np.linspace(0, 1, 101)):
        ink = style.ink_on_tint(color, level)
        for paper, text in zip(modes[style.PAPER], modes.get(ink, (ink, ink)), strict=True):
            assert style.contrast(text, style.mix(color, paper, level)) >= 4.5


def test_a_faint_tint_is_nearly_the_paper_of_the_page():
    figure, ax = plt.subplots()
    pixels.pixel_rows(ax, {"probability": [0.05]})
    text = svg(figure)
    tints = re.findall(r'<path[^>]* fill="(#\w+)"[^>]* opacity="([\d.]+)"', text)
    assert tints == [(style.PREDICTION.lower(), "0.05")]
    assert text.count(f'fill="{style.PAPER}"') == 2  # the cell below, and the rule that swaps it


def test_no_two_roles_look_the_same():
    for (color, dashes), (other, pattern) in combinations(style.LINE_STYLES.values(), 2):
        assert color != other
        assert dashes != pattern


# What is left of red, green and blue light to those who lack one kind of cone: Machado, Oliveira
# and Fernandes (2009), https://doi.org/10.1109/TVCG.2009.113, at full severity.
VISIONS = {
    "any": np.eye(3),
    "no red cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue cones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)  # from linear sRGB
ROLES = (style.TARGET, style.PREDICTION, style.OVERLAP, style.ALARM, style.BACKGROUND)
LIGHT = (style.INK, style.PAPER)
DARK = tuple(style.DARK_VERSION[tone] for tone in LIGHT)
CLASSES = (*style.CLASS_COLORS[:3], style.BACKGROUND)


def lab(color: str, vision: str) -> np.ndarray:
    """Return what is seen of a color, in CIE L*a*b*, where distance is difference to the eye."""
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    light = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(VISIONS[vision] @ light, 0, 1) / TO_XYZ.sum(axis=1)
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("together", [ROLES, CLASSES], ids=["roles", "classes"])
@pytest.mark.parametrize("tones", [LIGHT, DARK], ids=["light", "dark"])
def test_colors_that_meet_differ_with_any_color_vision(together, tones, vision):
    for one, other in combinations((*together, *tones), 2):
        difference = np.linalg.norm(lab(one, vision) - lab(other, vision))
        assert difference > 12, f"{one} and {other}"  # some 2.3 is just noticeable


def test_a_pattern_or_a_label_says_what_a_color_says():
    figure, ax = plt.subplots()
    pixels.masks(ax, [[1, 1, 0]], [[0, 1, 1]])
    patterns = re.findall(r"<pattern.*?</pattern>", svg(figure), re.DOTALL)
    lines = {re.search(r' d="([^"]*)"', pattern.replace("<rect", ""))[1] for pattern in patterns}
    assert len(lines) == 3
    names = ["background", "cat", "dog", "elk", "fox", "gnu"]
    five = np.repeat(np.arange(6), 8)[None].repeat(16, axis=0)  # large: labeled once a class
    figure, ax = plt.subplots()
    pixels.label_map(ax, five, names)
    assert re.findall(r'font-weight="bold"[^>]*>(\w)<', svg(figure)) == [*"cdefg"]


def test_a_tone_is_no_other_color():
    fixed = {style.ON_LIGHT, style.ON_DARK, style.BLACK, *style.CLASS_COLORS, *ROLES}
    assert fixed.isdisjoint(style.DARK_VERSION)


def places(figure: Figure) -> dict[str, tuple[float, float]]:
    """Where each text of a figure stands, from the upper left corner."""
    found = re.findall(r'<text[^>]* x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)<', svg(figure))
    return {text: (float(x), float(y)) for x, y, text in found}


def test_labels_stand_at_the_ends_of_their_curves_in_order_and_apart():
    figure, ax = plt.subplots()
    ends = {"least": 0, "low": 0.01, "middle": 0.51, "high": 0.52, "top": 1}
    for name, end in ends.items():
        ax.plot([0, 1], [0, end], label=name)
    ax.set(ylim=(0, 1), ylabel="score")
    charts.label_ends(ax)
    figure.draw_without_rendering()
    text = {t.get_text(): t.get_window_extent() for t in ax.texts}
    heights = [text[name].y0 for name in (*ends, "score")]
    assert all(np.diff(heights) >= 14)
    assert heights[0] > ax.bbox.y0 - 16
    assert all(text[name].x0 > ax.bbox.x1 for name in ends)
    assert text["score"].width > text["score"].height  # upright
    assert ax.get_ylabel() == ""


def test_curves_that_end_together_are_labeled_as_they_arrive():
    ax = plt.subplots()[1]
    ax.plot([0, 0.5, 1], [0, 0.2, 1], label="late")
    ax.plot([0, 0.5, 1], [0, 0.8, 1], label="early")
    charts.label_ends(ax)
    text = {t.get_text(): t.get_position()[1] for t in ax.texts}
    assert text["early"] > text["late"]


@pytest.mark.parametrize(("ha", "across"), [("left", 1), ("right", -1)])
@pytest.mark.parametrize(("va", "up"), [("bottom", 1), ("top", -1)])
def test_the_name_of_a_dot_stands_where_it_is_told(ha, across, va, up):
    figure, ax = plt.subplots()
    charts.dot(ax, 0.5, 0.5, "here", ha=ha, va=va)
    figure.draw_without_rendering()
    (name,) = ax.texts
    box, (x, y) = name.get_window_extent(), ax.transData.transform((0.5, 0.5))
    assert np.sign((box.x0 + box.x1) / 2 - x) == across
    assert np.sign((box.y0 + box.y1) / 2 - y) == up


def test_a_figure_of_pictures_is_as_high_as_they_are():
    figure, ax = plt.subplots(figsize=style.PAGE)
    pixels.instance_map(ax, np.eye(6, 12, dtype=int))
    height = float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', svg(figure))[1])
    assert 195 < height < 205


def test_values_are_written_as_they_are():
    assert {"A", "x &lt; y"} <= places(drawn("matrix of texts")).keys()
    assert "0.5761" in places(drawn("matrix"))
    assert "0.25" in places(drawn("rows of fractions"))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda ax: pixels.pixel_rows(ax, {"a": [0, 1], "b": [0]}), "same number of pixels"),
        (lambda ax: pixels.masks(ax, [[0, 1]], [[0], [1]]), "equal grids"),
        (lambda ax: pixels.label_map(ax, [0, 1], ["a", "b"]), "rows and columns"),
        (lambda ax: pixels.matrix(ax, [1, 2]), "rows and columns"),
        (lambda ax: diagrams.venn(ax, 2, 3, 4), "intersection"),
        (lambda ax: diagrams.venn(ax, 0, 0, 0), "intersection"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw(plt.subplots()[1])
