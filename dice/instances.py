"""Objects: which predicted instance is which, and how well they agree."""

from dataclasses import astuple, dataclass
from math import nan
from typing import Any

from dice.engine import checks, count_objects, count_pairs
from dice.engine.arrays import Array
from dice.overlap import Overlap, divide


@dataclass(frozen=True)
class PanopticQuality:
    """Panoptic quality, and the counts of objects that it is made of.

    ``a + b`` pools two images, ``sum(qualities)`` a data set: the counts add up, and so do
    the IoUs of the matches, as the definition wants it. Two parts of one image are merged
    before the objects are matched: see `object_pairs`.

    Parameters
    ----------
    iou_sum : float
        The IoUs of the matched objects, added up.
    matched, only_predicted, only_target : int
        True positives, false positives and false negatives, in objects.

    Examples
    --------
    >>> one = panoptic_quality([1, 1], [4, 4])
    >>> other = panoptic_quality([1, 0], [0, 1])
    >>> (one + other).quality
    0.5
    """

    iou_sum: float
    matched: int
    only_predicted: int
    only_target: int

    def __add__(self, other: Any) -> "PanopticQuality":
        if not isinstance(other, PanopticQuality):
            return NotImplemented
        return PanopticQuality(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    def __radd__(self, other: Any) -> "PanopticQuality":
        return self if isinstance(other, int) and other == 0 else NotImplemented

    @property
    def quality(self) -> Any:
        """Panoptic quality: twice the IoUs of the matches over the objects of both maps.

        It is segmentation times recognition quality; NaN without any object.
        """
        return self._dice(self.iou_sum)

    @property
    def segmentation(self) -> Any:
        """Segmentation quality: the mean IoU of the matches; NaN without a match."""
        return divide(self.iou_sum, self.matched, nan)

    @property
    def recognition(self) -> Any:
        """Recognition quality: the Dice coefficient of the objects; NaN without any object."""
        return self._dice(self.matched)

    def _dice(self, shared: float) -> Any:
        n = self.matched
        return Overlap(shared, n + self.only_predicted, n + self.only_target).dice()


def object_pairs(prediction_ids: Array, target_ids: Array) -> Array:
    """Which objects of two instance maps meet, and in how many pixels.

    The tables of tiles whose ids are common, one after the other, make that of the image.

    Parameters
    ----------
    prediction_ids, target_ids : integer arrays of equal shape
        One id per pixel; 0 is background.

    Returns
    -------
    int64 array of shape (3, pairs)
        Ids of the prediction, ids of the target, and the pixels that have both.

    Raises
    ------
    TypeError, ValueError
        As `panoptic_quality`.

    Examples
    --------
    >>> object_pairs([1, 1, 0, 2], [7, 7, 0, 0])
    array([[0, 2, 1],
           [0, 0, 7],
           [1, 1, 2]])
    >>> import numpy as np
    >>> tiles = ([1, 1], [7, 7]), ([1, 2], [7, 0])
    >>> tables = [object_pairs(*tile) for tile in tiles]
    >>> merged = np.concatenate(tables, axis=1)
    >>> panoptic_quality(*merged).matched
    1
    """
    ((p, g),) = checks.instance_maps(prediction_ids, target_ids)
    return count_pairs(p, g)


def panoptic_quality(
    prediction_ids: Array,
    target_ids: Array,
    pixels: Array | None = None,
    *,
    batch_axis: int | None = None,
    ignore_index: int | None = None,
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
        One id per pixel of one image, or of several with `batch_axis`; 0 is background. Ids are
        names only: any integers, in any order. For several classes call it once per class,
        with the ids of that class alone.
    pixels : integer array of the same shape, optional
        How many pixels each pair of ids stands for, as in `object_pairs`; 1 by default.
    batch_axis : int, optional
        The axis that counts images, whose ids start anew; all are pooled.
    ignore_index : int, optional
        The id of the target that leaves pixels open (void). They do not count, and a predicted
        object without a match is no false positive if more than half of it lies in them.

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
        If the shapes differ, or the axis does not exist.

    Notes
    -----
    The ids in COCO's panoptic pictures are three colors: red + 256 green + 65536 blue.

    References
    ----------
    Kirillov et al., Panoptic Segmentation, CVPR 2019:9404-9413, arXiv:1801.00868 (void: 4.2).

    Examples
    --------
    >>> panoptic_quality([1, 1, 0, 2], [7, 7, 0, 0]).quality
    0.6666666666666666
    """
    void = None if ignore_index is None else checks.integer("ignore_index", ignore_index)
    images = checks.instance_maps(prediction_ids, target_ids, pixels, batch_axis=batch_axis)
    qualities = (match(count_pairs(*image), void) for image in images)
    return sum(qualities, start=PanopticQuality(0.0, 0, 0, 0))


def match(table: Array, void: int | None) -> PanopticQuality:
    """Each pair of objects is a sample of its own, with three sums, and may match."""
    *pairs, mostly_void, predicted, targets = count_objects(void, *table)
    sums = Overlap(*pairs, batched=True)
    # a match has I / (P + G - I) > 1/2: in integers, so that one half itself is none
    matches = 3 * sums.intersection > sums.prediction + sums.target
    matched = int(matches.sum())
    predicted += int((matches & mostly_void).sum()) - matched
    return PanopticQuality(float(sums.iou()[matches].sum()), matched, predicted, targets - matched)
