"""Clear errors for bad input: what was expected of which argument, and what came."""

from collections.abc import Sequence
from math import inf
from numbers import Number, Real
from typing import Any

import numpy as np

from dice import arrays
from dice.arrays import Array, Kind, kind

LARGEST = 2.0**64
"""Logits in single precision of this size can be added up; no network means larger ones."""

MOST_CLASSES = 2**16
"""Counts of pairs of classes take the square of this, times 8 bytes."""


def of_kind(name: str, values: Array, *wanted: Kind, hint: str = "") -> Array:
    """`values`, if they are of one of the kinds that are wanted."""
    if kind(name, values) not in wanted:
        advice = f" ({hint})" if hint else ""
        raise TypeError(
            f"{name}: expected {' or '.join(wanted)} values, got dtype {values.dtype}{advice}"
        )
    return values


def logits(name: str, value: Any) -> Array:
    """Floating-point logits; plain Python numbers may be whole."""
    values = arrays.array(name, float(value) if isinstance(value, int) else value)
    return of_kind(name, values, "floating", hint="logits are real numbers; labels are the target")


def same_shape(name: str, found: Sequence[int], expected: Sequence[int], whose: str) -> None:
    """Shapes must be equal: nothing is broadcast."""
    if tuple(found) != tuple(expected):
        raise ValueError(f"{name}: expected shape {tuple(expected)}, {whose}, got {tuple(found)}")


def integer(name: str, value: Any) -> int:
    """A whole number; True and False are none, nor are durations, which NumPy calls integers."""
    if isinstance(value, (bool, np.timedelta64)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: expected an integer, got {value!r}")
    return int(value)


def axis(name: str, value: Any, ndim: int) -> int:
    """An axis that exists, counted from the front."""
    index = integer(name, value)
    if not -ndim <= index < ndim:
        raise ValueError(f"{name}: expected an axis of an array with {ndim} axes, got {index}")
    return index % ndim


def class_axis(name: str, values: Array, value: Any) -> int:
    """The axis of at least one class, counted from the front."""
    index = axis("class_axis", value, values.ndim)
    if values.shape[index] == 0:
        raise ValueError(f"{name}: expected at least one class, got shape {values.shape}")
    return index


def number_of_classes(value: Any) -> int:
    """A whole number of at least 1, for which a matrix of pairs can be thought of."""
    number = integer("num_classes", value)
    if not 1 <= number <= MOST_CLASSES:
        wanted = "at least 1" if number < 1 else f"at most {MOST_CLASSES}"
        raise ValueError(f"num_classes: expected {wanted}, got {number}")
    return number


def option(name: str, value: Any, allowed: Sequence[Any]) -> None:
    """One of the words, or None, that are allowed."""
    if not (value is None or isinstance(value, str)) or value not in allowed:
        raise ValueError(f"{name}: expected one of {', '.join(map(repr, allowed))}, got {value!r}")


def flag(name: str, value: Any) -> None:
    """True or False, and nothing that merely counts as one."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: expected True or False, got {value!r}")


def real(name: str, value: Any) -> None:
    """A real number; NaN and infinity are."""
    if isinstance(value, np.timedelta64) or not isinstance(value, (int, float, Real)):
        raise TypeError(f"{name}: expected a number, got {value!r}")


def not_negative(name: str, value: Any) -> Any:
    """`value`, if it is a finite number of at least 0, an array of such, or a symbol."""

    def check(least: Any, most: Any) -> None:
        if not (least >= 0 and most < inf):
            raise ValueError(f"{name}: expected finite, not negative, got {value}")

    if isinstance(value, (int, float, Real)) and not isinstance(value, np.timedelta64):
        check(value, value)
    elif hasattr(value, "dtype"):
        of_kind(name, value, "integer", "floating")
        return arrays.look(value, check)
    elif isinstance(value, (Number, type)) or not hasattr(value, "__radd__"):
        raise TypeError(f"{name}: expected a number, got {value!r}")
    return value


def factor(name: str, value: Any) -> Any:
    """`value`, if it is one such number; of NumPy's as Python's, whose precision is double."""
    value = arrays.plain(not_negative(name, value))
    if not isinstance(value, (int, float)):
        same_shape(name, arrays.shape(value), (), "that of one number")
    return value


def some(name: str, values: Array) -> None:
    """Not all 0, as far as the numbers are there."""

    def check(_: Any, most: Any) -> None:
        if most == 0:
            raise ValueError(f"{name}: expected a number above 0, got {values}")

    if isinstance(values, (int, float)):
        check(values, values)
    else:
        arrays.look(values, check)  # of Dask nothing comes: no chunk knows the others


def finite(name: str, values: Array) -> Array:
    """`values`, if there is no NaN, no infinity, and none so large that sums of them overflow."""
    return _between(name, values, -LARGEST, LARGEST, "finite values up to 2**64, got {}")


def unit_interval(name: str, values: Array) -> Array:
    """`values`, if they are probabilities: finite, from 0 to 1."""
    wanted = "probabilities in [0, 1], got {}; logits go through sigmoid or softmax first"
    return _between(name, values, 0, 1, wanted)


def zero_or_one(name: str, values: Array) -> Array:
    """`values`, if they are a mask: 0 or 1."""
    if kind(name, values) == "bool":
        return values
    wanted = (
        "a mask of 0 and 1, got {}; compare first, as in mask == 255, "
        "or name num_classes if these are class labels"
    )
    return _between(name, values, 0, 1, wanted)


def labels(name: str, values: Array, num_classes: int) -> Array:
    """`values`, if they are class labels: from 0 to num_classes - 1."""
    return _between(name, values, 0, num_classes - 1, "labels from 0 to {most}, got {}")


def _between(name: str, values: Array, least: float, most: float, wanted: str) -> Array:
    """`values`, if no number is below `least` or above `most`, and none is NaN."""
    if least == 0 and arrays.surely_up_to(values, most):
        return values

    def check(lowest: float, highest: float) -> None:
        if not (least <= lowest and highest <= most):
            came = lowest if lowest < least else highest
            raise ValueError(f"{name}: expected {wanted.format(came, most=most)}")

    return arrays.look(values, check)
