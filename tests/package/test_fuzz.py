"""Whatever goes in: the right answer, or a clear error of ours; nothing else, never a warning.

The right answers come from loops over single pixels in plain Python, written independently.
"""

import math
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dice

PUBLIC = sorted(name for name in vars(dice) if name[0] != "_" and callable(getattr(dice, name)))

steady = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NAN = float("nan")

# The reference


def pixel_sums(prediction, target, options):
    """Sums per sample and class, pixel by pixel: nested lists [sample][class][I, P, G]."""
    p, g = np.asarray(prediction), np.asarray(target)
    num_classes = options.get("num_classes")
    class_axis, batch_axis = options.get("class_axis"), options.get("batch_axis")
    class_axis = None if class_axis is None else class_axis % p.ndim
    batch_axis = None if batch_axis is None else batch_axis % p.ndim
    squared, least = options.get("squared", False), options.get("intersection") == "min"
    keep, ignored = options.get("mask"), options.get("ignore_index")
    classes = num_classes or (1 if class_axis is None else p.shape[class_axis])
    samples = 1 if batch_axis is None else p.shape[batch_axis]
    sums = [[[0, 0, 0] for _ in range(classes)] for _ in range(samples)]
    for at in np.ndindex(*p.shape):
        pixel = tuple(k for axis, k in enumerate(at) if axis != class_axis)
        is_map = g.ndim < p.ndim or num_classes is not None
        if keep is not None and not np.asarray(keep)[pixel]:
            continue
        if ignored is not None and g[pixel if is_map else at] == ignored:
            continue
        sample = 0 if batch_axis is None else at[batch_axis]
        for c in range(classes):
            if num_classes is None and class_axis is not None and c != at[class_axis]:
                continue
            a = float(p[at] == c) if num_classes is not None else float(p[at])
            b = float(g[pixel] == c) if is_map else float(g[at])
            cell = sums[sample][c]
            cell[0] += min(a, b) if least else a * b
            cell[1] += a * a if squared else a
            cell[2] += b * b if squared else b
    if p.dtype.kind != "f":
        return sums
    least = np.finfo(np.result_type(p, np.float32)).smallest_normal  # sums below it are 0
    return [[[0 if value < least else value for value in cell] for cell in row] for row in sums]


def average_of(values, weights):
    kept = [(v, w) for v, w in zip(values, weights, strict=True) if not math.isnan(v)]
    total = sum(w for _, w in kept)
    return sum(v * w for v, w in kept) / total if total else NAN


def read(sums, ratio, options, then, has_classes, classes):
    """Scores of the cells, then the mean over classes, then over samples."""
    average, empty = options["average"], options["empty"]
    more, below = options.get("eps_numerator", 0), options.get("eps_denominator", 0)

    def score(cell):
        top, bottom = ratio(*cell)
        return then((top + more) / (bottom + below)) if bottom + below else empty

    first = 0 if options.get("include_background", True) else 1
    batched = "batch_axis" in options
    rows = [row[first:] for row in sums]
    scores = [[score(cell) for cell in row] for row in rows]
    if average is None:
        table = np.array(scores).reshape(len(rows), classes - first)
        table = table if has_classes else table[:, 0]
        return table if batched else table[0]
    weights = options.get("weights")
    per_sample = []
    for row, values in zip(rows, scores, strict=True):
        if average == "micro":
            per_sample.append(score([sum(column) for column in zip(*row, strict=True)]))
            continue
        sizes = [cell[2] for cell in row] if average == "weighted" else [1] * len(row)
        sizes = list(weights[first:]) if weights is not None else sizes
        per_sample.append(average_of(values, sizes if any(sizes) else [1] * len(sizes)))
    return average_of(per_sample, [1] * len(per_sample))


def reference(name, p, g, options):
    """The right answer to a valid call."""
    options = dict(options)
    if name == "confusion_matrix":
        pairs = zip(np.ravel(p), np.ravel(g), strict=True)
        matrix = np.zeros((options["num_classes"],) * 2, int)
        for j, i in pairs:
            if i != options.get("ignore_index"):
                matrix[i, j] += 1
        return matrix
    options.setdefault("average", None if name == "soft_dice" else "macro")
    options.setdefault("empty", 0.0 if "loss" in name else NAN)
    sums = pixel_sums(p, g, options)
    a, b = options.get("false_positive_weight"), options.get("false_negative_weight")
    ratio = {
        "iou_score": lambda i, p, g: (i, p + g - i),
        "tversky_loss": lambda i, p, g: (i, i + a * (p - i) + b * (g - i)),
    }.get(name, lambda i, p, g: (2 * i, p + g))
    gamma = options.get("gamma", 1)
    then = {
        True: lambda s: 1 - s if gamma == 1 else max(1 - s, 0) ** gamma,
        False: lambda s: s,
    }["loss" in name]
    has_classes = "num_classes" in options or options.get("class_axis") is not None
    classes = options.get("num_classes") or (
        np.shape(p)[options["class_axis"]] if has_classes else 1
    )
    return read(sums, ratio, options, then, has_classes, classes)


# Valid calls

AVERAGES = st.sampled_from(["macro", "micro", "weighted", None])
INTEGERS = st.sampled_from("bBhHiIlLqQ")
EPSILON = st.sampled_from([0, 0.5, 1e-3])


@st.composite
def valid(draw):
    """A function, its arguments and options, all as documented."""
    name = draw(
        st.sampled_from(
            (
                "dice_score",
                "iou_score",
                "confusion_matrix",
                "soft_dice",
                "dice_loss",
                "tversky_loss",
            )
        )
    )
    shape = tuple(draw(st.lists(st.integers(0, 3), min_size=0, max_size=3)))
    classes = draw(st.integers(1, 4))
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    hard = name in ("dice_score", "iou_score", "confusion_matrix")
    form = "maps" if name == "confusion_matrix" else draw(st.sampled_from(["one", "each", "maps"]))
    if form == "maps" and not hard:
        classes = max(classes, 2)  # one class and a class map are refused
    options = {}
    p_shape = shape
    if form == "each" or (form == "maps" and not hard):
        at = draw(st.integers(0, len(shape)))
        p_shape = (*shape[:at], classes, *shape[at:])
        options["class_axis"] = at - draw(st.booleans()) * len(p_shape)
    if hard and form == "maps":
        options["num_classes"] = classes
        p = random.integers(0, classes, p_shape)
    elif hard:
        p = random.integers(0, 2, p_shape)
    else:
        p = random.integers(0, 9, p_shape) / 8
    if form == "maps":
        g = random.integers(0, classes, shape)
    elif hard or draw(st.booleans()):
        g = random.integers(0, 2, p_shape)
    else:
        g = random.integers(0, 9, p_shape) / 8
    named = options.get("class_axis", len(p_shape)) % max(len(p_shape), 1)
    free = [axis for axis in range(len(p_shape)) if "class_axis" not in options or axis != named]
    if free and name != "confusion_matrix" and draw(st.booleans()):
        options["batch_axis"] = draw(st.sampled_from(free)) - draw(st.booleans()) * len(p_shape)
    if name != "confusion_matrix" and draw(st.booleans()):
        options["mask"] = random.random(shape) < 0.7
    if g.shape == shape and g.dtype.kind == "i" and draw(st.booleans()):
        options["ignore_index"] = draw(st.sampled_from([-1, 0, 1, 255, 10**30]))
        if options["ignore_index"] == 255:
            g = np.where(random.random(shape) < 0.3, 255, g)
    if name != "confusion_matrix":
        draw_reading(draw, options, hard, classes, "loss" in name)
    if name == "tversky_loss":
        options["false_positive_weight"] = draw(st.sampled_from([0, 0.5, 2]))
        options["false_negative_weight"] = draw(st.sampled_from([0, 0.5, 2]))
        options["gamma"] = draw(st.sampled_from([0.5, 1, 2]))
        options.pop("squared", None)
    p = p.astype(draw(st.sampled_from("efdg") if p.dtype.kind == "f" else INTEGERS))
    if g.dtype.kind == "i" and (g.size == 0 or g.max() < 128):
        g = g.astype(draw(INTEGERS))
    return name, p, g, options


def draw_reading(draw, options, hard, classes, loss):
    if draw(st.booleans()):
        options["average"] = draw(AVERAGES)
    if draw(st.booleans()):
        options["empty"] = draw(st.sampled_from([0.0, 1, 0.25, NAN]))
    several = classes > 1 and ("num_classes" in options or "class_axis" in options)
    if several and draw(st.booleans()):
        options["include_background"] = draw(st.booleans())
    with_classes = "num_classes" in options or "class_axis" in options
    if with_classes and options.get("average", "macro" if hard or loss else None) == "macro":
        weights = draw(st.none() | st.lists(st.integers(1, 3), min_size=classes, max_size=classes))
        options |= {} if weights is None else {"weights": weights}
    if not hard:
        options["squared"] = draw(st.booleans())
        if not options["squared"]:
            options["intersection"] = draw(st.sampled_from(["product", "min"]))
        options["eps_numerator"], options["eps_denominator"] = draw(EPSILON), draw(EPSILON)


@given(call=valid())
@settings(steady, max_examples=700)
def test_the_right_answer(call):
    name, p, g, options = call
    found = getattr(dice, name)(p, g, **options)
    expected = np.asarray(reference(name, p, g, options), float)
    single = "loss" in name and p.dtype.itemsize < 8
    np.testing.assert_allclose(found, expected, rtol=2e-6 if single else 1e-12, atol=1e-6 * single)
    assert np.shape(found) == expected.shape


# Any call

NUMBERS = st.one_of(
    st.sampled_from([0, 1, 2, 3, -1, 255, 2**31, 2**63, 10**30, True, False, None, "a", b"a", ""]),
    st.sampled_from([0.0, 0.5, 1.0, -0.5, 1.5, NAN, math.inf, -math.inf, 1e300, 5e-324, 1j]),
    st.sampled_from([np.float16(0.5), np.int8(1), np.bool_(True), np.complex64(1), object()]),
    st.sampled_from([np.datetime64("2020-01-01"), np.timedelta64(1, "s"), {}, {1}, range(2)]),
)
DTYPES = st.sampled_from([*"?bBhHiIqQefdgFDO", "U1", "S1", "M8[s]", "m8[s]", "V2", [("a", "i4")]])


@st.composite
def anything(draw):
    """Arrays of any dtype, shape and content, lists and lone values."""
    form = draw(st.sampled_from(["array"] * 6 + ["list", "number", "ragged", "masked"]))
    if form == "number":
        return draw(NUMBERS)
    if form == "list":
        return draw(st.lists(NUMBERS | st.lists(st.sampled_from([0, 1, 0.5]), max_size=3)))
    if form == "ragged":
        return [[1], [1, 0]]
    shape = tuple(draw(st.lists(st.integers(0, 3), max_size=4)))
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    values = draw(
        st.sampled_from(
            [
                lambda: random.integers(0, 2, shape),
                lambda: random.integers(0, 3, shape),
                lambda: random.integers(0, 9, shape) / 8,
                lambda: random.integers(-3, 300, shape),
                lambda: random.normal(size=shape) * 100,
                lambda: np.where(random.random(shape) < 0.2, NAN, 0.5),
                lambda: np.where(random.random(shape) < 0.2, math.inf, 0.5),
            ]
        )
    )()
    values = np.asarray(values)
    if form == "masked":
        return np.ma.array(values, mask=values == 1)
    with np.errstate(all="ignore"):
        kind = draw(DTYPES)
        try:
            values = values.astype(kind)
        except (TypeError, ValueError):
            values = np.zeros(shape, kind)
    return values[..., ::-1] if values.ndim and draw(st.booleans()) else values


SMALL = st.integers(-5, 5) | NUMBERS
FLAGS = st.booleans() | NUMBERS
WORDS = st.sampled_from(["macro", "micro", "weighted", None, "mean", "product", "min", "max"])
SUMMING = {
    "batch_axis": SMALL,
    "mask": anything(),
    "ignore_index": SMALL,
    "check_values": st.just(True),
}
SOFT_SUMMING = SUMMING | {"squared": FLAGS, "intersection": WORDS | NUMBERS}
READING = {
    "average": WORDS | NUMBERS,
    "empty": NUMBERS,
    "include_background": FLAGS,
    "weights": anything() | st.lists(st.integers(0, 3), min_size=1, max_size=3),
}
FACTOR = NUMBERS | anything()
EPSILONS = {"eps_numerator": FACTOR, "eps_denominator": FACTOR}
CLASS_AXIS = {"class_axis": SMALL}
NUM_CLASSES = {"num_classes": st.integers(1, 4) | NUMBERS}
LOSS = CLASS_AXIS | READING | EPSILONS | SOFT_SUMMING
HARD = NUM_CLASSES | CLASS_AXIS | READING | SUMMING
WEIGHTS = {"false_positive_weight": FACTOR, "false_negative_weight": FACTOR}
# name: how many arrays, options that are needed, options that may be there
CALLS = {
    "sigmoid": (1, {}, {}),
    "softmax": (1, CLASS_AXIS, {}),
    "log_softmax": (1, CLASS_AXIS, {}),
    "one_hot": (1, NUM_CLASSES | CLASS_AXIS, {}),
    "overlap": (2, {}, NUM_CLASSES | CLASS_AXIS | SOFT_SUMMING),
    "confusion_matrix": (2, NUM_CLASSES, {"ignore_index": SMALL}),
    "dice_score": (2, {}, HARD),
    "iou_score": (2, {}, HARD),
    "soft_dice": (2, {}, LOSS),
    "dice_loss": (2, {}, LOSS),
    "tversky_loss": (2, WEIGHTS, LOSS | {"gamma": FACTOR}),
    "generalized_dice_loss": (
        2,
        CLASS_AXIS,
        EPSILONS | SOFT_SUMMING | {"empty": NUMBERS, "include_background": FLAGS},
    ),
    "dice_loss_gradient": (2, {}, LOSS),
    "cross_entropy": (
        2,
        {},
        CLASS_AXIS | {"mask": anything(), "ignore_index": SMALL, "weights": READING["weights"]},
    ),
    "dice_ce_loss": (2, {}, LOSS | {"dice_weight": FACTOR, "cross_entropy_weight": FACTOR}),
    "panoptic_quality": (2, {}, {"ignore_index": SMALL, "batch_axis": SMALL}),
    "object_pairs": (2, {}, {}),
    "Overlap": (3, {}, {"batched": FLAGS, "squared": FLAGS}),
}
FOR_ALL = "dice_score", "soft_dice", "dice_loss_gradient", "dice_ce_loss", "Overlap"
OTHERS = [pytest.param(name, marks=pytest.mark.beyond) for name in CALLS if name not in FOR_ALL]
OURS = re.compile(r"[a-z_]+(, [a-z_]+)*: expected ")


def test_every_public_function_is_called():
    assert set(CALLS) | {"PanopticQuality"} == set(PUBLIC)


@pytest.mark.parametrize("name", [*FOR_ALL, *OTHERS])
@given(data=st.data())
@settings(steady, max_examples=150)
def test_any_call(name, data):
    count, needed, optional = CALLS[name]
    first = data.draw(anything())
    arguments = [first]
    for _ in range(count - 1):
        near = isinstance(first, np.ndarray) and data.draw(st.booleans())
        arguments.append(first.copy() if near else data.draw(anything()))
    chosen = data.draw(st.sets(st.sampled_from(sorted(optional)), max_size=2)) if optional else ()
    options = needed | {option: optional[option] for option in chosen}
    options = {option: data.draw(values) for option, values in options.items()}
    try:
        found = getattr(dice, name)(*arguments, **options)
    except (TypeError, ValueError) as error:
        if not OURS.match(str(error)):
            raise
    else:
        check(name, found, arguments, options)


def check(name, found, arguments, options):
    """What can be said of an answer to anything at all."""
    if name == "overlap":
        check_sums(found)
    elif name == "Overlap":
        check_sums(found)
        for score in (found.dice(), found.iou(), found.dice(average="macro", empty=0)):
            assert (np.isnan(score) | (np.asarray(score) >= 0)).all() or np.size(score) == 0
    elif name == "panoptic_quality":
        assert min(found.matched, found.only_predicted, found.only_target) >= 0
    elif name == "object_pairs":
        assert found.shape[0] == 3 and (found[2] > 0).all()
    elif name in ("dice_score", "iou_score", "confusion_matrix"):
        expected = np.asarray(reference(name, *arguments, options), float)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    elif name in ("soft_dice", "dice_loss"):
        with np.errstate(all="ignore"):
            expected = np.asarray(reference(name, *arguments, options), float)
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6)
    elif name in ("sigmoid", "softmax", "log_softmax", "one_hot", "dice_loss_gradient"):
        assert np.isfinite(found).all()


def check_sums(sums):
    for values in (sums.intersection, sums.prediction, sums.target):
        values = np.asarray(values, float)  # whole numbers may be too large for 64 bits
        assert (values >= 0).all() and np.isfinite(values).all()
