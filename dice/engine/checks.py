"""Clear errors for bad input: what was expected of which argument, what came, and a way out."""

from collections.abc import Sequence
from functools import partial
from math import inf, isfinite, prod
from numbers import Number, Real
from sys import float_info
from typing import Any

import numpy as np

from dice.engine import arrays
from dice.engine.arrays import Array, Kind, kind, namespace, shape
from dice.options import MapCounting

MOST_CLASSES = 2**12
"""So many have a matrix of pairs of 128 MiB."""

ROUNDING = 1e-3
"""How much larger than it can be an intersection may come, relatively: half precision is that."""

EPSILONS = 16
"""How far rounding may put a probability: the sum of a softmax over 150 classes needs 12."""

LOGITS = -(2.0**64), 2.0**64, "finite values up to 2**64"

WHOLE = "whole numbers become integers by {rounded}"
KINDS = {
    "logits": "logits are real numbers, as {name} * 1.0; labels are the target",
    "mask": "{name} > 0 has booleans",
    "floating": "8-bit probabilities are {name} / 255; masks and labels belong to dice_score",
    "integer": WHOLE,
    "bool or integer": "probabilities become a mask by {name} >= 0.5 or go to soft_dice, " + WHOLE,
}
"""What makes the kind that is wanted, for an argument, or for the kind."""


def expect(
    holds: Any, name: str, wanted: str, came: Any, error: Any = ValueError, way_out: str = ""
) -> None:
    """The one form of all errors."""
    if not holds:
        raise error(f"{name}: expected {wanted}, got {came}" + (way_out and f"; {way_out}"))


# One argument


def of_kind(name: str, values: Array, *wanted: Kind) -> Array:
    """`values`, if they are of one of the kinds that are wanted."""
    if kind(name, values) not in wanted:
        kinds = " or ".join(wanted)
        advice = hint_of_kind(name, values, kinds)
        expect(False, name, f"{kinds} values", f"dtype {values.dtype}", TypeError, advice)
    return values


def same_shape(name: str, found: Sequence[int], expected: Sequence[int], whose: str) -> None:
    """Shapes must be equal: nothing is broadcast."""
    if tuple(found) != tuple(expected):
        expect(False, name, f"shape {tuple(expected)}, {whose}", tuple(found))


def integer(name: str, value: Any, way_out: str = "") -> int:
    """A whole number; True and False are none."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64))
    expect(whole, name, "an integer", repr(value), TypeError, way_out)
    return int(value)


def axis(name: str, value: Any, ndim: int) -> int:
    """An axis that exists, counted from the front."""
    index = integer(name, value)
    expect(-ndim <= index < ndim, name, f"an axis of an array with {ndim} axes", index)
    return index % ndim


def class_axis(name: str, values: Array, value: Any) -> int:
    """The axis of at least one class, counted from the front."""
    index = axis("class_axis", value, values.ndim)
    expect(values.shape[index], name, "at least one class", f"shape {values.shape}")
    return index


def classes(value: Any) -> int:
    """A number of classes."""
    number = integer("num_classes", value)
    expect(1 <= number <= MOST_CLASSES, "num_classes", f"from 1 to {MOST_CLASSES}", number)
    return number


def option(name: str, value: Any, *allowed: Any) -> None:
    """One of the words, or None, that are allowed."""
    known = (value is None or isinstance(value, str)) and value in allowed
    expect(known, name, f"one of {', '.join(map(repr, allowed))}", repr(value))


def real(name: str, value: Any) -> None:
    """A real number; NaN and infinity are."""
    expect(isinstance(value, Real), name, "a number", repr(value), TypeError)


def not_negative(name: str, value: Any) -> Any:
    """A finite number of at least 0, an array of such, or a symbol."""
    if arrays.is_array(value):
        value = of_kind(name, arrays.array(name, value), "integer", "floating")
        return between(name, value, 0, float_info.max, "finite, not negative")
    if not isinstance(value, Real):
        symbol = not isinstance(value, (Number, type)) and hasattr(value, "__radd__")
        expect(symbol, name, "a number", repr(value), TypeError)
    elif not 0 <= float(value) < inf:
        expect(False, name, "finite, not negative", value)
    return value


def factor(name: str, value: Any) -> Any:
    """One such number; NumPy's as Python's, whose precision is double."""
    same_shape(name, shape(value), (), "that of one number")
    return arrays.python_number(not_negative(name, value))


def above_zero(name: str, value: Any) -> Any:
    """One such number, and not 0, as far as it is there."""
    if not arrays.is_foreign(value := factor(name, value)):
        real(name, value)
        expect(value, name, "a number above 0", value)
    return value


def between(
    name: str, values: Array, least: float, most: float, wanted: str, way_out: Any = None
) -> Array:
    """`values`, if no number is below `least` or above `most`, and none is NaN.

    Those of Dask are looked at when they are computed, those of a traced computation never.
    """
    if arrays.is_dask(values):
        look = lambda chunk: between(name, chunk, least, most, wanted, way_out)  # noqa: E731
        return values.map_blocks(look, meta=values._meta)
    if arrays.is_traced(values) or 0 in values.shape:
        return values
    low, high = arrays.extremes(values)
    if not (least <= low and high <= most):
        came = low if low < least else high
        expect(False, name, wanted, came, way_out=way_out(low, high) if way_out else "")
    return values


def values(pair: Any, p: Array, g: Array) -> None:
    """The numbers of a piece: labels in range, masks of 0 and 1, probabilities, finite logits."""
    for name, numbers in ((pair.name, p), ("target", g)):
        if (which := kind(name, numbers)) == "bool":
            continue
        way_out = partial(hint_of_range, pair, name, which)
        if which == "floating":
            slack = EPSILONS * float(namespace(numbers).finfo(numbers.dtype).eps)
            limits = LOGITS if name == "logits" else (-slack, 1 + slack, "probabilities in [0, 1]")
        else:
            most = pair.num_classes - 1
            labels = 0, most, f"labels from 0 to {most}"
            limits = labels if pair.target_is_map else (0, 1, "a mask of 0 and 1")
        between(name, numbers, *limits, way_out)


# Ways out: each works for the values that came, and a test obeys each


def hint_of_kind(name: str, values: Array, wanted: str) -> str:
    """How values of another kind become what is wanted, in their own library."""
    rounded = f"np.rint({name}).astype(int)"
    if arrays.is_foreign(values):  # whose booleans have no `round`
        rounded = f"({name} * 1.0).round().{'long()' if arrays.is_torch(values) else 'astype(int)'}"
    return KINDS.get(name, KINDS.get(wanted, "")).format(name=name, rounded=rounded)


def hint_of_shape(name: str, shape: Sequence[int], target: Array) -> str:
    """For a target without one of the axes: it has no class axis, or that has length 1."""
    without = [(*shape[:at], *shape[at + 1 :]) for at in range(len(shape))]
    if tuple(target.shape) not in without:
        return ""
    at = without.index(tuple(target.shape))
    return f"{name}.squeeze({at}) has its shape" if shape[at] == 1 else "class maps need class_axis"


def hint_of_range(pair: Any, name: str, which: Kind, low: float, high: float) -> str:
    """What the numbers are that do not lie where they should."""
    of_target, came, ways = name == "target", low if low < 0 else high, []
    bits = low >= 0 and (which == "floating" or high > 127) and high < 256
    if which == "floating":
        if not of_target and name != "logits" and isfinite(low + high):
            ways.append("logits go through sigmoid or softmax first")
    elif pair.target_is_map:
        more = f"a class axis of length {high + 1}" if pair.soft else f"num_classes={high + 1}"
        ways = [f"{more} makes a class of it"] * (low >= 0) + ["other labels get new numbers"]
    elif not pair.has_classes:
        ways.append(f"class labels need {'class_axis' if pair.soft else 'num_classes'}")
    if of_target and which == "integer" and (pair.target_is_map or not pair.has_classes):
        ways.append(f"pixels that do not count need ignore_index={came}")
    if bits and name != "logits" and not (which == "integer" and pair.target_is_map):
        ways += [f"black and white becomes a mask by {name} > 127"] * (which == "integer")
        ways += [f"8-bit probabilities are {name} / 255"] * (pair.soft or not of_target)
    return "; ".join(ways)


# The arguments of one function


def hard(prediction: Any, counting: MapCounting) -> Array:
    """A mask or a class map, which hard scores take."""
    wanted: list[Kind] = ["bool", "integer"]
    maps = counting.get("num_classes") is not None
    return of_kind("prediction", arrays.array("prediction", prediction), *wanted[maps:])


def floating(name: str, value: Any) -> Array:
    """Probabilities or logits; a logit that is a plain Python number may be whole."""
    whole = isinstance(value, int) and name == "logits"
    return of_kind(name, arrays.array(name, float(value) if whole else value), "floating")


def finite_logits(value: Any, check_values: bool) -> Array:
    """Logits in single precision or better, without NaN and infinity if the caller wants a look."""
    z = arrays.at_least_single(floating("logits", value))
    return between("logits", z, *LOGITS) if check_values else z


def class_map(labels: Any, num_classes: int, class_at: int) -> tuple[Array, int]:
    """Labels in range, and the place of a new axis."""
    labels = arrays.as_counts(of_kind("labels", arrays.array("labels", labels), "integer"))
    most = classes(num_classes) - 1
    labels = between("labels", labels, 0, most, f"labels from 0 to {most}")
    return labels, axis("class_axis", class_at, labels.ndim + 1)


def axes(name: str, p: Array, counting: MapCounting) -> tuple[int | None, int | None, int]:
    """The axes of classes and samples, counted from the front, and the number of classes."""
    maps, class_at = counting.get("num_classes"), counting.get("class_axis")
    batch_at, number = counting.get("batch_axis"), 1 if maps is None else classes(maps)
    if class_at is not None:
        advice = "num_classes is for class maps, class_axis for an entry per class"
        expect(maps is None, "num_classes, class_axis", "one of the two", "both", way_out=advice)
        class_at = class_axis(name, p, class_at)
        number = p.shape[class_at]
    if batch_at is not None:
        batch_at = axis("batch_axis", batch_at, p.ndim)
        expect(batch_at != class_at, "batch_axis", "another axis than class_axis", batch_at)
    return class_at, batch_at, number


def target(name: str, p: Array, t: Array, is_map: bool, class_at: int | None) -> list[int]:
    """The shape of a class map, if the target is of the kind and the shape that p asks for."""
    soft, map_shape = kind(name, p) == "floating", list(p.shape)
    one_class = class_at is not None and map_shape.pop(class_at) == 1
    if one_class and (is_map or name == "logits"):
        advice = f"leave it out, and pass {name}.squeeze({class_at}) beside a class map"
        expect(False, "class_axis", "an axis of at least two classes", "one", way_out=advice)
    for who, values in ((name, p), ("target", t)):
        if is_map and (who == "target" or class_at is None):
            of_kind(who, values, "integer")
        elif not soft:
            of_kind(who, values, "bool", "integer")
    wanted = tuple(map_shape if is_map else p.shape)
    whose = "one label per pixel" if is_map else f"that of {name}"
    if tuple(t.shape) != wanted:
        advice = hint_of_shape(name, p.shape, t) if soft and class_at is None else ""
        expect(False, "target", f"shape {wanted}, {whose}", tuple(t.shape), way_out=advice)
    return map_shape


def mask(values: Any, map_shape: list[int], name: str, p: Array) -> Array | None:
    """Which pixels count: booleans in the shape of a class map, or None."""
    if values is None:
        return None
    values = of_kind("mask", arrays.array("mask", values), "bool")
    same_shape("mask", values.shape, map_shape, "one entry per pixel")
    arrays.same_library("mask", values, name, p)
    return values


def ignored(label: Any, t: Array, per_pixel: bool) -> int | None:
    """The label of the pixels that do not count, of a target that has one per pixel."""
    if label is None:
        return None
    of_kind("target", t, "integer")
    wanted, came = "a target with one value per pixel", "one per class"
    expect(per_pixel, "ignore_index", wanted, came, way_out="pass mask instead")
    return integer("ignore_index", label, "several labels need mask")


def countable(p: Array) -> None:
    """The number of pixels must fit the integers of the library."""
    dtype, pixels = arrays.integer_type(p), prod(p.shape)
    most = namespace(p).iinfo(dtype).max
    expect(pixels <= most, "prediction", f"at most {most} pixels in {dtype}", pixels)


def sums(overlap: Any, names: Sequence[str]) -> None:
    """Three sums that are alike, and that sets allow."""
    three = [getattr(overlap, name) for name in names]
    lengths = shape(three[0])
    for name, value in zip(names, three, strict=True):
        same_shape(name, shape(value), lengths, "that of intersection")
        if arrays.is_foreign(value) and not arrays.readable_by_numpy(value):
            of_kind(name, value, "integer", "floating")  # a look would wait for a card
        else:
            not_negative(name, value)
    shapes = "shape (), (classes,), (samples,) with batched=True, or (samples, classes)"
    expect(overlap.batched <= len(lengths) <= 2, names[0], shapes, lengths)
    expect(not overlap.has_classes or lengths[-1], names[0], "at least one class", f"{lengths}")
    if all(isinstance(value, (Real, np.ndarray)) for value in three):
        i, p, g = (np.asarray(value, float) for value in three)
        allowed = np.all(2 * i <= (p + g) * (1 + ROUNDING))
        expect(allowed, names[0], "at most the mean of the sizes", overlap)


def mergeable(ours: Any, theirs: Any) -> None:
    """Sums that can be merged: of one shape, one library, one form."""
    same_shape("other", shape(theirs.target), shape(ours.target), "that of the first")
    # by their axes, not by `batched`: those of vmap do not say
    alike = ours.has_classes == theirs.has_classes and ours.squared == theirs.squared
    forms = [f"batched={o.batched} and squared={o.squared}" for o in (ours, theirs)]
    expect(alike, "other", *forms)


def averaging(sums: Any, average: Any, include_background: bool) -> None:
    """A mean that there is, of classes that there are."""
    option("average", average, "macro", "micro", "weighted", None)
    several = sums.has_classes and shape(sums.target)[-1] > 1
    expect(include_background or several, "include_background", "at least two classes", False)


def class_weights(weights: Any, average: Any, sums: Any, include_background: bool) -> Array:
    """One weight per class, in the mean of the classes."""
    came = repr(average) if sums.has_classes else "no classes"
    macro = average == "macro" and sums.has_classes
    expect(macro, "weights", "classes and average='macro' beside them", came)
    weights = one_per_class(weights, shape(sums.target)[-1], include_background)
    return arrays.in_library_of(sums.target, weights)


def entropy_weights(weights: Any, pair: Any) -> Array | None:
    """One weight per class, in the mean of the pixels."""
    if weights is None:
        return None
    expect(pair.has_classes, "weights", "classes beside them", "no class_axis")
    return arrays.in_library_of(pair.prediction, one_per_class(weights, pair.num_classes))


def one_per_class(weights: Any, number: int, background: bool = True) -> Array:
    """Weights in double precision, the largest 1: their sum is not too large then, nor 0."""
    weights = arrays.array("weights", weights)
    same_shape("weights", weights.shape, (number,), "one weight per class")
    weights = arrays.as_double(not_negative("weights", weights))[0 if background else 1 :]
    if not (arrays.is_dask(weights) or arrays.is_traced(weights)):
        above_zero("weights", arrays.extremes(weights)[1])
    return weights / namespace(weights).max(weights)


def instance_maps(*maps: Any, batch_axis: Any = None) -> list[list[Array]]:
    """Flat arrays of NumPy for each image: ids of prediction and target, pixels if given."""
    named = zip(("prediction_ids", "target_ids", "pixels"), maps, strict=False)
    given = {name: arrays.array(name, ids) for name, ids in named if ids is not None}
    first = given["prediction_ids"]
    for name, ids in given.items():
        of_kind(name, ids, "integer")
        same_shape(name, ids.shape, first.shape, "that of prediction_ids")
    at = None if batch_axis is None else axis("batch_axis", batch_axis, first.ndim)
    several = (np.asarray(ids) for ids in given.values())
    several = (ids[None] if at is None else np.moveaxis(ids, at, 0) for ids in several)
    return [[ids.reshape(-1) for ids in image] for image in zip(*several, strict=True)]
