"""Judge the answers to exercises: `check` a number or a function, and ask for a `hint`.

A function is tried on inputs from small to large, so that its first failure is the smallest
counterexample, and is compared with planted mistakes. What is right, what is asked, the hints and
the mistakes stand in exercises.json, which the pages of the book read too.
"""

import json
import warnings
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from html import escape
from itertools import islice, product
from pathlib import Path
from pickle import dumps, loads
from typing import Any, NamedTuple

import numpy as np

import dice
from dice.course import style

LAWS, EXERCISES = json.loads(Path(__file__).with_name("exercises.json").read_text("utf8")).values()
Function = Callable[..., Any]
CHANGED = Exception("changes its inputs: work on a copy")
BOX = '<path d="M{} {}h28v28h-28z" fill="{}" fill-opacity="{:.2f}" stroke="currentColor"/>'
WORD = '<text x="{}" y="{}" text-anchor="{}" fill="currentColor">{}</text>'
PICTURE = '<svg role="img" aria-label="{}" width="{}" height="60" font-size="13">{}</svg>'
WRONG = 'Not yet. {} For a hint: hint("{}").'


class Verdict(NamedTuple):
    """What is said of an answer: true if it is right. Short rows of pixels are drawn."""

    text: str
    right: bool = False
    rows: tuple[tuple[str, Any], ...] = ()

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str | None:
        if not self.rows:
            return None
        drawn, said = "", "; ".join(f"{name} {told(row)}" for name, row in self.rows)
        for y, (name, row) in zip((0, 30), self.rows, strict=False):
            color = style.TARGET if name == "target" else style.PREDICTION
            for x, v in enumerate(row):
                drawn += BOX.format(30 * x + 1, y + 1, color, 0.4 * float(v))
                drawn += WORD.format(30 * x + 15, y + 19, "middle", told(v))
            drawn += WORD.format(30 * len(row) + 8, y + 19, "start", name)
        size = 30 * len(self.rows[0][1]) + 90
        return f"<p>{escape(self.text)}</p>{PICTURE.format(said, size, drawn)}"


def told(value: Any, exact: bool | None = None) -> str:
    """What is written in a sentence: an input as in Python, a result short, the truth exact."""
    if isinstance(value, tuple | list):
        parts = ("[{}]" if isinstance(v, np.ndarray) else "{}" for v in value)
        row = ", ".join(part.format(told(v, exact)) for part, v in zip(parts, value, strict=True))
        return f"({row})" if isinstance(value, tuple) else f"[{row}]"
    if isinstance(value, np.ndarray) and value.ndim:
        row = (" / " if value.ndim > 1 else " ").join(told(v, exact) for v in value)
        return row if value.size <= 24 else f"an array of shape {value.shape}"
    near = attempt(lambda: Fraction(float(value)).limit_denominator(999), ())
    if isinstance(near, Exception):
        return str(value)
    if exact is None and isinstance(value, float):
        return str(float(f"{value:.6g}"))
    plain = (exact or near.denominator == 1) and abs(near - float(value)) < 1e-12
    return str(near) if plain else f"{float(value):.6g}"


def numbers(value: Any) -> Any:
    """A result as an array, or the error: text is no number, not even "0.5"."""
    return attempt(lambda: np.asarray(np.asarray(value) + 0, float), ())


def sort_of(value: Any) -> str:
    """The type of a result, and its shape if it has one."""
    shape, name = np.shape(numbers(value)), type(value).__name__.replace("ndarray", "array")
    return f"{name} of shape {shape}" if shape else name


def same(one: Any, other: Any, within: float = 1e-12) -> bool:
    """Whether two results agree, in shape too, or two errors.

    Sums in another order differ by rounding, 1e-15 or so; small differences of a loss miss its
    slope by 1e-11 at the best, and an epsilon of 1e-6 or 1e-8 shows.
    """
    a, b = numbers(one), numbers(other)
    if isinstance(a, Exception) or isinstance(b, Exception):
        return repr(one) == repr(other)
    return a.shape == b.shape and bool(np.allclose(a, b, within, within, equal_nan=True))


def attempt(function: Function, case: tuple[Any, ...], quiet: bool = False) -> Any:
    """What a function gives for copies of the inputs, or its error."""
    try:
        given = loads(before := dumps(case))
        with warnings.catch_warnings(), np.errstate(divide="warn", invalid="warn", over="ignore"):
            warnings.simplefilter("error" if quiet else "ignore")
            result = function(*given)
        return result if dumps(given) == before else CHANGED
    except Exception as error:
        return error


def masks(kind: str = "int64", levels: Any = (0, 1), most: int = 3, least: int = 1) -> list[Any]:
    """All pairs of a prediction and a target with few pixels, the plainest first; some larger."""
    first = "float64" if len(levels) > 2 else kind
    pairs = [
        (np.array(p, first), np.array(g, kind))
        for n in range(1, most + 1)
        for p, g in product(product(levels, repeat=n), product((0, 1), repeat=n))
        if sum(p) + sum(g) >= least
    ]
    pairs.sort(key=lambda pair: (pair[1].size, np.sum(pair[0] % 1 > 0), np.sum(pair)))
    draw = np.random.default_rng(0)
    for shape in (2, 3), (2, 3, 4), (2000,):
        g = (draw.random(shape) < 0.5).astype(kind)
        pairs.append((draw.choice(levels, shape).astype(first), g))
    return pairs


def measured(loss: Function, p: Any) -> Any:
    """The slopes of a loss by each of the probabilities, by small differences."""
    steps = 1e-5 * np.eye(p.size).reshape(-1, *p.shape)
    return np.reshape([(loss(p + h) - loss(p - h)) / 2e-5 for h in steps], p.shape)


SCOPE = {**vars(dice), "np": np, "product": product, "masks": masks, "measured": measured}


def known(name: str) -> dict[str, Any]:
    """What the table has of an exercise, and of the one that it is like."""
    if name not in EXERCISES:
        near = get_close_matches(name, EXERCISES, 3, 0.4)
        raise ValueError(f"no exercise is called {name!r}; near names: {', '.join(near) or 'none'}")
    entry = EXERCISES[name]
    return {**known(entry["like"]), **entry} if "like" in entry else entry


def written(code: str, names: str) -> Function:
    """A function of the inputs, from an expression of the table."""
    body = compile(code, "exercises.json", "eval")
    return lambda *case: eval(body, {**SCOPE, **dict(zip(names.split(), case, strict=True))})


@cache
def cases(name: str) -> list[tuple[tuple[Any, ...], Any]]:
    """The inputs of an exercise, from small to large, and what is right for each."""
    entry = known(name)
    truth = written(entry["truth"], entry["names"])
    inputs = [tuple(case) for case in eval(entry["inputs"], SCOPE)]
    return [(case, attempt(truth, case)) for case in inputs]


def breaks(law: str, function: Function, tried: list[Any]) -> Iterator[int]:
    """Where a function breaks a law of the table."""
    sides = written(f"({', '.join(LAWS[law])})", "p g a f")
    for k, (case, _) in enumerate(tried):
        p, g, *a = [*case, None][: max(2, len(case))]
        found = attempt(lambda *of: sides(*of, function), (p, g, a))
        if isinstance(found, Exception) or not same(*found):
            yield k


def judge_function(name: str, function: Function) -> Verdict:
    """Try a function on all inputs: the first that fails is the smallest."""
    entry, tried, quiet = known(name), cases(name), known(name).get("quiet", False)
    came = [attempt(function, case, quiet) for case, _ in tried]
    if any(value is ... for value in came):
        return check(name, ...)
    failed = [k for k, (_, right) in enumerate(tried) if not same(came[k], right)]
    laws = () if any(isinstance(value, Exception) for value in came) else entry.get("laws", ())
    broken = {law: k for law in laws for k in islice(breaks(law, function, tried), 1)}
    if not failed and not broken:
        return Verdict(f"Right, on {len(tried)} inputs. {entry['shows']}", True)
    first = min(failed or broken.values())
    (case, right), yours = tried[first], came[first]
    inputs = [*zip(entry.get("spoken", entry["names"]).split(" "), case, strict=True)]
    inputs.sort(key=lambda pair: pair[0] != "target")
    text = f"For {', '.join(f'{who} {told(value)}' for who, value in inputs)} yours "
    if isinstance(yours, Exception):
        text += f"{yours if yours is CHANGED else f'raises {type(yours).__name__}: {yours}'}."
    else:
        text += f"gives {told(yours, False)}" + (f", it is {told(right, True)}." if failed else ".")
        if isinstance(numbers(yours), Exception) or np.shape(yours) != np.shape(right):
            text += f" (Yours: {sort_of(yours)}. Asked for: {sort_of(right)}.)"
            broken = {}
        elif failed and same(yours, right, 1e-4):
            text += f" (Off by {np.nanmax(abs(numbers(yours) - right)):.0e}, which is no rounding.)"
    for words, code in entry["mistakes"].items():
        slip = written(code, entry["names"])
        if all(same(attempt(slip, of, quiet), v) for (of, _), v in zip(tried, came, strict=True)):
            text += f" On all inputs yours does what this mistake does: {words}."
            break
    text += f" It breaks a law: {'; '.join(broken)}." if broken else ""
    pixels = [pair for pair in inputs if pair[0] in ("target", "prediction", "probabilities")]
    short = len(pixels) == 2 and all(np.ndim(v) == 1 and len(v) <= 8 for _, v in pixels)
    return Verdict(WRONG.format(text, name), rows=tuple(pixels) if short else ())


def judge_numbers(name: str, answer: Any) -> Verdict:
    """Compare numbers: exact, or rounded to the decimals that are asked for."""
    entry = known(name)
    given = attempt(
        lambda: [float(Fraction(v) if isinstance(v, str) else v) for v in np.ravel(answer)], ()
    )
    if isinstance(given, Exception) or len(given) != len(entry["asks"]):
        return Verdict(f"Not yet. Asked for: {', '.join(entry['asks'])}; as numbers, in order.")
    decimals, wrong = entry.get("decimals", 4), []
    half = 0.5 * 10.0**-decimals + 1e-12
    for ask, value, right in zip(entry["asks"], given, entry["answer"], strict=True):
        low, high = right if isinstance(right, list) else [float(Fraction(right))] * 2
        wrong += [] if low - half <= value <= high + half else [ask]
    if not wrong:
        return Verdict(f"Right. {entry['shows']}", True)
    slips = entry.get("slips", {}).items()
    said = [w for slip, w in slips if any(abs(v - float(Fraction(slip))) <= half for v in given)]
    text = f"Not right: {', '.join(wrong)} (exact, or to {decimals} decimals)."
    return Verdict(WRONG.format(" ".join([text, *said]), name))


def judge_example(name: str, answer: Any) -> Verdict:
    """See whether an example has all that is demanded of it."""
    entry = known(name)
    for words, code in entry["demands"].items():
        held = attempt(lambda code=code: written(code, entry["names"])(answer), ())
        if isinstance(held, Exception) or not held:
            return Verdict(WRONG.format(f"This does not hold: {words}.", name))
    return Verdict(f"Right. {entry['shows']}", True)


def check(name: str, answer: Any) -> Verdict:
    """Judge an answer to an exercise.

    Parameters
    ----------
    name : str
        The exercise's lasting name, which stands below its heading.
    answer : number, sequence of numbers, or function
        Exact (a fraction may be text, "1/3", or SymPy's), or rounded to four decimals unless the
        exercise names others. A function is called by position. The three dots ``...`` wait.

    Returns
    -------
    Verdict
        True if the answer is right. If not, it says the smallest counterexample of those tried.

    Raises
    ------
    ValueError
        If no exercise has this name.

    Examples
    --------
    >>> check("soft-dice/price-of-epsilon", ("1/3", 50))
    Right. An epsilon of 1 is dear for small objects.
    >>> check("build/hard-dice", lambda p, g: (p * g).sum() / (p.sum() + g.sum())).right
    False
    """
    entry = known(name)
    if answer is ...:
        return Verdict("Put your answer in place of the three dots.")
    if "answer" in entry:
        return judge_numbers(name, answer)
    if "demands" in entry:
        return judge_example(name, answer)
    if not callable(answer):
        names = [who.partition(",")[0] for who in entry.get("spoken", entry["names"]).split(" ")]
        return Verdict(f"Not yet. Asked for: a function of {', '.join(names)}.")
    return judge_function(name, answer)


def hint(name: str) -> Verdict:
    """A hint at an exercise; its last words say how to see the solution."""
    return Verdict(f'{known(name)["hint"]} The solution: solution("{name}").')


def solution(name: str) -> Verdict:
    """The numbers that are right, or the code of a function that is."""
    entry = known(name)
    numbers = zip(entry.get("asks", ()), entry.get("answer", ()), strict=True)
    return Verdict(entry.get("solution") or "; ".join(f"{ask}: {told(v)}" for ask, v in numbers))
