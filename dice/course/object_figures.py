"""The two figures that only the chapter on objects needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from dice.course import style
from dice.course.figures import Drawing, _center, _Sheet, panels, photo
from dice.course.style import INK, OVERLAP, PAPER, PREDICTION, TARGET, WIDTH

__all__ = ["overlays", "verdict"]

KEY = ((OVERLAP, "matched"), (PREDICTION, "× false"), (TARGET, "? missed"))


def verdict(
    image: ArrayLike,
    prediction_ids: ArrayLike,
    target_ids: ArrayLike,
    matches: Iterable[tuple[int, int]],
    *,
    legend: bool = True,
    width: float = WIDTH,
) -> Drawing:
    """Draw which objects are matched, false or missed, on the picture.

    Parameters
    ----------
    image : array_like of shape (H, W) or (H, W, 3)
        The picture.
    prediction_ids, target_ids : array_like of int, shape (H, W)
        Instance maps; 0 is background.
    matches : pairs of int
        Target id and predicted id of each match.
    legend : bool
        Write the legend below.
    width : float
        Width of the drawing.

    Returns
    -------
    Drawing
        A false object carries a cross, a missed one a question mark.
    """
    prediction, target = np.asarray(prediction_ids), np.asarray(target_ids)
    pairs = [(int(g), int(p)) for g, p in matches]
    found, right = {g for g, _ in pairs}, {p for _, p in pairs}
    objects = [
        (prediction == k, *((OVERLAP, "") if k in right else (PREDICTION, "×")))
        for k in np.unique(prediction[prediction != 0]).tolist()
    ]
    objects += [
        (target == k, TARGET, "?")
        for k in np.unique(target[target != 0]).tolist()
        if k not in found
    ]
    picture = photo(image, width=width)
    sheet, scale = _Sheet(width, picture.height), width / prediction.shape[1]
    sheet.parts.append(picture.body)
    for region, fill, _ in objects:
        sheet.region(region, 0, 0, scale, fill=fill, opacity=0.6, line="#ffffff", line_width=2.5)
        sheet.region(region, 0, 0, scale, line=style.ON_LIGHT, line_width=1.25)
    # A missed object that a false object swallowed lies on it, with a mark of its own.
    covered = np.any([region for region, _, mark in objects if mark == "?"], axis=0)
    for region, _, mark in objects:
        if mark:
            in_sight = region & ~covered if mark == "×" else region
            row, column = _center(in_sight if in_sight.any() else region)
            x, y = np.clip((column * scale, row * scale), 8, (width - 8, picture.height - 8))
            ink = style.ON_LIGHT
            sheet.text(x, y, mark, color=ink, anchor="middle", bold=True, halo="#ffffff")
    bottom = picture.height
    if legend:
        bottom = sheet.legend([(fill, None, text) for fill, text in KEY], 0.5, bottom + 10) + 0.5
    return sheet.drawing("matched, false and missed objects", bottom)


def overlays(target: ArrayLike, predictions: Mapping[str, ArrayLike]) -> Drawing:
    """Draw predictions of one target in rows of three, each over the target's outline.

    Parameters
    ----------
    target : array_like of shape (H, W)
        Mask, bool or 0/1.
    predictions : mapping of str to array_like of shape (H, W)
        Title and mask.

    Returns
    -------
    Drawing
        The outline tells what is missed, inside of it, from what is too much, outside.
    """
    g = np.asarray(target, dtype=bool)
    drawings = {}
    for title, prediction in predictions.items():
        p = np.asarray(prediction, dtype=bool)
        sheet = _Sheet(125)
        scale = (sheet.width - 1) / g.shape[1]
        height = g.shape[0] * scale
        sheet.rect(0.5, 0.5, sheet.width - 1, height, fill=PAPER, stroke=style.GRID)
        for region, fill in ((g & p, OVERLAP), (g & ~p, TARGET), (p & ~g, PREDICTION)):
            sheet.region(region, 0.5, 0.5, scale, fill=fill)
        sheet.region(g, 0.5, 0.5, scale, line=INK, line_width=1.5)
        drawings[title] = sheet.drawing(title, height + 1)
    return panels(drawings, columns=3, description=f"{len(drawings)} predictions of one target")
