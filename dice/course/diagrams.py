"""Diagrams on axes: two sets, four tasks on one scene, the worked example from top to bottom."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon, Rectangle
from numpy.typing import ArrayLike, NDArray

from dice.course import style
from dice.course.examples import CLASS_NAMES
from dice.course.photos import overlay
from dice.course.pixels import class_colors, instance_map, label_map
from dice.course.scenes import Scene
from dice.course.shapes import MIDDLE, cell, frame, hatched, key
from dice.course.style import Look
from dice.overlap import Overlap

# Two sets


def venn(
    ax: Axes, target: float, prediction: float, intersection: float, *, unit: str = ""
) -> None:
    """Draw two sets as circles whose areas, and whose overlap, are true to the sizes given.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    target, prediction, intersection : float
        Sizes of the two sets and of what they share.
    unit : str
        Written after each size, for instance ``"pixels"``.
    """
    if not 0 <= intersection <= min(target, prediction) or not target * prediction:
        raise ValueError("intersection must lie between 0 and the smaller of two sizes, not 0")
    r, s = math.sqrt(target / math.pi), math.sqrt(prediction / math.pi)
    x = circle_distance(r, s, intersection)
    left, right = min(-r, x - s), max(r, x + s)
    wide = min(0.62 * style.WIDTH / (right - left), 85 / max(r, s))  # points for a unit
    frame(ax, 2.1 * max(r, s), style.WIDTH / wide)
    ax.set_xlim((left + right - style.WIDTH / wide) / 2, (left + right + style.WIDTH / wide) / 2)
    y = 1.05 * max(r, s)
    looks = {
        f"target only: {target - intersection:g} {unit}": {"facecolor": style.TARGET},
        f"prediction only: {prediction - intersection:g} {unit}": {"facecolor": style.PREDICTION},
        f"both: {intersection:g} {unit}": hatched(style.OVERLAP, "///"),
    }
    inside = Circle((0, y), r, transform=ax.transData)
    for place, radius, look in zip((0, x, x), (r, s, s), looks.values(), strict=True):
        ax.add_patch(disk := Circle((place, y), radius, **{"linewidth": 0, **look}))
    disk.set_clip_path(inside)  # what they share
    for place, radius in ((0, r), (x, s)):
        edge: Look = {"facecolor": "none", "edgecolor": style.INK, "linewidth": 1.25}
        ax.add_patch(Circle((place, y), radius, clip_on=False, **edge))
    parts = (
        (target - intersection, -r, min(r, x - s), style.TARGET),
        (intersection, max(-r, x - s), min(r, x + s), style.OVERLAP),
        (prediction - intersection, max(r, x - s), x + s, style.PREDICTION),
    )
    for count, start, end, color in parts:
        if count > 0 and (end - start) * wide > 14:
            box = {"facecolor": color, "linewidth": 0, "boxstyle": "square,pad=0.1"}
            text: Look = {"color": style.ink_on(color), "weight": "bold", "size": 15, "bbox": box}
            ax.text((start + end) / 2, y, f"{count:g}", **text, **MIDDLE)
    key(ax, {text.strip(): look for text, look in looks.items()})


def circle_distance(r: float, s: float, shared: float) -> float:
    """Return the distance at which circles of radii r and s share the given area."""
    d = np.linspace(max(abs(r - s), 1e-9), r + s, 100_001)
    angles = (d * d + r * r - s * s) / (2 * d * r), (d * d + s * s - r * r) / (2 * d * s)
    a, b = np.arccos(np.clip(angles, -1, 1))
    areas = r * r * (a - np.sin(2 * a) / 2) + s * s * (b - np.sin(2 * b) / 2)
    return float(np.interp(-shared, -areas, d))


# Four tasks


def four_tasks(axes: NDArray[Any], scene: Scene) -> None:
    """Draw four tasks on one scene: what each gives for the same picture.

    Parameters
    ----------
    axes : array of matplotlib.axes.Axes, shape (2, 2)
        For classification and semantic segmentation, object detection and instance segmentation.
    scene : Scene
        Made by :func:`dice.course.scenes.scene`.
    """
    names, palette = scene.class_names, class_colors(scene.class_names)
    found, count = sorted({item.class_id for item in scene.objects}), len(scene.objects)
    colors = {item.id: palette[item.class_id] for item in scene.objects}
    whole, classes, boxes, objects = axes.ravel()
    overlay(whole, scene.image)
    label_map(classes, scene.semantic, names)
    overlay(boxes, scene.image)
    for item in scene.objects:
        top, left, bottom, right = item.box
        color, letter = palette[item.class_id], names[item.class_id][0]
        for line, width in ((style.ON_DARK, 4), (color, 2.5)):
            look: Look = {"fill": False, "edgecolor": line, "lw": width, "clip_on": False}
            boxes.add_patch(Rectangle((left, top), right - left, bottom - top, **look))
        corner = {"facecolor": color, "linewidth": 0, "boxstyle": "square,pad=0.12"}
        look = {"color": style.ink_on(color), "weight": "bold", "bbox": corner}
        boxes.text(left + 1, top + 1, letter, ha="left", va="top", **look)
    instance_map(objects, scene.instance, colors=colors)
    texts = (
        ("Classification", " · ".join(names[k] for k in found)),
        ("Semantic segmentation", "a class for each pixel"),
        ("Object detection", f"{count} boxes, a class each"),
        ("Instance segmentation", f"{count} masks, a class each"),
    )
    for ax, (title, caption) in zip(axes.ravel(), texts, strict=True):
        ax.set_title(title)
        ax.text(0, -0.02, caption, color=style.MUTED, va="top", transform=ax.transAxes)
    shown = {f"{names[k][0]}: {names[k]}": palette[k] for k in found}
    shown["background"] = style.BACKGROUND
    key(boxes, {text: {"facecolor": color} for text, color in shown.items()}, below=18)


# The worked example, on axes whose unit is a point

WIDE = 128.0
CENTERS = first, middle, last = [style.WIDTH / 2 + k * (WIDE + 8) for k in (-1, 0, 1)]


def flow(
    ax: Axes, logits: ArrayLike, p: ArrayLike, y: ArrayLike, sums: Overlap, loss: float
) -> None:
    """Draw the steps of the worked example from top to bottom, a column for each class.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Of a figure as high as a page.
    logits, p, y : array_like of shape (3, H, W)
        Logits, probabilities and one-hot target: one matrix for each class.
    sums : Overlap
        The three sums of each class, from which the scores are read.
    loss : float
        The loss.
    """
    for x, name, color in zip(CENTERS, CLASS_NAMES, style.CLASS_COLORS, strict=False):
        _plate(ax, x, 0, f"class {name}", color)
    at = _matrices(ax, 34, "logits z", logits, "{:.1f}")
    at = _step(ax, at, "softmax at each pixel, across the classes", "all", "all")
    at = _matrices(ax, at, "probabilities p", p, "{:.4f}")
    at = _matrices(ax, at + 10, "target y, one-hot", y, "{:d}")
    at = _step(ax, at, "multiply, and add over the pixels")
    ax.text(middle, at + 8, "three sums per class", weight="bold", **MIDDLE)
    at += 21
    for name, values in (("I", sums.intersection), ("P", sums.prediction), ("G", sums.target)):
        for x, value in zip(CENTERS, values.tolist(), strict=True):
            ax.text(x - 22, at + 9, name, ha="right", va="center_baseline")
            text = f"= {value:.0f}" if name == "G" else f"= {value:.4f}"
            ax.text(x - 16, at + 9, text, va="center_baseline")
        at += 18
    at = _step(ax, at, "2 I / (P + G)")
    for x, value in zip(CENTERS, sums.dice().tolist(), strict=True):
        _plate(ax, x, at, f"Dice {value:.4f}")
    at = _step(ax, at + 26, "mean of the three", "all", "one")
    _plate(ax, middle, at, f"macro Dice {sums.dice(average='macro'):.4f}", width=170)
    at = _step(ax, at + 26, "1 − macro Dice", "one", "one")
    _plate(ax, middle, at, f"loss {loss:.4f}", style.PAPER, width=170)
    frame(ax, at + 26, style.WIDTH)


def _plate(
    ax: Axes, x: float, y: float, text: str, color: str = style.OVERLAP, width: float = WIDE
) -> None:
    cell(ax, (x - width / 2, y, width, 26), text, color, weight="bold", size=style.TITLE_SIZE)


def _matrices(ax: Axes, y: float, title: str, values: ArrayLike, form: str) -> float:
    """Draw a matrix in each column, under a title; return where they end."""
    ax.text(middle, y + 8, title, weight="bold", **MIDDLE)
    grids = np.asarray(values)
    width, height = WIDE / grids.shape[2], 26.0
    for (k, row, column), value in np.ndenumerate(grids):
        x = CENTERS[k] - WIDE / 2 + column * width
        place = x, y + 21 + row * height, width, height
        cell(ax, place, form.format(value), style.CLASS_COLORS[k], float(value))
    return y + 21 + int(grids.shape[1]) * height


def _step(ax: Axes, y: float, text: str, begin: str = "each", end: str = "each") -> float:
    """Draw arrows from one row to the next, around a text: from and to each, all or one.

    "each" keeps the classes apart, "all" joins them, "one" is the middle alone.
    """
    top, turn, back, bottom = y + 4, y + 10, y + 35, y + 41
    lines: list[Any] = [((middle, middle), (top, turn)), ((middle, middle), (back, bottom))]
    if begin == "all":
        lines.append(((first, first, last, last), (top, turn, turn, top)))
    if end == "all":
        lines.append(((first, first, last, last), (bottom, back, back, bottom)))
    if end == "each":
        lines += [((x, x), (top, bottom)) for x in (first, last)]
    for xs, ys in lines:
        ax.plot(xs, ys, color=style.INK, linewidth=1.25, clip_on=False)
    for x in [middle] if end == "one" else CENTERS:
        tip = (x - 4, bottom - 1), (x + 4, bottom - 1), (x, bottom + 5)
        ax.add_patch(Polygon(tip, facecolor=style.INK, linewidth=0))
    ax.text(middle, y + 22, text, color=style.MUTED, **MIDDLE)
    return y + 51
