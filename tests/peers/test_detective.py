"""What the detective says of a library's call is what the library does."""

import ast
from importlib.util import find_spec
from inspect import cleandoc
from pathlib import Path

import numpy as np
import pytest

import dice
from dice.course.detective import TABLE, read

from .compare import arrays, class_scene, complete, difference, run
from .table import LIBRARIES

PEERS = {library.name: library for library in LIBRARIES}
CALLS = [pytest.param(call, id=f"{call['library']} {call['call']}") for call in TABLE["calls"]]
HARD = r"-?(dice_score|iou_score|dice_loss|soft_dice|\[dice_score|overlap\(softmax)"


def squeezed(line: str) -> str:
    return "".join(line.split())


def hard_scenes():
    """Two images and four classes: all present; one absent from a target; that, and not found."""
    for case in range(4):
        scene = class_scene(case, (2, 4, 6, 5))
        x = scene["p"].argmax(axis=1)
        if case > 0:
            scene["y"][0][scene["y"][0] == 3] = 0
        if case > 1:
            x[0][x[0] == 3] = 0
        if case > 2:
            for labels in (x, scene["y"]):
                labels[labels == 2] = 1
        z = np.where(np.arange(4)[:, None, None] == x[:, None], 1000.0, -1000.0)
        yield complete(scene | {"z": z})


def in_layout(scene, call):
    layout = call.get("layout", "classes")
    if layout == "classes last":
        return scene | {name: np.moveaxis(scene[name], 1, -1).copy() for name in "zpgh"}
    if layout == "mask":
        x, y = scene["x"][0] == 1, scene["y"][0] == 1
        z = np.where(x, 1000.0, -1000.0)
        bits = {"x1": x.astype(np.uint8), "y1": y.astype(np.uint8)}
        bits |= {"x8": bits["x1"] * 255, "y8": bits["y1"] * 255}
        return bits | {"x": x, "y": y, "g": y + 0.0, "p": x + 0.0, "z": z, "n": 2}
    return scene


@pytest.mark.skipif(find_spec("torch") is None, reason="needs the other libraries: make peers")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("call", CALLS)
def test_a_call_does_what_is_said_of_it(call):
    for scene in hard_scenes():
        here = in_layout(scene, call)
        sums = dice.overlap(here["x"] + 0, here["y"] + 0, num_classes=here["n"], batch_axis=0)
        if call.get("layout") == "mask":
            sums = dice.overlap(here["x"] + 0, here["y"] + 0, num_classes=2).map(np.atleast_2d)
        there = run(call["line"], arrays(PEERS[call["library"]], here))
        assert not isinstance(there, str), there
        if call["reads"].get("average") != "class" or call.get("layout") == "mask":
            reads = {k: v for k, v in call["reads"].items() if v != "class"}
            there = np.nanmean([np.nanmean(np.asarray(there.detach() if hasattr(there, "detach") else there))])
            assert there == pytest.approx(read(sums, reads), abs=2e-7, nan_ok=True)
