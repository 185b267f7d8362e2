"""Time and memory of functions, measured in turn."""

import ctypes
import gc
import tracemalloc
from collections.abc import Callable
from math import isnan, nan
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

Function = Callable[[], Any]
ROUNDS = 15


def seconds(function: Function, repeats: int = 1) -> float:
    """Wall time of one call, the least of several."""

    def once() -> float:
        start = perf_counter()
        function()
        return perf_counter() - start

    return min(once() for _ in range(repeats))


def measure(functions: dict[str, Function], budget: float) -> dict[str, list[float]]:
    """Times of each function, round by round; the slow ones sit out most rounds."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    first = {name: seconds(function) for name, function in functions.items()}  # warm up
    start = perf_counter()
    for turn in range(ROUNDS):
        for name, function in functions.items():
            if first[name] < budget / ROUNDS / 4 or turn in (1, 4):
                times[name].append(seconds(function, repeats=3 if first[name] < 0.02 else 1))
            else:
                times[name].append(nan)
        if turn >= 4 and perf_counter() - start > budget:
            break
    return times


def ratio(times: list[float], ours: list[float]) -> float:
    """Median over the rounds of their time by ours."""
    return median(
        theirs / own for theirs, own in zip(times, ours, strict=True) if not isnan(theirs + own)
    )


def extra_memory(function: Function, numpy_alone: bool = False) -> float:
    """Peak memory beside the inputs, in MiB: what NumPy asks for, else what the process gets."""
    gc.collect()
    if numpy_alone:
        tracemalloc.start()
        function()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak / 2**20
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak starts anew
    except OSError:
        return nan
    before = _status("VmRSS")
    function()
    return (_status("VmHWM") - before) / 1024


def _status(entry: str) -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(entry))
