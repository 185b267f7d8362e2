"""From logits to probabilities, and from labels to one mask per class."""

from dice.engine import arrays, checks
from dice.engine.arrays import Array, namespace


def sigmoid(logits: Array, *, check_values: bool = True) -> Array:
    r"""The probability of the foreground, :math:`1 / (1 + e^{-z})`.

    Parameters
    ----------
    logits : floating-point array, or a number
        Real numbers up to 2**64 in size: nothing overflows.
    check_values : bool
        Whether to look for NaN and infinity.

    Returns
    -------
    array of the same shape, or float
        Values from 0 to 1, at least single precision.

    Raises
    ------
    TypeError
        If the logits are not floating-point numbers.
    ValueError
        If a logit is NaN or infinite.

    Examples
    --------
    >>> sigmoid(0)
    0.5
    >>> sigmoid([-1000.0, 1000.0])
    array([0., 1.])
    """
    z = checks.finite_logits(logits, check_values)
    if (own := arrays.activation("sigmoid", z)) is not None:
        return own
    xp = namespace(z)
    e = xp.exp(-xp.abs(z))  # at most 1: nothing overflows
    return arrays.python_number(xp.where(z < 0, e, 1.0) / (1 + e))


def softmax(logits: Array, *, class_axis: int, check_values: bool = True) -> Array:
    r"""Class probabilities, :math:`e^{z_c} / \sum_k e^{z_k}`.

    Parameters
    ----------
    logits : floating-point array
        Real numbers up to 2**64 in size: nothing overflows.
    class_axis : int
        The axis that counts the classes.
    check_values : bool
        Whether to look for NaN and infinity.

    Returns
    -------
    array of the same shape
        Values from 0 to 1 that add up to 1 along `class_axis`, at least single precision.

    Raises
    ------
    TypeError
        If the logits are not floating-point numbers.
    ValueError
        If a logit is NaN or infinite, if the axis does not exist, or if there are no classes.

    Examples
    --------
    >>> softmax([0.0, 0.0, 1000.0], class_axis=0)
    array([0., 0., 1.])
    """
    z = checks.finite_logits(logits, check_values)
    axis = checks.class_axis("logits", z, class_axis)
    if (own := arrays.activation("softmax", z, axis)) is not None:
        return own
    xp = namespace(z)
    e = xp.exp(z - xp.max(z, axis=axis, keepdims=True))  # at most 1: nothing overflows
    return e / xp.sum(e, axis=axis, keepdims=True)


def log_softmax(logits: Array, *, class_axis: int, check_values: bool = True) -> Array:
    r"""Logarithms of the class probabilities, :math:`z_c - \log \sum_k e^{z_k}`.

    Finite where the logarithm of a softmax that has rounded to 0 is not.

    Parameters
    ----------
    logits : floating-point array
        Real numbers up to 2**64 in size: nothing overflows.
    class_axis : int
        The axis that counts the classes.
    check_values : bool
        Whether to look for NaN and infinity.

    Returns
    -------
    array of the same shape
        Values of at most 0, at least single precision.

    Raises
    ------
    TypeError
        If the logits are not floating-point numbers.
    ValueError
        If a logit is NaN or infinite, if the axis does not exist, or if there are no classes.

    Examples
    --------
    >>> log_softmax([0.0, 1000.0], class_axis=0)
    array([-1000.,     0.])
    """
    z = checks.finite_logits(logits, check_values)
    axis = checks.class_axis("logits", z, class_axis)
    if (own := arrays.activation("log_softmax", z, axis)) is not None:
        return own
    xp = namespace(z)
    z = z - xp.max(z, axis=axis, keepdims=True)
    return z - xp.log(xp.sum(xp.exp(z), axis=axis, keepdims=True))


def one_hot(labels: Array, num_classes: int, *, class_axis: int) -> Array:
    """One mask per class: 1 at the pixels of the class, 0 elsewhere.

    Parameters
    ----------
    labels : integer array
        A class map with labels from 0 to `num_classes` - 1.
    num_classes : int
        The number of classes.
    class_axis : int
        Where the result gets its axis of classes.

    Returns
    -------
    int64 array
        The shape of `labels` with one more axis, of length `num_classes`. Wide integers,
        because small ones wrap around when masks are multiplied and added.

    Raises
    ------
    TypeError
        If the labels are not integers.
    ValueError
        If a label is out of range, an ignore label such as 255 or -1 included, or if the
        axis does not exist.

    Examples
    --------
    >>> one_hot([0, 2], num_classes=3, class_axis=-1)
    array([[1, 0, 0],
           [0, 0, 1]])
    """
    labels, axis = checks.class_map(labels, num_classes, class_axis)
    xp = namespace(labels)
    masks = xp.stack([labels == label for label in range(num_classes)], axis=axis)
    return arrays.as_counts(masks)
