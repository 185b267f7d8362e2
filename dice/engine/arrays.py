"""What differs between array libraries: NumPy's are known, others speak the array API standard."""

import sys
from collections.abc import Callable
from functools import cache, partial
from math import isnan, prod
from operator import attrgetter
from typing import Any, Literal

import array_api_compat
import numpy as np

is_torch, is_jax = array_api_compat.is_torch_array, array_api_compat.is_jax_array
is_numpy = array_api_compat.is_numpy_array
is_dask, is_array = array_api_compat.is_dask_array, array_api_compat.is_array_api_obj

Array = Any
Kind = Literal["bool", "integer", "floating"]
KINDS: dict[str, Kind] = {"bool": "bool", "integral": "integer", "real floating": "floating"}
"""The standard's names of the kinds of dtypes, and ours."""


STRIP = 128
"""Numbers that are added in single precision: a longer sum of equal ones would be off."""


def array(name: str, value: Any) -> Array:
    """`value` as an array: of its own library, or of NumPy if it has none."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name}: expected an array without a mask of its own, got a masked array")
    if is_dask(value) and any(map(isnan, value.shape)):
        raise ValueError(f"{name}: expected chunks of known size; compute_chunk_sizes() helps")
    try:
        known = isinstance(value, np.ndarray) or is_foreign(value)
        return value if known else np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # such as tensors in a list
        what = "rows of unequal length, or what NumPy cannot read"
        raise ValueError(f"{name}: expected an array, got {what}") from error


def namespace(values: Array) -> Any:
    """The functions of the library that `values` belong to."""
    if isinstance(values, (np.ndarray, np.generic)):
        return np
    return array_api_compat.array_namespace(values)


def kind(name: str, values: Array) -> Kind:
    """Whether `values` are booleans, integers or floating-point numbers."""
    if (found := _kind(values.dtype, namespace(values))) is None:
        raise TypeError(f"{name}: expected booleans, integers or floats, got dtype {values.dtype}")
    return found


@cache
def _kind(dtype: Any, xp: Any) -> Kind | None:
    known = xp is not np or dtype.kind in "biuf"  # others NumPy only stores
    return next((KINDS[kind] for kind in KINDS if known and xp.isdtype(dtype, kind)), None)


def same_library(name: str, values: Array, first: str, reference: Array) -> None:
    """Arrays that meet must be of one library."""
    names = (namespace(v).__name__.removeprefix("array_api_compat.") for v in (reference, values))
    ours, theirs = (name.split(".")[0] for name in names)
    if ours != theirs:
        raise TypeError(f"{name}: expected an array of {ours}, as {first} is, got {theirs}")


# Which library


def is_foreign(value: Any) -> bool:
    """Whether this is an array of another library than NumPy."""
    return not is_numpy(value) and is_array(value)


def is_traced(values: Array) -> bool:
    """Whether JAX, torch.func or torch.compile looks at the computation, not at the numbers."""
    if is_numpy(values) or not is_torch(values):
        return is_jax(values) and isinstance(values, sys.modules["jax"].core.Tracer)
    torch = sys.modules["torch"]
    return bool(
        torch.compiler.is_compiling()
        or torch._C._functorch.is_functorch_wrapped_tensor(values)
        or torch.autograd.forward_ad.unpack_dual(values).tangent is not None
    )


def readable_by_numpy(values: Array) -> bool:
    """Whether the numbers lie in memory that NumPy reads, and no gradient is recorded."""
    if is_numpy(values) or is_dask(values) or is_traced(values):
        return bool(is_numpy(values))
    if not hasattr(np, str(values.dtype).removeprefix("torch.")):
        return False  # bfloat16
    if is_torch(values):
        return values.device.type == "cpu" and not values.requires_grad
    return is_jax(values) and all(place.platform == "cpu" for place in values.devices())


# Numbers and types


def shape(value: Any) -> tuple[int, ...]:
    """The shape of an array; () for a number or a symbol."""
    return tuple(value.shape) if is_array(value) else ()


def python_number(value: Any) -> Any:
    """NumPy scalars as Python numbers, all else as it is."""
    return value.item() if isinstance(value, (np.generic, np.ndarray)) and not value.ndim else value


def text(value: Any) -> str:
    """A number or an array as it may be typed."""
    return np.array2string(value, separator=", ") if is_numpy(value) else repr(value)


def in_library_of(reference: Array, values: Array) -> Array:
    """NumPy's `values` in the library and on the device of `reference`, or the other way round."""
    if is_foreign(values) or not is_foreign(reference):
        return values if is_foreign(reference) else np.asarray(values)
    device = reference.device if is_torch(reference) else None
    return namespace(reference).asarray(values, device=device)


def insert_axis(values: Array, at: int) -> Array:
    """The same numbers with one more axis, of length 1; one of Dask's tasks stays one task."""
    if is_dask(values):
        return values.map_blocks(np.expand_dims, axis=at, new_axis=at, dtype=values.dtype)
    return values[(*(slice(None),) * at, None, ...)]


def single_or_better(values: Array) -> Any:
    """The floating type that the numbers are computed in."""
    xp = namespace(values)
    return xp.result_type(values.dtype, xp.float32)


def at_least_single(values: Array) -> Array:
    """The same numbers in single precision or better."""
    return namespace(values).astype(values, single_or_better(values), copy=False)


def as_type_of(reference: Array, values: Array) -> Array:
    """The same numbers in the type of `reference`."""
    return namespace(reference).astype(values, reference.dtype, copy=False)


def integer_type(values: Array) -> Any:
    """The type of counts: 64 bits, or what the library has."""
    xp = namespace(values)  # NumPy 2.0 does not tell its types
    return np.int64 if xp is np else xp.__array_namespace_info__().default_dtypes()["integral"]


def extremes(values: Array) -> tuple[float, float]:
    """The least and the greatest of the numbers; NaN if one is."""
    number = float if kind("values", values) == "floating" else int
    values = values.detach() if is_torch(values) else values
    values = np.asarray(values) if is_jax(values) else values  # also within a trace of JAX
    return number(namespace(values).min(values)), number(namespace(values).max(values))


def as_counts(values: Array) -> Array:
    """Booleans or integers in the type of counts."""
    return namespace(values).astype(values, integer_type(values), copy=False)


def as_double(values: Any) -> Any:
    """The same numbers in double precision, or the best that the library has; symbols stay."""
    if is_numpy(values) or not is_array(values):
        return values.astype(np.float64, copy=False) if is_numpy(values) else values
    xp = namespace(values)
    no_doubles = is_torch(values) and values.device.type == "mps"  # on Apple's cards
    types = {} if no_doubles else xp.__array_namespace_info__().dtypes()
    return xp.astype(values, types.get("float64", xp.float32), copy=False)


def as_mask(values: Array, checked: bool) -> Array:
    """Booleans: True where an integer is not 0. In a byte, 0 and 1 are False and True already."""
    if kind("mask", values) == "bool":
        return values
    byte = is_numpy(values) and values.dtype.itemsize == 1
    return values.view(np.bool_) if byte and checked else values != 0


def as_loss(loss: Any, p: Array) -> Any:
    """A loss in the floating type of the prediction; NumPy's as a Python number if it is one."""
    if not is_foreign(loss):
        return python_number(np.asarray(loss, single_or_better(np.asarray(p))))
    return namespace(loss).astype(loss, single_or_better(p), copy=False)


def as_sum(name: str, value: Any) -> Any:
    """One of three sums: NumPy's with 64 bits; numbers and symbols as they are."""
    if not isinstance(value, (np.ndarray, np.generic, list, tuple)):
        return value
    value = array(name, value)
    wide = {"integer": np.int64, "floating": np.float64}
    return python_number(value.astype(wide.get(kind(name, value), value.dtype)))


# Arithmetic that is not the same in all libraries


def total(values: Array) -> Array:
    """Sum over the last axis; of masks a count."""
    masks = kind("values", values) == "bool"
    if not is_numpy(values):
        return namespace(values).sum(as_counts(values) if masks else values, axis=-1)
    if masks:  # row by row: far faster than with an axis
        *lead, pixels = values.shape
        counts = [np.count_nonzero(row) for row in values.reshape(prod(lead), pixels)]
        return np.array(counts, np.int64).reshape(lead)
    return _in_strips(partial(np.einsum, "...n->..."), values)


def dot(a: Array, b: Array) -> Array:
    """Sum of the products over the last axis; of two masks the size of what they share."""
    if kind("values", a) == "bool":
        return total(a & b)
    return _in_strips(np.vecdot, a, b) if is_numpy(a) else total(a * b)


def _in_strips(add: Callable[..., Array], *values: Array) -> Array:
    """Sums of strips, added in double precision."""
    strips = values[0].shape[-1] // STRIP
    if not strips:
        return add(*values)
    whole = [v[..., : strips * STRIP].reshape(*v.shape[:-1], strips, STRIP) for v in values]
    rest = [v[..., strips * STRIP :] for v in values]
    return np.add.reduce(add(*whole), -1, np.float64) + add(*rest)


def bincount(codes: Array, length: int) -> Array:
    """How often each of the codes from 0 to length - 1 occurs in each row."""
    xp = namespace(codes)
    if is_numpy(codes):
        rows = [_count(row, length) for row in codes]
        return np.array(rows, np.int64).reshape(-1, length)
    if is_torch(codes):
        return codes.new_zeros((len(codes), length)).scatter_add(1, codes, xp.ones_like(codes))
    if is_jax(codes):
        return sys.modules["jax"].vmap(partial(xp.bincount, length=length))(codes)
    return xp.stack([total(codes == code) for code in range(length)], axis=-1)


def _count(codes: Array, length: int) -> Array:
    """Of few kinds of codes two are packed into one while the table of pairs stays small."""
    half = len(codes) // 2
    if length**2 > half // 4:
        return np.bincount(codes, minlength=length)[:length]
    packed = codes[:half].astype(np.min_scalar_type(length**2)) * length + codes[half : 2 * half]
    table = _count(packed, length**2).reshape(length, length)
    return table.sum(0) + table.sum(1) + np.bincount(codes[2 * half :], minlength=length)


def not_tiny(sums: Array, p: Array) -> Array:
    """The sums, and 0 where one over their square overflows in the type of p; all keep slopes."""
    least = _least(namespace(p), p.dtype, sums.dtype) ** 0.5
    tiny = namespace(sums).where(sums < least, sums, 0.0)
    if is_torch(sums):
        tiny = tiny.detach()
    return sums - (sys.modules["jax"].lax.stop_gradient(tiny) if is_jax(sums) else tiny)


@cache
def _least(xp: Any, *dtypes: Any) -> Any:
    return max(float(xp.finfo(xp.result_type(d, xp.float32)).smallest_normal) for d in dtypes)


def minimum(a: Array, b: Array) -> Array:
    """The lesser numbers, with the slope of b where both are equal; libraries share it."""
    return np.minimum(a, b) if is_numpy(a) else namespace(a).where(a < b, a, b)


def softplus(values: Array) -> Array:
    """log(1 + e^x), which does not overflow; NumPy's `logaddexp` is slow."""
    if is_numpy(values):
        return np.maximum(values, 0) + np.log1p(np.exp(-np.abs(values)))
    xp = namespace(values)
    return xp.logaddexp(values, xp.zeros_like(values))


def zero_unless(keep: Array | None, values: Array) -> Array:
    """The values, and 0 where `keep` does not hold, whatever is there; None keeps all."""
    if keep is None:
        return values
    xp = namespace(values)
    return xp.where(keep, values, xp.zeros_like(values))


def activation(name: str, values: Array, *axis: int) -> Array | None:
    """The library's own activation, whose gradient needs less memory; None if it has none."""
    if is_torch(values):
        return getattr(sys.modules["torch"], name)(values, *axis)
    return getattr(sys.modules["jax"].nn, name)(values, *axis) if is_jax(values) else None


_pytrees: set[type] = set()


def register_pytree(structure: Any, leaves: tuple[str, ...], flags: tuple[str, ...]) -> None:
    """Let JAX take a dataclass apart, and put it together, once JAX is there."""
    if structure in _pytrees or "jax" not in sys.modules:
        return
    _pytrees.add(structure)
    sys.modules["jax"].tree_util.register_pytree_node(
        structure,
        lambda value: (attrgetter(*leaves)(value), attrgetter(*flags)(value)),
        lambda flagged, values: structure.unchecked(values, *flagged),  # not only numbers come
    )
