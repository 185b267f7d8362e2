"""The three sums: exact counts of labels and masks, sums of probabilities.

NumPy arrays are summed block by block. A block fits in cache, so the extra memory does
not grow with the image. Dask arrays are summed chunk by chunk, the arrays of other
libraries as a whole. Counts are 64-bit integers. Probabilities are added at least in
single precision inside a block, and in double precision across blocks.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from dice import arrays, checks
from dice.arrays import Array, is_numpy, kind, namespace
from dice.layout import Inputs

BLOCK = 1 << 19
"""Labels or mask values in a block, which stays in the cache; of probabilities a quarter of it."""

KINDS = 1 << 16
"""Codes are packed while there are at most so many kinds: their counts stay in the cache."""

RUNS = 4
"""Count runs of equal pixels, not pixels, where fewer than one in four differs from the last."""

LOOK = 251
"""Look at one pixel in so many to tell that; as a prime number it falls on no column alone."""

PIECE = 1 << 16
"""Labels or codes in a piece of a block: what is made of it in 64 bits stays in the cache."""

Rows = Sequence[Array] | Array
"""What a block adds to each row of a table of sums: shape (samples, columns)."""


class Way(NamedTuple):
    """From inputs to sums, and from the derivatives by the sums to that by the prediction."""

    forward: Callable[[Inputs], tuple[Array, ...]]
    backward: Callable[..., Array]


def three_sums(inputs: Inputs) -> Array:
    """Intersection, size of the prediction and size of the target, as shape (3, B or 1, C)."""
    (sums,) = recorded(inputs, THREE_SUMS)
    return sums


def recorded(inputs: Inputs, way: Way, head: Callable[..., Any] | None = None) -> Any:
    """The sums, or what `head` makes of them: for PyTorch a single step, with its derivative."""
    p, *others = parts = inputs.parts()
    single = arrays.records_gradient(p) and not arrays.records_gradient(*others)
    if not single or any(map(arrays.is_traced, parts)):
        sums = way.forward(inputs)
        return sums if head is None else head(inputs, *sums)
    length, bare = len(parts), inputs.with_parts(*[None] * len(parts))
    functions = (
        lambda *parts: way.forward(bare.with_parts(*parts)),
        lambda *parts: way.backward(bare.with_parts(*parts[:length]), *parts[length:]),
        None if head is None else partial(head, bare),
    )
    nearby = inputs.check_values  # a look at the values of a card waits for it anyway
    return arrays.step().apply(functions, nearby, *parts)


def add_pixels(inputs: Inputs) -> Array:
    """The three sums, of each sample, or of all if the caller wants them pooled.

    Sums of probabilities below the normal range are 0: one over them, in a gradient, overflows.
    """
    dtype = np.float64 if inputs.soft else np.int64
    sums = add_blocks(_for_numpy(inputs), _sum_block, (3, inputs.num_classes), dtype)
    sums = arrays.like("sums", sums, inputs.prediction)
    xp = namespace(sums)
    if not inputs.has_samples and sums.shape[1] != 1:
        sums = xp.sum(sums, axis=1, keepdims=True)
    if not inputs.soft:
        return sums
    least = arrays.smallest_normal(xp, arrays.single_or_better(inputs.prediction), sums.dtype)
    return sums - arrays.constant(arrays.filled(sums, sums >= least, 0.0))  # they keep their slope


def _for_numpy(inputs: Inputs) -> Inputs:
    """The same memory as arrays of NumPy, where it can be read and no gradient is asked for."""
    parts = inputs.parts()
    if is_numpy(parts[0]) or arrays.records_gradient(*parts):
        return inputs
    readable = all(map(arrays.readable_by_numpy, parts))
    return inputs.with_parts(*map(np.asarray, parts)) if readable else inputs


def add_blocks(
    inputs: Inputs, summarize: Callable[[Inputs], Rows], shape: tuple[int, int], dtype: type
) -> Array:
    """The sum of what `summarize` makes of each block, as shape (shape[0], B, shape[1])."""
    samples, classes = inputs.prediction.shape[:2]
    if arrays.is_dask(inputs.prediction):
        return _add_chunks(inputs, summarize, shape, dtype)
    if not is_numpy(inputs.prediction):
        return arrays.stacked(summarize(inputs.ready()), counts=dtype is np.int64)
    sums = np.zeros((shape[0], samples, shape[1]), dtype)
    numbers = BLOCK // 4 if inputs.soft else BLOCK
    for of_sample, block in inputs.blocks(max(1, numbers // classes)):
        sums[:, of_sample] += summarize(block)
    return sums


def _add_chunks(
    inputs: Inputs, summarize: Callable[[Inputs], Rows], shape: tuple[int, int], dtype: type
) -> Array:
    """Each chunk of Dask's becomes a small array; these are added as a tree."""
    import dask.array as da

    axes = range(inputs.prediction.ndim)
    rows, columns, ones = axes.stop, axes.stop + 1, axes[1:]

    # Every axis of a chunk is kept, with length 1: else Dask would read in one task and count in
    # another, which may run late, or on another machine.
    def add_chunk(*chunks: Array) -> Array:
        sums = add_blocks(inputs.with_parts(*chunks), summarize, shape, dtype)
        return sums.reshape(*sums.shape, *(1 for _ in ones))

    parts = [values.rechunk({1: -1}) for values in inputs.parts()]
    sums = da.blockwise(
        add_chunk,
        (rows, 0, columns, *ones),
        *(given for values in parts for given in (values, axes)),
        new_axes={rows: shape[0], columns: shape[1]},
        adjust_chunks=dict.fromkeys(ones, 1),
        meta=np.empty(0, dtype),
    )
    return sums.sum(axis=tuple(range(3, sums.ndim)))


def _sum_block(block: Inputs) -> Rows:
    p, g = checked(block.name, block.prediction, block), checked("target", block.target, block)
    if block.soft:
        return _add(p, g, block)
    if block.target_is_class_map:
        return _count_maps(p, g, block)
    p, g = (arrays.as_mask(mask, block.check_values) for mask in (p, g))
    return [arrays.count(p & g), arrays.count(p), arrays.count(g)]


def checked(name: str, values: Array, inputs: Inputs) -> Array:
    """Probabilities in [0, 1], masks of 0 and 1, or labels in range, as narrow as they can be."""
    if not inputs.check_values:
        return values
    if kind(name, values) == "floating":
        return checks.unit_interval(name, values)
    if inputs.target_is_class_map:
        return _labels(name, values, inputs.num_classes)
    return checks.zero_or_one(name, values)


def _labels(name: str, labels: Array, num_classes: int) -> Array:
    if not is_numpy(labels):
        return checks.labels(name, labels, num_classes)
    narrow = np.min_scalar_type(num_classes - 1)
    if labels.dtype.itemsize <= narrow.itemsize:
        return checks.labels(name, labels, num_classes)
    found = np.empty(labels.shape, narrow)
    for start in range(0, labels.shape[-1], PIECE):
        at = (..., slice(start, start + PIECE))
        found[at] = checks.labels(name, labels[at], num_classes)
    return found


def _count_maps(p: Array, g: Array, block: Inputs) -> Rows:
    if is_numpy(p):
        sums = label_counts(p[0, 0], g[0, 0], block.num_classes)
        sums[:, 0] -= block.dropped  # they had become 0
        return sums[:, np.newaxis]
    p, g, counted = arrays.as_indices(p), arrays.as_indices(g), block.counted
    shared, of_target = arrays.totals_at_labels(g, block.num_classes, counted & (p == g), counted)
    (of_prediction,) = arrays.totals_at_labels(p, block.num_classes, counted)
    return [shared, of_prediction, of_target]


def label_counts(prediction: Array, target: Array, num_classes: int) -> Array:
    """Intersection and sizes of each class of flat NumPy class maps, as shape (3, C)."""
    if num_classes**2 <= KINDS:
        joint = joint_counts(prediction, target, num_classes)
        return np.array([joint.diagonal(), joint.sum(0), joint.sum(1)])
    narrow = np.min_scalar_type(num_classes - 1)
    p, g = prediction.astype(narrow), target.astype(narrow)
    return np.array([histogram(labels, num_classes) for labels in (p[p == g], p, g)])


def _add(p: Array, g: Array, block: Inputs) -> Rows:
    p = arrays.at_least_single(p)
    size = arrays.total_product(p, p) if block.squared else arrays.total(p)
    if kind("target", g) == "floating":
        g, product = arrays.as_floats(g, p), block.intersection == "product"
        shared = arrays.total_product(p, g) if product else arrays.total(arrays.minimum(p, g))
        target_size = arrays.total_product(g, g) if block.squared else arrays.total(g)
    else:  # 0 and 1: all variants share these two sums
        shared, target_size = _add_at_masks(p, g, block)
    return [shared, size, target_size]


def _add_at_masks(p: Array, g: Array, block: Inputs) -> Sequence[Array]:
    """Sum of p where the target is, and the size of that, for each class."""
    if not block.target_is_class_map:
        return arrays.total_and_count(arrays.as_mask(g, block.check_values), p)
    if not is_numpy(p):
        return arrays.totals_at_labels(g, block.num_classes, p, block.counted)
    kinds = np.promote_types(g.dtype, np.min_scalar_type(block.num_classes - 1))
    here = g == np.arange(block.num_classes, dtype=kinds)[:, np.newaxis]
    return arrays.total_and_count(here if block.mask is None else here & block.mask, p)


def spread(inputs: Inputs, by_intersection: Array, by_size: Array) -> Array:
    """Derivative by each probability from those by two of the sums: the chain rule."""
    p, g = arrays.at_least_single(inputs.prediction), inputs.target
    xp, of_i, of_p = namespace(p), per_pixel(by_intersection, p), per_pixel(by_size, p)
    if inputs.squared:
        of_p = 2 * of_p * p
    if inputs.target_is_class_map:
        gradient = of_p if inputs.squared else xp.astype(xp.broadcast_to(of_p, p.shape), p.dtype)
        gradient = arrays.add_at_labels(gradient, inputs.labels, of_i)
    else:
        if inputs.intersection == "min" and kind("target", g) == "floating":
            g = p < arrays.as_floats(g, p)
        gradient = xp.astype(g, p.dtype)  # a copy, changed in place: an image has many pixels
        gradient *= of_i
        gradient += of_p
    return arrays.zero_unless(inputs.keep, gradient)


THREE_SUMS = Way(
    lambda inputs: (add_pixels(inputs),),
    lambda inputs, slopes: spread(inputs, *slopes[:2]),
)
"""To the three sums."""


def per_pixel(sums: Array, p: Array) -> Array:
    """A number for each sample and class, to be broadcast over the pixels."""
    xp = namespace(p)
    return xp.reshape(xp.astype(sums, p.dtype, copy=False), (*sums.shape, *(1,) * (p.ndim - 2)))


def confusion_counts(inputs: Inputs) -> Array:
    """How many pixels have target i and prediction j, as a matrix."""
    shape = (inputs.num_classes, inputs.num_classes)
    counts = add_blocks(_for_numpy(inputs), _count_pairs, shape, np.int64)
    return arrays.like("counts", counts[:, 0, :], inputs.prediction)


def _count_pairs(block: Inputs) -> Rows:
    p, g = checked(block.name, block.prediction, block), checked("target", block.target, block)
    if is_numpy(p):
        joint = joint_counts(p[0, 0], g[0, 0], block.num_classes)
        joint[0, 0] -= block.dropped  # they had become 0
        return joint[:, np.newaxis]
    classes = block.num_classes
    masks = (block.counted & arrays.equals(g, label) for label in range(classes))
    return [arrays.totals_at_labels(p, classes, here)[0] for here in masks]


def joint_counts(prediction: Array, target: Array, num_classes: int) -> Array:
    """How many pixels have target i and prediction j, as a matrix; flat labels in range."""
    kinds = num_classes**2
    small = np.min_scalar_type(kinds - 1)
    pairs = target.astype(small)
    pairs *= small.type(num_classes)
    np.add(pairs, prediction, out=pairs, casting="unsafe")  # which signed labels need
    return histogram(pairs, kinds).reshape(num_classes, num_classes)


def histogram(codes: Array, kinds: int) -> Array:
    """How often each code below `kinds` occurs, in a flat array of unsigned integers.

    While the table of counts stays small, two codes are packed into one, from the two
    halves of the array, so that a count is for several pixels. Label maps are constant
    along runs of memory: where the runs are long, one code of each is counted, weighted
    with the length of its run.
    """
    if kinds**2 <= min(KINDS, len(codes) // RUNS):
        half = len(codes) // 2
        packed = np.multiply(codes[:half], kinds, dtype=np.min_scalar_type(kinds**2 - 1))
        packed += codes[half : 2 * half]
        both = histogram(packed, kinds**2).reshape(kinds, kinds)
        return both.sum(0) + both.sum(1) + np.bincount(codes[2 * half :], minlength=kinds)
    changes = codes[1::LOOK] != codes[:-1:LOOK]
    if np.count_nonzero(changes) * RUNS >= len(changes):
        counts = np.zeros(kinds, np.int64)
        for start in range(0, len(codes), PIECE):
            counts += np.bincount(codes[start : start + PIECE], minlength=kinds)
        return counts
    last = np.ones(len(codes), bool)
    np.not_equal(codes[1:], codes[:-1], out=last[:-1])
    ends = np.flatnonzero(last)
    return np.bincount(codes.take(ends), np.diff(ends, prepend=-1), kinds).astype(np.int64)
