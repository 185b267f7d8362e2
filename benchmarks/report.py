"""The record of speed and memory as Markdown tables, and as a figure."""

import json
from pathlib import Path
from typing import Any

from dice.course import style

ROOT = Path(__file__).parent.parent
RECORD = ROOT / "benchmarks" / "results" / "speed.json"
TABLES = RECORD.with_suffix(".md")
CARD = RECORD.with_name("cuda.json")
FIGURE = ROOT / "book" / "_static" / "speed.svg"
LIMITS = {"compiled": "compiled loop", "read": "reading once"}
TITLES = {
    "masks": "Masks",
    "class maps": "Class maps",
    "probabilities": "Probabilities, float32, with an integer class map",
}


def write_report(record: dict[str, Any]) -> None:
    """Write the record, the tables and the figure."""
    _write(RECORD, record)
    card = json.loads(CARD.read_text("utf8")) if CARD.exists() else None
    TABLES.write_text(tables(record, card) + "\n", "utf8")
    FIGURE.write_text(figure(record), "utf8")


def write_card(card: dict[str, Any]) -> None:
    """Write the record of a graphics card, and the tables of both records."""
    _write(CARD, card)
    write_report(json.loads(RECORD.read_text("utf8")))


def _write(path: Path, record: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf8")


def tables(record: dict[str, Any], card: dict[str, Any] | None = None) -> str:
    """All tables, as Markdown."""
    parts = [
        f"Measured on {record['date']}, on {record['system']} with {record['cores']} cores; "
        f"NumPy {record['versions']['numpy']}, "
        f"PyTorch {record['versions'].get('torch', 'not there')}. "
        "Each number is a time divided by that of this package, checks included, "
        "both measured in turn: above 1 this package is faster. A dash: not run, see the record."
    ]
    if record["rows_missing"]:
        parts[0] += f" For {record['rows_missing']} more rows the time did not suffice."
    for task, title in TITLES.items():
        rows = [row for row in record["rows"] if row["task"] == task]
        names = list(dict.fromkeys(name for row in rows for name in row["ratios"]))
        names.sort(key=lambda name: (name in LIMITS, name == "read"))
        parts += [
            f"### {title}",
            _table(
                ["case", "ms", *(LIMITS.get(name, name) for name in names)],
                [
                    [row["case"], f"{row['milliseconds']:.3g}"]
                    + [_number(row["ratios"].get(name)) for name in names]
                    for row in rows
                ],
            ),
            "Extra memory, in MiB:",
            _memory(rows),
        ]
    parts += [
        "### Overhead of a call",
        _table(
            ["call", "µs", "beside reading the values, µs"],
            [
                [name, f"{time['whole']:.0f}", f"{time['beside']:.0f}"]
                for name, time in record["microseconds_per_call"].items()
            ],
        ),
    ]
    if "import" in record:
        parts.append(f"`import dice` takes {record['import']:.2f} times as long as `import numpy`.")
    if record["training"]:
        parts += ["### A loss in training: forward and backward with PyTorch", _training(record)]
    if card is not None:
        parts += [
            "### The same on a graphics card",
            f"Measured on {card['date']}, on the card {card['card']}, "
            f"with PyTorch {card['torch']}. The memory is the card's.",
            _training(card),
        ]
    return "\n\n".join(parts)


def _memory(rows: list[dict[str, Any]]) -> str:
    rows = [row for row in rows if row["extra_mib"]]
    names = list(dict.fromkeys(name for row in rows for name in row["extra_mib"]))
    body = [[row["case"], *(_number(row["extra_mib"].get(name)) for name in names)] for row in rows]
    return _table(["case", *names], body)


def _training(record: dict[str, Any]) -> str:
    rows = []
    for row in record["training"]:
        times = [f"{_number(row['ratios'][n])} / {row['extra_mib'][n]:.0f}" for n in row["ratios"]]
        rows.append([row["case"], f"{row['milliseconds']:.3g}", f"{row['mib_of_logits']}", *times])
    names = list(record["training"][0]["ratios"])
    head = ["case", "ms", "MiB of the input", *(f"{name}: time / MiB" for name in names)]
    return _table(head, rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _number(value: float | None) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}"


def figure(record: dict[str, Any]) -> str:
    """Times of all contenders over ours, one line for each row of the record."""
    from matplotlib.figure import Figure

    from dice.course.svg import svg

    style.use()
    rows = [row for row in record["rows"] if "uint8" in row["case"] or "float32" in row["case"]]
    rows = [row for row in rows if "smooth" not in row["case"]][::-1]
    sheet = Figure(figsize=(style.COLUMN, (20 * len(rows) + 66) / 72))
    axes = sheet.add_subplot()
    limit = {"color": style.INK, "ms": 5, "zorder": 4}
    marks = {
        "others": {"marker": "|", "color": style.PREDICTION, "ms": 9, "mew": 2},
        "compiled": {"marker": "D", **limit},
        "read": {"marker": "<", **limit},
    }
    for height, row in enumerate(rows):
        ratios = {name: [row["ratios"][name]] for name in LIMITS if name in row["ratios"]}
        ratios["others"] = [ratio for name, ratio in row["ratios"].items() if name not in LIMITS]
        for name, found in ratios.items():
            axes.plot(found, [height] * len(found), linestyle="none", **marks[name])
    axes.axvline(1, color=style.OVERLAP, lw=2)
    cases = [row["case"].replace(" classes", "").replace(", salt", "") for row in rows]
    axes.set_yticks(range(len(rows)), cases)
    axes.set(xscale="log", xlabel="time, ours = 1")
    axes.margins(x=0.05)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(visible=False, axis="y")
    axes.spines[:].set_visible(False)
    return svg(sheet)


if __name__ == "__main__":
    write_report(json.loads(RECORD.read_text("utf8")))
