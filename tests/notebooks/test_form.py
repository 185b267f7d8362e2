"""The form of notebooks, checked without running them: one module, and a table of settings.

The table is [tool.notebook-form] in pyproject.toml; what it leaves out is as in SETTINGS. What the
cells compute is another matter: `pytest --nbval` runs them and compares every output.
Each message says where, what, and what to do.
"""

import ast
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property, wraps
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

ROOT = next(p for p in Path(__file__).resolve().parents if (p / "pyproject.toml").is_file())
SETTINGS = {
    "notebooks": "notebooks/*.ipynb",
    "kernel": "python3",  # the name that every installation of Jupyter has
    "renew": "jupyter nbconvert --execute --inplace --to notebook",  # what the messages advise
    "metadata": ["jupyter", "mystnb", "name", "tags"],  # of a cell
    "tags": ["hide-input"],
    "unchecked-tag": "",  # marks a cell that a tool writes, and that is not looked at
    "optional-tags": [],  # of cells that are compared elsewhere, as their library may be missing
    "imports": [],  # beside the standard library
    "optional-imports": [],
    "lines": 8,  # of code; blank lines and comments not counted
    "folded-lines": 16,  # of a cell tagged hide-input
    "width": 88,
    "output-width": 45,  # what a phone shows of a line
    "figure": "image/svg+xml",  # text, which can be compared
    "alternative-text": 40,
    "decimals": 2,  # numbers in words with so many digits are printed by a cell, or stand in one
    "exceptions": {},  # by notebook: how many cells are kept from the comparison, and why
}
TABLE = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["tool"]["notebook-form"]
assert TABLE.keys() <= SETTINGS.keys(), f"no such settings: {TABLE.keys() - SETTINGS.keys()}"
SETTINGS |= TABLE

# What an editor writes by itself when a notebook is saved; nothing here reads it.
OF_EDITORS = {"collapsed", "editable", "execution", "scrolled", "slideshow", "trusted", "vscode"}
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


class Notebook:
    """One notebook, and its parts."""

    def __init__(self, path: Path) -> None:
        self.path, self.stem = path, path.stem
        self.name = path.relative_to(ROOT).as_posix()

    @cached_property
    def cells(self) -> list[nbformat.NotebookNode]:
        """The cells; `where` is the index and the first line, for messages."""
        cells = nbformat.read(self.path, as_version=4).cells
        cells = [c for c in cells if SETTINGS["unchecked-tag"] not in c.metadata.get("tags", [])]
        for index, cell in enumerate(cells):
            first = cell.source.strip().partition("\n")[0]
            cell.where = f"cell {index} ({first[:50]})"
            cell.tags = set(cell.metadata.get("tags", []))
            cell.optional = bool(cell.tags.intersection(SETTINGS["optional-tags"][:1]))
            kinds = [kind for output in cell.get("outputs", []) for kind in output.get("data", {})]
            cell.figures = [kind for kind in kinds if kind.startswith("image/")]
            cell.alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        return cells

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


def outputs_text(cell: nbformat.NotebookNode) -> str:
    """All that the outputs of a cell show; embedded pictures left out."""
    data = [item for out in cell.outputs for item in out.get("data", {}).items()]
    parts = [out.get("text", "") for out in cell.outputs]
    parts += [str(value) for kind, value in data if kind != "image/png"]
    return re.sub(r"base64,[\w+/=\s]+", "", "\n".join(parts))


def numbers(text: str) -> set[str]:
    """The decimals of a text that have as many digits as count."""
    found = re.findall(rf"(?<![\w.])\d*\.\d{{{SETTINGS['decimals']},}}(?!\d)", text)
    return {number if number[0] != "." else f"0{number}" for number in found}


def folded(source: str) -> list[tuple[str, str]]:
    """Summary and content of each <details>, where blank lines let Markdown inside be read."""
    return re.findall(
        r"^<details>\s*<summary>(.+?)</summary>\n\n(.+?)\n\n</details>$", source, re.M | re.S
    )


def no_problem(check: Callable[..., Iterator[str]]) -> Callable[..., None]:
    """Make a test of a function that yields what is wrong: all of it is reported at once."""

    @wraps(check)
    def test(**arguments: object) -> None:
        where = "".join(f"{getattr(value, 'name', value)}: " for value in arguments.values())
        if problems := [where + problem for problem in check(**arguments)]:
            pytest.fail("\n".join(dict.fromkeys(problems)), pytrace=False)

    return test


def each(argument: str, values: list) -> Callable[[Callable[..., Iterator[str]]], Callable]:
    """Make such a test for each of several things."""
    ids = [getattr(value, "stem", value) for value in values]
    return lambda check: pytest.mark.parametrize(argument, values, ids=ids)(no_problem(check))


NOTEBOOKS = [Notebook(path) for path in sorted(ROOT.glob(SETTINGS["notebooks"]))]
RENEW = SETTINGS["renew"]
each_notebook = each("notebook", NOTEBOOKS)


# The files


@no_problem
def test_every_output_is_compared_unless_declared():
    if not NOTEBOOKS:
        yield f"{SETTINGS['notebooks']} are no files: nothing would be checked"
    marked, kept = Counter(), re.compile(r"nbval|pytest.validate|raises|skip", re.I)
    for notebook in NOTEBOOKS:
        for cell in notebook.code:
            words = " ".join([*cell.tags, *re.findall(r"#.*", cell.source)])
            marked[notebook.name] += bool(kept.search(words))
    declared = {name: count for name, (count, why) in SETTINGS["exceptions"].items() if why}
    for name in sorted({*marked, *declared}):
        if marked[name] != declared.get(name, 0):
            yield (
                f"{name}: {marked[name]} cells are kept from the comparison, but "
                f"{declared.get(name, 0)} are declared; compare them, or declare them with the "
                "reason, as exceptions in [tool.notebook-form] of pyproject.toml"
            )


@each_notebook
def test_file_is_normalized(notebook):
    try:
        nbformat.validate(raw := nbformat.read(notebook.path, as_version=nbformat.NO_CONVERT))
    except (nbformat.ValidationError, Warning) as error:
        yield f"not a valid notebook: {str(error).partition(chr(10))[0]}"
        return
    if (kernel := raw.metadata.get("kernelspec", {}).get("name")) != SETTINGS["kernel"]:
        yield f"its kernel is {kernel}; choose {SETTINGS['kernel']}, which every machine has"
    for cell in notebook.cells:
        if extra := set(cell.metadata) - {*SETTINGS["metadata"]} - OF_EDITORS:
            yield f"{cell.where}: remove the metadata {', '.join(sorted(extra))}"
        if not cell.source.strip():
            yield f"{cell.where}: remove this empty cell"
    names = Counter(cell.metadata["name"] for cell in notebook.cells if "name" in cell.metadata)
    yield from (f"{count} cells have the name {name}" for name, count in names.items() if count > 1)


# The cells have run, and what they gave is stored


@each_notebook
def test_cells_have_run(notebook):
    """In which order, and what each gives in that order, is for the comparison to see."""
    for cell in notebook.code:
        if None in {cell.execution_count, *(o.get("execution_count", 1) for o in cell.outputs)}:
            yield f"{cell.where}: has not run; use `{RENEW}`"


@each_notebook
def test_outputs_are_stored(notebook):
    for cell in notebook.code:
        tree = parse(cell)
        kinds = {output.get("name", output.output_type) for output in cell.outputs}
        calls = {called(node) for node in runs(tree)}
        last = tree.body[-1] if tree.body else None
        quiet = not isinstance(last, ast.Expr) or re.fullmatch(
            f"print|display|{RETURNS_NOTHING}|", called(last.value) or "value"
        )
        if sum(output.output_type == "stream" for output in cell.outputs) > 1:
            yield f"{cell.where}: what it prints is stored in pieces; use `{RENEW}`"
        if "print" in calls and "stdout" not in kinds:
            yield f"{cell.where}: prints, but no text is stored; use `{RENEW}`"
        if calls & {"display", "subplots"} and "display_data" not in kinds:
            yield f"{cell.where}: displays, but nothing is stored; use `{RENEW}`"
        if cell.optional and not cell.outputs:
            yield f"{cell.where}: optional, and no output is stored; run it where its library is"
        if not quiet and not kinds & {"execute_result", "display_data"}:
            yield f"{cell.where}: ends in a value, but none is stored; use `{RENEW}`, or `_ =`"


@each_notebook
def test_outputs_hold_only_what_is_true_on_every_machine(notebook):
    for cell in notebook.code:
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                yield f"{cell.where}: an error or a warning is stored; cure its cause"
        for what, pattern in NOT_IN_OUTPUTS.items():
            if found := re.search(pattern, outputs_text(cell)):
                yield f"{cell.where}: the output holds {what} ({found[0]!r}); print without it"


@each_notebook
def test_a_printed_line_fits_a_phone(notebook):
    for cell in notebook.code:
        for line in "".join(out.get("text", "") for out in cell.outputs).splitlines():
            if len(line) > SETTINGS["output-width"] and line[-1] != ")":  # a call, or an object's
                yield (
                    f"{cell.where}: {line!r} has {len(line)} characters, "
                    f"more than {SETTINGS['output-width']}"
                )


# Code


@each_notebook
def test_code_is_plain_python(notebook):
    for cell in notebook.code:
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            yield f"{cell.where}: line {error.lineno} is not plain Python; use no magic commands"
        if cell.source.rstrip().endswith(";"):
            yield f"{cell.where}: drop the last `;`, or write `_ = ...` to show nothing"
        if cell.optional and cell.tags != {*SETTINGS["optional-tags"]}:
            yield f"{cell.where}: its tags are to be {', '.join(SETTINGS['optional-tags'])}"
        elif not cell.optional and (extra := cell.tags - {*SETTINGS["tags"]}):
            yield f"{cell.where}: unknown tag {', '.join(sorted(extra))}"


@each_notebook
def test_imports_are_explicit_and_stand_first(notebook):
    if not notebook.code or not any(imports(parse(notebook.code[0]))):
        yield "the first code cell is to hold the imports"
    for cell in notebook.code:
        for package, statement in imports(parse(cell)):
            if cell.optional and package in SETTINGS["optional-imports"]:
                continue
            if package not in sys.stdlib_module_names.union(SETTINGS["imports"]):
                yield f"{cell.where}: {package} is not among the imports that all readers have"
            if any(alias.name == "*" for alias in statement.names):
                yield f"{cell.where}: name what you import from {package}, in place of *"
            if cell is not notebook.code[0]:
                yield f"{cell.where}: move the import of {package} to the first code cell"


@each_notebook
def test_code_cells_are_short(notebook):
    for cell in notebook.code[1:]:
        lines = [line for line in cell.source.splitlines() if line.split("#")[0].strip()]
        most = SETTINGS["folded-lines" if "hide-input" in cell.tags else "lines"]
        if len(lines) > most:
            yield f"{cell.where}: {len(lines)} lines of code, more than {most}; split the cell"
    for cell in notebook.code:
        longest = max(map(len, cell.source.splitlines()), default=0)
        if longest > SETTINGS["width"]:
            yield f"{cell.where}: a line of {longest} characters, over {SETTINGS['width']}"


@each_notebook
def test_words_stand_between_code_cells(notebook):
    for before, cell in pairwise(notebook.cells):
        if before.cell_type == cell.cell_type == "code":
            yield f"{cell.where}: say in a Markdown cell before it what this cell does"


@each_notebook
def test_figures_have_alternative_text(notebook):
    for cell in notebook.code:
        if cell.alt and not cell.figures:
            yield f"{cell.where}: has alternative text, but no figure"
        if cell.figures and cell.figures != [SETTINGS["figure"]]:
            yield f"{cell.where}: store one {SETTINGS['figure']} a cell; others are not compared"
        short = len(cell.alt) < SETTINGS["alternative-text"] or re.search(r"\.\w{3,4}$", cell.alt)
        if cell.figures and short:
            yield f"{cell.where}: write alternative text (mystnb: image: alt:) that tells the facts"


@no_problem
def test_alternative_texts_differ():
    texts = Counter(cell.alt for notebook in NOTEBOOKS for cell in notebook.code)
    for text, count in texts.items():
        if text and count > 1:
            yield f"{count} figures have one alternative text, tell what each shows: {text[:60]}"


# Words


@each_notebook
def test_headings(notebook):
    levels = [level for level, _, _ in notebook.headings]
    if levels.count(1) != 1 or levels[:1] != [1]:
        yield "one heading of level 1, and that first"
    for before, (level, title, _) in zip(levels, notebook.headings[1:], strict=False):
        if level > before + 1:
            yield f"heading {title!r}: level {level} follows level {before}; leave none out"
    for title, count in Counter(title for _, title, _ in notebook.headings).items():
        if count > 1:
            yield f"heading {title!r}: stands {count} times; links need one of a name"


@each_notebook
def test_markdown_reads_well_without_sphinx(notebook):
    for cell in notebook.text:
        for what, pattern in ONLY_SPHINX_READS.items():
            if found := re.search(pattern, cell.source, re.M):
                yield f"{cell.where}: {what} that only Sphinx reads: {found[0]!r}"
        if cell.source.count("<details>") != len(folded(cell.source)):
            yield f"{cell.where}: put blank lines round what <details> folds, and close it"
        if "attachments" in cell:
            yield f"{cell.where}: draw pictures in code, attach none"
    for cell, row in notebook.tokens:
        if "$" in " ".join(token.content for token in row if token.type == "text"):
            yield f"{cell.where}: a `$` without its partner"
        for token in row:
            if token.type == "image" and len(token.content) < SETTINGS["alternative-text"]:
                yield f"{cell.where}: say in the alternative text what the picture shows"


@each_notebook
def test_links_lead_somewhere(notebook):
    labels = notebook.labels()
    for cell, target, words in notebook.links():
        path, _, anchor = target.partition("#")
        if not words.strip():
            yield f"{cell.where}: give the link to {target} words"
        if target.startswith("https://"):
            continue
        if ":" in target:
            yield f"{cell.where}: {target}: link https:// addresses, and files beside the notebook"
        elif path and not (notebook.path.parent / path).is_file():
            yield f"{cell.where}: {path}: no such file beside the notebook"
        elif not path and anchor not in labels:
            yield f"{cell.where}: #{anchor}: no formula of this notebook ends in `$$ ({anchor})`"


@each_notebook
def test_numbers_in_words_come_from_code(notebook):
    """Decimals of two digits and more are printed by a cell, or stand in one, as asserted."""
    shown = "\n".join(cell.source + "\n" + outputs_text(cell) for cell in notebook.code)
    for cell, row in notebook.tokens:
        parts = [t for t in row if t.type in ("text", "code_inline", "math_inline", "math_block")]
        prose = " ".join(t.content for t in parts if t.type != "code_inline")
        for bare in re.findall(r"(?<![\d\w.])\.\d+", prose):
            yield f"{cell.where}: write 0{bare}, as a cell prints it"
        for number in sorted(numbers("\n".join(t.content for t in parts)) - numbers(shown)):
            yield f"{cell.where}: {number} is in no code and no output; compute or assert it"
