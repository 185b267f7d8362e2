"""What every run of pytest needs, that of the notebooks too: a plugin, and a home."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

pytest_plugins = ["notebook_differences"]  # in tools/


def can_be_written(folder: Path) -> bool:
    """Try it: root may write where the bits say no, and nobody to what is mounted for reading."""
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


# IPython and Matplotlib warn without one. A container may run as a user who has none.
if not can_be_written(Path.home()):
    os.environ["HOME"] = tempfile.mkdtemp(prefix="home-")
    atexit.register(shutil.rmtree, os.environ["HOME"], ignore_errors=True)
