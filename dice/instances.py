"""Objects: which predicted instance is which, and how well they agree."""

from typing import NamedTuple

import numpy as np

from dice import arrays, checks
from dice.arrays import Array
from dice.overlap import Overlap


class PanopticQuality(NamedTuple):
    """Panoptic quality, and what it is made of.

    Attributes
    ----------
    quality : float
        Panoptic quality: segmentation quality times recognition quality.
    segmentation : float
        Mean IoU of the matched objects.
    recognition : float
        Dice coefficient of the objects: the matched ones over the mean number of both.
    matched, only_predicted, only_target : int
        True positives, false positives and false negatives, in objects.
    """

    quality: float
    segmentation: float
    recognition: float
    matched: int
    only_predicted: int
    only_target: int


def panoptic_quality(
    prediction_ids: Array, target_ids: Array, *, ignore_index: int | None = None
) -> PanopticQuality:
    r"""How well the objects of two instance maps agree, whatever their ids.

    A predicted object and a target object match if their IoU is above one half. As
    objects of one map do not overlap, no object can match twice.

    .. math:: \mathrm{PQ} = \frac{\sum_{\mathrm{TP}} \mathrm{IoU}}
              {|\mathrm{TP}| + \frac{1}{2} |\mathrm{FP}| + \frac{1}{2} |\mathrm{FN}|}

    TP are the matches, FP the objects that are only predicted, FN those that only the
    target has.

    Parameters
    ----------
    prediction_ids, target_ids : integer arrays of equal shape
        One id per pixel; 0 is background. Ids are names only: any integers, in any order.
        For several classes call it once per class, with the ids of that class alone.
    ignore_index : int, optional
        Pixels whose target has this id do not count.

    Returns
    -------
    PanopticQuality
        Qualities from 0 to 1, exactly 1 where the objects are the same. NaN where
        neither map has an object; the segmentation quality is NaN where none matches.

    Raises
    ------
    TypeError
        If an instance map does not hold integers.
    ValueError
        If the shapes differ.

    References
    ----------
    Kirillov et al., Panoptic Segmentation, CVPR 2019:9404-9413, arXiv:1801.00868.

    Examples
    --------
    >>> panoptic_quality([1, 1, 0, 2], [7, 7, 0, 0]).quality
    0.6666666666666666
    """
    p, g = arrays.array("prediction_ids", prediction_ids), arrays.array("target_ids", target_ids)
    for name, ids in (("prediction_ids", p), ("target_ids", g)):
        checks.of_kind(name, ids, "integer", hint="instance ids are whole numbers")
    arrays.same_library("target_ids", g, "prediction_ids", p)
    checks.same_shape("target_ids", g.shape, p.shape, "that of prediction_ids")
    if not arrays.readable_by_numpy(p):
        raise TypeError("prediction_ids: expected an array in the memory of a processor")
    p, g = np.asarray(p).reshape(-1), np.asarray(g).reshape(-1)
    if ignore_index is not None:
        counted = g != checks.integer("ignore_index", ignore_index)
        p, g = p[counted], g[counted]
    ious, predicted, targets = _match(p, g)
    matched = len(ious)
    recognition = Overlap(matched, predicted, targets).dice()
    segmentation = float(ious.mean()) if matched else float("nan")
    quality = segmentation * recognition if matched else recognition
    return PanopticQuality(
        quality, segmentation, recognition, matched, predicted - matched, targets - matched
    )


def _match(p: Array, g: Array) -> tuple[Array, int, int]:
    """IoU of the matched objects, and the numbers of objects in the two maps."""
    ids_p, p = np.unique(p, return_inverse=True)
    ids_g, g = np.unique(g, return_inverse=True)
    pairs, shared = np.unique(g * len(ids_p) + p, return_counts=True)
    in_g, in_p = np.divmod(pairs, len(ids_p))
    sizes_p, sizes_g = np.bincount(p), np.bincount(g)
    objects = (ids_p[in_p] != 0) & (ids_g[in_g] != 0)
    sums = Overlap(shared[objects], sizes_p[in_p][objects], sizes_g[in_g][objects], batched=True)
    # exact in integers: at one half a pair is no match
    matched = 3 * sums.intersection > sums.prediction + sums.target
    return sums.iou()[matched], int(np.count_nonzero(ids_p)), int(np.count_nonzero(ids_g))
