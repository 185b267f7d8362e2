"""Sums over pixels, piece by piece: the memory of a piece, whatever the size of the image.

Sums add up, and so do their derivatives. NumPy's arrays are cut into pieces that stay in the
cache; PyTorch finds each piece anew for the derivative, so that it keeps nothing but the inputs;
Dask adds its chunks; the arrays of other libraries are a single piece.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from math import prod
from typing import Any

import numpy as np

from dice.engine import arrays, checks
from dice.engine.arrays import Array, is_numpy, is_torch, namespace, zero_unless
from dice.engine.layout import Pair

PIECE, CARD_PIECE = 1 << 17, 1 << 23
"""Numbers in a piece, which stays in the cache of a processor, and fills a graphics card."""

Formula = Callable[..., Sequence[Array]]
Piece = tuple[Array, Array, Array | None]


def add_pixels(formula: Formula, pair: Pair) -> list[Array]:
    """What `formula` gives for the pixels of each piece, added up.

    It takes the prediction, the masks or probabilities of the target, and which pixels count
    (None if all): arrays (samples, classes, pixels). It gives sums (samples, columns).
    """
    parts, run = pair.arrays, partial(_of_piece, formula, pair.without_arrays)
    p, *others = (is_torch(values) and values.requires_grad for values in parts)
    found_anew = p and not any(others) and not any(map(arrays.is_traced, parts))
    sums = _found_anew().apply(run, *parts) if found_anew else add_pieces(run, parts)
    return [arrays.not_tiny(v, pair.prediction) for v in sums] if pair.soft else list(sums)


def add_pieces(run: Formula, parts: Sequence[Array]) -> list[Array]:
    """The sums of what `run` gives for the arrays of each piece."""
    if arrays.is_dask(parts[0]):
        return _add_chunks(run, parts)
    near = all(map(arrays.readable_by_numpy, parts))  # NumPy adds what it can read
    found: list[Array] = []
    for piece in pieces(list(map(np.asarray, parts)) if near else parts):
        sums = run(*piece)
        sums = [v if arrays.kind("sums", v) == "integer" else arrays.as_double(v) for v in sums]
        found = [a + b for a, b in zip(found, sums, strict=True)] if found else sums
    return [arrays.in_library_of(parts[0], values) for values in found]


def pieces(parts: Sequence[Array]) -> Iterator[list[Array]]:
    """Cut arrays alike along an axis of pixels: the first that is long enough."""
    first, shape, axes = parts[0], parts[0].shape, range(2, parts[0].ndim)
    cut = is_numpy(first) or (is_torch(first) and not any(map(arrays.is_traced, parts)))
    limit = PIECE if is_numpy(first) or not cut or first.device.type == "cpu" else CARD_PIECE
    number = -(-prod(shape) // limit) if cut and axes else 1
    if number < 2:
        yield list(parts)
        return
    axis = next((k for k in axes if shape[k] >= number), max(axes, key=lambda k: shape[k]))
    step = -(-shape[axis] // number)
    for start in range(0, shape[axis], step):
        yield [v[(*(slice(None),) * axis, slice(start, start + step), ...)] for v in parts]


def each_pixel(formula: Callable[..., Array], pair: Pair) -> Array:
    """What `formula` gives for each pixel, as an array like the prediction."""
    p, *_ = parts = pair.arrays
    if not is_numpy(p):
        values = formula(*as_masks(pair, *flatten_and_check(pair, *parts)))
        found = namespace(p).reshape(arrays.as_type_of(arrays.at_least_single(p), values), p.shape)
        return pair.in_callers_order(found)
    found = np.empty(p.shape, arrays.single_or_better(p))
    for place, *piece in pieces([found, *parts]):
        values = formula(*as_masks(pair, *flatten_and_check(pair, *piece)))
        place[...] = values.reshape(place.shape)
    return pair.in_callers_order(found)


def _of_piece(formula: Formula, pair: Pair, *piece: Array) -> Any:
    """What the formula gives for a piece."""
    return formula(*as_masks(pair, *flatten_and_check(pair, *piece)))


def flatten_and_check(pair: Pair, p: Array, g: Array, keep: Array | None = None) -> Piece:
    """A piece with one axis of pixels, checked, and 0 at the pixels that do not count."""
    xp, pixels = namespace(p), prod(p.shape[2:])
    p, g = (xp.reshape(v, (*v.shape[:2], pixels)) for v in (p, g))
    if not is_numpy(p):  # narrow integers of other libraries may wrap
        p, g = (arrays.as_counts(v) if arrays.kind("", v) == "integer" else v for v in (p, g))
    keep = None if keep is None else xp.reshape(keep, (keep.shape[0], 1, pixels))
    if pair.ignore_index is not None:
        counted = g != pair.ignore_index
        keep = counted if keep is None else keep & counted
    p, g = zero_unless(keep, p), zero_unless(keep, g)
    if pair.check_values:
        checks.values(pair, p, g)
    return p, g, keep


def as_masks(pair: Pair, p: Array, g: Array, keep: Array | None) -> Piece:
    """Probabilities of one type, or two masks, for each class."""
    if pair.target_is_map:
        g = namespace(g).stack([g[:, 0, :] == c for c in range(pair.num_classes)], axis=1)
        g = zero_unless(keep, g)
    if not pair.soft:
        return *(arrays.as_mask(v, pair.check_values) for v in (p, g)), keep
    p = arrays.at_least_single(p)
    return p, arrays.at_least_single(g) if pair.soft_target else arrays.as_type_of(p, g), keep


@cache
def _found_anew() -> Any:
    torch = sys.modules["torch"]

    class FoundAnew(torch.autograd.Function):  # type: ignore[name-defined, misc]
        """Sums whose derivative is found anew, piece by piece, from the inputs alone."""

        @staticmethod
        def forward(context: Any, run: Any, *parts: Array) -> Any:
            context.run = run
            context.save_for_backward(*parts)
            return tuple(add_pieces(run, [values.detach() for values in parts]))

        @staticmethod
        def backward(context: Any, *slopes: Array) -> Any:
            parts, twice = context.saved_tensors, torch.is_grad_enabled()
            gradient = torch.empty_like(parts[0])
            for place, p, *others in pieces([gradient, *parts]):
                run = partial(_in_double, context.run, others)
                place.copy_(torch.autograd.functional.vjp(run, p, slopes, create_graph=twice)[1])
            return None, gradient, *[None] * (len(parts) - 1)

    return FoundAnew


def _in_double(run: Formula, others: Sequence[Array], p: Array) -> tuple[Array, ...]:
    """The sums of a piece, as a function of the prediction alone."""
    return tuple(map(arrays.as_double, run(p, *others)))


def _add_chunks(run: Formula, parts: Sequence[Array]) -> list[Array]:
    """Each chunk of Dask's becomes a small array; these are added as a tree."""
    import dask.array as da

    axes = range(parts[0].ndim)
    rows, columns, ones = axes.stop, axes.stop + 1, axes[1:]
    tiny = run(*[np.zeros((1, v.shape[1], 1), v.dtype) for v in parts])

    # Every axis of a chunk is kept, with length 1: else Dask would read in one task and count in
    # another, which may run late, or on another machine.
    def add_chunk(*chunks: Array) -> Array:
        sums = np.stack(np.broadcast_arrays(*add_pieces(run, chunks)))
        return sums.reshape(*sums.shape, *(1 for _ in ones))

    sums = da.blockwise(
        add_chunk,
        (rows, 0, columns, *ones),
        *(given for v in parts for given in (v.rechunk({1: -1}), axes)),
        new_axes={rows: len(tiny), columns: max(v.shape[1] for v in tiny)},
        adjust_chunks=dict.fromkeys(ones, 1),
        meta=np.empty(0, tiny[0].dtype),
    )
    sums = sums.sum(axis=tuple(range(3, sums.ndim)))
    return [sums[k] for k in range(len(tiny))]
