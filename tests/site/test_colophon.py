"""The colophon shows the committed record of run times and versions, and nothing else."""

import json
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "tools" / "records" / "course_times.py"))
RECORD = json.loads(SCRIPT["RECORD"].read_text("utf8"))


def test_the_page_shows_the_record():
    assert SCRIPT["PAGE"].read_text("utf8") == SCRIPT["page_with"](RECORD)


def test_the_tables_show_the_records_of_speed():
    """That of a graphics card too, where the code as it is was measured on one."""
    report = runpy.run_path(str(ROOT / "benchmarks" / "report.py"))
    paths = [path for path in (report["RECORD"], report["CARD"]) if path.exists()]
    records = [json.loads(path.read_text("utf8")) for path in paths]
    assert report["TABLES"].read_text("utf8") == report["tables"](*records) + "\n"


def test_the_record_names_notebooks_that_there_are():
    """A later one, or a later version, may wait for the next measurement: the page has a date."""
    notebooks = {file.stem for file in (ROOT / "notebooks").glob("*.ipynb")}
    assert set(RECORD["notebook_seconds"]) <= notebooks


def test_the_record_tells_nothing_about_the_machine_but_its_system_and_cores():
    keys = {"date", "system", "cores", "versions", "notebook_seconds", "build_seconds"}
    assert set(RECORD) == keys
    assert "/" not in json.dumps(RECORD)
