"""The judge of exercises names each planted mistake, and finds the smallest counterexample."""

import re
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import dice
from dice import dice_score, soft_dice
from dice.course.judge import (
    EXERCISES,
    cases,
    check,
    hint,
    known,
    measured,
    same,
    solution,
    written,
)

FUNCTIONS = [name for name in EXERCISES if "truth" in known(name)]
NUMBERS = [name for name in EXERCISES if "answer" in known(name)]
EXAMPLES = [name for name in EXERCISES if "demands" in known(name)]
MISTAKES = [(name, words) for name in FUNCTIONS for words in known(name)["mistakes"]]
FOR_ALL = "build/hard-dice", "build/gradient", "build/sums", "build/mask"
OTHERS = [
    pytest.param(*pair, marks=pytest.mark.beyond) for pair in MISTAKES if pair[0] not in FOR_ALL
]


def solved(name):
    """What the solution of an exercise defines, run as a reader would run it."""
    made = {**vars(dice), "np": np}
    exec(known(name)["solution"], made)
    return [*made.values()][-1]


def test_each_exercise_is_of_one_kind_and_has_its_words():
    assert len(FUNCTIONS) + len(NUMBERS) + len(EXAMPLES) == len(EXERCISES)
    for name in EXERCISES:
        entry = known(name)
        assert re.fullmatch(r"[a-z-]+/[a-z0-9-]+", name)
        assert all(entry[what].strip()[-1] in ".)?" for what in ("hint", "shows")), name


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_right_function_passes_and_a_constant_does_not(name):
    assert not any(isinstance(right, Exception) for _, right in cases(name))
    verdict = check(name, solved(name))
    assert verdict.right, verdict
    assert str(verdict) == f"Right, on {len(cases(name))} inputs. {known(name)['shows']}"
    assert not check(name, lambda *_: 0.123)


@pytest.mark.parametrize(
    ("name", "words"), [*(pair for pair in MISTAKES if pair[0] in FOR_ALL), *OTHERS]
)
def test_each_planted_mistake_is_named(name, words):
    entry = known(name)
    verdict = check(name, written(entry["mistakes"][words], entry["names"]))
    assert not verdict.right
    assert f"what this mistake does: {words}." in str(verdict)
    assert str(verdict).endswith(f'For a hint: hint("{name}").')


def rows_of(text):
    """The target and the prediction that a verdict names."""
    found = re.search(r"For target ([\d. ]+), pr\w+ ([\d. ]+)[, ]", text)
    return [np.array(row.split(), float) for row in found.groups()]


@pytest.mark.parametrize(
    ("name", "words"),
    [pair for pair in MISTAKES if pair[0] in ("build/hard-dice", "build/soft-dice")],
)
def test_no_smaller_counterexample_exists(name, words):
    """By brute force, written anew: fewer pixels, or as many and less in them, all agree."""
    soft = "soft" in name
    levels, right = ((0, 0.25, 0.5, 1), soft_dice) if soft else ((0, 1), dice_score)
    wrong = written(known(name)["mistakes"][words], "p g")
    target, prediction = rows_of(str(check(name, wrong)))
    size = len(target), (prediction % 1 > 0).sum(), prediction.sum() + target.sum()
    kind = float if soft else int
    with np.errstate(all="ignore"):
        for n in range(1, len(target) + 1):
            for rows in product(product(levels, repeat=n), product((0, 1), repeat=n)):
                p, g = np.array(rows[0], kind), np.array(rows[1])
                total = p.sum() + g.sum()
                if total >= 1 and (n, (p % 1 > 0).sum(), total) < size:
                    assert same(wrong(p, g), right(p, g)), rows
        p, g = prediction.astype(kind), target.astype(int)
        assert not same(wrong(p, g), right(p, g))


def test_a_counterexample_is_told_and_drawn():
    verdict = check("build/hard-dice", lambda p, g: (p * g).sum() / np.maximum(p, g).sum())
    assert str(verdict).startswith(
        "Not yet. For target 1 1, prediction 0 1 yours gives 0.5, it is 2/3. "
    )
    html = verdict._repr_html_()
    assert 'role="img" aria-label="target 1 1; prediction 0 1"' in html
    assert html.count("<path") == 4 and 'fill="#0072B2"' in html and 'fill="#E69F00"' in html
    assert check("build/hard-dice", ...)._repr_html_() is None
    many = check("build/averages", lambda *_: 0.123)
    assert many._repr_html_() is None and "average macro" in str(many)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda p, g: 1 / 0, "0 yours raises ZeroDivisionError: division by zero. For a"),
        (lambda p, g: None, "yours gives None, it is 0. (Yours: NoneType. Asked for: float.)"),
        (lambda p, g: "x", "yours gives x, it is 0. (Yours: str. Asked for: float.)"),
        (lambda p, g: str(dice_score(p, g)), "yours gives 0, it is 0. (Yours: str. Asked for: "),
        (lambda p: p, "yours raises TypeError: "),
        (lambda p, g: [[1], [2, 3]], "yours gives [[1], [2, 3]], it is 0. (Yours: list."),
        (lambda p, g: [dice_score(p, g)], "gives [0], it is 0. (Yours: list of shape (1,). Asked"),
        (lambda p, g: np.array([dice_score(p, g)]), "(Yours: array of shape (1,). Asked for: "),
        (3, "Asked for: a function of prediction, target."),
    ],
)
def test_what_goes_wrong_is_said(answer, told):
    verdict = check("build/hard-dice", answer)
    assert not verdict and told in str(verdict)
    assert "raises" not in told or ("law" not in str(verdict) and "mistake" not in str(verdict))


def loss_to(g):
    return lambda p: 1 - 2 * (p * g).sum() / (p.sum() + g.sum())


@pytest.mark.parametrize(
    ("name", "answer", "told"),
    [
        ("soft-dice", lambda p, g: (p & g).sum(), "target 1, probabilities 0.0 yours raises TypeE"),
        ("soft-dice", lambda p, g: 2 * (p * g).sum() / (p.sum() + g.sum() + 1e-8), "(Off by 5e-09"),
        ("gradient", lambda p, g: dice.dice_loss_gradient(p, g).sum(), "(Yours: float64."),
        ("gradient", lambda p, g: measured(loss_to(g), p), "which is no rounding.)"),
        ("gradient", 3, "Asked for: a function of probabilities, target."),
        ("merging", 3, "Asked for: a function of parts."),
        ("merging", lambda parts: 0.1, "(prediction, target): [([0], [0]), ([0], [1])] yours"),
        ("empty", lambda p, g, empty: np.array(0) / 0, "yours raises RuntimeWarning: invalid"),
    ],
)
def test_the_kind_and_the_size_of_an_error_are_said(name, answer, told):
    verdict = check(f"build/{name}", answer)
    assert not verdict and told in str(verdict).replace("\xa0", " ")
    assert "(Yours" not in told or "law" not in str(verdict)


def test_another_order_of_the_sums_is_right():
    """Roots, added up one by one, differ in the last digits; a small epsilon is more."""
    p, g = np.sqrt(np.arange(2000) / 2000), np.arange(2000) % 3 % 2
    other = 2 * sum(p * g) / sum([*p, *g])
    assert other != soft_dice(p, g) and same(other, soft_dice(p, g))
    assert not same(2 * (p * g).sum() / (p.sum() + g.sum() + 1e-8), soft_dice(p, g))


def test_a_function_that_fails_on_large_inputs_alone_is_found():
    def eight_bits(p, g):
        size = p.sum() + g.sum()
        return 2 * int(np.dot(p.ravel(), g.ravel())) / size if size else np.nan

    assert "an array of shape (2000,)" in str(check("dice-coefficient/write-dice", eight_bits))


def test_a_function_that_changes_its_inputs_is_told_and_changes_copies():
    def greedy(p, g):
        value = 2 * (p * g).sum() / (p.sum() + g.sum())
        g[:] = 0
        return value

    for _ in range(2):
        verdict = check("build/hard-dice", greedy)
        assert "For target 1, prediction 0 yours changes its inputs: work on a" in str(verdict)
        assert not verdict and "law" not in str(verdict)
    assert check("build/hard-dice", dice_score)


def test_a_law_alone_is_enough_to_fail():
    """Agreement on what was tried is not all: prediction and target change places."""
    seen = [case for case, _ in cases("build/hard-dice")]

    def learned_by_heart(p, g):
        known = any(same(p, a) and same(g, b) for a, b in seen if a.shape == p.shape)
        return dice_score(p, g) if known else 0.5

    verdict = check("build/hard-dice", learned_by_heart)
    assert not verdict and "It breaks a law: " in str(verdict) and ", it is" not in str(verdict)


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name):
    entry = known(name)
    middle = [sum(v) / 2 if isinstance(v, list) else v for v in entry["answer"]]
    half = 0.5 * 10.0 ** -entry.get("decimals", 4)
    assert check(name, middle) == (f"Right. {entry['shows']}", True, ())
    exact = [float(Fraction(v)) for v in middle]
    assert check(name, np.array(exact)) and check(name, [round(v, 4) for v in exact])
    assert check(name, [v + 0.9 * half for v in exact])
    for k, right in enumerate(entry["answer"]):
        off = (right[1] - right[0] if isinstance(right, list) else 0) + 1.5 * half
        verdict = check(name, [*exact[:k], exact[k] + off, *exact[k + 1 :]])
        assert not verdict and f"Not right: {entry['asks'][k]} (exact, or to" in str(verdict)
    assert "Asked for: " in str(check(name, [*middle, 1])) and not check(name, "many")
    for slip, words in entry.get("slips", {}).items():
        verdict = check(name, [slip] * len(middle))
        assert not verdict and words in str(verdict)
    assert entry["asks"][0] in str(solution(name))


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name):
    first, second = eval(known(name)["solution"], vars(dice))
    assert check(name, (first, second)) == (f"Right. {known(name)['shows']}", True, ())
    for wrong in ((second, first), (first, first), 3, (first,)):
        verdict = check(name, wrong)
        assert not verdict and "This does not hold: " in str(verdict)


def test_a_function_that_gives_the_three_dots_waits():
    assert str(check("build/hard-dice", lambda p, g: ...)) == str(check("build/hard-dice", ...))


def test_names_hints_and_what_waits():
    assert (
        repr(check("soft-dice/price-of-epsilon", ...))
        == "Put your answer in place of the three dots."
    )
    with pytest.raises(ValueError, match=r"near names: .*soft-dice/price-of-epsilon"):
        check("soft-dice/price-of-epsylon", 1)
    with pytest.raises(ValueError, match="near names: none"):
        hint("???")
    assert 'solution("build/hard-dice")' in repr(hint("build/hard-dice"))
    assert repr(solution("build/hard-dice")).startswith("def ")
