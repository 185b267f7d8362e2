"""Score volumes larger than memory, and record speed and memory: python tools/records/scale.py.

Writes two labelled volumes to disk, a chunk at a time, as uncompressed zarr arrays in a temporary
folder, scores one against the other on threads and on a cluster of worker processes, and compares
with what each chunk gave when it was made. Either run must stay within the budget of memory, all
its processes together. The record goes to benchmarks/results/scale.json.
"""

import argparse
import contextlib
import json
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dask
import dask.array as da
import numpy as np
import psutil
import zarr
from dask.diagnostics import ProgressBar
from distributed import Client, LocalCluster, progress

from dice import Overlap, overlap
from dice.course.volumes import slices

RECORD = Path(__file__).parents[2] / "benchmarks" / "results" / "scale.json"
SHAPE = 1024, 1024
DEPTH = 8  # slices in a chunk: 8 MiB
CLASSES = 14
GIB = 2**30


def write(folder: str, gib: float) -> Overlap:
    """Make the volumes, both together of the size asked for; return the sums, added on the way."""
    chunks = max(1, round(gib * GIB / (2 * DEPTH * SHAPE[0] * SHAPE[1])))
    arrays = [
        zarr.create_array(
            f"{folder}/{name}.zarr",
            shape=(chunks * DEPTH, *SHAPE),
            chunks=(DEPTH, *SHAPE),
            dtype="uint8",
            compressors=None,  # labels would shrink to a few per cent: here the disk is to work
        )
        for name in ("prediction", "target")
    ]
    sums = []
    for k in range(chunks):
        first, last = k * DEPTH, (k + 1) * DEPTH
        pair = [slices(first, last, SHAPE, num_classes=CLASSES, shift=s) for s in (3, 0)]
        for array, labels in zip(arrays, pair, strict=True):
            array[first:last] = labels
        sums.append(overlap(*pair, num_classes=CLASSES))
        print(f"\rwriting {(k + 1) / chunks:4.0%}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return sum(sums)


def forget(folder: str) -> None:
    """Ask the system to drop its copies of the files in memory, so that they are read from disk."""
    if not hasattr(os, "posix_fadvise"):
        return  # macOS and Windows have no such call
    for path in Path(folder).rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file)
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def lazy(folder: str, depth: int | None = None) -> da.Array:
    """The three sums, as one Dask array that nothing has computed yet."""
    prediction, target = (da.from_zarr(f"{folder}/{n}.zarr") for n in ("prediction", "target"))
    sums = overlap(prediction[:depth], target[:depth], num_classes=CLASSES)
    return da.stack([sums.intersection, sums.prediction, sums.target])


@contextlib.contextmanager
def watch() -> Iterator[dict[str, int]]:
    """Highest resident memory of this process and its children together, in MiB.

    What processes share, such as the code of a library, counts once for each: an upper bound.
    """
    me, found, done = psutil.Process(), {"processes": 0, "peak_mib": 0}, threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            sizes = []
            for process in (me, *me.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    sizes.append(process.memory_info().rss)
            found["processes"] = max(found["processes"], len(sizes))
            found["peak_mib"] = max(found["peak_mib"], round(sum(sizes) / 2**20))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def timed(compute: Callable[[], Any], size: int, expected: Overlap) -> dict[str, float]:
    """Run once, check the answer, and say how fast it was."""
    with watch() as found:
        start = time.perf_counter()
        sums = Overlap(*compute())
        seconds = time.perf_counter() - start
    for name in ("intersection", "prediction", "target"):
        np.testing.assert_array_equal(getattr(sums, name), getattr(expected, name))
    return {"seconds": round(seconds, 2), "gib_per_s": round(size / GIB / seconds, 2), **found}


def on_threads(folder: str, workers: int, size: int, expected: Overlap) -> dict[str, float]:
    with dask.config.set(scheduler="threads", num_workers=workers), ProgressBar(out=sys.stderr):
        return timed(lazy(folder).compute, size, expected)


def on_cluster(folder: str, workers: int, size: int, expected: Overlap) -> dict[str, float]:
    options = {"dashboard_address": ":0", "local_directory": folder}
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, **options) as cluster,
        Client(cluster) as client,
    ):
        # Each process imports what it needs, before the clock starts.
        client.run(lambda: lazy(folder, 1).compute(scheduler="synchronous"))

        def compute() -> Any:
            future = client.compute(lazy(folder))
            if sys.stderr.isatty():
                progress(future, notebook=False)
            return future.result()

        return timed(compute, size, expected)


def measure(gib: float, workers: int, folder: str | None, budget: int) -> dict[str, Any]:
    with TemporaryDirectory(dir=folder) as place:
        expected = write(place, gib)
        size = 2 * int(expected.target.sum())  # uint8: a byte a voxel
        on_disk = sum(file.stat().st_size for file in Path(place).rglob("*") if file.is_file())
        with watch() as idle:
            time.sleep(0.1)
        runs = {}
        for name, run in (("threads", on_threads), ("cluster", on_cluster)):
            forget(place)
            runs[name] = run(place, workers, size, expected)
            if runs[name]["peak_mib"] > budget:
                raise SystemExit(f"{name}: {runs[name]['peak_mib']} MiB, more than {budget}")
    packages = ("numpy", "dask", "distributed", "zarr")
    return {
        "versions": {"python": platform.python_version(), **{n: version(n) for n in packages}},
        "cores": os.cpu_count(),
        "gib_on_disk": round(on_disk / GIB, 3),
        "voxels": size // 2,
        "classes": CLASSES,
        "chunk_mib": DEPTH * SHAPE[0] * SHAPE[1] / 2**20,
        "workers": workers,
        "budget_mib": budget,
        "before_mib": idle["peak_mib"],
        **runs,
        "macro_dice": round(expected.dice(average="macro"), 4),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gib", type=float, default=8, help="size of both volumes (8)")
    parser.add_argument("--workers", type=int, default=2, help="threads, then processes (2)")
    parser.add_argument("--budget", type=int, default=512, help="MiB of memory allowed (512)")
    parser.add_argument("--folder", help="where to write: needs the size free (system's choice)")
    a = parser.parse_args()
    record = measure(a.gib, a.workers, a.folder, a.budget)
    RECORD.write_text(json.dumps(record, indent=1) + "\n", "utf8")
    print(json.dumps(record, indent=1))
