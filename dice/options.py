"""The options, each typed once: which pixels count, what is added, how a score is read."""

from collections.abc import Callable
from typing import Any, Literal, TypedDict

Array = Any
Average = Literal["macro", "micro", "weighted"] | None


class Pixels(TypedDict, total=False):
    """The axis of the classes, the pixels that count, and whether their values are looked at."""

    class_axis: int | None
    mask: Array | None
    ignore_index: int | None
    check_values: bool


class Counting(Pixels, total=False):
    """The same, and the axis of the samples whose sums are kept apart."""

    batch_axis: int | None


class MapCounting(Counting, total=False):
    """The same, and the number of classes of two class maps."""

    num_classes: int | None


class Form(TypedDict, total=False):
    """What is added up of probabilities: p or its square; p g or the minimum of the two."""

    squared: bool
    intersection: Literal["product", "min"]


class Averaging(TypedDict, total=False):
    """Which classes count in a mean, and how much; the score of what is empty."""

    empty: float
    include_background: bool
    weights: Array | None


class SoftReading(Averaging, total=False):
    """The same, and what is added to the numerator and to the denominator."""

    eps_numerator: Any
    eps_denominator: Any


class Reading(SoftReading, total=False):
    """The same, and what becomes of the scores: options of `Overlap.dice`."""

    average: Average
    then: Callable[[Any], Any] | None


class Summing(MapCounting, Form, total=False):
    """Options of `overlap`."""


class HardOptions(MapCounting, Averaging, total=False):
    """Options of the scores of masks and class maps, beside `average`."""


class Options(Counting, Form, SoftReading, total=False):
    """Options of the scores and losses of probabilities, beside those that the signature names."""


def split(options: Any, *kinds: Any) -> list[Any]:
    """One dict for each kind of options; an unknown one is refused with those that exist."""
    known = [name for kind in kinds for name in kind.__annotations__]
    for name in options:
        if name not in known:
            expected = f"expected one that the signature names, or one of {', '.join(known)}"
            raise TypeError(f"unexpected keyword argument {name!r}: {expected}")
    return [{k: v for k, v in options.items() if k in kind.__annotations__} for kind in kinds]
