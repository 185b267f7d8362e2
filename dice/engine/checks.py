"""Clear errors for bad input: what was expected of which argument, and what came."""

from collections.abc import Sequence
from math import inf, prod
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

LOGITS = -(2.0**64), 2.0**64, "finite values up to 2**64, got {}"
PROBABILITIES = 0, 1, "probabilities in [0, 1], got {}; logits go through sigmoid or softmax first"
ZERO_OR_ONE = "a mask of 0 and 1, got {}; compare first, as in mask == 255, or name num_classes if "
MASK = 0, 1, ZERO_OR_ONE + "these are class labels"
LABELS = "labels from 0 to {most}, got {}"


def expect(holds: Any, name: str, wanted: str, came: Any, error: Any = ValueError) -> None:
    """The one form of all errors."""
    if not holds:
        raise error(f"{name}: expected {wanted}, got {came}")


# One argument


def of_kind(name: str, values: Array, *wanted: Kind, hint: str = "") -> Array:
    """`values`, if they are of one of the kinds that are wanted."""
    if kind(name, values) not in wanted:
        came = f"dtype {values.dtype}" + (f" ({hint})" if hint else "")
        expect(False, name, f"{' or '.join(wanted)} values", came, TypeError)
    return values


def same_shape(name: str, found: Sequence[int], expected: Sequence[int], whose: str) -> None:
    """Shapes must be equal: nothing is broadcast."""
    if tuple(found) != tuple(expected):
        expect(False, name, f"shape {tuple(expected)}, {whose}", tuple(found))


def integer(name: str, value: Any) -> int:
    """A whole number; True and False are none."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64))
    expect(whole, name, "an integer", repr(value), TypeError)
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
    expect(number >= 1, "num_classes", "at least 1", number)
    expect(number <= MOST_CLASSES, "num_classes", f"at most {MOST_CLASSES}", number)
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
        wanted = "finite, not negative, got {}"
        return between(name, of_kind(name, value, "integer", "floating"), 0, float_info.max, wanted)
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


def between(name: str, values: Array, least: float, most: float, wanted: str) -> Array:
    """`values`, if no number is below `least` or above `most`, and none is NaN.

    Those of Dask are looked at when they are computed, those of a traced computation never.
    """
    if arrays.is_dask(values):
        look = lambda chunk: between(name, chunk, least, most, wanted)  # noqa: E731
        return values.map_blocks(look, meta=values._meta)
    if arrays.is_traced(values) or 0 in values.shape:
        return values
    low, high = arrays.extremes(values)
    if not (least <= low and high <= most):
        came = low if low < least else high
        raise ValueError(f"{name}: expected {wanted.format(came, most=most)}")
    return values


def values(pair: Any, p: Array, g: Array) -> None:
    """The numbers of a piece: labels in range, masks of 0 and 1, probabilities, finite logits."""
    integers = (0, pair.num_classes - 1, LABELS) if pair.target_is_map else MASK
    for name, numbers in ((pair.name, p), ("target", g)):
        floats = LOGITS if name == "logits" else PROBABILITIES
        if (which := kind(name, numbers)) != "bool":
            between(name, numbers, *(floats if which == "floating" else integers))


# The arguments of one function


def hard(prediction: Any, counting: MapCounting) -> Array:
    """A mask or a class map, which hard scores take."""
    hint = "round probabilities first, or take soft_dice"
    if counting.get("num_classes") is not None:
        hint = "num_classes is for class maps of integers"
    return of_kind(
        "prediction", arrays.array("prediction", prediction), "bool", "integer", hint=hint
    )


def soft(probabilities: Any) -> Array:
    """Floating-point probabilities, which soft scores and losses take."""
    p, hint = arrays.array("probabilities", probabilities), "masks and labels belong to dice_score"
    return of_kind("probabilities", p, "floating", hint=hint)


def logits(value: Any) -> Array:
    """Floating-point logits; plain Python numbers may be whole."""
    z = arrays.array("logits", float(value) if isinstance(value, int) else value)
    return of_kind("logits", z, "floating", hint="logits are real numbers; labels are the target")


def finite_logits(value: Any, check_values: bool) -> Array:
    """Logits in single precision or better, without NaN and infinity if the caller wants a look."""
    z = arrays.at_least_single(logits(value))
    return between("logits", z, *LOGITS) if check_values else z


def class_map(labels: Any, num_classes: int, class_at: int) -> tuple[Array, int]:
    """Labels in range, and the place of a new axis."""
    labels = arrays.as_counts(of_kind("labels", arrays.array("labels", labels), "integer"))
    labels = between("labels", labels, 0, classes(num_classes) - 1, LABELS)
    return labels, axis("class_axis", class_at, labels.ndim + 1)


def axes(name: str, p: Array, counting: MapCounting) -> tuple[int | None, int | None, int]:
    """The axes of classes and samples, counted from the front, and the number of classes."""
    maps, class_at = counting.get("num_classes"), counting.get("class_axis")
    batch_at, number = counting.get("batch_axis"), 1 if maps is None else classes(maps)
    if class_at is not None:
        advice = (
            "both; num_classes is for class maps, class_axis for arrays with an entry per class"
        )
        expect(maps is None, "num_classes, class_axis", "one of the two", advice)
        class_at = class_axis(name, p, class_at)
        number = p.shape[class_at]
    if batch_at is not None:
        batch_at = axis("batch_axis", batch_at, p.ndim)
        expect(batch_at != class_at, "batch_axis", "another axis than class_axis", batch_at)
    return class_at, batch_at, number


def target(
    name: str, p: Array, t: Array, maps: bool, target_is_map: bool, class_at: int | None
) -> tuple[int, ...]:
    """The shape of a class map, if the target is of the kind and the shape that p asks for."""
    soft = kind(name, p) == "floating"
    if maps:
        for who, labels in ((name, p), ("target", t)):
            of_kind(who, labels, "integer", hint="num_classes is for class maps of integers")
    elif target_is_map:
        of_kind("target", t, "integer", hint="without a class axis it is a class map")
    elif not soft:
        of_kind("target", t, "bool", "integer", hint=f"as {name} is a mask")
    map_shape = tuple(length for at, length in enumerate(p.shape) if at != class_at)
    whose = "one label per pixel" if target_is_map else f"that of {name}"
    if soft and class_at is None and kind("target", t) == "integer" and t.ndim == p.ndim - 1:
        whose += " unless class_axis is named"
    same_shape("target", t.shape, map_shape if target_is_map else p.shape, whose)
    return map_shape


def mask(values: Any, map_shape: tuple[int, ...], name: str, p: Array) -> Array | None:
    """Which pixels count: booleans in the shape of a class map, or None."""
    if values is None:
        return None
    values = of_kind("mask", arrays.array("mask", values), "bool")
    same_shape("mask", values.shape, map_shape, "one entry per pixel")
    arrays.same_library("mask", values, name, p)
    return values


def ignored(label: int | None, t: Array, per_pixel: bool) -> int | None:
    """The label of the pixels that do not count, of a target that has one per pixel."""
    if label is None:
        return None
    of_kind("target", t, "integer", hint="ignore_index is an integer label")
    wanted = "a target with one value per pixel"
    expect(per_pixel, "ignore_index", wanted, "one per class; pass mask instead")
    return integer("ignore_index", label)


def countable(p: Array) -> None:
    """The number of pixels must fit the integers of the library."""
    dtype, pixels = arrays.integer_type(p), prod(p.shape)
    most = namespace(p).iinfo(dtype).max
    expect(pixels <= most, "prediction", f"at most {most} pixels in {dtype}", pixels)


def form(squared: bool, intersection: str) -> None:
    """How probabilities are summed."""
    option("intersection", intersection, "product", "min")
    product = not squared or intersection == "product"
    expect(product, "squared", "False beside intersection='min'", True)


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
    full = not overlap.has_classes or lengths[-1]
    expect(full, names[0], "at least one class", f"shape {lengths}")
    if all(isinstance(value, (Real, np.ndarray)) for value in three):
        i, p, g = (np.asarray(value, float) for value in three)
        allowed = np.all(2 * i <= (p + g) * (1 + ROUNDING))
        expect(allowed, names[0], "at most the mean of the sizes", overlap)


def mergeable(ours: Any, theirs: Any) -> None:
    """Sums that can be merged: of one shape, one library, one form."""
    same_shape("other", shape(theirs.target), shape(ours.target), "that of the first")
    if shape(ours.target):
        arrays.same_library("other", theirs.target, "the first", ours.target)
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
    weights = arrays.array("weights", weights)
    same_shape("weights", weights.shape, shape(sums.target)[-1:], "one weight per class")
    if arrays.is_foreign(weights):
        arrays.same_library("weights", weights, "prediction", arrays.array("", sums.target))
    weights = arrays.as_double(not_negative("weights", weights))
    weights = weights if include_background else weights[1:]
    if not (arrays.is_dask(weights) or arrays.is_traced(weights)):
        above_zero("weights", arrays.extremes(weights)[1])
    largest = namespace(weights).max(weights)  # divided by it, their sum is not too large, nor 0
    return arrays.in_library_of(sums.target, weights / largest)


def instance_maps(p: Any, g: Any, ignore_index: int | None) -> tuple[Array, Array]:
    """The ids of the pixels that count, flat, as arrays of NumPy."""
    p, g = arrays.array("prediction_ids", p), arrays.array("target_ids", g)
    for name, ids in (("prediction_ids", p), ("target_ids", g)):
        of_kind(name, ids, "integer", hint="instance ids are whole numbers")
    arrays.same_library("target_ids", g, "prediction_ids", p)
    same_shape("target_ids", g.shape, p.shape, "that of prediction_ids")
    p, g = np.asarray(p).reshape(-1), np.asarray(g).reshape(-1)
    counted = slice(None) if ignore_index is None else g != integer("ignore_index", ignore_index)
    return p[counted], g[counted]
