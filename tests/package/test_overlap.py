"""The three sums: how they are made, merged and read."""

import copy
import pickle
from dataclasses import FrozenInstanceError, fields
from functools import reduce
from inspect import signature
from math import inf

import numpy as np
import pytest
import sympy as sp

from dice import (
    Overlap,
    confusion_matrix,
    dice_ce_loss,
    dice_loss_gradient,
    dice_score,
    overlap,
)
from dice.engine import arrays, checks, pieces

RNG = np.random.default_rng(0)


def sums_of(overlap):
    return np.array([overlap.intersection, overlap.prediction, overlap.target])


# Made


def test_as_many_classes_as_allowed():
    last = 2**12 - 1
    found = overlap([0, last], [last, last], num_classes=last + 1)
    assert [values[last] for values in sums_of(found)] == [1, 1, 2]
    assert sums_of(found).sum() == 5


@pytest.mark.practice
@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.int64, np.uint64])
def test_masks_are_counted(dtype):
    p, g = RNG.integers(0, 2, (2, 7, 9))
    expected = Overlap(int((p & g).sum()), int(p.sum()), int(g.sum()))
    assert overlap(p.astype(dtype), g.astype(dtype)) == expected


@pytest.mark.practice
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64])
@pytest.mark.parametrize("smooth", [True, False])
def test_class_maps_are_counted(dtype, smooth):
    p, g = RNG.integers(0, 5, (2, 51, 51))  # an odd number: one is left when two are packed
    if smooth:
        p, g = (np.repeat(a, 21, axis=1) for a in (p, g))
    found = overlap(p.astype(dtype), g.astype(dtype), num_classes=5)
    expected = [[np.sum((p == c) & (g == c)), np.sum(p == c), np.sum(g == c)] for c in range(5)]
    assert sums_of(found).T.tolist() == expected
    assert found.intersection.dtype == np.int64


@pytest.mark.practice
@pytest.mark.parametrize("class_axis", [0, 1, -1])
def test_masks_per_class(class_axis):
    p, g = RNG.integers(0, 2, (2, 3, 6, 8))
    found = overlap(
        np.moveaxis(p, 0, class_axis), np.moveaxis(g, 0, class_axis), class_axis=class_axis
    )
    assert found.intersection.tolist() == (p & g).sum((1, 2)).tolist()
    assert found.prediction.tolist() == p.sum((1, 2)).tolist()


SOFT = {
    "product": lambda p, g: (p * g, p, g),
    "min": lambda p, g: (np.minimum(p, g), p, g),
    "squared": lambda p, g: (p * g, p**2, g**2),
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("variant", SOFT)
def test_probabilities_are_added(dtype, variant):
    p, g = RNG.random((2, 3, 20, 30)).astype(dtype)
    option = {"squared": True} if variant == "squared" else {"intersection": variant}
    found = overlap(p, g, class_axis=0, **option)
    terms = SOFT[variant](p.astype(np.float64), g.astype(np.float64))
    expected = [term.sum((1, 2)) for term in terms]
    np.testing.assert_allclose(
        sums_of(found), expected, rtol=1e-15 if dtype is np.float64 else 1e-6
    )
    assert found.intersection.dtype == np.float64


@pytest.mark.practice
def test_probabilities_of_a_mask_are_added():
    p, g = RNG.random(40), RNG.integers(0, 2, 40)
    np.testing.assert_allclose(sums_of(overlap(p, g)), [(p * g).sum(), p.sum(), g.sum()])


def test_a_soft_target_keeps_its_precision():
    found = overlap(np.float32([0.5, 0.5]), np.array([0.1, 0.3]))
    assert (found.target, found.intersection) == (0.1 + 0.3, 0.5 * 0.1 + 0.5 * 0.3)


def test_a_class_map_is_the_same_target_as_its_masks():
    p, labels = RNG.random((2, 4, 5, 6)), RNG.integers(0, 4, (2, 5, 6))
    masks = np.stack([labels == c for c in range(4)], axis=1)
    by_map = overlap(p, labels, class_axis=1, batch_axis=0)
    by_masks = overlap(p, masks, class_axis=1, batch_axis=0)
    np.testing.assert_array_equal(sums_of(by_map), sums_of(by_masks))


@pytest.mark.parametrize("axes", [(0, 1), (1, 0), (-1, 0), (2, -1)])
def test_axes_may_stand_anywhere(axes):
    class_axis, batch_axis = axes
    p, g = RNG.random((2, 3, 4, 5, 6))  # classes, samples, rows, columns
    expected = overlap(p, g, class_axis=0, batch_axis=1)
    moved = [np.moveaxis(a, (0, 1), (class_axis, batch_axis)) for a in (p, g)]
    found = overlap(*moved, class_axis=class_axis, batch_axis=batch_axis)
    assert found.intersection.shape == (4, 3)
    np.testing.assert_allclose(sums_of(found), sums_of(expected), rtol=1e-15)


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, ()),
        ({"class_axis": 1}, (3,)),
        ({"batch_axis": 0}, (2,)),
        ({"class_axis": 1, "batch_axis": 0}, (2, 3)),
    ],
)
def test_shape_of_the_sums(options, shape):
    p, g = RNG.random((2, 2, 3, 4))
    for prediction, target in [(p, g), (p > 0.5, g > 0.5)]:
        found = overlap(prediction, target, **options)
        assert np.shape(found.intersection) == shape
        assert found.batched == ("batch_axis" in options)


def test_class_maps_of_a_batch():
    p, g = RNG.integers(0, 3, (2, 2, 5, 5))
    found = overlap(p, g, num_classes=3, batch_axis=0)
    each = [overlap(a, b, num_classes=3) for a, b in zip(p, g, strict=True)]
    assert found.intersection.tolist() == [o.intersection.tolist() for o in each]


def test_dropped_pixels_are_out_of_all_three_sums():
    p, g = RNG.integers(0, 3, (2, 6, 7))
    ignored = RNG.random((6, 7)) < 0.3
    with_label = np.where(ignored, 255, g)
    kept = overlap(p[~ignored], g[~ignored], num_classes=3)
    for found in [
        overlap(p, g, num_classes=3, mask=~ignored),
        overlap(p, with_label, num_classes=3, ignore_index=255),
        overlap(p, with_label, num_classes=3, ignore_index=255, mask=np.ones((6, 7), bool)),
    ]:
        assert sums_of(found).tolist() == sums_of(kept).tolist()


def test_nothing_looks_at_the_values_of_dropped_pixels():
    p = np.array([0.5, np.nan, 7.0])
    assert overlap(p, [1, 0, 0], mask=[True, False, False]) == Overlap(0.5, 0.5, 1.0)
    assert overlap([1, 1], np.array([1, 255]), ignore_index=255) == Overlap(1, 1, 1)


def test_ignore_index_of_soft_targets():
    p = RNG.random((3, 8))
    labels = np.array([0, 1, 2, -1, -1, 0, 1, 2])
    found = overlap(p, labels, class_axis=0, ignore_index=-1)
    expected = overlap(p[:, labels >= 0], labels[labels >= 0], class_axis=0)
    np.testing.assert_allclose(sums_of(found), sums_of(expected))


@pytest.mark.parametrize("shape", [(0,), (4, 0), (0, 3, 5)])
def test_no_pixels_give_zeros(shape):
    empty = np.zeros(shape, int)
    assert overlap(empty, empty) == Overlap(0, 0, 0)
    assert sums_of(overlap(empty, empty, num_classes=2)).tolist() == [[0, 0]] * 3
    soft = np.zeros((2, *shape))
    assert sums_of(overlap(soft, empty, class_axis=0)).tolist() == [[0, 0]] * 3


def test_what_numpy_can_read_is_read():
    """Such as a column of a table, which has a dtype and is no array."""

    class Column:
        dtype = np.dtype(int)

        def __array__(self, *_, **__):
            return np.array([1, 0, 1])

    assert overlap(Column(), [1, 1, 0]) == Overlap(1, 2, 2)


def test_memory_layout_does_not_matter():
    p, g = RNG.random((2, 3, 40, 50))
    g = (g > 0.5).astype(np.uint8)
    expected = sums_of(overlap(p, g, class_axis=0))
    for change in (np.asfortranarray, lambda a: a[:, ::-1], lambda a: np.repeat(a, 2, 1)[:, ::2]):
        found = sums_of(overlap(change(p), change(g), class_axis=0))
        np.testing.assert_allclose(found, expected, rtol=1e-14)
    p.setflags(write=False)
    assert sums_of(overlap(p, g, class_axis=0)).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("shape", "number"),
    [((2, 3), 1), ((1, 1, 7), 2), ((1, 1, 1, 9), 3), ((2, 3, 5, 50), 10), ((1, 2, 3, 2), 3),
     ((1, 4, 0), 1), ((1, 1, 3, 4), 3)],
)  # fmt: skip
def test_pieces_hold_each_number_once(monkeypatch, shape, number):
    monkeypatch.setattr(pieces, "PIECE", 128 if len(shape) == 4 and shape[0] == 2 else 4)
    values = np.arange(np.prod(shape)).reshape(shape)
    found = [piece for piece, _ in pieces.pieces([values, values[:, :1]])]
    assert sorted(n for piece in found for n in piece.ravel()) == values.ravel().tolist()
    assert len(found) == number


def test_pieces_do_not_change_the_sums(monkeypatch):
    p, g = RNG.random((3, 50, 60)), RNG.integers(0, 3, (50, 60))
    whole = sums_of(overlap(p, g, class_axis=0))
    counts = confusion_matrix(p.argmax(0), g, num_classes=3)
    monkeypatch.setattr(pieces, "PIECE", 100)
    np.testing.assert_allclose(sums_of(overlap(p, g, class_axis=0)), whole, rtol=1e-14)
    assert (confusion_matrix(p.argmax(0), g, num_classes=3) == counts).all()


def test_single_precision_inside_a_block_only():
    """One long float32 sum of ones would stop at 16,777,216."""
    n = 2**24 + 100
    ones = np.broadcast_to(np.float32(1), (n,))
    assert overlap(ones, ones) == Overlap(float(n), float(n), float(n))


def test_confusion_matrix():
    p, g = RNG.integers(0, 4, (2, 30, 30))
    expected = np.zeros((4, 4), int)
    np.add.at(expected, (g, p), 1)
    found = confusion_matrix(p, g, num_classes=4)
    assert (found == expected).all()
    sums = overlap(p, g, num_classes=4)
    assert (found.sum(0) == sums.prediction).all()
    assert (found.sum(1) == sums.target).all()
    ignored = confusion_matrix(p, np.where(g == 3, 255, g), num_classes=4, ignore_index=255)
    assert (ignored[:3] == expected[:3]).all()
    assert not ignored[3].any()


# Samples are joined, parts are added


def test_join_keeps_every_sample():
    p, g = np.arange(60).reshape(5, 3, 4) % 2, np.arange(60).reshape(5, 3, 4) % 3 % 2
    options = {"class_axis": 1, "batch_axis": 0}
    whole = overlap(p, g, **options)
    parts = [overlap(p[a:b], g[a:b], **options) for a, b in ((0, 2), (2, 4), (4, 5))]
    joined = Overlap.join(parts)
    assert repr(joined) == repr(whole)
    assert joined.dice(average="macro") == whole.dice(average="macro")
    one = overlap(p[4], g[4], class_axis=0)  # a sample without an axis of samples
    assert repr(Overlap.join([*parts[:2], one])) == repr(whole)
    assert repr(Overlap.join(iter([one]))) == repr(parts[2])


def test_join_keeps_the_form():
    squares = [Overlap(1, 2, 2, squared=True), Overlap(0, 1, 1, squared=True)]
    joined = Overlap.join(squares)
    assert joined.squared and joined.batched and joined.dice().tolist() == [0.5, 0]
    assert not Overlap.join([Overlap(1, 1, 1)]).squared


@pytest.mark.parametrize("pixels", [0, 1, 31, 32, 33, 4099, 2**17 + 1])
@pytest.mark.parametrize("kinds", [2, 3, 5, 10, 17, 128, 129, 257])
def test_packed_codes_count_as_they_are(kinds, pixels):
    codes = np.random.default_rng(pixels).integers(0, kinds, pixels)
    codes = codes.astype(np.min_scalar_type(kinds - 1))
    found = arrays.bincount(np.stack([codes, codes[::-1] * 0]), kinds)
    assert found.dtype == np.int64 and found.shape == (2, kinds)
    assert found[0].tolist() == [int((codes == kind).sum()) for kind in range(kinds)]
    assert found[1].tolist() == [pixels] + [0] * (kinds - 1)


def test_class_maps_are_counted_by_their_codes(spied):
    overlap([[0, 1, 2]], [[0, 2, 2]], num_classes=3)
    assert [codes.tolist() for codes in spied] == [[1, 8, 9]]


def test_values_of_two_losses_are_checked_once(monkeypatch):
    found, check = [], checks.values
    monkeypatch.setattr(checks, "values", lambda *given: found.append(given) or check(*given))
    dice_ce_loss(np.zeros((2, 3)), np.array([0, 1, 1], np.uint8), class_axis=0)
    assert len(found) == 1


@pytest.fixture
def spied(monkeypatch):
    """The arrays of codes that NumPy counts."""
    codes, count = [], np.bincount

    def bincount(values, *weights, **options):
        codes.append(values)
        return count(values, *weights, **options)

    monkeypatch.setattr(np, "bincount", bincount)
    return codes


# Merged


@pytest.mark.practice
def test_parts_add_up_to_the_whole():
    p, g = RNG.integers(0, 3, (2, 60))
    tiles = np.array_split(np.arange(60), [7, 20, 20, 41])
    parts = [overlap(p[tile], g[tile], num_classes=3) for tile in tiles]
    whole = overlap(p, g, num_classes=3)
    for merged in (sum(parts), reduce(lambda a, b: a + b, parts)):
        assert sums_of(merged).tolist() == sums_of(whole).tolist()
        np.testing.assert_allclose(merged.dice(), whole.dice(), rtol=1e-14)


def test_merging_refuses_what_does_not_fit():
    scalar, per_class = Overlap(1, 1, 1), Overlap([1, 2], [1, 2], [1, 2])
    with pytest.raises(ValueError, match="other: expected shape"):
        scalar + per_class
    with pytest.raises(ValueError, match="other: expected batched=False"):
        per_class + Overlap([1, 2], [1, 2], [1, 2], batched=True)
    with pytest.raises(ValueError, match="squared=False"):
        scalar + Overlap(1, 1, 1, squared=True)
    for other in (1, None, "1"):
        with pytest.raises(TypeError):
            scalar + other
        with pytest.raises(TypeError):
            other + scalar


def test_the_signature_names_the_sums():
    assert [*signature(Overlap).parameters] == [field.name for field in fields(Overlap)]


def test_flags_are_named():
    with pytest.raises(TypeError, match="positional"):
        Overlap([1], [1], [1], True)


def test_an_overlap_cannot_change():
    counts = np.array([1, 2])
    sums = Overlap(counts, counts, counts)
    counts[0] = 9
    assert sums.intersection.tolist() == [1, 2]
    with pytest.raises(FrozenInstanceError):
        sums.intersection = 3


@pytest.mark.parametrize("kind", [float, np.array, np.atleast_1d, sp.Float])
def test_an_intersection_is_at_most_the_mean_of_the_sizes(kind):
    Overlap(kind(2.001), kind(1.0), kind(3.0))  # rounding
    with pytest.raises(ValueError, match="expected at most the mean of the sizes"):
        Overlap(kind(2.003), kind(1.0), kind(3.0))


def test_equality_is_for_numbers():
    assert Overlap(1, 2, 3) == Overlap(1.0, 2, 3)
    assert Overlap(1, 2, 3) != Overlap(1, 2, 4)
    assert Overlap(1, 2, 2) != Overlap(1, 2, 2, squared=True)
    assert Overlap(1, 2, 3) != (1, 2, 3)
    with pytest.raises(ValueError, match="ambiguous"):
        Overlap([1, 2], [1, 2], [1, 2]) == Overlap([1, 2], [1, 2], [1, 2])  # noqa: B015


def test_repr_can_be_read():
    assert repr(Overlap(2, 3, 2)) == "Overlap(intersection=2, prediction=3, target=2)"
    batch = Overlap([1, 0], [2, 1], [1, 0], batched=True, squared=True)
    assert repr(batch) == (
        "Overlap(intersection=[1, 0], prediction=[2, 1], target=[1, 0], batched=True, squared=True)"
    )


# Read


def test_formulas_are_the_definitions():
    sums = Overlap(3, 7, 5)
    assert sums.dice() == 2 * 3 / (7 + 5)
    assert sums.iou() == 3 / (7 + 5 - 3)
    found = sums.tversky(false_positive_weight=0.3, false_negative_weight=0.7)
    assert found == pytest.approx(3 / (3 + 0.3 * 4 + 0.7 * 2))
    assert sums.dice(eps_numerator=2, eps_denominator=3) == (6 + 2) / (12 + 3)
    assert sums.iou(eps_numerator=2, eps_denominator=3) == (3 + 2) / (9 + 3)


def test_symbols_pass_through():
    i, p, g, e, a, b = sp.symbols("i p g e a b", positive=True)
    sums = Overlap(i, p, g)
    assert sums.dice(eps_denominator=e) == 2 * i / (p + g + e)
    assert sums.iou() == i / (p + g - i)
    tversky = sums.tversky(false_positive_weight=a, false_negative_weight=b)
    assert sp.simplify(tversky - i / (i + a * (p - i) + b * (g - i))) == 0
    half = {a: sp.Rational(1, 2), b: sp.Rational(1, 2)}
    assert sp.simplify(tversky.subs(half) - sums.dice()) == 0
    assert sp.simplify((sums + sums).dice() - sums.dice()) == 0


def test_symbols_with_an_index_pass_through():
    p, g, c = sp.IndexedBase("p"), sp.IndexedBase("g"), sp.Symbol("c")
    sums = Overlap(p[0, c] * g[0, c], p[0, c], g[0, c])  # p[0, c] has no shape, and says so
    assert sums.dice() == 2 * p[0, c] * g[0, c] / (p[0, c] + g[0, c])
    assert sums.score(lambda i, p, g: (i, g)) == p[0, c]


@pytest.mark.practice(score=["dice"])
@pytest.mark.parametrize("score", ["dice", "iou"])
def test_empty_sets(score):
    both, target, prediction = Overlap(0, 0, 0), Overlap(0, 3, 0), Overlap(0, 0, 3)
    assert np.isnan(getattr(both, score)())
    assert getattr(both, score)(empty=0.25) == 0.25
    assert getattr(target, score)() == getattr(prediction, score)() == 0
    several = Overlap([0, 0, 1], [0, 3, 1], [0, 0, 1])
    np.testing.assert_array_equal(getattr(several, score)(), [np.nan, 0, 1])
    assert getattr(several, score)(average="macro") == 0.5


def test_epsilon_in_either_place_decides_the_empty_case():
    both = Overlap(0, 0, 0)
    assert both.dice(eps_denominator=1e-6) == 0
    assert both.dice(eps_numerator=1e-6, eps_denominator=1e-6) == 1


@pytest.mark.practice
def test_averages_are_what_they_say():
    i, p, g = np.array([2, 0, 1]), np.array([3, 2, 1]), np.array([2, 0, 4])
    sums, each = Overlap(i, p, g), 2 * i / (p + g)
    assert sums.dice(average="macro") == pytest.approx(each.mean())
    assert sums.dice(average="micro") == pytest.approx(2 * i.sum() / (p.sum() + g.sum()))
    assert sums.dice(average="weighted") == pytest.approx((each * g).sum() / g.sum())


def test_averages_with_weights_or_without_background():
    i, p, g = np.array([2, 0, 1]), np.array([3, 2, 1]), np.array([2, 0, 4])
    sums, each = Overlap(i, p, g), 2 * i / (p + g)
    weighted = sums.dice(average="macro", weights=[1, 2, 5])
    assert weighted == pytest.approx((each * [1, 2, 5]).sum() / 8)
    assert sums.dice(average="macro", include_background=False) == pytest.approx(each[1:].mean())
    without = sums.dice(average="macro", weights=[9, 1, 3], include_background=False)
    assert without == pytest.approx((each[1] + 3 * each[2]) / 4)
    micro = sums.dice(average="micro", include_background=False)
    assert micro == pytest.approx(2 * i[1:].sum() / (p[1:].sum() + g[1:].sum()))


def test_averages_take_classes_first_then_samples():
    i = np.array([[1, 1], [0, 0]])
    p = np.array([[1, 3], [0, 1]])
    sums = Overlap(i, p, i)
    assert sums.batched
    assert sums.dice(average="macro") == pytest.approx(((1 + 0.5) / 2 + 0) / 2)
    assert sums.dice(average="micro") == pytest.approx((4 / 6 + 0) / 2)
    assert Overlap([1, 0], [1, 0], [1, 0], batched=True).dice(average="micro") == 1


def test_a_mean_of_nothing_is_nan():
    nothing = Overlap([0, 0], [0, 0], [0, 0])
    for average in ("macro", "micro", "weighted"):
        assert np.isnan(nothing.dice(average=average))
    assert np.isnan(Overlap([0, 0], [0, 0], [0, 0], batched=True).dice(average="macro"))


def test_python_numbers_come_back():
    assert type(Overlap(np.int64(1), np.int64(2), np.int64(2)).intersection) is int
    assert type(overlap([1, 0], [1, 0]).prediction) is int
    assert type(overlap([0.5], [1]).prediction) is float
    assert type(Overlap([1, 2], [1, 2], [1, 2]).dice(average="macro")) is float


def test_counts_up_to_62_bits():
    most = Overlap([2**62], [2**62], [2**62])
    assert most.dice().tolist() == [1]
    with pytest.raises(ValueError, match="expected finite, not negative"):
        most + most


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1, 1e300, 1.7e308])
def test_weights_of_any_size(size):
    """They need not add up to 1, nor to a number that there is."""
    weights = size * np.array([1.0, 1, 0])
    assert Overlap([1, 0, 9], [1, 1, 9], [1, 1, 9]).dice(average="macro", weights=weights) == 0.5


def test_a_copy_is_the_same():
    one, many = Overlap(1, 2, 3, squared=True), Overlap([1, 2], [3, 4], [5, 6], batched=True)
    for made_again in (copy.copy, copy.deepcopy, lambda sums: pickle.loads(pickle.dumps(sums))):
        assert made_again(one) == one
        assert repr(made_again(many)) == repr(many)


def test_an_infinite_score_that_does_not_count_is_no_warning():
    labels = np.zeros(2, int)
    assert dice_score(labels, labels, num_classes=2, average="weighted", empty=inf) == 1
    p, g = np.array([[0.0, 0.0], [1.0, 0.5]]), np.array([1, 1])
    options = {"class_axis": 0, "include_background": False, "empty": inf}
    assert np.isfinite(dice_loss_gradient(p, g, **options)).all()


def test_a_background_that_is_left_out_has_no_weight():
    p, g = np.array([[0.2, 0.1], [0.3, 0.5], [0.5, 0.4]]), np.array([1, 2])
    with_weights = {"class_axis": 0, "include_background": False, "weights": [1e308, 1e-20, 1e-20]}
    expected = dice_loss_gradient(p, g, class_axis=0, include_background=False)
    np.testing.assert_allclose(dice_loss_gradient(p, g, **with_weights), expected)


def test_long_doubles_do_not_warn():
    tiny = np.array([1e-310, 0], np.longdouble)
    assert np.isfinite(dice_loss_gradient(tiny, [0, 0])).all()
