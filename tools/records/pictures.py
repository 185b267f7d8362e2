"""Make the small real pictures of the course: python tools/records/pictures.py FOLDER.

FOLDER holds the source distribution of pyradiomics 3.0.1 and a wheel of stardist 0.9.2, as
`pip download --no-deps` gives them (for the first add --no-binary :all: --no-build-isolation).
Their originals are known by their hashes. The results go to dice/course/pictures, whose README
says where each picture is from, and what may be done with it.
"""

import gzip
import hashlib
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PICTURES = Path(__file__).parents[2] / "dice" / "course" / "pictures"
ORIGINALS = {
    "lung2_image.nrrd": "aa2b94eec79127ed786798ac8dc3c013010e1692d5787bebfae1a1e9685a4651",
    "lung2_label.nrrd": "cef52738dc51aab69a48fe30639da956d2b911b1c2920439c091fab84727657a",
    "lung1_image.nrrd": "379fa48bf34cfa961e6f5ec19c0c38757a30b9aa884212ef28dc29b5061c64ed",
    "lung1_label.nrrd": "e9d9a88054d7bc1d3034193ff907ce6b8c6ba28a7bc3a16f23728982d1b6b50a",
    "img2d.tif": "f9ccc1571b92c861ff87e28463068b43f61bd47357ed0503f711e5cd1eb97750",
    "mask2d.tif": "59ad5e820b7982ca9d13e946fa6e7f64e2714899e00a2ae6c69aa79aad53d46f",
}
SLICE = 22  # of 61: the one with most tumor
CROPS = {  # slices, rows and columns around the two tumors, counted from 0
    1: np.s_[30:37, 264:456, 122:314],
    2: np.s_[13:28, 270:462, 265:457],
}
AIR, BONE = -1000, 400  # Hounsfield units that become 0 and 255


def originals(folder: Path) -> dict[str, bytes]:
    """Read the six files out of the two archives, and compare their hashes."""
    with tarfile.open(next(folder.glob("pyradiomics-3.0.1.tar.gz"))) as archive:
        members = [m for m in archive if Path(m.name).name in ORIGINALS]
        files = {Path(m.name).name: archive.extractfile(m).read() for m in members}  # type: ignore[union-attr]
    with zipfile.ZipFile(next(folder.glob("stardist-0.9.2-*.whl"))) as wheel:
        names = [name for name in wheel.namelist() if Path(name).name in ORIGINALS]
        files |= {Path(name).name: wheel.read(name) for name in names}
    assert {name: hashlib.sha256(data).hexdigest() for name, data in files.items()} == ORIGINALS
    return files


def volume(file: bytes) -> NDArray[Any]:
    """Read an NRRD file of 16 bits, as slices, rows and columns."""
    header, _, data = file.partition(b"\n\n")
    assert b"type: short" in header and b"endian: little" in header and b"gzip" in header
    return np.frombuffer(gzip.decompress(data), "<i2").reshape(-1, 512, 512)


def plane(file: bytes) -> NDArray[Any]:
    """Read a TIFF file of one strip of 16 bits, without compression, that begins at byte 256."""
    assert file[:2] == b"II" and len(file) >= 256 + 2 * 512**2
    return np.frombuffer(file[256:], "<u2", count=512**2).reshape(512, 512)


def gray(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Hounsfield units as 8 bits."""
    return np.rint(np.clip((image - AIR) / (BONE - AIR), 0, 1) * 255).astype(np.uint8)


def main(folder: Path) -> None:
    files = originals(folder)
    images = {k: volume(files[f"lung{k}_image.nrrd"]) for k in CROPS}
    masks = {k: volume(files[f"lung{k}_label.nrrd"]) > 0 for k in CROPS}
    tumor = {"image": gray(images[2][SLICE]), "volume": np.packbits(masks[2])}
    lungs = {f"image{k}": gray(images[k][crop]) for k, crop in CROPS.items()}
    lungs |= {f"mask{k}": masks[k][crop] for k, crop in CROPS.items()}
    assert all(lungs[f"mask{k}"].sum() == masks[k].sum() for k in CROPS)  # no tumor is cut off
    nuclei = {"image": plane(files["img2d.tif"]), "ids": plane(files["mask2d.tif"])}
    assert max(a.max() for a in nuclei.values()) < 256  # so that nothing is lost in 8 bits
    np.savez_compressed(PICTURES / "tumor.npz", **tumor)
    np.savez_compressed(PICTURES / "lungs.npz", **lungs)
    np.savez_compressed(PICTURES / "nuclei.npz", **{k: a.astype("u1") for k, a in nuclei.items()})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
