"""Write the questions with choices into the chapters: python tools/questions.py --store

They stand in book/_ext/questions.yml, their values as formulas, which SymPy makes exact. Without
--store it says which chapters differ. In the page other numbers are drawn, by judge.js.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path

import sympy as sp
import yaml

ROOT = Path(__file__).parents[1]
QUESTIONS = yaml.safe_load((ROOT / "book/_ext/questions.yml").read_text("utf8"))
BLOCK = re.compile(
    r"\*\*Choose\.\*\* [^\n]+\n\n<small id=[^\n]+\n\n"
    r"(?:<details><summary>[A-D]\. [^\n]+\n\n[^\n]+\n\n</details>\n\n)+"
)


def exact(formula, numbers):
    """Return the value of a formula, a rational number."""
    return evaluated(str(formula), **numbers)


@cache
def evaluated(formula, **numbers):
    return sp.sympify(formula, {name: sp.Integer(value) for name, value in numbers.items()})


def fill(text, numbers):
    """Put numbers, and what is computed of them, into a text."""
    return re.sub(r"\{([^{}]+)\}", lambda match: str(exact(match[1], numbers)), text)


def choices(question, numbers):
    """Return value, whether it is right, and the reason, of each choice."""
    return [
        (exact(choice["value"], numbers), choice.get("right", False), fill(choice["why"], numbers))
        for choice in question["choices"]
    ]


def allowed(question, numbers):
    """Tell whether numbers make a question: what is to be positive is, and all values differ."""
    values = [value for value, _, _ in choices(question, numbers)]
    positive = all(exact(formula, numbers) > 0 for formula in question.get("positive", []))
    return positive and len({*values}) == len(values)


def markdown(name):
    """Return a question as Markdown, with the numbers that it starts with."""
    question = QUESTIONS[name]
    numbers = question["start"]
    text = (
        f'**Choose.** {fill(question["text"], numbers)}\n\n<small id="{name}">`{name}`</small>\n\n'
    )
    for letter, (value, right, why) in zip("ABCD", choices(question, numbers), strict=True):
        text += f"<details><summary>{letter}. {value}</summary>\n\n"
        text += f"{'Right' if right else 'No'}. {why}\n\n</details>\n\n"
    return text


def written(source, text):
    """Return the Markdown of a cell with the questions of its chapter below their heading."""
    return re.sub(r"^(## Questions\n\n)", lambda m: m[1] + text, BLOCK.sub("", source), flags=re.M)


def main(store):
    different = []
    for page in dict.fromkeys(question["page"] for question in QUESTIONS.values()):
        text = "".join(markdown(name) for name, q in QUESTIONS.items() if q["page"] == page)
        path = ROOT / f"{page}.ipynb"
        notebook = json.loads(before := path.read_text("utf8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown" and "## Questions\n" in cell["source"]:
                source = written("".join(cell["source"]), text)
                cell["source"] = source.splitlines(keepends=True)
        after = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        if after != before:
            different.append(page)
            if store:
                path.write_text(after, "utf8")
    print("\n".join(different) or "all chapters have the questions")
    return bool(different) and not store


if __name__ == "__main__":
    sys.exit(main("--store" in sys.argv[1:]))
