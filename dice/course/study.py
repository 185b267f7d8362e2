"""The record of the study on scenes, which `make train` writes and the chapter reads."""

import json
from pathlib import Path

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
        self._draws: dict[str, list[dict[str, object]]] = {line["setting"]: [] for line in lines}
        for line in sorted(lines, key=lambda line: line["draw"]):
            self._draws[line["setting"]].append(line["losses"])

    def all_rates(self, setting: str, measure: str) -> dict[str, Floats]:
        """A measure of each loss, as an array of draws by rates."""
        k, draws = self.about["measures"].index(measure), self._draws[setting]
        return {name: np.array([d[name] for d in draws], float)[..., k] for name in draws[0]}

    def rate(self, setting: str) -> dict[str, int]:
        """The place of the rate of each loss whose mean Dice in validation is the best."""
        validated = self.all_rates(setting, "validation").items()
        return {loss: int(dice.mean(axis=0).argmax()) for loss, dice in validated}

    def at_best_rate(self, setting: str, measure: str) -> dict[str, Floats]:
        """A measure of each loss at its rate, an array with one entry per draw."""
        rate = self.rate(setting)
        return {k: v[:, rate[k]] for k, v in self.all_rates(setting, measure).items()}
