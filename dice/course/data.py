"""Two real pictures with their masks: README.md in the folder pictures says whose they are."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PICTURES = Path(__file__).parent / "pictures"


def tumor() -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """Load a lung tumor, seen in computed tomography. One patient is an illustration only.

    Returns
    -------
    image : array of uint8, shape (512, 512)
        The slice with most tumor, number 22 of 61.
    mask : array of bool, shape (512, 512)
        Its mask, as shipped with the tests of pyradiomics; who drew it is not known.
    volume : array of bool, shape (61, 512, 512)
        The masks of all slices.
    """
    stored = np.load(PICTURES / "tumor.npz")
    volume = np.unpackbits(stored["volume"]).astype(bool).reshape(-1, 512, 512)
    return stored["image"], volume[22], volume


def nuclei() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Load nuclei of cells under a fluorescence microscope, many of which touch.

    Returns
    -------
    image : array of uint8, shape (512, 512)
    ids : array of uint8, shape (512, 512)
        Instance map of 125 nuclei, as shipped with StarDist; 0 is background.
    """
    stored = np.load(PICTURES / "nuclei.npz")
    return stored["image"], stored["ids"]
