"""16.8 million pixels in single precision, against exact sums."""

from fractions import Fraction

import numpy as np
import pytest

import dice

PIXELS = 2**24
CLASSES = 3


@pytest.fixture(scope="module")
def volume():
    """Probabilities that are whole multiples of 2**-20, so that integers add them exactly."""
    random = np.random.default_rng(7)
    parts = random.integers(0, 2**20, (CLASSES, PIXELS), dtype=np.int32)
    labels = random.integers(0, CLASSES, PIXELS, dtype=np.uint8)
    sums = []
    for label, part in enumerate(parts):
        here = labels == label
        shared = int(part.sum(where=here, dtype=np.int64))
        sums.append((shared, int(part.sum(dtype=np.int64)), int(here.sum()) * 2**20))
    return parts.astype(np.float32) / np.float32(2**20), labels, sums


@pytest.mark.beyond
@pytest.mark.parametrize("class_axis", [0, -1])
def test_single_precision(volume, class_axis):
    p, labels, sums = volume
    if class_axis == -1:
        p = np.ascontiguousarray(p.T)
    exact = [float(Fraction(2 * i, size + target)) for i, size, target in sums]
    found = dice.soft_dice(p, labels, class_axis=class_axis)
    assert np.abs(found - exact).max() <= 1e-7
    loss = dice.dice_loss(p, labels, class_axis=class_axis)
    assert loss.__class__ is float and abs(loss - (1 - np.mean(exact))) <= 1e-7


def test_squares_and_minima(volume):
    p, labels, _ = volume
    p, mask = p[0, : 2**22], labels[: 2**22] == 0
    q = p.astype(np.float64)
    exact = 2 * q[mask].sum() / ((q * q).sum() + mask.sum())
    assert abs(dice.soft_dice(p, mask, squared=True) - exact) <= 1e-7
    exact = 2 * q[mask].sum() / (q.sum() + mask.sum())
    assert abs(dice.soft_dice(p, mask, intersection="min") - exact) <= 1e-7


@pytest.mark.parametrize("value", np.linspace(0.05, 0.95, 19).astype(np.float32))
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_equal_numbers_do_not_drift(value, dtype):
    """Added one after another in single precision, they all round to the same side."""
    p, g = np.full(300_000, value), np.ones(300_000, dtype)
    g[::3] = 0
    sums = dice.overlap(p, g)
    exact = float(value) * np.array([200_000, 300_000])
    assert np.abs([sums.intersection, sums.prediction] / exact - 1).max() <= 1e-7
    assert sums.target == 200_000
    entropy = np.log1p(np.exp(-float(value))) + float(value) / 3
    assert dice.cross_entropy(p, g) == pytest.approx(entropy, rel=2e-7)


def test_a_long_sum_goes_on():
    """One sum in single precision stops at 16,777,216, and channels last makes it one."""
    ones = np.broadcast_to(np.float32(1), (2**24 + 2**20, 2))
    sums = dice.overlap(ones, ones, class_axis=-1)
    assert sums.prediction.tolist() == sums.intersection.tolist() == [2.0**24 + 2**20] * 2


def test_half_precision_does_not_overflow():
    p, g = np.full(70_000, 0.5, np.float16), np.ones(70_000, np.uint8)
    assert dice.dice_loss(p, g) == pytest.approx(1 / 3, rel=1e-6)
    assert dice.soft_dice(p, p, intersection="min") == 1
    assert dice.soft_dice(p, p, squared=True) == 1
    assert dice.cross_entropy(p, g) == pytest.approx(np.log1p(np.exp(-0.5)), rel=1e-5)
    assert np.abs(dice.dice_loss_gradient(p, g)).max() < 1e-4


def test_bytes_of_ones_do_not_wrap():
    ones = np.ones(256, np.uint8)
    assert dice.overlap(ones, ones) == dice.Overlap(256, 256, 256)
    assert dice.dice_loss(ones.astype(np.float32), ones) == 0


@pytest.mark.parametrize("function", [dice.dice_score, dice.iou_score, dice.overlap])
def test_255_for_foreground_is_refused(function):
    mask = np.full(4, 255, np.uint8)
    with pytest.raises(
        ValueError, match=r"expected a mask of 0 and 1, got 255; .*prediction > 127"
    ):
        function(mask, mask)
    with pytest.raises(ValueError, match=r"target: expected a mask of 0 and 1, got 255"):
        dice.dice_loss(mask / 255, mask)
