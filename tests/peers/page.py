"""The page book/peers.md, made from the record of the last run beside the peers."""

import json
import platform
from collections import Counter
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .compare import oldest_numpy
from .table import LIBRARIES, Edge, Fault, Library, Row

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "benchmarks" / "results" / "peers.json"
PAGE = ROOT / "book" / "peers.md"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
Record = dict[str, Any]

HEAD = """\
---
myst:
  html_meta:
    description: "How MONAI, torchmetrics, segmentation-models-pytorch, nnU-Net, Keras, \
scikit-learn and others compute Dice, and which options of this package give the same number."
---

# How other libraries compute Dice

Do you come from another library, or must your numbers agree with someone else's? Look up the \
setting there, and read off what gives the same number here.

The pairs of lines below are not only shown: a test runs both on the same arrays, at random and \
in the edge cases, and compares every number. Where PyTorch computes a gradient, it compares the \
gradients too.

Most differences come from five choices, and each is an option here. (How far apart libraries are \
on [objects](../notebooks/07_counting_objects.ipynb#cell-object-libraries) and on \
[distances](../notebooks/08_boundaries.ipynb#cell-five-libraries), their chapters show.)

What two empty sets are worth
: A score has `empty`, a loss has `empty` and the two epsilons. The table below shows how far \
apart the libraries are.

Epsilon
: It stands in the numerator, in the denominator, or in both, and its size differs. A formula \
written without the factor 2, as $(I + s) / (I + \\ldots + s)$, has an epsilon that counts twice: \
it is $2s$ in `eps_numerator` and `eps_denominator`.

Average over classes
: `average="macro"` is the mean of the scores of the classes. `average="micro"` adds up their sums \
first, so that large classes count for more.

Batch or sample
: `batch_axis=0` scores each sample and then takes the mean. Without `batch_axis` the sums of all \
samples are added up first. The two differ wherever objects differ in size.

Background
: `include_background=False` leaves out class 0, which is often most of the image and easy.

"""

NAMES = """\
## Names in the lines of code

| name | what it is | shape |
|---|---|---|
| `z` | logits | `(samples, classes, height, width)` |
| `p` | probabilities, the softmax of `z` | as `z` |
| `g` | target, one entry for each class | as `z` |
| `y` | target, one label for each pixel | `(samples, height, width)` |
| `x` | prediction, one label for each pixel | as `y` |
| `h` | prediction, one entry for each class | as `z` |
| `v` | `y` with void pixels of 255 | as `y` |
| `m` | the pixels that count | as `y` |
| `n` | the number of classes | a number |
| `w` | a weight for each class | `(classes,)` |

Keras and optax have the classes last: `(samples, height, width, classes)`. Where two masks are \
compared, the arrays are those of one image, `(height, width)`. PyTorch libraries get tensors, \
optax gets JAX arrays, the others NumPy arrays; the lines on our side take all of them. \
`formulas` is the module `dice.formulas`.

Four helpers keep the lines short. `update(metric, x, y)` shows a batch to a metric object, and \
returns the object. `measures(x, y)` is SimpleITK's `LabelOverlapMeasuresImageFilter` after it has \
looked at the target and the prediction. `pairs(ids)` puts a category beside each instance id. \
`Arrays` hands nnU-Net's evaluation arrays where it asks for files.

"""

TAIL = """\
## What is not here

MetricsReloaded and JDTLosses are not in the Python package index. Of nnU-Net's evaluation, what \
reads files is left out: the counting of each case, and the means over cases and labels, are \
compared.

To run the comparison on your own machine: `make peers`. It installs the libraries into a folder \
of their own, and renews this page.
"""


def new_record(results: dict[Row, Record]) -> Record:
    """The table, with what a run has found."""
    libraries = [
        {
            "name": library.name,
            "version": version(library.package).split("+")[0] if library.package else "formula",
            "oldest_numpy": oldest_numpy(library.package),
            "imports": imports_of(library),
            "rows": [text_of(row) | results[row] for row in library.rows],
            "edges": [text_of(edge) for edge in library.edges],
            "faults": [text_of(fault) for fault in library.faults],
        }
        for library in LIBRARIES
    ]
    return {
        "date": date.today().isoformat(),
        "versions": {
            "python": platform.python_version(),
            "numpy": version("numpy"),
            "torch": version("torch").split("+")[0],
        },
        "libraries": libraries,
    }


def imports_of(library: Library) -> str:
    """The lines that a reader writes to import the library."""
    return "\n".join(
        line
        for line in library.imports.splitlines()
        if not line.startswith(("without_init", "stand_in"))
    )


def text_of(entry: Row | Edge | Fault) -> Record:
    """What the record has of an entry of the table: its texts."""
    kept = {name: value for name, value in vars(entry).items() if value and isinstance(value, str)}
    return kept | ({"options": list(entry.options)} if isinstance(entry, Row) else {})


def write(record: Record) -> None:
    """Store the record and renew the page, unless nothing but the digits of rounding is new."""
    if not RECORD.exists() or lasting(json.loads(RECORD.read_text("utf8"))) != lasting(record):
        RECORD.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", "utf8")
    PAGE.write_text(page(json.loads(RECORD.read_text("utf8"))), "utf8")


def lasting(value: Any) -> Any:
    """A record without what differs between two machines."""
    if isinstance(value, dict):
        passing = "date", "python", "difference", "gradient"
        return {name: lasting(part) for name, part in value.items() if name not in passing}
    return [lasting(part) for part in value] if isinstance(value, list) else value


def page(record: Record) -> str:
    """The text of the page."""
    here, *libraries = record["libraries"]
    rows = [row for library in libraries for row in library["rows"]]
    faults = [fault for library in libraries for fault in library["faults"]]
    parts = [
        HEAD,
        f"Recorded on {record['date']}, with Python {record['versions']['python']}, "
        f"NumPy {record['versions']['numpy']} and PyTorch {record['versions']['torch']}: "
        f"{len(libraries)} libraries and formulas, {len(rows)} settings that agree, and "
        f"{len(faults)} inputs to watch out for. The arrays are double precision; where two "
        "numbers differ by about 10⁻⁸, the other library works in single.\n\n",
        *empty_sets([here, *libraries]),
        NAMES,
    ]
    titles = Counter(fault["title"] for fault in faults)
    shared = {title for title, count in titles.items() if count > 1}
    parts += common_traps(libraries, shared)
    for library in libraries:
        parts += section(library, shared)
    return "".join([*parts, TAIL])


def empty_sets(libraries: list[Record]) -> Iterator[str]:
    """The table of what each library answers where a set is empty."""
    yield "## Where a set is empty\n\n"
    yield (
        "An image of 16 pixels. Both sets are empty, or only the prediction has its 4 pixels, or "
        "only the target. The best score is 1; the best loss is 0, and −1 in nnU-Net. The last "
        "column is the call here that gives the same three answers, without its arrays.\n\n"
    )
    yield "| library and call | both empty | false positives | a miss | here |\n"
    yield "|---|---:|---:|---:|---|\n"
    changed = []
    for library in libraries:
        for edge in library["edges"]:
            answers = [signs(edge[name]) for name in ("empty", "false_positives", "missed")]
            name = f"{library['name']} {library['version']}"
            if "older" in edge:
                answers[0] += "\\*"
                until = edge["until"].rpartition(".")[0]
                changed.append(
                    f"{name}, `{edge['call']}`: {signs(edge['older'])} up to NumPy {until}."
                )
            here = shortly(edge["here"]) if "here" in edge else "none"
            here += ": NaN, no error" * (edge["empty"] == "error")
            yield f"| {name}: `{edge['call']}` | {' | '.join(answers)} | {here} |\n"
    oldest = sorted({library["oldest_numpy"] for library in libraries})
    yield (
        f"\n\\* Another answer with an older NumPy. {' '.join(changed)} Every line was run twice: "
        "with the newest NumPy, and with the oldest that the library allows beside the SciPy of "
        f"this record ({' or '.join(oldest)}).\n\n"
        "Where the last column says none, the library treats an empty target apart, whatever was "
        "predicted: the score is NaN, the loss 0. That hides false alarms, so there is no option "
        "for it here.\n\n"
    )


def shortly(line: str) -> str:
    """A call of ours by its name and its options, without the arrays."""
    name, _, given = line.rstrip(")").partition("(")
    sign, options = "−" * (name[0] == "-"), given.split(", ")[2:]
    if len(options) == 2 and options[0].startswith("eps_n"):  # both of one size
        options = [f"both epsilons {options[0].partition('=')[2]}"]
    else:
        options = [f"`{option}`" for option in options]
    return ", ".join([f"{sign}`{name.lstrip('-')}`", *options])


def section(library: Record, shared: set[str]) -> Iterator[str]:
    """The settings and the faults of one library; what several share stands in a table."""
    yield f"## {library['name']}\n\n{origin(library)}\n\n"
    yield f"```python\n{library['imports']}\n```\n\n"
    options = dict.fromkeys(option for row in library["rows"] for option in row["options"])
    if options:
        yield "| there | here |\n|---|---|\n"
    for option in options:
        there, here = option.split(" → ")
        yield f"| {code(there)} | {code(here)} |\n"
    yield "\n" if options else ""
    reasons = Counter(why for row in library["rows"] for why in reasons_of(row))
    often = [why for why, count in reasons.items() if count > 1]
    if often:
        yield f"\\* {' '.join(often)}\n\n"
    for row in library["rows"]:
        yield f"**{row['title']}**\n\n"
        yield f"```python\n# {library['name']}\n{row['there']}\n# here\n{row['here']}\n```\n\n"
        yield agreement(row, often)
    alone = [fault for fault in library["faults"] if fault["title"] not in shared]
    if alone:
        yield f"### Watch out in {library['name']}\n\n"
    for fault in alone:
        yield f"**{fault['title']}**\n\n"
        lines = fault["given"], f"# {library['name']}", fault["there"], "# here", fault["here"]
        yield "\n".join(["```python", *lines, "```\n\n"])
        there = f"{library['name']} {library['version']}"
        yield f"{there}: {answer(fault['gives'])}. Here: {answer(fault['right'])}.\n\n"


def origin(library: Record) -> str:
    """Which version of a library was run, or that its formula was."""
    if library["version"] == "formula":
        return "Its package is built beside PyTorch. So this is its formula, after its source."
    return f"Version {library['version']}."


def common_traps(libraries: list[Record], shared: set[str]) -> Iterator[str]:
    """Faults that several libraries have, each as one table."""
    yield "## Traps in several libraries\n\n"
    found = [(library, fault) for library in libraries for fault in library["faults"]]
    for title in dict.fromkeys(fault["title"] for _, fault in found if fault["title"] in shared):
        same = [(library, fault) for library, fault in found if fault["title"] == title]
        given = same[0][1]["given"]
        yield f"**{title}** Here: {answer(same[0][1]['right'])}.\n\n```python\n{given}\n```\n\n"
        yield "| library | call | answer |\n|---|---|---:|\n"
        for library, fault in same:
            lines = (
                [fault["there"]] if fault["given"] == given else [fault["given"], fault["there"]]
            )
            calls = "<br>".join(f"`{' '.join(line.split())}`" for line in lines).replace("( ", "(")
            name = f"{library['name']} {library['version']}"
            yield f"| {name} | {calls} | {answer(fault['gives'])} |\n"
        yield "\n"


def code(text: str) -> str:
    """An option in code; "no ..." keeps its first word in words."""
    return f"no `{text[3:]}`" if text.startswith("no ") else f"`{text}`"


def reasons_of(row: Record) -> list[str]:
    """Why the two lines of a row part, where they do."""
    return [*dict.fromkeys(case["why"] for case in row["apart"])]


def agreement(row: Record, often: list[str]) -> str:
    """How close the two lines are, and where they part; what is said above is a star."""
    words = f"Largest difference: {rounded(row['difference'])}"
    if row["gradient"] is not None:
        words += f"; of the gradient: {rounded(row['gradient'])}"
    reasons = reasons_of(row)
    star = "\\*" if any(why in often for why in reasons) else ""
    return " ".join([f"{words}.{star}", *(why for why in reasons if why not in often)]) + "\n\n"


def rounded(number: float) -> str:
    """A difference, with one digit."""
    if number == 0:
        return "0"
    return signs(f"{number:.0e}")


def answer(text: str) -> str:
    """What a line gives: a number, or the text of an error."""
    if "Error: " in text:
        kind, message = text.split(": ", 1)
        return f"{kind}, “{message.rstrip('.')}”"
    return signs(text)


def signs(text: str) -> str:
    """A number as it is printed in a book; the word "error" as it is."""
    if text == "error":
        return text
    digits, *power = text.replace("nan", "NaN").replace("inf", "∞").split("e")
    scale = f" × 10{str(int(*power)).translate(SUPERSCRIPTS)}" if power else ""
    return digits.replace("-", "−") + scale
