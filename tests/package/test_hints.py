"""Each error's way out is obeyed here: the repaired call gives the right number.

A case is a call that is refused, and the ways out that its message must name. Of each way stand
here the words in the message, what a reader of them does, as code, and the number that is right.
"""
# ruff: noqa: E501 (a table: one way, one line)

import io

import numpy as np
import pytest

import dice

DISK = np.hypot(*np.mgrid[-7:8, -7:8]) < 5
LABELS = np.where(DISK, np.where(np.arange(15) < 7, 1, 2), 0)
HALVES = np.where(np.arange(225).reshape(15, 15) % 2, DISK, 0)  # a prediction that misses half
SMOOTH = np.clip(DISK * 0.6 + np.roll(DISK, 1, 0) * 0.3, 0, 1)  # probabilities
BITS = np.rint(SMOOTH * 255).astype(np.uint8)
HALF = dice.dice_score(HALVES, DISK)
SOFT = dice.soft_dice(SMOOTH, DISK)
SOFT_BITS = dice.soft_dice(BITS / 255, DISK)
CLASSES = np.stack([label == LABELS for label in range(3)]) * 0.8 + 0.1 / 3
THREE = dice.soft_dice(CLASSES, LABELS, class_axis=0, average="macro")
Z = np.log(SMOOTH + 0.1) - np.log(1.1 - SMOOTH)
RINT, MASK_OF = (
    "whole numbers become integers by np.rint({0}).astype(int)",
    "probabilities become a mask by {0} >= 0.5",
)


def jpeg(mask):
    """A picture of a mask as JPEG gives it back: its edges are no longer 0 or 255."""
    image = pytest.importorskip("PIL.Image")
    image.fromarray(np.uint8(mask * 255)).save(file := io.BytesIO(), "jpeg", quality=75)
    return np.asarray(image.open(file))


# name: (function, prediction, target, options, ways out)
CASES = {
    # floating-point numbers beside hard scores
    "a float mask": ("dice_score", HALVES * 1.0, DISK, {}, [
        (MASK_OF.format("prediction"), "p = p >= 0.5", HALF),
        (RINT.format("prediction"), "p = np.rint(p).astype(int)", HALF)]),
    "a mask of .999999": ("dice_score", HALVES * 0.999999, DISK, {}, [
        (MASK_OF.format("prediction"), "p = p >= 0.5", HALF)]),
    "one-hot masks in single precision": ("dice_score", dice.one_hot(LABELS, 3, class_axis=0).astype(np.float32), dice.one_hot(LABELS, 3, class_axis=0), {"class_axis": 0}, [
        (MASK_OF.format("prediction"), "p = p >= 0.5", 1)]),
    "probabilities in a hard score": ("dice_score", SMOOTH, DISK, {}, [
        (MASK_OF.format("prediction"), "p = p >= 0.5", dice.dice_score(SMOOTH >= 0.5, DISK)),
        ("or go to soft_dice", "function = dice.soft_dice", SOFT)]),
    "a float target": ("dice_score", HALVES, DISK * 1.0, {}, [
        (MASK_OF.format("target"), "t = t >= 0.5", HALF)]),
    "float labels of a file": ("dice_score", LABELS * 0.9961, LABELS, {"num_classes": 3}, [
        (RINT.format("prediction"), "p = np.rint(p).astype(int)", 1)]),
    "float labels without num_classes": ("dice_score", LABELS * 1.0, LABELS, {}, [
        (RINT.format("prediction"), "p = np.rint(p).astype(int); options = {'num_classes': 3}", 1)]),
    "a float class map as target": ("dice_loss", CLASSES, LABELS * 1.0, {"class_axis": 0}, [
        (RINT.format("target"), "t = np.rint(t).astype(int)", 1 - THREE)]),
    "a class map of booleans": ("dice_score", DISK * 1, DISK, {"num_classes": 2}, [
        (RINT.format("target"), "t = np.rint(t).astype(int)", 1)]),
    # integers in a mask
    "black and white": ("dice_score", HALVES * 255, DISK, {}, [
        ("black and white becomes a mask by prediction > 127", "p = p > 127", HALF)]),
    "black and white target": ("dice_score", HALVES, DISK * 255, {}, [
        ("black and white becomes a mask by target > 127", "t = t > 127", HALF)]),
    "black and white target of a loss": ("dice_loss", SMOOTH, DISK * 255, {}, [
        ("black and white becomes a mask by target > 127", "t = t > 127", 1 - SOFT),
        ("8-bit probabilities are target / 255", "t = t / 255", 1 - SOFT)]),
    "black and white masks of classes": ("dice_score", dice.one_hot(LABELS, 3, class_axis=0) * 255, dice.one_hot(LABELS, 3, class_axis=0), {"class_axis": 0}, [
        ("black and white becomes a mask by prediction > 127", "p = p > 127", 1)]),
    "a mask that went through JPEG": ("dice_score", jpeg, DISK, {}, [
        ("black and white becomes a mask by prediction > 127", "p = p > 127", 1)]),
    "8-bit probabilities in a hard score": ("dice_score", BITS, DISK, {}, [
        ("8-bit probabilities are prediction / 255", "p = p / 255; function = dice.soft_dice", SOFT_BITS)]),
    "labels without num_classes": ("dice_score", LABELS, LABELS, {}, [
        ("class labels need num_classes", "options = {'num_classes': 3}", 1)]),
    "an ignore label in a mask": ("dice_score", HALVES, np.where(HALVES == DISK, DISK, 255), {}, [
        ("pixels that do not count need ignore_index=255", "options = {'ignore_index': 255}", 1)]),
    "-1 in a mask": ("dice_loss", SMOOTH, np.where(DISK, 1, -1), {}, [
        ("pixels that do not count need ignore_index=-1", "options = {'ignore_index': -1}", 1 - dice.soft_dice(SMOOTH[DISK], DISK[DISK]))]),
    "labels beside a single class": ("dice_loss", CLASSES, np.stack([LABELS] * 3), {}, [
        ("class labels need class_axis", "t = LABELS; options = {'class_axis': 0}", 1 - THREE)]),
    # 8 bits and logits beside soft scores
    "8-bit probabilities": ("soft_dice", BITS, DISK, {}, [
        ("8-bit probabilities are probabilities / 255", "p = p / 255", SOFT_BITS)]),
    "a mask in a soft score": ("soft_dice", HALVES, DISK, {}, [
        ("masks and labels belong to dice_score", "function = dice.dice_score", HALF)]),
    "booleans in a soft score": ("soft_dice", HALVES > 0, DISK, {}, [
        ("masks and labels belong to dice_score", "function = dice.dice_score", HALF)]),
    "8-bit probabilities as floats": ("soft_dice", BITS * 1.0, DISK, {}, [
        ("8-bit probabilities are probabilities / 255", "p = p / 255", SOFT_BITS)]),
    "a float target of 0 and 255": ("dice_loss", SMOOTH, DISK * 255.0, {}, [
        ("8-bit probabilities are target / 255", "t = t / 255", 1 - SOFT)]),
    "logits": ("dice_loss", Z, DISK, {}, [
        ("logits go through sigmoid or softmax first", "p = dice.sigmoid(p)", 1 - dice.soft_dice(dice.sigmoid(Z), DISK))]),
    "whole logits": ("cross_entropy", DISK * 2 - 1, DISK, {}, [
        ("logits are real numbers, as logits * 1.0", "p = p * 1.0", np.log1p(np.exp(-1)))]),
    # labels beyond the last
    "a label beyond the last": ("dice_score", LABELS, np.where(LABELS == 2, 4, LABELS), {"num_classes": 4}, [
        ("num_classes=5 makes a class of it", "options = {'num_classes': 5}", 2 / 4),  # of 0, 1, 2 and 4, the last two missed
        ("other labels get new numbers", "t = np.where(t == 4, 2, t)", 1),
        ("pixels that do not count need ignore_index=4", "options = {'num_classes': 4, 'ignore_index': 4}", 1)]),
    "a label beyond the last of the prediction": ("dice_score", np.where(LABELS == 2, 4, LABELS), LABELS, {"num_classes": 4}, [
        ("num_classes=5 makes a class of it", "options = {'num_classes': 5}", 2 / 4),
        ("other labels get new numbers", "p = np.where(p == 4, 2, p)", 1)]),
    "a label below 0": ("dice_loss", CLASSES, np.where(LABELS == 2, -1, LABELS), {"class_axis": 0}, [
        ("pixels that do not count need ignore_index=-1", "options |= {'ignore_index': -1}", 1 - dice.soft_dice(CLASSES, LABELS, class_axis=0, mask=LABELS < 2, average="macro")),
        ("other labels get new numbers", "t = np.where(t < 0, 2, t)", 1 - THREE)]),
    "a soft label beyond the last": ("soft_dice", CLASSES, np.where(LABELS == 2, 3, LABELS), {"class_axis": 0, "average": "macro"}, [
        ("a class axis of length 4 makes a class of it", "p = np.insert(p, 2, 0, axis=0)", THREE)]),
    "several ignore labels": ("dice_score", LABELS, LABELS, {"num_classes": 3, "ignore_index": [1, 2]}, [
        ("several labels need mask", "options = {'num_classes': 3, 'mask': ~np.isin(t, [1, 2])}", 1)]),
    "an ignore label of masks": ("dice_score", dice.one_hot(LABELS, 3, class_axis=0), dice.one_hot(LABELS, 3, class_axis=0), {"class_axis": 0, "ignore_index": 1}, [
        ("pass mask instead", "options = {'class_axis': 0, 'mask': LABELS != 1}", 1)]),
    # one sigmoid channel
    "one channel": ("dice_loss", SMOOTH[None], DISK * 1, {}, [
        ("probabilities.squeeze(0) has its shape", "p = p.squeeze(0)", 1 - SOFT)]),
    "one channel, class axis named": ("dice_loss", SMOOTH[None], DISK * 1, {"class_axis": 0}, [
        ("leave it out, and pass probabilities.squeeze(0) beside a class map", "p = p.squeeze(0); options = {}", 1 - SOFT)]),
    "one channel in a score": ("soft_dice", SMOOTH[:, None], DISK * 1.0, {"class_axis": 1}, [
        ("leave it out, and pass probabilities.squeeze(1) beside a class map", "p = p.squeeze(1); options = {}", SOFT)]),
    "one channel of logits": ("dice_ce_loss", Z[None], DISK * 1, {"class_axis": 0}, [
        ("leave it out, and pass logits.squeeze(0) beside a class map", "p = p.squeeze(0); options = {}", dice.dice_ce_loss(Z, DISK))]),
    "one channel of both": ("cross_entropy", Z[None], DISK[None], {"class_axis": 0}, [
        ("leave it out", "options = {}", dice.cross_entropy(Z, DISK))]),
    "a class map without a class axis": ("dice_loss", CLASSES, LABELS, {}, [
        ("class maps need class_axis", "options = {'class_axis': 0}", 1 - THREE)]),
    # the rest
    "a mask option of integers": ("dice_score", HALVES, DISK, {"mask": np.where(HALVES == DISK, 1, 0)}, [
        ("mask > 0 has booleans", "options = {'mask': options['mask'] > 0}", 1)]),
    "both kinds of classes": ("dice_score", LABELS, LABELS, {"num_classes": 3, "class_axis": 0}, [
        ("num_classes is for class maps", "options = {'num_classes': 3}", 1)]),
}  # fmt: skip


def arguments(case):
    function, p, t, options, ways = CASES[case]
    return function, jpeg(DISK) if p is jpeg else p, t, options, ways


@pytest.mark.parametrize("case", CASES)
def test_every_way_out_leads_out(case):
    function, p, t, options, ways = arguments(case)
    with pytest.raises((TypeError, ValueError)) as caught:
        getattr(dice, function)(p, t, **options)
    for words, repair, right in ways:
        assert words in str(caught.value)
        call = {"p": p, "t": t, "options": dict(options), "function": getattr(dice, function)}
        exec(repair, {"np": np, "dice": dice, "LABELS": LABELS}, call)
        repaired = call["function"](call["p"], call["t"], **call["options"])
        assert repaired == pytest.approx(right, rel=1e-12), words


ROUND = {"torch": "round().long()", "jax": "round().astype(int)", "dask": "round().astype(int)"}


@pytest.mark.parametrize("library_name", ROUND)
@pytest.mark.parametrize(
    "case",
    [
        "float labels of a file",
        "a class map of booleans",
        "black and white",
        "logits",
        "one channel",
    ],
)
def test_the_way_out_is_one_of_the_library(case, library_name):
    """`round` and `squeeze` are spelled as the array's own library spells them."""
    function, p, t, options, ways = arguments(case)
    make = {
        "torch": lambda: pytest.importorskip("torch").from_numpy,
        "jax": lambda: pytest.importorskip("jax.numpy").asarray,
        "dask": lambda: pytest.importorskip("dask.array").from_array,
    }[library_name]()
    p, t = (make(np.ascontiguousarray(values)) for values in (p, t))
    with pytest.raises((TypeError, ValueError)) as caught:
        float(getattr(dice, function)(p, t, **options))
    message = str(caught.value)
    _, repair, right = ways[0]
    if case in ("float labels of a file", "a class map of booleans"):
        name = "target" if "booleans" in case else "prediction"
        assert f"integers by ({name} * 1.0).{ROUND[library_name]}" in message
        repair = f"{name[0]} = ({name[0]} * 1.0).{ROUND[library_name]}"
    call = {"p": p, "t": t, "options": dict(options)}
    exec(repair, {"np": np, "dice": dice}, call)
    repaired = float(getattr(dice, function)(call["p"], call["t"], **call["options"]))
    assert repaired == pytest.approx(float(right), rel=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_of_what_is_no_number_nothing_is_advised(value):
    with pytest.raises(ValueError, match=r"got (nan|-?inf)$"):
        dice.dice_loss([0.5, value], [0, 1])


# What is no error: rounding, in the precision of the probabilities


def summed_softmax(dtype, classes=150):
    z = np.random.default_rng(0).normal(size=(classes, 4000)).astype(dtype) * 4
    return np.add.reduce(dice.softmax(z, class_axis=0).astype(dtype), 0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_summed_softmax_is_a_probability(dtype):
    p = summed_softmax(dtype)
    assert p.max() > 1  # else nothing is tested
    mask = np.ones(p.shape, bool)
    assert dice.soft_dice(p, mask) == pytest.approx(1, abs=20 * float(np.finfo(dtype).eps))
    assert np.isfinite(dice.dice_loss(p, mask))
    assert (
        dice.tversky_loss(p, mask, false_positive_weight=1, false_negative_weight=1, gamma=0.5) >= 0
    )


def test_ten_tenths_are_a_probability():
    p = np.zeros(3, np.float32)
    for _ in range(10):
        p += np.float32(0.1)
    assert p[0] > 1
    assert dice.dice_loss(p, [1, 1, 1]) == pytest.approx(0, abs=1e-6)
    assert dice.dice_loss(1 - p, [0, 0, 0]) == 0  # a little below 0


@pytest.mark.parametrize(
    ("dtype", "beyond"), [("float16", 1.03), ("float32", 1.00001), ("float64", 1.00000001)]
)
@pytest.mark.parametrize("side", ["above", "below"])
def test_what_rounding_does_not_explain_is_refused(dtype, beyond, side):
    value = np.array([beyond if side == "above" else 1 - beyond], dtype)
    with pytest.raises(ValueError, match=r"probabilities: expected probabilities in \[0, 1\], got"):
        dice.soft_dice(value, [1])
    with pytest.raises(ValueError, match=r"target: expected probabilities in \[0, 1\], got"):
        dice.soft_dice(np.array([0.5], dtype), value)


@pytest.mark.parametrize("library_name", ["torch", "jax", "dask"])
def test_rounding_passes_in_every_library(library_name):
    p = summed_softmax(np.float32)
    if library_name == "torch":
        torch = pytest.importorskip("torch")
        p, mask = torch.from_numpy(p).requires_grad_(), torch.ones(p.shape)
        bilinear = torch.nn.functional.interpolate(
            torch.ones(1, 1, 16, 16), size=37, mode="bilinear"
        )
        assert bilinear.max() > 1
        assert abs(float(dice.dice_loss(bilinear, torch.ones_like(bilinear)))) < 1e-6
        dice.dice_loss(p, mask).backward()
        assert torch.isfinite(p.grad).all()
        return
    make = {
        "jax": lambda: pytest.importorskip("jax.numpy").asarray,
        "dask": lambda: pytest.importorskip("dask.array").from_array,
    }[library_name]()
    mask = make(np.ones(p.shape, np.float32))
    assert abs(float(dice.dice_loss(make(p), mask))) < 2e-6
    with pytest.raises(ValueError, match=r"in \[0, 1\], got 1\.001"):
        float(dice.soft_dice(make(p * 0 + np.float32(1.001)), mask))
