"""One layout for every input: samples first, then classes, then pixels."""

from typing import Any, NamedTuple, Unpack

from dice.engine import arrays, checks
from dice.engine.arrays import Array, kind, namespace
from dice.options import MapCounting


class Pair(NamedTuple):
    """Checked views of prediction, target and mask: (samples, classes, ...pixels).

    An axis that the caller did not name has length 1; so has the class axis of a mask, and
    of a class map, which holds one label per pixel.
    """

    prediction: Array
    target: Array
    mask: Array | None
    name: str
    order: tuple[int, ...]
    num_classes: int
    soft: bool
    soft_target: bool
    target_is_map: bool
    has_classes: bool
    has_samples: bool
    ignore_index: int | None
    check_values: bool

    @property
    def arrays(self) -> list[Array]:
        """Prediction, target, and the mask if there is one."""
        return [values for values in self[:3] if values is not None]

    @property
    def without_arrays(self) -> "Pair":
        """What is to be done with them, and nothing that holds memory."""
        return self._replace(prediction=None, target=None, mask=None)

    def in_named_axes(self, sums: Array) -> Array:
        """Sums (samples, classes) without the axes that the caller did not name."""
        sums = sums if self.has_classes else sums[..., 0]
        return arrays.python_number(sums if self.has_samples else sums[0, ...])

    def in_callers_order(self, values: Array) -> Array:
        """An array of the layout's shape with the prediction's axes as they came."""
        values = values if self.has_samples else values[0, ...]
        back = tuple(self.order.index(axis) for axis in range(len(self.order)))
        values = namespace(values).permute_dims(values, back)
        return values if self.has_classes else values[..., 0]


def arrange(
    name: str,
    prediction: Array,
    target: Array,
    **counting: Unpack[MapCounting],
) -> Pair:
    """Check dtypes, axes, shapes and options, and bring the arrays into the one layout."""
    read = arrays.array if name == "prediction" else checks.floating
    p, t = read(name, prediction), arrays.array("target", target)
    arrays.same_library("target", t, name, p)
    soft, maps = kind(name, p) == "floating", counting.get("num_classes") is not None
    class_axis, batch_axis, num_classes = checks.axes(name, p, counting)
    target_is_map = maps or (soft and class_axis is not None and t.ndim < p.ndim)
    map_shape = checks.target(name, p, t, target_is_map, class_axis)
    mask = checks.mask(counting.get("mask"), map_shape, name, p)
    label = checks.ignored(counting.get("ignore_index"), t, class_axis is None or target_is_map)
    if not (soft or arrays.is_numpy(p)):
        checks.countable(p)

    at = p.ndim if class_axis is None else class_axis
    lead = (at,) if batch_axis is None else (batch_axis, at)
    pixels = [axis for axis in range(p.ndim) if axis not in lead]
    if arrays.is_numpy(p):  # in the order of memory
        pixels.sort(key=lambda axis: -abs(p.strides[axis]))
    order = (*lead, *pixels)

    def view(values: Any) -> Any:
        if values.ndim == len(map_shape):
            values = arrays.insert_axis(values, at)
        values = namespace(values).permute_dims(values, order)
        return values if batch_axis is not None else arrays.insert_axis(values, 0)

    return Pair(
        *(view(p), view(t), None if mask is None else view(mask)),
        name=name,
        order=order,
        num_classes=num_classes,
        soft=soft,
        soft_target=kind("target", t) == "floating",
        target_is_map=target_is_map,
        has_classes=maps or class_axis is not None,
        has_samples=batch_axis is not None,
        ignore_index=label,
        check_values=counting.get("check_values", True),
    )
