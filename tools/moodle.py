r"""Questions for Moodle, as its XML: what the package computes, the exercises, the chapters' own.

A wrong number that comes of a known mistake gets a word on it. A question in words has its answer
as a note to whoever grades. Formulas stand in \( \), as Moodle's MathJax wants them.
"""

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import nbformat
import numpy as np
import sympy as sp
from figures import as_html

from dice import Overlap, dice_loss, dice_score, iou_score, soft_dice

EXERCISES = Path(__file__).parents[1] / "dice" / "course" / "exercises.json"
NAMED = re.compile(
    r'<small id="([^"]+)">.*?</small>\s*(.*?)\s*(?=<details>|^## |^### |\Z)', re.S | re.M
)
QUESTION = re.compile(r"<details>\s*<summary>(.*?)</summary>\s*(.*?)\s*</details>", re.S)


class Answer(NamedTuple):
    """A choice, or a number with what it may be off; and what to say to it."""

    text: str
    right: bool
    feedback: str = ""
    tolerance: float = 0


class Question(NamedTuple):
    """A question in Markdown, and the reason of its answer."""

    name: str
    kind: str  # multichoice, numerical or essay
    text: str
    answers: list[Answer]
    reason: str = ""


def number(name: str, text: str, right: float, wrong: dict[str, float], off: float) -> Question:
    """Ask for a number; a mistake that comes to the same number is none."""
    answers = [Answer(f"{right:.6g}", True, tolerance=off)]
    others = {said: value for said, value in wrong.items() if abs(value - right) > 2 * off}
    answers += [Answer(f"{value:.6g}", False, said, off) for said, value in others.items()]
    return Question(name, "numerical", text, answers)


def choice(name: str, text: str, right: sp.Expr, wrong: dict[str, sp.Expr]) -> Question:
    """Ask for a formula among others, none of which is the same."""
    assert all(sp.simplify(right - other) != 0 for other in wrong.values())
    answers = [Answer(f"${sp.latex(other)}$", False, said) for said, other in wrong.items()]
    return Question(name, "multichoice", text, [Answer(f"${sp.latex(right)}$", True), *answers])


def computed() -> Iterator[Question]:
    """Ask for scores of masks and of probabilities, and for formulas."""
    draw = np.random.default_rng(2026)
    text = "The target is `{}`, the {} `{}`. How large is {}? Give three decimals."
    for k in range(1, 9):
        g, p, q = draw.integers(0, 2, 6), draw.integers(0, 2, 6), draw.integers(1, 10, 6) / 10
        g[k % 6] = p[k % 6] = 1  # never two masks without a common pixel
        target, hard, soft = (" ".join(map(str, row.tolist())) for row in (g, p, q))
        wrong = {"This is IoU.": iou_score(p, g), "This is accuracy.": (p == g).mean()}
        wrong["The factor 2 is missing."] = dice_score(p, g) / 2
        asked = text.format(target, "prediction is", hard, "Dice")
        yield number(f"dice-{k}", asked, dice_score(p, g), wrong, 0.002)
        wrong = {"Do not round.": dice_score(q >= 0.5, g), "This is the loss.": dice_loss(q, g)}
        wrong["No squares in the denominator."] = soft_dice(q, g, squared=True)
        asked = text.format(target, "probabilities are", soft, "soft Dice, without epsilon")
        yield number(f"soft-dice-{k}", asked, soft_dice(q, g), wrong, 0.002)
    TP, FP, FN, J = sp.symbols(r"\mathrm{TP} \mathrm{FP} \mathrm{FN} J", positive=True)
    sums = Overlap(TP, TP + FP, TP + FN)
    D, iou = sums.dice(), sums.iou()
    wrong = {"This is precision.": TP / (TP + FP), "This is recall.": TP / (TP + FN)}
    text = "Which formula is Dice, in true positives, false positives and false negatives?"
    yield choice("formula-dice", text, D, {"This is IoU.": iou} | wrong)
    right = sp.simplify(D.subs(TP, sp.solve(iou - J, TP)[0]))
    wrong = {"This turns Dice into IoU.": J / (2 - J), "This can exceed 1.": 2 * J}
    yield choice("dice-of-iou", "A prediction has the IoU $J$. What is its Dice?", right, wrong)


def of_chapter(source: str, table: dict[str, dict]) -> Iterator[Question]:
    """Ask for the numbers of a chapter's exercises, by the table; then its questions in words."""
    for name, task in NAMED.findall(source):
        entry = table.get(name, {})
        slips = {said: float(Fraction(slip)) for slip, said in entry.get("slips", {}).items()}
        asks = zip(entry.get("asks", []), entry.get("answer", []), strict=True)
        for k, (ask, right) in enumerate(asks):
            low, high = right if isinstance(right, list) else [float(Fraction(right))] * 2
            digits = entry.get("decimals", 4)
            off = (high - low) / 2 + 0.6 * 10.0**-digits
            asked = f"{task}\n\nGive this number, to {digits} decimals: {ask}."
            made = number(f"{name}-{k + 1}", asked, (low + high) / 2, slips, off)
            yield made._replace(reason=f"{entry['hint']} {entry['shows']}")
    questions = source.partition("\n## Questions\n")[2].partition("\n## ")[0]
    for question, answer in QUESTION.findall(questions):
        name = re.sub(r"\W+", "-", question.lower()).strip("-")[:80]
        yield Question(name, "essay", question, [], answer)


def add(parent: ET.Element, tag: str, text: str, plain: bool = False) -> ET.Element:
    """Add an element of Moodle's, whose text stands in one of its own."""
    element = ET.SubElement(parent, tag) if plain else ET.SubElement(parent, tag, format="html")
    ET.SubElement(element, "text").text = text if plain else as_html(text)
    return element


def xml(questions: dict[str, list[Question]]) -> bytes:
    """Return the file that Moodle imports: questions by the category that they go into."""
    quiz = ET.Element("quiz")
    for category, asked in questions.items():
        head = ET.SubElement(quiz, "question", type="category")
        add(head, "category", f"$course$/top/{category}", plain=True)
        for question in asked:
            element = ET.SubElement(quiz, "question", type=question.kind)
            add(element, "name", question.name, plain=True)
            add(element, "questiontext", question.text)
            reason = "graderinfo" if question.kind == "essay" else "generalfeedback"
            add(element, reason, question.reason)
            ET.SubElement(element, "shuffleanswers").text = "true"
            for answer in question.answers:
                given = add(element, "answer", answer.text, question.kind == "numerical")
                given.set("fraction", "100" if answer.right else "0")
                add(given, "feedback", answer.feedback)
                ET.SubElement(given, "tolerance").text = f"{answer.tolerance:.6g}"
    ET.indent(quiz)
    return ET.tostring(quiz, encoding="utf-8", xml_declaration=True)


def all_questions(chapters: dict[str, Path]) -> bytes:
    """Return the file of all questions, a category for each chapter, by its title."""
    table = json.loads(EXERCISES.read_text("utf8"))["exercises"] if EXERCISES.is_file() else {}
    found = {"Computed": [*computed()]}
    for title, file in chapters.items():
        source = "\n\n".join(cell.source for cell in nbformat.read(file, as_version=4).cells)
        found[title] = [*of_chapter(source, table)]
    return xml(found)
