"""A labeled volume of any size, made a few slices at a time, and what it costs to look at."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def slices(
    first: int,
    last: int,
    shape: tuple[int, int] = (256, 256),
    *,
    num_classes: int = 5,
    shift: int = 0,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Make the slices `first` to `last` of a volume without end, full of balls.

    Parameters
    ----------
    first, last : int
        The slices; `last` is exclusive. However it is cut, the volume is the same.
    shape : tuple of int
        Rows and columns of a slice.
    num_classes : int
        The balls have the classes 1 to ``num_classes - 1``; 0 is background.
    shift : int
        Moves the balls by so many columns and leaves out one ball in eight, as a prediction
        of the volume with shift 0 might.
    seed : int
        Of the random generator.

    Returns
    -------
    array of uint8, shape (last - first, rows, columns)
        Class of each voxel.

    Examples
    --------
    >>> slices(0, 4).shape
    (4, 256, 256)
    """
    rows, columns = shape
    spacing = max(2, min(shape) // 8)  # there is one set of balls to so many slices
    labels = np.zeros((last - first, rows, columns), np.uint8)
    for group in range(first // spacing - 1, last // spacing + 2):
        random = np.random.default_rng([seed, group + 1])
        for k in range(8):
            radius = random.uniform(0.2, 0.9) * spacing
            center = random.uniform((group * spacing, 0, 0), ((group + 1) * spacing, *shape))
            label = 1 + int(random.integers(num_classes - 1))
            if shift and k == 7:
                continue
            _paint(labels, center + np.array([-first, 0, shift]), radius, label)
    return labels


def _paint(labels: NDArray[np.uint8], center: NDArray[Any], radius: float, label: int) -> None:
    """Give the voxels of a ball a label, as far as it lies in these slices."""
    starts = np.maximum(0, np.ceil(center - radius)).astype(int)
    stops = np.maximum(0, np.minimum(labels.shape, np.floor(center + radius) + 1)).astype(int)
    box = tuple(slice(*ends) for ends in zip(starts, stops, strict=True))
    z, y, x = np.ogrid[box]
    distance = (z - center[0]) ** 2 + (y - center[1]) ** 2 + (x - center[2]) ** 2
    labels[box][distance <= radius**2] = label


def peak_memory(function: Callable[[], Any]) -> tuple[Any, float]:
    """Call a function, and measure how much memory it has in use at most.

    Parameters
    ----------
    function : callable
        Called once, without arguments.

    Returns
    -------
    result : object
        What the function returns.
    mebibytes : float
        The peak of what Python and NumPy asked for beyond what was in use before. Pages of a
        mapped file are not counted: the system can take these back at any time.

    Examples
    --------
    >>> _, peak = peak_memory(lambda: np.zeros(2**20, np.uint8))
    >>> round(peak)
    1
    """
    tracemalloc.start()
    result = function()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return result, peak / 2**20
