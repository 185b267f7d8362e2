"""Other libraries give the same numbers, and where one is wrong we would notice a fix."""

import importlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib import NumpyVersion

from .compare import (
    NUMPYS,
    ORDINARY,
    RANDOM,
    arrays,
    difference,
    edge_scenes,
    given,
    gradients,
    oldest_numpy,
    run,
    scenes,
    text,
    without_init,
)
from .table import LIBRARIES, Edge, Fault, Library, Row

ROOT = Path(__file__).parents[2]
OURS = "2.0.0"  # the oldest NumPy of this package
Results = dict[Row, dict[str, Any]]

pytestmark = pytest.mark.filterwarnings("ignore")  # what peers warn of is theirs


def entries(kind: str) -> list[Any]:
    """All rows, edges or faults, each with its library."""
    return [
        pytest.param(library, entry, id=f"{library.name} {number}")
        for library in LIBRARIES
        for number, entry in enumerate(getattr(library, kind))
    ]


@pytest.mark.parametrize(("library", "row"), entries("rows"))
def test_same_numbers(library: Library, row: Row, results: Results) -> None:
    """At random and in the edge cases; the gradients too, where PyTorch has them."""
    largest, slope, apart, answer = 0.0, None, [], None
    for case, scene in scenes(row.layout):
        names = arrays(library, scene)
        there, here = run(row.there, names), run(row.here, names)
        found = difference(there, here)
        if case in row.apart:
            assert found > row.tolerance, f"{case}: no longer apart, {text(there)}"
            apart.append(
                {"case": case, "why": row.apart[case], "there": text(there), "here": text(here)}
            )
            continue
        assert found <= row.tolerance, f"{case}: {text(there)} there, {text(here)} here"
        largest = max(largest, found)
        answer = text(there) if case == ORDINARY else answer
        if case == RANDOM:
            ours = gradients(here, names)
            for pair in zip(gradients(there, names), ours, strict=True):
                slope = max(slope or 0.0, difference(*pair))
    assert slope is None or slope <= max(row.tolerance, 1e-13)
    assert len(apart) == len(row.apart)
    results[row] = {"difference": largest, "gradient": slope, "apart": apart, "answer": answer}


@pytest.mark.parametrize(("library", "edge"), entries("edges"))
def test_edge(library: Library, edge: Edge) -> None:
    """What the table says of empty sets is what the library answers, and our line, too."""
    numpy = NumpyVersion(np.__version__)
    older = edge.until and numpy <= edge.until
    told = [edge.older if older else edge.empty, edge.false_positives, edge.missed]
    names = [arrays(library, scene) for scene in edge_scenes()]
    found = [text(run(edge.line, scene)) for scene in names]
    assert ["error" if "Error: " in answer else answer for answer in found] == told
    if edge.here and numpy >= OURS and "error" not in told and not older:
        assert [text(run(edge.here, scene)) for scene in names] == told


@pytest.mark.parametrize("numpy", NUMPYS)
def test_edges_on_an_older_numpy(numpy: str, tmp_path: Path) -> None:
    """On the oldest NumPy that a library allows, and on the last with another answer."""
    tests = [
        f"{Path(__file__)}::test_edge[{library.name} {number}]"
        for library in LIBRARIES
        for number, edge in enumerate(library.edges)
        if numpy in (oldest_numpy(library.package), edge.until)
    ]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", tmp_path]
    subprocess.run([*pip, f"numpy=={numpy}"], check=True)
    report = subprocess.run(
        [sys.executable, "-m", "pytest", *tests],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
    )
    assert report.returncode == 0, report.stdout
    assert f"NumPy {numpy}" in report.stdout


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    """PyTorch's threads as they were, after a test that asks for another number."""
    import torch

    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_losses_that_chapter_10_names_are_there() -> None:
    """In the last column of its first table, a name without a library is of this package."""
    without_init("segmentation_models_pytorch")
    modules = {
        "MONAI": "monai.losses",
        "kornia": "kornia.losses",
        "nnU-Net": "nnunetv2.training.loss.compound_losses",
        "smp": "segmentation_models_pytorch.losses",
    }
    chapter = json.loads((ROOT / "notebooks" / "10_family.ipynb").read_text("utf8"))
    table = next(
        text for cell in chapter["cells"] if "| Where |" in (text := "".join(cell["source"]))
    )
    named: Counter[str] = Counter()
    for row in re.findall(r"^\|.*\|$", table, re.M)[2:]:
        for part in re.sub(" with `[^`]*`", "", row.split("|")[-2]).split(";"):
            for library in [name for name in modules if name in part] or ["this package"]:
                module = importlib.import_module(modules.get(library, "dice"))
                for name in re.findall("`([^`]+)`", part):
                    assert attrgetter(name)(module), f"{library}: {name}"
                    named[library] += 1
    assert min(named[library] for library in [*modules, "this package"]) >= 2, named


@pytest.mark.parametrize(("library", "fault"), entries("faults"))
def test_fault(library: Library, fault: Fault) -> None:
    """The library still answers as it did. If not, is it right now? Then drop the row."""
    names = given(library, fault.given)
    there, here = text(run(fault.there, names)), text(run(fault.here, names))
    assert here == fault.right
    assert there != here, f"{library.name} is right now: drop this row from the table"
    assert there == fault.gives, f"{library.name} gives another answer: look at this row again"
