"""What other libraries say of boundaries and objects is as recorded, and as chapters show it."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
each_program = pytest.mark.parametrize(
    ("name", "package"), [("boundaries", "monai"), ("objects", "panoptica")]
)


def record(name: str) -> Any:
    return json.loads((BENCHMARKS / "results" / f"{name}.json").read_text("utf8"))


@each_program
def test_the_record_has_the_lines_and_the_scenes_of_the_program(name: str, package: str) -> None:
    program = importlib.import_module(name)
    recorded = record(name)
    lines = {
        library: {call: answers["line"] for call, answers in calls.items()}
        for library, calls in recorded["libraries"].items()
    }
    assert lines == program.LINES
    for calls in recorded["libraries"].values():
        for answers in calls.values():
            assert answers.keys() == {"line", *program.scenes()}
    assert recorded["versions"].keys() > program.PACKAGES.keys()


@each_program
def test_the_libraries_answer_as_recorded(name: str, package: str) -> None:
    """In a process of its own: what one library imports may change another's answer."""
    if not importlib.util.find_spec(package):
        pytest.skip("needs the peers' packages")
    program = BENCHMARKS / f"{name}.py"
    found = subprocess.run(
        [sys.executable, program, "--print"], check=True, capture_output=True, text=True
    )
    recorded = record(name)["libraries"]
    for library, calls in json.loads(found.stdout)["libraries"].items():
        for call, answers in calls.items():
            for scene, now in answers.items():
                then = recorded[library][call][scene]
                same = (
                    now == then if isinstance(then, str) else now == pytest.approx(then, abs=2e-6)
                )
                assert same, f"{library} {call}, {scene}: {then}, now {now}; run {program.name}"
