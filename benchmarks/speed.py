"""Measure speed and memory beside other libraries: python benchmarks/speed.py [--quick].

All contenders of a row run in one process, in turn, several times; a ratio is the median over
the rounds of the contender's time by ours in the same round. Ours are the public functions,
checks included. The record goes to results/speed.json, the tables to results/speed.md, and the
figure to book/_static/speed.svg; with --quick, on small arrays, nothing is written.
"""

import argparse
import os
import platform
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np
from peers import contenders, limits
from report import write_report
from timing import Function, extra_memory, measure, ratio, seconds
from training import training_rows

from dice import dice_loss, dice_score, soft_dice
from dice.engine import counts, pieces

PACKAGES = (
    *("numpy", "numba", "torch", "MedPy", "SimpleITK", "scikit-learn", "torchmetrics", "monai"),
    *("segmentation-models-pytorch", "keras", "surface-distance"),
)
OURS = "dice"
MINUTES = 7
"""No row is begun later than this; the record says how many are missing."""
SLOWEST = 1.5
"""Seconds above which a contender is not run: it is named in the record instead."""
FAR = 25.0
"""A contender so many times slower with one content of the maps is left out with the others."""
RNG = np.random.default_rng(20)


class Case(NamedTuple):
    """One row: what is measured, on which arrays, and for how many seconds."""

    task: str
    name: str
    arrays: tuple[Any, ...]
    classes: int
    first: bool = True


def smooth_map(shape: tuple[int, ...], classes: int, shift: int = 0) -> Any:
    """A map of blocks with wavy borders, as objects in an image."""
    grid = np.indices(shape, np.float32)
    waves = [np.sin(grid[(axis + 1) % len(shape)] / 17) * 6 for axis in range(len(shape))]
    cells = sum(
        ((grid[axis] + waves[axis] + shift) // 40).astype(np.int64) * (7, 13, 29)[axis]
        for axis in range(len(shape))
    )
    return (cells * 2654435761 % 4093 % classes).astype(np.uint8)


def class_maps(shape: tuple[int, ...], classes: int, content: str) -> tuple[Any, Any]:
    """Prediction and target: smooth, smooth with 2 % salt noise each, or noise."""
    if content == "noise":
        p, g = (RNG.integers(0, classes, shape, np.uint8) for _ in range(2))
        return p, g
    maps = [smooth_map(shape, classes, shift) for shift in (2, 0)]
    if content == "salt":
        for values in maps:
            at = RNG.random(shape, np.float32) < 0.02
            values[at] = RNG.integers(0, classes, np.count_nonzero(at), np.uint8)
    return maps[0], maps[1]


def cases(quick: bool) -> Iterator[Case]:
    """All rows, each made when it is measured."""
    volume = (96,) * 3 if quick else (256,) * 3
    image = (512, 512) if quick else (1024, 2048)
    for shape in ((512, 512), volume):
        p, g = (smooth_map(shape, 2, shift) for shift in (2, 0))
        for dtype in (np.bool_, np.uint8):
            yield Case("masks", _name(shape, dtype), (p.astype(dtype), g.astype(dtype)), 2)
    yield from soft_cases(image)
    for content in ("salt",) if quick else ("salt", "smooth", "noise"):
        for shape, numbers in ((image, (3, 20, 150)), (volume, (4, 14, 104))):
            for classes in numbers:
                p, g = class_maps(shape, classes, content)
                for dtype in (np.uint8, np.int64):
                    maps = p.astype(dtype), g.astype(dtype)
                    name = f"{_name(shape, dtype)}, {classes} classes, {content}"
                    yield Case("class maps", name, maps, classes, content == "salt")


def soft_cases(image: tuple[int, ...]) -> Iterator[Case]:
    """Rows of probabilities."""
    for batch, shape, classes in (
        *((0, (512, 512), 3), (0, image, 3), (0, image, 20), (0, (512, 512), 20)),
        (8, (512, 512), 3),
    ):
        probabilities = RNG.random((batch or 1, classes, *shape), np.float32)
        probabilities /= probabilities.sum(1, keepdims=True)
        target = np.stack([class_maps(shape, classes, "salt")[0] for _ in range(batch or 1)])
        name = f"{_name(shape, np.float32)}, {classes} classes" + f", batch {batch}" * bool(batch)
        yield Case("probabilities", name, (probabilities, target), classes)


def _name(shape: tuple[int, ...], dtype: Any) -> str:
    return f"{'×'.join(map(str, shape))} {np.dtype(dtype).name}"


def ours(case: Case) -> Callable[[], Any]:
    """The public function on the arrays of a case."""
    p, g = case.arrays
    if case.task == "masks":
        return lambda: dice_score(p, g)
    if case.task == "class maps":
        return lambda: dice_score(p, g, num_classes=case.classes, average=None)
    return lambda: soft_dice(p, g, class_axis=1, batch_axis=0)


def row(case: Case, budget: float, far: set[tuple[str, str]]) -> dict[str, Any]:
    """Measure one case; `far` collects who is too slow to be run with other contents."""
    functions = {OURS: ours(case)}
    left_out = {}
    kind = case.task + case.name.split(", ")[0].split()[0] + str(case.classes)
    for name, function in contenders(case.task, case.arrays, case.classes).items():
        if isinstance(function, str):
            left_out[name] = function
        elif (kind, name) in far and not case.first:
            left_out[name] = f"over {FAR:.0f} times slower on the same size"
        else:
            functions[name] = function
    expected = np.asarray(functions[OURS]())
    memory, difference = {}, {}
    for name, function in list(functions.items()):
        start = perf_counter()
        try:
            found = np.asarray(function(), float)
        except Exception as error:
            left_out[name] = f"fails: {type(error).__name__}"
            del functions[name]
            continue
        took = perf_counter() - start
        if took > SLOWEST:
            left_out[name] = f"takes {took:.0f} s"
            far.add((kind, name))
            del functions[name]
            continue
        shown = expected if found.shape == expected.shape else np.nanmean(expected)
        difference[name] = float(np.nanmax(np.abs(found - shown)))
        plain = name == OURS or name.startswith(("naive", "one-liner", "MedPy", "scikit"))
        if case.first:
            memory[name] = round(extra_memory(function, plain), 2)
    functions |= limits(case.task, case.arrays, case.classes)
    times = measure(functions, budget)
    ratios = {name: ratio(times[name], times[OURS]) for name in functions}
    far |= {(kind, name) for name in functions if case.first and ratios[name] > FAR}
    return {
        "task": case.task,
        "case": case.name,
        "milliseconds": round(1000 * median(t for t in times[OURS] if t == t), 4),
        "ratios": {name: float(f"{ratio:.3g}") for name, ratio in ratios.items() if name != OURS},
        "extra_mib": memory,
        "largest_difference": {n: float(f"{d:.1e}") for n, d in difference.items() if n != OURS},
        "left_out": left_out,
    }


def overhead() -> dict[str, dict[str, float]]:
    """Microseconds of one public call, and what of it is not reading the values.

    One function cuts the arrays into pieces and reads them: it is timed within the call.
    """
    reading = 0.0

    def read(*arguments: Any) -> Any:
        nonlocal reading
        start = perf_counter()
        found = add_pieces(*arguments)
        reading += perf_counter() - start
        return found

    def once(call: Function) -> tuple[float, float]:
        nonlocal reading
        reading = 0.0
        whole = seconds(call)
        return whole, whole - reading

    add_pieces, found = pieces.add_pieces, {}
    with patch.object(pieces, "add_pieces", read), patch.object(counts, "add_pieces", read):
        for size in (4, 64, 512):
            mask = np.zeros((size, size), bool)
            labels = smooth_map((size, size), 4)
            p = np.full((4, size, size), 1 / 4, np.float32)
            calls: dict[str, Function] = {
                "dice_score, masks": partial(dice_score, mask, mask),
                "dice_score, 4 classes": partial(dice_score, labels, labels, num_classes=4),
                "soft_dice, 4 classes": partial(soft_dice, p, labels, class_axis=0),
                "dice_loss, 4 classes": partial(dice_loss, p, labels, class_axis=0),
            }
            for name, call in calls.items():
                times = zip(*(once(call) for _ in range(300)), strict=True)
                whole, beside = (round(1e6 * median(taken), 1) for taken in times)
                found[f"{name}, {size}×{size}"] = {"whole": whole, "beside": beside}
    return found


def import_ratio(rounds: int = 15) -> float:
    """Processor time of a Python that imports the package, by that of one that imports NumPy."""
    from resource import RUSAGE_CHILDREN, getrusage  # not on Windows

    def taken(module: str) -> float:
        before = getrusage(RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
        after = getrusage(RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    return round(median(taken("dice") / taken("numpy") for _ in range(rounds)), 3)


def versions() -> dict[str, str]:
    """Of all packages that are there."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def record(quick: bool) -> dict[str, Any]:
    """Measure everything."""
    far: set[tuple[str, str]] = set()
    rows = []
    training = training_rows(quick)
    missing, start = 0, perf_counter()
    for case in cases(quick):
        if perf_counter() - start > 60 * MINUTES:
            missing += 1
            continue
        rows.append(row(case, 0.3 if quick else 2.0, far))
        print(_line(rows[-1]), flush=True)
    return {
        "date": date.today().isoformat(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "quick": quick,
        "versions": versions(),
        "rows": rows,
        "rows_missing": missing,
        "training": training,
        "microseconds_per_call": overhead(),
        "import": import_ratio(),
    }


def _line(row: dict[str, Any]) -> str:
    ratios = ", ".join(f"{name} {ratio:.3g}" for name, ratio in row["ratios"].items())
    memory = row["extra_mib"].get(OURS, "")
    return f"{row['case']}: {row['milliseconds']:.3f} ms, {memory} MiB; {ratios}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small arrays, nothing written")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # of the peers
    os.environ["OMP_WAIT_POLICY"] = "passive"  # else idle threads of one slow down the next
    found = record(arguments.quick)
    if not arguments.quick:
        write_report(found)
