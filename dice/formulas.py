"""The formulas: plain arithmetic on the three sums.

Every overlap score of the course is a ratio of two expressions in

- ``intersection``, the sum of prediction times target,
- ``prediction``, the size of the prediction,
- ``target``, the size of the target.

Each function returns the numerator and the denominator of its score. They stay apart
so that one guard against 0/0, in `Overlap`, serves all of them. The constants are
integers, and the operators are ``+ - *`` alone: numbers, arrays, tensors and SymPy
symbols go in alike, and come out as the formula that the book prints.
"""

from typing import Any

Ratio = tuple[Any, Any]


def dice(
    intersection: Any,
    prediction: Any,
    target: Any,
    eps_numerator: Any = 0,
    eps_denominator: Any = 0,
) -> Ratio:
    """Twice the intersection over the sum of the two sizes."""
    return 2 * intersection + eps_numerator, prediction + target + eps_denominator


def iou(
    intersection: Any,
    prediction: Any,
    target: Any,
    eps_numerator: Any = 0,
    eps_denominator: Any = 0,
) -> Ratio:
    """Intersection over union."""
    union = prediction + target - intersection
    return intersection + eps_numerator, union + eps_denominator


def tversky(
    intersection: Any,
    prediction: Any,
    target: Any,
    false_positive_weight: Any,
    false_negative_weight: Any,
    eps_numerator: Any = 0,
    eps_denominator: Any = 0,
) -> Ratio:
    """Intersection over itself plus the weighted errors of either kind."""
    false_positives = prediction - intersection
    false_negatives = target - intersection
    errors = false_positive_weight * false_positives + false_negative_weight * false_negatives
    return intersection + eps_numerator, intersection + errors + eps_denominator
