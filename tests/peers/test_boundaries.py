"""The distances that other libraries give are those of the record, which a chapter shows."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "benchmarks" / "boundaries.py"
RECORD = json.loads((ROOT / "benchmarks" / "results" / "boundaries.json").read_text("utf8"))


def program() -> Any:
    spec = importlib.util.spec_from_file_location("boundaries", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_record_has_the_lines_and_the_scenes_of_the_program() -> None:
    boundaries = program()
    lines = {
        name: {c: v["line"] for c, v in RECORD["libraries"][name].items()}
        for name in boundaries.LINES
    }
    assert lines == boundaries.LINES
    for calls in RECORD["libraries"].values():
        for answers in calls.values():
            assert answers.keys() == {"line", *boundaries.scenes()}
    assert RECORD["versions"].keys() > boundaries.PACKAGES.keys()


@pytest.mark.skipif(not importlib.util.find_spec("monai"), reason="needs the peers' packages")
def test_the_libraries_answer_as_recorded() -> None:
    """In a process of its own: what one library imports may change another's answer."""
    found = subprocess.run(
        [sys.executable, PROGRAM, "--print"], check=True, capture_output=True, text=True
    )
    for name, calls in json.loads(found.stdout)["libraries"].items():
        for call, answers in calls.items():
            for scene, now in answers.items():
                then = RECORD["libraries"][name][call][scene]
                same = (
                    now == then if isinstance(then, str) else now == pytest.approx(then, abs=2e-6)
                )
                assert same, f"{name} {call}, {scene}: {then}, now {now}; run {PROGRAM.name}"
