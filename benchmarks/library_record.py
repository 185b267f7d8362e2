"""What the programs share that record the answers of libraries: versions, and the file."""

import json
import platform
import sys
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np


def dated(packages: Mapping[str, str], **answers: Any) -> dict[str, Any]:
    """The answers, with the day and the versions that gave them."""
    versions = {name: version(package) for name, package in packages.items()}
    versions |= {"NumPy": np.__version__, "SciPy": version("scipy")}
    versions["Python"] = platform.python_version()
    return {"date": date.today().isoformat(), "versions": versions} | answers


def store(record: dict[str, Any], file: Path) -> None:
    """Write a record into its file, or with --print on the screen."""
    text = json.dumps(record, indent=1, allow_nan=False) + "\n"
    if "--print" in sys.argv:
        print(text)
    else:
        file.write_text(text, "utf8")
