"""Bad input gets one clear error that names the argument, what was expected, what came."""
# ruff: noqa: E501 (a table: one case, one line)

import numpy as np
import pytest
import sympy as sp

import dice
from dice import Overlap

PUBLIC = sorted(name for name in vars(dice) if name[0] != "_" and callable(getattr(dice, name)))

MASK = np.array([[1, 0, 1], [0, 0, 1]])
MAP = np.array([[0, 1, 2], [2, 1, 0]])
SOFT = np.full((2, 3), 0.5)
SOFT_CLASSES = np.full((3, 2, 3), 0.25)
LOGITS = np.zeros((3, 2, 3))
TVERSKY = {"false_positive_weight": 0.5, "false_negative_weight": 0.5}
NAN, INF = np.where(MASK == 1, np.nan, 0.5), np.where(MASK == 1, np.inf, 0.5)


def with_value(values, value):
    return np.where(np.arange(values.size).reshape(values.shape) == 1, value, values)


CASES = {
    # shapes that differ: nothing is broadcast
    "score shape": (ValueError, "target: expected shape (2, 3)", dice.dice_score, MASK, MASK[:1]),
    "iou shape": (ValueError, "got (1, 3)", dice.iou_score, MASK, MASK[:1]),
    "overlap shape": (ValueError, "target: expected shape", dice.overlap, MASK, MASK[:, :1]),
    "map shape": (ValueError, "target: expected shape (2, 3), one label per pixel",
        dice.overlap, MAP, MAP[0], {"num_classes": 3}),
    "confusion shape": (ValueError, "target: expected shape",
        dice.confusion_matrix, MAP, MAP.T, {"num_classes": 3}),
    "soft shape": (ValueError, "target: expected shape (2, 3)", dice.soft_dice, SOFT, MASK[0]),
    "soft map shape": (ValueError, "one label per pixel",
        dice.soft_dice, SOFT_CLASSES, MAP.T, {"class_axis": 0}),
    "loss shape": (ValueError, "target: expected shape", dice.dice_loss, SOFT, MASK.T),
    "entropy shape": (ValueError, "that of logits", dice.cross_entropy, LOGITS[0], MASK.T),
    "both shape": (ValueError, "that of logits", dice.dice_ce_loss, LOGITS[0], MASK.T),
    "mask shape": (ValueError, "mask: expected shape (2, 3), one entry per pixel",
        dice.overlap, MASK, MASK, {"mask": np.ones(3, bool)}),
    "ragged": (ValueError, "prediction: expected an array, got rows of unequal length",
        dice.dice_score, [[1], [1, 0]], MASK),
    # wrong dtypes
    "score of probabilities": (TypeError, "prediction: expected bool or integer values, got dtype float64",
        dice.dice_score, SOFT, MASK),
    "iou of probabilities": (TypeError, "probabilities become a mask by prediction >= 0.5 or go to soft_dice", dice.iou_score, SOFT, MASK),
    "soft of masks": (TypeError, "probabilities: expected floating values, got dtype int64",
        dice.soft_dice, MASK, MASK),
    "loss of labels": (TypeError, "probabilities: expected floating", dice.dice_loss, MAP, MAP),
    "entropy of labels": (TypeError, "logits: expected floating", dice.cross_entropy, MAP, MAP),
    "both of labels": (TypeError, "logits: expected floating", dice.dice_ce_loss, MAP, MAP),
    "soft target of a mask": (TypeError, "target: expected bool or integer", dice.overlap, MASK, SOFT),
    "map of booleans": (TypeError, "target: expected integer", dice.overlap, MAP, MAP > 0, {"num_classes": 3}),
    "map of floats": (TypeError, "prediction: expected integer",
        dice.confusion_matrix, SOFT, MAP, {"num_classes": 3}),
    "float class map": (TypeError, "target: expected integer values",
        dice.soft_dice, SOFT_CLASSES, SOFT, {"class_axis": 0}),
    "complex": (TypeError, "got dtype complex128", dice.overlap, SOFT + 0j, MASK),
    "complex, no pixels": (TypeError, "target: expected booleans", dice.overlap, np.zeros(0), np.zeros(0, complex)),
    "text": (TypeError, "prediction: expected booleans, integers or floats",
        dice.dice_score, ["a"], [1]),
    "objects": (TypeError, "target: expected booleans", dice.dice_score, [1], [None]),
    "integer mask option": (TypeError, "mask: expected bool", dice.overlap, MASK, MASK, {"mask": MASK}),
    "sigmoid of integers": (TypeError, "logits: expected floating", dice.sigmoid, MAP),
    "softmax of integers": (TypeError, "logits: expected floating", dice.softmax, MAP, {"class_axis": 0}),
    "log_softmax of text": (TypeError, "logits: expected", dice.log_softmax, ["a"], {"class_axis": 0}),
    "one_hot of floats": (TypeError, "labels: expected integer", dice.one_hot, SOFT, 3, {"class_axis": 0}),
    # NaN and infinity
    "soft nan": (ValueError, "probabilities: expected probabilities in [0, 1], got nan",
        dice.soft_dice, NAN, MASK),
    "loss inf": (ValueError, "got inf", dice.dice_loss, INF, MASK),
    "overlap nan target": (ValueError, "target: expected probabilities in [0, 1], got nan",
        dice.overlap, SOFT, NAN),
    "entropy nan": (ValueError, "logits: expected finite values up to 2**64, got nan", dice.cross_entropy, NAN, MASK),
    "both inf": (ValueError, "logits: expected finite values up to 2**64, got inf", dice.dice_ce_loss, INF, MASK),
    "sigmoid inf": (ValueError, "logits: expected finite values up to 2**64, got -inf", dice.sigmoid, -INF),
    "softmax nan": (ValueError, "logits: expected finite", dice.softmax, NAN, {"class_axis": 0}),
    "log_softmax nan": (ValueError, "logits: expected finite", dice.log_softmax, NAN, {"class_axis": 0}),
    # values out of range
    "logits as probabilities": (ValueError, "got 1.5; logits go through sigmoid or softmax first",
        dice.soft_dice, with_value(SOFT, 1.5), MASK),
    "negative probability": (ValueError, "probabilities: expected probabilities in [0, 1], got -0.1",
        dice.dice_loss, with_value(SOFT, -0.1), MASK),
    "soft target range": (ValueError, "target: expected probabilities in [0, 1], got 2.0",
        dice.dice_loss, SOFT, with_value(SOFT, 2)),
    "entropy target range": (ValueError, "target: expected a mask of 0 and 1, got 7",
        dice.cross_entropy, LOGITS[0], with_value(MASK, 7)),
    "mask 0 and 2": (ValueError, "prediction: expected a mask of 0 and 1, got 2",
        dice.dice_score, MASK * 2, MASK),
    "mask 0 and 255": (ValueError, "prediction: expected a mask of 0 and 1, got 255",
        dice.dice_score, MASK * 255, MASK * 255),
    "mask -1": (ValueError, "target: expected a mask of 0 and 1, got -1", dice.iou_score, MASK, -MASK),
    "label too large": (ValueError, "target: expected labels from 0 to 2, got 3",
        dice.overlap, MAP, with_value(MAP, 3), {"num_classes": 3}),
    "label below 0": (ValueError, "prediction: expected labels from 0 to 2, got -1",
        dice.dice_score, with_value(MAP, -1), MAP, {"num_classes": 3}),
    "confusion label": (ValueError, "prediction: expected labels from 0 to 1, got 2",
        dice.confusion_matrix, MAP, MAP % 2, {"num_classes": 2}),
    "confusion label of the target": (ValueError, "target: expected labels from 0 to 1, got 2",
        dice.confusion_matrix, MAP % 2, MAP, {"num_classes": 2}),
    "soft label": (ValueError, "target: expected labels from 0 to 2, got 255",
        dice.dice_loss, SOFT_CLASSES, with_value(MAP, 255), {"class_axis": 0}),
    "entropy label": (ValueError, "target: expected labels from 0 to 2, got 9",
        dice.cross_entropy, LOGITS, with_value(MAP, 9), {"class_axis": 0}),
    "one_hot ignore label": (ValueError, "labels: expected labels from 0 to 2, got -1",
        dice.one_hot, with_value(MAP, -1), 3, {"class_axis": 0}),
    # axes that do not exist, and axes that clash
    "class axis": (ValueError, "class_axis: expected an axis of an array with 3 axes, got 3",
        dice.soft_dice, SOFT_CLASSES, MAP, {"class_axis": 3}),
    "batch axis": (ValueError, "batch_axis: expected an axis", dice.dice_score, MASK, MASK, {"batch_axis": -3}),
    "softmax axis": (ValueError, "class_axis: expected an axis", dice.softmax, LOGITS, {"class_axis": 5}),
    "log_softmax axis": (ValueError, "class_axis", dice.log_softmax, LOGITS, {"class_axis": -4}),
    "one_hot axis": (ValueError, "class_axis", dice.one_hot, MAP, 3, {"class_axis": 3}),
    "entropy axis": (ValueError, "class_axis", dice.cross_entropy, LOGITS, MAP, {"class_axis": 3}),
    "both axis": (ValueError, "class_axis", dice.dice_ce_loss, LOGITS, MAP, {"class_axis": 3}),
    "axis of another type": (TypeError, "class_axis: expected an integer, got 1.0",
        dice.soft_dice, SOFT_CLASSES, MAP, {"class_axis": 1.0}),
    "axis True": (TypeError, "batch_axis: expected an integer, got True",
        dice.dice_score, MASK, MASK, {"batch_axis": True}),
    "one axis twice": (ValueError, "batch_axis: expected another axis than class_axis",
        dice.dice_loss, SOFT_CLASSES, SOFT_CLASSES, {"class_axis": 0, "batch_axis": -3}),
    # classes
    "zero classes": (ValueError, "num_classes: expected from 1 to 4096, got 0",
        dice.dice_score, MAP, MAP, {"num_classes": 0}),
    "zero channels": (ValueError, "probabilities: expected at least one class",
        dice.soft_dice, SOFT_CLASSES[:0], MAP, {"class_axis": 0}),
    "zero masks": (ValueError, "prediction: expected at least one class",
        dice.overlap, MASK[:0], MASK[:0], {"class_axis": 0}),
    "zero logits": (ValueError, "logits: expected at least one class", dice.softmax, LOGITS[:0], {"class_axis": 0}),
    "zero one_hot": (ValueError, "num_classes: expected from 1 to 4096", dice.one_hot, MAP, 0, {"class_axis": 0}),
    "zero confusion": (ValueError, "num_classes: expected from 1 to 4096",
        dice.confusion_matrix, MAP, MAP, {"num_classes": 0}),
    "classes of another type": (TypeError, "num_classes: expected an integer, got '3'",
        dice.dice_score, MAP, MAP, {"num_classes": "3"}),
    "a matrix without classes": (TypeError, "num_classes: expected an integer, got None",
        dice.confusion_matrix, MAP, MAP, {"num_classes": None}),
    "map and masks at once": (ValueError, "num_classes, class_axis: expected one of the two",
        dice.overlap, MAP, MAP, {"num_classes": 3, "class_axis": 0}),
    # options
    "average": (ValueError, "average: expected one of 'macro', 'micro', 'weighted', None, got 'mean'",
        dice.dice_score, MASK, MASK, {"average": "mean"}),
    "average of both": (ValueError, "average: expected one of", dice.dice_ce_loss, LOGITS, MAP,
        {"class_axis": 0, "average": None}),
    "intersection": (ValueError, "intersection: expected one of 'product', 'min', got 'max'",
        dice.soft_dice, SOFT, MASK, {"intersection": "max"}),
    "min of squares": (ValueError, "squared: expected False beside intersection='min', got True",
        dice.dice_loss, SOFT, MASK, {"intersection": "min", "squared": True}),
    "epsilon": (ValueError, "eps_denominator: expected finite, not negative, got -1",
        dice.soft_dice, SOFT, MASK, {"eps_denominator": -1}),
    "a masked epsilon": (TypeError, "eps_numerator: expected an array without a mask of its own",
        dice.soft_dice, SOFT, MASK, {"eps_numerator": np.ma.array(1.0, mask=True)}),
    "a masked exponent": (TypeError, "gamma: expected an array without a mask of its own",
        dice.tversky_loss, SOFT, MASK, TVERSKY | {"gamma": np.ma.masked}),
    "an epsilon per class": (ValueError, "eps_numerator: expected shape (), that of one number, got (3,)",
        dice.soft_dice, SOFT_CLASSES, MAP, {"class_axis": 0, "eps_numerator": np.ones(3)}),
    "a loss weight per class": (ValueError, "cross_entropy_weight: expected shape (), that of one number, got (3,)",
        dice.dice_ce_loss, LOGITS, MAP, {"class_axis": 0, "cross_entropy_weight": np.ones(3)}),
    "a tversky weight per class": (ValueError, "false_negative_weight: expected shape ()",
        dice.tversky_loss, SOFT, MASK, TVERSKY | {"false_negative_weight": np.ones(1)}),
    "loss weight": (ValueError, "dice_weight: expected finite, not negative",
        dice.dice_ce_loss, LOGITS, MAP, {"class_axis": 0, "dice_weight": -1}),
    "background of one class": (ValueError, "include_background: expected at least two classes",
        dice.dice_score, MASK, MASK, {"include_background": False}),
    "weights without a mean": (ValueError, "weights: expected classes and average='macro' beside them, got None",
        dice.soft_dice, SOFT_CLASSES, MAP, {"class_axis": 0, "weights": [1, 1, 1]}),
    "weights without classes": (ValueError, "weights: expected classes and average='macro' beside them, got no classes",
        dice.dice_score, MASK, MASK, {"weights": 1}),
    "weights of another length": (ValueError, "weights: expected shape (3,), one weight per class, got (2,)",
        dice.dice_loss, SOFT_CLASSES, MAP, {"class_axis": 0, "weights": [1, 1]}),
    "negative weights": (ValueError, "weights: expected finite, not negative",
        dice.dice_loss, SOFT_CLASSES, MAP, {"class_axis": 0, "weights": [1, -1, 1]}),
    "ignore_index type": (TypeError, "ignore_index: expected an integer, got 1.5",
        dice.overlap, MASK, MASK, {"ignore_index": 1.5}),
    "ignore_index of soft targets": (TypeError, "target: expected integer",
        dice.overlap, SOFT, SOFT, {"ignore_index": 1}),
    "ignore_index of one-hot": (ValueError, "ignore_index: expected a target with one value per pixel",
        dice.overlap, MASK, MASK, {"class_axis": 0, "ignore_index": 1}),
    "mask of 2": (ValueError, "prediction: expected a mask of 0 and 1, got 2;", dice.dice_score, MASK * 2, MASK),
    # the sums themselves
    "unequal sums": (ValueError, "prediction: expected shape (), that of intersection, got (2,)",
        Overlap, 1, [1, 2], 1),
    "negative sum": (ValueError, "target: expected finite, not negative, got -1", Overlap, 0, 1, -1),
    "nan sum": (ValueError, "intersection: expected finite", Overlap, float("nan"), 1, 1),
    "larger than both": (ValueError, "intersection: expected at most the mean of the sizes, got Overlap(", Overlap, 3, 2, 2),
    "larger than one class": (ValueError, "intersection: expected at most the mean", Overlap, [1, 3], [2, 2], [2, 2.5]),
    "a count of 64 bits": (ValueError, "intersection: expected finite, not negative, got -9223372036854775808",
        Overlap, *[np.array([2**63], np.uint64)] * 3),
    "too many axes": (ValueError, "expected shape (), (classes,)", Overlap, *[np.ones((1, 1, 1))] * 3),
    "samples of a number": (ValueError, "batched=True", Overlap, 1, 1, 1, {"batched": True}),
    "no classes": (ValueError, "intersection: expected at least one class", Overlap, [], [], []),
    "text as sum": (TypeError, "intersection: expected", Overlap, ["a"], ["a"], ["a"]),
    "tversky of squares": (ValueError, "squared: expected plain sums",
        Overlap(1, 1, 1, squared=True).tversky, {"false_positive_weight": 1, "false_negative_weight": 1}),
    "tversky weight": (ValueError, "false_positive_weight: expected finite, not negative",
        Overlap(1, 1, 1).tversky, {"false_positive_weight": -1, "false_negative_weight": 1}),
    # the rest of the family
    "tversky shape": (ValueError, "target: expected shape", dice.tversky_loss, SOFT, MASK.T, TVERSKY),
    "tversky of labels": (TypeError, "probabilities: expected floating", dice.tversky_loss, MAP, MAP, TVERSKY),
    "tversky nan": (ValueError, "in [0, 1], got nan", dice.tversky_loss, NAN, MASK, TVERSKY),
    "tversky range": (ValueError, "in [0, 1], got 1.5", dice.tversky_loss, with_value(SOFT, 1.5), MASK, TVERSKY),
    "tversky axis": (ValueError, "class_axis: expected an axis",
        dice.tversky_loss, SOFT_CLASSES, MAP, TVERSKY | {"class_axis": 3}),
    "tversky loss weight": (ValueError, "false_negative_weight: expected finite, not negative, got nan",
        dice.tversky_loss, SOFT, MASK, TVERSKY | {"false_negative_weight": float("nan")}),
    "tversky weight type": (TypeError, "false_positive_weight: expected a number, got '1'",
        dice.tversky_loss, SOFT, MASK, TVERSKY | {"false_positive_weight": "1"}),
    "tversky squared": (ValueError, "squared: expected plain sums",
        dice.tversky_loss, SOFT, MASK, TVERSKY | {"squared": True}),
    "gamma 0": (ValueError, "gamma: expected a number above 0, got 0",
        dice.tversky_loss, SOFT, MASK, TVERSKY | {"gamma": 0}),
    "gamma below 0": (ValueError, "gamma: expected", dice.tversky_loss, SOFT, MASK, TVERSKY | {"gamma": -1}),
    "gamma inf": (ValueError, "gamma: expected", dice.tversky_loss, SOFT, MASK, TVERSKY | {"gamma": float("inf")}),
    "gamma of a symbol": (TypeError, "gamma: expected a number, got x",
        dice.tversky_loss, SOFT, MASK, TVERSKY | {"gamma": sp.Symbol("x")}),
    "gamma type": (TypeError, "gamma: expected a number", dice.tversky_loss, SOFT, MASK, TVERSKY | {"gamma": None}),
    "generalized shape": (ValueError, "one label per pixel",
        dice.generalized_dice_loss, SOFT_CLASSES, MAP.T, {"class_axis": 0}),
    "generalized of labels": (TypeError, "probabilities: expected floating",
        dice.generalized_dice_loss, MAP, MAP, {"class_axis": 0}),
    "generalized label": (ValueError, "target: expected labels from 0 to 2, got 9",
        dice.generalized_dice_loss, SOFT_CLASSES, with_value(MAP, 9), {"class_axis": 0}),
    "generalized nan": (ValueError, "got nan", dice.generalized_dice_loss, NAN, MASK, {"class_axis": 0}),
    "generalized axis": (ValueError, "class_axis: expected an axis",
        dice.generalized_dice_loss, SOFT_CLASSES, MAP, {"class_axis": -4}),
    "generalized epsilon": (ValueError, "eps_numerator: expected finite, not negative",
        dice.generalized_dice_loss, SOFT_CLASSES, MAP, {"class_axis": 0, "eps_numerator": float("inf")}),
    "generalized without classes": (ValueError, "probabilities: expected at least one class",
        dice.generalized_dice_loss, SOFT_CLASSES[:0], MAP, {"class_axis": 0}),
    "generalized axis None": (TypeError, "class_axis: expected an integer, got None",
        dice.generalized_dice_loss, SOFT, MASK, {"class_axis": None}),
    "gradient shape": (ValueError, "target: expected shape", dice.dice_loss_gradient, SOFT, MASK.T),
    "gradient of labels": (TypeError, "probabilities: expected floating", dice.dice_loss_gradient, MAP, MAP),
    "gradient inf": (ValueError, "in [0, 1], got inf", dice.dice_loss_gradient, INF, MASK),
    "gradient axis": (ValueError, "batch_axis: expected an axis",
        dice.dice_loss_gradient, SOFT, MASK, {"batch_axis": 2}),
    "gradient of many": (ValueError, "average: expected one of 'macro', 'micro', 'weighted', got None",
        dice.dice_loss_gradient, SOFT, MASK, {"average": None}),
    "gradient epsilon": (ValueError, "eps_denominator: expected finite, not negative",
        dice.dice_loss_gradient, SOFT, MASK, {"eps_denominator": -1}),
    "gradient empty": (TypeError, "empty: expected a number", dice.dice_loss_gradient, SOFT, MASK, {"empty": "0"}),
    "gradient background": (ValueError, "include_background: expected at least two classes",
        dice.dice_loss_gradient, SOFT, MASK, {"include_background": False}),
    "gradient weights": (ValueError, "weights: expected classes and average='macro'",
        dice.dice_loss_gradient, SOFT_CLASSES, MAP, {"class_axis": 0, "weights": [1, 1, 1], "average": "micro"}),
    "ids of probabilities": (TypeError, "prediction_ids: expected integer", dice.panoptic_quality, SOFT, MAP),
    "ids of a mask": (TypeError, "target_ids: expected integer", dice.panoptic_quality, MAP, MASK > 0),
    "ids shape": (ValueError, "target_ids: expected shape (2, 3), that of prediction_ids, got (3, 2)",
        dice.panoptic_quality, MAP, MAP.T),
    "pair ids": (TypeError, "target_ids: expected integer", dice.object_pairs, MAP, MASK > 0),
    "pixels of pairs": (ValueError, "pixels: expected shape (2, 3), that of prediction_ids",
        dice.panoptic_quality, MAP, MAP, [1, 2, 3]),
    "ids of images": (ValueError, "batch_axis: expected an axis of an array with 2 axes, got 2",
        dice.panoptic_quality, MAP, MAP, {"batch_axis": 2}),
    "join of nothing": (ValueError, "overlaps: expected at least one, got none", Overlap.join, []),
    "join of other classes": (ValueError, "other: expected shape (1, 2), that of the first, got (1, 3)",
        Overlap.join, [Overlap([1, 1], [1, 1], [1, 1]), Overlap([1, 1, 1], [1, 1, 1], [1, 1, 1])]),
    "join of squares": (ValueError, "other: expected batched=True and squared=False",
        Overlap.join, [Overlap(1, 1, 1), Overlap(1, 1, 1, squared=True)]),
    "entropy weights without classes": (ValueError, "weights: expected classes beside them, got no class_axis",
        dice.cross_entropy, LOGITS[0], MASK, {"weights": [1, 2]}),
    "entropy weights of another length": (ValueError, "weights: expected shape (3,), one weight per class, got (2,)",
        dice.cross_entropy, LOGITS, MAP, {"class_axis": 0, "weights": [1, 2]}),
    "negative entropy weights": (ValueError, "weights: expected finite, not negative",
        dice.dice_ce_loss, LOGITS, MAP, {"class_axis": 0, "weights": [1, -2, 1]}),
    "entropy weights of zero": (ValueError, "weights: expected a number above 0",
        dice.cross_entropy, LOGITS, MAP, {"class_axis": 0, "weights": [0, 0, 0]}),
    "ids ignored": (TypeError, "ignore_index: expected an integer, got '0'",
        dice.panoptic_quality, MAP, MAP, {"ignore_index": "0"}),
    # with advice
    "map advice": (TypeError, "got dtype float64; whole numbers become integers by np.rint(prediction).astype(int)",
        dice.overlap, SOFT, MAP, {"num_classes": 3}),
    "labels as floats": (TypeError, "got dtype float64; whole numbers become integers by np.rint(prediction)",
        dice.dice_score, MAP * 1.0, MAP, {"num_classes": 3}),
    "no class axis": (ValueError, "that of probabilities, got (2, 3); class maps need class_axis",
        dice.soft_dice, SOFT_CLASSES, MAP),
    "no class axis for a mask": (ValueError, "target: expected shape (3, 2, 3), that of probabilities, got (2, 3)",
        dice.soft_dice, SOFT_CLASSES, MAP > 0),
    "map target advice": (TypeError, "got dtype bool; whole numbers become integers by np.rint(target).astype(int)",
        dice.overlap, MAP, MAP > 0, {"num_classes": 3}),
    "soft map advice": (TypeError, "got dtype float64; whole numbers become integers by np.rint(target).astype(int)",
        dice.soft_dice, SOFT_CLASSES, SOFT, {"class_axis": 0}),
    # options of another type
    "empty": (TypeError, "empty: expected a number, got None", dice.dice_score, MASK, MASK, {"empty": None}),
    "epsilon type": (TypeError, "eps_numerator: expected a number, got 'a'",
        dice.soft_dice, SOFT, MASK, {"eps_numerator": "a"}),
    "complex epsilon": (TypeError, "eps_numerator: expected a number, got 1j",
        dice.soft_dice, SOFT, MASK, {"eps_numerator": 1j}),
    "too many classes": (ValueError, "num_classes: expected from 1 to 4096, got 1000000000000",
        dice.dice_score, MAP, MAP, {"num_classes": 10**12}),
    "negative entropy": (ValueError, "cross_entropy_weight: expected finite, not negative",
        dice.dice_ce_loss, LOGITS[0], MASK, {"cross_entropy_weight": -1}),
    "weight of no class": (ValueError, "weights: expected classes and average='macro' beside them, got no classes",
        dice.dice_loss_gradient, SOFT, MASK, {"weights": [1.0]}),
    "no weights": (ValueError, "weights: expected a number above 0",
        dice.dice_loss, SOFT_CLASSES, MAP, {"class_axis": 0, "weights": [0, 0, 0]}),
    "weights of the background": (ValueError, "weights: expected a number above 0",
        dice.dice_loss, SOFT_CLASSES, MAP, {"class_axis": 0, "weights": [1, 0, 0], "include_background": False}),
    "nan weights": (ValueError, "weights: expected finite",
        dice.dice_loss, SOFT_CLASSES, MAP, {"class_axis": 0, "weights": [1, float("nan"), 0]}),
    "no sum": (TypeError, "intersection: expected a number, got None", Overlap, None, None, None),
    "text sum": (TypeError, "intersection: expected a number, got 'a'", Overlap, "a", "a", "a"),
    "bool sums": (TypeError, "intersection: expected integer or floating values, got dtype bool",
        Overlap, [True], [True], [True]),
    "sums of objects": (TypeError, "intersection: expected booleans", Overlap, [None], [None], [None]),
    "ragged sums": (ValueError, "rows of unequal length", Overlap, [[1], [1, 2]], 1, 1),
    "infinite sum": (ValueError, "prediction: expected finite", Overlap, [1], [float("inf")], [1]),
    "a type for a sum": (TypeError, "intersection: expected a number, got <class 'float'>", Overlap, float, 2, 2),
    "a type for epsilon": (TypeError, "eps_numerator: expected a number, got <class 'float'>",
        dice.soft_dice, SOFT, MASK, {"eps_numerator": float}),
    "an option of probabilities": (TypeError, "unexpected keyword argument 'squared': expected one that the signature names, or one of class_axis, mask, ",
        dice.dice_score, MASK, MASK, {"squared": True}),
    "a step of the package": (TypeError, "unexpected keyword argument 'activate'",
        dice.dice_loss, SOFT, MASK, {"activate": dice.sigmoid}),
    "records": (TypeError, "prediction: expected booleans, integers or floats",
        dice.dice_score, np.rec.array([(1, 2)]), MASK),
    "weights and one class": (ValueError, "include_background: expected at least two classes",
        dice.dice_score, MASK[:1], MASK[:1], {"class_axis": 0, "weights": [1.0], "include_background": False}),
    "generalized, one class": (ValueError, "include_background: expected at least two classes",
        dice.generalized_dice_loss, SOFT[:1], MASK[:1], {"class_axis": 0, "include_background": False}),
    "huge logits": (ValueError, "logits: expected finite values up to 2**64, got -1e+308",
        dice.log_softmax, np.array([1e308, -1e308]), {"class_axis": 0}),
    "logits just too large": (ValueError, "logits: expected finite values up to 2**64, got 1.844674407370",
        dice.sigmoid, np.array([np.nextafter(2.0**64, 2.0**65)])),
    "no gamma": (ValueError, "gamma: expected a number above 0, got 0", dice.tversky_loss, SOFT, MASK,
        {"gamma": 0, "false_positive_weight": 1, "false_negative_weight": 1}),
    "too many of 64 bits": (ValueError, "intersection: expected at most the mean of the sizes",
        Overlap, [2**62], [1], [1]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_error(case):
    error, message, function, *arguments = CASES[case]
    options = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
    with pytest.raises(error) as caught:
        function(*arguments, **options)
    assert message in str(caught.value)


def test_a_message_without_a_hint_ends_with_what_came():
    with pytest.raises(ValueError, match=r"probabilities: expected probabilities .*, got nan$"):
        dice.soft_dice([np.nan], [1])


def test_every_public_function_is_covered():
    covered = {getattr(case[2], "__name__", "") for case in CASES.values()}
    assert set(PUBLIC) - {"PanopticQuality"} <= covered


@pytest.mark.parametrize("function", [dice.soft_dice, dice.dice_loss])
def test_values_go_unchecked_on_request(function):
    assert np.isfinite(function(np.array([2.0]), [1], check_values=False))
    assert dice.overlap(np.array([2.0]), [1], check_values=False).intersection == 2
    for other in (7, 255, 256, -1, -256):  # no class of the two, nor taken for one
        sums = dice.overlap(np.full((2, 2), 0.5), [0, other], class_axis=0, check_values=False)
        assert sums.intersection.tolist() == [0.5, 0]


def test_an_option_is_known_by_its_value():
    computed = "".join(["mi", "cro"])  # equal to the word, and another object
    assert dice.dice_score(MAP, MAP, num_classes=3, average=computed) == 1


def test_hard_scores_take_no_epsilon():
    with pytest.raises(TypeError, match="unexpected keyword argument 'eps_numerator'"):
        dice.dice_score(MASK, MASK, eps_numerator=1)


@pytest.mark.parametrize("activation", [dice.softmax, dice.log_softmax])
def test_logits_go_unchecked_on_request(activation):
    unchecked = {"check_values": False}
    assert dice.sigmoid([np.inf, -np.inf], **unchecked).tolist() == [1, 0]
    assert np.isnan(activation([np.nan, 0.0], class_axis=0, **unchecked)).all()
    assert np.isnan(dice.cross_entropy([np.nan], [1], **unchecked))
    assert np.isnan(dice.cross_entropy([[np.nan], [0.0]], [0], class_axis=0, **unchecked))
    assert np.isnan(dice.dice_ce_loss([np.nan], [1], **unchecked))
    assert np.isfinite(dice.dice_loss_gradient([2.0], [1], **unchecked)).all()
    assert np.isfinite(dice.tversky_loss([1.5], [1], **TVERSKY, **unchecked))
    assert np.isfinite(dice.generalized_dice_loss([[1.5]], [[1]], class_axis=0, **unchecked))
