"""What the README promises is there: its example runs, its targets, folders and files exist."""

import doctest
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf8")


def test_the_example_prints_what_the_readme_says():
    (example,) = re.findall(r"```python\n(.*?)```", README, re.S)
    test = doctest.DocTestParser().get_doctest(example, {}, "README", "README.md", 0)
    assert doctest.DocTestRunner().run(test).failed == 0


def test_every_target_is_in_the_makefile():
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.M))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf8"), re.M))
    assert {"book", "test", "lab"} <= named
    assert named <= targets


def test_every_folder_and_file_is_there():
    folders = re.findall(r"`([\w./]+/)`", README)
    linked = re.findall(r"\]\(([^)#:]+)\)", README)
    named = re.findall(r"`([\w./-]+\.(?:txt|yml|toml))`", README)
    assert len(folders) >= 6
    assert [path for path in folders + linked + named if not (ROOT / path).exists()] == []


def test_how_to_contribute_fits_on_one_screen():
    lines = (ROOT / "CONTRIBUTING.md").read_text("utf8").splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 100


def test_the_picture_is_small():
    assert (ROOT / "book" / "_static" / "readme.png").stat().st_size < 200_000


def test_the_lines_for_windows_are_those_that_continuous_integration_runs():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text("utf8"))
    steps = [step["run"] for step in workflow["jobs"]["windows"]["steps"] if "run" in step]
    (block,) = re.findall(r"^```\n(py -3.*?)^```", README, re.M | re.S)
    *lines, lab = block.splitlines()
    assert lines == steps
    assert "jupyter lab" in lab  # which runs until it is closed
