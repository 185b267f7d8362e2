"""The programs of the chapter on clusters and cards, run as they are printed."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from shutil import which

import pytest

from dice import dice_score
from dice.course.volumes import slices

ROOT = Path(__file__).parents[2]
CHAPTER = json.loads((ROOT / "notebooks" / "11_cluster_and_cards.ipynb").read_text("utf8"))
TEXT = "\n\n".join(
    "".join(cell["source"]) for cell in CHAPTER["cells"] if cell["cell_type"] == "markdown"
)
CODE = {
    cell["metadata"].get("name", cell["id"]): "".join(cell["source"])
    for cell in CHAPTER["cells"]
    if cell["cell_type"] == "code"
}


def block(*words):
    """The printed block of code that has these words."""
    found = [
        b for b in re.findall(r"```python\n(.*?)```", TEXT, re.S) if all(w in b for w in words)
    ]
    assert len(found) == 1, words
    return found[0]


def printed(after):
    return re.search(rf"{re.escape(after)}.*?```text\n(.*?)```", TEXT, re.S)[1]


def program(end):
    parts = [CODE[f"cell-{name}"] for name in ("score-case", "row", "answer", "fill")]
    return "\n\n\n".join([block("import csv"), *parts, end])


@pytest.fixture
def patients(tmp_path):
    """The folder that the chapter makes, with 24 patients."""
    names = {"Path": lambda *parts: Path(tmp_path, *map(str, parts[1:]))}
    exec("import nibabel as nib\nimport numpy as np\nfrom dice.course.volumes import slices", names)
    exec("class TemporaryDirectory: name = ''", names)
    exec(CODE["folder"].replace("range(8)", "range(24)"), names)
    return tmp_path


def run(folder, end, table, **options):
    script = folder / "patients.py"
    script.write_text(program(end), "utf8")
    command = [sys.executable, script.name, str(folder), str(table)]
    return subprocess.Popen(command, cwd=folder, start_new_session=True, **options)


def rows(table):
    return {case: rest for case, *rest in csv.reader(table.read_text("utf8").splitlines())}


def test_a_killed_script_goes_on(patients, tmp_path):
    end = block("with Client() as client:", "fill(").replace(
        "Client()", "Client(dashboard_address=None)"
    )
    slow = end.replace(
        "if __name__",
        "from time import sleep\n\n_score = score\n\n\n"
        "def score(*of):\n    sleep(0.3)\n    return _score(*of)\n\n\nif __name__",
    )
    table = tmp_path / "table.csv"
    first = run(patients, slow, table)
    deadline = time.monotonic() + 120
    while not (table.exists() and len(rows(table)) >= 3):
        assert time.monotonic() < deadline and first.poll() is None
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    half = rows(table)
    assert 3 <= len(half) < 24
    assert run(patients, end, table).wait(120) == 0
    whole = rows(table)
    assert len(whole) == 24 == len(table.read_text("utf8").splitlines()), "no case is there twice"
    assert half.items() <= whole.items()
    assert whole["5.nii.gz"][3] == "ValueError: prediction and target differ in geometry"
    assert whole["6.nii.gz"][3].startswith("FileNotFoundError: ")
    p, g = (slices(0, 16, (64, 64), shift=shift, seed=7) == 1 for shift in (2, 0))
    counts = [int(n) for n in whole["7.nii.gz"][:3]]
    assert counts == [(p & g).sum(), p.sum(), g.sum()]


def test_a_case_that_takes_workers_down_is_a_row(patients, tmp_path):
    end = block("with Client() as client:", "fill(").replace(
        "Client()", "Client(dashboard_address=None, n_workers=2, threads_per_worker=1)"
    )
    deadly = "import os\n\n_score = score\n\n\ndef score(folder, case):\n    "
    deadly += 'return os._exit(1) if case == "2.nii.gz" else _score(folder, case)\n\n\n'
    table = tmp_path / "table.csv"
    assert run(patients, deadly + end, table).wait(200) == 0
    assert rows(table)["2.nii.gz"][3] == "KilledWorker" and len(rows(table)) == 24


@pytest.mark.skipif(not which("sbatch"), reason="SLURM is not installed")
def test_the_script_runs_under_slurm(patients, tmp_path):
    if subprocess.run(["sinfo"], capture_output=True).returncode:
        pytest.skip("SLURM does not run")
    end = block("SLURMCluster", "fill(")
    assert run(patients, end, tmp_path / "table.csv").wait(300) == 0
    assert len(rows(tmp_path / "table.csv")) == 24


def test_a_volume_is_read_from_an_object_store(capsys, monkeypatch):
    moto, zarr = pytest.importorskip("moto.server"), pytest.importorskip("zarr")
    s3fs = pytest.importorskip("s3fs")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    store = moto.ThreadedMotoServer(port=0, verbose=False)
    store.start()
    try:
        server = "http://{}:{}".format(*store.get_host_and_port())
        s3fs.S3FileSystem(endpoint_url=server).mkdir("scans")
        volumes = [slices(0, 64, (128, 128), shift=shift) for shift in (2, 0)]
        for name, chunks, values in zip(
            ("prediction", "target"), ((16, 64, 64), (8, 128, 128)), volumes, strict=True
        ):
            address = f"s3://scans/{name}.ome.zarr"
            group = zarr.open_group(address, mode="w", storage_options={"endpoint_url": server})
            group.create_array("0", shape=values.shape, dtype="uint8", chunks=chunks)[:] = values
        code = block("component", "s3://")
        exec(code, {"server": server})
        found = capsys.readouterr().out
        assert found == printed('print(f"{dice_score(p, g, num_classes=5)')
        assert found == f"{dice_score(*volumes, num_classes=5):.4f}\n"
        with pytest.raises(zarr.errors.NodeTypeValidationError):
            exec(code.replace('"component": "0", ', ""), {"server": server})
    finally:
        store.stop()


def on_two(folder, code):
    script = folder / "cards.py"
    # gloo's threads sometimes abort a process that is done: it leaves without the interpreter's end
    at_once = "import os, sys\n\nsys.stdout.flush()\nos._exit(0)\n"
    script.write_text(code + at_once, "utf8")
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        "2",
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, script.name], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_joined_sums_have_the_gradient_of_one_card(tmp_path):
    pytest.importorskip("torch")
    code = block("class Joined") + block("DistributedDataParallel")
    found, _ = on_two(tmp_path, code)
    assert found == printed("started by `torchrun")
    assert "joined_dice_loss 1.00 1.00 1.00" in found
    lines = "joined = torch.stack(parts)", "dist.all_reduce(joined)", "return 1 - Overlap(*joined)"
    in_place = "\n".join(f"    {line}" for line in lines)
    wrong = re.sub(r"    return 1 - Overlap\(\*Joined.*?\)\)\)", in_place, code)
    assert wrong != code
    found, warned = on_two(tmp_path, wrong)
    assert "joined_dice_loss 0.50 0.50 0.50" in found and "Warning" in warned


def test_in_jax_the_sums_of_an_array_that_is_cut_are_those_of_the_whole():
    pytest.importorskip("jax")
    code = """
import jax, numpy as np
from functools import partial
from jax.sharding import NamedSharding, PartitionSpec as Cut
from dice import Overlap, dice_loss, overlap
random = np.random.default_rng(0)
p, g = jax.numpy.array(random.random((4, 50))), jax.numpy.array(random.random((4, 50)) < 0.3)
mesh = jax.make_mesh((2,), ("cards",))
right = jax.grad(dice_loss)(p, g)
cut = [jax.device_put(v, NamedSharding(mesh, Cut("cards"))) for v in (p, g)]
assert len(cut[0].sharding.device_set) == 2
by_jit = jax.jit(jax.grad(partial(dice_loss, check_values=False)))(*cut)
assert np.allclose(by_jit, right, atol=1e-7)
def joined(p, g):
    sums = overlap(p, g, check_values=False)
    parts = sums.intersection, sums.prediction, sums.target
    return 1 - Overlap(*(jax.lax.psum(part, "cards") for part in parts)).dice()
options = {"mesh": mesh, "in_specs": Cut("cards"), "out_specs": Cut()}
with jax.set_mesh(mesh):
    by_hand = jax.jit(jax.grad(jax.shard_map(joined, **options)))(*cut)
assert np.allclose(by_hand, right, atol=1e-7)
"""
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
