"""Figures: valid, small, the same bytes every time, legible in light, dark and on a phone."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import combinations, product

import numpy as np
import pytest

from dice.course import figures, style
from dice.course.figures import Drawing
from dice.course.scenes import scene

ROWS = {
    "target": [1, 0, 0, 1, 0, 0],
    "prediction": [1, 0, 1, 1, 0, 0],
    "overlap": [1, 0, 0, 1, 0, 0],
}
MAP = np.array([[0, 1, 1, 0], [0, 1, 2, 2], [3, 0, 2, 2]])
BALL = np.exp(-np.hypot(*np.mgrid[-20:21, -30:31]) / 9)
X = np.linspace(0.01, 0.5, 30)


def gallery() -> dict[str, Drawing]:
    """One drawing of each kind, made anew."""
    made = scene(0)
    class_map = figures.label_map(MAP, ["background", "a", "b", "c"], width=figures.HALF_WIDTH)
    return {
        "pixel_rows": figures.pixel_rows(ROWS),
        "pixel_rows of fractions": figures.pixel_rows({"probability": [0.9, 0.25, 0]}, digits=2),
        "masks": figures.masks(MAP == 1, MAP > 0),
        "label_map": class_map,
        "instance_map": figures.instance_map(made.instance),
        "panels": figures.panels({"one": class_map, "two": figures.instance_map(MAP, width=150)}),
        "matrices": figures.matrices(
            {"p": [[0.5761, 0.2119], [0.2119, 0.3837]], "labels": [["A", "B"], ["B", "C"]]},
            colors={"p": style.CLASS_COLORS[0]},
            digits=4,
        ),
        "curves": figures.curves(
            X, {"accuracy": 1 - X, "Dice": X}, xlabel="share", ylabel="score", xscale="log",
            roles={"accuracy": "alarm"}, xticks=[0.01, 0.1, 0.5], points={"here": (0.1, 0.1)},
        ),
        "heatmap": figures.heatmap(BALL, threshold=0.5),
        "heatmap of numbers": figures.heatmap(BALL[16:25:2, 24:35:2]),
        "venn": figures.venn(12, 10, 7, unit="pixels"),
        "photo": figures.photo(made.image, labels=made.semantic, ids=made.instance),
        "four_tasks": figures.four_tasks(made),
    }  # fmt: skip


GALLERY = gallery()
each_drawing = pytest.mark.parametrize("drawing", GALLERY.values(), ids=GALLERY.keys())


@each_drawing
def test_a_drawing_is_well_formed_and_small(drawing):
    root = ET.fromstring(drawing.svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(root.attrib["viewBox"].split()) == 4
    assert root.attrib["aria-label"] == drawing.description
    assert len(drawing.svg) < 40_000


@each_drawing
def test_text_is_legible_on_a_phone(drawing):
    width = float(ET.fromstring(drawing.svg).attrib["viewBox"].split()[2])
    smallest = min(float(size) for size in re.findall(r'font-size="([^"]*)"', drawing.svg))
    assert width <= style.WIDTH + 2 * style.MARGIN
    assert smallest * min(style.SCREEN_SCALE, 360 / width) >= 11


@each_drawing
def test_tones_follow_the_page(drawing):
    used = {tone for tone in style.DARK_VERSION if f'="{tone}"' in drawing.svg}
    assert style.SHEET in used
    for tone in used:
        assert re.search(rf'="{tone}"\]{{\w+:{style.DARK_VERSION[tone]}}}', drawing.svg)


@each_drawing
def test_shapes_that_are_used_again_take_the_color_of_their_use(drawing):
    shapes = set(re.findall(r'<use [^>]*href="#([^"]*)"', drawing.svg))
    for shape in shapes:
        (tag,) = re.findall(rf'<[^>]* id="{shape}"[^>]*>', drawing.svg)
        assert not re.search(r'(fill|stroke)="#', tag)
        for use in re.findall(rf'<use [^>]*href="#{shape}"[^>]*>', drawing.svg):
            assert re.search(r' stroke="#', use)


@each_drawing
def test_a_drawing_names_no_place_or_time(drawing):
    assert not re.search(r"0x[0-9a-f]{6}|<dc:date>|/home/|/[t]mp/", drawing.svg)
    assert re.fullmatch(r"<Drawing: [^<>]+>", repr(drawing))
    assert drawing._repr_svg_() == drawing.svg


def test_the_bytes_are_the_same_every_time():
    assert {k: d.svg for k, d in gallery().items()} == {k: d.svg for k, d in GALLERY.items()}


def test_the_bytes_are_the_same_in_another_process():
    program = (
        "import hashlib, runpy, sys; drawings = runpy.run_path(sys.argv[1])['GALLERY'];"
        "text = ''.join(drawing.svg for drawing in drawings.values());"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program, __file__],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def filled(path: str, shape: tuple[int, int]) -> np.ndarray:
    """Fill a path of M, h, v and z by parity, one pixel a unit."""
    crossings = np.zeros((shape[0], shape[1] + 1), dtype=int)
    for command, arguments in re.findall(r"([Mhvz])([-\d ]*)", path):
        if command == "M":
            x, y = start = tuple(map(int, arguments.split()))
        elif command == "h":
            x += int(arguments)
        elif command == "v":
            end = y + int(arguments)
            crossings[min(y, end) : max(y, end), x] += 1
            y = end
        else:
            assert (x, y) == start, "a loop does not close"
    return np.cumsum(crossings, axis=1)[:, :-1] % 2 == 1


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_an_outline_is_exact(share):
    for seed in range(20):
        mask = np.random.default_rng(seed).random((9, 13)) < share
        assert np.array_equal(filled(figures._outline(mask), mask.shape), mask)


def test_the_mark_of_an_object_lies_inside_it():
    for seed in range(10):
        made = scene(seed)
        for item in made.objects:
            row, column = figures._center(made.instance == item.id)
            assert made.instance[int(row), int(column)] == item.id


@pytest.mark.parametrize("sizes", [(12, 10, 7), (2, 3, 2), (20, 5, 1), (9, 9, 8)])
def test_circles_are_true_to_the_sizes(sizes):
    target, prediction, shared = sizes
    r, s = np.sqrt(target / np.pi), np.sqrt(prediction / np.pi)
    distance = figures._circle_distance(r, s, shared)
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
    svg = figures.pixel_rows({"probability": [0.05]}).svg
    assert f'fill="{style.PREDICTION}" fill-opacity="0.05"' in svg
    assert svg.count(f'fill="{style.PAPER}"') == 2  # the cell below, and the rule that swaps it


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
    parts = figures.masks([[1, 1, 0]], [[0, 1, 1]]).svg
    assert {"M0 6L6 0", "M0 0L6 6", "M0 6L6 0M0 0L6 6"} == set(
        re.findall(r'<path d="(M0 [06]L[^"]*)" stroke', parts)
    )
    five = np.repeat(np.arange(6), 8)[None].repeat(16, axis=0)  # large: labeled once a class
    names = ["background", "cat", "dog", "elk", "fox", "gnu"]
    assert set(
        re.findall(r'font-weight="bold"[^>]*>(\d)<', figures.label_map(five, names).svg)
    ) == {*"12345"}


def test_a_tone_is_no_other_color():
    fixed = {style.ON_LIGHT, style.ON_DARK, *style.CLASS_COLORS, *figures.HEAT}
    assert fixed.isdisjoint(style.DARK_VERSION)


def test_the_name_of_a_dot_keeps_clear_of_the_curve():
    dot = {"xlabel": "x", "ylabel": "y", "points": {"here": (0.5, 0.5)}}
    rising, falling = (
        figures.curves([0, 1], {"line": line}, **dot).svg for line in ([0, 1], [1, 0])
    )
    below, above = (
        float(re.search(r'y="([\d.]+)"[^>]*>here<', svg)[1]) for svg in (rising, falling)
    )
    assert below > above


def test_values_are_written_as_they_are():
    svg = figures.matrices({"m": [["e/2", "1"], ["0.0", "x < y"]]}).svg
    for text in ("e/2", "0.0", "x &lt; y"):
        assert f">{text}</text>" in svg
    assert ">0.5761<" in GALLERY["matrices"].svg
    assert ">0.25<" in GALLERY["pixel_rows of fractions"].svg


def test_a_drawing_can_be_saved(tmp_path):
    GALLERY["venn"].save(tmp_path / "venn.svg")
    assert (tmp_path / "venn.svg").read_text(encoding="utf-8") == GALLERY["venn"].svg


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: figures.pixel_rows({"a": [0, 1], "b": [0]}), "same number of pixels"),
        (lambda: figures.masks([[0, 1]], [[0], [1]]), "equal grids"),
        (lambda: figures.label_map([0, 1], ["a", "b"]), "rows and columns"),
        (lambda: figures.matrices({"a": [1, 2]}), "rows and columns"),
        (lambda: figures.venn(2, 3, 4), "intersection"),
        (lambda: figures.venn(0, 0, 0), "both empty"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
