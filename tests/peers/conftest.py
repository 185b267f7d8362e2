"""Print the differences after a run beside the peers, and renew the record and the page."""

from importlib.util import find_spec

import numpy as np
import pytest

from .page import new_record, write
from .table import LIBRARIES

PEERS = find_spec("torch") is not None
RESULTS = pytest.StashKey[dict]()

collect_ignore = [] if PEERS else ["test_cluster_and_cards.py", "test_peers.py", "test_unet.py"]


def pytest_configure(config):
    config.stash[RESULTS] = {}


def pytest_report_header() -> str:
    return f"NumPy {np.__version__}"


@pytest.fixture
def results(request):
    """What the tests find, row by row."""
    return request.config.stash[RESULTS]


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    found = config.stash[RESULTS]
    for library in LIBRARIES:
        for row in library.rows:
            if row in found:
                line = f"{found[row]['difference']:8.0e}  {library.name}: {row.title}"
                terminalreporter.write_line(line)
    if exitstatus == 0 and all(row in found for library in LIBRARIES for row in library.rows):
        write(new_record(found))
