"""Run the lines of the table on the same arrays, here and there."""

import importlib.util
import sys
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from typing import Any

import numpy as np
from packaging.requirements import Requirement

import dice
from dice import formulas
from dice.course.examples import LABELS, LOGITS

from .table import (
    ABSENT,
    EMPTY,
    NO_PREDICTION,
    NO_TARGET,
    NOWHERE,
    ONE_CLASS,
    PIXEL,
    Library,
)

RANDOM = "random"
ORDINARY = "the input of the chapter on conventions"
SHAPES = (2, 4, 6, 5), (1, 3, 9, 7), (3, 2, 8, 4), (2, 20, 16, 11)
Scene = dict[str, Any]


def scenes(layout: str) -> Iterator[tuple[str, Scene]]:
    """Arrays to compare on, each with the name of its case."""
    make = {"mask": mask_scenes, "soft mask": mask_scenes, "objects": object_scenes}
    for case, scene in make.get(layout, class_scenes)():
        if layout.startswith("soft"):
            scene["g"] = scene["soft"]
        if layout == "classes last":
            for name in "zpgh":
                scene[name] = np.moveaxis(scene[name], 1, -1).copy()
        yield case, scene


def class_scenes() -> Iterator[tuple[str, Scene]]:
    """Several classes; at random, every sample has every class."""
    for seed, shape in enumerate(SHAPES * 2):
        yield RANDOM, class_scene(seed, shape)
    scene = class_scene(0, SHAPES[0])
    scene["y"][scene["y"] == 3] = 0
    yield ABSENT, complete(scene)
    scene = class_scene(0, SHAPES[0])
    scene["y"][scene["y"] == 3] = 0
    scene["z"][:, 3] = -1000.0
    yield NOWHERE, complete(scene)
    scene = class_scene(0, SHAPES[0])
    scene["y"][:] = 0
    scene["z"][:] = np.where(np.arange(4) == 0, 1000.0, -1000.0).reshape(1, 4, 1, 1)
    yield ONE_CLASS, complete(scene)
    yield PIXEL, complete(class_scene(3, (1, 2, 1, 1)))
    yield ORDINARY, ordinary_scene()


def ordinary_scene() -> Scene:
    """Two samples: the worked example; and its logits upside down, with other labels."""
    z = np.stack([LOGITS, LOGITS[:, ::-1]])
    y = np.stack([LABELS, [[2, 2], [0, 1]]])
    soft = dice.softmax(2 * z[::-1], class_axis=1)
    return complete({"z": z, "y": y, "n": 3, "soft": soft, "m": np.ones_like(y, bool)})


def class_scene(seed: int, shape: tuple[int, ...]) -> Scene:
    """Random logits, and a random class map in which every class is present."""
    random = np.random.default_rng(seed)
    samples, classes, *pixels = shape
    labels = random.integers(0, classes, (samples, *pixels))
    if labels[0].size >= classes:
        labels.reshape(samples, -1)[:, :classes] = np.arange(classes)
    scene = {"z": random.normal(size=shape), "y": labels, "n": classes}
    scene["soft"] = dice.softmax(random.normal(size=shape), class_axis=1)
    scene["m"] = random.random(labels.shape) < 0.8
    scene["m"].flat[0] = True
    return complete(scene)


def complete(scene: Scene) -> Scene:
    """All that follows from the logits, the target and what counts."""
    z, y, n = scene["z"], scene["y"], scene["n"]
    p = dice.softmax(z, class_axis=1)
    x = p.argmax(axis=1)
    g, h = (dice.one_hot(labels, n, class_axis=1).astype(float) for labels in (y, x))
    v = np.where(scene["m"], y, 255)
    return scene | {"p": p, "x": x, "g": g, "h": h, "v": v, "w": np.arange(1.0, n + 1)}


def mask_scenes() -> Iterator[tuple[str, Scene]]:
    """One class: logits and a mask."""
    for seed in range(4):
        yield RANDOM, mask_scene(seed, (8 + seed, 9))
    for case, empty in ((EMPTY, "zy"), (NO_TARGET, "y"), (NO_PREDICTION, "z")):
        scene = mask_scene(0, (5, 6))
        if "z" in empty:
            scene["z"][:] = -1000.0
        if "y" in empty:
            scene["y"][:] = False
            scene["soft"][:] = 0.0
        yield case, complete_mask(scene)
    scene = mask_scene(0, (1, 1))
    yield PIXEL, complete_mask(scene | {"z": np.ones((1, 1)), "y": np.ones((1, 1), bool)})
    yield ORDINARY, complete_mask(ordinary_mask())


def ordinary_mask() -> Scene:
    """Class B of the two samples, one above the other."""
    scene = ordinary_scene()
    p, y, soft = scene["p"][:, 1], scene["y"] == 1, scene["soft"][:, 1]
    scene = {"z": np.log(p) - np.log1p(-p), "y": y, "soft": soft}
    return {name: values.reshape(4, 2) for name, values in scene.items()}


def mask_scene(seed: int, shape: tuple[int, ...]) -> Scene:
    random = np.random.default_rng(seed)
    scene = {"z": random.normal(size=shape), "y": random.random(shape) < 0.4}
    return complete_mask(scene | {"soft": random.random(shape)})


def complete_mask(scene: Scene) -> Scene:
    p = dice.sigmoid(scene["z"])
    return scene | {"p": p, "x": p > 0.5, "g": scene["y"].astype(float)}


def object_scenes() -> Iterator[tuple[str, Scene]]:
    """Instance maps: rectangles, moved a little in the prediction."""
    for seed in range(6):
        random = np.random.default_rng(seed)
        x, y = np.zeros((2, 40, 40), np.int64)
        for name in range(1, 7):
            top, left = random.integers(2, 30, 2)
            height, width = random.integers(4, 9, 2)
            down, right = random.integers(-2, 3, 2)
            y[top : top + height, left : left + width] = name
            x[top + down : top + down + height, left + right : left + right + width] = 10 - name
        yield RANDOM, {"x": x, "y": y}
    nothing = np.zeros_like(y)
    yield NO_TARGET, {"x": x, "y": nothing}
    yield NO_PREDICTION, {"x": nothing, "y": y}
    yield EMPTY, {"x": nothing, "y": nothing}


def edge_scenes() -> Iterator[Scene]:
    """Two empty sets; nothing but false positives; an object of four pixels that is missed."""
    nothing, four = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    four[1:3, 1:3] = True
    for x, y in ((nothing, nothing), (four, nothing), (nothing, four)):
        yield {"x": x, "y": y, "p": x + 0.0, "g": y + 0.0, "z": np.where(x, 1000.0, -1000.0)}


# What the lines of the table may use beside a library and this package.


class StandIn(types.ModuleType):
    """In place of a module: every name in it is there, does nothing, and counts as false."""

    def __init__(self, name: str, path: Iterable[str] = ()) -> None:
        super().__init__(name)
        self.__path__ = [*path]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *given: Any, **_: Any) -> Any:
        return given[0] if given and callable(given[0]) else self  # as a decorator, too

    def __bool__(self) -> bool:
        return False


def without_init(package: str) -> None:
    """Let modules of a package load without its __init__, which imports far more than they need."""
    if package in sys.modules:
        return
    where = importlib.util.find_spec(package).submodule_search_locations
    sys.modules[package] = StandIn(package, where)
    above, _, name = package.rpartition(".")
    if above:
        setattr(sys.modules[above], name, sys.modules[package])


def stand_in(*modules: str) -> None:
    """Let a module load whose imports, for files, settings or data, do not count here."""
    for name in modules:
        sys.modules.setdefault(name, StandIn(name))


class Arrays:
    """What nnU-Net's evaluation calls a reader of files: here it is given arrays."""

    @staticmethod
    def read_seg(labels: Any) -> tuple[Any, Scene]:
        return np.asarray(labels), {}


def update(metric: Any, *batch: Any) -> Any:
    """A metric that has seen one batch."""
    metric(*batch)
    return metric


def pairs(ids: Any) -> Any:
    """The category, 1 for all objects and 0 for background, beside the id of each pixel."""
    import torch

    return torch.stack([(ids > 0).long(), ids], dim=-1)[None]


def measures(x: Any, y: Any) -> Any:
    """SimpleITK's filter, after it has looked at a prediction and a target."""
    import SimpleITK as sitk

    sitk.ProcessObject.SetGlobalWarningDisplay(False)  # it would print "Label 3 not found"
    overlap = sitk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(*(sitk.GetImageFromArray(labels.astype(np.uint8)) for labels in (y, x)))
    return overlap


HELPERS = (Arrays, measures, pairs, stand_in, update, without_init)


NUMPYS = "1.26.4", "2.0.2", "2.2.6"
"""Older NumPys to ask: the oldest that SciPy allows, the first 2, and the last before 2.3."""


@cache
def oldest_numpy(package: str) -> str:
    """The oldest of these that a library allows, beside all that is installed here of its needs."""
    wanted, seen, names = [], set(), [package or "torch", "scipy"]
    while names:
        if (name := names.pop()) in seen:
            continue
        seen.add(name)
        try:
            lines = map(Requirement, requires(name) or [])
        except PackageNotFoundError:
            continue
        needed = [line for line in lines if not line.marker or line.marker.evaluate({"extra": ""})]
        wanted += [line.specifier for line in needed if line.name.lower() == "numpy"]
        names += [line.name for line in needed]
    return next(one for one in NUMPYS if all(one in allowed for allowed in wanted))


@cache
def imports(library: Library) -> Scene:
    """The names that a library's lines may use."""
    names: Scene = {helper.__name__: helper for helper in HELPERS}
    names |= {name: value for name, value in vars(dice).items() if callable(value)}
    names |= {"formulas": formulas, "np": np, "nan": np.nan}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(library.imports, names)
    for name, module in [*sys.modules.items()]:
        if isinstance(module, StandIn) and not module.__path__:
            del sys.modules[name]
    return names


def arrays(library: Library, scene: Scene) -> Scene:
    """The scene in the arrays of the library, beside all names that its lines may use."""
    names = imports(library)
    convert: Callable[[Any], Any] = np.asarray
    if library.arrays == "torch":
        from torch import tensor as convert
    elif library.arrays == "jax":
        from jax.numpy import asarray as convert
    scene = {
        name: convert(value) if isinstance(value, np.ndarray) else value
        for name, value in scene.items()
    }
    if library.arrays == "torch":
        for name in "zp":
            if name in scene:
                scene[name].requires_grad_()
    return names | scene


def given(library: Library, lines: str) -> Scene:
    """The names that lines of code make, beside those of the library."""
    names = dict(imports(library))
    exec(lines, names)
    return names


def run(line: str, names: Scene) -> Any:
    """What a line gives; an error as its text."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return eval(line, names)
        except Exception as error:
            return f"{type(error).__name__}: {error}"


def numbers(result: Any) -> Any:
    """A result as NumPy has it, without axes of length 1."""
    if isinstance(result, list):
        return np.array([numbers(entry) for entry in result]).squeeze()
    return np.asarray(result.detach() if hasattr(result, "detach") else result).squeeze()


def gradients(result: Any, names: Scene) -> list[Any]:
    """What PyTorch gives as the derivatives of a result by logits and probabilities."""
    if not getattr(result, "requires_grad", False):
        return []
    leaves = [names[name] for name in "zp" if name in names]
    from torch.autograd import grad

    return [found for found in grad(result.sum(), leaves, allow_unused=True) if found is not None]


def difference(there: Any, here: Any) -> float:
    """The largest difference, relative where the numbers are above 1.

    It is infinite where an error, a NaN or another shape stands against numbers.
    """
    if isinstance(there, str) or isinstance(here, str):
        return np.inf
    there, here = numbers(there), numbers(here)
    if there.shape != here.shape or not np.array_equal(np.isnan(there), np.isnan(here)):
        return np.inf
    with np.errstate(invalid="ignore"):
        apart = np.abs(there - here) / np.maximum(1, np.abs(here))
    return float(np.where((there == here) | np.isnan(there), 0, apart).max(initial=0))


def text(result: Any) -> str:
    """A result in four digits, whole numbers in full; an error as it is."""
    if isinstance(result, str):
        return result
    values = numbers(result)
    if values.ndim:
        return f"[{', '.join(text(value) for value in values)}]"
    number = float(values)
    return str(int(number)) if number.is_integer() and abs(number) < 1e9 else f"{number:.4g}"
