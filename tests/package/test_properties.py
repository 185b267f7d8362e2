"""What must hold for every input: a table of functions, a table of properties, each pair."""

from functools import partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import dice
from dice import Overlap, overlap

steady = settings(derandomize=True, deadline=None, database=None, max_examples=10)
CLASSES = 3
PROBABILITIES = st.integers(0, 16).map(lambda k: k / 16) | st.floats(0, 1, width=32)


class Function(NamedTuple):
    """A public function with its options, and what does not hold for it."""

    call: Any
    options: dict[str, Any]
    lacks: str = ""

    def of(self, inputs):
        """The function of a prediction and a target, and `average` once all is said."""
        how = INPUTS[inputs] | self.options
        average = how.get("average", None if self.call is dice.soft_dice else "macro")
        return partial(self.call, **how), average


# What goes in: one mask; a mask per class; class maps; probabilities with masks, with class
# maps, with soft targets, and those of one class; logits
PER_CLASS = {"class_axis": 0}
INPUTS: dict[str, dict[str, Any]] = {
    "mask": {},
    "masks": PER_CLASS,
    "maps": {"num_classes": CLASSES},
    "soft, masks": PER_CLASS,
    "soft, map": PER_CLASS,
    "soft, soft": PER_CLASS,
    "soft, one class": {},
    "logits": PER_CLASS,
}
SETS, SOFTS = ("mask", "masks", "maps"), [inputs for inputs in INPUTS if "soft" in inputs]
HARD = {
    f"{score.__name__}, {average}": Function(
        score, {"average": average}, "symmetry" * (average == "weighted")
    )
    for score, average in product(
        (dice.dice_score, dice.iou_score), ("macro", "micro", "weighted", None)
    )
}
BOTH = {"eps_numerator": 0.25, "eps_denominator": 0.25}
TVERSKY = {"false_positive_weight": 0.3, "false_negative_weight": 0.7}
EQUAL = {"false_positive_weight": 0.6, "false_negative_weight": 0.6}
SOFT = {
    name: Function(*function)
    for name, function in {
        "soft_dice": (dice.soft_dice, {}),
        "soft_dice, squared": (dice.soft_dice, {"squared": True}),
        "soft_dice, min": (dice.soft_dice, {"intersection": "min"}),
        "soft_dice, micro": (dice.soft_dice, {"average": "micro"}),
        "dice_loss": (dice.dice_loss, {}),
        "dice_loss, epsilon": (dice.dice_loss, BOTH, "repetition"),
        "dice_loss, squared": (dice.dice_loss, {"squared": True, "average": "micro"}),
        "dice_loss, min": (dice.dice_loss, {"intersection": "min"}),
        "dice_loss, weighted": (dice.dice_loss, {"average": "weighted"}, "symmetry"),
        "dice_loss, None": (dice.dice_loss, {"average": None}),
        "tversky_loss": (dice.tversky_loss, TVERSKY, "symmetry"),
        "tversky_loss, equal": (dice.tversky_loss, EQUAL),
        "tversky_loss, focal": (dice.tversky_loss, TVERSKY | {"gamma": 0.75}, "symmetry"),
        "generalized_dice_loss": (dice.generalized_dice_loss, {}, "symmetry"),
    }.items()
}
LOGITS = {
    "cross_entropy": Function(dice.cross_entropy, {}, "bounds symmetry negatives samples"),
    "dice_ce_loss": Function(dice.dice_ce_loss, {}, "bounds symmetry negatives samples"),
}
FUNCTIONS = HARD | SOFT | LOGITS


@st.composite
def pairs(draw, inputs, least=0):
    """A prediction and a target; pixels are the last axis, classes the first."""
    pixels = draw(st.integers(least, 9))
    one, each = (pixels,), (CLASSES, pixels)

    def arrays(shape, elements, dtype):
        return draw(hnp.arrays(dtype, shape, elements=elements))

    zero_one = partial(arrays, elements=st.integers(0, 1), dtype=np.int64)
    labels = partial(arrays, elements=st.integers(0, CLASSES - 1), dtype=np.int64)
    soft = partial(arrays, elements=PROBABILITIES, dtype=np.float64)
    logits = partial(arrays, elements=st.floats(-30, 30, width=32), dtype=np.float64)
    return {
        "mask": lambda: (zero_one(one), zero_one(one)),
        "masks": lambda: (zero_one(each), zero_one(each)),
        "maps": lambda: (labels(one), labels(one)),
        "soft, masks": lambda: (soft(each), zero_one(each)),
        "soft, map": lambda: (soft(each), labels(one)),
        "soft, soft": lambda: (soft(each), soft(each)),
        "soft, one class": lambda: (soft(one), soft(one)),
        "logits": lambda: (logits(each), labels(one)),
    }[inputs]()


def same(found, expected, rtol=1e-12, atol=1e-12):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol, strict=True)


# Properties: what must hold of f, a function of a prediction p and a target g


def bounds(f, p, g, case):
    value = np.asarray(f(p, g))
    assert ((value >= 0) & (value <= 1 + 1e-12) | np.isnan(value)).all()


def symmetry(f, p, g, case):
    same(f(p, g), f(g, p))


def permutation(f, p, g, case):
    order = case.draw(st.permutations(range(p.shape[-1])))
    same(f(p[..., order], g[..., order]), f(p, g))


def classes(f, p, g, case):
    order = np.array(case.draw(st.permutations(range(CLASSES))))
    label = np.argsort(order)  # class order[k] becomes class k
    q, h = (a[order] if a.ndim == 2 else label[a] for a in (p, g))
    value = np.asarray(f(p, g))
    same(np.asarray(f(q, h)), value[order] if value.ndim else value)


def repetition(f, p, g, case):
    same(f(np.repeat(p, 3, axis=-1), np.repeat(g, 3, axis=-1)), f(p, g))


def negatives(f, p, g, case):
    """Pixels that are background in both change no score of the foreground."""
    more = case.draw(st.integers(1, 5))

    def add(a):
        return np.concatenate([a, np.zeros((*a.shape[:-1], more), a.dtype)], axis=-1)

    if case.inputs in ("maps", "soft, map"):
        if f.func is not dice.generalized_dice_loss:
            each = partial(f, average=None)
            same(each(add(p), add(g))[1:], each(p, g)[1:])
        f = partial(f, include_background=False)
    same(f(add(p), add(g)), f(p, g))


def layout(f, p, g, case):
    changes = (
        np.asfortranarray,
        lambda a: a[..., ::-1].copy()[..., ::-1],
        lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
        lambda a: a.astype(a.dtype.newbyteorder()),
        lambda a: np.moveaxis(np.moveaxis(a, -1, 0).copy(), 0, -1),
        np.ndarray.tolist if p.size else np.copy,
    )
    expected = f(p, g)
    for change in changes:
        same(f(change(p), change(g)), expected)
        same(f(change(p), g), expected)
    for a in (p, g):
        a.setflags(write=False)
    same(f(p, g), expected, rtol=0, atol=0)


def dtypes(f, p, g, case):
    integers = np.typecodes["AllInteger"]
    if p.dtype == np.float64:
        p = np.round(p * 16) / 16  # exact in every type
    expected = f(p, g)
    for dtype in (np.float16, np.float32, np.longdouble) if p.dtype == np.float64 else integers:
        h = g.astype(dtype) if g.dtype == np.float64 else g
        tolerance = 1e-6 if p.dtype == np.float64 else 0
        np.testing.assert_allclose(f(p.astype(dtype), h), f(p, h), tolerance, tolerance)
    for dtype in integers if g.dtype == np.int64 else ():
        np.testing.assert_array_equal(f(p, g.astype(dtype)), expected)
    if case.inputs in ("mask", "masks"):
        same(f(p.astype(bool), g.astype(bool)), expected)


def other_axes(f, p, g, case):
    """Pixels on two axes, and classes last."""

    def change(a):
        return np.moveaxis(a, 0, -1)[:, np.newaxis] if a.ndim == 2 else a[:, np.newaxis]

    axis = {"class_axis": -1} if "class_axis" in f.keywords else {}
    same(f(change(p), change(g), **axis), f(p, g))


def samples(f, p, g, case):
    """Kept apart, two equal samples score like one."""
    axis = {"class_axis": 1} if "class_axis" in f.keywords else {}
    twice = f(np.stack([p, p]), np.stack([g, g]), batch_axis=0, **axis)
    once = np.asarray(f(p, g))
    same(np.asarray(twice), np.stack([once, once]) if case.average is None else once)


def mask(f, p, g, case):
    """Pixels that do not count might as well not be there."""
    pixels = g.shape[-1]
    kept = np.array(case.draw(st.lists(st.booleans(), min_size=pixels, max_size=pixels)), bool)
    expected = f(p[..., kept], g[..., kept])
    same(f(p, g, mask=kept), expected)
    if g.ndim == 1 and g.dtype == np.int64:
        same(f(p, np.where(kept, g, -9), ignore_index=-9), expected)


PROPERTIES = {
    f.__name__: f
    for f in (
        bounds,
        symmetry,
        permutation,
        classes,
        repetition,
        negatives,
        layout,
        dtypes,
        other_axes,
        samples,
        mask,
    )
}


def applies(name, function, inputs):
    f = FUNCTIONS[function]
    one_class = inputs in ("mask", "soft, one class")
    if name in f.lacks or (f.call is dice.generalized_dice_loss and one_class):
        return False
    if inputs not in (SETS if function in HARD else ["logits"] if function in LOGITS else SOFTS):
        return False
    return {
        "symmetry": inputs not in ("soft, masks", "soft, map"),
        "classes": not one_class,
        "dtypes": inputs != "logits",
    }.get(name, True)


class Case(NamedTuple):
    """One drawn example: how to draw more, what goes in, and how classes are averaged."""

    draw: Any
    inputs: str
    average: str | None


TAKEN = getattr(dice, "TAKES", INPUTS)  # a reader's own package takes fewer
PAIRS = {
    (function, name): [inputs for inputs in TAKEN if applies(name, function, inputs)]
    for function, name in product(FUNCTIONS, PROPERTIES)
}


OWN = [f"dice_score, {average}" for average in ("macro", "micro", "weighted", None)]
OWN += ["soft_dice", "dice_loss", "dice_loss, epsilon"]
OF_OWN = ["bounds", "symmetry", "permutation", "classes", "repetition", "other_axes"]


@pytest.mark.practice(function=OWN, name=OF_OWN)
@pytest.mark.parametrize(("function", "name"), [pair for pair, inputs in PAIRS.items() if inputs])
@given(data=st.data())
@steady
def test_property(function, name, data):
    inputs = data.draw(st.sampled_from(PAIRS[function, name]))
    p, g = data.draw(pairs(inputs))
    f, average = FUNCTIONS[function].of(inputs)
    PROPERTIES[name](f, p, g, Case(data.draw, inputs, average))


# Of the sums


def sums_of(sums):
    return np.array([sums.intersection, sums.prediction, sums.target])


SUMMED = {
    "mask": {},
    "masks": {"class_axis": 0},
    "maps": {"num_classes": CLASSES},
    "soft, masks": {"class_axis": 0},
    "soft, map": {"class_axis": 0},
    "soft, soft": {"class_axis": 0, "intersection": "min"},
    "soft, one class": {"squared": True},
}


@pytest.mark.practice(inputs=TAKEN)
@pytest.mark.parametrize("inputs", SUMMED)
@given(data=st.data())
@steady
def test_parts_make_the_whole(inputs, data):
    p, g = data.draw(pairs(inputs))
    cuts = sorted(data.draw(st.lists(st.integers(0, g.shape[-1]), max_size=3)))
    parts = zip(np.split(p, cuts, axis=-1), np.split(g, cuts, axis=-1), strict=True)
    merged = sum(overlap(*part, **SUMMED[inputs]) for part in parts)
    whole = overlap(p, g, **SUMMED[inputs])
    exact = inputs in ("mask", "masks", "maps")
    same(sums_of(merged), sums_of(whole), rtol=0 if exact else 1e-12, atol=0)
    assert (merged.batched, merged.squared) == (whole.batched, whole.squared)
    if exact:
        assert sums_of(merged).dtype == np.int64
        same(merged.dice(), whole.dice())


@pytest.mark.parametrize("inputs", ["mask", "soft, one class"])
@given(data=st.data())
@steady
def test_one_case_has_one_order_by_dice_and_by_iou(inputs, data):
    sums = overlap(*data.draw(pairs(inputs)))
    d, j = sums.dice(), sums.iou()
    if np.isnan(d):
        assert np.isnan(j)
    else:
        assert j == pytest.approx(d / (2 - d), abs=1e-12)
        assert d == pytest.approx(2 * j / (1 + j), abs=1e-12)
    halves = {"false_positive_weight": 0.5, "false_negative_weight": 0.5}
    ones = {"false_positive_weight": 1, "false_negative_weight": 1}
    same(sums.tversky(**halves), d)
    same(sums.tversky(**ones), j)


@pytest.mark.parametrize("variant", [{}, {"squared": True}, {"intersection": "min"}])
@given(data=st.data())
@steady
def test_soft_is_hard_on_zeros_and_ones(variant, data):
    p, g = data.draw(pairs("masks"))
    hard = overlap(p, g, class_axis=0)
    for target in (g, g.astype(bool), g.astype(float)):
        soft = overlap(p.astype(float), target, class_axis=0, **variant)
        np.testing.assert_array_equal(sums_of(soft), sums_of(hard))
        assert sums_of(soft).dtype == np.float64


@given(data=st.data())
@steady
def test_min_is_product_on_a_binary_target(data):
    p, g = data.draw(pairs("soft, masks"))
    least = overlap(p, g, class_axis=0, intersection="min")
    same(sums_of(least), sums_of(overlap(p, g, class_axis=0)))


# Of the averages: against their definitions, written out


def mean(values, weights):
    kept = [(v, w) for v, w in zip(values, weights, strict=True) if v == v]
    total = sum(w for _, w in kept)
    return sum(v * w for v, w in kept) / total if total else float("nan")


@given(data=st.data())
@settings(steady, max_examples=100)
def test_averages(data):
    batch, count = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 4))
    numbers = st.integers(0, 4)
    hits, only_p, only_g = (
        [[data.draw(numbers) for _ in range(count)] for _ in range(batch)] for _ in range(3)
    )
    weights = [data.draw(numbers) for _ in range(count)]  # if all are 0, they are refused
    background = count == 1 or data.draw(st.booleans())
    empty = data.draw(st.sampled_from([float("nan"), 0.0, 1.0]))
    i = np.array(hits)
    sums = Overlap(i, i + only_p, i + only_g)
    first = 0 if background else 1

    def ratio(hit, p, g):
        return 2 * hit / (2 * hit + p + g) if hit + p + g else empty

    by_average: dict[Any, list[float]] = {"macro": [], "micro": [], "weighted": [], "weights": []}
    for b in range(batch):
        cells = [(hits[b][c], only_p[b][c], only_g[b][c]) for c in range(first, count)]
        scores = [ratio(*cell) for cell in cells]
        by_average["macro"].append(mean(scores, [1] * len(scores)))
        by_average["micro"].append(ratio(*(sum(column) for column in zip(*cells, strict=True))))
        sizes = [hit + g for hit, _, g in cells]
        by_average["weighted"].append(mean(scores, sizes if any(sizes) else [1] * len(sizes)))
        if any(weights[first:]):
            by_average["weights"].append(mean(scores, weights[first:]))
    for name, per_sample in by_average.items():
        if not per_sample:
            continue
        reading = {"average": "macro", "weights": weights} if name == "weights" else {}
        reading = reading or {"average": name}
        found = sums.dice(include_background=background, empty=empty, **reading)
        same(found, mean(per_sample, [1] * batch))
        one = Overlap(*(values[0] for values in (i, i + only_p, i + only_g)))
        same(one.dice(include_background=background, empty=empty, **reading), per_sample[0])


# Of the gradient: against finite differences


OPTIONS = [
    {},
    {"squared": True},
    {"intersection": "min"},
    {"eps_denominator": 0.5},
    {"eps_numerator": 0.25, "eps_denominator": 0.5},
]
READINGS = [
    {},
    {"average": "micro"},
    {"average": "weighted"},
    {"weights": [0.0, 1.0, 3.0]},
    {"include_background": False},
    {"average": "micro", "include_background": False},
    {"average": "weighted", "include_background": False},
    {"include_background": False, "weights": [1.0, 2.0, 0.5]},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("reading", READINGS)
@given(data=st.data())
@settings(steady, max_examples=6)
def test_gradient(reading, options, data):
    options = options | reading | {"class_axis": 0}
    inputs = data.draw(st.sampled_from(["soft, masks", "soft, map", "soft, soft"]))
    p, g = data.draw(pairs(inputs, least=1))
    p = 0.1 + 0.8 * p
    if inputs == "soft, soft":
        assume((np.abs(p - g) > 1e-4).all())  # the minimum has a corner there
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=g.shape[-1], max_size=g.shape[-1])))
    check_gradient(p, g, options | {"mask": kept})


@pytest.mark.practice
@given(data=st.data())
@steady
def test_gradient_of_one_mask(data):
    p, g = data.draw(pairs("soft, masks", least=1))
    check_gradient(0.1 + 0.8 * p[0], g[0], {})


@given(data=st.data())
@steady
def test_gradient_of_samples_and_of_one_class(data):
    p, g = data.draw(pairs("soft, masks", least=1))
    p = 0.1 + 0.8 * p
    check_gradient(p, g, {"batch_axis": 0})
    check_gradient(p[0], g[0], {"eps_denominator": 0.5})
    batch = np.stack([p, p[:, ::-1]], axis=1), np.stack([g, np.roll(g, 1)], axis=1)
    for average in ("macro", "micro", "weighted"):
        check_gradient(*batch, {"class_axis": 0, "batch_axis": 1, "average": average})


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("empty", [0, np.nan])
def test_gradient_beside_what_is_empty(reading, empty):
    chance = np.random.default_rng(3)
    p, g = 0.1 + 0.8 * chance.random((3, 3, 6)), (chance.random((3, 3, 6)) < 0.4).astype(np.uint8)
    p[1, 2] = g[1, 2] = 0  # a class of one sample
    p[2] = g[2] = 0  # all of another
    options = reading | {"empty": empty, "class_axis": 1, "batch_axis": 0}
    check_gradient(p, g, options, where=p > 0)


def check_gradient(p, g, options, where=True):
    found = np.where(where, dice.dice_loss_gradient(p, g, **options), 0)
    assert found.shape == p.shape and found.dtype == p.dtype
    expected = np.zeros_like(p)
    step = 1e-6
    for at in zip(*np.nonzero(np.broadcast_to(where, p.shape)), strict=True):
        up, down = p.copy(), p.copy()
        up[at] += step
        down[at] -= step
        rise = dice.dice_loss(up, g, **options) - dice.dice_loss(down, g, **options)
        expected[at] = rise / (2 * step)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
