"""The detective finds each convention that is planted, and says when there is none."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dice import Overlap, dice_score, iou_score, overlap, soft_dice
from dice.course import detective
from dice.course.detective import CHOICES, PLAIN, SOFT, TABLE, investigate


def scene():
    """Three images, three classes: class 2 is missed once, predicted once where it is not."""
    random = np.random.default_rng(4)
    y = random.integers(0, 3, (3, 20, 20))
    x = np.where(random.random(y.shape) < 0.6, y, random.integers(0, 3, y.shape))
    y[1][y[1] == 2] = x[1][x[1] == 2] = 0
    y[2][y[2] == 2] = 1
    return x, y


X, Y = scene()
MAPS = {"num_classes": 3, "batch_axis": 0}
INNER = MAPS | {"include_background": False}
SUMS = overlap(X, Y, **MAPS)
FRONT = Overlap(*(getattr(SUMS, k)[:, 1:] for k in ("intersection", "prediction", "target")))
PER = FRONT.dice()
A, B = X > 0, Y > 0
CUBE = np.stack([X] * 3, axis=1), np.stack([Y * (np.arange(20) < k) for k in (20, 9, 3)], axis=1)
P = np.clip(np.random.default_rng(5).normal(0.2 + 0.5 * B, 0.3), 0, 1).round(2)
P[0, 0, :6] = 0.5


def smooth(above, below, **options):
    return FRONT.dice(average="macro", eps_numerator=above, eps_denominator=below, **options)


def textbook(x, y, i=None):
    with np.errstate(over="ignore"):
        i = (x * y).sum() if i is None else i
        return float(2 * i / (x.sum() + y.sum()))


def bits(x, y, high):
    return np.uint8(x) * np.uint8(high), np.uint8(y) * np.uint8(high)


# The departure that is planted, what it makes of the numbers, and the arrays: class maps or masks.
X1, Y1 = bits(A, B, 1)
PLANTED = [
    ({}, dice_score(X, Y, **INNER), "maps"),
    ({"score": "IoU"}, iou_score(X, Y, **INNER), "maps"),
    ({"form": "loss"}, 1 - dice_score(X, Y, **INNER), "maps"),
    ({"form": "negative"}, -dice_score(X, Y, **INNER), "maps"),
    ({"average": "micro"}, dice_score(X, Y, average="micro", **INNER), "maps"),
    ({"average": "weighted"}, dice_score(X, Y, average="weighted", **INNER), "maps"),
    ({"average": "class 0"}, SUMS.dice()[:, 0].mean(), "maps"),
    ({"average": "class 2"}, np.nanmean(SUMS.dice()[:, 2]), "maps"),
    ({"background": "in"}, dice_score(X, Y, **MAPS), "maps"),
    ({"images": "pooled"}, dice_score(X, Y, **INNER | {"batch_axis": None}), "maps"),
    ({"order": "images first"}, np.nanmean(PER, axis=0).mean(), "maps"),
    ({"order": "all at once"}, np.nanmean(PER), "maps"),
    ({"empty": "as 0"}, dice_score(X, Y, empty=0, **INNER), "maps"),
    ({"empty": "as 1"}, dice_score(X, Y, empty=1, **INNER), "maps"),
    ({"absent": "as empty"}, np.mean([PER[0].mean(), PER[1, 0], PER[2, 0]]), "maps"),
    ({"epsilon": "1e-5"}, smooth(1e-5, 1e-5), "maps"),
    ({"epsilon": "1e-5 below"}, smooth(0, 1e-5), "maps"),
    ({"epsilon": "both 1"}, smooth(1, 1), "maps"),
    ({"epsilon": "1 below"}, smooth(0, 1), "maps"),
    ({"epsilon": "1 above"}, smooth(1, 0), "maps"),
    ({"epsilon": "both 2"}, smooth(2, 2), "maps"),
    ({"epsilon": "1 inside"}, smooth(2, 1), "maps"),
    ({"epsilon": "1e-5 inside"}, smooth(2e-5, 1e-5), "maps"),
    ({"epsilon": "both 100"}, smooth(100, 100), "maps"),
    ({"numbers": "bytes"}, textbook(*bits(A, B, 255)), "mask"),
    ({"numbers": "black and white"}, textbook(A * 255, B * 255), "mask"),
    ({"numbers": "prediction of 255"}, textbook(A * 255, B * 1), "mask"),
    ({"numbers": "target of 255"}, textbook(A * 1, B * 255), "mask"),
    ({"numbers": "dot"}, textbook(X1, Y1, float(np.vdot(X1, Y1))), "mask"),
    (
        {"numbers": "dot doubled"},
        textbook(X1, Y1, np.uint8(2 * int(np.vdot(X1, Y1)) % 256) / 2),
        "mask",
    ),
    (
        {"numbers": "small sums"},
        2
        * float(np.vdot(X1, Y1))
        / (float(X1.sum(dtype=np.uint8)) + float(Y1.sum(dtype=np.uint8))),
        "mask",
    ),
    ({"arrays": "prediction flipped along (2,)"}, dice_score(X[:, :, ::-1], Y, **INNER), "maps"),
    (
        {"arrays": "prediction flipped along (1, 2)"},
        dice_score(X[:, ::-1, ::-1], Y, **INNER),
        "maps",
    ),
    (
        {"arrays": "prediction's axes (1, 2) as (2, 1)"},
        dice_score(X.swapaxes(1, 2), Y, **INNER),
        "maps",
    ),
    ({"arrays": "all labels as one mask"}, dice_score(A, B, batch_axis=0), "maps"),
    (
        {"arrays": "each slice of axis 1 an image"},
        dice_score(*(v.reshape(9, 20, 20) for v in CUBE), **INNER),
        "cube",
    ),
    ({"arrays": "threshold 0.3"}, dice_score(P >= 0.3, B), "soft"),
    ({"arrays": "a tie is background"}, dice_score(P > 0.5, B), "soft"),
    ({"arrays": SOFT[0]}, soft_dice(P, B), "soft"),
    ({"arrays": SOFT[1]}, soft_dice(P, B, squared=True), "soft"),
]
ARRAYS = {
    "maps": ((X, Y), MAPS),
    "mask": ((A, B), {}),
    "cube": (CUBE, MAPS),
    "soft": ((P, B), {}),
}


@cache
def candidates(kind):
    """What is tried on some arrays, of which the numbers asked for are no part."""
    arrays, options = ARRAYS[kind]
    return [*detective.candidates(detective.lay(*arrays, **options))]


def ask(monkeypatch, kind, yours, theirs="0.123456"):
    """The hits of the first number, of both numbers, and all."""
    made = candidates(kind)
    monkeypatch.setattr(detective, "candidates", lambda views: made)
    arrays, options = ARRAYS[kind]
    found = investigate(yours, theirs, *arrays, **options)
    return *found.hits.values(), found


@pytest.mark.parametrize(("planted", "value", "kind"), PLANTED, ids=lambda value: str(value)[:40])
def test_each_planted_convention_is_found(monkeypatch, planted, value, kind):
    """Nothing that is plainer gives the number, unless the arrays cannot tell the two apart."""
    hits, *_ = ask(monkeypatch, kind, f"{value:.6f}")
    right = [hit for hit in hits if planted in [c.convention for c in hit.alike]]
    assert [hit.departures for hit in right] == [hits[0].departures], hits
    assert not planted or {} not in [c.convention for c in right[0].alike], "not planted"


def test_every_choice_is_planted():
    names = {(k, name) for planted, *_ in PLANTED for k, name in planted.items()}
    wanted = {(k, n) for k, t in CHOICES.items() for n, v in t.items() if v[0] and len(v) == 3}
    assert wanted <= names


@pytest.mark.parametrize("call", TABLE["calls"], ids=lambda call: call["call"][:40])
def test_each_call_is_found(monkeypatch, call):
    reads = {"average": "class 1" if call["reads"].get("average") == "class" else "macro"}
    value = detective.read(SUMS, call["reads"] | {k: v for k, v in reads.items() if v != "macro"})
    hits, *_ = ask(monkeypatch, "maps", f"{value:.6f}")
    assert any(f"{call['library']}: {call['call']}" in hit.calls for hit in hits)


def test_the_example_names_two_libraries():
    """The sentence that the page promises."""
    example = TABLE["example"]
    sums = Overlap(*(example[k] for k in ("intersection", "prediction", "target")))
    found = investigate(example["yours"], example["theirs"], sums)
    assert found.verdict == (
        "Yours: plain (torchmetrics: dice_score(include_background=False)). "
        "Theirs: background in, empty = 1 (MONAI: DiceMetric(ignore_empty=False))."
    )
    one, other = found.hits.values()
    assert [len(one), len(other)] == [1, 1] and other[0].chance < 0.05
    assert max(map(len, str(found).splitlines())) <= 45


def test_two_conventions_that_differ_in_one_choice_are_told(monkeypatch):
    """Each of two departures has rivals; the verdict takes the pair that differs least."""
    yours = dice_score(X, Y, average="micro", **INNER)
    theirs = iou_score(X, Y, average="micro", **INNER)
    *_, found = ask(monkeypatch, "maps", f"{yours:.4f}", f"{theirs:.4f}")
    assert found.verdict.startswith("Yours: micro")
    assert "Theirs: IoU, micro" in found.verdict


def test_no_hit_says_what_to_look_at_next(monkeypatch):
    hits, others, found = ask(monkeypatch, "maps", f"{dice_score(X, Y, **INNER):.4f}", "0.99999")
    assert hits and not others
    assert "theirs 0.99999 (hits: 0)" in str(found)
    assert found.verdict == TABLE["no hit"] and "three sums of one image" in found.verdict


def test_numbers_are_read_as_they_are_printed():
    """In percent, with a real minus, from a float; NaN is a number that programs print, too."""
    assert detective.parse("yours", " 82.4 % ") == ("yours 82.4 %", pytest.approx(0.824), 3)
    assert detective.parse("yours", "−0.50") == ("yours -0.50", -0.5, 2)
    assert detective.parse("theirs", 0.8235)[2] == 4
    nothing = investigate("nan", "inf", Overlap(0, 0, 0))
    yours, theirs = nothing.hits.values()
    assert yours[0].convention == "plain" and "MedPy: dc, from NumPy 2.3 on" in yours[0].calls
    assert theirs[0].calls == ["SimpleITK: GetDiceCoefficient()"]


def test_all_decimals_count():
    """0.70 is more than 0.7000: fewer numbers are left to chance where more decimals are told."""
    sums = Overlap(70, 80, 90)
    short, long = (investigate(n, "0.5", sums).hits[f"yours {n}"] for n in ("0.70", "0.7000"))
    assert short[0].convention == long[0].convention == "IoU" and len(short) > len(long)
    assert short[0].chance > long[0].chance
    assert "plain" not in [
        hit.convention for hit in investigate("0.8200", "0.5", sums).hits["yours 0.8200"]
    ]


def test_sums_of_all_shapes():
    """A number, classes, images, and images by classes; a lone class has no background."""
    for sums in (Overlap(3, 4, 5), Overlap([3], [4], [5]), Overlap([3], [4], [5], batched=True)):
        found = investigate("0.6667", "0.5000", sums)
        assert [hits[0].convention for hits in found.hits.values()] == ["plain", "IoU"]
        assert not any("background" in str(c) for c in found.hits["yours 0.6667"][0].alike)
    unknown = investigate("0.5833", "0.5", Overlap([0, 3, 2], [0, 4, 4], [0, 5, 4]))
    assert unknown.hits["yours 0.5833"][0].convention == "plain"


def test_pixels_that_do_not_count():
    void = np.where(Y == 2, 255, Y)
    kept = dice_score(X, void, ignore_index=255, **INNER)
    found = investigate(f"{kept:.6f}", "0.5", X, void, ignore_index=255, **MAPS)
    assert found.hits[f"yours {kept:.6f}"][0].convention == "plain"


BAD = [
    (("1", "0.5", Overlap(1, 2, 3)), "yours: expected a number with decimals, like '0.8235'"),
    (("0.5", "?", Overlap(1, 2, 3)), "theirs: expected a number with decimals"),
    (("0.5", 1e-7, Overlap(1, 2, 3)), "theirs: expected a number with decimals"),
    (("0.5", "0.5", Overlap(1, 2, 3), A), "target: expected none beside an Overlap, got ndarray"),
    (("0.5", "0.5", A), "target: expected"),
    (("0.5", "0.5", X, Y), "class labels need num_classes"),
    (("0.5", "0.5", A, B[0]), "target: expected shape"),
    (("0.5", "0.5", A * 255, B), "black and white becomes a mask by prediction > 127"),
]


@pytest.mark.parametrize(("given", "message"), BAD)
def test_bad_input_is_refused_and_told(given, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        investigate(*given)


def test_hints_are_ways_out():
    for yours in ("0.8235", "82.4 %", f"{1:.4f}"):
        investigate(yours, "0.5", Overlap(1, 2, 3))
    investigate("0.5", "0.5", X, Y, num_classes=3)
    investigate("0.5", "0.5", A * 255 > 127, B)


@pytest.mark.beyond
@pytest.mark.parametrize(
    "planted", [{"average": "micro"}, {"epsilon": "both 100"}, {"empty": "as 1"}]
)
def test_chance_is_what_other_numbers_get(monkeypatch, planted):
    """All numbers that differ in the last two decimals, and their hits with no more departures."""
    text = f"{detective.read(SUMS, planted | {'images': 'pooled'}):.4f}"
    hits, *_ = ask(monkeypatch, "maps", text)
    others = [f"{text[:-2]}{i:02}" for i in range(100) if not text.endswith(f"{i:02}")]
    found = [[hit.departures for hit in ask(monkeypatch, "maps", n)[0]] for n in others]
    for hit in hits:
        by_chance = np.mean([sum(n <= hit.departures for n in one) for one in found])
        assert hit.chance == pytest.approx(by_chance, abs=0.02), hit
    assert hits[-1].chance > 0.02


def test_two_decimals_say_little(monkeypatch):
    """Of numbers of two decimals nearly all hit something: that is why chance is told."""
    numbers = [f"{i / 100:.2f}" for i in range(10, 90, 7)]
    hits = [ask(monkeypatch, "maps", number)[0] for number in numbers]
    assert np.mean([len(one) > 0 for one in hits]) > 0.7
    assert np.mean([len(one) for one in hits]) > 2
    few = [ask(monkeypatch, "maps", f"{number}37")[0] for number in numbers]
    assert np.mean([len(one) for one in few]) < 0.5


def test_the_table_is_whole():
    """The first of each choice is plain; what a call departs in is a choice that there is."""
    assert all(table[PLAIN[k]][0] == 0 for k, table in CHOICES.items())
    assert not any(
        name.isdigit() for table in CHOICES.values() for name in table
    )  # JavaScript sorts
    for call in TABLE["calls"]:
        for k, name in call["reads"].items():
            assert name == "class" or (name in CHOICES[k] and name != PLAIN[k]), call


def test_the_page_shows_what_the_code_prints(capsys):
    page = (Path(__file__).parents[2] / "book" / "detective.md").read_text("utf8")
    pairs = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", page, re.S)
    names = {}
    for code, shown in pairs:
        exec(code, names)
        assert capsys.readouterr().out == shown
    assert len(pairs) == 3
    sums = [names["sums"].intersection, names["sums"].prediction, names["sums"].target]
    example = [TABLE["example"][k] for k in ("intersection", "prediction", "target")]
    assert np.array_equal(sums, example)
    for k, c in np.ndindex(3, 3):
        assert f"| {k + 1} | {c} | " + " | ".join(str(v[k, c]) for v in sums) + " |" in page
    tried = page.partition("## What is tried")[2]
    assert len(re.findall(r"^\| \w", tried, re.M)) - 1 == len(CHOICES) - 1  # without the arrays
