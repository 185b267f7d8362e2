"""A table of cases becomes numbers, and the paragraph that says how they were made.

The sentences stand in report.json, which the page of the book reads too: both give the same.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple, NoReturn

import numpy as np

TEXTS = json.loads(Path(__file__).with_name("report.json").read_text("utf8"))


class Report(NamedTuple):
    """The numbers of each measure, two paragraphs for the paper, and what is still to be done."""

    numbers: dict[str, dict[str, float]]
    methods: str
    results: str
    notes: list[str]

    def __str__(self) -> str:
        return "\n\n".join(fill(part, 45) for part in [self.methods, self.results, *self.notes])


def stop(what: str, way_out: str, **where: Any) -> NoReturn:
    """The one form of errors: where, what, and the way out. The header is row 1, as in a file."""
    places = ", ".join(f"{name} {value}" for name, value in where.items() if value)
    raise ValueError(f"{places or 'cases'}: {what}; {way_out}")


def known(column: str) -> Any:
    """What a measure is called, and its rules, by how its column begins: HD95 (mm), hd95_b."""
    key = (re.match(r"[a-z]+\d*", column.lower()) or [column])[0]
    key = next((k for k in (key, key.rstrip("0123456789")) if k in TEXTS["measures"]), key)
    found = {"name": column, "key": key} | TEXTS["measures"].get(key, TEXTS["others"])
    return found if key == column.lower() else found | {"name": column}


def read(cell: Any) -> Any:
    """A number, or "failed" or "empty"; the text as it came, if it is neither."""
    text = str(cell).strip()
    if text.lower() in ("", "nan", "<na>", "failed", "empty"):
        return "empty" if text.lower() == "empty" else "failed"
    return float(text) if re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", text, re.I) else text


def counter(times: int, each: int, first: int = 0) -> Any:
    """Numbers from 0 to 1 that look drawn: a count, its bits well mixed. A browser has the same."""
    x = np.arange(first, first + times * each, dtype=np.uint32)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return (x / 2.0**32).reshape(times, each)


def shown(value: float, digits: int) -> str:
    """A number as text, a half rounded up."""
    return f"{np.floor(value * 10**digits + 0.5 + 1e-9) / 10**digits:.{digits}f}"


def summary(each: Any, owners: Any, times: int) -> dict[str, float]:
    """What is said of the values of patients, whose owners are drawn."""
    parts = [each[owners == who] for who in dict.fromkeys(owners)]
    picked = (counter(times, len(parts)) * len(parts)).astype(int)
    drawn = (np.concatenate([parts[i] for i in row]) for row in picked)
    ends = np.percentile([(d.mean(), np.median(d)) for d in drawn], [2.5, 97.5], axis=0)
    sums = np.where(counter(times, len(parts), 2**31) < 0.5, -1, 1) @ [*map(sum, parts)]
    as_far = (abs(sums) >= abs(each.sum()) - 1e-12).sum()  # the paired permutation test
    found = *ends.flat, *np.percentile(each, [0, 25, 50, 75, 100]), (1 + as_far) / (1 + times)
    return dict(zip(TEXTS["numbers"], map(float, [each.mean(), *found]), strict=True))


def scored(column: str, cells: list[Any], whose: list[str], rules: Any) -> tuple[Any, Any]:
    """What each case counts, NaN if it is left out; and what failed and empty ones count."""
    this, at = known(column), (known(column)["key"], column)
    counts = this["counts"] | {k: r[n] for k, r in rules.items() for n in at if n in r}
    for k, (cell, who) in enumerate(zip(cells, whose, strict=True), 2):
        if cell not in counts and (type(cell) is str or not this["least"] <= cell <= this["most"]):
            stop(f"{cell!r} does not count", this["way out"], column=column, row=k, patient=who)
    return np.array([counts.get(cell, cell) for cell in cells], float), counts


def report(
    cases: Iterable[Mapping[str, Any]],
    *,
    failed: Mapping[str, float | None] | None = None,
    empty: Mapping[str, float | None] | None = None,
    unit: str = "patient",
    compare: tuple[str, str] | tuple[()] = (),
    times: int = 2000,
    **stated: str,
) -> Report:
    """Report the cases of a test set: means, medians, intervals, failed cases, and the methods.

    A row has a patient and a column for each measure. A cell holds a number, `failed` (or nothing,
    or NaN: the program gave no result, or none of this measure), or `empty` (both masks are).

    Parameters
    ----------
    cases
        Rows by column, as from `csv.DictReader`, or a data frame.
    failed
        What a failed case counts, by measure: 0 for scores; a distance needs its price, as
        `{"hd95": 374}`. None leaves failed cases out.
    empty
        The same for two empty masks, which are left out where nothing is named.
    unit
        The column whose values are drawn anew: `patient`, or what holds patients, as `hospital`.
    compare
        Two columns of measures; the first minus the second is reported, of the cases that both
        score, as the mean of each patient.
    times
        How often a new test set is drawn.
    stated
        The conventions that no table shows: library, classes, reference, spacing, tolerance,
        threshold, postprocessing. What is not stated stands in brackets.
    """
    rows = cases.to_dict("records") if hasattr(cases, "to_dict") else cases
    rows = [{str(k).strip("\ufeff "): "" if v is None else v for k, v in r.items()} for r in rows]
    columns, rules = [*(rows or [{}])[0]], {"failed": failed or {}, "empty": empty or {}}
    texts, asked, said = TEXTS["texts"], TEXTS["stated"], {what: list[str]() for what in rules}
    others = {"patient", unit, *TEXTS["no measures"]}.difference(compare)
    table = {c: [read(row.get(c, "")) for row in rows] for c in columns if c.lower() not in others}
    table = {c: v for c, v in table.items() if "short" in known(c) or float in map(type, v)}
    for column, there in (("patient", columns), (unit, columns), *((c, [*table]) for c in compare)):
        if column not in there:
            stop("not in the table", f"there are {', '.join(there) or 'no rows'}", column=column)
    fine = {*asked, *table, *(known(c)["key"] for c in table)}
    for name in {*stated, *rules["failed"], *rules["empty"]} - fine:
        stop(f"nothing is called {name!r}", f"there are {', '.join(sorted(fine))}")
    whose, units = ([str(row.get(c, "")).strip() for row in rows] for c in ("patient", unit))
    owners, counted = dict[str, str](), dict[str, Any]()
    for k, (who, of) in enumerate(zip(whose, units, strict=True), 2):
        if not who or not of or owners.setdefault(who, of) != of:
            stop("a row has a patient, and a patient one unit", "mend it", column=unit, row=k)
    facts: dict[str, Any] = {k: f"[{v}]" for k, v in asked.items()} | {"times": times, **stated}
    facts |= {"cases": len(rows), "patients": len(owners), "unit": unit, "units": len({*units})}
    for c, cells in table.items():
        counted[c], counts = scored(c, cells, whose, rules)
        for what in (what for what in said if what in cells):
            kind = texts["left out" if counts[what] is None else "counted"]
            said[what].append(kind.format_map(known(c) | {"value": f"{counts[what] or 0:g}"}))
    if compare:
        counted[" minus ".join(compare)] = counted[compare[0]] - counted[compare[1]]
    places = {who: k for k, who in enumerate(owners)}
    at, owned = [places[who] for who in whose], np.array([*owners.values()])
    numbers, results = {}, [texts["size"].format_map(facts)]
    for c, values in counted.items():
        many = np.bincount(at, np.isfinite(values))  # cases of a patient that count
        means = np.bincount(at, np.nan_to_num(values))[many > 0] / many[many > 0]
        found = summary(means, owned[many > 0], times) if len(means) else {}
        facts["units"] = min(facts["units"], len({*owned[many > 0]}) or facts["units"])
        shows = {k: shown(v, 4 if k == "p" else known(c)["digits"]) for k, v in found.items()}
        more = {what: table.get(c, []).count(what) for what in said} | {"scored": len(means)}
        numbers[c] = {k: v for k, v in found.items() if k != "p" or c not in table} | more
        kind = texts["measure" if c in table else "compared"] if found else texts["none"]
        results.append(kind.format_map(known(c) | more | shows))
    facts |= {k: ", ".join(items) or "none" for k, items in said.items()}
    facts["names"] = " and ".join(", ".join(known(c)["name"] for c in table).rsplit(", ", 1))
    skip = {k for k, there in {"tolerance": "nsd" in fine, "test": compare}.items() if not there}
    methods = [t.format_map(facts) for k, t in TEXTS["methods"].items() if k not in skip]
    blank = [k for k in asked if k not in {*stated, *skip}]
    notes = [texts["to fill in"].format(", ".join(blank))] * bool(blank)
    notes += [texts["few"].format_map(facts)] * (facts["units"] < 40)
    return Report(numbers, " ".join(methods), " ".join(results), notes)
