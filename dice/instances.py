"""Objects: which predicted instance is which, and how well they agree."""

from typing import NamedTuple

from dice.engine import checks, count_objects
from dice.engine.arrays import Array
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
    p, g = checks.instance_maps(prediction_ids, target_ids, ignore_index)
    *pairs, predicted, targets = count_objects(p, g)
    sums = Overlap(*pairs, batched=True)  # a sample for each pair of objects
    # a match has I / (P + G - I) > 1/2: in integers, so that one half itself is none
    ious = sums.iou()[3 * sums.intersection > sums.prediction + sums.target]
    matched = len(ious)
    recognition = Overlap(matched, predicted, targets).dice()
    segmentation = float(ious.mean()) if matched else float("nan")
    quality = segmentation * recognition if matched else recognition
    return PanopticQuality(
        quality, segmentation, recognition, matched, predicted - matched, targets - matched
    )
