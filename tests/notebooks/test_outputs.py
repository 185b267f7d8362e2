"""What stops `make book`, and what does not: tools/outputs.py, in a copy with one change."""

import json
import re
import shutil
from pathlib import Path

import outputs
import pytest

ROOT = Path(__file__).parents[2]
CORE, OWN, OTHER = "dice/formulas.py", "dice/course/training.py", "dice/course/volumes.py"
LOCK, RECORD = "constraints.txt", f"{outputs.RECORDS}/training.jsonl"
READS_IT = next(
    f for f in ROOT.glob("notebooks/*.ipynb") if "training.jsonl" in f.read_text("utf8")
)
NOTEBOOK = "notebooks/one.ipynb"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Copy one notebook and what its outputs rest on, and note the hashes."""
    for folder in ("notebooks", outputs.RECORDS):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copytree(ROOT / "dice", tmp_path / "dice")
    for name in (LOCK, RECORD):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copy(READS_IT, tmp_path / NOTEBOOK)
    monkeypatch.setattr(outputs, "ROOT", tmp_path)
    outputs.main(store=True)
    assert outputs.main() is None
    return tmp_path


def replace(old, new):
    return lambda text: re.sub(old, new, text, count=1)


def add(line):
    return lambda text: f"{text}\n{line}\n"


def in_cell(change):
    """Change the first cell that prints several lines."""

    def change_text(text):
        notebook = json.loads(text)
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        change(next(c for c in code if any(o.get("text", [])[1:] for o in c["outputs"])))
        return json.dumps(notebook)

    return change_text


def run_by_hand(cell):
    """Store the outputs as JupyterLab does: with the count of its kernel, a text in two pieces."""
    (printed,) = cell["outputs"]
    first, *others = printed["text"]
    cell["outputs"] = [printed | {"text": [first]}, printed | {"text": "".join(others)}]
    cell["execution_count"] = 99


CODE, OUTPUTS = outputs.CHANGED["code"], outputs.CHANGED["outputs"]


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (NOTEBOOK, in_cell(lambda c: c["outputs"][0]["text"].append("7")), OUTPUTS),
        (NOTEBOOK, replace(r'("image/svg\+xml": \[[^\d]*)\d', r"\g<1>7"), OUTPUTS),
        (NOTEBOOK, in_cell(lambda cell: cell.update(outputs=[])), OUTPUTS),
        (NOTEBOOK, in_cell(lambda cell: cell.update(source="1 +")), CODE),
        (CORE, replace(r"2 \* ", "3 * "), CODE),
        (OWN, add("more = 1"), CODE),
        (LOCK, replace("numpy==", "numpy==1"), CODE),
        (RECORD, replace(r"\d", "77"), CODE),
    ],
)
def test_stale_outputs_are_named_with_what_to_do(course, file, change, message):
    before = (course / file).read_text("utf8")
    (course / file).write_text(change(before), "utf8")
    assert (course / file).read_text("utf8") != before
    problems = outputs.main().splitlines()
    assert problems == [f"{NOTEBOOK}: {message}", "Run `make outputs`, then look at `git diff`."]


@pytest.mark.parametrize(
    ("file", "change"),
    [
        (NOTEBOOK, replace('"## ', '"## On ')),
        (NOTEBOOK, replace('"name": "python"', '"name": "python", "version": "3.12.1"')),
        (NOTEBOOK, in_cell(run_by_hand)),
        (CORE, replace('"""', '"""Well: ')),
        (CORE, add("# Well.")),
        (OTHER, add("more = 1")),
    ],
)
def test_text_metadata_and_the_code_of_others_do_not_count(course, file, change):
    before = (course / file).read_text("utf8")
    (course / file).write_text(change(before), "utf8")
    assert (course / file).read_text("utf8") != before
    assert outputs.main() is None


def test_a_notebook_whose_outputs_were_never_noted_is_named(course):
    shutil.copy(course / NOTEBOOK, course / "notebooks" / "two.ipynb")
    assert outputs.main().startswith(f"notebooks/two.ipynb: {CODE}")
