"""Train the U-Net of the chapter on training on real pictures: python tools/records/train_unet.py.

The code that trains is that of the chapter: its cells whose ids begin with "unet-" are read and
run, so what is printed there is what was done. A task is one training. Nuclei: one picture in four
regions, of which one is the test, the next one chooses round, threshold and rate, and two train;
each region is the test once. Lungs: one patient trains and chooses, the other is the test.

Each finished training is a line of the record, benchmarks/results/unet.jsonl; a second start goes
on where the first one stopped, if cells, pictures and this file are the same. Two processes with
one thread each.
"""

import ast
import base64
import json
import os
import platform
import zlib
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import redirect_stdout
from copy import deepcopy
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from scipy import ndimage

import dice
from dice import PanopticQuality, dice_score, panoptic_quality
from dice.course.data import PICTURES, nuclei

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "benchmarks" / "results" / "unet.jsonl"
CHAPTER = next((ROOT / "notebooks").glob("*_training.ipynb"))
FILES = [PICTURES / "nuclei.npz", PICTURES / "lungs.npz"]
LOSSES = ["CE", "Dice", "Dice + CE"]
RATES = {"nuclei": [0.0003, 0.003, 0.03, 0.1], "lungs": [0.003]}
SEEDS, ROUNDS = 3, 12
SHOWN = 0  # the seed whose masks are stored
LARGE = 50  # pixels: a nucleus that has fewer in a region is left out there
CURVES = ["loss", "there", "dice"]  # in training; on validation pictures; their Dice
ASIDE = {"program", "about", "ahead", "main"}  # functions that have no part in a training
MEASURES = [
    *("validation", "threshold", "round", "dice", "half", "per picture", "half per picture"),
    *("brier", "volume", "objects", "found", "matched", "extra", "cpu seconds"),
]


def cells() -> dict[str, str]:
    """The cells of the chapter that make data, network, losses and loop, by their ids."""
    stored = json.loads(CHAPTER.read_text("utf8"))["cells"]
    code = {cell["id"]: "".join(cell["source"]) for cell in stored if cell["cell_type"] == "code"}
    return {name: text for name, text in code.items() if name.startswith("unet-")}


@cache
def chapter() -> dict[str, Any]:
    """The names that these cells make."""
    made = vars(dice) | {"np": np, "deepcopy": deepcopy, "nuclei": nuclei}
    with redirect_stdout(StringIO()):
        for text in cells().values():
            exec(text, made)
    made["torch"].set_num_threads(1)
    return made


def program() -> str:
    """A hash of the cells, the pictures, and what of this file bears on a training.

    What the cells print does not, nor do docstrings and the lists of losses, rates and seeds: a
    longer one only adds lines.
    """
    nodes = [node for text in cells().values() for node in ast.parse(text).body]
    nodes = [node for node in nodes if not isinstance(node, ast.Expr)]
    for node in ast.parse(Path(__file__).read_text("utf8")).body:
        if isinstance(node, ast.FunctionDef) and node.name not in ASIDE:
            node.body = node.body[bool(ast.get_docstring(node)) :]
            nodes.append(node)
    text = "\n".join(map(ast.unparse, nodes)) + str((ROUNDS, LARGE))
    return sha256(text.encode() + b"".join(f.read_bytes() for f in FILES)).hexdigest()


def nuclei_split(test: int) -> tuple[Any, ...]:
    """What trains, what chooses, what is the test, and the ids of the test's objects."""
    regions, (top, left) = chapter()["regions"], chapter()["corners"][test]
    ids = chapter()["ids"][top : top + 256, left : left + 256].astype(int)
    ids[np.isin(ids, np.flatnonzero(np.bincount(ids.ravel()) < LARGE))] = chapter()["VOID"]
    train = [region for k, region in enumerate(regions) if k not in (test, (test + 1) % 4)]
    return train, [regions[(test + 1) % 4]], [regions[test]], ids[None]


def lungs_split(test: int) -> tuple[Any, ...]:
    """The same: the other patient trains, and every third of the slices chooses."""
    stored, tensors = np.load(FILES[1]), chapter()["tensors"]
    patients = [(stored[f"image{k}"], stored[f"mask{k}"]) for k in (1, 2)]
    own = list(map(tensors, *patients[1 - test]))
    train = [picture for k, picture in enumerate(own) if k % 3 != 1]
    return train, own[1::3], list(map(tensors, *patients[test])), patients[test][1].astype(int)


def pieces(stack: Any) -> Any:
    """The pictures of which each has a score: slices as they are, a region in four."""
    n, height, width = stack.shape
    if n > 1:
        return stack
    return stack.reshape(2, height // 2, 2, width // 2).swapaxes(1, 2).reshape(4, height // 2, -1)


def objects(masks: Any, ids: Any, void: int) -> list[int]:
    """How many objects there are; more than half marked; matched by one piece; pieces too many."""
    total, found, pairs = 0, 0, PanopticQuality(0.0, 0, 0, 0)
    for mask, known in zip(masks, ids, strict=True):
        sizes = np.bincount(known.ravel(), minlength=void + 1)
        marked = np.bincount(known.ravel(), mask.ravel(), minlength=void + 1)
        real = (sizes > 0) & (np.arange(sizes.size) % void > 0)
        total, found = total + int(real.sum()), found + int((2 * marked > sizes)[real].sum())
        pairs += panoptic_quality(ndimage.label(mask)[0], known, ignore_index=void)
    return [total, found, pairs.matched, pairs.only_predicted]


def judged(net: Any, threshold: float, tests: Any, ids: Any) -> tuple[list[Any], Any]:
    """What a trained network is worth, from "dice" to "extra", and its masks."""
    made, void = chapter(), chapter()["VOID"]
    options = {"num_classes": 2, "include_background": False, "ignore_index": void}
    z, y = made["predict"](net, tests)
    p, truth, pooled, each = z.softmax(1), y.reshape(ids.shape).numpy(), [], []
    for cut in (0.5, threshold):
        masks = made["mark"](p, cut).reshape(ids.shape).numpy()
        pooled.insert(0, dice_score(masks, truth, **options))
        scores = dice_score(pieces(masks), pieces(truth), batch_axis=0, average=None, **options)
        each.insert(0, float(np.nanmean(scores[:, -1])))
    p, counts = p[0, 1].reshape(ids.shape).double().numpy(), truth != void
    brier, volume = np.mean((p - truth)[counts] ** 2), p[counts].sum() / (truth == 1).sum()
    return [*pooled, *each, brier, volume, *objects(masks, ids, void)], masks


def task(pictures: str, test: int, loss: str, rate: float, seed: int) -> dict[str, Any]:
    """One training."""
    made, begun = chapter(), process_time()
    train, validation, tests, ids = {"nuclei": nuclei_split, "lungs": lungs_split}[pictures](test)
    made["torch"].manual_seed(seed)
    net = made["unet"](1, made["CLASSES"])
    optimizer = made["torch"].optim.Adam(net.parameters(), lr=rate)
    loop = net, optimizer, made["SUMMED"][loss], train, validation, ROUNDS
    history = made["fit"](*loop, np.random.default_rng(seed))
    best = max(history, key=lambda now: now["dice"])
    net.load_state_dict(best["weights"])
    values, masks = judged(net, best["threshold"], tests, ids)
    chosen = best["dice"], best["threshold"], 1 + history.index(best)
    values = [*chosen, *values, process_time() - begun]
    line = {"pictures": pictures, "test": test, "loss": loss, "rate": rate, "seed": seed}
    line["values"] = [float(f"{value:.4g}") for value in values]
    line["curves"] = [[round(now[name], 4) for now in history] for name in CURVES]
    if seed == SHOWN:
        mask = masks[ids.astype(bool).sum(axis=(1, 2)).argmax()]
        line["mask"] = base64.b64encode(zlib.compress(np.packbits(mask), 9)).decode()
    return line


def about() -> dict[str, Any]:
    made = chapter()
    return {
        "program": program(),
        "measures": MEASURES,
        "curves": CURVES,
        "losses": LOSSES,
        "rates": RATES,
        "seeds": SEEDS,
        "rounds": ROUNDS,
        "steps in a round": made["ROUND"],
        "pictures in a step": made["COUNT"],
        "weights": sum(w.numel() for w in made["unet"](1, made["CLASSES"]).parameters()),
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("numpy", "torch")},
    }


def ahead() -> list[tuple[str, int, str, float, int]]:
    """All tasks, one seed after the other."""
    tests = {"nuclei": 4, "lungs": 2}
    return [
        (pictures, test, loss, rate, seed)
        for seed in range(SEEDS)
        for pictures, number in tests.items()
        for test in range(number)
        for loss in LOSSES
        for rate in RATES[pictures]
    ]


def main() -> None:
    tasks, done = ahead(), {}
    if RECORD.exists():
        first, *lines = map(json.loads, RECORD.read_text("utf8").splitlines())
        if first["program"] == program():
            done = {tuple(list(line.values())[:5]): line for line in lines}
    kept = [about(), *(done[which] for which in tasks if which in done)]
    RECORD.write_text("".join(json.dumps(line) + "\n" for line in kept), "utf8")
    left, begun = [which for which in tasks if which not in done], os.times().elapsed
    with ProcessPoolExecutor(2) as pool, RECORD.open("a", encoding="utf8") as record:
        futures = {pool.submit(task, *which): which for which in left}
        for number, future in enumerate(as_completed(futures), len(tasks) - len(left) + 1):
            record.write(json.dumps(future.result()) + "\n")
            record.flush()
            minutes = (os.times().elapsed - begun) / 60
            print(f"{number} of {len(tasks)}, {minutes:.1f} min: {futures[future]}", flush=True)


if __name__ == "__main__":
    main()
