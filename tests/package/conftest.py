"""Our tests on a reader's package: pytest tests/package --practice FOLDER.

Those marked `practice` ask for nothing but what *Build it yourself* builds. They run on what is in
the folder, in place of `dice`; the others are counted and named, and do not run.
"""

import sys
from collections import Counter

import own_package
import pytest


def pytest_addoption(parser):
    parser.addoption("--practice", metavar="FOLDER", help="test a package of your own, in FOLDER")


def pytest_configure(config):
    if folder := config.getoption("practice", None):
        try:
            own = own_package.load(folder)
        except (FileNotFoundError, AttributeError) as error:
            raise pytest.UsageError(str(error)) from error
        for name in [name for name in sys.modules if name.partition(".")[0] == "dice"]:
            del sys.modules[name]
        sys.modules["dice"] = own_package.in_our_names(own)
        for kind in ("RuntimeWarning", "DeprecationWarning"):  # 0/0, say, is for the judge
            config.addinivalue_line("filterwarnings", f"ignore::{kind}")


def pytest_ignore_collect(collection_path, config):
    if config.getoption("practice", None) and collection_path.suffix == ".py":
        return "mark.practice" not in collection_path.read_text("utf8") or None
    return None


def is_asked(item):
    """Tell whether a test asks for nothing but what the nine steps build."""
    mark = item.get_closest_marker("practice")
    given = getattr(item, "callspec", None)
    return mark is not None and all(given.params[k] in v for k, v in mark.kwargs.items())


def pytest_collection_modifyitems(config, items):
    if config.getoption("practice", None):
        asked, others = [], []
        for item in items:
            (asked if is_asked(item) else others).append(item)
        items[:] = asked
        config.hook.pytest_deselected(items=others)
        config.practice = Counter(item.originalname for item in asked)
        config.not_asked = Counter(item.path.name for item in others)


def pytest_report_collectionfinish(config):
    if not config.getoption("practice", None):
        return None
    asked, others = config.practice, config.not_asked
    rest = ", ".join(f"{count} in {name}" for name, count in others.items())
    return [
        f"{asked.total()} of our tests run on your package:",
        *(f"  {count:3} {name}" for name, count in asked.items()),
        f"These ask for names or options that Build it yourself does not build: {rest}. "
        "The tests in the other files of tests/package, not counted here, do not run either.",
    ]
