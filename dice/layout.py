"""One layout for every input: samples first, then classes, then pixels.

Callers say which axis is which. Behind the public functions every array is a view in
one order of axes, cut into blocks that fit in cache, so that each sum is written once.
"""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, Literal, NamedTuple

from dice import arrays, checks
from dice.arrays import Array, is_torch, kind


class Inputs(NamedTuple):
    """Checked views of prediction, target and mask, and how to sum them.

    The axes are (samples, classes, ...pixels). An axis that the caller did not name has
    length 1. So has the class axis of a class map, which holds one label per pixel, and
    that of the mask. `order` tells where each axis was; `has_samples` whether the caller
    keeps the sums of the samples apart. `overlap` explains the options.
    """

    prediction: Array
    target: Array
    mask: Array | None
    order: tuple[int, ...]
    num_classes: int
    soft: bool
    target_is_class_map: bool
    has_classes: bool
    has_samples: bool
    name: str
    activate: Callable[..., Array] | None = None
    ignore_index: int | None = None
    squared: bool = False
    intersection: Literal["product", "min"] = "product"
    check_values: bool = True

    def restore(self, values: Array) -> Array:
        """Bring an array of the prediction's shape back into the caller's order of axes."""
        values = values if len(self.order) == values.ndim else values[0, ...]
        order = tuple(map(self.order.index, range(len(self.order))))
        values = arrays.namespace(values).permute_dims(values, order)
        return values if self.has_classes else values[..., 0]

    @property
    def labels(self) -> Array:
        """The target, and 0 where a pixel does not count, whatever is there."""
        return arrays.zero_unless(self.keep, self.target)

    @property
    def keep(self) -> Array | None:
        """Which pixels count; None if all do."""
        if self.ignore_index is None:
            return self.mask
        counted = ~arrays.equals(self.target, self.ignore_index)
        return counted if self.mask is None else counted & self.mask

    @property
    def counted(self) -> Array:
        """The mask; one that holds everywhere if there is none."""
        xp = arrays.namespace(self.target)
        return xp.ones_like(self.target, dtype=xp.bool) if self.mask is None else self.mask

    @property
    def dropped(self) -> int:
        """How many pixels of a NumPy block do not count."""
        return 0 if self.mask is None else self.mask.size - int(self.mask.sum())

    def parts(self) -> tuple[Array, ...]:
        """Prediction and target, and the mask if there is one."""
        return self[:2] if self.mask is None else self[:3]

    def with_parts(self, *parts: Array) -> "Inputs":
        """The same inputs of other arrays."""
        return Inputs._make((*parts, *self[len(parts) :]))

    def blocks(self, limit: int) -> Iterator[tuple[slice, "Inputs"]]:
        """Cut NumPy arrays into blocks of at most `limit` pixels, in the order of memory.

        Each holds flat pixels of a single sample, which comes with it.
        """
        for sample in range(len(self.prediction)):
            samples = slice(sample, sample + 1)
            for box in boxes(self.prediction.shape[2:], limit):
                at = (samples, slice(None), *box)
                block = self.with_parts(*[arrays.flat(values[at]) for values in self.parts()])
                yield samples, block.ready()

    def ready(self) -> "Inputs":
        """The same inputs, activated, where the mask alone says which pixels count.

        The others become 0, before anything looks at their values.
        """
        keep = self.keep
        if keep is None and self.activate is None:
            return self
        p, g = (arrays.zero_unless(keep, values) for values in self[:2])
        if self.activate is not None:
            p = arrays.zero_unless(keep, self.activate(p, check_values=self.check_values))
        return self.with_parts(p, g, keep)


def boxes(shape: tuple[int, ...], limit: int) -> Iterator[tuple[int | slice, ...]]:
    """Cut an array of `shape` into boxes of at most `limit` elements; none if it is empty."""
    whole, inner = (slice(None),) * len(shape), prod(shape[1:])
    if prod(shape) <= limit:
        yield from [] if 0 in shape else [whole]
    elif inner > limit:
        for at in range(shape[0]):
            yield from ((at, *box) for box in boxes(shape[1:], limit))
    else:
        step = limit // inner
        for start in range(0, shape[0], step):
            yield (slice(start, start + step), *whole[1:])


def arrange(
    prediction: Array,
    target: Array,
    *,
    name: str = "prediction",
    soft: bool | None = None,
    num_classes: int | None = None,
    class_axis: int | None = None,
    batch_axis: int | None = None,
    mask: Array | None = None,
    **options: Any,
) -> Inputs:
    """Check dtypes, axes, shapes and options, and bring the arrays into the one layout.

    `name` is what the caller calls the prediction; `soft` tells whether it must hold
    floating-point numbers or must not; the options are those of `Inputs`.
    """
    p, t = arrays.array(name, prediction), arrays.array("target", target)
    arrays.same_library("target", t, name, p)
    soft = _is_soft(name, p, soft if num_classes is None else None)
    class_axis, batch_axis, classes = _axes(name, p, num_classes, class_axis, batch_axis)
    is_map = num_classes is not None or (soft and class_axis is not None and t.ndim < p.ndim)
    map_shape = tuple(length for axis, length in enumerate(p.shape) if axis != class_axis)
    _check_target(name, p, t, soft, is_map, num_classes)
    shape, whose = (map_shape, "one label per pixel") if is_map else (p.shape, f"that of {name}")
    if soft and class_axis is None and kind("target", t) == "integer" and t.ndim == p.ndim - 1:
        whose += " unless class_axis is named"
    checks.same_shape("target", t.shape, shape, whose)
    if mask is not None:
        mask = checks.of_kind("mask", arrays.array("mask", mask), "bool")
        checks.same_shape("mask", mask.shape, map_shape, "one entry per pixel")
        arrays.same_library("mask", mask, name, p)

    has_samples = batch_axis is not None
    if is_torch(p) and not has_samples and class_axis == 1 and p.ndim > 2:
        batch_axis = 0  # PyTorch would copy to bring the classes to the front: add samples later
    at = p.ndim if class_axis is None else class_axis
    lead = (at,) if batch_axis is None else (batch_axis, at)
    order = (*lead, *(axis for axis in arrays.by_stride(p) if axis not in lead))

    def view(values: Array) -> Array:
        if values.ndim == len(map_shape):
            values = arrays.insert_axis(values, at)
        values = arrays.namespace(values).permute_dims(values, order)
        return values if batch_axis is not None else arrays.insert_axis(values, 0)

    inputs = Inputs(
        *(view(p), view(t), None if mask is None else view(mask)),
        order=order,
        num_classes=classes,
        soft=soft,
        target_is_class_map=is_map,
        has_classes=num_classes is not None or class_axis is not None,
        has_samples=has_samples,
        name=name,
        **options,
    )
    _check_options(inputs)
    return inputs


def _is_soft(name: str, p: Array, wanted: bool | None) -> bool:
    if wanted is True:
        checks.of_kind(name, p, "floating", hint="masks and labels belong to dice_score")
    if wanted is False:
        hint = "round probabilities first, or take soft_dice"
        checks.of_kind(name, p, "bool", "integer", hint=hint)
    return kind(name, p) == "floating"


def _axes(
    name: str, p: Array, num_classes: int | None, class_axis: int | None, batch_axis: int | None
) -> tuple[int | None, int | None, int]:
    """The two axes, counted from the front, and the number of classes."""
    classes = 1
    if num_classes is not None:
        if class_axis is not None:
            raise ValueError(
                "num_classes, class_axis: expected one of the two, got both; num_classes is for "
                "class maps, class_axis for arrays with an entry per class"
            )
        classes = checks.number_of_classes(num_classes)
    elif class_axis is not None:
        class_axis = checks.class_axis(name, p, class_axis)
        classes = p.shape[class_axis]
    if batch_axis is not None:
        batch_axis = checks.axis("batch_axis", batch_axis, p.ndim)
        if batch_axis == class_axis:
            raise ValueError(f"batch_axis: expected another axis than class_axis, got {batch_axis}")
    return class_axis, batch_axis, classes


def _check_target(
    name: str, p: Array, t: Array, soft: bool, is_map: bool, num_classes: int | None
) -> None:
    if num_classes is not None:
        for who, labels in ((name, p), ("target", t)):
            checks.of_kind(who, labels, "integer", hint="num_classes is for class maps of integers")
    elif is_map:
        checks.of_kind("target", t, "integer", hint="without a class axis it is a class map")
    elif not soft:
        checks.of_kind("target", t, "bool", "integer", hint=f"as {name} is a mask")


def _check_options(inputs: Inputs) -> None:
    checks.option("intersection", inputs.intersection, ("product", "min"))
    checks.flag("squared", inputs.squared)
    checks.flag("check_values", inputs.check_values)
    if inputs.squared and inputs.intersection == "min":
        raise ValueError("squared: expected False beside intersection='min', got True")
    if inputs.ignore_index is not None:
        checks.integer("ignore_index", inputs.ignore_index)
        checks.of_kind("target", inputs.target, "integer", hint="ignore_index is an integer label")
        if inputs.has_classes and not inputs.target_is_class_map:
            raise ValueError(
                "ignore_index: expected a target with one value per pixel, got one per class; "
                "pass mask instead"
            )
