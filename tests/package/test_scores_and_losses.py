"""The named scores and losses: thin, and right at the edges."""

import inspect
import re

import numpy as np
import pytest

import dice
from dice import (
    cross_entropy,
    dice_ce_loss,
    dice_loss,
    dice_score,
    iou_score,
    log_softmax,
    one_hot,
    overlap,
    sigmoid,
    soft_dice,
    softmax,
)

RNG = np.random.default_rng(1)


def test_public_names_are_exported_for_type_checkers():
    """`import a as a` is how a package says, without a second list, what is public."""
    lines = [line for line in inspect.getsource(dice).splitlines() if line.startswith("from")]
    assert len(lines) == len(set(lines)) == 19
    assert all(re.fullmatch(r"from dice\.\w+ import (\w+) as \1", line) for line in lines)


# Activations


def test_sigmoid():
    z = RNG.normal(size=(4, 5)) * 10
    np.testing.assert_allclose(sigmoid(z), 1 / (1 + np.exp(-z)), rtol=1e-14)
    np.testing.assert_array_equal(sigmoid([-1000.0, 0.0, 1000.0]), [0, 0.5, 1])
    assert sigmoid(-40.0) == pytest.approx(np.exp(-40.0), rel=1e-15)
    assert type(sigmoid(0)) is float


@pytest.mark.parametrize("class_axis", [0, 1, -1])
def test_softmax(class_axis):
    z = RNG.normal(size=(3, 4, 5)) * 10
    p = softmax(z, class_axis=class_axis)
    np.testing.assert_allclose(p.sum(class_axis), 1, rtol=1e-14)
    expected = np.exp(z) / np.exp(z).sum(class_axis, keepdims=True)
    np.testing.assert_allclose(p, expected, rtol=1e-13)
    np.testing.assert_allclose(np.exp(log_softmax(z, class_axis=class_axis)), p, rtol=1e-12)
    np.testing.assert_allclose(softmax(z + 1000, class_axis=class_axis), p, rtol=1e-10)


def test_extreme_logits():
    z = np.array([1000.0, -1000.0, 0.0])
    np.testing.assert_array_equal(softmax(z, class_axis=0), [1, 0, 0])
    np.testing.assert_array_equal(log_softmax(z, class_axis=0), [0, -2000, -1000])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_types(dtype):
    z = RNG.normal(size=(3, 4)).astype(dtype)
    at_least = np.promote_types(dtype, np.float32)
    for activation in (sigmoid, lambda x: softmax(x, class_axis=0)):
        assert activation(z).dtype == at_least
    losses = dice_loss(sigmoid(z).astype(dtype), z > 0, class_axis=0, average=None)
    assert losses.dtype == at_least
    assert soft_dice(sigmoid(z), z > 0, class_axis=0).dtype == np.float64


@pytest.mark.parametrize("class_axis", [0, 1, 2, -1])
def test_one_hot(class_axis):
    labels = RNG.integers(0, 3, (4, 5))
    masks = one_hot(labels, 3, class_axis=class_axis)
    assert masks.dtype == np.int64
    assert (np.argmax(masks, axis=class_axis) == labels).all()
    assert (masks.sum(class_axis) == 1).all()


# Scores


@pytest.mark.practice
def test_dice_of_a_mask_is_its_definition():
    p, g = RNG.integers(0, 2, (2, 20, 20))
    assert dice_score(p, g) == pytest.approx(2 * np.sum(p & g) / (np.sum(p) + np.sum(g)))
    nothing = np.zeros_like(p)
    for empty in (0.0, 0.25, 1.0):
        assert dice_score(nothing, nothing, empty=empty) == empty
        assert dice_score(p, nothing, empty=empty) == dice_score(nothing, g, empty=empty) == 0
        assert dice_score(p, 1 - p, empty=empty) == 0
        assert dice_score(p, g, empty=empty) == dice_score(p, g)
    assert np.isnan(dice_score(nothing, nothing))


@pytest.mark.practice
def test_dice_of_classes_is_its_definition():
    p, g = RNG.integers(0, 4, (2, 20, 20))
    each = [2 * np.sum((p == c) & (g == c)) / (np.sum(p == c) + np.sum(g == c)) for c in range(4)]
    np.testing.assert_allclose(dice_score(p, g, num_classes=4, average=None), each)
    assert dice_score(p, g, num_classes=4) == pytest.approx(np.mean(each))
    sizes = [np.sum(g == c) for c in range(4)]
    weighted = dice_score(p, g, num_classes=4, average="weighted")
    assert weighted == pytest.approx(np.average(each, weights=sizes))


def test_iou_is_a_function_of_dice():
    p, g = RNG.integers(0, 4, (2, 20, 20))
    found = dice_score(p, g, num_classes=4, average=None)
    np.testing.assert_allclose(iou_score(p, g, num_classes=4, average=None), found / (2 - found))
    masks = [one_hot(a, 4, class_axis=0) for a in (p, g)]
    np.testing.assert_array_equal(dice_score(*masks, class_axis=0, average=None), found)


@pytest.mark.practice
def test_micro_over_exclusive_classes_is_accuracy():
    p, g = RNG.integers(0, 3, (2, 15, 15))
    assert dice_score(p, g, num_classes=3, average="micro") == pytest.approx((p == g).mean())


def test_two_samples_apart_and_pooled():
    p, g = np.zeros((2, 2, 200), bool)
    p[0, :100], g[0, 10:110] = True, True  # 90 shared of 100 and 100
    g[1, 0] = True  # a single pixel, missed
    apart = dice_score(p, g, batch_axis=0, average=None)
    np.testing.assert_allclose(apart, [0.9, 0])
    assert dice_score(p, g, batch_axis=0) == pytest.approx(0.45)
    assert dice_score(p, g) == pytest.approx(180 / 201)


def test_soft_equals_hard_on_masks():
    p, g = RNG.integers(0, 2, (2, 3, 10, 10))
    hard = dice_score(p, g, class_axis=0, average=None)
    for option in ({}, {"squared": True}, {"intersection": "min"}):
        soft = soft_dice(p.astype(float), g, class_axis=0, **option)
        np.testing.assert_allclose(soft, hard, rtol=1e-15)


@pytest.mark.practice
def test_an_absent_class_is_left_out_of_a_mean():
    p, g = np.array([0, 0, 1]), np.array([0, 0, 2])
    each = dice_score(p, g, num_classes=4, average=None)
    np.testing.assert_array_equal(each, [1, 0, 0, np.nan])
    assert dice_score(p, g, num_classes=4) == pytest.approx(1 / 3)


def test_an_absent_class_may_count():
    p, g = np.array([0, 0, 1]), np.array([0, 0, 2])
    assert dice_score(p, g, num_classes=4, empty=1) == pytest.approx(0.5)


# Losses


@pytest.mark.practice
def test_soft_dice_is_its_definition():
    p, g = RNG.random(50), RNG.integers(0, 2, 50)
    assert soft_dice(p, g) == pytest.approx(2 * (p * g).sum() / (p.sum() + g.sum()))
    masks = RNG.integers(0, 2, (2, 50))
    assert soft_dice(masks[0].astype(float), masks[1]) == pytest.approx(dice_score(*masks))


@pytest.mark.practice
@pytest.mark.parametrize("eps", [0, 1e-6, 1])
def test_the_loss_is_its_definition(eps):
    p, labels = RNG.random((3, 8, 8)), RNG.integers(0, 3, (8, 8))
    each = [
        (2 * q[labels == c].sum() + eps) / (q.sum() + (labels == c).sum() + eps)
        for c, q in enumerate(p)
    ]
    loss = dice_loss(p, labels, class_axis=0, eps_numerator=eps, eps_denominator=eps)
    assert loss == pytest.approx(1 - np.mean(each))


def test_dice_loss_is_one_minus_soft_dice():
    p, g = softmax(RNG.normal(size=(3, 8, 8)), class_axis=0), RNG.integers(0, 3, (8, 8))
    for average in ("macro", "micro", "weighted", None):
        loss = dice_loss(p, g, class_axis=0, average=average)
        np.testing.assert_allclose(loss, 1 - soft_dice(p, g, class_axis=0, average=average))


@pytest.mark.practice
def test_identity_of_the_plain_denominator():
    p, g = RNG.random(50), RNG.integers(0, 2, 50)
    assert dice_loss(p, g) == pytest.approx(np.abs(p - g).sum() / (p + g).sum(), abs=1e-14)


@pytest.mark.practice
def test_the_gradient_is_the_quotient_rule():
    p, g = RNG.random(50), RNG.integers(0, 2, 50)
    size = p.sum() + g.sum()
    expected = -(2 * g * size - 2 * (p * g).sum()) / size**2
    np.testing.assert_allclose(dice.dice_loss_gradient(p, g), expected, rtol=1e-12)


def test_identity_of_the_squared_denominator():
    p, g = RNG.random((2, 50))
    expected = ((p - g) ** 2).sum() / (p**2 + g**2).sum()
    assert dice_loss(p, g, squared=True) == pytest.approx(expected, abs=1e-14)


def test_perfect_prediction():
    g = RNG.integers(0, 2, 30)
    assert dice_loss(g.astype(float), g) == 0
    eps = 1e-3
    expected = eps / (2 * g.sum() + eps)
    assert dice_loss(g.astype(float), g, eps_denominator=eps) == pytest.approx(expected)


@pytest.mark.parametrize("loss", [dice.dice_loss, dice.tversky_loss])
def test_a_loss_hides_no_nan_that_nobody_looked_for(loss):
    weights = {"false_positive_weight": 0.5, "false_negative_weight": 0.5}
    options = {} if loss is dice.dice_loss else weights
    p = np.full((2, 4), 0.5)
    p[0, 0] = np.nan
    assert np.isnan(loss(p, [0, 0, 1, 1], class_axis=0, check_values=False, **options))


def test_empty_losses():
    nothing, some = np.zeros(4), np.array([0.5, 0, 0, 0])
    assert dice_loss(nothing, nothing) == 0
    assert dice_loss(nothing, nothing, eps_denominator=1e-6) == 1
    assert dice_loss(nothing, nothing, eps_numerator=1, eps_denominator=1) == 0
    assert dice_loss(some, nothing) == dice_loss(nothing, [1, 0, 0, 0]) == 1
    assert np.isnan(dice_loss(nothing, nothing, empty=np.nan))


def test_soft_targets():
    g = np.full(10, 0.5)
    product = [dice_loss(np.full(10, float(p)), g) for p in (0.5, 0.75, 1)]
    smallest = [dice_loss(np.full(10, float(p)), g, intersection="min") for p in (0.5, 0.75, 1)]
    np.testing.assert_allclose(product, [0.5, 0.4, 1 / 3])
    np.testing.assert_allclose(smallest, [0, 0.2, 1 / 3])
    assert dice_loss(g, g, squared=True) == 0


@pytest.mark.practice
def test_pixels_can_be_shuffled():
    p, g = RNG.random(40), RNG.integers(0, 2, 40)
    order = RNG.permutation(40)
    assert dice_loss(p[order], g[order]) == pytest.approx(dice_loss(p, g), abs=1e-15)


def test_pixels_far_apart_do_not_meet_in_a_softmax():
    assert (softmax([[0.0, 1000.0], [0.0, 1000.0]], class_axis=0) == 0.5).all()
    assert (log_softmax([[0.0, 1000.0], [0.0, 1000.0]], class_axis=0) == np.log(0.5)).all()


def test_binary_cross_entropy():
    z, g = RNG.normal(size=20), RNG.integers(0, 2, 20)
    p = sigmoid(z)
    expected = -(g * np.log(p) + (1 - g) * np.log(1 - p)).mean()
    assert cross_entropy(z, g) == pytest.approx(expected)
    assert cross_entropy([1000.0, -1000.0], [1, 0]) == 0
    assert cross_entropy([1000.0, -1000.0], [0, 1]) == 1000


def test_cross_entropy_of_classes():
    z, labels = RNG.normal(size=(2, 3, 6, 6)), RNG.integers(0, 3, (2, 6, 6))
    p = softmax(z, class_axis=1)
    picked = np.take_along_axis(p, labels[:, np.newaxis], axis=1)
    expected = -np.log(picked).mean()
    assert cross_entropy(z, labels, class_axis=1) == pytest.approx(expected)
    masks = one_hot(labels, 3, class_axis=1)
    assert cross_entropy(z, masks, class_axis=1) == pytest.approx(expected)
    soft = softmax(RNG.normal(size=(2, 3, 6, 6)), class_axis=1)
    entropy = -(soft * np.log(p)).sum(1).mean()
    assert cross_entropy(z, soft, class_axis=1) == pytest.approx(entropy)


def test_cross_entropy_of_two_classes_is_the_binary_one():
    z, g = RNG.normal(size=12), RNG.integers(0, 2, 12)
    two = np.stack([np.zeros(12), z])
    assert cross_entropy(two, g, class_axis=0) == pytest.approx(cross_entropy(z, g))


def test_cross_entropy_leaves_out_what_does_not_count():
    z, labels = RNG.normal(size=(3, 9)), RNG.integers(0, 3, 9)
    ignored = np.where(np.arange(9) < 4, 255, labels)
    expected = cross_entropy(z[:, 4:], labels[4:], class_axis=0)
    assert cross_entropy(z, ignored, class_axis=0, ignore_index=255) == pytest.approx(expected)
    assert cross_entropy(z, labels, class_axis=0, mask=np.arange(9) >= 4) == pytest.approx(expected)
    assert cross_entropy(z, labels, class_axis=0, mask=np.zeros(9, bool)) == 0
    assert cross_entropy(np.zeros(0), np.zeros(0, int)) == 0
    z, g, keep = RNG.normal(size=9), np.arange(9) % 2, np.arange(9) >= 4
    assert cross_entropy(z, g, mask=keep) == pytest.approx(cross_entropy(z[keep], g[keep]))


def test_cross_entropy_weighs_classes():
    z, labels = RNG.normal(size=(3, 40)), np.where(np.arange(40) < 9, 255, RNG.integers(0, 3, 40))
    weights, kept = np.array([0.5, 0, 3]), labels != 255
    each = -np.log(softmax(z, class_axis=0)[labels[kept], np.flatnonzero(kept)])
    expected = (weights[labels[kept]] * each).sum() / weights[labels[kept]].sum()
    options = {"class_axis": 0, "ignore_index": 255}
    for scale in (1, 1e300, 1e-300):
        found = cross_entropy(z, labels, weights=weights * scale, **options)
        assert found == pytest.approx(expected, rel=1e-12)
    alike = cross_entropy(z, labels, weights=[2, 2, 2], **options)
    assert alike == pytest.approx(cross_entropy(z, labels, **options), rel=1e-12)
    masks = one_hot(labels[kept], 3, class_axis=0)
    assert cross_entropy(z[:, kept], masks, class_axis=0, weights=weights) == pytest.approx(
        expected
    )
    assert cross_entropy(z, np.full(40, 1), class_axis=0, weights=weights) == 0  # no pixel weighs


def test_dice_ce_loss_weighs_classes_in_both_parts():
    z, labels, weights = RNG.normal(size=(3, 40)), RNG.integers(0, 3, 40), [1, 0.25, 2]
    options = {"class_axis": 0, "weights": weights}
    expected = dice_loss(softmax(z, class_axis=0), labels, **options)
    expected = expected + 2 * cross_entropy(z, labels, **options)
    found = dice_ce_loss(z, labels, cross_entropy_weight=2, **options)
    assert found == pytest.approx(expected, rel=1e-12)
    assert found != pytest.approx(dice_ce_loss(z, labels, class_axis=0, cross_entropy_weight=2))
    no_background = dice_ce_loss(z, labels, include_background=False, **options)
    expected = dice_loss(softmax(z, class_axis=0), labels, include_background=False, **options)
    assert no_background == pytest.approx(expected + cross_entropy(z, labels, **options))


@pytest.mark.parametrize("class_axis", [None, 0])
def test_dice_ce_loss_is_the_weighted_sum(class_axis):
    z = RNG.normal(size=(3, 6, 6))
    if class_axis is None:
        target, p = RNG.integers(0, 2, (3, 6, 6)), sigmoid(z)
    else:
        target, p = RNG.integers(0, 3, (6, 6)), softmax(z, class_axis=0)
    overlap_loss = dice_loss(p, target, class_axis=class_axis, eps_denominator=1e-3)
    entropy = cross_entropy(z, target, class_axis=class_axis)
    found = dice_ce_loss(
        z,
        target,
        class_axis=class_axis,
        dice_weight=0.3,
        cross_entropy_weight=2,
        eps_denominator=1e-3,
    )
    assert found == pytest.approx(0.3 * overlap_loss + 2 * entropy)


def test_dice_ce_loss_ignores_in_both_parts():
    z, labels = RNG.normal(size=(3, 8)), np.array([0, 1, 2, 0, 255, 255, 1, 2])
    kept = labels != 255
    expected = dice_ce_loss(z[:, kept], labels[kept], class_axis=0)
    assert dice_ce_loss(z, labels, class_axis=0, ignore_index=255) == pytest.approx(expected)


def test_options_of_summing_are_forwarded():
    p, g = RNG.random((2, 3, 8)), RNG.integers(0, 2, (2, 3, 8))
    options = {"batch_axis": 0, "mask": RNG.random((2, 8)) < 0.7, "squared": True}
    expected = overlap(p, g, class_axis=1, **options).dice()
    np.testing.assert_array_equal(soft_dice(p, g, class_axis=1, **options), expected)
    with pytest.raises(TypeError, match="unexpected keyword argument 'batch'"):
        soft_dice(p, g, class_axis=1, batch=0)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.array])
def test_options_of_low_precision_leave_the_sums_in_double(kind):
    p, g = [0.5, 0.25], [1, 0]
    for option in ("eps_numerator", "eps_denominator"):
        assert soft_dice(p, g, **{option: kind(2**-12)}) == soft_dice(p, g, **{option: 2**-12})
    for option in ("dice_weight", "cross_entropy_weight"):
        assert dice_ce_loss(p, g, **{option: kind(3)}) == dice_ce_loss(p, g, **{option: 3})


def test_logits_of_any_size_that_is_allowed():
    z = np.array([[2.0**64], [-(2.0**64)]], np.float32)
    for target in ([0], [[1], [0]]):
        assert cross_entropy(z, target, class_axis=0) == 0
        assert dice_ce_loss(z, target, class_axis=0) == 0
    assert cross_entropy(z, [1], class_axis=0) == 2.0**65
    many = np.full(200_000, 2.0**64, np.float32)
    assert cross_entropy(many, np.zeros(200_000, int)) == 2.0**64
