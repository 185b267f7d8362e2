"""Losses: what a network is trained to make small."""

from collections.abc import Callable
from functools import partial
from math import inf, prod
from typing import Any, Unpack

import numpy as np

from dice import arrays, checks
from dice.activations import log_softmax, sigmoid, softmax
from dice.arrays import Array, is_foreign, is_numpy, namespace
from dice.layout import Inputs, arrange
from dice.overlap import Average, Overlap, SoftOptions, as_overlap, dice_slopes, divide, prepare
from dice.sums import THREE_SUMS, Way, add_blocks, add_pixels, checked, per_pixel, recorded, spread

_log_softmax = partial(log_softmax, class_axis=1)


def dice_loss(
    probabilities: Array,
    target: Array,
    *,
    class_axis: int | None = None,
    average: Average = "macro",
    empty: float = 0,
    **options: Unpack[SoftOptions],
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
    batch_axis, mask, ignore_index, squared, intersection, check_values
        As in `overlap`.

    Returns
    -------
    float or array
        From 0 to 1, but for rounding, or `empty`; below 0 only if `eps_numerator` is the
        larger epsilon. The type of the probabilities, at least single precision. One number
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
    inputs, reading = prepare(probabilities, target, options, class_axis=class_axis)
    return _loss(inputs, Overlap.dice, average=average, empty=empty, **reading)


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
    **options: Unpack[SoftOptions],
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
        Exponent of each class's loss, above 0. Below 1 it pulls harder on the classes that
        are nearly solved, above 1 on those that are not. Papers and libraries also write
        :math:`1/\gamma` for it.
    class_axis, average, empty, eps_numerator, eps_denominator, include_background, weights
        As in `dice_loss`.
    batch_axis, mask, ignore_index, intersection, check_values
        As in `overlap`. Squared sums are refused: their index can exceed 1.

    Returns
    -------
    float or array
        From 0 to 1, but for rounding, or `empty`; as in `dice_loss` otherwise.

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
    gamma = checks.factor("gamma", gamma)
    checks.some("gamma", gamma if isinstance(gamma, (int, float)) else arrays.array("gamma", gamma))
    inputs, reading = prepare(probabilities, target, options, class_axis=class_axis)
    reading["false_positive_weight"] = false_positive_weight
    reading["false_negative_weight"] = false_negative_weight
    return _loss(inputs, Overlap.tversky, gamma=gamma, average=average, empty=empty, **reading)


def generalized_dice_loss(
    probabilities: Array,
    target: Array,
    *,
    class_axis: int,
    empty: float = 0,
    **options: Unpack[SoftOptions],
) -> Any:
    r"""Generalized Dice loss: one ratio of sums, in which small classes weigh more.

    .. math:: L = 1 - \frac{2 \sum_c w_c I_c + \epsilon_n}
                          {\sum_c w_c (P_c + G_c) + \epsilon_d}

    with the weights :math:`w_c = 1 / G_c^2`.

    Parameters
    ----------
    probabilities, target : array
        As in `dice_loss`.
    class_axis : int
        The axis of the probabilities that counts classes.
    empty, eps_numerator, eps_denominator, include_background
        As in `dice_loss`.
    batch_axis, mask, ignore_index, squared, intersection, check_values
        As in `overlap`.

    Returns
    -------
    float
        From 0 to 1, but for rounding, or `empty`; as in `dice_loss` otherwise. The mean over
        the samples, if `batch_axis` keeps them apart.

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
    inputs, reading = prepare(probabilities, target, options, class_axis=class_axis)
    return _loss(inputs, _generalized_dice, average="micro", empty=empty, **reading)


def dice_loss_gradient(
    probabilities: Array,
    target: Array,
    *,
    class_axis: int | None = None,
    average: Average = "macro",
    empty: float = 0,
    **options: Unpack[SoftOptions],
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
        :math:`p_i = g_i` of a floating-point target is that from above.

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
    inputs, reading = prepare(probabilities, target, options, class_axis=class_axis)
    slopes = dice_slopes(inputs, average=average, empty=empty, **reading)
    return inputs.restore(spread(inputs, *slopes))


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
        Real numbers up to 2**64 in size: nothing overflows.
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
        z,
        target,
        name="logits",
        class_axis=class_axis,
        mask=mask,
        ignore_index=ignore_index,
        check_values=check_values,
        activate=None if class_axis is None else _log_softmax,
    )
    entropies = add_blocks(inputs, _entropy, (2, 1), np.float64)
    return _as_loss(namespace(z), arrays.single_or_better(z), _mean(entropies))


def dice_ce_loss(
    logits: Array,
    target: Array,
    *,
    class_axis: int | None = None,
    dice_weight: float = 1,
    cross_entropy_weight: float = 1,
    average: Average = "macro",
    empty: float = 0,
    **options: Unpack[SoftOptions],
) -> Any:
    r"""Soft Dice loss plus cross entropy, both of the same logits.

    Parameters
    ----------
    logits : floating-point array
        Real numbers up to 2**64 in size. The Dice loss takes their softmax along `class_axis`,
        or their sigmoid where there is none.
    target : array
        As in `cross_entropy`.
    class_axis : int, optional
        The axis of the logits that counts classes. None means one logit per pixel, with a sigmoid.
    dice_weight, cross_entropy_weight : float
        What each of the two is multiplied by.
    average : {"macro", "micro", "weighted"}
        As in `dice_loss`; so are `empty`, `eps_numerator`, `eps_denominator`,
        `include_background` and `weights`. They are about the Dice loss alone.
    batch_axis, mask, ignore_index, squared, intersection, check_values
        As in `overlap`. `mask` and `ignore_index` are about both losses.

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
    dice_weight = checks.factor("dice_weight", dice_weight)
    cross_entropy_weight = checks.factor("cross_entropy_weight", cross_entropy_weight)
    activate = sigmoid if class_axis is None else partial(softmax, class_axis=1)
    z = checks.logits("logits", logits)
    inputs, reading = prepare(
        z, target, options, name="logits", activate=activate, class_axis=class_axis
    )
    reading |= {"dice_weight": dice_weight, "cross_entropy_weight": cross_entropy_weight}
    way = Way(_sums_and_entropies, _slope_of_logits)
    return _loss(inputs, _dice_and_entropy, way, average=average, empty=empty, **reading)


def _loss(
    inputs: Inputs, score: Callable[..., Any], way: Way = THREE_SUMS, gamma: Any = 1, **options: Any
) -> Any:
    """What `score` reads off the sums, in the floating type of the input, or single precision.

    The scores become losses before their mean: one minus the score, to the power of `gamma`.
    """
    xp, dtype = namespace(inputs.prediction), arrays.single_or_better(inputs.prediction)
    learned = any(map(is_foreign, (gamma, *options.values())))
    options["then"] = partial(_focal, gamma=gamma)

    def head(inputs: Inputs, sums: Array, *more: Array) -> Any:
        return _as_loss(xp, dtype, score(as_overlap(sums, inputs), *more, **options))

    if learned or options["average"] is None:
        return head(inputs, *recorded(inputs, way))  # several losses, options to be learned
    return recorded(inputs, way, head)


def _sums_and_entropies(inputs: Inputs) -> tuple[Array, Array]:
    """The sums of the Dice loss, and those of the cross entropy, which checks the values first.

    Both take one softmax, of all pixels at once, unless they are added in parts.
    """
    lazy = arrays.is_dask(inputs.prediction)
    logs = inputs._replace(activate=_log_softmax if inputs.has_classes else None)
    if not lazy:  # Dask may make the second sums first: there both check the values
        inputs = inputs._replace(check_values=False)
    if lazy or is_numpy(inputs.prediction):
        entropies = add_blocks(logs, _entropy, (2, 1), np.float64)
    else:
        whole = logs.ready()
        entropies, z = arrays.stacked(_entropy(whole), counts=False), whole.prediction
        p = arrays.exp(z) if inputs.has_classes else sigmoid(z, check_values=False)
        inputs = inputs._replace(prediction=p, activate=None)
    return add_pixels(inputs), entropies


def _slope_of_logits(inputs: Inputs, by_sums: Array, by_entropies: Array) -> Array:
    """Derivative by each logit from those by the sums, in the memory of few arrays.

    Of the cross entropy it is p - g. Of the Dice loss, whose derivative by p is s, it is
    p (s - sum of p s over the classes) after a softmax, p (1 - p) s after a sigmoid.
    """
    activate: Any = inputs.activate
    keep = inputs.keep
    p = arrays.zero_unless(keep, activate(inputs.prediction, check_values=False))
    inputs, by_nats = inputs._replace(prediction=p), by_entropies[0, ...]
    if inputs.target_is_class_map:
        return arrays.zero_unless(keep, _slope_at_labels(inputs, by_nats, by_sums))
    slope, xp = spread(inputs, *by_sums[:2]), namespace(p)
    slope -= xp.sum(p * slope, axis=1, keepdims=True)
    of_nats = per_pixel(by_nats, p)
    of_g = arrays.zero_unless(keep, xp.astype(inputs.target, p.dtype))  # a copy
    of_g *= of_nats
    slope += xp.sum(of_g, axis=1, keepdims=True) if inputs.has_classes else of_nats
    slope *= p
    slope -= of_g
    return slope


def _slope_at_labels(inputs: Inputs, by_nats: Array, by_sums: Array) -> Array:
    """The same for a class map, in the memory of p.

    There s is b, the slope by the size, and at the label y it is a more. With n, the slope by
    the entropy, all slopes are p (b - sum of p b - p_y a + n); at the label p_y a - n is added.
    """
    p, labels = inputs.prediction, inputs.labels
    of_i, of_p, of_nats = (per_pixel(v, p) for v in (by_sums[0, ...], by_sums[1, ...], by_nats))
    of_p = 2 * of_p * p if inputs.squared else of_p
    of_i = namespace(p).broadcast_to(of_i, p.shape)
    at_labels = arrays.picked(p, labels) * arrays.picked(of_i, labels)
    shift = of_nats - at_labels
    classes = [(p[:, c : c + 1, ...], of_p[:, c : c + 1, ...]) for c in range(inputs.num_classes)]
    for of_class, b in classes:
        shift = arrays.less_product(shift, of_class, b)
    for of_class, b in classes:
        of_class *= shift + b
    return arrays.add_at_labels(p, labels, at_labels - of_nats)


def _entropy(block: Inputs) -> list[Array]:
    """The sum of the cross entropies of the pixels of a block, and their number.

    The prediction is the logarithm of the softmax; without classes it is the logit.
    """
    log_p = z = arrays.at_least_single(block.prediction)
    xp, g, keep = namespace(z), checked("target", block.target, block), block.mask
    if block.target_is_class_map:
        nats = -arrays.picked(log_p, g)
    elif block.has_classes:
        nats = -arrays.as_floats(g, log_p) * log_p
    else:
        z = checks.finite("logits", z) if block.check_values else z
        nats = arrays.softplus(z) - z * arrays.as_floats(g, z)
        nats = arrays.zero_unless(keep, nats)
    nats = xp.sum(arrays.widest(arrays.total(nats)), axis=-1, keepdims=True)
    everywhere = xp.full_like(nats, prod(z.shape[2:]))
    return [nats, everywhere if keep is None else arrays.widest(arrays.count(keep))]


def _dice_and_entropy(
    overlap: Overlap, entropies: Array, dice_weight: Any, cross_entropy_weight: Any, **reading: Any
) -> Any:
    """The two losses of logits, added up."""
    return dice_weight * overlap.dice(**reading) + cross_entropy_weight * _mean(entropies)


def _generalized_dice(overlap: Overlap, include_background: bool = True, **reading: Any) -> Any:
    """The ratio of the three sums of the classes that count, each times its weight."""
    sums = overlap._sums(include_background)
    weights = _sudre_weights(sums[2])
    weighted = namespace(weights).stack([weights * values for values in sums])
    return Overlap._trusted(weighted, overlap.batched, overlap.squared).dice(**reading)


def _sudre_weights(target: Array) -> Array:
    """One over the squared size of each class; an absent class as the rarest that is there."""
    xp, present = namespace(target), target > 0
    least = xp.finfo(target.dtype).smallest_normal ** 0.25  # its square is far from 0 still
    size = xp.where(present, xp.where(target < least, least, target), inf)
    rarest = xp.min(size, axis=-1, keepdims=True)
    size = xp.where(present, size, xp.where(rarest < inf, rarest, 1.0))
    return arrays.ratio(1.0, size * size)


def _mean(entropies: Array) -> Any:
    """Nats per pixel, and 0 if there are no pixels."""
    sums = namespace(entropies).sum(entropies, axis=(1, 2))
    return divide(sums[0], sums[1], 0)


def _focal(score: Any, gamma: Any) -> Any:
    """One minus the score, to a power: 0, with gradient 0, where it is 0 or rounds below."""
    loss = 1 - score
    if isinstance(gamma, (int, float)) and gamma == 1:
        return loss
    if not arrays.is_array(loss):
        return max(loss, 0.0) ** gamma
    xp, solved = namespace(loss), loss <= 0
    return xp.where(solved, 0.0, xp.where(solved, 1.0, loss) ** gamma)


def _as_loss(xp: Any, dtype: Any, loss: Any) -> Any:
    """A loss in a floating type; NumPy's as a Python number where it is one."""
    if xp is np:
        return arrays.plain(np.asarray(loss, dtype))
    return xp.astype(loss, dtype, copy=False)
