"""The three sums, block by block: exact counts for labels and masks, sums for probabilities.

A block fits in cache, so the extra memory does not grow with the image. Counts are
64-bit integers. Probabilities are added in single precision at least inside a block,
and in double precision across blocks.
"""

from typing import Any, Literal

import numpy as np

from dice import checks
from dice.arrays import Array, at_least_single
from dice.layout import Block, Inputs

BLOCK = 1 << 18
"""Numbers in a block: the temporaries of one stay in the cache of a core."""

RUNS = 4
"""Count runs of equal pixels, not pixels, where fewer than one in four differs from the last."""


def three_sums(
    inputs: Inputs,
    *,
    squared: bool = False,
    intersection: Literal["product", "min"] = "product",
    check_values: bool = True,
) -> Array:
    """Intersection, size of the prediction and size of the target, as shape (3, B, C)."""
    soft = inputs.prediction.dtype.kind == "f"
    hard_map = inputs.target_is_class_map and not soft
    samples, classes = inputs.prediction.shape[0], inputs.num_classes
    total = np.zeros((3, samples, classes), np.float64 if soft else np.int64)
    for block in inputs.blocks(max(1, BLOCK // (1 if hard_map else classes))):
        if check_values:
            check_prediction(block, inputs)
            check_target(block, inputs)
        if soft:
            total[:, block.sample] += _add(block, inputs, squared, intersection)
        elif hard_map:
            joint = joint_counts(block.prediction[0], block.target[0], classes)
            total[:, block.sample] += joint.diagonal(), joint.sum(0), joint.sum(1)
        else:
            total[:, block.sample] += _count(block)
    return total


def confusion_counts(inputs: Inputs) -> Array:
    """How many pixels have target i and prediction j, as a matrix."""
    classes = inputs.num_classes
    total = np.zeros((classes, classes), np.int64)
    for block in inputs.blocks(BLOCK):
        check_prediction(block, inputs)
        check_target(block, inputs)
        total += joint_counts(block.prediction[0], block.target[0], classes)
    return total


def joint_counts(prediction: Array, target: Array, num_classes: int) -> Array:
    """How many pixels have target i and prediction j, as a matrix; flat labels in range.

    Label maps are constant along runs of memory. Where the runs are long, one pixel of
    each is counted, weighted with the length of its run.
    """
    last = np.ones(prediction.size, bool)
    if last.size:
        np.not_equal(prediction[1:], prediction[:-1], out=last[:-1])
        last[:-1] |= target[1:] != target[:-1]
    lengths = None
    if np.count_nonzero(last) * RUNS < last.size:
        ends = np.flatnonzero(last)
        prediction, target, lengths = prediction[ends], target[ends], np.diff(ends, prepend=-1)
    pairs = target.astype(np.intp) * num_classes + prediction.astype(np.intp)
    counts = np.bincount(pairs, lengths, num_classes**2)
    return counts.astype(np.int64, copy=False).reshape(num_classes, num_classes)


def _count(block: Block) -> tuple[list[Any], list[Any], list[Any]]:
    pairs = list(zip(block.prediction, block.target, strict=True))
    return (
        [np.count_nonzero(np.logical_and(p, g)) for p, g in pairs],
        [np.count_nonzero(p) for p, _ in pairs],
        [np.count_nonzero(g) for _, g in pairs],
    )


def _add(
    block: Block, inputs: Inputs, squared: bool, intersection: str
) -> tuple[Array, Array, Array]:
    p, g = block.prediction, block.target
    p = at_least_single(p)
    if inputs.target_is_class_map:
        g = g == np.arange(inputs.num_classes)[:, np.newaxis]
    g = g.astype(np.promote_types(p.dtype, g.dtype) if g.dtype.kind == "f" else p.dtype, copy=False)
    if intersection == "min":
        shared = np.einsum("cn->c", np.minimum(p, g))
    else:
        shared = np.einsum("cn,cn->c", p, g)
    if squared:
        return shared, np.einsum("cn,cn->c", p, p), np.einsum("cn,cn->c", g, g)
    return shared, np.einsum("cn->c", p), np.einsum("cn->c", g)


def check_prediction(block: Block, inputs: Inputs) -> None:
    """Probabilities in [0, 1], labels in range, masks of 0 and 1."""
    _check(inputs.name, block.prediction, inputs)


def check_target(block: Block, inputs: Inputs) -> None:
    """Labels in range, masks of 0 and 1, probabilities in [0, 1]."""
    _check("target", block.target, inputs)


def _check(name: str, values: Array, inputs: Inputs) -> None:
    if values.dtype.kind == "f":
        checks.unit_interval(name, values)
    elif inputs.target_is_class_map:
        checks.labels(name, values, inputs.num_classes)
    else:
        checks.zero_or_one(name, values)
