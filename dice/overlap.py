"""Three sums, and what can be read off them: the one idea of the package."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from math import nan
from numbers import Real
from typing import Any, Literal, TypedDict, Unpack

import numpy as np

from dice import arrays, checks, formulas
from dice.arrays import Array, is_foreign, is_numpy, kind, namespace
from dice.layout import Inputs, arrange
from dice.sums import confusion_counts, three_sums

SUMS = ("intersection", "prediction", "target")
FLAGS = ("batched", "squared")
ROUNDING = 1e-3
"""How much larger than it can be an intersection may come, relatively: half precision is that."""

Average = Literal["macro", "micro", "weighted"] | None


class HardReading(TypedDict, total=False):
    """Options that named scores forward to `Overlap.score`."""

    include_background: bool
    weights: Array | None


class SoftReading(HardReading, total=False):
    """Those of probabilities: hard scores take no epsilon."""

    eps_numerator: Any
    eps_denominator: Any


class Reading(SoftReading, total=False):
    """Options of `Overlap.score`."""

    then: Callable[[Any], Any] | None
    average: Average
    empty: float


class Options(HardReading, total=False):
    """Options that named scores forward, to `overlap` or to `Overlap.score`."""

    batch_axis: int | None
    mask: Array | None
    ignore_index: int | None
    check_values: bool


class SoftOptions(SoftReading, Options, total=False):
    """Options that matter to probabilities alone."""

    squared: bool
    intersection: Literal["product", "min"]


@dataclass(frozen=True, eq=False, repr=False)
class Overlap:
    """The three sums of a prediction and a target.

    Every overlap score is read off these sums, and the sums of two parts add up to the
    sums of the whole: ``a + b`` merges two tiles, batches or machines, exactly for
    counts and within rounding for probabilities. ``sum(overlaps)`` works.

    Parameters
    ----------
    intersection, prediction, target : number, array or symbol
        Intersection, size of the prediction, size of the target. Shape () for one
        number; (C,) per class; (B,) per sample; (B, C) per sample and class. SymPy
        symbols pass through every score as they are.
    batched : bool
        Whether the first axis counts samples. Two axes always mean samples, then classes.
    squared : bool
        Whether the sizes are sums of squares.

    Raises
    ------
    TypeError
        If a sum is no number, array of numbers, or symbol.
    ValueError
        If the shapes differ or have more than two axes, if there are no classes, if a sum
        is negative or not finite, or if the intersection is larger than the mean of the
        two sizes, which no sets allow. The numbers on a graphics card are not looked at,
        and whether sizes allow the intersection only where NumPy has them.

    Notes
    -----
    Counts have 64 bits, but in JAX 32 unless `jax_enable_x64` is set. A sum that is too
    large for them is refused; under `jax.jit`, which shows no numbers, it wraps.

    Examples
    --------
    >>> whole = Overlap(intersection=2, prediction=3, target=2)
    >>> whole.dice()
    0.8
    >>> left, right = Overlap(1, 2, 1), Overlap(1, 1, 1)
    >>> left + right
    Overlap(intersection=2, prediction=3, target=2)
    """

    intersection: Any
    prediction: Any
    target: Any
    batched: bool = field(default=False, kw_only=True)
    squared: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        arrays.register_pytree(type(self), SUMS, FLAGS)
        for name in FLAGS:
            checks.flag(name, getattr(self, name))
        for name in SUMS:
            object.__setattr__(self, name, _frozen(name, getattr(self, name)))
            shape = arrays.shape(getattr(self, name))
            checks.same_shape(name, shape, self._shape, "that of intersection")
            if shape:
                arrays.same_library(name, getattr(self, name), "intersection", self.intersection)
        if len(shape) > 2 or (self.batched and not shape):
            raise ValueError(
                "intersection: expected shape (), (classes,), (samples,) with batched=True, or "
                f"(samples, classes), got {shape}"
            )
        object.__setattr__(self, "batched", self.batched or len(shape) == 2)
        if self._has_classes and shape[-1] == 0:
            raise ValueError(f"intersection: expected at least one class, got shape {shape}")
        if is_foreign(self.intersection):
            return
        # twice an integer may wrap
        i, p, g = (arrays.widest(getattr(self, name)) for name in SUMS)
        excess = 2 * i - (p + g) * (1 + ROUNDING)
        if isinstance(excess, (np.ndarray, Real)) and np.any(np.asarray(excess) > 0):
            raise ValueError(f"intersection: expected at most the mean of the sizes, got {self!r}")

    @classmethod
    def _trusted(cls, sums: Array, batched: bool, squared: bool) -> "Overlap":
        """Made of the package's own sums, which need no check: a small call is half as long."""
        if is_numpy(sums):
            sums.setflags(write=False)
        i, p, g = arrays.plain(sums[0, ...]), arrays.plain(sums[1, ...]), arrays.plain(sums[2, ...])
        arrays.register_pytree(cls, SUMS, FLAGS)
        made = object.__new__(cls)
        vars(made).update(intersection=i, prediction=p, target=g, batched=batched, squared=squared)
        return made

    def __repr__(self) -> str:
        shown = [f"{name}={_text(getattr(self, name))}" for name in SUMS]
        flags = [f"{name}=True" for name in FLAGS if getattr(self, name)]
        return f"Overlap({', '.join(shown + flags)})"

    def __add__(self, other: Any) -> "Overlap":
        if not isinstance(other, Overlap):
            return NotImplemented
        checks.same_shape("other", other._shape, self._shape, "that of the first")
        if self._shape:
            arrays.same_library("other", other.intersection, "the first", self.intersection)
        alike = len(self._shape) == 2 or self.batched == other.batched  # those of vmap do not say
        if not alike or self.squared != other.squared:
            raise ValueError(
                f"other: expected batched={self.batched} and squared={self.squared}, "
                f"got {other.batched} and {other.squared}"
            )
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in SUMS})

    def __reduce__(self) -> Any:
        """A copy is made like any other, so that its arrays cannot change either."""
        return partial(type(self), **vars(self)), ()

    def __radd__(self, other: Any) -> "Overlap":
        """``sum`` starts from 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Overlap):
            return NotImplemented
        if self._shape or other._shape:
            raise TypeError("Overlap of arrays has no ==: compare the three sums one by one")
        return vars(self) == vars(other)

    @property
    def _shape(self) -> tuple[int, ...]:
        return arrays.shape(self.intersection)

    @property
    def _has_classes(self) -> bool:
        return len(self._shape) > self.batched

    def dice(self, **reading: Unpack[Reading]) -> Any:
        r"""Dice coefficient, :math:`2I / (P + G)`.

        Parameters
        ----------
        average : {"macro", "micro", "weighted"} or None
            What to do with the classes. "macro" is the mean over the classes, "micro"
            adds the sums over the classes first, "weighted" weighs each class by the
            size of its target, or all alike where there is no target; samples are
            averaged after that. None keeps every score.
            An `empty` of NaN is left out of a mean; the mean of nothing is NaN.
        empty : float
            The score where the denominator is 0.
        eps_numerator, eps_denominator : float
            Added to the numerator, and to the denominator; none by default.
        include_background : bool
            False leaves out class 0.
        weights : array of shape (C,), optional
            Weights of the classes in the mean, with average="macro". They need not add up to 1.

        Returns
        -------
        float or array
            One number, unless `average` is None: then one for each entry of the sums.

        Raises
        ------
        ValueError
            If an option is not one of those above, or asks for classes that are not there.

        References
        ----------
        Dice, Measures of the Amount of Ecologic Association Between Species,
        Ecology 26(3):297-302, 1945.

        Examples
        --------
        >>> per_class = Overlap([1, 0, 1], [1, 1, 1], [1, 0, 2])
        >>> per_class.dice()
        array([1.        , 0.        , 0.66666667])
        >>> per_class.dice(average="micro")
        0.6666666666666666
        """
        return self.score(formulas.dice, **reading)

    def iou(self, **reading: Unpack[Reading]) -> Any:
        r"""Intersection over union, the Jaccard index, :math:`I / (P + G - I)`.

        The options, the value returned and the errors are those of `Overlap.dice`.

        Examples
        --------
        >>> Overlap(intersection=2, prediction=3, target=2).iou()
        0.6666666666666666
        """
        return self.score(formulas.iou, **reading)

    def tversky(
        self, *, false_positive_weight: Any, false_negative_weight: Any, **reading: Unpack[Reading]
    ) -> Any:
        r"""Tversky index, :math:`I / (I + a (P - I) + b (G - I))`.

        Parameters
        ----------
        false_positive_weight, false_negative_weight : float
            The weights a and b; a half each gives Dice, one each gives IoU.

        Notes
        -----
        The other options, the value returned and the errors are those of `Overlap.dice`.
        Sums of squares are refused: their index can exceed 1.

        References
        ----------
        Salehi, Erdogmus and Gholipour, Tversky loss function for image segmentation using
        3D fully convolutional deep networks, arXiv:1706.05721.

        Examples
        --------
        >>> errors = Overlap(intersection=2, prediction=3, target=2)
        >>> errors.tversky(false_positive_weight=0.5, false_negative_weight=0.5)
        0.8
        """
        if self.squared:
            raise ValueError("squared: expected plain sums for the Tversky index, got squares")
        a = self._factor("false_positive_weight", false_positive_weight)
        b = self._factor("false_negative_weight", false_negative_weight)
        weighted = partial(formulas.tversky, false_positive_weight=a, false_negative_weight=b)
        return self.score(weighted, **reading)

    def score(
        self,
        formula: Callable[..., formulas.Ratio],
        *,
        then: Callable[[Any], Any] | None = None,
        average: Average = None,
        empty: float = nan,
        eps_numerator: Any = 0,
        eps_denominator: Any = 0,
        include_background: bool = True,
        weights: Array | None = None,
    ) -> Any:
        """Any ratio of the three sums, guarded against 0/0, then averaged.

        Parameters
        ----------
        formula : callable
            Takes intersection, prediction and target; returns numerator and denominator,
            as those in `dice.formulas`.
        then : callable, optional
            Applied to each ratio before the mean, to make a loss of a score for instance.
            `empty` stands for its result where the denominator is 0.
        average, empty, eps_numerator, eps_denominator, include_background, weights
            As in `Overlap.dice`.

        Returns
        -------
        float or array
            As `Overlap.dice`.

        Raises
        ------
        ValueError
            As `Overlap.dice`.

        Examples
        --------
        >>> def precision(intersection, prediction, target):
        ...     return intersection, prediction
        >>> Overlap(intersection=2, prediction=4, target=2).score(precision)
        0.5
        """
        checks.option("average", average, ("macro", "micro", "weighted", None))
        checks.real("empty", empty)
        above = self._factor("eps_numerator", eps_numerator)
        below = self._factor("eps_denominator", eps_denominator)
        # counts too: an epsilon is a fraction
        sums = [arrays.widest(values) for values in self._sums(include_background)]
        if weights is not None:
            weights = self._class_weights(weights, average, include_background)
        if average == "micro" and self._has_classes:
            sums = [_sum_last(values) for values in sums]
        numerator, denominator = formula(*sums)
        scores = divide(_plus(numerator, above), _plus(denominator, below), empty, then)
        average_of = partial(mean, all_known=empty == empty)  # NaN is not
        if self._has_classes and average in ("macro", "weighted"):
            scores = average_of(scores, by_target(sums[2]) if average == "weighted" else weights)
        if average is not None and arrays.shape(scores):
            scores = average_of(scores)
        return arrays.plain(scores)

    def _sums(self, include_background: bool) -> list[Any]:
        """The three sums, of all classes or of those after the background."""
        checks.flag("include_background", include_background)
        sums = [getattr(self, name) for name in SUMS]
        if include_background:
            return sums
        if not self._has_classes or self._shape[-1] < 2:
            raise ValueError("include_background: expected at least two classes beside False")
        return [values[..., 1:] for values in sums]

    def _factor(self, name: str, value: Any) -> Any:
        value = checks.factor(name, value)
        if is_foreign(value):
            sums = arrays.array("intersection", self.intersection)
            arrays.same_library(name, value, "intersection", sums)
        return value

    def _class_weights(self, weights: Array, average: Average, background: bool) -> Array:
        if average != "macro" or not self._has_classes:
            raise ValueError(
                "weights: expected classes and average='macro' beside them, got "
                + (repr(average) if self._has_classes else "no classes")
            )
        values = arrays.array("weights", weights)
        checks.same_shape("weights", values.shape, self._shape[-1:], "one weight per class")
        values = checks.not_negative("weights", values)
        values = arrays.widest(values if background else values[1:])
        checks.some("weights", values)
        values = values / namespace(values).max(values)  # whose sum is neither too large nor 0
        return arrays.like("weights", values, self.intersection)


def overlap(
    prediction: Array,
    target: Array,
    *,
    num_classes: int | None = None,
    class_axis: int | None = None,
    batch_axis: int | None = None,
    mask: Array | None = None,
    ignore_index: int | None = None,
    squared: bool = False,
    intersection: Literal["product", "min"] = "product",
    check_values: bool = True,
) -> Overlap:
    r"""The three sums of a prediction and a target.

    From masks and class maps by counting, :math:`I = |P \cap G|`; from probabilities by
    adding, :math:`I = \sum_i p_i g_i`, :math:`P = \sum_i p_i`, :math:`G = \sum_i g_i`.
    Hard and soft Dice differ in nothing else.

    Parameters
    ----------
    prediction : array
        Floating-point: probabilities in [0, 1]. Bool, or integers 0 and 1: a mask, or
        with `class_axis` a mask per class. Integers with `num_classes`: a class map.
    target : array
        Of the prediction's shape. For probabilities with a class axis also an integer
        class map of that shape without the class axis; it is never one-hot encoded in
        full. Targets of probabilities may be probabilities too.
    num_classes : int, optional
        The number of classes of two class maps.
    class_axis : int, optional
        The axis of the prediction that counts classes. None means a single class.
    batch_axis : int, optional
        The axis of the prediction that counts samples, to keep their sums apart. None
        pools all samples.
    mask : bool array in the shape of a class map, optional
        The pixels that count.
    ignore_index : int, optional
        Pixels whose target has this value do not count.
    squared : bool
        Whether the sizes are :math:`\sum_i p_i^2` and :math:`\sum_i g_i^2`, the
        denominator of V-Net.
    intersection : {"product", "min"}
        "min" takes :math:`\sum_i \min(p_i, g_i)`, which for a soft target is largest
        where the prediction equals it.
    check_values : bool
        Whether to look at the values too: probabilities finite and in [0, 1], masks 0
        or 1, labels in range. Unlooked at, values that are not so give any number, or an
        error of the array library.

    Returns
    -------
    Overlap
        Sums of shape (), (C,), (B,) or (B, C): 64-bit integers for counts, double
        precision for probabilities. No pixels give zeros. A sum of probabilities that is
        below the normal numbers of their dtype counts as 0: one over it would overflow.

    Raises
    ------
    TypeError
        If a dtype is none of those above.
    ValueError
        If shapes differ, an axis does not exist, there are no classes, or a value is
        out of range.

    References
    ----------
    Milletari, Navab and Ahmadi, V-Net, arXiv:1606.04797 (squared sizes).
    Wang et al., Dice Semimetric Losses, arXiv:2303.16296 (soft targets).

    Examples
    --------
    >>> overlap([1, 0, 1, 1, 0, 0], [1, 0, 0, 1, 0, 0])
    Overlap(intersection=2, prediction=3, target=2)
    >>> overlap([[0, 1], [1, 1]], [[0, 1], [1, 2]], num_classes=3)
    Overlap(intersection=[1, 2, 0], prediction=[1, 3, 0], target=[1, 2, 1])
    >>> overlap([0.75, 0.25], [1, 0])
    Overlap(intersection=0.75, prediction=1.0, target=1.0)
    """
    inputs = arrange(
        prediction,
        target,
        num_classes=num_classes,
        class_axis=class_axis,
        batch_axis=batch_axis,
        mask=mask,
        ignore_index=ignore_index,
        squared=squared,
        intersection=intersection,
        check_values=check_values,
    )
    return measured(inputs)


def prepare(
    prediction: Array, target: Array, options: Any, *, soft: bool = True, **given: Any
) -> tuple[Inputs, dict[str, Any]]:
    """The checked inputs of `overlap`, and the caller's options that are for `Overlap.score`."""
    known, read = (SoftOptions, SoftReading) if soft else (Options, HardReading)
    for name in options:
        if name not in known.__annotations__:
            allowed = ", ".join(known.__annotations__)
            raise TypeError(
                f"unexpected keyword argument {name!r}: expected one that the signature names, "
                f"or one of {allowed}"
            )
    reading = {name: options.pop(name) for name in read.__annotations__.keys() & options.keys()}
    given.setdefault("name", "probabilities" if soft else "prediction")
    return arrange(prediction, target, soft=soft, **given, **options), reading


def measured(inputs: Inputs) -> Overlap:
    """The three sums of the inputs."""
    return as_overlap(three_sums(inputs), inputs)


def as_overlap(sums: Array, inputs: Inputs) -> Overlap:
    """The three sums, without the axes that the caller did not name."""
    if not inputs.has_classes:
        sums = sums[..., 0]
    if not inputs.has_samples:
        sums = sums[:, 0, ...]
    return Overlap._trusted(sums, inputs.has_samples, inputs.squared)


def confusion_matrix(
    prediction: Array, target: Array, *, num_classes: int, ignore_index: int | None = None
) -> Array:
    """How many pixels have target i and prediction j.

    The diagonal holds the intersections, the sum of a column is the size of the
    prediction, and the sum of a row is the size of the target.

    Parameters
    ----------
    prediction, target : integer arrays of equal shape
        Class maps with labels from 0 to `num_classes` - 1.
    num_classes : int
        The number of classes of the two maps.
    ignore_index : int, optional
        Pixels whose target has this value do not count.

    Returns
    -------
    int64 array of shape (C, C)
        Rows are targets, columns are predictions; zeros if there are no pixels.

    Raises
    ------
    TypeError
        If a class map does not hold integers.
    ValueError
        If the shapes differ or a label is out of range.

    Examples
    --------
    >>> confusion_matrix([[0, 1], [1, 1]], [[0, 1], [1, 2]], num_classes=3)
    array([[1, 0, 0],
           [0, 2, 0],
           [0, 1, 0]])
    """
    num_classes = checks.number_of_classes(num_classes)
    inputs = arrange(prediction, target, num_classes=num_classes, ignore_index=ignore_index)
    return confusion_counts(inputs)


def divide(
    numerator: Any, denominator: Any, empty: float, then: Callable[[Any], Any] | None = None
) -> Any:
    """The ratio, and `empty` where the denominator is 0; symbols divide as they are."""
    if not arrays.is_array(denominator):
        if denominator == 0:
            return float(empty)
        ratio = numerator / denominator
        return ratio if then is None else then(ratio)
    nothing = denominator == 0
    ratio = arrays.ratio(numerator, arrays.filled(denominator, nothing, 1.0))
    return arrays.filled(ratio if then is None else then(ratio), nothing, float(empty))


def by_target(sizes: Array, otherwise: Any = 1.0) -> Array:
    """Weights of the classes: the sizes of their targets, and `otherwise` if all are 0."""
    xp = namespace(sizes)
    nothing = xp.sum(sizes, axis=-1, keepdims=True) == 0
    return xp.where(nothing, otherwise, sizes)


def mean(scores: Array, weights: Array | None = None, *, all_known: bool) -> Any:
    """Mean over the last axis, weighted, without NaN; NaN where nothing is left."""
    if all_known and weights is None and scores.shape[-1]:
        return arrays.plain(_sum_last(scores)) / scores.shape[-1]
    xp = namespace(scores)
    counted = xp.astype(~xp.isnan(scores), scores.dtype)
    if weights is not None:
        counted = counted * xp.astype(weights, scores.dtype)
    kept = xp.where(counted > 0, scores, 0.0) * counted
    return divide(arrays.plain(_sum_last(kept)), arrays.plain(_sum_last(counted)), nan)


def dice_slopes(inputs: Inputs, **reading: Any) -> tuple[Array, Array]:
    """Derivatives of the Dice loss by the intersection and by the size of the prediction."""
    average, sums = reading["average"], three_sums(inputs)
    xp = namespace(sums)
    entries = weights = _slope_weights(sums, as_overlap(sums, inputs), reading)
    if average == "micro":
        sums = xp.sum(sums * weights, axis=-1, keepdims=True)
        entries = xp.ones_like(sums[0, ...])
    elif average == "weighted":
        entries = by_target(weights * sums[2, ...], weights)
    numerator, denominator = formulas.dice(sums[0, ...], sums[1, ...], sums[2, ...])
    numerator = numerator + reading.get("eps_numerator", 0)
    denominator = denominator + reading.get("eps_denominator", 0)
    score = divide(numerator, denominator, reading["empty"])  # all that matters: is it NaN?
    share = xp.where(xp.isnan(score), 0.0, entries)  # of each score in the mean
    share = divide(share, xp.sum(share, axis=-1, keepdims=True), 0)
    share = divide(share, xp.sum(share), 0)  # the samples that have a score count alike
    slope = divide(share, denominator, 0) * xp.astype(weights > 0, sums.dtype)
    return -2 * slope, xp.where(denominator == 0, 0.0, score) * slope


def _slope_weights(sums: Array, measured: Overlap, reading: dict[str, Any]) -> Array:
    """The weight of each class, 0 for a background that is left out."""
    measured.dice(**reading)  # checks the options, in the words of `dice_loss`
    xp = namespace(sums)
    background = reading.get("include_background", True)
    weights = xp.ones_like(xp.sum(sums[0, ...], axis=0))[0 if background else 1 :]
    if reading.get("weights") is not None:
        weights = measured._class_weights(reading["weights"], reading["average"], background)
    return weights if background else xp.concat([xp.zeros_like(weights[:1]), weights])


def _plus(value: Any, epsilon: Any) -> Any:
    return value if isinstance(epsilon, (int, float)) and epsilon == 0 else value + epsilon


def _sum_last(values: Array) -> Array:
    return np.add.reduce(values, -1) if is_numpy(values) else namespace(values).sum(values, axis=-1)


def _frozen(name: str, value: Any) -> Any:
    """A sum that cannot change: a Python number, a symbol, or a read-only array."""
    if is_foreign(value) and not arrays.readable_by_numpy(value):
        return checks.of_kind(name, value, "integer", "floating")  # a look would wait for a card
    if isinstance(value, (np.ndarray, np.generic, list, tuple)):
        value = arrays.array(name, value)
    checks.not_negative(name, value)
    if not is_numpy(value):
        return value
    counted = kind(name, value) == "integer"
    exact = value.astype(np.int64 if counted else np.float64)
    if counted and (exact != value).any():
        raise ValueError(f"{name}: expected counts of at most 63 bits, got {value}")
    exact.setflags(write=False)
    return arrays.plain(exact)


def _text(value: Any) -> str:
    return np.array2string(value, separator=", ") if isinstance(value, np.ndarray) else repr(value)
