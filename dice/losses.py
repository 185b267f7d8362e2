"""Losses: what a network is trained to make small."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import prod
from typing import Any, Unpack

import numpy as np

from dice import checks, formulas
from dice.activations import log_softmax, sigmoid, softmax
from dice.arrays import (
    Array,
    array,
    as_floats,
    at_least_single,
    count,
    integer_type,
    is_dask,
    is_numpy,
    like,
    namespace,
    plain,
    total,
    widest,
)
from dice.layout import Block, Inputs, arrange
from dice.overlap import (
    Average,
    Overlap,
    Reading,
    SoftSumming,
    by_target,
    divide,
    mean,
    measure,
    prepare,
    shares,
)
from dice.sums import BLOCK, check_target, spread, sum_chunks, three_sums


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
    return _dice_loss(
        probabilities,
        target,
        name="probabilities",
        class_axis=class_axis,
        average=average,
        empty=empty,
        eps_numerator=eps_numerator,
        eps_denominator=eps_denominator,
        include_background=include_background,
        weights=weights,
        **summing,
    )


def tversky_loss(
    probabilities: Array,
    target: Array,
    *,
    false_positive_weight: float,
    false_negative_weight: float,
    gamma: float = 1,
    class_axis: int | None = None,
    average: Average = "macro",
    empty: float = 0,
    eps_numerator: float = 0,
    eps_denominator: float = 0,
    include_background: bool = True,
    weights: Array | None = None,
    **summing: Unpack[SoftSumming],
) -> Any:
    r"""Tversky loss, :math:`(1 - T)^\gamma`, which weighs the two kinds of error.

    .. math:: T = \frac{I + \epsilon_n}{I + a (P - I) + b (G - I) + \epsilon_d}

    Parameters
    ----------
    probabilities, target : array
        As in `dice_loss`.
    false_positive_weight, false_negative_weight : float
        The weights a and b of what only the prediction has, and of what only the target
        has. A half each gives Dice, one each gives IoU.
    gamma : float
        Exponent of each class's loss, above 0. Below 1 it lifts the classes that are
        nearly solved, above 1 those that are not. Papers and libraries also write
        :math:`1/\gamma` for it.
    class_axis, average, empty, eps_numerator, eps_denominator, include_background, weights
        As in `dice_loss`.
    **summing
        `batch_axis`, `mask`, `ignore_index`, `intersection` and `check_values`, as
        `overlap` takes them. Squared sums are refused: their index can exceed 1.

    Returns
    -------
    float or array
        From 0 to 1; the type of the probabilities, at least single precision.

    Raises
    ------
    TypeError, ValueError
        As `dice_loss`; also if a weight is negative or `gamma` is not above 0.

    References
    ----------
    Salehi, Erdogmus and Gholipour, Tversky loss function for image segmentation using
    3D fully convolutional deep networks, arXiv:1706.05721.
    Abraham and Khan, A novel focal Tversky loss function, arXiv:1810.07842.

    Examples
    --------
    >>> missed = [0.5, 0.0], [1, 0]
    >>> tversky_loss(*missed, false_positive_weight=0.5, false_negative_weight=0.5)
    0.33333333333333337
    >>> tversky_loss(*missed, false_positive_weight=0.0, false_negative_weight=1.0)
    0.5
    """
    checks.not_negative("gamma", gamma)
    if gamma == 0:
        raise ValueError("gamma: expected a number above 0, got 0")
    sums = measure(
        probabilities, target, name="probabilities", soft=True, class_axis=class_axis, **summing
    )
    loss = sums.tversky(
        false_positive_weight=false_positive_weight,
        false_negative_weight=false_negative_weight,
        then=lambda score: _focal(1 - score, gamma),
        average=average,
        empty=empty,
        eps_numerator=eps_numerator,
        eps_denominator=eps_denominator,
        include_background=include_background,
        weights=weights,
    )
    return _as_loss(loss, probabilities)


def generalized_dice_loss(
    probabilities: Array,
    target: Array,
    *,
    class_axis: int,
    empty: float = 0,
    eps_numerator: float = 0,
    eps_denominator: float = 0,
    include_background: bool = True,
    **summing: Unpack[SoftSumming],
) -> Any:
    r"""Generalized Dice loss: one ratio of sums, in which small classes weigh more.

    .. math:: L = 1 - \frac{2 \sum_c w_c I_c + \epsilon_n}
                          {\sum_c w_c (P_c + G_c) + \epsilon_d}, \qquad w_c = 1 / G_c^2

    Parameters
    ----------
    probabilities, target : array
        As in `dice_loss`.
    class_axis : int
        The axis of the probabilities that counts classes.
    empty, eps_numerator, eps_denominator, include_background
        As in `dice_loss`.
    **summing
        As in `dice_loss`.

    Returns
    -------
    float
        From 0 to 1; the type of the probabilities, at least single precision. The mean
        over the samples, if `batch_axis` keeps them apart.

    Raises
    ------
    TypeError, ValueError
        As `dice_loss`.

    Notes
    -----
    A class that is absent from the target has no weight :math:`1/0`. It takes the
    largest weight of the classes present, so that its false positives count, and
    weight 1 if there are none at all.

    References
    ----------
    Sudre et al., Generalised Dice overlap as a deep learning loss function for highly
    unbalanced segmentations, arXiv:1707.03237.

    Examples
    --------
    >>> p = [[0.5, 0.5, 0.0], [0.5, 0.5, 1.0]]
    >>> round(generalized_dice_loss(p, [0, 0, 1], class_axis=0), 4)
    0.3333
    """
    checks.integer("class_axis", class_axis)
    sums = measure(
        probabilities, target, name="probabilities", soft=True, class_axis=class_axis, **summing
    )
    loss = _weighted(sums).score(
        formulas.dice,
        then=_one_minus,
        average="micro",
        empty=empty,
        eps_numerator=eps_numerator,
        eps_denominator=eps_denominator,
        include_background=include_background,
    )
    return _as_loss(loss, probabilities)


def dice_loss_gradient(
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
) -> Array:
    r"""The derivative of `dice_loss` by each of the probabilities.

    For one class, with the plain denominator :math:`T = \sum_i p_i + \sum_i g_i + \epsilon_d`,

    .. math:: \frac{\partial L}{\partial p_i} = -\frac{2 g_i - D}{T}

    Parameters
    ----------
    probabilities, target
        As in `dice_loss`, and so are all options; `average` may not be None.

    Returns
    -------
    array of the shape of the probabilities
        Their type, at least single precision. 0 where a pixel does not count, and for
        classes whose denominator is 0. With ``intersection="min"`` the derivative at
        :math:`p_i = g_i` is that from above.

    Raises
    ------
    TypeError, ValueError
        As `dice_loss`.

    Examples
    --------
    >>> dice_loss_gradient([0.5, 0.5], [1, 0])
    array([-0.75,  0.25])
    """
    checks.option("average", average, ("macro", "micro", "weighted"))
    inputs, options = prepare(
        probabilities, target, name="probabilities", soft=True, class_axis=class_axis, **summing
    )
    by_intersection, by_size = _slopes(
        three_sums(inputs, options),
        average,
        empty,
        (eps_numerator, eps_denominator),
        _counted_weights(
            inputs,
            average=average,
            empty=empty,
            eps_numerator=eps_numerator,
            eps_denominator=eps_denominator,
            include_background=include_background,
            weights=weights,
        ),
    )
    return inputs.restore(spread(inputs, options, by_intersection, by_size))


def _counted_weights(inputs: Inputs, **reading: Unpack[Reading]) -> Array:
    """The weight of each class, 0 for a background that is left out; shape (1, C)."""
    xp, ones = namespace(inputs.prediction), np.ones(inputs.num_classes)
    counted = like("weights", ones, inputs.prediction)
    # an Overlap of ones checks the options, in the words of `dice_loss`
    checked = Overlap(*[counted if inputs.has_classes else 1] * 3)
    checked.dice(**reading)
    if reading["weights"] is not None:
        values = checks.not_negative("weights", array("weights", reading["weights"]))
        counted = like("weights", values, inputs.prediction)
    if not reading["include_background"]:
        counted = xp.concat([xp.zeros_like(counted[:1]), counted[1:]])
    return xp.expand_dims(counted, axis=0)


def _slopes(
    sums: Array, average: Average, empty: float, epsilons: tuple[float, float], weights: Array
) -> tuple[Array, Array]:
    """Derivatives of the loss by the intersection and by the size of the prediction."""
    xp = namespace(sums)
    weights = xp.broadcast_to(xp.astype(weights, sums.dtype), sums.shape[1:])
    entries = weights
    if average == "micro":
        sums = xp.sum(sums * weights, axis=-1, keepdims=True)
        entries = xp.ones_like(sums[0, ...])
    elif average == "weighted":
        entries = by_target(weights * sums[2, ...], weights)
    intersection, size, target_size = (sums[k, ...] for k in range(3))
    numerator, denominator = formulas.dice(intersection, size, target_size, *epsilons)
    score = divide(numerator, denominator, 1 - empty)
    share = shares(score, entries)
    sample = mean(score, entries)
    share = share * xp.expand_dims(shares(sample, xp.ones_like(sample)), axis=-1)
    slope = divide(share, denominator, 0)
    scored = xp.where(denominator == 0, xp.zeros_like(score), score)
    counted = xp.astype(weights > 0, sums.dtype)
    return -2 * slope * counted, scored * slope * counted


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
    checks.flag("check_values", check_values)
    if is_dask(z):
        total, pixels = sum_chunks(
            inputs, lambda chunk: np.array(_entropy(chunk, check_values)), {"sums": 2}, np.float64
        )
    else:
        total, pixels = _entropy(inputs, check_values)
    known = isinstance(pixels, int)
    return _as_loss(total / max(pixels, 1) if known else divide(total, widest(pixels), 0), z)


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
    overlap_loss = _dice_loss(
        logits,
        target,
        name="logits",
        activate=partial(sigmoid, check_values=check_values)
        if class_axis is None
        else partial(softmax, class_axis=1, check_values=check_values),
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


def _dice_loss(
    prediction: Array,
    target: Array,
    *,
    name: str,
    activate: Callable[[Array], Array] | None = None,
    class_axis: int | None,
    average: Average,
    empty: float,
    eps_numerator: float,
    eps_denominator: float,
    include_background: bool,
    weights: Array | None,
    **summing: Unpack[SoftSumming],
) -> Any:
    """`dice_loss`, of probabilities or of what `activate` makes probabilities."""
    sums = measure(
        prediction,
        target,
        name=name,
        soft=True,
        activate=activate,
        class_axis=class_axis,
        **summing,
    )
    loss = sums.score(
        formulas.dice,
        then=_one_minus,
        average=average,
        empty=empty,
        eps_numerator=eps_numerator,
        eps_denominator=eps_denominator,
        include_background=include_background,
        weights=weights,
    )
    return _as_loss(loss, prediction)


def _entropy(inputs: Inputs, check_values: bool) -> tuple[Any, Any]:
    """The sum of the cross entropies of the pixels, and their number."""
    total, pixels = 0.0, 0
    for block in inputs.blocks(max(1, BLOCK // inputs.num_classes)):
        if check_values:
            checks.finite("logits", block.prediction)
            check_target(block, inputs)
        nats, number = _nats(block, inputs)
        total, pixels = total + nats, pixels + number
    return total, pixels


def _nats(block: Block, inputs: Inputs) -> tuple[Any, Any]:
    """The sum of the cross entropies of the pixels of a block, and their number."""
    z, g = block.prediction, block.target
    xp = namespace(z)
    if inputs.target_is_class_map:
        log_p = log_softmax(z, class_axis=1, check_values=False)
        nats = -xp.take_along_axis(log_p, xp.astype(g, integer_type(g)), axis=1)
    else:
        g = as_floats(g, z)
        if inputs.has_classes:
            nats = -g * log_softmax(z, class_axis=1, check_values=False)
        else:
            nats = xp.maximum(z, xp.zeros_like(z)) - z * g + xp.log1p(xp.exp(-xp.abs(z)))
    if block.keep is not None:
        nats = xp.where(block.keep, nats, xp.zeros_like(nats))
    nats = total(nats, 2)
    if block.keep is None:
        return xp.sum(widest(nats)), prod(z.shape) // inputs.num_classes
    return xp.sum(widest(nats)), widest(xp.sum(count(block.keep, 2)))


def _weighted(sums: Overlap) -> Overlap:
    """The three sums, each class times its weight."""
    weights = _sudre_weights(sums.target)
    return replace(
        sums,
        intersection=weights * sums.intersection,
        prediction=weights * sums.prediction,
        target=weights * sums.target,
    )


def _sudre_weights(target: Array) -> Array:
    """One over the squared size of each class; an absent class as the rarest that is there."""
    xp = namespace(target)
    present = target > 0
    least = xp.finfo(target.dtype).smallest_normal ** 0.25  # its square is far from 0 still
    size = xp.where(present & (target < least), xp.full_like(target, least), target)
    weights = divide(xp.ones_like(target), size * size, 0)
    largest = xp.max(weights, axis=-1, keepdims=True)
    return xp.where(present, weights, xp.where(largest > 0, largest, xp.ones_like(largest)))


def _one_minus(score: Any) -> Any:
    return 1 - score


def _focal(loss: Any, gamma: float) -> Any:
    """The loss to a power: 0, with gradient 0, where it is 0 already or rounds below."""
    if gamma == 1:
        return loss
    if not hasattr(loss, "shape"):
        return max(loss, 0.0) ** gamma
    xp, solved = namespace(loss), loss <= 0
    power = xp.where(solved, xp.ones_like(loss), loss) ** gamma
    return xp.where(solved, xp.zeros_like(loss), power)


def _as_loss(loss: Any, probabilities: Array) -> Any:
    """A loss in the floating type of its input, at least single precision."""
    values = at_least_single(array("probabilities", probabilities))
    if is_numpy(values):
        return plain(np.asarray(loss, values.dtype)[()])
    return namespace(values).astype(loss, values.dtype, copy=False)
