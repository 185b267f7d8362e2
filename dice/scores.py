"""Scores by name: each is `overlap`, then one reading of the three sums."""

from typing import Any, Unpack

from dice.engine import checks
from dice.engine.arrays import Array
from dice.options import Average, Averaging, HardOptions, MapCounting, Options, split
from dice.overlap import overlap, soft_overlap


def dice_score(
    prediction: Array, target: Array, *, average: Average = "macro", **options: Unpack[HardOptions]
) -> Any:
    r"""Dice coefficient of masks or class maps, :math:`2 |P \cap G| / (|P| + |G|)`.

    No epsilon is needed, or taken: two empty sets score `empty`, and a prediction of an
    empty target scores 0.

    Parameters
    ----------
    prediction, target : bool or integer arrays of equal shape
        Two class maps with `num_classes`; masks of 0 and 1 without.
    num_classes : int, optional
        The number of classes of two class maps.
    class_axis : int, optional
        The axis that counts classes, of masks that have one (one-hot or multi-label).
    average : {"macro", "micro", "weighted"} or None
        What to do with the classes: mean of their scores, score of their added sums, or
        mean weighted by target size. None keeps one score per class.
    empty : float
        The score of two empty sets: NaN by default, which is left out of a mean.
    include_background : bool
        False leaves class 0 out of the mean, which `ignore_index` does not: see `overlap`.
    weights : array of shape (C,), optional
        Weights of the classes in the mean, with average="macro".
    batch_axis, mask, ignore_index, check_values
        As in `overlap`.

    Returns
    -------
    float or array
        From 0 to 1, or `empty`. One number, unless `average` is None: then one for each
        class, sample, or both.

    Raises
    ------
    TypeError
        If a dtype is wrong: probabilities belong to `soft_dice`.
    ValueError
        If shapes differ, an axis does not exist, or a value is out of range.

    References
    ----------
    Dice, Measures of the Amount of Ecologic Association Between Species,
    Ecology 26(3):297-302, 1945.

    Examples
    --------
    >>> dice_score([1, 0, 1, 1, 0, 0], [1, 0, 0, 1, 0, 0])
    0.8
    >>> dice_score([[0, 1], [1, 1]], [[0, 1], [1, 2]], num_classes=3, average=None)
    array([1. , 0.8, 0. ])
    """
    counting, averaging = split(options, MapCounting, Averaging)
    p = checks.hard(prediction, counting)
    return overlap(p, target, **counting).dice(average=average, **averaging)


def iou_score(
    prediction: Array, target: Array, *, average: Average = "macro", **options: Unpack[HardOptions]
) -> Any:
    r"""Intersection over union of masks or class maps, :math:`|P \cap G| / |P \cup G|`.

    For one pair of sets it is a function of Dice, :math:`J = D / (2 - D)`.

    Parameters, return value, errors: those of `dice_score`.

    References
    ----------
    The Jaccard index; see Metrics Reloaded, Nature Methods 21(2):195-212, 2024.

    Examples
    --------
    >>> iou_score([1, 0, 1, 1, 0, 0], [1, 0, 0, 1, 0, 0])
    0.6666666666666666
    """
    counting, averaging = split(options, MapCounting, Averaging)
    p = checks.hard(prediction, counting)
    return overlap(p, target, **counting).iou(average=average, **averaging)


def soft_dice(
    probabilities: Array, target: Array, *, average: Average = None, **options: Unpack[Options]
) -> Any:
    r"""Dice coefficient of probabilities, which are added up and not rounded.

    .. math:: D = \frac{2 \sum_i p_i g_i + \epsilon_n}{\sum_i p_i + \sum_i g_i + \epsilon_d}

    Parameters
    ----------
    probabilities : floating-point array
        Values in [0, 1]. Logits go through `sigmoid` or `softmax` first.
    target : array
        Of the same shape: a mask, one-hot masks, or probabilities. Or an integer class
        map of that shape without the class axis.
    class_axis : int, optional
        The axis of the probabilities that counts classes. None means a single class.
    average : {"macro", "micro", "weighted"} or None
        As in `dice_score`. None, the default here, keeps one score per class.
    empty : float
        The score where the denominator is 0: NaN by default.
    eps_numerator, eps_denominator : float
        :math:`\epsilon_n` and :math:`\epsilon_d`; 0 by default.
    include_background : bool
        False leaves class 0 out of the mean, which `ignore_index` does not: see `overlap`.
    weights : array of shape (C,), optional
        Weights of the classes in the mean, with average="macro".
    batch_axis, mask, ignore_index, squared, intersection, check_values
        As in `overlap`.

    Returns
    -------
    float or array
        From 0 to 1, but for rounding, or `empty`; above 1 if `eps_numerator` is the larger. In
        double precision. One number for one class, else one per class unless averaged.

    Raises
    ------
    TypeError
        If the probabilities are not floating-point numbers, or the target has another dtype
        than those above.
    ValueError
        If shapes differ, an axis does not exist, or a value is out of range.

    References
    ----------
    Drozdzal et al., The Importance of Skip Connections in Biomedical Image Segmentation,
    LNCS 10008:179-187, 2016.

    Examples
    --------
    >>> soft_dice([0.5, 0.5, 0.0, 0.0], [1, 0, 0, 0])
    0.5
    """
    sums, reading = soft_overlap(probabilities, target, options)
    return sums.dice(average=average, **reading)
