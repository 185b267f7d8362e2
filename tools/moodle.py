r"""Questions for Moodle, as its XML: with choices, for numbers, in words.

A question with choices comes with several draws of its numbers, for several learners. An exercise
gives a question for each number that it asks for; a number that comes of a known slip gets a word
on it. A question in words has its answer as a note to whoever grades. Formulas stand in \( \).
"""

import json
import random
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import nbformat
import questions
from figures import as_html

EXERCISES = Path(__file__).parents[1] / "dice" / "course" / "exercises.json"
DRAWS = 5  # of each question with choices, the chapter's own beside them
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


def choices(name: str, question: dict) -> Iterator[Question]:
    """Ask with the numbers of the chapter, then with others; SymPy computes the choices."""
    numbers, draw, seen = question["start"], random.Random(name), []
    while len(seen) <= DRAWS:
        if numbers not in seen and questions.allowed(question, numbers):
            seen.append(numbers)
            text = questions.fill(question["text"], numbers)
            answers = [Answer(str(v), *said) for v, *said in questions.choices(question, numbers)]
            yield Question(f"{name}-{len(seen)}", "multichoice", text, answers)
        numbers = {key: draw.randint(*ends) for key, ends in question["draw"].items()}


def numbers(name: str, entry: dict, task: str) -> Iterator[Question]:
    """Ask for each number of an exercise; a slip that comes to the same is none."""
    digits = entry.get("decimals", 4)
    slips = {said: float(Fraction(slip)) for slip, said in entry.get("slips", {}).items()}
    for k, (ask, given) in enumerate(zip(entry["asks"], entry["answer"], strict=True), start=1):
        low, high = given if isinstance(given, list) else [float(Fraction(given))] * 2
        right, off = (low + high) / 2, (high - low) / 2 + 0.6 * 10.0**-digits
        answers = [Answer(f"{right:.8g}", True, entry["shows"], off)]
        wrong = [(said, slip) for said, slip in slips.items() if abs(slip - right) > 2 * off]
        answers += [Answer(f"{slip:.8g}", False, said, off) for said, slip in wrong]
        text = f"{task}\n\nGive this number, if need be to {digits} decimals: {ask}."
        yield Question(f"{name}-{k}", "numerical", text, answers, entry["hint"])


def of_chapter(file: Path) -> Iterator[Question]:
    """Ask what a chapter asks, as far as Moodle can."""
    cells = nbformat.read(file, as_version=4).cells
    source = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    for name, question in questions.QUESTIONS.items():
        if question["page"] == f"notebooks/{file.stem}":
            yield from choices(name, question)
    table = json.loads(EXERCISES.read_text("utf8"))["exercises"]
    for name, task in NAMED.findall(source):
        if "answer" in table.get(name, {}):
            yield from numbers(name, table[name], task)
    asked = questions.BLOCK.sub("", source.partition("\n## Questions\n")[2])
    for question, answer in QUESTION.findall(asked):
        name = re.sub(r"\W+", "-", question.lower()).strip("-")[:80]
        yield Question(name, "essay", question, [], answer)


def add(parent: ET.Element, tag: str, text: str, plain: bool = False) -> ET.Element:
    """Add an element of Moodle's, whose text stands in one of its own."""
    element = ET.SubElement(parent, tag) if plain else ET.SubElement(parent, tag, format="html")
    ET.SubElement(element, "text").text = text if plain else as_html(text)
    return element


def xml(chapters: dict[str, Path]) -> bytes:
    """Return the file that Moodle imports: a category for each chapter, by its title."""
    quiz = ET.Element("quiz")
    for title, file in chapters.items():
        head = ET.SubElement(quiz, "question", type="category")
        add(head, "category", f"$course$/top/{title}", plain=True)
        for question in of_chapter(file):
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
