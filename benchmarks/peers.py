"""How other libraries compute Dice, as one function for each; and the two limits of speed."""

import os
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

Function = Callable[[], Any]


def contenders(task: str, arrays: tuple[Any, ...], classes: int) -> dict[str, Function | str]:
    """Functions without arguments by name; a reason in place of what is not there."""
    makers = {"masks": MASKS, "class maps": CLASS_MAPS, "probabilities": PROBABILITIES}[task]
    found: dict[str, Function | str] = {}
    for name, make in makers.items():
        try:
            found[name] = make(*arrays, classes)
        except ImportError as error:
            found[name] = f"not installed: {error.name}"
    return found


# Naive NumPy, as blog posts have it


def _product(p: Any, g: Any, classes: int) -> Function:
    return lambda: 2 * (p * g).sum() / (p.sum() + g.sum())


def _loop(p: Any, g: Any, classes: int) -> Function:
    def score(label: int) -> float:
        a, b = p == label, g == label
        return 2 * (a & b).sum() / max(a.sum() + b.sum(), 1)

    return lambda: [score(label) for label in range(classes)]


def _bincount(p: Any, g: Any, classes: int) -> Function:
    def scores() -> Any:
        pairs = g.reshape(-1).astype(np.intp) * classes + p.reshape(-1)
        joint = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)
        return 2 * joint.diagonal() / np.maximum(joint.sum(0) + joint.sum(1), 1)

    return scores


def _compare(p: Any, g: Any, classes: int) -> Function:
    def scores() -> Any:
        masks = (g[:, None] == np.arange(classes)[:, None, None]).astype(p.dtype)
        shared = np.einsum("bcij,bcij->bc", p, masks)
        return 2 * shared / (p.sum((2, 3)) + masks.sum((2, 3)))

    return scores


def _eye(p: Any, g: Any, classes: int) -> Function:
    def scores() -> Any:
        masks = np.moveaxis(np.eye(classes, dtype=p.dtype)[g], -1, 1)
        return 2 * (p * masks).sum((2, 3)) / (p.sum((2, 3)) + masks.sum((2, 3)))

    return scores


# Libraries


def _medpy(p: Any, g: Any, classes: int) -> Function:
    dc = import_module("medpy.metric.binary").dc
    return lambda: dc(p, g)


def _medpy_loop(p: Any, g: Any, classes: int) -> Function:
    dc = import_module("medpy.metric.binary").dc
    return lambda: [dc(p == label, g == label) for label in range(classes)]


def _surface_distance(p: Any, g: Any, classes: int) -> Function:
    score = import_module("surface_distance").compute_dice_coefficient
    return lambda: score(g, p)


def _simpleitk(p: Any, g: Any, classes: int) -> Function:
    sitk = import_module("SimpleITK")

    def scores() -> Any:
        measures = sitk.LabelOverlapMeasuresImageFilter()
        images = [
            sitk.GetImageFromArray(values.view(np.uint8) if values.dtype == bool else values)
            for values in (g, p)
        ]
        measures.Execute(*images)
        if classes == 2:
            return measures.GetDiceCoefficient(1)
        return [measures.GetDiceCoefficient(label) for label in range(classes)]

    return scores


def _scikit_learn(p: Any, g: Any, classes: int) -> Function:
    f1_score = import_module("sklearn.metrics").f1_score
    if classes == 2:
        return lambda: f1_score(g.reshape(-1), p.reshape(-1))
    labels = np.arange(classes)
    return lambda: f1_score(g.reshape(-1), p.reshape(-1), labels=labels, average=None)


def _scikit_learn_matrix(p: Any, g: Any, classes: int) -> Function:
    confusion_matrix = import_module("sklearn.metrics").confusion_matrix
    labels = np.arange(classes)

    def scores() -> Any:
        joint = confusion_matrix(g.reshape(-1), p.reshape(-1), labels=labels)
        return 2 * joint.diagonal() / np.maximum(joint.sum(0) + joint.sum(1), 1)

    return scores


def _torchmetrics(p: Any, g: Any, classes: int) -> Function | str:
    score = import_module("torchmetrics.functional.segmentation").dice_score
    if p.size * classes > 2**29:
        return f"its one-hot masks take {p.size * classes * 8 / 2**30:.0f} GiB each"
    x, y = _long(p), _long(g)

    def scores() -> Any:
        found = score(x[None], y[None], classes, average="none", input_format="index")[0]
        return found[1] if classes == 2 else found

    return scores


def _monai(p: Any, g: Any, classes: int) -> Function:
    torch = import_module("torch")
    helper = import_module("monai.metrics").DiceHelper
    x, y = (torch.from_numpy(values)[None, None] for values in (p, g))
    if classes == 2:
        compute = import_module("monai.metrics").compute_dice
        return lambda: compute(x, y)[0, 0]
    scores = helper(
        include_background=True, num_classes=classes, reduction="none", get_not_nans=False
    )
    return lambda: scores(x, y)[0]


def _smp(p: Any, g: Any, classes: int) -> Function:
    metrics = smp_module("metrics.functional")
    x, y = _long(p), _long(g)
    options = {"mode": "binary"} if classes == 2 else {"mode": "multiclass", "num_classes": classes}

    def scores() -> Any:
        stats = metrics.get_stats(x[None], y[None], **options)
        found = metrics.f1_score(*stats)[0]
        return found[0] if classes == 2 else found

    return scores


def _monai_loss(p: Any, g: Any, classes: int) -> Function:
    torch = import_module("torch")
    loss = import_module("monai.losses").DiceLoss(
        to_onehot_y=True, reduction="none", smooth_nr=0, smooth_dr=1e-6
    )
    x, y = torch.from_numpy(p), _long(g)[:, None]
    return lambda: 1 - loss(x, y)[:, :, 0, 0]


def _smp_loss(p: Any, g: Any, classes: int) -> Function:
    torch = import_module("torch")
    loss = smp_module("losses.dice").DiceLoss("multiclass", from_logits=False)
    x, y = torch.from_numpy(p), _long(g)
    return lambda: 1 - loss(x, y)


def _keras(p: Any, g: Any, classes: int) -> Function:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = import_module("keras")
    torch = import_module("torch")
    x = torch.from_numpy(p)
    y = torch.from_numpy(np.ascontiguousarray(g, np.int64))
    loss = keras.losses.Dice(axis=(2, 3), reduction=None)
    return lambda: 1 - loss(keras.ops.one_hot(y, classes, axis=1), x)


def _long(values: Any) -> Any:
    return import_module("torch").from_numpy(values.astype(np.int64))


@cache
def smp_module(name: str) -> ModuleType:
    """A part of segmentation-models-pytorch, whose top needs packages for its networks."""
    package = "segmentation_models_pytorch"
    if package not in sys.modules:
        spec = find_spec(package)
        if spec is None:
            raise ModuleNotFoundError(name=package)
        sys.modules[package] = ModuleType(package)
        sys.modules[package].__path__ = list(spec.submodule_search_locations or [])
    return import_module(f"{package}.{name}")


MASKS = {
    "naive product": _product,
    "MedPy": _medpy,
    "surface-distance": _surface_distance,
    "SimpleITK": _simpleitk,
    "scikit-learn": _scikit_learn,
    "torchmetrics": _torchmetrics,
    "MONAI": _monai,
    "SMP": _smp,
}
CLASS_MAPS = {
    "naive bincount": _bincount,
    "naive loop": _loop,
    "MedPy": _medpy_loop,
    "SimpleITK": _simpleitk,
    "scikit-learn": _scikit_learn,
    "scikit-learn matrix": _scikit_learn_matrix,
    "torchmetrics": _torchmetrics,
    "MONAI": _monai,
    "SMP": _smp,
}
PROBABILITIES = {
    "naive einsum": _compare,
    "naive eye": _eye,
    "MONAI": _monai_loss,
    "SMP": _smp_loss,
    "Keras": _keras,
}


# Limits


def limits(task: str, arrays: tuple[Any, ...], classes: int) -> dict[str, Function]:
    """A compiled loop, and a compiled loop that reads the inputs once; none without numba."""
    if find_spec("numba") is None:
        return {}
    count, add, read = _compiled()
    p, g = arrays
    x, y = p.reshape(-1), g.reshape(-1)
    if task == "masks":
        x, y = x.view(np.uint8), y.view(np.uint8)
    if task != "probabilities":
        return {"compiled": lambda: count(x, y, classes), "read": lambda: (read(x), read(y))}
    samples = p.reshape(*p.shape[:2], -1), g.reshape(g.shape[0], -1)
    return {"compiled": lambda: add(*samples), "read": lambda: (read(x), read(y))}


@cache
def _compiled() -> tuple[Callable[..., Any], ...]:
    numba = import_module("numba")

    @numba.njit
    def count(p: Any, g: Any, classes: int) -> Any:
        joint = np.zeros((classes, classes), np.int64)
        for i in range(p.size):
            joint[g[i], p[i]] += 1
        return joint

    @numba.njit(fastmath=True)
    def add(p: Any, g: Any) -> Any:
        sums = np.zeros((3, *p.shape[:2]))
        for b in range(p.shape[0]):
            for start in range(0, p.shape[2], 16384):
                for c in range(p.shape[1]):
                    shared = size = p.dtype.type(0)
                    pixels = 0
                    for i in range(start, min(start + 16384, p.shape[2])):
                        here = g[b, i] == c
                        shared += p[b, c, i] if here else p.dtype.type(0)
                        size += p[b, c, i]
                        pixels += here
                    sums[0, b, c] += shared
                    sums[1, b, c] += size
                    sums[2, b, c] += pixels
        return sums

    @numba.njit(fastmath=True)
    def read(values: Any) -> Any:
        total = values[0]
        for value in values:
            total += value
        return total

    return count, add, read
