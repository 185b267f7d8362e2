"""Losses: what a network is trained to make small."""

from functools import partial
from math import inf
from typing import Any, Unpack

from dice import formulas
from dice.activations import log_softmax, sigmoid, softmax
from dice.engine import add_pixels, arrange, arrays, checks, each_pixel
from dice.engine.arrays import Array, dot, namespace, total, zero_unless
from dice.options import Average, Counting, Form, Options, Pixels, SoftReading, split
from dice.overlap import (
    Overlap,
    add_up,
    as_overlap,
    divide,
    soft_overlap,
    soft_pair,
    sum_form,
    three_slopes,
    three_sums,
    weigh,
)

NO_LOOK: Any = {"check_values": False}
"""The engine has looked at the logits already."""


def dice_loss(
    probabilities: Array, target: Array, *, average: Average = "macro", **options: Unpack[Options]
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
        The loss where the denominator is 0: 0 by default.
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
    sums, reading = soft_overlap(probabilities, target, {"empty": 0, **options})
    return arrays.as_loss(sums.dice(then=one_minus, average=average, **reading), probabilities)


def tversky_loss(
    probabilities: Array,
    target: Array,
    *,
    false_positive_weight: float,
    false_negative_weight: float,
    gamma: float = 1,
    average: Average = "macro",
    **options: Unpack[Options],
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
    then = partial(one_minus, gamma=checks.above_zero("gamma", gamma))
    sums, reading = soft_overlap(probabilities, target, {"empty": 0, **options})
    reading |= {"average": average, "then": then}
    loss = sums.tversky(
        false_positive_weight=false_positive_weight,
        false_negative_weight=false_negative_weight,
        **reading,
    )
    return arrays.as_loss(loss, probabilities)


def generalized_dice_loss(probabilities: Array, target: Array, **options: Unpack[Options]) -> Any:
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
    weight 1 if there are none at all. `weights` of the caller's own are refused.

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
    checks.integer("class_axis", options.get("class_axis"))
    sums, reading = soft_overlap(probabilities, target, {"empty": 0, **options})
    background = reading.pop("include_background", True)
    checks.averaging(sums, "micro", background)
    sums = sums.map(lambda values: arrays.as_double(values)[..., 0 if background else 1 :])
    weighted = sums.map(lambda values: values / sizes_without_zeros(sums.target) ** 2)
    loss = weighted.dice(then=one_minus, average="micro", **reading)
    return arrays.as_loss(loss, probabilities)


def sizes_without_zeros(target: Array) -> Array:
    """An absent class has the size of the rarest that is there, or 1."""
    xp, present = namespace(target), target > 0
    rarest = xp.min(xp.where(present, target, inf), axis=-1, keepdims=True)
    return xp.where(present, target, xp.where(rarest < inf, rarest, 1.0))


def one_minus(score: Any, gamma: Any = 1) -> Any:
    """The loss of a score; to a power other than 1 it is 0, with slope 0, unless it is above 0."""
    loss = 1 - score
    if isinstance(gamma, (int, float)) and gamma == 1:
        return loss
    if not arrays.is_array(loss):
        return max(loss, 0.0) ** gamma
    xp, solved = namespace(loss), loss <= 0
    return xp.where(solved, 0.0, xp.where(solved, 1.0, loss) ** gamma)


def dice_loss_gradient(
    probabilities: Array, target: Array, *, average: Average = "macro", **options: Unpack[Options]
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
    checks.option("average", average, "macro", "micro", "weighted")
    pair, form, reading = soft_pair(probabilities, target, {"empty": 0, **options})
    sums = add_up(pair, form)
    as_overlap(sums, pair, form).dice(average=average, **reading)  # checks the options
    slopes = loss_slopes(Overlap.unchecked(sums, True, form["squared"]), average, **reading)
    return each_pixel(lambda *piece: three_slopes(*piece, *slopes, **form), pair)


def loss_slopes(sums: Overlap, average: Average, empty: float, **options: Any) -> list[Array]:
    """The derivatives by the sums (samples, classes).

    Of L = sum of share (1 - N / D) they are dL/dI = -2 share / D and dL/dP = share N / D^2.
    """
    numerator, denominator, weights = sums.fraction(formulas.dice, average, **options)
    share = shares(divide(numerator, denominator, empty), weights, empty)
    score = divide(numerator, denominator, 0)
    slopes = [divide(-2 * share, denominator, 0), divide(share * score, denominator, 0)]
    background = options.get("include_background", True)
    xp, classes = namespace(share), sums.target[:, 0 if background else 1 :]
    if average == "micro":
        slopes = [xp.broadcast_to(by[:, None], classes.shape) for by in slopes]
    if not background:  # on which class 0 has no say
        slopes = [xp.concat([0 * by[:, :1], by], axis=1) for by in slopes]
    return slopes


def shares(scores: Array, weights: Array | None, empty: float) -> Array:
    """How much of the mean each score is: over the classes first, then over the samples."""
    share = weigh(scores, weights, empty)
    if len(arrays.shape(share)) == 2:
        share = divide(share, total(share)[..., None], 0)
    return divide(share, namespace(share).sum(share), 0)


def cross_entropy(
    logits: Array, target: Array, *, weights: Array | None = None, **options: Unpack[Pixels]
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
    weights : array of shape (C,), optional
        Weights of the classes: a pixel counts as much as its class, in the sum and in what
        it is divided by, :math:`\sum_i \sum_c w_c g_{ic}`. As in PyTorch for class maps.
    mask : bool array in the shape of a class map, optional
        The pixels that count.
    ignore_index : int, optional
        Pixels whose target has this value do not count; for a class that is not annotated
        in a whole sample there is no option.
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
    (pixels,) = split(options, Pixels)
    pair = arrange("logits", logits, target, **pixels)
    weights = checks.entropy_weights(weights, pair)
    sums = add_pixels(partial(entropies, binary=not pair.has_classes), pair)
    return arrays.as_loss(per_pixel(weights, *sums), logits)


def dice_ce_loss(
    logits: Array,
    target: Array,
    *,
    dice_weight: float = 1,
    cross_entropy_weight: float = 1,
    average: Average = "macro",
    **options: Unpack[Options],
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
        As in `dice_loss`; so are `empty`, `eps_numerator`, `eps_denominator` and
        `include_background`. They are about the Dice loss alone.
    weights : array of shape (C,), optional
        Weights of the classes in both losses, as in `dice_loss` and in `cross_entropy`.
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
    checks.option("average", average, "macro", "micro", "weighted")
    dice_weight = checks.factor("dice_weight", dice_weight)
    cross_entropy_weight = checks.factor("cross_entropy_weight", cross_entropy_weight)
    counting, form, reading = split({"empty": 0, **options}, Counting, Form, SoftReading)
    pair = arrange("logits", logits, target, **counting)
    form = sum_form(pair, **form)
    weights = checks.entropy_weights(options.get("weights"), pair)
    both = partial(sums_and_entropies, binary=not pair.has_classes, **form)
    *sums, nats, sizes, pixels = add_pixels(both, pair)
    dice = as_overlap(sums, pair, form).dice(then=one_minus, average=average, **reading)
    entropy = per_pixel(weights, nats, sizes, pixels)
    return arrays.as_loss(dice_weight * dice + cross_entropy_weight * entropy, logits)


def sums_and_entropies(
    z: Array, g: Array, keep: Array | None, binary: bool, **form: Unpack[Form]
) -> tuple[Array, ...]:
    """What the two losses need of a piece: the three sums, and those of the cross entropy."""
    p = sigmoid(z, **NO_LOOK) if binary else softmax(z, class_axis=1, **NO_LOOK)
    sums = three_sums(zero_unless(keep, p), g, keep, **form)
    return *sums, *entropies(z, g, keep, binary)


def entropies(z: Array, g: Array, keep: Array | None, binary: bool) -> tuple[Array, ...]:
    """The nats and sizes of each class (samples, classes), and pixels that count (samples, 1)."""
    if binary:  # -g log p - (1 - g) log (1 - p)
        nats = total(zero_unless(keep, arrays.softplus(z) - z * g))
    else:
        nats = -dot(log_softmax(z, class_axis=1, **NO_LOOK), g)
    of_all = namespace(z).full_like(nats[:, :1], z.shape[-1])
    pixels = of_all if keep is None else arrays.as_type_of(nats, total(keep))
    return nats, total(g), pixels


def per_pixel(weights: Array | None, nats: Array, sizes: Array, pixels: Array) -> Any:
    """The mean over all samples, and 0 if there are no pixels; each counts as much as its class."""
    # a library may give all sums as many columns as there are classes, pixels too
    nats, pixels = (nats, pixels[:, :1]) if weights is None else (nats * weights, sizes * weights)
    return divide(total(total(nats)), total(total(pixels)), 0)
