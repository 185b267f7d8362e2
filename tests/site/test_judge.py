"""Exercises and questions answer in the page as in Python; what is solved stays in the browser."""

import json
import random
import re

import pytest
from built import SITE, axe
from questions import QUESTIONS, allowed, choices, fill

from dice.course.judge import EXERCISES, check

pytestmark = pytest.mark.book

CHAPTER, MAP = "notebooks/03_soft_dice.html", "book/progress.html"
NUMBERS = {name: entry for name, entry in EXERCISES.items() if "answer" in entry}


def test_questions_have_new_exact_numbers(visit):
    page = visit(MAP)
    for name, question in QUESTIONS.items():
        formulas = [choice["value"] for choice in question["choices"]]
        drawn = page.evaluate(
            """([question, formulas]) => Array.from({length: 40}, () => diceJudge.draw(question))
            .map(numbers => [numbers, formulas.map(one => diceJudge.exact(one, numbers))])""",
            [question, formulas],
        )
        assert len({json.dumps(numbers) for numbers, _ in drawn}) > 3, name
        for numbers, values in drawn:
            assert allowed(question, numbers)
            assert values == [str(value) for value, _, _ in choices(question, numbers)]
            assert all(a <= numbers[key] <= b for key, (a, b) in question["draw"].items())
    for formula in ("1/0", "1+", "(1", "x", "2**99", "1;2", "", "1e99"):
        assert page.evaluate(
            "f => { try { diceJudge.exact(f) } catch { return 'refused' } }", formula
        )


def test_a_question_is_pressed(visit):
    page = visit(CHAPTER)
    name = "soft-dice/cost-of-a-perfect-prediction"
    box = page.locator(".judge[role=group]").first
    numbers = json.loads(box.get_attribute("data-numbers"))
    assert fill(QUESTIONS[name]["text"], numbers) in page.locator("article").inner_text()
    for k, (value, right, why) in enumerate(sorted(choices(QUESTIONS[name], numbers))):
        button = box.get_by_role("button", name=re.compile("ABCD"[k]))
        assert button.inner_text() == f"{'ABCD'[k]}. {value}"
        button.press("Enter")
        assert box.locator("[role=status]").inner_text() == f"{'Right' if right else 'No'}. {why}"
    assert page.evaluate("diceJudge.solved()") == [name]
    before = box.get_attribute("data-numbers")
    while box.get_attribute("data-numbers") == before:
        box.get_by_role("button", name="New numbers").press("Enter")
    assert page.evaluate("document.activeElement.textContent").startswith("A. ")
    assert axe(page, ".judge") == []


def test_numbers_are_judged_as_in_python(visit):
    page, draw = visit(MAP), random.Random(0)
    for name, entry in NUMBERS.items():
        middle = [v if not isinstance(v, list) else sum(v) / 2 for v in entry["answer"]]
        for _ in range(4):
            given = [draw.choice([v, "0.5", "2/3", *entry.get("slips", {})]) for v in middle]
            for answer in (middle, given, given[1:]):
                right, text = (
                    page.evaluate(
                        "([entry, given]) => diceJudge.judgeNumbers(entry, given)", [entry, answer]
                    )
                    if len(answer) == len(middle)
                    else (False, "")
                )
                verdict = check(name, [*answer])
                assert right == verdict.right, (name, answer)
                assert text in str(verdict) or entry.get("slips")


def test_an_exercise_is_solved_kept_and_taken_along(visit):
    page = visit(CHAPTER)
    form = page.locator("form.judge").filter(has_text="pixels for less than 0.01")
    said, fields = form.locator("[role=status]"), form.locator("input")
    assert 'check("soft-dice/by-hand"' not in page.locator("article").inner_text()
    fields.nth(1).press("Enter")
    assert "first" in said.inner_text()
    for answers, words in {
        ("1/3", "49"): "pixels for less than 0.01 (exact, or to 4 decimals). 49 pixels",
        ("a", "50"): "Each is to be a number",
        ("0.3333", "50"): "Right. An epsilon of 1",
    }.items():
        for k, answer in enumerate(answers):
            fields.nth(k).fill(answer)
        fields.nth(1).press("Enter")
        assert words in said.inner_text()
    page.reload()
    assert [field.input_value() for field in fields.all()] == ["0.3333", "50"]
    form.get_by_role("button", name="Hint").click()
    assert "eps / (2G + eps)" in said.inner_text() and axe(page, "form.judge") == []
    page.goto(page.url.replace(CHAPTER, MAP))
    line = page.get_by_label("as a line of text")
    assert line.input_value() == "dice-course solved: soft-dice/price-of-epsilon"
    done = page.locator("li[data-solved]", has_text="solved")
    assert [e.inner_text() for e in done.all()] == ["3.3: The price of epsilon ✓ solved"]
    assert axe(page) == []
    page.get_by_role("button", name="Forget all").click()
    assert done.count() == 0
    assert line.input_value() == "dice-course solved: soft-dice/price-of-epsilon"
    line.fill("dice-course solved: soft-dice/by-hand no-such/exercise gradients/by-hand")
    page.get_by_role("button", name="Add from the line").click()
    page.reload()
    assert line.input_value() == "dice-course solved: gradients/by-hand soft-dice/by-hand"
    assert page.get_by_text("2 of ").count() == 1 and done.count() == 2


@pytest.mark.skipif(not (SITE / "_static/live/sympy.bin").exists(), reason="needs `make live`")
def test_code_is_judged_in_the_page(visit):
    page = visit("notebooks/02_dice_coefficient.html")
    form = page.locator("form.judge:has(textarea)")
    wrong = (
        "def f(p, g):\n    return (p * g).sum() / (p.sum() + g.sum()) if (p + g).any() else np.nan"
    )
    for code, words, drawn in [
        (wrong, "For target 1, prediction 1 yours gives 0.5, it is 1. On all", 1),
        ("def f(p g):", "Not yet. Python says: SyntaxError", 0),
        (wrong.replace("(p *", "2 * (p *"), "Right, on ", 0),
    ]:
        form.locator("textarea").fill(code)
        form.get_by_role("button", name="Check").click()
        if code == wrong:
            page.locator("dialog").get_by_role("button", name="Run", exact=True).click()
        said = form.locator("[role=status]")
        said.filter(has_text=words).wait_for(timeout=200_000)
        assert form.locator("svg[role=img]").count() == drawn
    assert page.evaluate("diceJudge.solved()") == ["dice-coefficient/write-dice"]
