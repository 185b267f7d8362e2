"""The real pictures are the committed ones, and hold what their README and the chapters say."""

import hashlib
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from dice.course import data

ROOT = Path(__file__).parents[2]
README = (data.PICTURES / "README.md").read_text("utf8")
FILES = {
    "tumor.npz": "d2b1ccdfc9697c61016bca3633f6e4a816d863a6c79e0db0d21cf4fc1394d6cb",
    "lungs.npz": "32de0fa69af79092cf73e7a5cccbf23b2181621b9ec20aea0544af058c187d84",
    "nuclei.npz": "dda1001a315e985ebd60ed695f125b66cc65bd5370877aaf52073aa4661e5ebc",
}


def test_there_are_these_files_and_no_others():
    found = {
        f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in data.PICTURES.glob("*.np*")
    }
    assert found == FILES


def test_the_tumor_is_as_small_as_the_text_says():
    image, mask, volume = data.tumor()
    assert (image.dtype, image.shape) == (np.uint8, mask.shape)
    assert (mask.sum(), mask.size, volume.sum(), volume.size) == (3412, 262144, 24644, 15990784)
    assert [f"{mask.mean():.2%}", f"{volume.mean():.3%}"] == ["1.30%", "0.154%"]
    slices = volume.sum(axis=(1, 2))
    assert (len(slices), np.count_nonzero(slices), slices.argmax()) == (61, 11, 22)
    counts = "3,412 of 262,144 pixels of the slice (1.30 %), 24,644 of 15,990,784 voxels"
    assert f"{counts} of the volume (0.154 %), in 11 of 61 slices" in README
    assert image[mask].std() < image.std()  # image and mask lie alike: tissue, and no air
    assert np.median(image[mask]) > np.median(image)


def test_the_nuclei_are_as_many_as_the_text_says():
    image, ids = data.nuclei()
    assert (image.dtype, image.shape) == (np.uint8, ids.shape)
    assert (len(np.unique(ids)) - 1, ids.max(), f"{(ids > 0).mean():.1%}") == (125, 183, "19.9%")
    assert "125 nuclei, with ids up to 183; foreground 19.9 % of the pixels" in README
    assert image[ids > 0].mean() > 2 * image[ids == 0].mean()


def test_the_readme_names_the_originals_and_its_licenses_lie_beside_it():
    script = runpy.run_path(str(ROOT / "tools" / "records" / "pictures.py"))
    assert re.findall(r"`([0-9a-f]{64})`", README) == list(script["ORIGINALS"].values())
    assert set(re.findall(r"`(license-.*?\.txt)`", README)) == {
        file.name for file in data.PICTURES.glob("license-*")
    }


@pytest.mark.parametrize(
    ("name", "title"),
    {
        "cc-by-3.0": "Attribution 3.0 Unported",
        "cc0-1.0": "CC0 1.0 Universal",
        "pyradiomics": "Copyright 2017 Harvard Medical School",
        "stardist": "Copyright (c) 2018-2025, Uwe Schmidt, Martin Weigert",
    }.items(),
)
def test_each_license_is_there_in_full(name, title):
    text = (data.PICTURES / f"license-{name}.txt").read_text("utf8")
    assert title in text[:200]
    assert len(text) > 1400
