"""Labels and ids, counted in pairs: how many pixels have this one here and that one there."""

from functools import partial
from typing import Any

import numpy as np

from dice.engine import arrays
from dice.engine.arrays import Array, namespace, zero_unless
from dice.engine.layout import Pair
from dice.engine.pieces import Formula, add_pieces, flatten_and_check


def add_counts(formula: Formula, pair: Pair) -> list[Array]:
    """What `formula` gives for the table of labels of each piece, added up.

    The table says how many pixels of two class maps have target i and prediction j, an array
    (samples, targets, predictions). The formula gives sums of it (samples, columns).
    """
    return add_pieces(partial(_of_piece, formula, pair.without_arrays), pair.arrays)


def _of_piece(formula: Formula, pair: Pair, *piece: Array) -> list[Array]:
    """Each pixel's pair of labels becomes one code, from 1 on; 0 is a pixel that does not count."""
    p, g, keep = flatten_and_check(pair, *piece)
    pairs = pair.num_classes**2
    if arrays.is_numpy(p):
        p, g = (v.astype(np.min_scalar_type(pairs), copy=False) for v in (p, g))
    codes = zero_unless(keep, g * pair.num_classes + p + 1)
    counts = arrays.bincount(codes[:, 0, :], pairs + 1)[:, 1:]
    square = (counts.shape[0], pair.num_classes, pair.num_classes)
    return list(formula(namespace(counts).reshape(counts, square)))


def count_pairs(p: Array, g: Array, pixels: Array | None = None) -> Array:
    """Which ids meet, and in how many pixels: rows of ids of p, of ids of g, of pixels."""
    ids_p, p = np.unique(p, return_inverse=True)
    ids_g, g = np.unique(g, return_inverse=True)
    pairs, which = np.unique(g * len(ids_p) + p, return_inverse=True)
    in_g, in_p = np.divmod(pairs, len(ids_p))
    rows = ids_p[in_p], ids_g[in_g], np.bincount(which, pixels, len(pairs))
    return np.stack(rows, dtype=np.int64, casting="unsafe")


def count_objects(void: int | None, p: Array, g: Array, pixels: Array) -> tuple[Any, ...]:
    """Of each pair of objects that meet: the pixels shared, both sizes, whether p is mostly void.

    Then how many objects there are in p that are not mostly void, and in g; 0 is no object.
    """
    counted = np.ones_like(g, bool) if void is None else g != void
    ids_p, p = np.unique(p, return_inverse=True)
    ids_g, g = np.unique(g, return_inverse=True)
    sizes_p, in_void = (np.bincount(p, pixels * which) for which in (counted, ~counted))
    sizes_g, mostly_void = np.bincount(g, pixels * counted), in_void > sizes_p
    objects = counted & (ids_p[p] != 0) & (ids_g[g] != 0)
    pairs = (of[objects] for of in (pixels, sizes_p[p], sizes_g[g], mostly_void[p]))
    predicted, targets = (ids_p != 0) & ~mostly_void, (ids_g != 0) & (ids_g != void)
    return *pairs, int(predicted.sum()), int(targets.sum())
