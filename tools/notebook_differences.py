"""Plugin of pytest, beside nbval: the page of what differs, and a comparison for other machines.

When cells of a notebook fail, one page of HTML shows each of them with the outputs that are stored
and those that came now, side by side. Its path is the last line printed.

With --tolerant, all text is compared exactly but for decimals, which may be off by one unit of the
last digit stored; a picture only has to be there. Stored outputs are equal to the byte only with
the same versions on the same system.
"""

import base64
import copy
import re
from decimal import Decimal
from difflib import SequenceMatcher
from html import escape
from pathlib import Path

import pytest

DECIMAL = re.compile(r"(\d+\.\d*(?:e[-+]?\d+)?|\d+e[-+]?\d+)")
ANSI = re.compile(r"\x1b\[[\d;]*m")
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cells whose outputs differ</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 90rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui; }}
h2 {{ margin-top: 2.5rem; border-top: 1px solid #8888; padding-top: 1rem; font-size: 1.1rem; }}
pre {{ overflow-x: auto; padding: 0.6rem; background: #8881; white-space: pre-wrap; }}
pre, .side {{ margin: 0.3rem 0; overflow-wrap: anywhere; }}
.sides {{ display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }}
img {{ max-width: 100%; background: Canvas; }}
mark {{ background: #e69f0066; color: inherit; }}
</style>
</head>
<body>
<main>
<h1>{count} whose outputs differ</h1>
<p>On the left is what the notebook stores, on the right what came now. What differs is marked.</p>
{cells}
</main>
</body>
</html>
"""


def pytest_addoption(parser):
    parser.addoption("--tolerant", action="store_true", help="compare decimals to their last digit")


def pytest_configure(config):
    config.pluginmanager.register(Differences(config), "notebook-differences")


# The tolerant comparison


def agree(stored: str, new: str) -> bool:
    """Tell whether two texts differ at most in decimals, and those by one unit of the last digit.

    >>> agree("Dice 0.812 of 5", "Dice 0.813 of 5")
    True
    >>> agree("Dice 0.812 of 5", "Dice 0.814 of 5"), agree("5 pixels", "6 pixels")
    (False, False)
    """
    ours, theirs = DECIMAL.split(stored), DECIMAL.split(new)
    if ours[::2] != theirs[::2]:
        return False
    pairs = zip(map(Decimal, ours[1::2]), map(Decimal, theirs[1::2]), strict=True)
    return all(abs(a - b) <= Decimal((0, (1,), a.as_tuple().exponent)) for a, b in pairs)


def settled(new: list, stored: list) -> list:
    """Give the new outputs the stored text wherever both agree, so that nbval finds it equal."""
    new = copy.deepcopy(new)
    for after, before in zip(new, stored, strict=False):
        if "text" in after and "text" in before and agree(before.text, after.text):
            after.text = before.text
        kept = before.get("data", {})
        for kind, value in after.get("data", {}).items():
            same = isinstance(value, str) and kind in kept and agree(kept[kind], value)
            if same or (kind in kept and kind.startswith("image/")):
                after.data[kind] = kept[kind]
    return new


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    if hasattr(item, "compare_outputs") and item.config.option.tolerant:
        strictly = item.compare_outputs
        item.compare_outputs = lambda new, stored: strictly(settled(new, stored), stored)


# The page


def parts(outputs: list) -> dict[str, str]:
    """Return what outputs show, by kind: a stream, an error, or a type of data."""
    shown: dict[str, list[str]] = {}
    for output in outputs or []:
        if output["output_type"] == "stream":
            shown.setdefault(output["name"], []).append(output["text"])
        elif output["output_type"] == "error":
            shown.setdefault("error", []).append(ANSI.sub("", "\n".join(output["traceback"])))
        for kind, value in output.get("data", {}).items():
            shown.setdefault(kind, []).append(value if isinstance(value, str) else str(value))
    return {f"{k} {n}" if n else k: v for k, vs in shown.items() for n, v in enumerate(vs)}


def marked(text: str, other: str) -> str:
    """Return a text with what the other does not have in marks, word by word."""
    words, others = (re.split(r"(\s+)", each) for each in (text, other))
    pieces = []
    for tag, begin, end, _, _ in SequenceMatcher(None, words, others).get_opcodes():
        piece = escape("".join(words[begin:end]))
        pieces.append(piece if tag == "equal" or not piece else f"<mark>{piece}</mark>")
    return "".join(pieces)


def side(kind: str, value: str | None, other: str | None) -> str:
    """Return one of the two sides of a part."""
    if value is None:
        return "<div class='side'>nothing</div>"
    text = f"<pre>{marked(value, other or '')}</pre>"
    if not kind.startswith("image/"):
        return f"<div class='side'>{text}</div>"
    kind = kind.split()[0]
    is_text = kind == "image/svg+xml"
    data = base64.b64encode(value.encode()).decode() if is_text else value
    source = f"<details><summary>as text</summary>{text}</details>" if is_text else ""
    image = f'<img alt="" src="data:{kind};base64,{data}">'
    return f"<div class='side'>{image}{source}</div>"


def section(cell: dict) -> str:
    """Return what the page has of one cell."""
    stored, new = parts(cell["stored"]), parts(cell["new"])
    rows = []
    for kind in stored | new:
        before, after = stored.get(kind), new.get(kind)
        if before != after:
            both = side(kind, before, after) + side(kind, after, before)
            rows.append(f"<h3>{escape(kind)}</h3><div class='sides'>{both}</div>")
    heading = f"<h2>{escape(cell['notebook'])}, cell [{cell['number']}]</h2>"
    message = "" if rows else f"<pre>{escape(ANSI.sub('', cell['message']))}</pre>"
    return "\n".join([heading, f"<pre>{escape(cell['source'])}</pre>", message, *rows])


class Differences:
    """Gathers the cells that fail, those that other processes report too, and writes the page."""

    def __init__(self, config):
        self.page = config.rootpath / "_build" / "differences.html"
        self.gathers = not hasattr(config, "workerinput")  # else a process of pytest-xdist
        self.cells = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        if call.excinfo and hasattr(item, "test_outputs"):
            cell = {
                "notebook": Path(item.path).name,
                "number": item.cell.execution_count,
                "source": item.cell.source,
                "stored": list(map(dict, item.cell.outputs)),
                "new": list(map(dict, item.test_outputs or [])),
                "message": str(call.excinfo.value),
            }
            item.user_properties.append(("cell", plain(cell)))

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.cells += [value for name, value in report.user_properties if name == "cell"]

    def pytest_unconfigure(self):
        if not (self.gathers and self.cells):
            return
        count = f"{len(self.cells)} cell{'s' * (len(self.cells) > 1)}"
        self.page.parent.mkdir(exist_ok=True)
        cells = "\n".join(map(section, self.cells))
        self.page.write_text(PAGE.format(count=count, cells=cells), "utf8")
        print("\nA cell fails, or no longer gives its stored output: the page shows both.")
        print("If the new output is right: make outputs, then git diff.")
        print(self.page)


def plain(value):
    """Return what pytest-xdist can send: dicts and lists of the standard library."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value
