"""`pip install .` installs the package as it is now, whatever an earlier build left behind."""

import shutil
import zipfile
from pathlib import Path

from flit_core import buildapi

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_the_package_and_building_leaves_nothing(tmp_path, monkeypatch):
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "dice", tmp_path / "dice", ignore=shutil.ignore_patterns("__pycache__"))
    stale = tmp_path / "build" / "lib" / "dice" / "stale.py"
    stale.parent.mkdir(parents=True)
    stale.touch()
    before = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.*")}
    monkeypatch.chdir(tmp_path)
    wheel = tmp_path / buildapi.build_wheel(tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {name for name in before if name.startswith("dice/")}
    assert {"dice/py.typed", "dice/course/house.mplstyle"} <= names
    after = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.*")}
    assert {name for name in after - before if not name.endswith((".pyc", ".whl"))} == set()
