"""Scale: the volumes and the record of the chapter, its cluster, a lost worker."""

import json
import os
import re
import time
from importlib import util
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

import dice
from dice.course.volumes import peak_memory, slices

ROOT = Path(__file__).parents[2]
CHAPTER = ROOT / "notebooks" / "10_at_scale.ipynb"
RECORD = ROOT / "benchmarks" / "results" / "scale.json"
LOCAL = {"threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": 50}


def load_program():
    spec = util.spec_from_file_location("scale", ROOT / "tools" / "records" / "scale.py")
    program = util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program


def cells(kind: str) -> list[str]:
    notebook = json.loads(CHAPTER.read_text("utf8"))
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == kind]


def blocks(first: str) -> tuple[str, str]:
    """The code block of the chapter that begins so, and the output printed below it."""
    text = "\n\n".join(cells("markdown"))
    found = re.search(rf"```python\n({re.escape(first)}\b.*?)```.*?```text\n(.*?)```", text, re.S)
    return found[1], found[2]


# The volumes


def test_a_volume_is_the_same_however_it_is_cut():
    whole = slices(0, 40, (64, 48), num_classes=7)
    for step in (1, 7, 40):
        parts = [slices(k, min(k + step, 40), (64, 48), num_classes=7) for k in range(0, 40, step)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert set(np.unique(whole)) == set(range(7))


def test_a_shifted_volume_is_a_fair_prediction():
    target, prediction = (slices(0, 64, (64, 64), shift=s) for s in (0, 1))
    scores = dice.dice_score(prediction, target, num_classes=5, average=None)
    assert (scores > 0.5).all() and (scores < 1).all()


def test_peak_memory():
    result, peak = peak_memory(lambda: np.ones(2**22, np.uint8).sum())
    assert result == 2**22
    assert 4 <= peak < 5


# Workers


@pytest.mark.parametrize("options", [{"num_classes": 3}, {}, {"class_axis": 1}])
def test_only_sums_go_from_task_to_task(options, tmp_path):
    """A pair of chunks is read and counted in one task: nobody holds, or sends, more of them."""
    da, zarr = pytest.importorskip("dask.array"), pytest.importorskip("zarr")
    from dask.callbacks import Callback

    shape, chunks = (8, 4, 16), (2, 4, 16)
    stores = [
        zarr.create_array(tmp_path / name, shape=shape, chunks=chunks, dtype="uint8", fill_value=1)
        for name in ("prediction", "target")
    ]
    sizes = []
    with Callback(posttask=lambda key, result, *_: sizes.append(np.size(result))):
        sums = dice.overlap(*map(da.from_zarr, stores), **options)
        found = sums.intersection.compute(scheduler="synchronous")
    assert found.sum() == np.prod(shape)
    assert 0 < max(sizes) < np.prod(chunks)


@pytest.mark.beyond
@pytest.mark.filterwarnings("default")
def test_a_killed_worker_does_not_change_the_answer(tmp_path):
    """All workers wait in the middle; one that has done a part is killed; the rest goes on."""
    da, distributed = pytest.importorskip("dask.array"), pytest.importorskip("distributed")
    psutil = pytest.importorskip("psutil")
    arrays = [slices(0, 64, (64, 64), shift=shift) for shift in (1, 0)]
    gate, log = tmp_path / "gate", tmp_path / "log"
    log.mkdir()

    def gated(chunk):  # a function of a function: the workers get it, not its module
        (log / uuid4().hex).touch()
        while len(list(log.iterdir())) > 32 and not gate.exists():  # in whatever order they come
            time.sleep(0.02)
        return chunk

    def done(dask_worker):
        return len(dask_worker.data), os.getpid()

    lazy = [
        da.from_array(values, (2, 64, 64)).map_blocks(
            gated, dtype=values.dtype, meta=values[:0, :0, :0]
        )
        for values in arrays
    ]
    sums = dice.overlap(*lazy, num_classes=5)
    with (
        distributed.LocalCluster(n_workers=2, **LOCAL) as cluster,
        distributed.Client(cluster) as client,
    ):
        future = client.compute(da.stack([sums.intersection, sums.prediction, sums.target]))
        deadline = time.monotonic() + 120
        while len(list(log.iterdir())) <= 32 or (most := max(client.run(done).values()))[0] == 0:
            assert time.monotonic() < deadline, "no worker has done a part"
            time.sleep(0.05)
        assert future.status == "pending"
        psutil.Process(most[1]).kill()
        gate.touch()
        found = dice.Overlap(*future.result(timeout=300))
    expected = dice.overlap(*arrays, num_classes=5)
    for name in ("intersection", "prediction", "target"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert len(list(log.iterdir())) > 64, "32 chunks of both, and those that were lost once more"


@pytest.mark.beyond
@pytest.mark.filterwarnings("default")
def test_the_cluster_of_the_chapter_gives_what_it_says(capsys):
    pytest.importorskip("distributed")
    code, output = blocks("from distributed import Client, LocalCluster")
    names: dict[str, object] = {}
    for needed in ("import json", "folder = Temporary", "stores = {}", "p, g = (da.from_zarr"):
        source = next(cell for cell in cells("code") if cell.startswith(needed))
        exec(source, names)
    capsys.readouterr()
    exec(code, names)
    names["folder"].cleanup()
    assert capsys.readouterr().out == output


# The program and its record


def test_the_program_counts_what_it_wrote(tmp_path, monkeypatch):
    program = load_program()
    monkeypatch.setattr(program, "SHAPE", (64, 64))
    monkeypatch.setattr(program, "DEPTH", 4)
    expected = program.write(str(tmp_path), 4 * 2 * 4 * 64 * 64 / 2**30)
    size = 2 * 16 * 64 * 64
    found = program.on_threads(str(tmp_path), 2, size, expected)
    assert set(found) == {"seconds", "gib_per_s", "processes", "peak_mib"}
    assert expected.target.sum() == size // 2
    wrong = dice.Overlap(expected.intersection + 1, expected.prediction, expected.target)
    with pytest.raises(AssertionError):
        program.on_threads(str(tmp_path), 2, size, wrong)


def test_the_record_is_whole():
    record, program = json.loads(RECORD.read_text("utf8")), load_program()
    assert record["classes"] == program.CLASSES
    assert record["chunk_mib"] == program.DEPTH * program.SHAPE[0] * program.SHAPE[1] / 2**20
    assert record["gib_on_disk"] >= 2 * record["voxels"] / 2**30 - 0.001
    assert record["gib_on_disk"] >= 8, "the record is of the large run: make scale"
    assert record["threads"]["processes"] == 1 < record["cluster"]["processes"]
    for run in (record["threads"], record["cluster"]):
        assert run["peak_mib"] <= record["budget_mib"]
        expected = 2 * record["voxels"] / 2**30 / run["seconds"]
        assert run["gib_per_s"] == pytest.approx(expected, abs=0.006 + expected / 50)
