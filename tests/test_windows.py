"""Nothing rests on what Windows lacks or does otherwise: modules of Unix, UTF-8 as the default."""

import ast
import json
from functools import cache
from pathlib import Path

import pytest
from test_form import no_problem

ROOT = Path(__file__).parents[1]
UNIX = {"fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
FOLDERS = ("dice", "tests", "book", "benchmarks", "tools", "notebooks")
FILES = [file for folder in FOLDERS for file in sorted(ROOT.glob(f"{folder}/**/*.*"))]
FILES = [file for file in FILES if file.suffix in (".py", ".ipynb")]


@cache
def parsed(file: Path) -> ast.Module:
    text = file.read_text("utf8")
    if file.suffix == ".ipynb":
        cells = (cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code")
        lines = [line for cell in cells for line in [*cell["source"], "\n"]]
        text = "".join(line for line in lines if line.lstrip()[:1] not in ("%", "!"))
    return ast.parse(text)


def leaves_encoding_open(call: ast.Call) -> bool:
    """Tell whether a call reads or writes text in whatever encoding the machine prefers."""
    of_what = isinstance(call.func, ast.Attribute)
    name = call.func.attr if of_what else getattr(call.func, "id", None)
    if any(word.arg == "encoding" for word in call.keywords):
        return False
    if name == "open":
        mode = call.args[0 if of_what else 1 :]  # path.open(mode), open(path, mode)
        return not mode or (isinstance(mode[0], ast.Constant) and "b" not in str(mode[0].value))
    return len(call.args) < {"read_text": 1, "write_text": 2}.get(name, 0)


@pytest.mark.parametrize(
    ("call", "is_open"),
    [
        ("path.read_text()", True),
        ("path.read_text('utf8')", False),
        ("path.write_text(text)", True),
        ("path.write_text(text, encoding='utf8')", False),
        ("open(path)", True),
        ("path.open('a')", True),
        ("open(path, 'w', encoding='utf8')", False),
        ("path.open('rb')", False),
        ("Image.open(BytesIO(data))", False),
    ],
)
def test_a_call_that_leaves_the_encoding_open_is_found(call, is_open):
    assert leaves_encoding_open(ast.parse(call).body[0].value) == is_open


@no_problem
def test_whatever_reads_or_writes_text_names_its_encoding():
    for file in FILES:
        calls = [node for node in ast.walk(parsed(file)) if isinstance(node, ast.Call)]
        for call in filter(leaves_encoding_open, calls):
            yield f"{file.relative_to(ROOT)}, line {call.lineno}: {ast.unparse(call)}"


@no_problem
def test_no_module_that_only_unix_has_is_imported_at_the_top():
    for file in FILES:
        names = set()
        for node in parsed(file).body:
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module)
        yield from (f"{file.relative_to(ROOT)}: {name}" for name in sorted(names & UNIX))
