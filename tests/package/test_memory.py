"""What a call takes beside its inputs: a few MiB, whatever the size of the image.

The images have 4.2 million pixels. A copy of one is 4 MiB or more, so that the limits, a little
above what is taken, hold only where the image is read block by block, with no step too many.
"""

import tracemalloc

import numpy as np
import pytest

import dice

RNG = np.random.default_rng(11)
SHAPE = (2048, 2048)
MAP = RNG.integers(0, 3, SHAPE, np.uint8)
MASK, BYTES = MAP == 1, (MAP == 1).astype(np.uint8)
WIDE = MAP.astype(np.int64)
MANY, MORE = (RNG.integers(0, classes, SHAPE, np.uint16) for classes in (150, 300))
SOFT = RNG.random(SHAPE, np.float32)
CLASSES = RNG.random((3, *SHAPE), np.float32)
LAST = np.ascontiguousarray(CLASSES.transpose(1, 2, 0))
HALF = CLASSES.astype(np.float16)
TVERSKY = {"false_positive_weight": 0.3, "false_negative_weight": 0.7}

# name: at most so many MiB, function, prediction, target, options
CALLS = {
    "masks": (0.6, dice.dice_score, MASK, MASK, {}),
    "masks in the order of columns": (0.6, dice.dice_score, MASK.T, MASK.T, {}),
    "a transposed mask": (1.1, dice.dice_score, MASK, MASK.T, {}),
    "masks, some pixels": (2.2, dice.dice_score, MASK, MASK, {"mask": MASK}),
    "masks of bytes": (0.6, dice.dice_score, BYTES, BYTES, {}),
    "masks of bytes, unchecked": (1.6, dice.dice_score, BYTES, BYTES, {"check_values": False}),
    "masks of 64 bits": (1.6, dice.dice_score, WIDE % 2, WIDE % 2, {}),
    "a mask per class": (0.6, dice.dice_score, CLASSES > 0.5, CLASSES > 0.5, {"class_axis": 0}),
    "class maps": (2.4, dice.dice_score, MAP, MAP, {"num_classes": 3}),
    "class maps of 64 bits": (3.2, dice.dice_score, WIDE, WIDE, {"num_classes": 3}),
    "class maps, some pixels": (
        4.0, dice.dice_score, MAP, MAP, {"num_classes": 3, "ignore_index": 2},
    ),
    "150 classes": (6.2, dice.dice_score, MANY, MANY, {"num_classes": 150}),
    "300 classes": (8.0, dice.dice_score, MORE, MORE, {"num_classes": 300}),
    "pairs": (2.4, dice.confusion_matrix, MAP, MAP, {"num_classes": 3}),
    "probabilities": (0.6, dice.soft_dice, SOFT, MASK, {}),
    "soft target": (0.6, dice.soft_dice, SOFT, SOFT, {}),
    "minimum": (0.6, dice.soft_dice, SOFT, SOFT, {"intersection": "min"}),
    "squares": (0.6, dice.soft_dice, SOFT, MASK, {"squared": True}),
    "classes": (0.7, dice.dice_loss, CLASSES, MAP, {"class_axis": 0}),
    "classes, wide labels": (0.8, dice.dice_loss, CLASSES, WIDE, {"class_axis": 0}),
    "classes, some pixels": (1.4, dice.dice_loss, CLASSES, MAP, {"class_axis": 0, "mask": MASK}),
    "classes last": (1.3, dice.dice_loss, LAST, MAP, {"class_axis": -1}),
    "half precision": (1.3, dice.dice_loss, HALF, MAP, {"class_axis": 0}),
    "Tversky": (0.7, dice.tversky_loss, CLASSES, MAP, TVERSKY | {"class_axis": 0}),
    "generalized": (0.7, dice.generalized_dice_loss, CLASSES, MAP, {"class_axis": 0}),
    "entropy": (1.8, dice.cross_entropy, CLASSES, MAP, {"class_axis": 0}),
    "entropy of one class": (2.1, dice.cross_entropy, SOFT, MASK, {}),
    "both": (2.3, dice.dice_ce_loss, CLASSES, MAP, {"class_axis": 0}),
    "both, half precision": (2.9, dice.dice_ce_loss, HALF, MAP, {"class_axis": 0}),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_little_memory(name):
    limit, function, prediction, target, options = CALLS[name]
    tracemalloc.start()
    try:
        function(prediction, target, **options)
        taken = tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
    assert taken <= limit


def test_no_limit_is_above_8_mebibytes():
    assert max(limit for limit, *_ in CALLS.values()) <= 8


@pytest.mark.parametrize("options", [{}, {"squared": True}, {"intersection": "min"}])
@pytest.mark.parametrize("labels", [MAP, WIDE])
def test_a_gradient_takes_what_a_few_classes_take(labels, options):
    p, part = np.broadcast_to(np.float32(1 / 16), (16, 512, 512)), np.s_[:512, :512]
    tracemalloc.start()
    try:
        found = dice.dice_loss_gradient(p, labels[part], class_axis=0, **options)
        taken = tracemalloc.get_traced_memory()[1] - found.nbytes
    finally:
        tracemalloc.stop()
    assert taken <= 3.5 * found[0].nbytes
