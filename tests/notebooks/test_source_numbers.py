"""Every number of the source material, as a fact about the package.

Where the course shows each of them, test_source_coverage.py says.
"""

import numpy as np
import pytest
import sympy as sp

from dice import (
    Overlap,
    dice_loss,
    dice_score,
    one_hot,
    overlap,
    soft_dice,
    softmax,
)
from dice.course.examples import (
    LABELS,
    LOGITS,
    SIX_PIXELS_PREDICTION,
    SIX_PIXELS_TARGET,
)

E = sp.E
ROOT = sp.sqrt(sp.E)
PROBABILITIES = softmax(LOGITS, class_axis=0)
SUMS = overlap(PROBABILITIES, LABELS, class_axis=0)


def rounded(values, digits=4):
    return np.round(values, digits).tolist()


def test_six_pixels_sums():
    sums = overlap(SIX_PIXELS_PREDICTION, SIX_PIXELS_TARGET)
    assert sums == Overlap(intersection=2, prediction=3, target=2)


def test_six_pixels_dice():
    assert dice_score(SIX_PIXELS_PREDICTION, SIX_PIXELS_TARGET) == 0.8


def test_six_pixels_loss():
    prediction = np.array(SIX_PIXELS_PREDICTION, float)
    assert dice_loss(prediction, SIX_PIXELS_TARGET) == pytest.approx(0.2, abs=1e-15)


def test_perfect_and_disjoint():
    assert dice_score([1, 0, 1], [1, 0, 1]) == 1
    assert dice_score([1, 0, 0], [0, 1, 1]) == 0


@pytest.mark.parametrize(
    ("pixel", "row"),
    [
        ((0, 0), [0.5761, 0.2119, 0.2119]),
        ((0, 1), [0.2119, 0.5761, 0.2119]),
        ((1, 0), [0.2119, 0.2119, 0.5761]),
        ((1, 1), [0.3837, 0.3837, 0.2327]),  # the source has 0.3838
    ],
)
def test_softmax_rows(pixel, row):
    assert rounded(PROBABILITIES[(slice(None), *pixel)]) == row


def test_exponentials_and_their_sums():
    sums = np.exp(LOGITS).sum(axis=0)
    assert rounded(sums, 5) == [[4.71828, 4.71828], [4.71828, 4.29744]]


def test_one_hot_masks():
    masks = one_hot(LABELS, 3, class_axis=0)
    assert masks.tolist() == [[[1, 0], [0, 0]], [[0, 1], [1, 0]], [[0, 0], [0, 1]]]
    assert masks.sum(axis=(1, 2)).tolist() == [1, 2, 1]


def test_sums_of_the_worked_example():
    assert rounded(SUMS.intersection) == [0.5761, 0.7881, 0.2327]  # the source has 0.7880
    assert rounded(SUMS.prediction) == [1.3837, 1.3837, 1.2327]  # the source has 1.2326
    assert SUMS.target.tolist() == [1, 2, 1]


def test_dice_of_each_class():
    # the source has 0.4657 and 0.2085
    assert rounded(soft_dice(PROBABILITIES, LABELS, class_axis=0)) == [0.4834, 0.4658, 0.2084]


def test_macro_dice():
    assert round(soft_dice(PROBABILITIES, LABELS, class_axis=0, average="macro"), 4) == 0.3859


def test_loss_of_the_worked_example():
    assert round(dice_loss(PROBABILITIES, LABELS, class_axis=0), 4) == 0.6141


CLOSED_FORMS = [
    2 * E * (1 + 2 * ROOT) / ((2 + E) * (2 + 5 * ROOT)),
    2 * (1 + E) * (1 + 2 * ROOT) / ((2 + E) * (3 + 7 * ROOT)),
    2 / (3 + 4 * ROOT),
]


def exact_overlap(label):
    """The three sums of one class of the worked example, in exact arithmetic."""
    logits = [[sp.nsimplify(z) for z in row] for row in LOGITS.reshape(3, 4).T]
    p = [sp.exp(z[label]) / sum(map(sp.exp, z)) for z in logits]
    g = (LABELS.ravel() == label).astype(int).tolist()
    return Overlap(sum(a * b for a, b in zip(p, g, strict=True)), sum(p), sum(g))


@pytest.mark.parametrize("label", range(3))
def test_closed_form(label):
    exact = exact_overlap(label)
    assert sp.simplify(exact.dice() - CLOSED_FORMS[label]) == 0
    assert SUMS.dice()[label] == pytest.approx(float(CLOSED_FORMS[label]), abs=1e-15)


def test_exact_sizes_of_the_predictions():
    sizes = [1 + ROOT / (1 + 2 * ROOT)] * 2 + [1 + 1 / (1 + 2 * ROOT)]
    for label, size in enumerate(sizes):
        assert sp.simplify(exact_overlap(label).prediction - size) == 0


def test_two_sets_of_pixels_that_round_alike():
    """1.3837 stands in the source although its 0.3838 does not: two roundings cancel."""
    assert round(0.5761 + 0.2119 + 0.2119 + 0.3838, 4) == 1.3837
    assert round(0.5761 + 0.2119 + 0.2119 + 0.3837, 4) == 1.3836


def test_tie_at_pixel_four():
    """Argmax may give pixel 4 to A or to B; both are wrong, and the macro score differs."""
    to_a, to_b = np.array([[0, 1], [2, 0]]), np.array([[0, 1], [2, 1]])
    scores = {dice_score(p, LABELS, num_classes=3) for p in (to_a, to_b)}
    assert {round(s, 3) for s in scores} == {0.444, 0.5}


def test_micro_dice_is_the_mean_probability_of_the_true_class():
    micro = soft_dice(PROBABILITIES, LABELS, class_axis=0, average="micro")
    true_class = np.take_along_axis(PROBABILITIES, LABELS[np.newaxis], axis=0)
    assert micro == pytest.approx(true_class.mean(), abs=1e-15)
    assert round(micro, 4) == 0.3992
