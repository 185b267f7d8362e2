"""What a chapter of this book has beyond the form of a notebook: its parts, in their order.

test_form.py checks the form; the messages here, too, say where, what, and what to do.
"""

import ast
import re
from collections import Counter

import yaml
from test_form import NOTEBOOKS, ROOT, Notebook, each, folded, no_problem, parse

from dice.course.judge import EXERCISES, known

CLOSING = ["Summary", "Exercises", "Questions", "Further reading"]
REASONS = 40  # letters of a solution
ASKED = re.compile(r'(?:#.*\n)+check\("([^"]+)", \.\.\.\)')  # where an answer goes
EXERCISE_NAME = r'<small id="([a-z-]+/[a-z0-9-]+)">`(\1)`</small>'


class Chapter(Notebook):
    """A notebook that has a number."""

    @property
    def number(self) -> int:
        return int(self.stem[:2]) if self.stem[:2].isdigit() else 0

    def section(self, title: str) -> str:
        """The Markdown of a section of level 2, without its heading."""
        source = "\n\n".join(cell.source for cell in self.text)
        found = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", source, re.M | re.S)
        return found[1] if found else ""


CHAPTERS = [Chapter(notebook.path) for notebook in NOTEBOOKS if notebook.stem[0].isdigit()]
each_chapter = each("chapter", CHAPTERS)


def without_tags(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html).strip()


@no_problem
def test_chapters_are_numbered_and_in_the_table_of_contents():
    numbers = [chapter.number for chapter in CHAPTERS]
    if not numbers or numbers != list(range(len(numbers))):
        yield f"notebooks/: number the files 00_, 01_, … without a gap; they are {numbers}"
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    listed = [parts["root"], *(c["file"] for part in parts["parts"] for c in part["chapters"])]
    files = [
        path.relative_to(ROOT).with_suffix("").as_posix()
        for folder, suffix in (("notebooks", "ipynb"), ("book", "md"))
        for path in sorted((ROOT / folder).glob(f"*.{suffix}"))
    ]
    yield from (f"{name}: not in _toc.yml; list it there" for name in files if name not in listed)
    yield from (f"_toc.yml lists {n}, and no such file is" for n in listed if n not in files)
    chapters = [name for name in listed if re.match(r"notebooks/\d", name)]
    if chapters != sorted(chapters):
        yield "_toc.yml: list the chapters in the order of their numbers"


@each_chapter
def test_figures_have_a_caption(chapter):
    number = 0
    for cell, following in zip(chapter.cells, [*chapter.cells[1:], None], strict=True):
        if cell.get("figures"):
            number += 1
            caption = f"**Figure {chapter.number}.{number}.** "
            if following is None or not following.source.startswith(caption):
                yield f"{cell.where}: begin the Markdown cell that follows with {caption}"


@each_chapter
def test_opening(chapter):
    first = chapter.cells[0]
    aims = r"\*\*You will be able to\*\*\n\n(?P<aims>(?:- .+\n(?:  .+\n)*)+)"
    form = (
        rf"# {chapter.number}\. (?P<title>\S.*)\n\n(?P<about>[^*#].+)\n\n{aims}\n"
        r"\*\*You need\*\* (?P<need>.+)\n\n\*\*Time\*\*: \d+ minutes(?:,| for the core, \d+ for)"
    )
    found = re.match(form, first.source)
    if first.cell_type != "markdown" or not found:
        yield (
            f"begin with `# {chapter.number}. Title`, what it is about, **You will be able to** "
            "and a list, **You need** and one line, **Time**: N minutes for the core, M for all."
        )
        return
    if not 3 <= found["aims"].count("\n- ") + 1 <= 5:
        yield "**You will be able to**: list three to five things"
    if chapter.number > 1 and not re.search(r"\]\(\d\d_\w+\.ipynb\)", found["need"]):
        yield "**You need**: link the chapter that is needed"


@each_chapter
def test_headings_at_the_end(chapter):
    titles = [title for level, title, _ in chapter.headings if level == 2]
    if titles[-4:] != CLOSING:
        yield f"end with the sections {', '.join(CLOSING)}; the last four are {titles[-4:]}"


@each_chapter
def test_closing(chapter):
    points = re.findall(r"^- \S", chapter.section("Summary"), re.M)
    if not 3 <= len(points) <= 6:
        yield f"Summary: three to six points, not {len(points)}"
    questions = folded(chapter.section("Questions"))
    if len(questions) < 3:
        yield f"Questions: at least three, each in <details>, not {len(questions)}"
    for question, answer in questions:
        if len(without_tags(answer)) < (30 if re.match(r"[A-D]\. ", question) else 60):
            yield f"question {question!r}: the answer is to give the reason"
    reading = re.findall(r"^- (.*)", chapter.section("Further reading"), re.M)
    if not reading:
        yield "Further reading: a list of links"
    for item in reading:
        link = re.match(r"\[[^\]]+\]\(https://\S+\)(.*)", item)
        if not link or len(link[1]) < 20:
            yield f"Further reading: begin with a link and say why to read it: {item[:60]}"


@each_chapter
def test_exercises_have_solutions_that_check_themselves(chapter):
    """Heading, task and folded solution; then a folded cell that asserts."""
    starts = [h[1:] for h in chapter.headings if h[0] == 3 and h[1].startswith("Exercise")]
    least = 4 if chapter.number else 1  # the first is short
    if len(starts) < least:
        yield f"Exercises: at least {least}, not {len(starts)}"
    for k, (title, start) in enumerate(starts, start=1):
        if not re.match(rf"Exercise {chapter.number}\.{k}: \S", title):
            yield f"{title!r}: call it `Exercise {chapter.number}.{k}: title`"
        named = rf"^### {re.escape(title)}\n\n{EXERCISE_NAME}$"
        if not re.search(named, chapter.cells[start].source, re.M):
            yield (
                f"{title!r}: below, in a line of its own, give its lasting name: "
                '<small id="subject/name">`subject/name`</small>'
            )
        ends = [index for _, _, index in chapter.headings if index > start]
        cells = chapter.cells[start : min(ends, default=len(chapter.cells))]
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        solutions = [answer for what, answer in folded(text) if what == "Solution"]
        if len(solutions) != 1 or len(without_tags(solutions[0])) < REASONS:
            yield f"{title!r}: give one solution with its reasons, as <details> named Solution"
        checks = [cell for cell in cells if cell.cell_type == "code"]
        asked = [cell for cell in checks if "hide-input" not in cell.tags and not cell.optional]
        checks = [cell for cell in checks if cell not in asked]
        names = [m[1] for cell in asked if (m := ASKED.fullmatch(cell.source))]
        own = [name for name, _ in re.findall(EXERCISE_NAME, text)][:1]
        if asked and (names != own or cells.index(asked[0]) != 1):
            yield f"{title!r}: after the task, ask once: a comment, and `check(its name, ...)`"
        if bool(asked) != any(name in EXERCISES for name in own):
            yield f"{title!r}: the judge and the chapter differ on whether it has an answer"
        judged = [n for cell in checks for n in re.findall(r'\bcheck\(\s*"([^"]+)"', cell.source)]
        # Where the judge has a solution, that one is tested.
        by_hand = asked and not any("solution" in known(n) for n in own if n in EXERCISES)
        if judged != own and (by_hand or judged):
            yield f"{title!r}: the solution is to ask the judge once, about itself"
        if not any(isinstance(n, ast.Assert) for c in checks for n in ast.walk(parse(c))):
            yield f"{title!r}: after the solution, add a code cell that asserts its result"
        for cell in checks:
            form = cell.tags, cell.metadata.get("jupyter")
            if not cell.optional and form != ({"hide-input", "solution"}, {"source_hidden": True}):
                yield (
                    f"{cell.where}: give a solution the tags hide-input and solution, and "
                    '"jupyter": {"source_hidden": true}'
                )
    for cell in chapter.cells[: starts[0][1] if starts else None]:
        if "solution" in cell.tags:
            yield f"{cell.where}: tagged as a solution, but belongs to no exercise"


@no_problem
def test_exercises_have_names_of_their_own():
    """Numbers may move; a name stays, and leads to the exercise in the book."""
    text = "\n".join(cell.source for chapter in CHAPTERS for cell in chapter.text)
    names = Counter(name for name, _ in re.findall(EXERCISE_NAME, text))
    yield from (f"{name} names {n} exercises" for name, n in names.items() if n > 1)


@no_problem
def test_labels_of_formulas_are_unique_and_cited():
    pages = [path.read_text("utf8") for path in sorted((ROOT / "book").glob("*.md"))]
    cited = {target for chapter in CHAPTERS for _, target, _ in chapter.links()}
    cited |= {target for page in pages for target in re.findall(r"\]\((#[\w-]+)\)", page)}
    labels = [(label, chapter.name) for chapter in CHAPTERS for label in chapter.labels()]
    for label, count in Counter(label for label, _ in labels).items():
        if count > 1:
            yield f"({label}) labels {count} formulas; rename all but one"
    for label, name in labels:
        if not re.fullmatch(r"eq-[a-z0-9-]+", label):
            yield f"{name}: call the label ({label}) eq-…, in lower case"
        if f"#{label}" not in cited:
            yield f"{name}: cite ({label}) somewhere, as [words](#{label}), or drop the label"


@no_problem
def test_figures_and_exercises_that_are_named_exist():
    texts = [(chapter.name, cell) for chapter in CHAPTERS for cell in chapter.text]
    marks = r"^(?:\*\*|### )((?:Figure|Exercise) \d+\.\d+)(?:\.\*\*|:)"
    exist = {name for _, cell in texts for name in re.findall(marks, cell.source, re.M)}
    for chapter, cell in texts:
        for name in re.findall(r"\b(?:Figure|Exercise) \d+\.\d+", cell.source):
            if name not in exist:
                yield f"{chapter}: {cell.where}: names {name}, which is nowhere"
