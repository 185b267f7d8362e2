"""Ask other libraries for the scores of objects: python benchmarks/objects.py.

With --print it shows the record in place of storing it.

It needs the packages of `make peers`. Every line of LINES runs on every scene, and the answers go
to benchmarks/results/objects.json, which the chapter on objects shows and reproduces. A scene is
a list of images, each with two instance maps. The names in the lines:

    images    pairs of arrays, prediction and target         ids(x)      a map of ids as a tensor
    score     a metric of PyTorch, fed with all images       panoptic    ids with their class,
    compare   panoptica's result, the mean of the images     channels    as torchmetrics wants
    coco      pycocotools' average precision at a list       them and as MONAI does
              of thresholds, or None for its ten

All predicted objects of an image are ranked by their ids: id 1 is the surest.
"""

import contextlib
import io
import warnings
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from library_record import dated, store

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "results" / "objects.json"
IMPORTS = {
    "torchmetrics": "from torchmetrics.detection import PanopticQuality",
    "MONAI": "from monai.metrics import PanopticQualityMetric",
    "panoptica": "from panoptica import MaxBipartiteMatching, Metric, NaiveThresholdMatching",
    "pycocotools": "",
}
PACKAGES = {name: name.lower() for name in IMPORTS}
TM = "score(PanopticQuality({{1}}, {{0}}, return_per_class=True{}), panoptic){}"
MONAI = 'score(PanopticQualityMetric(1, "{}"{}), channels)'
LINES = {
    "torchmetrics": {
        "PQ": TM.format("", "[0, 0]"),
        "SQ": TM.format(", return_sq_and_rq=True", "[0, 1]"),
        "RQ": TM.format(", return_sq_and_rq=True", "[0, 2]"),
        "PQ, the default": "score(PanopticQuality({1}, {0}), panoptic)",
        "PQ, no background": "score(PanopticQuality({1}, set()), panoptic)",
        "PQ, background unknown": "score(PanopticQuality({1}, set(), "
        "allow_unknown_preds_category=True), panoptic)",
    },
    "MONAI": {
        "PQ": MONAI.format("pq", ""),
        "SQ": MONAI.format("sq", ""),
        "RQ": MONAI.format("rq", ""),
        "PQ from 0.1": MONAI.format("pq", ", match_iou_threshold=0.1"),
    },
    "panoptica": {
        "PQ": "compare(NaiveThresholdMatching()).pq",
        "SQ": "compare(NaiveThresholdMatching()).sq",
        "RQ": "compare(NaiveThresholdMatching()).rq",
        "PQ, strict": "compare(NaiveThresholdMatching(strict_threshold=True)).pq",
        "PQ from 0.1, greedy": "compare(NaiveThresholdMatching(matching_threshold=0.1)).pq",
        "PQ from 0.1": "compare(MaxBipartiteMatching(matching_threshold=0.1)).pq",
        "PQ of Dice": "compare(NaiveThresholdMatching(Metric.DSC)).pq_dsc",
    },
    "pycocotools": {
        "AP50": "coco([0.5])",
        "mean AP": "coco(None)",
    },
}


@cache
def scenes() -> dict[str, list[tuple[Any, Any]]]:
    """The instance maps of the chapter, prediction and target, of one image or several."""
    target = np.zeros((20, 36), int)
    target[2:8, 2:8], target[2:6, 14:19], target[2:6, 19:23] = 1, 2, 3
    target[12:16, 2:8], target[13:15, 15:17], target[12:17, 26:31] = 4, 5, 6
    found = np.zeros_like(target)
    found[3:9, 2:8], found[2:6, 16:21], found[12:16, 2:6], found[2:6, 13:16] = 1, 2, 3, 4
    found[13:15, 17:19], found[12:16, 6:8], found[4:6, 29:31] = 5, 6, 7
    nothing, nine = np.zeros_like(target), np.kron(np.arange(1, 10), np.ones((2, 2), int))
    one, elsewhere = np.zeros_like(nine), np.zeros_like(nine)
    one[:, :2], elsewhere[:, 4:6] = 1, 1
    return {
        "example": [(found, target)],
        "tie": [(np.array([[1, 1, 2, 2]]), np.array([[1, 1, 1, 1]]))],
        "two images": [(nine, nine), (elsewhere, one)],
        "both empty": [(nothing, nothing)],
        "false positives": [(found, nothing)],
        "missed": [(nothing, target)],
    }


def answer(library: str, line: str, images: list[tuple[Any, Any]]) -> float | str:
    """What a line gives for a scene: a number, or the kind of an error."""
    import torch

    def ids(x: Any) -> Any:
        return torch.tensor(x)

    def panoptic(x: Any) -> Any:
        return torch.stack([(ids(x) > 0).long(), ids(x)], -1)[None]

    def channels(x: Any) -> Any:
        return torch.stack([ids(x), (ids(x) > 0).long()])[None]

    def score(metric: Any, form: Any) -> Any:
        for found, target in images:
            (metric.update if hasattr(metric, "update") else metric)(form(found), form(target))
        return (metric.compute if hasattr(metric, "compute") else metric.aggregate)()

    def compare(matcher: Any) -> Any:
        from panoptica import InputType, Metric, Panoptica_Evaluator

        judge = Panoptica_Evaluator(
            expected_input=InputType.UNMATCHED_INSTANCE,
            instance_matcher=matcher,
            instance_metrics=[Metric.IOU, Metric.DSC],
        )
        results = [judge.evaluate(*image, verbose=False)["ungrouped"] for image in images]
        parts = ("pq", "sq", "rq", "pq_dsc")  # its statistics of several images are means, too
        return SimpleNamespace(**{n: np.mean([getattr(r, n) for r in results]) for n in parts})

    def coco(thresholds: list[float] | None) -> Any:
        return average_precision(images, thresholds)

    names = {"score": score, "panoptic": panoptic, "channels": channels}
    names |= {"compare": compare, "coco": coco}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with contextlib.redirect_stdout(io.StringIO()):  # what pycocotools and panoptica print
            try:
                exec(IMPORTS[library], names)
                value = float(eval(line, names))
                return round(value, 6) if np.isfinite(value) else str(value)
            except Exception as error:
                return type(error).__name__


def average_precision(images: list[tuple[Any, Any]], thresholds: list[float] | None) -> float:
    """The average precision of masks by the program of COCO."""
    from pycocotools import mask
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def objects(x: Any) -> list[Any]:
        masks = [np.asfortranarray((x == k).astype(np.uint8)) for k in np.unique(x[x > 0])]
        return [(m.sum(), mask.encode(m)) for m in masks]

    truth = COCO()
    truth.dataset = {
        "images": [{"id": k, "height": g.shape[0], "width": g.shape[1]}
                   for k, (_, g) in enumerate(images)],
        "categories": [{"id": 1}],
        "annotations": [
            {"image_id": k, "category_id": 1, "segmentation": rle, "area": area, "iscrowd": 0}
            for k, (_, g) in enumerate(images) for area, rle in objects(g)
        ],
    }  # fmt: skip
    for number, one in enumerate(truth.dataset["annotations"], 1):
        one["id"] = number
    truth.createIndex()
    found = [
        {"image_id": k, "category_id": 1, "segmentation": rle, "score": 1 / rank}
        for k, (p, _) in enumerate(images)
        for rank, (_, rle) in enumerate(objects(p), 1)
    ]
    judge = COCOeval(truth, truth.loadRes(found), "segm")
    if thresholds is not None:
        judge.params.iouThrs = np.array(thresholds)
    judge.evaluate()
    judge.accumulate()
    precision = judge.eval["precision"][:, :, 0, 0, -1]  # all sizes, up to 100 for each image
    return float(precision.mean())


def record() -> dict[str, Any]:
    """All answers, with the versions that gave them."""
    libraries = {
        name: {
            call: {"line": line}
            | {scene: answer(name, line, images) for scene, images in scenes().items()}
            for call, line in lines.items()
        }
        for name, lines in LINES.items()
    }
    return dated(PACKAGES, libraries=libraries)


if __name__ == "__main__":
    store(record(), RECORD)
