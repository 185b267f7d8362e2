"""Questions with choices: one is right, all differ, and the package and the chapters agree."""

import random

import numpy as np
import pytest
from questions import QUESTIONS, allowed, choices, fill, main, markdown

import dice


def draws(question):
    """Numbers that the page may draw, without end."""
    random.seed(0)
    while True:
        numbers = {name: random.randint(*ends) for name, ends in question["draw"].items()}
        if allowed(question, numbers):
            yield numbers


@pytest.mark.parametrize("name", QUESTIONS)
def test_one_choice_is_right_for_all_numbers(name):
    question = QUESTIONS[name]
    assert [right for _, right, _ in choices(question, question["start"])].count(True) == 1
    assert allowed(question, question["start"])
    for numbers, _ in zip(draws(question), range(60), strict=False):
        assert question["start"].keys() == numbers.keys()
        (right,) = (value for value, right, _ in choices(question, numbers) if right)
        assert all(value.is_rational and value >= 0 for value, _, _ in choices(question, numbers))
        if "package" in question:
            scope = {**vars(dice), "np": np, **numbers}
            assert eval(question["package"], scope) == pytest.approx(float(right))


@pytest.mark.parametrize("name", QUESTIONS)
def test_words_say_why(name):
    text = markdown(name)
    assert "{" not in text and text.count("\n\nRight. ") == 1 and text.count("\n\nNo. ") == 3
    assert all(
        len(choice["why"]) > 30 and choice["why"][-1] == "."
        for choice in QUESTIONS[name]["choices"]
    )
    assert fill(QUESTIONS[name]["text"], QUESTIONS[name]["start"])[-1] == "?"


def test_the_chapters_have_the_questions(capsys):
    assert main(store=False) is False, capsys.readouterr().out
