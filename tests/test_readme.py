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


def test_every_target_for_a_learner_has_a_line_without_make():
    (block,) = re.findall(r"^```\n(py -3.*?)^```", README, re.M | re.S)
    (targets,) = re.findall(r"what `make (.*?)` do\.", README)
    named = re.findall(r"\w+", targets)
    assert named == ["book", "unit", "notebooks", "pdf", "dist", "practice", "serve", "and", "lab"]
    assert len(block.splitlines()) == 2 + len(named) - 1  # after the two that set up


def test_the_versions_of_python_are_those_that_are_tested():
    oldest, newest = re.search(r"with Python 3\.(\d+) to 3\.(\d+)", README).groups()
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text("utf8"))
    tested = workflow["jobs"]["strict"]["strategy"]["matrix"]["python"]
    assert tested == [f"3.{minor}" for minor in range(int(oldest), int(newest) + 1)]
    makefile = (ROOT / "Makefile").read_text("utf8")
    assert f"NEWEST  = 3.{newest}\n" in makefile
    assert f"for Python 3.{oldest} to 3.{newest}\n" in makefile


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
    *lines, server, lab = block.splitlines()
    assert lines == steps
    assert "http.server" in server and "jupyter lab" in lab  # they run until they are closed
