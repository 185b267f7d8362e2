"""Train on other draws what a few draws can not tell: python tools/records/again.py.

Differences of the record (tools/records/train.py) are tried on fresh pictures, some of them with
more steps. The record, benchmarks/results/training_again.jsonl, has the form of the study's.
"""

import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import train

from dice.course import training
from dice.course.training import LOSSES

RECORD = train.RECORD.with_name("training_again.jsonl")
RATES = [0.003, 0.01, 0.03, 0.1]
FIRST = 100  # no draw of the study
SETTINGS: dict[str, dict[str, Any]] = {
    "empty, batch 1": {"draws": 40, "data": {"empty": True}, "train": {"batch": 1}},
    "relu": {"draws": 20, "train": {"activation": "relu"}},
    "relu, 1000 steps": {"draws": 20, "train": {"activation": "relu", "steps": 1000}},
    "leaky_relu": {"draws": 40, "train": {"activation": "leaky_relu"}},
    "tanh from share": {"draws": 40, "train": {}, "share": {}},
    "radius 2, 1000 steps": {"draws": 20, "data": {"radius": 2}, "train": {"steps": 1000}},
}


def task(setting: str, draw: int) -> dict[str, Any]:
    """CE and Dice at all rates, for one draw of pictures."""
    what = SETTINGS[setting]
    split = training.disks(draw, **what.get("data", {}))
    options = what["train"] | ({"share": split.training.share} if "share" in what else {})
    found = {
        name: [train.trained(split, LOSSES[name], draw, rate, options) for rate in RATES]
        for name in ("CE", "Dice")
    }
    return {"setting": setting, "draw": draw, "losses": found}


def main() -> None:
    about = {"program": train.program(), "rates": RATES, "measures": train.MEASURES}
    lines = [about | {"settings": SETTINGS}]
    with ProcessPoolExecutor() as pool:
        for setting, what in SETTINGS.items():
            draws = range(FIRST, FIRST + what["draws"])
            lines += pool.map(partial(task, setting), draws)
            print(setting, flush=True)
    RECORD.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")


if __name__ == "__main__":
    main()
