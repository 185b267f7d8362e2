"""Dice, from pixels to loss: overlap scores and losses as three sums.

Start with `overlap`, which makes the sums, and `Overlap`, which reads scores off them.
Everything else is a named combination of the two.
"""

from dice.activations import log_softmax, one_hot, sigmoid, softmax
from dice.instances import PanopticQuality, panoptic_quality
from dice.losses import (
    cross_entropy,
    dice_ce_loss,
    dice_loss,
    dice_loss_gradient,
    generalized_dice_loss,
    tversky_loss,
)
from dice.overlap import Overlap, confusion_matrix, overlap
from dice.scores import dice_score, iou_score, soft_dice

__all__ = [
    "Overlap",
    "PanopticQuality",
    "confusion_matrix",
    "cross_entropy",
    "dice_ce_loss",
    "dice_loss",
    "dice_loss_gradient",
    "dice_score",
    "generalized_dice_loss",
    "iou_score",
    "log_softmax",
    "one_hot",
    "overlap",
    "panoptic_quality",
    "sigmoid",
    "soft_dice",
    "softmax",
    "tversky_loss",
]
