"""Train the small model with each loss at each rate: python tools/records/train.py.

One factor at a time departs from one base setting. A task is a setting and a draw of pictures:
all losses at all rates, from the same start. Each finished task is a line of the record,
benchmarks/results/training.jsonl; a second start goes on where the first one stopped, if the
code is the same. The test pictures choose nothing: thresholds and rates come from validation.
"""

import ast
import json
import os
import platform
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from dice import overlap, sigmoid
from dice.course import training
from dice.course.training import LOSSES, Data, Floats, Loss, Parameters, Split

RECORD = Path(__file__).parents[2] / "benchmarks" / "results" / "training.jsonl"
RATES = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3]
DRAWS = 10
STEPS, WATCHED = 300, (10, 30, 100)
MIX = {f"{100 * w:g} % Dice": training.mixed(w, 1 - w) for w in (0.1, 0.5, 0.9, 0.99, 0.999)}
MEASURES = [
    *("validation", "dice", "half", "threshold", "precision", "volume", "brier", "sure", "silent"),
    *(f"{what} after {step}" for step in WATCHED for what in ("precision", "half")),
]
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "base": {},
    **{unit: {"train": {"activation": unit}} for unit in ("relu", "leaky_relu")},
    **{
        f"{unit} from share": {"train": {"activation": unit}, "share": {}}
        for unit in training.ACTIVATIONS
    },
    **{f"side {side}": {"data": {"side": side}} for side in (32, 128)},
    **{f"radius {radius}": {"data": {"radius": radius}} for radius in (2, 4, 6)},
    **{f"noise {noise}": {"data": {"noise": noise}} for noise in (0.5, 1.1)},
    **{f"batch {batch}": {"train": {"batch": batch}} for batch in (1, 8)},
    "empty": {"data": {"empty": True}},
    "empty, batch 1": {"data": {"empty": True}, "train": {"batch": 1}},
    "1000 steps": {"train": {"steps": 1000}},
    "Adam's epsilon 0": {"train": {"epsilon": 0.0}},
    "mix": {"losses": {}},
    "64 bits": {"double": {}},
}


def program() -> str:
    """A hash of the code that trains, whatever the Python; comments and docstrings do not count."""
    trees = [ast.parse(Path(file).read_text("utf8")) for file in (__file__, training.__file__)]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    return sha256("".join(map(ast.unparse, trees)).encode()).hexdigest()


def judged(split: Split, weights: Parameters, activation: str) -> list[float]:
    """What a trained model is worth, in the order of the measures."""

    def probabilities(data: Data) -> tuple[Floats, Floats]:
        logits, hidden = training.forward(weights, data.features, activation)
        return sigmoid(logits), hidden

    (p, _), target = probabilities(split.test), split.test.target
    validation, threshold = training.best_dice(
        probabilities(split.validation)[0], split.validation.target
    )
    marked = p >= 0.5
    units = probabilities(split.training)[1][split.training.target]
    return [
        validation,
        float(overlap(p >= threshold, target).dice(empty=0)),
        float(overlap(marked, target).dice(empty=0)),
        threshold,
        training.average_precision(p, target),
        float(p.sum() / target.sum()),
        float(np.mean((p - target) ** 2)),
        float((p - target)[marked].mean()) if marked.any() else float("nan"),
        float((units == 0).all(axis=-1).mean()),
    ]


def trained(split: Split, loss: Loss, seed: int, rate: float, options: dict[str, Any]) -> list[Any]:
    """The measures of one training."""
    unit, after = options.get("activation", "tanh"), []

    def watch(step: int, weights: Parameters) -> None:
        if step in WATCHED:
            logits, _ = training.forward(weights, split.validation.features, unit)
            p, target = sigmoid(logits), split.validation.target
            after.append(training.average_precision(p, target))
            after.append(float(overlap(p >= 0.5, target).dice(empty=0)))

    weights = training.train(
        split.training, loss, seed=seed, rate=rate, watch=watch, **{"steps": STEPS} | options
    )
    values = [*judged(split, weights, unit), *after]
    return [None if np.isnan(value) else float(f"{value:.4g}") for value in values]


def task(setting: str, draw: int) -> dict[str, Any]:
    """All losses at all rates, for one draw of pictures."""
    what = SETTINGS[setting]
    split = training.disks(draw, **what.get("data", {}))
    options = dict(what.get("train", {}))
    if "share" in what:
        options["share"] = split.training.share
    if "double" in what:
        parts = split.training, split.validation, split.test
        split = Split(*(replace(part, features=part.features.astype(float)) for part in parts))
    losses = MIX if "losses" in what else LOSSES
    found = {
        name: [trained(split, loss, draw, rate, options) for rate in RATES]
        for name, loss in losses.items()
    }
    return {"setting": setting, "draw": draw, "losses": found}


def about() -> dict[str, Any]:
    return {
        "program": program(),
        "rates": RATES,
        "measures": MEASURES,
        "draws": DRAWS,
        "steps": STEPS,
        "settings": SETTINGS,
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("numpy", "scipy")},
    }


def main() -> None:
    done: set[tuple[str, int]] = set()
    if RECORD.exists():
        first, *lines = map(json.loads, RECORD.read_text("utf8").splitlines())
        if first["program"] == program():
            done = {(line["setting"], line["draw"]) for line in lines}
    if not done:
        RECORD.write_text(json.dumps(about()) + "\n", "utf8")
    ahead = [(s, d) for s in SETTINGS for d in range(DRAWS) if (s, d) not in done]
    total, begun = len(SETTINGS) * DRAWS, os.times().elapsed
    with ProcessPoolExecutor() as pool, RECORD.open("a", encoding="utf8") as record:
        futures = {pool.submit(task, *which): which for which in ahead}
        for number, future in enumerate(as_completed(futures), total - len(ahead) + 1):
            record.write(json.dumps(future.result()) + "\n")
            record.flush()
            minutes = (os.times().elapsed - begun) / 60
            print(f"{number} of {total}, {minutes:.1f} min: {futures[future]}", flush=True)


if __name__ == "__main__":
    main()
