"""Photographs on axes, with classes and objects laid over them."""

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from dice.course import style
from dice.course.pixels import object_colors
from dice.course.shapes import frame, key, mark, region
from dice.course.style import Look

COVER = 0.55
"""How strongly a color covers the photograph."""


def overlay(
    ax: Axes,
    image: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    ids: ArrayLike | None = None,
    colors: Mapping[int, str] | None = None,
) -> None:
    """Draw a photograph, with a class map or the objects of an instance map over it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    image : array_like of shape (H, W) or (H, W, 3)
        Gray or RGB, bytes or floats in [0, 1].
    labels : array_like of int, shape (H, W), optional
        Class map; class 0 is left clear.
    ids : array_like of int, shape (H, W), optional
        Instance map; each object gets an outline and its number.
    colors : mapping of int to str, optional
        Color by class, or by object.
    """
    pixels = np.asarray(image)
    rows, columns = pixels.shape[:2]
    largest = 255 if pixels.dtype == np.uint8 else 1
    frame(ax, rows, columns)
    look: Look = {"cmap": "gray", "vmin": 0, "vmax": largest}
    ax.imshow(pixels, extent=(0, columns, rows, 0), clip_on=False, **look)
    if labels is not None:
        grid = np.asarray(labels)
        for k in np.unique(grid[grid != 0]).tolist():
            color = (colors or {}).get(k) or style.CLASS_COLORS[(k - 1) % 5]
            region(ax, grid == k, facecolor=color, alpha=COVER)
    if ids is not None:
        for k, fill in object_colors(ids, colors).items():
            _object(ax, np.asarray(ids) == k, fill)
            mark(ax, np.asarray(ids) == k, k)


def _object(ax: Axes, mask: ArrayLike, fill: str) -> None:
    """Cover an object with its color, within a dark line between two light ones."""
    region(ax, mask, facecolor=(fill, COVER), edgecolor=style.ON_DARK, linewidth=2.5)
    region(ax, mask, edgecolor=style.ON_LIGHT, linewidth=1.25)


def verdict(
    ax: Axes,
    image: ArrayLike,
    prediction_ids: ArrayLike,
    target_ids: ArrayLike,
    matches: Iterable[tuple[int, int]],
    *,
    legend: bool = True,
) -> None:
    """Draw which objects are matched, false or missed, on the picture.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    image : array_like of shape (H, W) or (H, W, 3)
        The picture.
    prediction_ids, target_ids : array_like of int, shape (H, W)
        Instance maps; 0 is background.
    matches : pairs of int
        Target id and predicted id of each match. A false object carries a cross, a missed one
        a question mark.
    legend : bool
        Write what the colors mean below.
    """
    overlay(ax, image)
    prediction, target = np.asarray(prediction_ids), np.asarray(target_ids)
    pairs = np.reshape([*matches], (-1, 2))
    false = [prediction == k for k in np.setdiff1d(prediction[prediction != 0], pairs[:, 1])]
    missed = [target == k for k in np.setdiff1d(target[target != 0], pairs[:, 0])]
    matched = [prediction == k for k in pairs[:, 1]]
    kinds = (matched, style.OVERLAP), (false, style.PREDICTION), (missed, style.TARGET)
    for mask, color in ((mask, color) for masks, color in kinds for mask in masks):
        _object(ax, mask, color)
    for mask in missed:
        mark(ax, mask, "?")
    # A missed object that a false object swallowed lies on it, with a mark of its own.
    for mask in false:
        in_sight = mask & ~np.any(missed, axis=0)
        mark(ax, in_sight if in_sight.any() else mask, "×")
    if legend:
        colors = {"matched": style.OVERLAP, "× false": style.PREDICTION, "? missed": style.TARGET}
        key(ax, {text: {"facecolor": color} for text, color in colors.items()})
