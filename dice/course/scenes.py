"""Made-up pictures with exact labels.

A scene is a textured picture of disks, boxes and triangles that may touch and cover each
other. Because it is drawn rather than photographed, the class and the object of every pixel
are known without error. The same arguments give the same scene.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLASS_NAMES = ("background", "disk", "box", "triangle")

_PAINT = {"disk": (0.80, 0.45, 0.33), "box": (0.36, 0.49, 0.62), "triangle": (0.50, 0.58, 0.33)}
_GROUND = (0.84, 0.81, 0.74)


@dataclass(frozen=True, eq=False)
class SceneObject:
    """One object of a scene.

    Parameters
    ----------
    id : int
        Number in the instance map, from 1; later objects lie in front.
    class_id : int
        Class, as in the semantic map.
    class_name : str
        Its name.
    box : tuple of int
        Top, left, bottom and right edge of the visible part; bottom and right are exclusive.
    area : int
        Number of visible pixels.
    full_area : int
        Number of pixels inside the picture, the covered ones among them.
    """

    id: int
    class_id: int
    class_name: str
    box: tuple[int, int, int, int]
    area: int
    full_area: int


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture and its exact labels. The arrays are read-only.

    Parameters
    ----------
    image : array of float, shape (H, W, 3)
        RGB in [0, 1].
    semantic : array of int, shape (H, W)
        Class of each pixel; 0 is background.
    instance : array of int, shape (H, W)
        Object of each pixel; 0 is background. Ids run from 1 over all classes.
    full_masks : array of bool, shape (N, H, W)
        Each object's mask with the covered pixels; these masks may overlap.
    class_names : tuple of str
        Name of each class, from 0.
    objects : tuple of SceneObject
        The objects, by id.
    """

    image: NDArray[np.float64]
    semantic: NDArray[np.int64]
    instance: NDArray[np.int64]
    full_masks: NDArray[np.bool_]
    class_names: tuple[str, ...]
    objects: tuple[SceneObject, ...]

    @property
    def class_of_id(self) -> NDArray[np.int64]:
        """Table of classes: entry k is the class of object k, entry 0 the background."""
        return np.array([0, *(item.class_id for item in self.objects)])

    def __repr__(self) -> str:
        height, width = self.semantic.shape
        return f"<Scene: {len(self.objects)} objects on {height} x {width} pixels>"


def scene(
    seed: int = 0,
    shape: tuple[int, int] = (96, 128),
    *,
    objects: int | Sequence[str] = 7,
    size: float | tuple[float, float] = (0.02, 0.06),
    max_hidden: float = 0.35,
    touching: bool = True,
    noise: float = 0.04,
) -> Scene:
    """Make a scene of disks, boxes and triangles.

    Parameters
    ----------
    seed : int
        Chooses the scene.
    shape : tuple of int
        Height and width in pixels.
    objects : int or sequence of str
        How many objects, of classes taken in turn; or the class names themselves, from the
        back to the front.
    size : float or pair of float
        Area of an object as a share of the picture, down to 0.001 and below; a pair is a
        range, even on a logarithmic scale.
    max_hidden : float
        Largest share of an object that those in front may cover. With 0, none is covered.
    touching : bool
        Let objects touch, and place every second one beside another. With False, at least
        one pixel of background lies between any two.
    noise : float
        Standard deviation of the noise in the picture.

    Returns
    -------
    Scene
        Every object asked for is there, inside the picture, and visible in part at least;
        what is visible of it may come in pieces.

    Raises
    ------
    ValueError
        If an argument is out of range, or the objects find no room.

    Examples
    --------
    >>> picture = scene(seed=3, objects=["disk", "box"])
    >>> picture
    <Scene: 2 objects on 96 x 128 pixels>
    >>> picture.class_of_id
    array([0, 1, 2])
    """
    names = _class_names(objects)
    smallest, largest = (size, size) if isinstance(size, (int, float)) else size
    if not 0 < smallest <= largest < 1:
        raise ValueError(f"size must be a share of the picture between 0 and 1, got {size}")
    if not 0 <= max_hidden < 1:
        raise ValueError(f"max_hidden must be at least 0 and below 1, got {max_hidden}")
    random = np.random.default_rng(seed)
    areas = np.exp(random.uniform(np.log(smallest), np.log(largest), len(names)))
    masks: list[NDArray[np.bool_]] = []
    instance = np.zeros(shape, dtype=np.int64)
    for name, area in zip(names, areas * instance.size, strict=True):
        mask = _place(random, name, float(area), masks, instance, max_hidden, touching)
        masks.append(mask)
        instance[mask] = len(masks)
    classes = np.array([0, *(CLASS_NAMES.index(name) for name in names)])
    semantic = classes[instance]
    full_masks = np.array(masks).reshape(-1, *shape)
    image = _paint(random, names, instance, noise)
    for array in (image, semantic, instance, full_masks):
        array.flags.writeable = False
    return Scene(
        image, semantic, instance, full_masks, CLASS_NAMES, _describe(names, instance, masks)
    )


def _class_names(objects: int | Sequence[str]) -> list[str]:
    if isinstance(objects, int):
        return [CLASS_NAMES[1 + i % 3] for i in range(objects)]
    unknown = [name for name in objects if name not in CLASS_NAMES[1:]]
    if unknown:
        raise ValueError(f"objects must be among {CLASS_NAMES[1:]}, got {unknown[0]!r}")
    return list(objects)


def _describe(
    names: Sequence[str], instance: NDArray[np.int64], masks: Sequence[NDArray[np.bool_]]
) -> tuple[SceneObject, ...]:
    described = []
    for k, (name, mask) in enumerate(zip(names, masks, strict=True), start=1):
        rows, columns = np.nonzero(instance == k)
        edges = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
        top, left, bottom, right = (int(edge) for edge in edges)
        box, areas = (top, left, bottom, right), (rows.size, int(mask.sum()))
        described.append(SceneObject(k, CLASS_NAMES.index(name), name, box, *areas))
    return tuple(described)


def _place(
    random: np.random.Generator,
    name: str,
    area: float,
    masks: Sequence[NDArray[np.bool_]],
    instance: NDArray[np.int64],
    max_hidden: float,
    touching: bool,
) -> NDArray[np.bool_]:
    """Find a place for the next object in front of those already there."""
    height, width = instance.shape
    reach = np.sqrt(area)
    neighbor = touching and len(masks) % 2 == 1
    for attempt in range(3000):
        row, column = random.uniform(0, height), random.uniform(0, width)
        if neighbor and attempt < 200:
            rows, columns = np.nonzero(masks[int(random.integers(len(masks)))])
            row = rows.mean() + random.uniform(-1.6, 1.6) * reach
            column = columns.mean() + random.uniform(-1.6, 1.6) * reach
        mask = _shape_mask(name, (height, width), row, column, area, random.uniform(0, np.pi))
        if mask is None:
            continue
        covered = instance > 0
        near = _grown(mask) & covered if neighbor and attempt < 200 else None
        if near is not None and not near.any():
            continue
        if not touching and (_grown(_grown(mask)) & covered).any():
            continue
        if (mask & covered).any():
            after = np.where(mask, len(masks) + 1, instance)
            left = [float((after == k).sum() / m.sum()) for k, m in enumerate(masks, start=1)]
            if min(left) < max(1 - max_hidden, 1e-9):
                continue
        return mask
    raise ValueError(
        f"no room for object {len(masks) + 1} (a {name} of {area:.0f} pixels) "
        f"on {height} x {width} pixels: ask for fewer or smaller objects"
    )


def _shape_mask(
    name: str, shape: tuple[int, int], row: float, column: float, area: float, angle: float
) -> NDArray[np.bool_] | None:
    """Return the pixels whose centers lie in a shape; None if it leaves the picture."""
    height, width = shape
    rows, columns = np.arange(height) + 0.5, np.arange(width) + 0.5
    y, x = rows[:, np.newaxis] - row, columns[np.newaxis, :] - column
    if name == "disk":
        radius = np.sqrt(area / np.pi)
        reach, mask = radius, x * x + y * y <= radius * radius
    elif name == "box":
        # Sides in the ratio 3 to 2, upright or lying.
        tall = angle > np.pi / 2
        half_width, half_height = np.sqrt(area * 1.5) / 2, np.sqrt(area / 1.5) / 2
        if tall:
            half_width, half_height = half_height, half_width
        reach = max(half_width, half_height)
        mask = (np.abs(x) <= half_width) & (np.abs(y) <= half_height)
    else:
        # Equilateral: inside all three half-planes at the radius of the inner circle.
        inner = np.sqrt(area / (3 * np.sqrt(3)))
        turns = angle + 2 * np.pi * np.arange(3) / 3
        sides = [x * np.cos(turn) + y * np.sin(turn) <= inner for turn in turns]
        reach, mask = 2 * inner, sides[0] & sides[1] & sides[2]
    inside = reach <= row <= height - reach and reach <= column <= width - reach
    # The tip of a triangle may touch the rest at a corner only: without it, an object is one
    # piece, however pixels are joined.
    mask &= _beside(mask)
    return mask if inside and mask.any() else None


def _beside(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels that have one of the mask's above, below, left or right of them."""
    beside = np.zeros_like(mask)
    beside[1:] |= mask[:-1]
    beside[:-1] |= mask[1:]
    beside[:, 1:] |= mask[:, :-1]
    beside[:, :-1] |= mask[:, 1:]
    return beside


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask with the four neighbors of each pixel."""
    return mask | _beside(mask)


def _paint(
    random: np.random.Generator,
    names: Sequence[str],
    instance: NDArray[np.int64],
    noise: float,
) -> NDArray[np.float64]:
    """Paint ground and objects, each with its own tone, light from the top left, and noise."""
    height, width = instance.shape
    y, x = np.mgrid[:height, :width] / max(height, width)
    colors = [np.array(_GROUND)]
    colors += [np.array(_PAINT[name]) + random.normal(0, 0.035, 3) for name in names]
    image = np.array(colors)[instance]
    draws = random.uniform(-7, 7, 6), random.uniform(-7, 7, 6), random.uniform(0, 6.3, 6)
    angles = zip(*draws, strict=True)
    waves = sum(np.cos(2 * np.pi * (fy * y + fx * x) + phase) for fy, fx, phase in angles)
    light = 1.04 - 0.08 * (x + y) + 0.012 * waves
    # A thin dark rim on the lower right of each object sets it off from what lies behind.
    rim = np.zeros(instance.shape, dtype=bool)
    for axis in (0, 1):
        step = np.diff(instance, axis=axis, append=0) != 0
        rim |= step & (instance > 0)
    light = np.where(rim, light * 0.86, light)
    image = image * light[..., np.newaxis] + random.normal(0, noise, image.shape)
    clipped: NDArray[np.float64] = np.clip(image, 0, 1)
    return clipped
