"""Labels and ids, counted in pairs: how many pixels have this one here and that one there."""

from functools import partial

import numpy as np

from dice.engine import arrays
from dice.engine.arrays import Array, namespace
from dice.engine.layout import Pair
from dice.engine.pieces import Formula, add_pieces, flatten_and_check


def add_counts(formula: Formula, pair: Pair) -> list[Array]:
    """What `formula` gives for the table of labels of each piece, added up.

    The table says how many pixels of two class maps have target i and prediction j, an array
    (samples, targets, predictions). The formula gives sums of it (samples, columns).
    """
    return add_pieces(partial(_of_piece, formula, pair.without_arrays), pair.arrays)


def _of_piece(formula: Formula, pair: Pair, *piece: Array) -> list[Array]:
    """Each pixel's pair of labels becomes one code; a pixel that does not count gets the last."""
    p, g, keep = flatten_and_check(pair, *piece)
    pairs = pair.num_classes**2
    if arrays.is_numpy(p):
        narrow = np.min_scalar_type(pairs)
        p, g = p.astype(narrow, copy=False), g.astype(narrow, copy=False)
    codes = g * pair.num_classes + p
    if keep is not None:
        codes = namespace(codes).where(keep, codes, pairs)
    counts = arrays.bincount(codes[:, 0, :], pairs + 1)[:, :pairs]
    square = (counts.shape[0], pair.num_classes, pair.num_classes)
    return list(formula(namespace(counts).reshape(counts, square)))


def count_objects(p: Array, g: Array) -> tuple[Array, Array, Array, int, int]:
    """Of each pair of objects that meet: the pixels shared, and the sizes of both; 0 is no object.

    Then how many objects there are in p, and in g, whatever their ids.
    """
    ids_p, p, sizes_p = np.unique(p, return_inverse=True, return_counts=True)
    ids_g, g, sizes_g = np.unique(g, return_inverse=True, return_counts=True)
    pairs, shared = np.unique(g * len(ids_p) + p, return_counts=True)
    in_g, in_p = np.divmod(pairs, len(ids_p))
    objects = (ids_g[in_g] != 0) & (ids_p[in_p] != 0)
    sizes = shared[objects], sizes_p[in_p][objects], sizes_g[in_g][objects]
    return *sizes, int(np.count_nonzero(ids_p)), int(np.count_nonzero(ids_g))
