"""The worked examples of the course, as data."""

import numpy as np

CLASS_NAMES = ("A", "B", "C")

SIX_PIXELS_TARGET = (1, 0, 0, 1, 0, 0)
SIX_PIXELS_PREDICTION = (1, 0, 1, 1, 0, 0)

LOGITS = np.array([[[1.0, 0.0], [0.0, 0.5]], [[0.0, 1.0], [0.0, 0.5]], [[0.0, 0.0], [1.0, 0.0]]])
"""Logits of the 2x2 image: shape (3, 2, 2), a matrix for each of the classes A, B, C."""

LABELS = np.array([[0, 1], [1, 2]])
"""Its class map: A, B in the first row, B, C in the second."""
