"""Three sums, and what can be read off them: the one idea of the package."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import isnan, nan
from typing import Any, Unpack

from dice import formulas
from dice.engine import Pair, add_counts, add_pixels, arrange, arrays, checks
from dice.engine.arrays import Array, dot, namespace, total, zero_unless
from dice.options import Average, Counting, Form, MapCounting, Reading, SoftReading, Summing, split

SUMS, FLAGS = ("intersection", "prediction", "target"), ("batched", "squared")


@dataclass(frozen=True, repr=False)
class Overlap:
    """The three sums of a prediction and a target.

    Every overlap score is read off these sums, and the sums of two parts add up to the
    sums of the whole: ``a + b`` merges two parts of the *same* samples, such as tiles or
    machines, exactly for counts and within rounding for probabilities. ``sum(overlaps)``
    works. Other samples are not added but joined, by `Overlap.join`; without an axis of
    samples all are pooled, and then batches are parts too.

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
        for name in SUMS:
            object.__setattr__(self, name, arrays.as_sum(name, getattr(self, name)))
        two_axes = len(arrays.shape(self.intersection)) == 2
        object.__setattr__(self, "batched", bool(self.batched or two_axes))
        checks.sums(self, SUMS)

    @classmethod
    def unchecked(cls, sums: Iterable[Any], batched: bool, squared: bool) -> "Overlap":
        """Of sums that the package made itself, which need no look."""
        arrays.register_pytree(cls, SUMS, FLAGS)
        made = object.__new__(cls)
        vars(made).update(zip(SUMS, sums, strict=True), batched=batched, squared=squared)
        return made

    def __repr__(self) -> str:
        shown = [f"{name}={arrays.text(getattr(self, name))}" for name in SUMS]
        flags = [f"{name}=True" for name in FLAGS if getattr(self, name)]
        return f"Overlap({', '.join(shown + flags)})"

    def __add__(self, other: Any) -> "Overlap":
        """Merge two parts of the same samples; a ValueError if shapes or forms differ.

        Two batches of equal size, each with an axis of samples, are other samples, which
        the sums cannot tell: `Overlap.join` keeps them apart.
        """
        if not isinstance(other, Overlap):
            return NotImplemented
        checks.mergeable(self, other)
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in SUMS})

    def __radd__(self, other: Any) -> "Overlap":
        """``sum`` starts from 0."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    @classmethod
    def join(cls, overlaps: Iterable["Overlap"]) -> "Overlap":
        """The samples of several overlaps, one after the other.

        ``a + b`` merges parts of the same samples; other samples are joined. One without an
        axis of samples is one sample.

        Parameters
        ----------
        overlaps : iterable of Overlap
            At least one, all with the same classes.

        Returns
        -------
        Overlap
            Sums of shape (B,) or (B, C), where B counts the samples of all.

        Raises
        ------
        ValueError
            If there is none, or their classes or forms differ.

        Examples
        --------
        Two batches of two images; in each, one object is found and one missed:

        >>> first = Overlap([1, 0], [1, 50], [1, 50], batched=True)
        >>> second = Overlap([0, 1], [50, 1], [50, 1], batched=True)
        >>> Overlap.join([first, second]).dice(average="macro")
        0.5

        Added, they are taken for parts of the same two images:

        >>> round((first + second).dice(average="macro"), 4)
        0.0196
        """
        one = lambda value: arrays.array("sum", value)[None, ...]  # noqa: E731
        each = [o if o.batched else replace(o.map(one), batched=True) for o in overlaps]
        checks.expect(each, "overlaps", "at least one", "none")
        sum(o.map(lambda v: v[:1, ...]) for o in each)  # what merges is alike
        xp = namespace(each[0].target)
        sums = [xp.concat([getattr(o, name) for o in each]) for name in SUMS]
        return cls.unchecked(sums, True, each[0].squared)

    def map(self, function: Callable[[Any], Any]) -> "Overlap":
        """The same function of all three sums."""
        sums = [function(getattr(self, name)) for name in SUMS]
        return self.unchecked(sums, self.batched, self.squared)

    @property
    def has_classes(self) -> bool:
        """Whether the last axis counts classes."""
        return len(arrays.shape(self.target)) > self.batched

    def dice(self, **reading: Unpack[Reading]) -> Any:
        r"""Dice coefficient, :math:`2I / (P + G)`.

        Parameters
        ----------
        average : {"macro", "micro", "weighted"} or None
            What to do with the classes; None, the default here, keeps them, and the samples
            too. "macro" is the mean over the classes, "micro"
            adds the sums over the classes first, "weighted" weighs each class by the
            size of its target, or all alike where there is no target; samples are
            averaged after that.
            An `empty` of NaN is left out of a mean; the mean of nothing is NaN.
        empty : float
            The score where the denominator is 0: NaN by default.
        eps_numerator, eps_denominator : float
            Added to the numerator, and to the denominator; 0 by default.
        include_background : bool
            False leaves class 0 out of the mean; its pixels count still, for the other
            classes. Pixels are left out by `ignore_index` of `overlap`.
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
        checks.expect(not self.squared, "squared", "plain sums for the Tversky index", "squares")
        a = checks.factor("false_positive_weight", false_positive_weight)
        b = checks.factor("false_negative_weight", false_negative_weight)
        return self.score(lambda i, p, g: formulas.tversky(i, p, g, a, b), **reading)

    def score(
        self,
        formula: Callable[..., formulas.Ratio],
        *,
        then: Callable[[Any], Any] | None = None,
        average: Average = None,
        empty: float = nan,
        **options: Any,
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
        (options,) = split(options, SoftReading)
        checks.real("empty", empty)
        numerator, denominator, weights = self.fraction(formula, average, **options)
        scores = divide(numerator, denominator, empty, then)
        if average is not None and len(arrays.shape(scores)) > self.batched:
            scores = mean(scores, weigh(scores, weights, empty))  # over the classes
        if average is not None and arrays.shape(scores):
            scores = mean(scores, weigh(scores, None, empty))  # over the samples
        return arrays.python_number(scores)

    def fraction(
        self,
        formula: Callable[..., formulas.Ratio],
        average: Average,
        *,
        eps_numerator: Any = 0,
        eps_denominator: Any = 0,
        include_background: bool = True,
        weights: Array | None = None,
    ) -> tuple[Any, Any, Array | None]:
        """Numerators, denominators, and the weights of the classes in a mean (None: all alike)."""
        checks.averaging(self, average, include_background)
        eps_numerator = checks.factor("eps_numerator", eps_numerator)
        eps_denominator = checks.factor("eps_denominator", eps_denominator)
        if weights is not None:
            weights = checks.class_weights(weights, average, self, include_background)
        sums = self.map(arrays.as_double)
        if not include_background:
            sums = sums.map(lambda values: values[..., 1:])
        if average == "weighted" and self.has_classes:
            nothing = total(sums.target)[..., None] == 0
            weights = namespace(sums.target).where(nothing, 1.0, sums.target)
        if average == "micro" and self.has_classes:
            sums = sums.map(total)
        numerator, denominator = formula(sums.intersection, sums.prediction, sums.target)
        return numerator + eps_numerator, denominator + eps_denominator, weights


def divide(
    numerator: Any, denominator: Any, empty: float, then: Callable[[Any], Any] | None = None
) -> Any:
    """The ratio, and `empty` where the denominator is 0; symbols divide as they are."""
    then = then or (lambda ratio: ratio)
    if not arrays.is_array(denominator):
        return float(empty) if denominator == 0 else then(numerator / denominator)
    xp, nothing = namespace(denominator), denominator == 0
    return xp.where(nothing, float(empty), then(numerator / xp.where(nothing, 1.0, denominator)))


def weigh(scores: Array, weights: Array | None, empty: float) -> Array:
    """The weights, one for each score; 0 for those that are NaN where `empty` is."""
    xp = namespace(scores)
    weights = xp.ones_like(scores) if weights is None else xp.zeros_like(scores) + weights
    return xp.where(xp.isnan(scores), 0.0, weights) if isnan(empty) else weights


def mean(scores: Array, weights: Array) -> Array:
    """The weighted mean over the last axis; NaN where nothing counts."""
    xp = namespace(scores)
    kept = xp.where(weights > 0, scores, 0.0)  # 0 times NaN is NaN
    return divide(xp.sum(kept * weights, axis=-1), xp.sum(weights, axis=-1), nan)


def overlap(prediction: Array, target: Array, **options: Unpack[Summing]) -> Overlap:
    r"""The three sums of a prediction and a target.

    From masks and class maps by counting, :math:`I = |P \cap G|`; from probabilities by
    adding, :math:`I = \sum_i p_i g_i`, :math:`P = \sum_i p_i`, :math:`G = \sum_i g_i`.
    Masks are added as probabilities are; hard and soft Dice differ in nothing but rounding.

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
        The pixels that count. Where a class is not annotated in a whole sample, keep the
        samples apart, take ``average=None``, and leave its score out of the mean.
    ignore_index : int, optional
        Pixels whose target has this value do not count: no statement about a class. To
        leave a class out of a mean is `include_background` of `Overlap.dice`. With
        ``ignore_index=0`` the false alarms in the background are not seen: 50 predicted
        pixels that cover all 10 of the target have an IoU of 1, their recall, not 0.2.
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
        precision for probabilities. No pixels give zeros. Sums of probabilities below 1e-19
        in single precision (1e-154 in double) count as 0, as derivatives would overflow.

    Raises
    ------
    TypeError
        If a dtype is none of those above.
    ValueError
        If shapes differ, an axis does not exist, there are no classes, or a value is
        out of range.

    Notes
    -----
    A probability may leave [0, 1] by 16 machine epsilons of its type, as a sum or an
    interpolation of probabilities may; it is added as it is. Arrays have no orientation: of
    two volumes of equal shape, one flipped or transposed, the sums are those of other sets.

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
    counting, form = split(options, MapCounting, Form)
    pair = arrange("prediction", prediction, target, **counting)
    form = sum_form(pair, **form)
    return as_overlap(add_up(pair, form), pair, form)


def soft_pair(
    probabilities: Array, target: Array, options: Any
) -> tuple[Pair, dict[str, Any], dict[str, Any]]:
    """The pair, how it is added, and the options that are about reading a score."""
    counting, form, reading = split(options, Counting, Form, SoftReading)
    pair = arrange("probabilities", probabilities, target, **counting)
    return pair, sum_form(pair, **form), reading


def soft_overlap(*arguments: Any) -> tuple[Overlap, dict[str, Any]]:
    """The sums of probabilities, and the options that are about reading a score."""
    pair, form, reading = soft_pair(*arguments)
    return as_overlap(add_up(pair, form), pair, form), reading


def sum_form(pair: Pair, squared: bool = False, intersection: str = "product") -> dict[str, Any]:
    """How to add: for a target of 0 and 1, min(p, g) is p g, whose slope at p = 1 is not lost."""
    checks.option("intersection", intersection, "product", "min")
    squared_minimum = squared and intersection == "min"
    checks.expect(not squared_minimum, "squared", "False beside intersection='min'", True)
    product = intersection == "product" or not pair.soft_target
    return {"squared": squared, "intersection": "product" if product else "min"}


def add_up(pair: Pair, form: dict[str, Any]) -> Sequence[Array]:
    """The three sums (samples, classes): off a table of labels, or by adding pixels."""
    if pair.target_is_map and not pair.soft:
        return add_counts(sums_of_table, pair)
    return add_pixels(partial(three_sums, **form), pair)


def three_sums(
    p: Array, g: Array, keep: Array | None, squared: bool, intersection: str
) -> tuple[Array, Array, Array]:
    """I, P and G: sums over the pixels, the last axis. Those that do not count are 0 already."""
    shared = dot(p, g) if intersection == "product" else total(arrays.minimum(p, g))
    return (shared, dot(p, p), dot(g, g)) if squared else (shared, total(p), total(g))


def three_slopes(
    p: Array, g: Array, keep: Array | None, *by_sums: Array, squared: bool, intersection: str
) -> Array:
    """The chain rule, dL/dI dI/dp + dL/dP dP/dp, at each pixel; of G no p is a part."""
    by_shared, by_size = (arrays.as_type_of(p, by)[..., None] for by in by_sums)
    of_shared = arrays.as_type_of(p, p < g) if intersection == "min" else g
    of_size = 2 * p if squared else 1
    return zero_unless(keep, by_shared * of_shared + by_size * of_size)


def sums_of_table(table: Array) -> tuple[Array, Array, Array]:
    """Of counts (samples, targets, predictions): the diagonal, the columns, the rows."""
    xp, classes = namespace(table), table.shape[-1]
    diagonal = xp.reshape(table, (-1, classes**2))[:, :: classes + 1]
    return diagonal, xp.sum(table, axis=1), xp.sum(table, axis=2)


def as_overlap(sums: Sequence[Array], pair: Pair, form: dict[str, Any]) -> Overlap:
    """Sums (samples, classes), without the axes that the caller did not name."""
    return Overlap.unchecked(map(pair.in_named_axes, sums), pair.has_samples, form["squared"])


def confusion_matrix(
    prediction: Array, target: Array, *, num_classes: int, ignore_index: int | None = None
) -> Array:
    """How many pixels have target i and prediction j; the prediction comes first here.

    scikit-learn's function of this name takes the target first, and gives the same matrix
    then. The diagonal holds the intersections, the sum of a column is the size of the
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
    checks.classes(num_classes)
    maps: MapCounting = {"num_classes": num_classes, "ignore_index": ignore_index}
    pair = arrange("prediction", prediction, target, **maps)
    rows = add_counts(lambda table: [table[:, i, :] for i in range(num_classes)], pair)
    return namespace(rows[0]).stack(rows, axis=1)[0, ...]
