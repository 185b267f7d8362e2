"""The three sums: exact counts of labels and masks, sums of probabilities.

NumPy arrays are summed block by block. A block fits in cache, so the extra memory does
not grow with the image. Dask arrays are summed chunk by chunk, the arrays of other
libraries as a whole. Counts are 64-bit integers. Probabilities are added at least in
single precision inside a block, and in double precision across blocks.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np

from dice import checks
from dice.arrays import (
    Array,
    as_floats,
    as_mask,
    as_numpy,
    at_least_single,
    count,
    equals,
    integer_type,
    is_dask,
    is_numpy,
    is_torch,
    is_traced,
    kind,
    like,
    namespace,
    readable_by_numpy,
    records_gradient,
    total,
    total_product,
    total_where,
    widest,
    with_gradient,
    zero_unless,
)
from dice.layout import Block, Inputs

BLOCK = 1 << 18
"""Numbers in a block: the temporaries of one stay in the cache of a core."""

KINDS = 1 << 16
"""Codes are packed while there are at most so many kinds: their counts stay in the cache."""

RUNS = 4
"""Count runs of equal pixels, not pixels, where fewer than one in four differs from the last."""


class Options(NamedTuple):
    """How to sum; `overlap` explains each."""

    squared: bool = False
    intersection: Literal["product", "min"] = "product"
    check_values: bool = True


def three_sums(inputs: Inputs, options: Options) -> Array:
    """Intersection, size of the prediction and size of the target, as shape (3, B or 1, C).

    Sums of probabilities below the normal range are 0: one over them, in a gradient, overflows.
    """
    if inputs.activate is not None and is_torch(inputs.prediction):
        activated = inputs.activate(inputs.prediction)
        inputs = replace(inputs, prediction=activated, activate=None)
    sums = with_gradient(
        lambda p: _three_sums(replace(inputs, prediction=p), options),
        lambda p, slopes: spread(replace(inputs, prediction=p), options, *slopes[:2]),
        inputs.prediction,
        inputs.target,
    )
    xp = namespace(sums)
    if not inputs.has_samples and sums.shape[1] != 1:
        sums = xp.sum(sums, axis=1, keepdims=True)
    if not inputs.soft:
        return sums
    single_or_better = xp.result_type(inputs.prediction.dtype, xp.float32)
    least = float(xp.finfo(single_or_better).smallest_normal)
    return xp.where(sums < least, xp.zeros_like(sums), sums)


def _three_sums(inputs: Inputs, options: Options) -> Array:
    reference = inputs.prediction
    if is_dask(reference):
        axes = {"sums": 3, "samples": reference.shape[0], "classes": inputs.num_classes}
        dtype = np.float64 if inputs.soft else np.int64
        return sum_chunks(inputs, lambda chunk: _sum_blocks(chunk, options), axes, dtype)
    recorded = inputs.soft and records_gradient(reference, inputs.target)
    if not is_numpy(reference) and not recorded and readable_by_numpy(reference):
        inputs = inputs.map(as_numpy)
    if is_numpy(inputs.prediction):
        return like("sums", _sum_blocks(inputs, options), reference)
    (whole,) = inputs.blocks(BLOCK)
    return _sum_block(whole, inputs, options)


def _sum_blocks(inputs: Inputs, options: Options) -> Array:
    shape = 3, inputs.prediction.shape[0], inputs.num_classes
    sums = np.zeros(shape, np.float64 if inputs.soft else np.int64)
    numbers = BLOCK if inputs.soft else 2 * BLOCK  # labels and masks are smaller
    for block in inputs.blocks(max(1, numbers // inputs.prediction.shape[1])):
        sums[:, block.samples] += _sum_block(block, inputs, options)
    return sums


def sum_chunks(
    inputs: Inputs, summarize: Callable[[Inputs], Array], axes: dict[str, int], dtype: type
) -> Array:
    """Each chunk becomes a small array, with the axes that are named; these are added as a tree."""
    import dask.array as da

    pixels = tuple(f"pixels {axis}" for axis in range(inputs.prediction.ndim - 2))
    arrays = {"prediction": inputs.prediction, "target": inputs.target, "mask": inputs.mask}
    arrays = {name: values for name, values in arrays.items() if values is not None}

    def summarize_chunk(*chunks: Array) -> Array:
        summary = summarize(replace(inputs, **dict(zip(arrays, chunks, strict=True))))
        return summary.reshape(*summary.shape, *(1 for _ in pixels))

    labelled: list[Any] = []
    for name, values in arrays.items():
        labelled += [values, ("samples", f"classes of {name}", *pixels)]
    parts = da.blockwise(
        summarize_chunk,
        (*axes, *pixels),
        *labelled,
        new_axes={axis: length for axis, length in axes.items() if axis != "samples"},
        adjust_chunks=dict.fromkeys(pixels, 1),
        concatenate=True,
        dtype=dtype,
        meta=np.empty(0, dtype),
    )
    return parts.sum(axis=tuple(range(len(axes), parts.ndim)))


def _sum_block(block: Block, inputs: Inputs, options: Options) -> Array:
    if options.check_values and not is_traced(block.prediction):
        check_values(block, inputs)
    if inputs.soft:
        return namespace(block.prediction).stack(_add(block, inputs, options))
    if inputs.target_is_class_map:
        return _count_maps(block, inputs.num_classes)
    p, g = (as_mask(v, options.check_values) for v in (block.prediction, block.target))
    sums = count(p & g, 2), count(p, 2), count(g, 2)
    return namespace(p).stack(sums)


def _count_maps(block: Block, num_classes: int) -> Array:
    p, g = block.prediction[:, 0, ...], block.target[:, 0, ...]
    if is_numpy(p):
        sums = label_counts(p[0], g[0], num_classes)
        sums[:, 0] -= block.dropped  # they had become 0
        return sums[:, np.newaxis]
    xp = namespace(p)
    sums = []
    for label in range(num_classes):
        in_p, in_g = equals(p, label), equals(g, label)
        if block.keep is not None:
            in_p, in_g = (here & block.keep[:, 0, ...] for here in (in_p, in_g))
        sums.append(xp.stack([count(in_p & in_g, 1), count(in_p, 1), count(in_g, 1)]))
    return xp.stack(sums, axis=2)


def label_counts(prediction: Array, target: Array, num_classes: int) -> Array:
    """Intersection and sizes of each class of flat NumPy class maps, as shape (3, C)."""
    if num_classes**2 <= KINDS:
        joint = joint_counts(prediction, target, num_classes)
        return np.stack([joint.diagonal(), joint.sum(0), joint.sum(1)])
    narrow = np.min_scalar_type(num_classes - 1)
    p, g = prediction.astype(narrow), target.astype(narrow)
    return np.array([histogram(labels, num_classes) for labels in (p[p == g], p, g)], np.int64)


def _add(block: Block, inputs: Inputs, options: Options) -> tuple[Array, Array, Array]:
    p, g = at_least_single(block.prediction), block.target
    xp = namespace(p)
    size = total_product(p, p, 2) if options.squared else total(p, 2)
    is_map = inputs.target_is_class_map
    if is_map and is_numpy(p):  # a block is small
        g, is_map = _masks(g, block.keep, inputs.num_classes), False
    if is_map:  # a target of 0 and 1: all variants share these two sums
        shared, target_size = add_labels(p, g[:, 0, ...], block.keep, inputs.num_classes)
    else:
        g = as_floats(g, p)
        if options.intersection == "min":
            shared = total(xp.minimum(p, g), 2)
        else:
            shared = total_product(p, g, 2)
        target_size = total_product(g, g, 2) if options.squared else total(g, 2)
    return widest(shared), widest(size), widest(target_size)


def spread(inputs: Inputs, options: Options, by_intersection: Array, by_size: Array) -> Array:
    """Derivative by each probability from those by two of the sums: the chain rule."""
    p = at_least_single(inputs.prediction)
    xp, pixels = namespace(p), (1,) * (p.ndim - 2)
    of_i, of_p = (
        xp.reshape(xp.astype(slope, p.dtype), (*slope.shape, *pixels))
        for slope in (by_intersection, by_size)
    )
    of_p = of_p * 2 * p if options.squared else of_p
    if inputs.target_is_class_map:
        labels = xp.astype(inputs.target, integer_type(p), copy=False)
        classes = like("labels", np.arange(inputs.num_classes).reshape(-1, *pixels), p)
        gradient = xp.where(labels == classes, of_p + of_i, of_p)
    else:
        shared = as_floats(inputs.target, p)
        if options.intersection == "min":
            shared = xp.astype(p < shared, p.dtype)
        gradient = of_i * shared + of_p
    keep = inputs.counted(inputs.target, inputs.mask)
    return gradient if keep is None else zero_unless(keep, gradient)


def _masks(labels: Array, keep: Array | None, num_classes: int) -> Array:
    """One mask per class, of the labels of a NumPy block."""
    kinds = np.promote_types(labels.dtype, np.min_scalar_type(num_classes - 1))
    masks = labels == np.arange(num_classes, dtype=kinds)[:, np.newaxis]
    return masks if keep is None else masks & keep


def add_labels(
    p: Array, labels: Array, keep: Array | None, num_classes: int
) -> tuple[Array, Array]:
    """Sum of p at the pixels of each class, and their number, without one-hot masks in full."""
    xp = namespace(p)
    shared, size = [], []
    for label in range(num_classes):
        here = equals(labels, label)
        if keep is not None:
            here = here & keep[:, 0, ...]
        shared.append(total_where(here, p[:, label, ...], 1))
        size.append(count(here, 1))
    return xp.stack(shared, axis=1), xp.astype(xp.stack(size, axis=1), p.dtype)


def confusion_counts(inputs: Inputs) -> Array:
    """How many pixels have target i and prediction j, as a matrix."""
    classes, reference = inputs.num_classes, inputs.prediction
    if is_dask(reference):
        return sum_chunks(inputs, confusion_counts, {"row": classes, "column": classes}, np.int64)
    if not readable_by_numpy(reference):
        (whole,) = inputs.blocks(BLOCK)
        return _count_pairs(whole, inputs)
    inputs = inputs.map(as_numpy)
    sums = np.zeros((classes, classes), np.int64)
    for block in inputs.blocks(BLOCK):
        check_values(block, inputs)
        sums += joint_counts(block.prediction[0, 0], block.target[0, 0], classes)
        sums[0, 0] -= block.dropped
    return like("sums", sums, reference)


def _count_pairs(block: Block, inputs: Inputs) -> Array:
    """The confusion matrix of arrays that NumPy cannot read, entry by entry."""
    check_values(block, inputs)
    p, g, keep = block.prediction, block.target, block.keep
    xp = namespace(p)
    rows = []
    for true in range(inputs.num_classes):
        here = equals(g, true) if keep is None else equals(g, true) & keep
        rows.append(
            xp.stack([count(here & equals(p, label), 0) for label in range(inputs.num_classes)])
        )
    return xp.stack(rows)


def joint_counts(prediction: Array, target: Array, num_classes: int) -> Array:
    """How many pixels have target i and prediction j, as a matrix; flat labels in range."""
    kinds = num_classes**2
    small = np.min_scalar_type(kinds - 1)
    pairs = target.astype(small)
    pairs *= small.type(num_classes)
    pairs += prediction.astype(small, copy=False)
    return histogram(pairs, kinds).astype(np.int64).reshape(num_classes, num_classes)


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
    last = np.ones(len(codes), bool)
    np.not_equal(codes[1:], codes[:-1], out=last[:-1])
    if np.count_nonzero(last) * RUNS >= len(codes):
        return np.bincount(codes, minlength=kinds)
    ends = np.flatnonzero(last)
    return np.bincount(codes.take(ends), np.diff(ends, prepend=-1), kinds)


def check_values(block: Block, inputs: Inputs) -> None:
    """Probabilities in [0, 1], labels in range, masks of 0 and 1."""
    if inputs.soft:
        checks.unit_interval(inputs.name, block.prediction)
    else:
        _check_hard(inputs.name, block.prediction, inputs)
    check_target(block, inputs)


def check_target(block: Block, inputs: Inputs) -> None:
    """Labels in range, masks of 0 and 1, probabilities in [0, 1]."""
    if kind("target", block.target) == "floating":
        checks.unit_interval("target", block.target)
    else:
        _check_hard("target", block.target, inputs)


def _check_hard(name: str, values: Array, inputs: Inputs) -> None:
    if inputs.target_is_class_map:
        checks.labels(name, values, inputs.num_classes)
    else:
        checks.zero_or_one(name, values)
