"""Train the small model with each loss, and record it: python tools/records/train.py.

Each loss is trained at every rate of one small grid, from a few starts; the rate whose models
score best on the validation data is taken. Then it is trained from all starts, and judged on the
test data, which nothing has seen. The record goes to benchmarks/results/training.json.
"""

import json
import platform
import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from dice import sigmoid
from dice.course import training
from dice.course.training import LOSSES, Run, Split

RECORD = Path(__file__).parents[2] / "benchmarks" / "results" / "training.json"
RATES = [0.003, 0.01, 0.03, 0.1]
SEEDS = [0, 1, 2, 3, 4]
SEEDS_FOR_RATE = [0, 1, 2]
STEPS, EVERY, BATCH, LONG = 300, 20, 2, 3000
SIZES = [0.2, 0.05, 0.01, 0.003, 0.001]
THRESHOLDS = [round(float(sigmoid(z)), 5) for z in np.arange(-7, 7.5, 0.5)]
HALF = THRESHOLDS.index(0.5)
WEIGHTS_KEPT = "vessels"  # the weights of the first start, for a picture of the predictions

TASKS: dict[str, Callable[[], Split]] = {
    **{f"disk {100 * size:g} %": lambda size=size: training.disks(size) for size in SIZES},
    **{name: lambda name=name: training.photograph_split(name) for name in training.PHOTOGRAPHS},
}


def run_once(
    split: Split, loss: str, seed: int, rate: float, steps: int = STEPS, share: float = 0.5
) -> Run:
    options = {"steps": steps, "every": EVERY * steps // STEPS, "batch": BATCH, "share": share}
    return training.train(split, loss, seed=seed, rate=rate, **options)


def by_threshold(split: Split, run: Run) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores on validation and test data, and the probabilities of the test data."""
    parts = split.validation, split.test
    probabilities = [sigmoid(training.forward(run.parameters, d.features)[0]) for d in parts]
    first, second = (
        training.scores_by_threshold(p, d.target, THRESHOLDS)
        for p, d in zip(probabilities, parts, strict=True)
    )
    return first, second, probabilities[1]


def study(split: Split, loss: str, keep: bool = False, share: float = 0.5) -> dict[str, Any]:
    """Choose the rate, train from every start, and judge."""

    def trained(rate: float, seeds: list[int]) -> list[Run]:
        return [run_once(split, loss, seed, rate, share=share) for seed in seeds]

    runs = {r: trained(r, SEEDS_FOR_RATE) for r in RATES}
    grid = {r: np.mean([by_threshold(split, run)[0].max() for run in runs[r]]) for r in RATES}
    rate = max(grid, key=grid.__getitem__)
    rest = trained(rate, SEEDS[len(SEEDS_FOR_RATE) :])
    return {
        "rate": rate,
        "validation_dice_by_rate": {str(r): rounded(score) for r, score in grid.items()},
        **judged(split, [*runs[rate], *rest], keep),
    }


def judged(split: Split, runs: list[Run], keep: bool = False) -> dict[str, Any]:
    """What the trained models of one loss are worth, one entry per start."""
    found = [by_threshold(split, run) for run in runs]
    best = [int(validation.argmax()) for validation, _, _ in found]
    probabilities = np.stack([p for *_, p in found])
    target = np.broadcast_to(split.test.target, probabilities.shape)
    record = {
        "curves": [rounded(run.scores) for run in runs],
        "dice_at_half": [rounded(test[HALF]) for _, test, _ in found],
        "dice_at_best": [rounded(test[k]) for (_, test, _), k in zip(found, best, strict=True)],
        "best_threshold": [THRESHOLDS[k] for k in best],
        "dice_by_threshold": [rounded(test) for _, test, _ in found],
        "volume_ratio": [rounded(p.sum() / split.test.target.sum()) for p in probabilities],
        "reliability": {
            name: rounded(values)
            for name, values in training.reliability(probabilities, target).items()
        },
    }
    if keep:
        weights = runs[0].parameters
        record["weights"] = {name: rounded(value, 5) for name, value in weights.items()}
    return record


def rounded(values: Any, digits: int = 4) -> Any:
    """Plain numbers; None for what is not a number."""
    if np.ndim(values):
        return [rounded(value, digits) for value in values]
    value = np.asarray(values).item()
    if isinstance(value, int):
        return value
    return None if np.isnan(value) else round(value, digits)


def longer(split: Split, record: dict[str, Any]) -> dict[str, Any]:
    """Train ten times as long: is a loss slow, or stuck?"""
    return {
        loss: judged(
            split, [run_once(split, loss, s, record[loss]["rate"], LONG) for s in SEEDS[:3]]
        )
        for loss in ("CE", "Dice")
    }


def from_share(split: Split) -> dict[str, Any]:
    """The same study, from a last bias that already says how rare the object is."""
    return {loss: study(split, loss, share=split.training.share) for loss in LOSSES}


def measure() -> dict[str, Any]:
    tasks: dict[str, Any] = {}
    for name, make in TASKS.items():
        split = make()
        shares = {part: rounded(getattr(split, part).share, 5) for part in ("training", "test")}
        losses = {loss: study(split, loss, name == WEIGHTS_KEPT) for loss in LOSSES}
        tasks[name] = {"foreground_share": shares, "losses": losses}
        print(name, {loss: np.median(losses[loss]["dice_at_half"]) for loss in LOSSES})
    small = [f"disk {100 * size:g} %" for size in SIZES[-2:]]
    return {
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "scipy", "scikit-image")},
        },
        "settings": {
            "optimizer": "Adam, betas 0.9 and 0.999",
            "steps": STEPS,
            "pictures_per_step": BATCH,
            "hidden_units": 16,
            "seeds": SEEDS,
            "rates": RATES,
            "seeds_for_rate": SEEDS_FOR_RATE,
            "thresholds": THRESHOLDS,
            "scored_after": [*range(0, STEPS, EVERY), STEPS],
            "steps_long": LONG,
        },
        "tasks": tasks,
        "longer": longer(TASKS[small[-1]](), tasks[small[-1]]["losses"]),
        "from_share": {name: from_share(TASKS[name]()) for name in small},
    }


if __name__ == "__main__":
    text = json.dumps(measure(), indent=1)
    lists = re.compile(r"\[[^\[\]{}]*\]")  # the innermost ones: a line each
    RECORD.write_text(lists.sub(lambda found: " ".join(found[0].split()), text) + "\n", "utf8")
