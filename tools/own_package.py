"""A reader's own package in the names of ours, so that our tests run on it.

*Build it yourself* ends in a package of nine functions. `pytest tests/package --practice FOLDER`
puts it in place of `dice`, in our names by this module: each call of ours goes to that function of
the reader's which answers it, one for each part of the call, with what its step gave it: masks as
integers 0 and 1, probabilities as floats, pixels last. Nothing is computed here but what no step
asks for, the score of 0/0 in soft Dice, in the loss and in averages. What no step builds cannot be
called.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

STEPS = {  # the exercise that judges it, and the name of the function
    "build/hard-dice": "hard_dice",
    "build/empty": "dice_or_empty",
    "build/class-maps": "class_dice",
    "build/sums": "three_sums",
    "build/soft-dice": "soft_dice",
    "build/loss": "dice_loss",
    "build/averages": "average_dice",
    "build/gradient": "dice_loss_gradient",
    "build/merging": "merged_dice",
}
TAKES = ("mask", "masks", "maps", "soft, masks", "soft, map")  # as test_properties.py calls them


class NotBuilt:
    """What stands for a name that the reader's package does not have."""

    def __init__(self, name):
        self.__name__ = name

    def __call__(self, *_, **__):
        raise NotImplementedError(f"{self.__name__} is built in no step of Build it yourself")


def load(folder):
    """Return the reader's package, under whatever name."""
    file = Path(folder) / "__init__.py"
    if not file.is_file():
        raise FileNotFoundError(f"{file} is not there: Build it yourself saves it at its end")
    spec = importlib.util.spec_from_file_location("own", file, submodule_search_locations=[folder])
    sys.modules["own"] = own = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(own)
    lacks = [name for name in STEPS.values() if not callable(getattr(own, name, None))]
    if lacks:
        raise AttributeError(f"{file} lacks {', '.join(lacks)}")
    return own


def pairs_of(prediction, target, num_classes, class_axis):
    """Return for each class its prediction and its target, and for one mask the only pair."""
    p, g = np.asarray(prediction), np.asarray(target)
    if num_classes is not None:
        pairs = [(p == c, g == c) for c in range(num_classes)]
    elif class_axis is None:
        pairs = [(p, g)]
    else:
        p = np.moveaxis(p, class_axis, 0)
        masks = (
            [g == c for c in range(len(p))] if g.ndim < p.ndim else np.moveaxis(g, class_axis, 0)
        )
        pairs = list(zip(p, masks, strict=True))
    assert np.isin(g, (0, 1)).all() or num_classes or g.ndim < p.ndim, "no step has soft targets"
    kind = np.float64 if p.dtype.kind == "f" else np.int64
    return [(q.astype(kind), h.astype(np.int64)) for q, h in pairs]


def masks_of(shared, prediction, target):
    """Return two masks that have these sums."""
    p = np.repeat([1, 1, 0], [shared, prediction - shared, target - shared])
    g = np.repeat([1, 0, 1], [shared, prediction - shared, target - shared])
    return p, g


def in_our_names(own):
    """Return a module that has the names of ours, and calls the reader's functions."""
    dice = ModuleType("dice")
    found = {}

    def missing(name):
        if name.startswith("__"):
            raise AttributeError(name)
        return found.setdefault(name, NotBuilt(name))

    class Overlap:
        batched = squared = False

        def __init__(self, intersection, prediction, target, parts=None):
            self.intersection, self.prediction, self.target = intersection, prediction, target
            self.parts = parts  # of each class, the pairs that were added

        def sums(self):
            return [self.intersection, self.prediction, self.target]

        def __eq__(self, other):
            return bool(np.all(np.equal(self.sums(), other.sums())))

        __hash__ = None

        def __add__(self, other):
            sums = [a + b for a, b in zip(self.sums(), other.sums(), strict=True)]
            return Overlap(*sums, [a + b for a, b in zip(self.parts, other.parts, strict=True)])

        def __radd__(self, start):
            return self  # `sum` begins with 0

        def dice(self, average=None, empty=np.nan):
            if average is not None:
                return averaged(np.array(self.sums()), average)
            sums = np.transpose(self.sums()).reshape(-1, 3)
            parts = self.parts or [[masks_of(*of_class)] for of_class in sums]
            scores = [
                own.dice_or_empty(*pairs[0], empty)
                if len(pairs) == 1
                else own.merged_dice(pairs)
                if size
                else empty
                for pairs, (_, *sizes) in zip(parts, sums, strict=True)
                for size in [sum(sizes)]
            ]
            return np.array(scores) if np.ndim(self.target) else scores[0]

    def overlap(prediction, target, *, num_classes=None, class_axis=None):
        pairs = pairs_of(prediction, target, num_classes, class_axis)
        sums = np.transpose([own.three_sums(*pair) for pair in pairs])
        one = num_classes is None and class_axis is None
        return Overlap(*(sums[:, 0] if one else sums), [[pair] for pair in pairs])

    def averaged(sums, average):
        return own.average_dice(*sums, average) if sums[1:].any(1).all() else np.nan

    def dice_score(
        prediction, target, *, num_classes=None, class_axis=None, average="macro", empty=None
    ):
        pairs = pairs_of(prediction, target, num_classes, class_axis)
        if num_classes is None and class_axis is None:
            ((p, g),) = pairs
            if empty is None and (p.any() or g.any()):
                return own.hard_dice(p, g)
            return own.dice_or_empty(p, g, np.nan if empty is None else empty)
        assert empty is None, "no step has both classes and `empty`"
        if average is not None:
            sums = np.transpose([own.three_sums(*pair) for pair in pairs])
            return averaged(sums, average)
        if num_classes is None:
            return np.array([own.dice_or_empty(*pair, np.nan) for pair in pairs])
        p, g = (np.asarray(labels).astype(np.int64) for labels in (prediction, target))
        return own.class_dice(p, g, num_classes)

    def soft_dice(probabilities, target, *, class_axis=None):
        pairs = pairs_of(probabilities, target, None, class_axis)
        scores = [own.soft_dice(p, g) if p.any() or g.any() else np.nan for p, g in pairs]
        return scores[0] if class_axis is None else np.array(scores)

    def dice_loss(
        probabilities,
        target,
        *,
        class_axis=None,
        average="macro",
        eps_numerator=0,
        eps_denominator=0,
    ):
        assert average == "macro" and eps_numerator == eps_denominator, "no step has this"
        pairs = pairs_of(probabilities, target, None, class_axis)
        eps = float(eps_numerator)
        pairs = [pair for pair in pairs if eps or pair[0].any() or pair[1].any()]
        stacks = [np.stack([a.ravel() for a in side]) for side in zip(*pairs, strict=True)]
        return own.dice_loss(*stacks, eps) if pairs else 0.0

    def dice_loss_gradient(probabilities, target):
        ((p, g),) = pairs_of(probabilities, target, None, None)
        return own.dice_loss_gradient(p, g)

    built = (Overlap, overlap, dice_score, soft_dice, dice_loss, dice_loss_gradient)
    vars(dice).update({thing.__name__: thing for thing in built}, __getattr__=missing, TAKES=TAKES)
    dice.__path__ = [str(Path(__file__).parents[1] / "dice")]  # what the tests import of the engine
    return dice
