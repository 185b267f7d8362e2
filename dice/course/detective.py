"""Two numbers that should be one: which conventions, and whose calls, give each of them.

The conventions and the calls of libraries stand in conventions.json, which the page of the book
reads too. All arithmetic is the package's.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import combinations, permutations, product
from math import floor, isfinite
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple, Unpack

import numpy as np

from dice import Overlap, overlap
from dice.engine.checks import expect
from dice.options import MapCounting

TABLE = json.loads(Path(__file__).with_name("conventions.json").read_text("utf8"))
CHOICES: dict[str, dict[str, Any]] = TABLE["choices"]
PLAIN = {choice: next(iter(table)) for choice, table in CHOICES.items()}
SOFT = "probabilities, not rounded", "probabilities, squared below"


class Candidate(NamedTuple):
    """A convention, by what is not plain in it, or a call of a library; and its number."""

    value: float
    departures: int
    convention: dict[str, str]
    call: str

    def __str__(self) -> str:
        words = (CHOICES[k].get(v, [v] * 3)[2] for k, v in self.convention.items())
        return ", ".join(words) or "plain"


class Hit(NamedTuple):
    """A row of the table: what gives a number.

    `alike` are the candidates that the input cannot tell apart, the plainest first. `chance` is
    how many hits with no more departures another number has on average, among those that differ
    from this one in the last two decimals alone.
    """

    departures: int
    convention: str
    calls: list[str]
    chance: float
    alike: list[Candidate]


class Findings(NamedTuple):
    """The hits of each number, and what sets them apart; `print` shows the first hits."""

    hits: dict[str, list[Hit]]
    verdict: str
    tried: tuple[int, int]

    def __str__(self) -> str:
        lines = [f"plain: {TABLE['plain']}", "tried: {:,}, {:,} numbers".format(*self.tried)]
        for number, hits in self.hits.items():
            lines += ["", f"{number} (hits: {len(hits)})"]
            for hit in hits[:3]:
                told = f"{hit.departures}  {hit.convention} (chance {hit.chance:.2f})"
                lines += [told, *(f"   {call}" for call in hit.calls[:3])]
        return "\n".join(fill(t, 45, subsequent_indent="   ") for t in [*lines, "", self.verdict])


def parse(whose: str, printed: Any) -> tuple[str, float, int]:
    """A number as it was printed: its name, its value, and its decimals."""
    text = str(printed).strip().replace("−", "-")
    found = re.findall(r"^(-?\d*\.(\d+))( ?%)?$|^nan$|^inf$", text)
    expect(found, whose, "a number with decimals, like '0.8235' or '82.4 %'", repr(printed))
    figure, decimals, percent = found[0]
    hundredths = 2 * len(percent.strip())
    return f"{whose} {text}", float(figure or text) / 10**hundredths, len(decimals) + hundredths


def read(sums: Overlap, convention: dict[str, str]) -> float:
    """The number that a convention reads off sums of shape (images, classes)."""
    value = {k: t.get(convention.get(k, ""), t[PLAIN[k]])[1] for k, t in CHOICES.items()}
    average, columns = convention.get("average", "macro"), slice(value["background"], None)
    if average.startswith("class "):
        columns, average = slice(int(average[6:]), int(average[6:]) + 1), "macro"
    sums = sums.map(lambda v: v[:, columns])
    if value["images"]:
        sums = sums.map(lambda v: v.sum(axis=0, keepdims=True))
    i, p, g = (getattr(sums, name) * t % w for name, (t, w) in value["numbers"].items())
    made = Overlap.unchecked((i, np.where(g == 0, 0, p) if value["absent"] else p, g), True, False)
    if average == "macro" and value["order"]:
        made = made.map(lambda v: v.T if value["order"] == 1 else v.reshape(1, -1))
    options = value["epsilon"] | {"average": average, "empty": float(value["empty"])}
    return float(value["form"][0] + value["form"][1] * getattr(made, value["score"])(**options))


def lay(p: Any, y: Any, **counting: Unpack[MapCounting]) -> dict[str, tuple[int, Overlap]]:
    """The ways in which two arrays may have been laid on each other, the plain one first."""
    if isinstance(p, Overlap):
        expect(y is None, "target", "none beside an Overlap", type(y).__name__)
        n = p.target.shape[-1] if p.has_classes else 1
        padding = (0, 0), (int(n == 1), 0)  # a background without pixels
        return {"": (0, p.map(lambda v: np.pad(np.reshape(v, (-1, n)), padding)))}
    overlap(p, y, **counting)  # refuses what does not fit
    p, y, batch = np.asarray(p), np.asarray(y) + 0, counting.get("batch_axis")
    x = (p >= 0.5 if (soft := p.dtype.kind == "f") else p) + 0
    space = [a for a in range(y.ndim) if batch is None or a != batch % y.ndim]
    pairs = {"": (0, x, y)}
    for axes in (axes for n in range(len(space)) for axes in combinations(space, n + 1)):
        pairs[f"prediction flipped along {axes}"] = 2, np.flip(x, axes), y
    for axes in permutations(space):
        if axes != (*space,) and (turned := np.moveaxis(x, space, axes)).shape == x.shape:
            pairs[f"prediction's axes {(*space,)} as {axes}"] = 2, turned, y
    for t in range(1, 10) if soft else ():
        other = ("a tie is background", p > 0.5) if t == 5 else (f"threshold {t / 10}", p >= t / 10)
        pairs[other[0]] = 1, other[1] + 0, y

    def count(x: Any, y: Any, **more: Any) -> Overlap:
        return Overlap.join([overlap(x, y, **{"num_classes": 2, **counting, **more})])

    views = {words: (cost, count(a, b)) for words, (cost, a, b) in pairs.items()}
    for a in space if len(space) > 2 else ():
        slices = (count(*(np.take(v, [i], a) for v in (x, y))) for i in range(x.shape[a]))
        views[f"each slice of axis {a} an image"] = 1, Overlap.join(slices)
    if len(views[""][1].target[0]) > 2:
        views["all labels as one mask"] = 1, count((x > 0) + 0, (y > 0) + 0, num_classes=2)
    at = None if batch is None else batch % y.ndim + 1
    for n, words in enumerate(SOFT if soft else ()):
        form = {"num_classes": None, "class_axis": 0, "batch_axis": at, "squared": n == 1}
        views[words] = 1 + n, count(np.stack([1 - p, p]), y, **form)
    return views


def candidates(views: dict[str, tuple[int, Overlap]]) -> Iterator[Candidate]:
    """All conventions with few departures, and all calls."""
    steps = [(k, n) for k, t in CHOICES.items() for n, v in t.items() if v[0] and len(v) == 3]
    for view, (cost, sums) in views.items():
        seen, classes = bool(sums.target[:, 0].any()), sums.target.shape[1]
        shut = {"background": not seen, "numbers": (sums.prediction % 1).any()}  # of counts alone
        alone = [f"class {k}" for k in range(not seen, classes) if k == 0 or classes > 2]
        more = [*steps, *(("average", name) for name in alone)]
        some = (chosen for n in range(TABLE["limit"] + 1) for chosen in combinations(more, n))
        asked = [(dict(chosen), "") for chosen in some if len(dict(chosen)) == len(chosen)]
        each = [{"average": name} for name in (alone if classes > 2 else ["macro", *alone])]
        asked += [
            ({**call["reads"], **one}, f"{call['library']}: {call['call']}")
            for call in TABLE["calls"]
            for one in (each if call["reads"].get("average") == "class" else [{}])
            if view in ("", SOFT["squared" in call])
        ]
        for convention, call in asked:
            n = cost + sum(CHOICES[k].get(name, (1,))[0] for k, name in convention.items())
            if (call or n <= TABLE["limit"]) and not any(map(shut.get, convention)):
                made = {k: v for k, v in {"arrays": view, **convention}.items() if v != PLAIN[k]}
                yield Candidate(read(sums, made), n, made, call)


def hits(number: float, decimals: int, groups: Iterable[list[Candidate]]) -> Iterator[Hit]:
    """The rows of one number, the plainest first."""
    unit, block = 10**decimals, 10 ** min(2, decimals)
    fits, rivals = [], []
    for group in groups:
        value = group[0].value
        if str(value) == str(number) or abs(value - number) * unit <= 0.5 + 1e-9:
            fits.append(group)
        elif isfinite(value - number):
            same = floor(value * unit + 0.5) // block == floor(number * unit + 0.5) // block
            rivals += [group[0].departures] * same
    for group in fits:
        n, calls = group[0].departures, dict.fromkeys(c.call for c in group if c.call)
        chance = sum(rival <= n for rival in rivals) / max(1, block - 1)
        yield Hit(n, str(group[0]), [*calls], chance, group)


def verdict(*found: list[Hit]) -> str:
    """The two conventions that differ least, and least from plain, of those that give the two."""
    first = ([c for hit in hits[:3] for c in hit.alike[:20]] for hits in found)
    pairs = [(len(a.convention.items() ^ b.convention.items()), a, b) for a, b in product(*first)]
    nearest = lambda pair: pair[0] + pair[1].departures + pair[2].departures  # noqa: E731
    pair: Any = min(pairs, key=nearest, default=())[1:]
    told = [f"{c}" + f" ({c.call})" * bool(c.call) for c in pair]
    return "Yours: {}. Theirs: {}.".format(*told) if pair else str(TABLE["no hit"])


def investigate(
    yours: Any, theirs: Any, prediction: Any, target: Any = None, **counting: Unpack[MapCounting]
) -> Findings:
    """Name the conventions, and the calls of libraries, that give each of two numbers.

    Parameters
    ----------
    yours, theirs : str or float
        The two numbers as they were printed: all decimals of "0.8240" count. With "%" it is in
        percent. A float has the decimals that Python prints.
    prediction, target : array
        Two masks; two class maps, with `num_classes`; or probabilities and a mask. Or an
        `Overlap` alone: its classes begin with the background, which may be all zeros.
        Axes, slices and thresholds are sought in arrays, and not in sums.
    num_classes, batch_axis, ignore_index
        As in `dice.overlap`. The samples are called images here.

    Returns
    -------
    Findings
        A table of hits for each number, those with the fewest departures from the plain
        convention first. Print it to read it.

    Raises
    ------
    TypeError, ValueError
        If a number has no decimals, or `dice.overlap` refuses the arrays.

    Notes
    -----
    Conventions with up to three departures are tried, and every call of a library that the page
    on other libraries has. Something wrong with an array, such as a flipped axis, counts twice.

    Examples
    --------
    >>> found = investigate("0.8235", "0.7000", Overlap(70, 80, 90))
    >>> {number: hits[0].convention for number, hits in found.hits.items()}
    {'yours 0.8235': 'plain', 'theirs 0.7000': 'IoU'}
    """
    numbers = [parse("yours", yours), parse("theirs", theirs)]
    groups: dict[str | int, list[Candidate]] = {}
    scale = 100 * 10 ** max(decimals for *_, decimals in numbers)
    views = lay(prediction, target, **counting)
    tried = sorted(candidates(views), key=lambda c: (c.departures, not c.call))
    for one in tried:
        key = floor(one.value * scale + 0.318) if isfinite(one.value) else str(one.value)
        groups.setdefault(key, []).append(one)
    table = {name: [*hits(value, digits, groups.values())] for name, value, digits in numbers}
    return Findings(table, verdict(*table.values()), (len(tried), len(groups)))
