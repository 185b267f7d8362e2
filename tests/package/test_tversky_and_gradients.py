"""Tversky and generalized Dice, the analytic gradient, panoptic quality, other readings."""

import numpy as np
import pytest

import dice
from dice import (
    Overlap,
    PanopticQuality,
    dice_loss,
    dice_loss_gradient,
    generalized_dice_loss,
    object_pairs,
    one_hot,
    overlap,
    panoptic_quality,
    softmax,
    tversky_loss,
)

RNG = np.random.default_rng(5)
P = softmax(RNG.normal(size=(3, 6, 7)), class_axis=0)
LABELS = RNG.integers(0, 3, (6, 7))
MASKS = one_hot(LABELS, 3, class_axis=0)


def weights(a, b):
    return {"false_positive_weight": a, "false_negative_weight": b}


# Tversky


@pytest.mark.parametrize("target", [LABELS, MASKS])
@pytest.mark.parametrize("gamma", [0.75, 1, 2])
def test_tversky_loss_is_its_definition(target, gamma):
    i, p, g = (P * MASKS).sum((1, 2)), P.sum((1, 2)), MASKS.sum((1, 2))
    each = (1 - i / (i + 0.3 * (p - i) + 0.7 * (g - i))) ** gamma
    options = {"class_axis": 0, "gamma": gamma} | weights(0.3, 0.7)
    found = tversky_loss(P, target, average=None, **options)
    np.testing.assert_allclose(found, each)
    assert tversky_loss(P, target, **options) == pytest.approx(each.mean())
    weighted = tversky_loss(P, target, weights=[1, 2, 5], **options)
    assert weighted == pytest.approx((each * [1, 2, 5]).sum() / 8)
    foreground = tversky_loss(P, target, include_background=False, **options)
    assert foreground == pytest.approx(each[1:].mean())
    epsilon = tversky_loss(
        P, target, average=None, eps_numerator=2, eps_denominator=3, class_axis=0, **weights(1, 1)
    )
    np.testing.assert_allclose(epsilon, 1 - (i + 2) / (p + g - i + 3))


def test_tversky_holds_dice_and_iou():
    dice_of = dice_loss(P, LABELS, class_axis=0)
    assert tversky_loss(P, LABELS, class_axis=0, **weights(0.5, 0.5)) == pytest.approx(dice_of)
    iou = 1 - overlap(P, LABELS, class_axis=0).iou(average="macro")
    assert tversky_loss(P, LABELS, class_axis=0, **weights(1, 1)) == pytest.approx(iou)


def test_each_weight_weighs_its_error():
    false_positive, false_negative = ([1.0, 1.0], [1, 0]), ([1.0, 0.0], [1, 1])
    assert tversky_loss(*false_positive, **weights(3, 1)) == 1 - 1 / 4
    assert tversky_loss(*false_negative, **weights(3, 1)) == 1 - 1 / 2
    assert tversky_loss(*false_negative, **weights(0, 0)) == 0


def test_gamma():
    missed = [0.5, 0.0], [1, 0]
    plain = tversky_loss(*missed, **weights(0, 1))
    assert plain == 0.5
    for gamma in (0.5, 0.75, 1, 2, np.float32(2), np.int64(2)):
        found = tversky_loss(*missed, gamma=gamma, **weights(0, 1))
        assert found == pytest.approx(plain ** float(gamma)) and type(found) is float
    perfect = tversky_loss([1.0, 0.0], [1, 0], gamma=0.5, **weights(0.3, 0.7))
    assert perfect == 0
    rounded = tversky_loss([[0.1, 0.7]], [[1, 1]], class_axis=0, gamma=0.5, **weights(0, 0))
    assert rounded == 0


# Generalized Dice


def sudre(p, masks, eps_numerator=0, eps_denominator=0):
    """The ratio of sums, with the largest weight for absent classes, class by class."""
    sizes = [float(mask.sum()) for mask in masks]
    present = [1 / size**2 for size in sizes if size]
    each = [1 / size**2 if size else max(present, default=1) for size in sizes]
    top = sum(w * (q * g).sum() for w, q, g in zip(each, p, masks, strict=True))
    bottom = sum(w * (q.sum() + g.sum()) for w, q, g in zip(each, p, masks, strict=True))
    return 1 - (2 * top + eps_numerator) / (bottom + eps_denominator)


@pytest.mark.parametrize("absent", [None, 0, 1, 2])
def test_generalized_dice_is_a_ratio_of_sums(absent):
    labels = np.where(absent == LABELS, 0 if absent == 1 else 1, LABELS)
    masks = one_hot(labels, 3, class_axis=0)
    epsilons = {"eps_numerator": 0.1, "eps_denominator": 0.3}
    for target in (labels, masks):
        found = generalized_dice_loss(P, target, class_axis=0)
        assert found == pytest.approx(sudre(P, masks))
        found = generalized_dice_loss(P, target, class_axis=0, **epsilons)
        assert found == pytest.approx(sudre(P, masks, 0.1, 0.3))
    for classes in (2, 3):
        p, g = P[:classes], masks[:classes]
        found = generalized_dice_loss(p, g, class_axis=0, include_background=False, **epsilons)
        assert found == pytest.approx(sudre(p[1:], g[1:], 0.1, 0.3))


def test_generalized_dice_of_samples_is_their_mean():
    without = one_hot(np.where(LABELS == 2, 1, LABELS), 3, class_axis=0)  # a class is absent
    p, g = np.stack([P, P[:, ::-1]]), np.stack([MASKS, without])
    each = [generalized_dice_loss(q, h, class_axis=0) for q, h in zip(p, g, strict=True)]
    found = generalized_dice_loss(p, g, class_axis=1, batch_axis=0)
    assert found == pytest.approx(np.mean(each))


def test_generalized_dice_of_soft_targets():
    g = RNG.random(P.shape)
    assert generalized_dice_loss(P, g, class_axis=0) == pytest.approx(sudre(P, g))
    squared = generalized_dice_loss(P, MASKS, class_axis=0, squared=True)
    w = 1 / MASKS.sum((1, 2)) ** 2
    top, bottom = (P * MASKS).sum((1, 2)), (P**2 + MASKS).sum((1, 2))
    assert squared == pytest.approx(1 - 2 * (w @ top) / (w @ bottom))
    tiny = generalized_dice_loss([[1.0, 1.0], [0.5, 0.5]], [[1.0, 1], [1e-100, 0]], class_axis=0)
    assert 0.99 < tiny <= 1  # the rare class decides, and nothing overflows


def test_generalized_dice_of_nothing():
    nothing = np.zeros((2, 4))
    assert generalized_dice_loss(nothing, np.zeros((2, 4), int), class_axis=0) == 0
    assert generalized_dice_loss(nothing, np.zeros((2, 4), int), class_axis=0, empty=1) == 1
    assert generalized_dice_loss(nothing + 0.5, np.zeros((2, 4), int), class_axis=0) == 1


# The analytic gradient


def test_gradient_by_hand():
    p, g = np.array([0.5, 0.25, 0.0]), np.array([1, 0, 1])
    score, size = 2 * 0.5 / (0.75 + 2), 0.75 + 2
    np.testing.assert_allclose(dice_loss_gradient(p, g), -(2 * g - score) / size)
    squared = 0.3125 + 2
    expected = -(2 * g - 2 * p * (1 / squared)) / squared
    np.testing.assert_allclose(dice_loss_gradient(p, g, squared=True), expected)
    corner = dice_loss_gradient([0.5, 0.25], [0.5, 0.5], intersection="min")
    score, size = 2 * 0.75 / 1.75, 1.75
    np.testing.assert_allclose(corner, [score / size, -(2 - score) / size])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_gradient_has_the_floating_type_of_the_loss(dtype):
    gradient = dice_loss_gradient(P.astype(dtype), LABELS, class_axis=0)
    assert gradient.dtype == np.promote_types(dtype, np.float32)
    assert gradient.shape == P.shape


def test_gradient_where_nothing_counts():
    kept = RNG.random(LABELS.shape) < 0.5
    gradient = dice_loss_gradient(P, LABELS, class_axis=0, mask=kept)
    assert (gradient[:, ~kept] == 0).all() and (gradient[:, kept] != 0).all()
    gradient = dice_loss_gradient(P, LABELS, class_axis=0, include_background=False)
    assert (gradient[0] == 0).all() and (gradient[1:] != 0).all()
    gradient = dice_loss_gradient(P, LABELS, class_axis=0, weights=[1, 0, 1])
    assert (gradient[1] == 0).all() and (gradient[2] != 0).all()


def test_empty_may_be_left_out_of_the_mean():
    """With empty=nan an absent class takes no share; the others' gradients grow."""
    p, g = np.array([[0.5, 0.5], [0.0, 0.0]]), np.array([[1, 0], [0, 0]])
    alone = dice_loss_gradient(p[:1], g[:1], class_axis=0)
    found = dice_loss_gradient(p, g, class_axis=0, empty=float("nan"))
    np.testing.assert_allclose(found, [alone[0], [0, 0]])
    np.testing.assert_allclose(dice_loss_gradient(p, g, class_axis=0)[0], alone[0] / 2)


@pytest.mark.parametrize("axes", [(0, 1), (1, 0), (-1, 0), (2, -1)])
def test_gradient_stands_as_the_probabilities_do(axes):
    p, g = RNG.random((2, 2, 3, 4, 5))  # classes, samples, rows, columns
    expected = dice_loss_gradient(p, g, class_axis=0, batch_axis=1)
    moved = [np.moveaxis(a, (0, 1), axes) for a in (p, g)]
    found = dice_loss_gradient(*moved, class_axis=axes[0], batch_axis=axes[1])
    np.testing.assert_allclose(found, np.moveaxis(expected, (0, 1), axes), rtol=1e-12)


# Objects


def quality_by_hand(p, g):
    """Over all pairs of objects, as in the paper."""
    objects_p, objects_g = set(p[p != 0].tolist()), set(g[g != 0].tolist())
    ious = []
    for a in objects_p:
        for b in objects_g:
            iou = ((p == a) & (g == b)).sum() / ((p == a) | (g == b)).sum()
            if iou > 0.5:
                ious.append(iou)
    total = (len(objects_p) + len(objects_g)) / 2
    return (sum(ious) / total if total else np.nan), len(ious), len(objects_p), len(objects_g)


@pytest.mark.parametrize("seed", range(20))
def test_panoptic_quality_is_its_definition(seed):
    random = np.random.default_rng(seed)
    g = np.repeat(np.repeat(random.integers(-1, 4, (4, 4)), 3, 0), 3, 1)
    p = np.where(random.random(g.shape) < 0.15, random.integers(-1, 4, g.shape), g)
    p = np.array([7, -3, 0, 9, 2**40])[p + 1]  # names only
    quality, matched, predicted, targets = quality_by_hand(p, g)
    found = panoptic_quality(p, g)
    assert found.quality == pytest.approx(quality)
    assert found.quality == pytest.approx(found.segmentation * found.recognition)
    assert found.recognition == pytest.approx(2 * matched / (predicted + targets))
    assert counts_of(found) == (matched, predicted - matched, targets - matched)


def counts_of(quality):
    return quality.matched, quality.only_predicted, quality.only_target


def test_panoptic_quality_at_the_edges():
    nothing, some = np.zeros(6, int), np.array([0, 1, 1, 2, 2, 2])
    empty = panoptic_quality(nothing, nothing)
    assert counts_of(empty) == (0, 0, 0) and empty.iou_sum == 0
    assert np.isnan([empty.quality, empty.segmentation, empty.recognition]).all()
    for p, g, counts in [(nothing, some, (0, 0, 2)), (some, nothing, (0, 2, 0))]:
        found = panoptic_quality(p, g)
        assert found.quality == found.recognition == 0 and np.isnan(found.segmentation)
        assert counts_of(found) == counts
    assert panoptic_quality(some * 5, some) == PanopticQuality(2.0, 2, 0, 0)
    many = np.arange(1, 1001).repeat(3)
    assert panoptic_quality(many, many).quality == 1
    half = panoptic_quality([1, 0], [1, 1])  # IoU one half is no match
    assert half.matched == 0 and half.quality == 0
    assert panoptic_quality([1, 1, 0], [1, 1, 1]).quality == 2 / 3
    no_pixels = panoptic_quality(np.zeros(0, int), np.zeros(0, int))
    assert np.isnan(no_pixels.quality)


def test_panoptic_quality_ignores():
    p, g = np.array([1, 1, 2, 2]), np.array([1, 1, 255, 255])
    assert panoptic_quality(p, g, ignore_index=255) == PanopticQuality(1.0, 1, 0, 0)
    assert panoptic_quality(p, g, ignore_index=10**30) == panoptic_quality(p, g)
    assert np.isnan(panoptic_quality(p, p * 0 + 9, ignore_index=9).quality)
    assert panoptic_quality(p[None], g[None], ignore_index=255).matched == 1


@pytest.mark.parametrize(("in_void", "false_positives"), [(10, 1), (11, 0), (20, 0)])
def test_an_unmatched_object_that_is_mostly_void_is_no_false_positive(in_void, false_positives):
    """Kirillov et al., section 4.2: more than half of its pixels, with those in void."""
    p = np.repeat([1, 2], [10, 20])
    g = np.repeat([1, 0, 255], [10, 20 - in_void, in_void])
    found = panoptic_quality(p, g, ignore_index=255)
    assert counts_of(found) == (1, false_positives, 0)


def test_an_object_that_is_mostly_void_may_match():
    p, g = np.repeat([3, 3], [4, 9]), np.repeat([1, 255], [4, 9])
    assert panoptic_quality(p, g, ignore_index=255) == PanopticQuality(1.0, 1, 0, 0)


def test_the_qualities_of_images_add_up():
    one, other = panoptic_quality([1, 1, 2], [4, 4, 0]), panoptic_quality([5, 0, 0], [5, 5, 5])
    pooled = one + other
    assert pooled == sum([one, other]) == PanopticQuality(1.0, 1, 2, 1)
    assert pooled.quality == 2 * 1.0 / (2 * 1 + 2 + 1) != (one.quality + other.quality) / 2
    with pytest.raises(TypeError):
        one + 1
    with pytest.raises(TypeError):
        1 + one


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_the_ids_of_each_image_start_anew(axis):
    p = np.array([[1, 1, 2, 2], [2, 2, 1, 1], [0, 3, 3, 3]])
    g = np.array([[1, 1, 2, 2], [1, 1, 2, 2], [3, 0, 3, 3]])
    if axis:
        p, g = np.moveaxis(p, 0, axis), np.moveaxis(g, 0, axis)
    found = panoptic_quality(p, g, batch_axis=axis)
    images = zip(np.moveaxis(p, axis, 0), np.moveaxis(g, axis, 0), strict=True)
    assert found == sum(panoptic_quality(*image) for image in images)
    assert found == PanopticQuality(4.0, 4, 1, 1)
    assert panoptic_quality(p, g).matched == 0  # as one image


def test_no_images_have_no_quality():
    none = np.zeros((0, 4), int)
    assert np.isnan(panoptic_quality(none, none, batch_axis=0).quality)


@pytest.mark.parametrize("seed", range(5))
def test_the_pairs_of_tiles_make_those_of_the_image(seed):
    random = np.random.default_rng(seed)
    p, g = random.integers(-2, 4, (2, 12, 10)).repeat(3, 1).repeat(3, 2)
    p[:4] = g[:4]
    tiles = [np.s_[:17, :11], np.s_[:17, 11:], np.s_[17:]]
    tables = [object_pairs(p[tile], g[tile]) for tile in tiles]
    merged = np.concatenate(tables, axis=1)
    assert merged.dtype == np.int64 and merged[2].sum() == p.size
    for void in (None, 3, -1):
        whole = panoptic_quality(p, g, ignore_index=void)
        assert panoptic_quality(*merged, ignore_index=void) == whole


def test_large_ids_of_two_types_stay_apart():
    p = np.array([2**53 + 1, 2**53], np.uint64)  # as doubles they would be one
    table = object_pairs(p, np.array([1, 1], np.int64))
    assert table.dtype == np.int64
    assert table.tolist() == [[2**53, 2**53 + 1], [1, 1], [1, 1]]


def test_python_numbers_come_from_panoptic_quality():
    found = panoptic_quality([1, 1, 0, 2], [7, 7, 0, 0])
    values = (found.quality, found.segmentation, found.recognition, found.iou_sum)
    assert {type(value) for value in values} == {float}
    assert {type(value) for value in counts_of(found)} == {int}


# Other readings of the sums


def recall(intersection, prediction, target):
    return intersection, target


def test_any_ratio_is_guarded_and_averaged():
    sums = Overlap([1, 0, 3], [1, 2, 4], [2, 0, 3])
    np.testing.assert_array_equal(sums.score(recall), [0.5, np.nan, 1])
    assert sums.score(recall, average="macro") == 0.75
    assert sums.score(recall, average="micro") == 4 / 5
    assert sums.score(recall, average="macro", empty=0) == 0.5
    assert sums.score(recall, average="weighted") == pytest.approx((0.5 * 2 + 3) / 5)
    assert sums.score(recall, average="macro", then=lambda score: -score) == -0.75
    assert sums.score(recall, average="macro", then=lambda score: -score, empty=0) == -0.5
    assert Overlap(1, 2, 0).score(recall, empty=7, then=lambda score: -score) == 7


def test_one_class_and_one_weight_are_enough():
    assert overlap([0, 0], [0, 0], num_classes=1).intersection.tolist() == [2]
    one_hot_weight = {"class_axis": 0, "weights": [1, 0, 0]}
    first = dice_loss(P, LABELS, class_axis=0, average=None)[0]
    assert dice_loss(P, LABELS, **one_hot_weight) == pytest.approx(first)


@pytest.mark.parametrize("classes", [255, 256, 257, 300, 1000])
@pytest.mark.parametrize("run", [1, 7])
def test_many_classes(classes, run):
    p, g = (RNG.integers(0, classes, (2, 3, 500))).repeat(run, axis=-1)
    g = np.where(RNG.random(g.shape) < 0.5, p, g)
    found = overlap(p, g, num_classes=classes, batch_axis=0)
    for b in range(3):
        for sums, values in [
            (found.intersection, p[b][p[b] == g[b]]),
            (found.prediction, p[b]),
            (found.target, g[b]),
        ]:
            expected = np.zeros(classes, int)
            np.add.at(expected, values, 1)
            assert (sums[b] == expected).all()


@pytest.mark.parametrize("classes", [255, 256, 257])
def test_labels_of_one_byte_and_more_classes_than_it_holds(classes):
    labels = RNG.integers(0, min(classes, 256), 500, np.uint8)
    p = RNG.random((classes, 500))
    masks = labels == np.arange(classes)[:, np.newaxis]
    found = overlap(p, labels, class_axis=0)
    assert (found.target == masks.sum(1)).all()
    np.testing.assert_allclose(found.intersection, (p * masks).sum(1), rtol=1e-12)


def test_the_formulas_stand_alone():
    sums = (2, 3, 4)  # no epsilon unless one is named
    assert dice.formulas.dice(*sums) == (4, 7)
    assert dice.formulas.iou(*sums) == (2, 5)
    assert dice.formulas.tversky(*sums, 10, 100) == (2, 2 + 10 + 200)


def test_narrow_sums_do_not_wrap():
    for dtype in (np.uint8, np.int8, np.float16):
        most = np.array([100 if dtype is np.int8 else 200], dtype)
        sums = Overlap(most, most, most)
        assert (sums + sums + sums).prediction.tolist() == [3 * int(most[0])]
        assert sums.dice().tolist() == sums.iou().tolist() == [1]


def test_a_weighted_mean_without_a_target_is_the_plain_mean():
    false_positives = Overlap([0, 0], [3, 0], [0, 0])
    assert false_positives.dice(average="weighted") == 0
    assert false_positives.dice(average="weighted", empty=1) == 0.5
    sums = Overlap([[0, 0], [1, 1]], [[3, 1], [1, 2]], [[0, 0], [1, 3]])
    assert sums.dice(average="weighted") == pytest.approx((0 + (1 + 3 * 0.4) / 4) / 2)
    loss = dice_loss(np.full((2, 4), 0.5), np.zeros((2, 4), int), class_axis=0, average="weighted")
    assert loss == 1


# The empty cases: a decision each, for every score and loss

NAN = float("nan")
NOTHING, SOME = np.zeros((2, 4)), np.full((2, 4), 0.5)
NO_TARGET, TARGET = np.zeros((2, 4), int), np.ones((2, 4), int)
HALF_ABSENT = np.array([[1, 1, 0, 0], [0, 0, 0, 0]])
CASES = {
    "both empty": (NOTHING, NO_TARGET, {}),
    "empty target": (SOME, NO_TARGET, {}),
    "empty prediction": (NOTHING, TARGET, {}),
    "absent class": (HALF_ABSENT.astype(float), HALF_ABSENT, {}),
    "all ignored": (SOME, TARGET, {"mask": np.zeros(4, bool)}),
    "no pixels": (NOTHING[:, :0], NO_TARGET[:, :0], {}),
}
LOGITS = {"both empty": -1000.0, "empty target": 0.0, "empty prediction": -1000.0}
#                          both  target  prediction  absent  ignored  no pixels
DECISIONS = {
    "dice_score, per class": (NAN, 0, 0, [1, NAN], NAN, NAN),
    "dice_score": (NAN, 0, 0, 1, NAN, NAN),
    "dice_score, micro": (NAN, 0, 0, 1, NAN, NAN),
    "dice_score, weighted": (NAN, 0, 0, 1, NAN, NAN),
    "iou_score": (NAN, 0, 0, 1, NAN, NAN),
    "soft_dice": (NAN, 0, 0, [1, NAN], NAN, NAN),
    "soft_dice, epsilon below": (0, 0, 0, [4 / 4.5, 0], 0, 0),
    "soft_dice, epsilon in both": (1, 0.2, 0.2 / 1.8, [1, 1], 1, 1),
    "dice_loss": (0, 1, 1, 0, 0, 0),
    "dice_loss, micro": (0, 1, 1, 0, 0, 0),
    "dice_loss, weighted": (0, 1, 1, 0, 0, 0),
    "tversky_loss": (0, 1, 1, 0, 0, 0),
    "tversky_loss, focal": (0, 1, 1, 0, 0, 0),
    "generalized_dice_loss": (0, 1, 1, 0, 0, 0),
    "cross_entropy": (0, np.log(2), 1000, 0, 0, 0),
    "dice_ce_loss": (0, 1 + np.log(2), 1001, 0, 0, 0),
}


@pytest.mark.parametrize("name", DECISIONS)
@pytest.mark.parametrize("case", CASES)
def test_empty_cases(name, case):
    p, g, options = CASES[case]
    function, _, variant = name.partition(", ")
    options = dict(options)
    options |= {
        "": {},
        "per class": {"average": None},
        "micro": {"average": "micro"},
        "weighted": {"average": "weighted"},
        "epsilon below": {"eps_denominator": 0.5},
        "epsilon in both": {"eps_numerator": 0.5, "eps_denominator": 0.5},
        "focal": {"gamma": 0.75},
    }[variant]
    if function == "tversky_loss":
        options |= weights(0.3, 0.7)
    if function in ("dice_score", "iou_score"):
        p = (p > 0).astype(int)
    if function in ("cross_entropy", "dice_ce_loss"):  # logits of a sigmoid, one class
        p = {"absent class": (2 * p - 1) * 1000, "all ignored": p * 0, "no pixels": p}.get(
            case, np.full(p.shape, LOGITS.get(case, 0.0))
        )
        options |= {"mask": np.zeros((2, 4), bool)} if case == "all ignored" else {}
    else:
        options |= {"class_axis": 0}
    expected = DECISIONS[name][list(CASES).index(case)]
    found = getattr(dice, function)(p, g, **options)
    np.testing.assert_allclose(found, np.broadcast_to(expected, np.shape(found)), rtol=1e-12)


@pytest.mark.parametrize("case", ["both empty", "all ignored", "no pixels"])
def test_empty_is_what_the_caller_says(case):
    p, g, options = CASES[case]
    for score in (dice.dice_score, dice.iou_score):
        found = score((p > 0).astype(int), g, class_axis=0, empty=0.25, **options)
        assert found == 0.25
    for loss in (dice_loss, generalized_dice_loss):
        assert loss(p, g, class_axis=0, empty=0.25, **options) == 0.25
        assert np.isnan(loss(p, g, class_axis=0, empty=NAN, **options))
    found = tversky_loss(p, g, class_axis=0, empty=0.25, gamma=2, **weights(1, 1), **options)
    assert found == 0.25
