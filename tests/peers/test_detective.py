"""What the detective says of a library's call is what the library does."""

import re
from importlib.util import find_spec

import numpy as np
import pytest

import dice
from dice.course.detective import TABLE, read

from .compare import arrays, class_scene, complete, numbers, run
from .table import LIBRARIES

PEERS = {library.name: library for library in LIBRARIES}
CALLS = [pytest.param(call, id=f"{call['library']} {call['call']}") for call in TABLE["calls"]]
OTHERS = (
    r"[Tt]versky|\bv\b|\bm\b|weight=|soft_label|sigmoid=True|CE_?[Ll]oss|[Gg]eneralized|pairs|"
    r"fastai.losses.DiceLoss\(\)"  # a sum, not a mean
)


def hard_scenes():
    """Four classes: all there; one absent from a target, from both, from all; one of a pixel."""
    for case in range(5):
        scene = class_scene(case, (2, 4, 6, 5))
        x, y = scene["p"].argmax(axis=1), scene["y"]
        if case > 0:
            y[0][y[0] == 3] = 0
        if case > 1:
            x[0][x[0] == 3] = 0
        if case > 2:
            x[x == 2] = y[y == 2] = 1
        if case > 3:  # all that such a class scores is an epsilon
            x[x == 3] = y[y == 3] = 0
            y[:, 0, 0] = 3
        z = np.where(np.arange(4)[:, None, None] == x[:, None], 1000.0, -1000.0)
        yield complete(scene | {"z": z})


def in_layout(scene, layout):
    """The arrays as a call has them, and the sums of their images."""
    if layout == "image":
        scene = scene | {name: scene[name][:1] for name in "xy"}
    x, y, n = (scene[name] for name in "xyn")
    sums = dice.overlap(x, y, num_classes=n, batch_axis=0)
    if layout == "classes last":
        scene = scene | {name: np.moveaxis(scene[name], 1, -1).copy() for name in "zpgh"}
    if layout == "mask":  # class 1 of all images, side by side
        x, y = np.hstack(x == 1), np.hstack(y == 1)
        sums = dice.overlap(x + 0, y + 0, num_classes=2).map(np.atleast_2d)
        scene = {"x": x, "y": y, "p": x + 0.0, "g": y + 0.0, "z": np.where(x, 1000.0, -1000.0)}
        scene |= {
            "x1": np.uint8(x),
            "y1": np.uint8(y),
            "x8": np.uint8(x) * 255,
            "y8": np.uint8(y) * 255,
        }
    return scene, sums


@pytest.mark.skipif(find_spec("torch") is None, reason="needs the libraries: make peers")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", CALLS)
def test_a_call_does_what_is_said_of_it(call):
    for scene in hard_scenes():
        scene, sums = in_layout(scene, call.get("layout"))
        names = arrays(PEERS[call["library"]], scene)
        there, reads = run(call["line"], names), call["reads"]
        assert not isinstance(there, str), there
        there = numbers(there)
        if reads.get("average") != "class":
            here, apart = read(sums, reads), "apart" in call and not sums.target.sum(axis=0).all()
            same = here == pytest.approx(float(np.nanmean(there)), abs=5e-7, nan_ok=True)
            assert same != apart, (here, there)
            continue
        there = np.atleast_1d(there)
        for k in range(1, there.shape[-1] + 1):
            here = read(sums, reads | {"average": f"class {sums.target.shape[1] - k}"})
            assert here == pytest.approx(np.nanmean(there[..., -k]), abs=5e-7, nan_ok=True)


def test_all_calls_of_the_record_are_known():
    """Those of the table of peers that score masks, or class maps, by Dice or IoU."""
    known = {re.sub(r"\s|,(?=\))", "", call["line"]) for call in TABLE["calls"]}
    for library in LIBRARIES:
        for row in library.rows:
            scored = re.search("dice|iou", row.here) and not re.search(OTHERS, row.there)
            if scored and "intersection" not in row.here:
                assert re.sub(r"\s|,(?=\))", "", row.there) in known, row.there
