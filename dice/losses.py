"""Losses: what a network is trained to make small."""

from typing import Any, Unpack

import numpy as np

from dice import checks
from dice.activations import log_softmax, sigmoid, softmax
from dice.arrays import Array, at_least_single, plain
from dice.layout import Block, Inputs, arrange
from dice.overlap import Average, SoftSumming
from dice.scores import soft_dice
from dice.sums import BLOCK, check_target


def dice_loss(
    probabilities: Array,
    target: Array,
    *,
    class_axis: int | None = None,
    average: Average = "macro",
    empty: float = 0,
    eps_numerator: float = 0,
    eps_denominator: float = 0,
    include_background: bool = True,
    weights: Array | None = None,
    **summing: Unpack[SoftSumming],
) -> Any:
    r"""Soft Dice loss: one minus the soft Dice coefficient.

    .. math:: L = 1 - \frac{2 \sum_i p_i g_i + \epsilon_n}{\sum_i p_i + \sum_i g_i + \epsilon_d}

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
        As in `dice_score`. None keeps one loss per class.
    empty : float
        The loss where the denominator is 0: none by default.
    eps_numerator, eps_denominator : float
        :math:`\epsilon_n` and :math:`\epsilon_d`; none by default.
    include_background : bool
        False leaves out class 0.
    weights : array of shape (C,), optional
        Weights of the classes in the mean, with average="macro".
    **summing
        `batch_axis`, `mask`, `ignore_index`, `squared`, `intersection` and
        `check_values`, as `overlap` takes them.

    Returns
    -------
    float or array
        From 0 to 1; the type of the probabilities, at least single precision. One number
        unless `average` is None.

    Raises
    ------
    TypeError, ValueError
        As `soft_dice`.

    References
    ----------
    Milletari, Navab and Ahmadi, V-Net, arXiv:1606.04797.
    Drozdzal et al., The Importance of Skip Connections in Biomedical Image Segmentation,
    LNCS 10008:179-187, 2016.

    Examples
    --------
    >>> dice_loss([0.5, 0.5, 0.0, 0.0], [1, 0, 0, 0])
    0.5
    """
    score = soft_dice(
        probabilities,
        target,
        class_axis=class_axis,
        average=average,
        empty=1 - empty,
        eps_numerator=eps_numerator,
        eps_denominator=eps_denominator,
        include_background=include_background,
        weights=weights,
        **summing,
    )
    return _as_loss(1 - score, probabilities)


def cross_entropy(
    logits: Array,
    target: Array,
    *,
    class_axis: int | None = None,
    mask: Array | None = None,
    ignore_index: int | None = None,
    check_values: bool = True,
) -> Any:
    r"""Cross entropy of logits, the mean over the pixels in nats.

    With a class axis :math:`-\sum_c g_c \log \operatorname{softmax}(z)_c` at each pixel,
    without one :math:`-g \log \sigma(z) - (1 - g) \log (1 - \sigma(z))`.

    Parameters
    ----------
    logits : floating-point array
        Real numbers of any size: nothing overflows.
    target : array
        Of the same shape: a mask, one-hot masks, or probabilities. Or an integer class
        map of that shape without the class axis.
    class_axis : int, optional
        The axis of the logits that counts classes. None means one logit per pixel, with a sigmoid.
    mask : bool array in the shape of a class map, optional
        The pixels that count.
    ignore_index : int, optional
        Pixels whose target has this value do not count.
    check_values : bool
        Whether to look at the values too: logits finite, targets in range.

    Returns
    -------
    float
        At least 0; 0 if no pixel counts.

    Raises
    ------
    TypeError
        If the logits are not floating-point numbers, or the target has another dtype than
        those above.
    ValueError
        If shapes differ, an axis does not exist, or a value is out of range.

    Examples
    --------
    >>> cross_entropy([0.0, 0.0], [1, 0])
    0.6931471805599453
    """
    z = checks.logits("logits", logits)
    inputs = arrange(
        z, target, name="logits", class_axis=class_axis, mask=mask, ignore_index=ignore_index
    )
    total, pixels = 0.0, 0
    for block in inputs.blocks(max(1, BLOCK // inputs.num_classes)):
        if check_values:
            checks.finite("logits", block.prediction)
            check_target(block, inputs)
        total += float(_nats(block, inputs).sum(dtype=np.float64))
        pixels += block.prediction.shape[1]
    return _as_loss(total / max(pixels, 1), z)


def dice_ce_loss(
    logits: Array,
    target: Array,
    *,
    class_axis: int | None = None,
    dice_weight: float = 1,
    cross_entropy_weight: float = 1,
    average: Average = "macro",
    empty: float = 0,
    eps_numerator: float = 0,
    eps_denominator: float = 0,
    include_background: bool = True,
    weights: Array | None = None,
    **summing: Unpack[SoftSumming],
) -> Any:
    r"""Soft Dice loss plus cross entropy, both of the same logits.

    Parameters
    ----------
    logits : floating-point array
        Real numbers of any size. The Dice loss takes their softmax along `class_axis`,
        or their sigmoid where there is none.
    target : array
        As in `cross_entropy`.
    class_axis : int, optional
        The axis of the logits that counts classes. None means one logit per pixel, with a sigmoid.
    dice_weight, cross_entropy_weight : float
        What each of the two is multiplied with.
    average : {"macro", "micro", "weighted"}
        As in `dice_loss`; so are `empty`, `eps_numerator`, `eps_denominator`,
        `include_background` and `weights`. They are about the Dice loss alone.
    **summing
        As in `dice_loss`. `mask` and `ignore_index` are about both losses.

    Returns
    -------
    float
        At least 0; the type of the logits, at least single precision.

    Raises
    ------
    TypeError, ValueError
        As `dice_loss` and `cross_entropy`.

    References
    ----------
    Taghanaki et al., Combo loss, arXiv:1805.02798.
    Isensee et al., nnU-Net, Nature Methods 18(2):203-211, 2021.

    Examples
    --------
    >>> round(dice_ce_loss([0.0, 0.0], [1, 0]), 4)
    1.1931
    """
    checks.option("average", average, ("macro", "micro", "weighted"))
    checks.not_negative("dice_weight", dice_weight)
    checks.not_negative("cross_entropy_weight", cross_entropy_weight)
    check_values = summing.get("check_values", True)
    entropy = cross_entropy(
        logits,
        target,
        class_axis=class_axis,
        mask=summing.get("mask"),
        ignore_index=summing.get("ignore_index"),
        check_values=check_values,
    )
    if class_axis is None:
        probabilities = sigmoid(logits, check_values=check_values)
    else:
        probabilities = softmax(logits, class_axis=class_axis, check_values=check_values)
    overlap_loss = dice_loss(
        probabilities,
        target,
        class_axis=class_axis,
        average=average,
        empty=empty,
        eps_numerator=eps_numerator,
        eps_denominator=eps_denominator,
        include_background=include_background,
        weights=weights,
        **summing,
    )
    return dice_weight * overlap_loss + cross_entropy_weight * entropy


def _nats(block: Block, inputs: Inputs) -> Array:
    """The cross entropy of each pixel of a block."""
    z, g = block.prediction, block.target
    if not inputs.has_classes:
        return np.maximum(z, 0) - z * g + np.log1p(np.exp(-np.abs(z)))
    log_p = log_softmax(z, class_axis=0, check_values=False)
    if inputs.target_is_class_map:
        return -np.take_along_axis(log_p, g.astype(np.intp), axis=0)
    return -g * log_p


def _as_loss(loss: Any, like: Array) -> Any:
    """A loss in the floating type of its input, at least single precision."""
    return plain(at_least_single(np.asarray(like)).dtype.type(loss))
