"""Ask other libraries for the distances between boundaries: python benchmarks/boundaries.py.

With --print it shows the record in place of storing it.

It needs the packages of `make peers`. Every line of LINES runs on every scene, and the answers go
to benchmarks/results/boundaries.json, which the chapter on boundaries shows and reproduces. The
names in the lines:

    p, g    prediction and target, masks      P, G    the same as tensors with samples and classes
    x, y    the same as images of SimpleITK   d       surface-distance's list of distances
    s       size of a pixel along each axis   t       tolerance, in the unit of s

`ask` and `mean_with_a_miss` stand below.
"""

import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from library_record import dated, store

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
RECORD = ROOT / "benchmarks" / "results" / "boundaries.json"
TOLERANCE = 1.0
TEETH = [  # every second pixel of the edge of the block, and of the pixels outside it
    (np.s_[7:27:2, 8], np.s_[8:27:2, 7]),
    (np.s_[8:27:2, 25], np.s_[7:27:2, 26]),
    (np.s_[7, 9:24:2], np.s_[6, 10:25:2]),
    (np.s_[26, 10:25:2], np.s_[27, 9:24:2]),
]
IMPORTS = {
    "MONAI": "from monai.losses import SoftclDiceLoss\n"
    "from monai.metrics import HausdorffDistanceMetric, compute_average_surface_distance\n"
    "from monai.metrics import compute_hausdorff_distance, compute_surface_dice",
    "MedPy": "from medpy.metric.binary import assd, hd, hd95, ravd",
    "surface-distance": "import surface_distance",
    "SimpleITK": "import SimpleITK as sitk",
    # the last: when it is imported, it gives NumPy 2 back a name that surface-distance asks for
    "torchmetrics": "from torchmetrics.functional.segmentation import hausdorff_distance",
}
PACKAGES = {
    "MONAI": "monai",
    "MedPy": "medpy",
    "surface-distance": "surface-distance",
    "SimpleITK": "simpleitk",
    "torchmetrics": "torchmetrics",
}
LINES = {
    "MONAI": {
        "HD": "compute_hausdorff_distance(P, G, include_background=True, spacing=s)",
        "HD95": "compute_hausdorff_distance(P, G, include_background=True, spacing=s, "
        "percentile=95)",
        "ASSD": "compute_average_surface_distance(P, G, include_background=True, spacing=s, "
        "symmetric=True)",
        "NSD": "compute_surface_dice(P, G, [t], include_background=True, spacing=s)",
        "NSD by length": "compute_surface_dice(P, G, [t], include_background=True, spacing=s, "
        "use_subvoxels=True)",
        "HD95, mean with a miss": "mean_with_a_miss(HausdorffDistanceMetric, P, G, s)",
        "clDice": "1 - SoftclDiceLoss(smooth=1e-6)(P.float(), G.float())",
    },
    "MedPy": {
        "HD": "hd(p, g, s)",
        "HD95": "hd95(p, g, s)",
        "ASSD": "assd(p, g, s)",
        "HD, 8 neighbors": "hd(p, g, s, connectivity=2)",
        "ASSD, 8 neighbors": "assd(p, g, s, connectivity=2)",
        "volume error": "ravd(p, g)",
    },
    "surface-distance": {
        "HD": "surface_distance.compute_robust_hausdorff(d(g, p, s), 100)",
        "HD95": "surface_distance.compute_robust_hausdorff(d(g, p, s), 95)",
        "ASSD": "np.mean(surface_distance.compute_average_surface_distance(d(g, p, s)))",
        "NSD": "surface_distance.compute_surface_dice_at_tolerance(d(g, p, s), t)",
    },
    "SimpleITK": {
        "HD": "ask(sitk.HausdorffDistanceImageFilter(), x, y).GetHausdorffDistance()",
        "ASSD": "ask(sitk.HausdorffDistanceImageFilter(), x, y).GetAverageHausdorffDistance()",
        "HD of outlines": "ask(sitk.HausdorffDistanceImageFilter(), sitk.LabelContour(x), "
        "sitk.LabelContour(y)).GetHausdorffDistance()",
        "volume error": "ask(sitk.LabelOverlapMeasuresImageFilter(), x, y).GetVolumeSimilarity()",
    },
    "torchmetrics": {
        "HD": "hausdorff_distance(P.int(), G.int(), 1, include_background=True, spacing=s)",
    },
}


@cache
def scenes() -> dict[str, tuple[Any, Any, list[float]]]:
    """The masks of the chapter, prediction and target, with the size of their pixels."""
    from scipy import ndimage

    from dice.course import data

    block = np.zeros((34, 34), bool)
    block[7:27, 8:26] = True
    ragged, corner, hole, nothing = block.copy(), block.copy(), block.copy(), block & False
    for inside, outside in TEETH:
        ragged[inside], ragged[outside] = False, True
    shifted, wide = np.roll(block, 2, axis=0), ((0, 0), (0, 20))
    corner[7:13, 8:14], corner[27:33, 14:20] = False, True
    hole[14:20, 14:20], hole[0:6, 28:34] = False, True
    vessel = np.zeros_like(block)
    vessel[3:31, 15:18] = vessel[9:12, 17:30] = vessel[20:23, 4:16] = True
    cut, thick = vessel.copy(), np.zeros_like(block)
    cut[14:16, 15:18] = cut[9:12, 22:24] = False
    thick[2:32, 14:19] = thick[8:13, 17:31] = thick[19:24, 3:16] = True
    image, mask, volume = data.tumor()
    tumor = volume[:, 270:420, 300:450]
    rows, columns = np.indices(image.shape)
    near = np.hypot(rows - 363, columns - 358) * 0.627 <= 24
    bright, _ = ndimage.label((image > 110) & near)
    click = bright == bright[363, 358]
    square, pixel, voxel = [1.0, 1.0], [0.627, 0.627], [5.0, 0.627, 0.627]
    return {
        "ragged": (ragged, block, square),
        "shifted": (shifted, block, square),
        "corner": (corner, block, square),
        "hole": (hole, block, square),
        "cut": (cut, vessel, square),
        "thick": (thick, vessel, square),
        "click": (click[290:450, 280:440], mask[290:450, 280:440], pixel),
        "one slice": (np.roll(tumor, 1, axis=0), tumor, voxel),
        "eight pixels": (np.roll(tumor, 8, axis=2), tumor, voxel),
        "eight pixels, no spacing": (np.roll(tumor, 8, axis=2), tumor, [1.0, 1.0, 1.0]),
        "wide": (np.pad(shifted, wide), np.pad(block, wide), square),
        "tall": (np.pad(shifted, wide[::-1]), np.pad(block, wide[::-1]), square),
        "both empty": (nothing, nothing, square),
        "false positives": (block, nothing, square),
        "missed": (nothing, block, square),
    }


def answers(library: str, line: str) -> dict[str, float | str]:
    """What a line gives for each scene: a number, or the kind of an error."""
    return {name: answer(library, line, *scene) for name, scene in scenes().items()}


def answer(library: str, line: str, p: Any, g: Any, s: list[float]) -> float | str:
    """What a line gives for one scene."""
    import SimpleITK as sitk
    import torch

    names: dict[str, Any] = {"np": np, "p": p, "g": g, "s": s, "t": TOLERANCE}
    names |= {"ask": ask, "mean_with_a_miss": mean_with_a_miss}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        exec(IMPORTS[library], names)
        if library == "surface-distance":
            names["d"] = names["surface_distance"].compute_surface_distances
        sitk.ProcessObject.SetGlobalWarningDisplay(False)
        for mask, image, tensor in ((p, "x", "P"), (g, "y", "G")):
            names[image] = sitk.GetImageFromArray(mask.astype(np.uint8))
            names[image].SetSpacing(s[::-1])
            names[tensor] = torch.tensor(mask)[None, None]
        try:
            value = float(eval(line, names))
            return round(value, 6) if abs(value) < 1e300 else str(value)
        except Exception as error:
            return type(error).__name__


def ask(measure: Any, x: Any, y: Any) -> Any:
    """A filter of SimpleITK, after it has seen the prediction and the target."""
    measure.Execute(x, y)
    return measure


def mean_with_a_miss(metric: Any, P: Any, G: Any, s: list[float]) -> Any:
    """MONAI's mean of HD95 over two cases: this one, and one in which nothing is predicted."""
    measure = metric(include_background=True, percentile=95)
    measure(P, G, spacing=s)
    measure(P & False, G, spacing=s)
    return measure.aggregate()


def record() -> dict[str, Any]:
    """All answers, with the versions that gave them."""
    libraries = {
        name: {call: {"line": line} | answers(name, line) for call, line in lines.items()}
        for name, lines in LINES.items()
    }
    return dated(PACKAGES, tolerance=TOLERANCE, libraries=libraries)


if __name__ == "__main__":
    store(record(), RECORD)
