"""All that the package knows of array libraries, in one place.

NumPy arrays, and what becomes one (lists, numbers), need NumPy alone. For an array of
another library `array-api-compat` is loaded: it speaks the Python array API standard
to PyTorch, JAX, Dask and others.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext, suppress
from functools import cache, partial
from math import isnan, prod
from typing import Any, Literal

import numpy as np

Array = Any
Kind = Literal["bool", "integer", "floating"]

KINDS: dict[str, Kind] = {"bool": "bool", "integral": "integer", "real floating": "floating"}
"""The standard's names of the kinds of dtypes, and ours."""

HALF_SUPPORTED = ("torch.uint16", "torch.uint32", "torch.uint64")
"""PyTorch stores these integers, and lacks much of the arithmetic."""

STRIP = 128
"""Numbers that are added in single precision: a longer sum of equal ones would be off."""


def array(name: str, value: Any) -> Array:
    """`value` as an array: of its own library, or of NumPy if it has none."""
    if type(value) is not np.ndarray:
        value = _as_array(name, value)
    kind(name, value)
    return value


def _as_array(name: str, value: Any) -> Array:
    if "numpy.ma" in sys.modules and isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name}: expected an array without a mask of its own, got a masked array")
    if is_torch(value):
        return _dense(name, value)
    if is_dask(value) and any(map(isnan, value.shape)):
        raise ValueError(f"{name}: expected chunks of known size; compute_chunk_sizes() helps")
    if is_foreign(value):
        return value
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # such as tensors in a list
        what = "rows of unequal length, or what NumPy cannot read"
        raise ValueError(f"{name}: expected an array, got {what}") from error


def _dense(name: str, value: Array) -> Array:
    """A tensor of PyTorch in a form that all of it can work with."""
    if value.is_nested or str(value.layout) != "torch.strided":
        raise TypeError(f"{name}: expected a dense tensor, got layout {value.layout}")
    value = value.resolve_neg()
    if str(value.dtype) not in HALF_SUPPORTED:
        return value

    def check(least: int, _: int) -> None:
        if least < 0:
            raise ValueError(f"{name}: expected integers of at most 63 bits, got larger ones")

    return look(value.to(sys.modules["torch"].int64), check)


def namespace(values: Array) -> Any:
    """The functions of the library that `values` belong to."""
    if isinstance(values, (np.ndarray, np.generic)):
        return np
    if is_torch(values):  # known already: a step of training asks often
        import array_api_compat.torch as xp

        return xp
    import array_api_compat

    return array_api_compat.array_namespace(values)


def same_library(name: str, values: Array, first: str, reference: Array) -> None:
    """Arrays that meet must be of one library, and on one device."""
    if is_numpy(values) and is_numpy(reference):
        return
    ours, theirs = namespace(reference), namespace(values)
    if ours is not theirs:
        library, other = (
            xp.__name__.removeprefix("array_api_compat.").split(".")[0] for xp in (ours, theirs)
        )
        raise TypeError(f"{name}: expected an array of {library}, as {first} is, got {other}")
    here, there = device(reference), device(values)
    if None not in (here, there) and here != there:
        raise ValueError(f"{name}: expected an array on {here}, as {first} is, got {there}")


def device(values: Array) -> Any:
    """Where the numbers are; None under a JAX transformation, and on several devices."""
    if is_torch(values):
        return values.device
    if is_jax(values) and not is_traced(values) and len(values.devices()) > 1:
        return None
    import array_api_compat

    return array_api_compat.device(values)


def kind(name: str, values: Array) -> Kind:
    """Whether `values` are booleans, integers or floating-point numbers."""
    return _kind_of(name, values.dtype, namespace(values))


@cache
def _kind_of(name: str, dtype: Any, xp: Any) -> Kind:
    with suppress(TypeError):  # of libraries, at dtypes that are not their own
        for standard, ours in KINDS.items():
            if xp.isdtype(dtype, standard) and "float8" not in str(dtype):  # too small to add up
                return ours
    raise TypeError(
        f"{name}: expected booleans, integers or floating-point numbers, got dtype {dtype}"
    )


def is_numpy(values: Array) -> bool:
    """Whether the numbers lie in an array of NumPy."""
    return isinstance(values, np.ndarray)


def is_torch(values: Array) -> bool:
    """Whether this is a tensor of PyTorch."""
    return "torch" in sys.modules and isinstance(values, sys.modules["torch"].Tensor)


def is_dask(values: Array) -> bool:
    """Whether the numbers are computed later, chunk by chunk."""
    return "dask.array" in sys.modules and isinstance(values, sys.modules["dask.array"].Array)


def is_jax(values: Array) -> bool:
    """Whether this is an array of JAX, traced or not."""
    return "jax" in sys.modules and isinstance(values, sys.modules["jax"].Array)


def is_traced(values: Array) -> bool:
    """Whether JAX, torch.func or torch.compile looks at the computation, not at the numbers."""
    if is_torch(values):
        torch = sys.modules["torch"]
        return (
            torch.compiler.is_compiling()
            or torch._C._functorch.is_functorch_wrapped_tensor(values)
            or torch.autograd.forward_ad.unpack_dual(values).tangent is not None
        )
    return is_jax(values) and isinstance(values, sys.modules["jax"].core.Tracer)


def readable_by_numpy(values: Array) -> bool:
    """Whether the numbers are there, in memory that a processor reads."""
    if is_numpy(values) or is_dask(values) or is_traced(values):
        return is_numpy(values)
    if not hasattr(np, str(values.dtype).removeprefix("torch.")):
        return False  # bfloat16
    if is_torch(values):
        return bool(values.device.type == "cpu")
    return is_jax(values) and all(place.platform == "cpu" for place in values.devices())


def records_gradient(*arrays: Array) -> bool:
    """Whether PyTorch writes down what is computed with one of them."""
    return any(is_torch(values) and values.requires_grad for values in arrays)


@cache
def step() -> Any:
    """A single step of PyTorch's record: `step().apply(functions, nearby, *arrays)`.

    The functions must hold no array, as PyTorch frees only what it was given to keep. The first
    makes results of the arrays; the second takes the arrays and the derivatives by each result,
    and returns that by the first array; a third, or None, makes one number of the few numbers in
    the results. It is derived at once: with `nearby` in the memory of the processor, which needs
    a fraction of the time that a card does.
    """
    torch = sys.modules["torch"]

    class Step(torch.autograd.Function):  # type: ignore[name-defined, misc]
        @staticmethod
        def forward(context: Any, functions: Any, nearby: bool, *parts: Array) -> Any:
            context.functions, place = functions, parts[0].device
            context.save_for_backward(*parts)
            function, _, head = functions
            results = function(*[part.detach() for part in parts])
            if head is None:
                return results
            with torch.enable_grad():
                results = [v.to("cpu" if nearby else place).requires_grad_() for v in results]
                number = head(*results)
            slopes, dtype = torch.autograd.grad(number, results), single_or_better(parts[0])
            context.slopes = [slope.to(place, dtype) for slope in slopes]
            return number.detach().to(place)

        @staticmethod
        def backward(context: Any, *slopes: Array) -> tuple[Array | None, ...]:
            parts, (function, derivative, head) = context.saved_tensors, context.functions
            if torch.is_grad_enabled():  # to be derived once more, which in-place steps cannot
                results = function(*parts) if head is None else head(*function(*parts))
                (slope,) = torch.autograd.grad(results, parts[0], slopes, create_graph=True)
            else:
                if head is not None:
                    slopes = tuple(slope * slopes[0] for slope in context.slopes)
                slope = derivative(*parts, *slopes)
            return None, None, slope, *[None] * (len(parts) - 1)

    return Step


def like(name: str, values: Array, reference: Any) -> Array:
    """`values` in the library and on the device of `reference`, if they are NumPy's."""
    if is_foreign(values):
        same_library(name, values, "prediction", reference)
    elif is_foreign(reference):
        if values.dtype == np.int64:
            check_countable(np.max(values, initial=0), reference)
        values = namespace(reference).asarray(values, device=device(reference))
    return values


def single_or_better(values: Array) -> Any:
    """The floating type that the numbers are computed in."""
    xp = namespace(values)
    return xp.result_type(values.dtype, xp.float32)


@cache
def smallest_normal(xp: Any, *dtypes: Any) -> float:
    """The least positive number that has full precision in all of the types."""
    return max(float(xp.finfo(dtype).smallest_normal) for dtype in dtypes)


def at_least_single(values: Array) -> Array:
    """The same numbers in single precision or better."""
    return namespace(values).astype(values, single_or_better(values), copy=False)


def as_floats(target: Array, p: Array) -> Array:
    """The target in the floating type of `p`, or its own if that is wider."""
    xp, dtype = namespace(p), p.dtype
    if kind("target", target) == "floating":
        dtype = xp.result_type(p.dtype, target.dtype)
    return xp.astype(target, dtype, copy=False)


def widest(values: Array) -> Array:
    """The same numbers in double precision, or the best that the library has; symbols stay."""
    if is_numpy(values):
        return values.astype(np.float64, copy=False)
    if not is_foreign(values):
        return values
    return namespace(values).astype(values, double(values), copy=False)


def double(values: Array) -> Any:
    """The type of double precision, or the best that the library has."""
    if is_torch(values):
        torch = sys.modules["torch"]
        return torch.float32 if values.device.type == "mps" else torch.float64
    xp = namespace(values)
    return xp.__array_namespace_info__().dtypes().get("float64", xp.float32)


def picked(values: Array, labels: Array) -> Array:
    """At each pixel the value of its label, on axis 1; PyTorch is slow at the standard's way."""
    labels = as_indices(labels)
    if is_torch(values):
        return values.gather(1, labels)
    return namespace(values).take_along_axis(values, labels, axis=1)


def exp(values: Array) -> Array:
    """Exponentials; PyTorch's in the same memory while no gradient is recorded."""
    if is_torch(values) and not sys.modules["torch"].is_grad_enabled():
        return values.exp_()
    return namespace(values).exp(values)


def as_indices(labels: Array) -> Array:
    """Integers in the type of counts."""
    return namespace(labels).astype(labels, integer_type(labels), copy=False)


def add_at_labels(values: Array, labels: Array, numbers: Array) -> Array:
    """Values (samples, classes, ...pixels), plus at each label the number of its class.

    The memory of the values is taken, where the library can.
    """
    if is_torch(values):
        labels = as_indices(labels)
        return values.scatter_add_(1, labels, picked(numbers.expand(values.shape), labels))
    xp, parts = namespace(values), []
    for label in range(values.shape[1]):
        of_class = (slice(None), slice(label, label + 1), ...)
        part = values[of_class]
        part += xp.astype(equals(labels, label), values.dtype) * numbers[of_class]
        parts.append(part)
    return values if is_numpy(values) else xp.concat(parts, axis=1)


def less_product(values: Array, a: Array, b: Array) -> Array:
    """PyTorch's values minus a product, in their memory, in one step."""
    return values.addcmul_(a, b, value=-1)


def equals(values: Array, label: int) -> Array:
    """Where integers are `label`: nowhere if their type cannot hold it."""
    xp = namespace(values)
    limits = xp.iinfo(values.dtype)
    if limits.min <= label <= limits.max:
        return values == label
    return xp.zeros_like(values, dtype=xp.bool)  # others than NumPy wrap the label, or overflow


def integer_type(values: Array) -> Any:
    """The type of counts: 64 bits, or what the library has."""
    if is_numpy(values):
        return np.int64
    return namespace(values).__array_namespace_info__().default_dtypes()["integral"]


def look(values: Array, check: Callable[[Any, Any], None]) -> Array:
    """`values`, once the least and the greatest of them, or NaN, are checked.

    Those of Dask are when they are computed, those of a traced computation never.
    """
    if is_dask(values):
        return values.map_blocks(lambda chunk: look(chunk, check), meta=values._meta)
    if not (is_traced(values) or 0 in values.shape):
        check(*extremes(values))
    return values


def extremes(values: Array) -> tuple[float, float]:
    """The least and the greatest of the numbers; NaN if one is."""
    if is_torch(values):
        found = values.new_empty(2)  # read at once: each look at a card waits for it
        sys.modules["torch"].aminmax(values.detach(), out=found.unbind())
        return tuple(found.tolist())
    xp = namespace(values)
    number = float if xp.isdtype(values.dtype, "real floating") else int
    at_once = sys.modules["jax"].ensure_compile_time_eval if is_jax(values) else nullcontext
    with at_once():  # also where JAX traces the rest of the computation
        return number(xp.min(values)), number(xp.max(values))


def constant(values: Array) -> Array:
    """The same numbers, as if they hung on nothing: no slope goes through."""
    if is_torch(values):
        return values.detach()
    return sys.modules["jax"].lax.stop_gradient(values) if is_jax(values) else values


def ratio(numerator: Array, denominator: Array) -> Array:
    """The quotient. JAX's slope has the square of the denominator, which is 1 here, not tiny."""
    if not is_jax(denominator):
        return numerator / denominator
    size = constant(denominator)
    return numerator / size / (denominator / size)


def minimum(a: Array, b: Array) -> Array:
    """The lesser numbers, with the slope of b where both are equal; libraries share it."""
    return np.minimum(a, b) if is_numpy(a) else namespace(a).where(a < b, a, b)


def softplus(values: Array) -> Array:
    """log(1 + e^x), which does not overflow; NumPy's `logaddexp` is slow."""
    xp = namespace(values)
    if is_numpy(values):
        return np.maximum(values, 0) + np.log1p(np.exp(-np.abs(values)))
    return xp.logaddexp(values, xp.zeros_like(values))


def as_mask(values: Array, checked: bool) -> Array:
    """Booleans: True where an integer is not 0. In a byte, 0 and 1 are False and True already."""
    if kind("mask", values) == "bool":
        return values
    if checked and is_numpy(values) and values.dtype.itemsize == 1:
        return values.view(np.bool_)
    return values != 0


def filled(values: Array, where: Array, number: float) -> Array:
    """The values, and `number` where that holds; PyTorch's own way is a single step."""
    if is_torch(values):
        return values.masked_fill(where, number)
    return namespace(values).where(where, number, values)


def zero_unless(keep: Array | None, values: Array) -> Array:
    """The values, and 0 where `keep` does not hold, whatever is there; None keeps all."""
    if keep is None:
        return values
    if is_numpy(values) and values.dtype.itemsize <= 8:  # bits times 0 or 1: faster than `where`
        bits = values.view(f"u{values.dtype.itemsize}")
        return (bits * keep.astype(bits.dtype)).view(values.dtype)
    xp = namespace(values)
    return xp.where(keep, values, xp.zeros_like(values))


def by_stride(values: Array) -> Sequence[int]:
    """The axes in the order of memory, those whose steps are long first, as far as it is known."""
    axes = range(values.ndim)
    if not is_numpy(values) and (not is_torch(values) or is_traced(values)):
        return axes
    strides = values.strides if is_numpy(values) else values.stride()
    return sorted(axes, key=lambda axis: -abs(strides[axis]))


def flat(values: Array) -> Array:
    """A NumPy array (1, C, ...pixels) with one axis of pixels, number by number in memory."""
    values = values.reshape(1, values.shape[1], -1)
    ordered = values.strides[-1] == values.dtype.itemsize
    return values if ordered else np.ascontiguousarray(values)


def surely_up_to(values: Array, most: float) -> bool:
    """Whether NumPy sees in one pass that all numbers lie from 0 to `most`.

    As unsigned integers, the bits of negative numbers and of NaN are above all others.
    False decides nothing: minus zero is negative here.
    """
    if not is_numpy(values) or values.dtype.itemsize > 8:
        return False
    bits, limit = _as_bits(values.dtype, most)
    return bool(np.maximum.reduce(values.view(bits), axis=None, initial=0) <= limit)


@cache
def _as_bits(dtype: Any, most: float) -> tuple[Any, Any]:
    """The unsigned integers of the same size, and the bits of `most`, or of the greatest, there."""
    if dtype.kind in "iu":
        most = min(most, np.iinfo(dtype).max)
    bits = np.dtype(f"{dtype.byteorder}u{dtype.itemsize}")
    return bits, np.array(most, dtype).view(bits)[()]


def insert_axis(values: Array, at: int) -> Array:
    """The same numbers with an axis of length 1; one of Dask's tasks stays one task."""
    if not is_dask(values):
        return values[(*(slice(None),) * at, None, ...)]
    return values.map_blocks(np.expand_dims, axis=at, new_axis=at, dtype=values.dtype)


# Sums over the pixels of arrays (samples, classes, ...pixels), as shape (samples, classes).
# NumPy's are blocks (1, classes, pixels).


_sum_last = partial(np.einsum, "...n->...")


def total(values: Array) -> Array:
    """Sum over the pixels."""
    if is_numpy(values):
        return _strip_by_strip(_sum_last, values)
    return namespace(values).sum(values, axis=tuple(range(2, values.ndim)))


def total_product(a: Array, b: Array) -> Array:
    """Sum of the products over the pixels."""
    return _strip_by_strip(np.vecdot, a, b) if is_numpy(a) else total(a * b)


def _strip_by_strip(add: Callable[..., Array], *values: Array) -> Array:
    """What `add` gives for strips, added in double precision."""
    *lead, pixels = values[0].shape
    whole = pixels - pixels % STRIP
    if not whole:
        return add(*values)
    strips = add(*[v[..., :whole].reshape(*lead, pixels // STRIP, STRIP) for v in values])
    sums = np.add.reduce(strips, -1, np.float64)
    return sums if whole == pixels else sums + add(*[v[..., whole:] for v in values])


def count(mask: Array) -> Array:
    """At how many pixels the mask holds."""
    if is_numpy(mask):  # row by row: far faster than with an axis
        return np.array([[np.count_nonzero(row) for row in mask[0]]])
    check_countable(prod(mask.shape), mask)
    xp = namespace(mask)  # adds small integers up in large ones
    return xp.sum(xp.astype(mask, xp.uint8), axis=tuple(range(2, mask.ndim)))


def check_countable(pixels: int, values: Array) -> None:
    """So many pixels must fit the integers of the library."""
    integer = integer_type(values)
    most = namespace(values).iinfo(integer).max
    if pixels > most:
        raise ValueError(f"prediction: expected at most {most} pixels in {integer}, got {pixels}")


def stacked(sums: Sequence[Array], counts: bool) -> Array:
    """Sums as one array: of integers, or in double precision."""
    xp, dtype = namespace(sums[0]), integer_type(sums[0]) if counts else double(sums[0])
    return xp.stack([xp.astype(values, dtype, copy=False) for values in sums])


def totals_at_labels(labels: Array, num_classes: int, *values: Array) -> Sequence[Array]:
    """Sums over the pixels of each label; not for NumPy.

    Values are masks (samples, 1, ...pixels), or numbers for each class, of which those of the
    label count.
    """
    if is_torch(labels):
        return list(_dealt_out(as_indices(labels), num_classes, *values))

    def add(label: int, values: Array) -> Array:
        here = equals(labels, label)
        if kind("values", values) == "bool":
            return count(here & values)
        return total(zero_unless(here, values[:, label : label + 1, ...]))

    classes, xp = range(num_classes), namespace(labels)
    return [xp.concat([add(label, each) for label in classes], axis=1) for each in values]


def _dealt_out(labels: Array, num_classes: int, *values: Array) -> Array:
    """The same for PyTorch, in few calls.

    The pixels are dealt out to columns, neighbors to different ones, so that each number is a
    short sum, and a graphics card has no two of its threads wait for the same one. Masks
    give counts of 64 bits, all else gives double precision.
    """
    samples, pixels = labels.shape[0], prod(labels.shape[2:])
    columns = max(pixels // STRIP, 1)
    rows, rest = pixels // columns, pixels % columns
    torch = sys.modules["torch"]
    chosen = (v if v.dtype == torch.bool else picked(v, labels) for v in values)
    given = torch.stack([v.reshape(samples, pixels) for v in chosen])
    dtype = double(given) if given.is_floating_point() else integer_type(given)
    if given.dtype == torch.bool:
        given = given.int()
    index = labels.reshape(1, samples, pixels).expand(given.shape)

    def add(pixels: slice, *table: int) -> Array:
        shape = (*given.shape[:2], *table)
        parts = (v[..., pixels].reshape(shape) for v in (index, given))
        cells = given.new_zeros((*given.shape[:2], num_classes, table[1]))
        return cells.scatter_add(2, *parts).sum(-1, dtype=dtype)

    sums = add(slice(pixels - rest), rows, columns)
    return sums + add(slice(-rest, None), 1, rest) if rest else sums


def total_and_count(mask: Array, values: Array) -> tuple[Array, Array]:
    """Sum over the pixels where the mask holds, and their number."""
    if is_numpy(values):
        ones = mask.astype(values.dtype)  # a block has so few pixels that their sum is exact
        return total_product(values, ones), _sum_last(ones)
    return total(zero_unless(mask, values)), count(mask)


def activation(name: str, values: Array, *axis: int) -> Array | None:
    """The library's own activation, whose gradient needs less memory; None if it has none."""
    if is_torch(values):
        return getattr(sys.modules["torch"], name)(values, *axis)
    if is_jax(values):
        return getattr(sys.modules["jax"].nn, name)(values, *axis)
    return None


_pytrees: set[type] = set()


def register_pytree(structure: type, leaves: tuple[str, ...], flags: tuple[str, ...]) -> None:
    """Let JAX take a dataclass apart, and put it together, once JAX is there."""
    if structure in _pytrees or "jax" not in sys.modules:
        return
    _pytrees.add(structure)

    def flatten(value: Any) -> tuple[list[Any], tuple[bool, ...]]:
        return [getattr(value, name) for name in leaves], tuple(getattr(value, f) for f in flags)

    def unflatten(flagged: tuple[bool, ...], values: Iterable[Any]) -> Any:
        value: Any = object.__new__(structure)  # unchecked: JAX puts in not only numbers
        vars(value).update(zip((*leaves, *flags), (*values, *flagged), strict=True))
        return value

    sys.modules["jax"].tree_util.register_pytree_node(structure, flatten, unflatten)


def plain(value: Any) -> Any:
    """NumPy scalars as Python numbers, all else as it is."""
    return value.item() if isinstance(value, (np.generic, np.ndarray)) and not value.ndim else value


def is_array(value: Any) -> bool:
    """Whether this is an array, or a number, of NumPy or of another library."""
    return isinstance(value, (np.ndarray, np.generic)) or is_foreign(value)


def shape(value: Any) -> tuple[int, ...]:
    """The shape of an array; () for a number or a symbol, which may refuse to say."""
    return tuple(value.shape) if is_array(value) else ()


def is_foreign(value: Any) -> bool:
    """Whether this is an array of another library than NumPy."""
    if isinstance(value, (np.ndarray, np.generic)) or not hasattr(value, "dtype"):
        return False
    if is_torch(value):
        return True
    import array_api_compat

    return bool(array_api_compat.is_array_api_obj(value))
