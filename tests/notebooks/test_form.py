"""The form of the notebooks, checked without running them.

What the cells compute is another matter: `make notebooks` runs them and compares every output.
Each message here says where, what, and what to do.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property, wraps
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

ROOT = Path(__file__).parents[2]

# Cells whose output `make notebooks` does not compare, by notebook: how many, and why.
EXCEPTIONS = {
    "notebooks/00_dice_in_15_minutes.ipynb": (3, "PyTorch is optional: make peers compares these"),
    "notebooks/11_training.ipynb": (5, "PyTorch is optional: make peers compares these"),
    "notebooks/08_at_scale.ipynb": (2, "PyTorch and JAX are optional: make peers compares these"),
    "notebooks/12_the_package.ipynb": (1, "PyTorch is optional: make peers compares it"),
}

MAY_IMPORT = {"dask", "dice", "distributed", "IPython", "matplotlib", "numpy", "scipy", "skimage"}
MAY_IMPORT |= {"sympy", "zarr"}
OPTIONAL_IMPORTS = {"jax", "torch"}
KERNEL = "python3"  # the name that every installation of Jupyter has
CELL_METADATA = {"jupyter", "mystnb", "name", "tags"}
# What an editor writes by itself when a notebook is saved; nothing here reads it.
OF_EDITORS = {"collapsed", "editable", "execution", "scrolled", "slideshow", "trusted", "vscode"}
TAGS = {"hide-input", "solution"}
# Our mark; then what keeps such a cell from being run by `make outputs` and the book, and by
# `make notebooks`; and what has Jupyter go on to the next cell where the library is missing.
OPTIONAL_TAGS = {"optional", "skip-execution", "nbval-skip", "raises-exception"}
LINES = {"shown": 8, "folded": 16}  # blank lines and comments not counted
WIDTH = 88
OUTPUT_WIDTH = 45  # what a phone shows of a line
CLOSING = ["Summary", "Exercises", "Questions", "Further reading"]
ALT_LENGTH = 40
EXERCISE_NAME = r'<small id="([a-z-]+/[a-z0-9-]+)">`(\1)`</small>'

NOT_IN_OUTPUTS = {
    "a warning": r"Warning\b",
    "an error": r"Traceback \(most recent|Error\b.*\bline \d",
    "a path": r"(?<![\w:/])/(?:home|root|tmp|usr|Users|opt|var|mnt|private|work)/"
    r"|[A-Z]:\\|site-packages|ipykernel_\d|\.ipynb\b",
    "a memory address": r"\b0x[0-9a-fA-F]{6,}",
    "a date": r"\b20\d\d-\d\d-\d\d\b",
    "a time of day": r"\b[0-2]\d:[0-5]\d\b",
    "a duration": r"\bper loop\b|\bWall time\b|\d\s?(?:ms|µs|ns|sec|seconds)\b",
    "a color code of a terminal": r"\x1b\[",
}
ONLY_SPHINX_READS = {
    "a role": r"\{[a-zA-Z][\w:+-]*\}`",
    "a directive": r"^\s*(?:`{3,}|~{3,})\{|^\s*:{3,}",
    "a label": r"^\([\w-]+\)=\s*$",
    "a comment": r"^%",
    "a block break": r"^\+\+\+",
    "attributes": r"[\])`]\{[.#\w]",
}
RETURNS_NOTHING = (
    r"assert_\w+|append|extend|update|sort|fill|init_printing|set_printoptions|seed|use"
)

markdown = MarkdownIt().use(dollarmath_plugin, allow_labels=True).enable("table")


class Chapter:
    """One notebook, and its parts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.relative_to(ROOT).as_posix()
        self.number = int(path.name[:2]) if path.name[:2].isdigit() else 0

    @cached_property
    def notebook(self) -> nbformat.NotebookNode:
        """The notebook as written: without the cell of tools/hosted.py."""
        notebook = nbformat.read(self.path, as_version=4)
        notebook.cells = [c for c in notebook.cells if "hosted" not in c.metadata.get("tags", [])]
        return notebook

    @cached_property
    def cells(self) -> list[nbformat.NotebookNode]:
        """The cells; `where` is the index and the first line, for messages."""
        for index, cell in enumerate(self.notebook.cells):
            first = cell.source.strip().partition("\n")[0]
            cell.where = f"cell {index} ({first[:50]})"
            cell.hidden = "hide-input" in cell.metadata.get("tags", [])
            cell.optional = "optional" in cell.metadata.get("tags", [])
            cell.figures = [
                kind
                for output in cell.get("outputs", [])
                for kind in ("image/svg+xml", "image/png", "image/jpeg")
                if kind in output.get("data", {})
            ]
        return self.notebook.cells

    @property
    def code(self) -> list[nbformat.NotebookNode]:
        return [cell for cell in self.cells if cell.cell_type == "code"]

    @property
    def text(self) -> list[nbformat.NotebookNode]:
        return [cell for cell in self.cells if cell.cell_type == "markdown"]

    @cached_property
    def tokens(self) -> list[tuple[nbformat.NotebookNode, list]]:
        """Every Markdown cell with its blocks and, in them, its inline parts, in one row."""
        return [(cell, flat(markdown.parse(cell.source))) for cell in self.text]

    @cached_property
    def headings(self) -> list[tuple[int, str, int]]:
        """Level, words, and the index of the cell, in order."""
        return [
            (int(tokens[i].tag[1]), tokens[i + 1].content, self.cells.index(cell))
            for cell, tokens in self.tokens
            for i in range(len(tokens))
            if tokens[i].type == "heading_open"
        ]

    def section(self, title: str) -> str:
        """The Markdown of a section of level 2, without its heading."""
        source = "\n\n".join(cell.source for cell in self.text)
        found = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", source, re.M | re.S)
        return found[1] if found else ""

    def labels(self) -> list[str]:
        return [t.info for _, row in self.tokens for t in row if t.type == "math_block_label"]

    def links(self) -> Iterator[tuple[nbformat.NotebookNode, str, str]]:
        """Cell, target and words of each link."""
        for cell, row in self.tokens:
            for token, following in pairwise(row):
                if token.type == "link_open":
                    yield cell, token.attrs["href"], following.content


def flat(tokens: list) -> list:
    return [part for token in tokens for part in (token, *flat(token.children or []))]


def parse(cell: nbformat.NotebookNode) -> ast.Module:
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return ast.Module([], [])  # test_code_is_plain_python reports it


def imports(tree: ast.AST) -> Iterator[tuple[str, ast.Import | ast.ImportFrom]]:
    """Names of top-level packages, with the statements that import them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else str(node.module).partition(".")[0], node


def runs(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run with the cell: not the bodies of functions."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield node
            yield from runs(node)


def called(node: ast.AST) -> str:
    """Name of the function that a node calls, without what stands before its last dot."""
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", ""))


def alternative_text(cell: nbformat.NotebookNode) -> str:
    return cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")


def outputs_text(cell: nbformat.NotebookNode) -> str:
    """All that the outputs of a cell show; embedded pictures left out."""
    parts = [part for out in cell.outputs for part in (out.get("text", ""), *_data(out))]
    return re.sub(r"base64,[\w+/=\s]+", "", "\n".join(parts))


def _data(output: nbformat.NotebookNode) -> list[str]:
    return [str(v) for kind, v in output.get("data", {}).items() if kind[:9] != "image/png"]


def without_tags(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html).strip()


CHAPTERS = [Chapter(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.path.stem)


def no_problem(check: Callable[..., Iterator[str]]) -> Callable[..., None]:
    """Make a test of a function that yields what is wrong: all of it is reported at once."""

    @wraps(check)
    def test(**arguments: Chapter) -> None:
        where = [f"{argument.name}: " for argument in arguments.values()]
        if problems := ["".join(where) + problem for problem in check(**arguments)]:
            pytest.fail("\n".join(problems), pytrace=False)

    return test


# The files


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
    chapters = [name for name in listed if name.startswith("notebooks/")]
    if chapters != sorted(chapters):
        yield "_toc.yml: list the chapters in the order of their numbers"


@each_chapter
@no_problem
def test_file_is_normalized(chapter):
    try:
        nbformat.validate(nbformat.read(chapter.path, as_version=nbformat.NO_CONVERT))
    except (nbformat.ValidationError, Warning) as error:
        yield f"not a valid notebook: {str(error).partition(chr(10))[0]}"
    if (kernel := chapter.notebook.metadata.get("kernelspec", {}).get("name")) != KERNEL:
        yield f"its kernel is {kernel}; choose {KERNEL}, which every machine has"
    for cell in chapter.cells:
        if extra := set(cell.metadata) - CELL_METADATA - OF_EDITORS:
            yield f"{cell.where}: remove the metadata {', '.join(sorted(extra))}"
        if not cell.source.strip():
            yield f"{cell.where}: remove this empty cell"


# The cells have run, and what they gave is stored


@each_chapter
@no_problem
def test_cells_have_run(chapter):
    """In which order, and what each gives in that order, is for `make notebooks` to see."""
    for cell in chapter.code:
        counts = {cell.execution_count, *(o.get("execution_count", 1) for o in cell.outputs)}
        if None in counts:
            yield f"{cell.where}: has not run; use `make outputs`"


@each_chapter
@no_problem
def test_outputs_are_stored(chapter):
    for cell in chapter.code:
        tree = parse(cell)
        kinds = {output.get("name", output.output_type) for output in cell.outputs}
        calls = {called(node) for node in runs(tree)}
        last = tree.body[-1] if tree.body else None
        quiet = not isinstance(last, ast.Expr) or re.fullmatch(
            f"print|display|{RETURNS_NOTHING}|", called(last.value) or "value"
        )
        if sum(output.output_type == "stream" for output in cell.outputs) > 1:
            yield f"{cell.where}: what it prints is stored in pieces; use `make outputs`"
        if "print" in calls and "stdout" not in kinds:
            yield f"{cell.where}: prints, but no text is stored; use `make outputs`"
        if calls & {"display", "subplots"} and "display_data" not in kinds:
            yield f"{cell.where}: displays, but nothing is stored; use `make outputs`"
        if cell.optional and not cell.outputs:
            yield f"{cell.where}: optional, and no output is stored; use `make optional`"
        if not quiet and not kinds & {"execute_result", "display_data"}:
            yield f"{cell.where}: ends in a value, but none is stored; use `make outputs`, or `_ =`"


@each_chapter
@no_problem
def test_outputs_hold_only_what_is_true_on_every_machine(chapter):
    for cell in chapter.code:
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                yield f"{cell.where}: an error or a warning is stored; cure its cause"
        for what, pattern in NOT_IN_OUTPUTS.items():
            if found := re.search(pattern, outputs_text(cell)):
                yield f"{cell.where}: the output holds {what} ({found[0]!r}); print without it"


@each_chapter
@no_problem
def test_a_printed_line_fits_a_phone(chapter):
    for cell in chapter.code:
        for line in "".join(out.get("text", "") for out in cell.outputs).splitlines():
            if len(line) > OUTPUT_WIDTH and line[-1] not in ")]":  # an array, whose form is NumPy's
                yield f"{cell.where}: {line!r} has {len(line)} characters, more than {OUTPUT_WIDTH}"


@no_problem
def test_every_output_is_compared_unless_declared():
    marked = Counter()
    for chapter in CHAPTERS:
        for cell in chapter.code:
            comments = re.findall(r"#.*", cell.source)
            words = " ".join([*cell.metadata.get("tags", []), *comments])
            if re.search(r"nbval|pytest.validate|raises|skip", words, re.I):
                marked[chapter.name] += 1
    declared = {name: count for name, (count, why) in EXCEPTIONS.items() if why}
    for name in sorted({*marked, *declared}):
        if marked[name] != declared.get(name, 0):
            yield (
                f"{name}: {marked[name]} cells are kept from the comparison, but "
                f"{declared.get(name, 0)} are declared; compare them, or declare them with the "
                "reason in EXCEPTIONS, tests/notebooks/test_form.py"
            )


# Code


@each_chapter
@no_problem
def test_code_is_plain_python(chapter):
    for cell in chapter.code:
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            yield f"{cell.where}: line {error.lineno} is not plain Python; use no magic commands"
        if cell.source.rstrip().endswith(";"):
            yield f"{cell.where}: drop the last `;`, or write `_ = ...` to show nothing"
        tags = set(cell.metadata.get("tags", []))
        if cell.optional:
            if tags != OPTIONAL_TAGS:
                yield f"{cell.where}: its tags are to be {', '.join(sorted(OPTIONAL_TAGS))}"
        elif extra := tags - TAGS:
            yield f"{cell.where}: unknown tag {', '.join(sorted(extra))}"


@each_chapter
@no_problem
def test_imports_are_explicit_and_stand_first(chapter):
    if not chapter.code or not any(imports(parse(chapter.code[0]))):
        yield "the first code cell is to hold the imports"
    for cell in chapter.code:
        for package, statement in imports(parse(cell)):
            if cell.optional and package in OPTIONAL_IMPORTS:
                continue
            if package not in MAY_IMPORT | sys.stdlib_module_names:
                yield f"{cell.where}: {package} is not there outside the book; do without it"
            if any(alias.name == "*" for alias in statement.names):
                yield f"{cell.where}: name what you import from {package}, in place of *"
            if cell is not chapter.code[0]:
                yield f"{cell.where}: move the import of {package} to the first code cell"


@each_chapter
@no_problem
def test_code_cells_are_short(chapter):
    for cell in chapter.code[1:]:
        lines = [line for line in cell.source.splitlines() if line.split("#")[0].strip()]
        most = LINES["folded" if cell.hidden else "shown"]
        if len(lines) > most:
            yield f"{cell.where}: {len(lines)} lines of code, more than {most}; split the cell"
    for cell in chapter.code:
        if (longest := max(map(len, cell.source.splitlines()), default=0)) > WIDTH:
            yield f"{cell.where}: a line of {longest} characters, more than {WIDTH}; break it"


@each_chapter
@no_problem
def test_words_stand_between_code_cells(chapter):
    for before, cell in pairwise(chapter.cells):
        if before.cell_type == cell.cell_type == "code":
            yield f"{cell.where}: say in a Markdown cell before it what this cell does"


# Figures


@each_chapter
@no_problem
def test_figures_have_alternative_text_and_a_caption(chapter):
    number = 0
    for cell, following in zip(chapter.cells, [*chapter.cells[1:], None], strict=True):
        alt = alternative_text(cell)
        if not cell.figures:
            if alt:
                yield f"{cell.where}: has alternative text, but no figure"
            continue
        number += 1
        caption = f"**Figure {chapter.number}.{number}.** "
        if cell.figures != ["image/svg+xml"]:
            yield f"{cell.where}: store one SVG figure per cell; others are not compared"
        if len(alt) < ALT_LENGTH or re.search(r"\.\w{3,4}$", alt):
            yield f"{cell.where}: write alternative text (mystnb: image: alt:) that tells the facts"
        if following is None or not following.source.startswith(caption):
            yield f"{cell.where}: begin the Markdown cell that follows with {caption}"


@no_problem
def test_alternative_texts_differ():
    texts = Counter(alternative_text(cell) for chapter in CHAPTERS for cell in chapter.code)
    for text, count in texts.items():
        if text and count > 1:
            yield f"{count} figures have one alternative text, tell what each shows: {text[:60]}"


# The order of a chapter


@each_chapter
@no_problem
def test_opening(chapter):
    first = chapter.cells[0]
    aims = r"\*\*You will be able to\*\*\n\n(?P<aims>(?:- .+\n(?:  .+\n)*)+)"
    form = (
        rf"# {chapter.number}\. (?P<title>\S.*)\n\n(?P<about>[^*#].+)\n\n{aims}\n"
        r"\*\*You need\*\* (?P<need>.+)\n\n\*\*Time\*\*: \d+ minutes for the core, \d+ for"
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
@no_problem
def test_headings(chapter):
    levels = [level for level, _, _ in chapter.headings]
    titles = [title for level, title, _ in chapter.headings if level == 2]
    if levels.count(1) != 1 or levels[:1] != [1]:
        yield "one heading of level 1, and that first"
    for before, (level, title, _) in zip(levels, chapter.headings[1:], strict=False):
        if level > before + 1:
            yield f"heading {title!r}: level {level} follows level {before}; leave none out"
    if titles[-4:] != CLOSING:
        yield f"end with the sections {', '.join(CLOSING)}; the last four are {titles[-4:]}"
    for title, count in Counter(title for _, title, _ in chapter.headings).items():
        if count > 1:
            yield f"heading {title!r}: stands {count} times; links need one of a name"


@each_chapter
@no_problem
def test_closing(chapter):
    points = re.findall(r"^- \S", chapter.section("Summary"), re.M)
    if not 3 <= len(points) <= 6:
        yield f"Summary: three to six points, not {len(points)}"
    questions = folded(chapter.section("Questions"))
    if len(questions) < 3:
        yield f"Questions: at least three, each in <details>, not {len(questions)}"
    for question, answer in questions:
        if len(without_tags(answer)) < 60:
            yield f"question {question!r}: the answer is to give the reason"
    reading = re.findall(r"^- (.*)", chapter.section("Further reading"), re.M)
    if not reading:
        yield "Further reading: a list of links"
    for item in reading:
        link = re.match(r"\[[^\]]+\]\(https://\S+\)(.*)", item)
        if not link or len(link[1]) < 20:
            yield f"Further reading: begin with a link and say why to read it: {item[:60]}"


@each_chapter
@no_problem
def test_exercises_have_solutions_that_check_themselves(chapter):
    """Heading, task and folded solution; then a folded cell that asserts."""
    starts = [
        (title, index)
        for level, title, index in chapter.headings
        if level == 3 and title.startswith("Exercise")
    ]
    least = 4 if chapter.number else 1  # the first is short
    if len(starts) < least:
        yield f"Exercises: at least {least}, not {len(starts)}"
    for k, (title, start) in enumerate(starts, start=1):
        if not re.match(rf"Exercise {chapter.number}\.{k}: \S", title):
            yield f"{title!r}: call it `Exercise {chapter.number}.{k}: title`"
        if not re.search(
            rf"^### {re.escape(title)}\n\n{EXERCISE_NAME}$", chapter.cells[start].source, re.M
        ):
            yield (
                f"{title!r}: below, in a line of its own, give its lasting name: "
                '<small id="subject/name">`subject/name`</small>'
            )
        ends = [index for _, _, index in chapter.headings if index > start]
        cells = chapter.cells[start : min(ends, default=len(chapter.cells))]
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        solutions = [answer for what, answer in folded(text) if what == "Solution"]
        if len(solutions) != 1 or len(without_tags(solutions[0])) < ALT_LENGTH:
            yield f"{title!r}: give one solution with its reasons, as <details> named Solution"
        checks = [cell for cell in cells if cell.cell_type == "code"]
        if not any(isinstance(n, ast.Assert) for c in checks for n in ast.walk(parse(c))):
            yield f"{title!r}: after the solution, add a code cell that asserts its result"
        for cell in checks:
            tags, jupyter = cell.metadata.get("tags", []), cell.metadata.get("jupyter", {})
            if cell.optional:
                continue
            if set(tags) != TAGS or jupyter != {"source_hidden": True}:
                yield (
                    f"{cell.where}: give a solution the tags hide-input and solution, and "
                    '"jupyter": {"source_hidden": true}'
                )
    within = range(starts[0][1], len(chapter.cells)) if starts else ()
    for index, cell in enumerate(chapter.cells):
        if "solution" in cell.metadata.get("tags", []) and index not in within:
            yield f"{cell.where}: tagged as a solution, but belongs to no exercise"


@no_problem
def test_exercises_have_names_of_their_own():
    """Numbers may move; a name stays, and leads to the exercise in the book."""
    text = "\n".join(cell.source for chapter in CHAPTERS for cell in chapter.text)
    names = Counter(name for name, _ in re.findall(EXERCISE_NAME, text))
    yield from (f"{name} names {n} exercises" for name, n in names.items() if n > 1)


def folded(source: str) -> list[tuple[str, str]]:
    """Summary and content of each <details>, where blank lines let Markdown inside be read."""
    return re.findall(
        r"^<details>\s*<summary>(.+?)</summary>\n\n(.+?)\n\n</details>$", source, re.M | re.S
    )


# Words


@each_chapter
@no_problem
def test_markdown_reads_well_without_the_book(chapter):
    for cell in chapter.text:
        for what, pattern in ONLY_SPHINX_READS.items():
            if found := re.search(pattern, cell.source, re.M):
                yield f"{cell.where}: {what} that only the book reads: {found[0]!r}"
        if cell.source.count("<details>") != len(folded(cell.source)):
            yield f"{cell.where}: put blank lines round what <details> folds, and close it"
        if "attachments" in cell:
            yield f"{cell.where}: draw pictures in code, attach none"
    for cell, row in chapter.tokens:
        words = " ".join(token.content for token in row if token.type == "text")
        if "$" in words:
            yield f"{cell.where}: a `$` without its partner"
        for token in row:
            if token.type == "image" and len(token.content) < ALT_LENGTH:
                yield f"{cell.where}: say in the alternative text what the picture shows"


@each_chapter
@no_problem
def test_links_lead_somewhere(chapter):
    labels = chapter.labels()
    for cell, target, words in chapter.links():
        path, _, anchor = target.partition("#")
        if not words.strip():
            yield f"{cell.where}: give the link to {target} words"
        if target.startswith("https://"):
            continue
        if ":" in target:
            yield f"{cell.where}: {target}: link https:// addresses, and files of the course"
        elif path and not (chapter.path.parent / path).is_file():
            yield f"{cell.where}: {path}: no such file beside the notebook"
        elif not path and anchor not in labels:
            yield f"{cell.where}: #{anchor}: no formula of this notebook ends in `$$ ({anchor})`"


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
    exist, named = set(), []
    for chapter in CHAPTERS:
        for cell in chapter.text:
            exist |= set(re.findall(r"^\*\*(Figure \d+\.\d+)\.\*\*", cell.source, re.M))
            exist |= set(re.findall(r"^### (Exercise \d+\.\d+):", cell.source, re.M))
            found = re.findall(r"\b(?:Figure|Exercise) \d+\.\d+", cell.source)
            named += [(name, chapter, cell) for name in found]
    for name, chapter, cell in named:
        if name not in exist:
            yield f"{chapter.name}: {cell.where}: names {name}, which is nowhere"


@each_chapter
@no_problem
def test_numbers_in_words_come_from_code(chapter):
    """Decimals of three digits and more are printed by a cell, or stand in one, as asserted."""
    computed = "\n".join(cell.source + "\n" + outputs_text(cell) for cell in chapter.code)
    for cell, row in chapter.tokens:
        parts = [t for t in row if t.type in ("text", "code_inline", "math_inline", "math_block")]
        prose = " ".join(t.content for t in parts if t.type != "code_inline")
        for bare in re.findall(r"(?<![\d\w.])\.\d+", prose):
            yield f"{cell.where}: write 0{bare}, as a cell prints it"
        for number in {n for part in parts for n in re.findall(r"\.\d{3,}", part.content)}:
            if number not in computed:
                yield f"{cell.where}: {number} is in no code and no output; compute or assert it"
