"""All that the package knows of array libraries, in one place."""

from typing import Any, Literal

import numpy as np

Array = Any
Kind = Literal["bool", "integer", "floating"]


def array(name: str, value: Any) -> Array:
    """`value` as a NumPy array of booleans, integers or floating-point numbers."""
    try:
        result = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: expected an array, got rows of unequal length") from error
    kind(name, result)
    return result


def kind(name: str, values: Array) -> Kind:
    """Whether `values` are booleans, integers or floating-point numbers."""
    kinds: dict[str, Kind] = {"b": "bool", "i": "integer", "u": "integer", "f": "floating"}
    if values.dtype.kind not in kinds:
        raise TypeError(
            f"{name}: expected booleans, integers or floating-point numbers, "
            f"got dtype {values.dtype}"
        )
    return kinds[values.dtype.kind]


def at_least_single(values: Array) -> Array:
    """The same numbers in single precision or better."""
    return values.astype(np.promote_types(values.dtype, np.float32), copy=False)


def plain(value: Any) -> Any:
    """NumPy scalars as Python numbers, all else as it is."""
    return value.item() if isinstance(value, np.generic | np.ndarray) and not value.ndim else value
