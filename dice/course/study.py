"""The record of the study on scenes, which `make train` writes and the chapter reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from dice.course.training import Floats


class Study:
    """What `make train` recorded: for each setting and draw of pictures, losses by rates.

    Parameters
    ----------
    path : str or Path
        benchmarks/results/training.jsonl. The first line describes the study, each other one
        holds a setting and a draw.
    """

    def __init__(self, path: str | Path) -> None:
        self.about, *lines = map(json.loads, Path(path).read_text("utf8").splitlines())
        self.rates: list[float] = self.about["rates"]
        self._found: dict[str, list[Any]] = {}
        self._losses: dict[str, list[str]] = {}
        for line in sorted(lines, key=lambda line: line["draw"]):
            self._found.setdefault(line["setting"], []).append([*line["losses"].values()])
            self._losses[line["setting"]] = [*line["losses"]]

    def all_rates(self, setting: str, measure: str) -> dict[str, Floats]:
        """A measure of each loss, as an array of draws by rates."""
        k = self.about["measures"].index(measure)
        values = np.array(self._found[setting], float)[..., k]
        return dict(zip(self._losses[setting], values.swapaxes(0, 1), strict=True))

    def rate(self, setting: str) -> dict[str, int]:
        """The place of the rate of each loss whose mean Dice in validation is the best."""
        found = self.all_rates(setting, "validation")
        return {loss: int(values.mean(axis=0).argmax()) for loss, values in found.items()}

    def at_best_rate(self, setting: str, measure: str) -> dict[str, Floats]:
        """A measure of each loss at its rate, an array with one entry per draw."""
        rate = self.rate(setting)
        found = self.all_rates(setting, measure)
        return {loss: values[:, rate[loss]] for loss, values in found.items()}
