"""Mutation testing: change one thing in the core, and see that a test notices.

    python tests/mutants.py                      all mutants
    python tests/mutants.py --files overlap.py   those of some files
    python tests/mutants.py --match "→ nothing"  those whose name has this text
    python tests/mutants.py --minutes 20         an even sample of them, as many as fit

A mutant is killed if a test fails, or runs far longer than it should. Survivors that
`mutants_survivors.md` explains are expected; any other makes the command fail. The tests
run in forks of one process that has loaded the heavy libraries already.
"""

import argparse
import ast
import compileall
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.util import find_spec
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
EXPLAINED = ROOT / "tests" / "mutants_survivors.md"
STAGES = [  # the quick ones first
    ["bad_input", "family", "overlap", "scores_and_losses", "import"],
    ["fuzz", "properties", "accuracy"],
    ["libraries"],
]
SECONDS = [20, 120, 240]
KEEP = {"__all__"}

SWAPS: dict[type, type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,  # codespell:ignore notin
    ast.NotIn: ast.In,  # codespell:ignore notin
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


class Mutant(NamedTuple):
    """One change: in which file and function, what it was, what it is."""

    file: str
    name: str
    source: str


# Making them


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a module; the tree is changed in place, unparsed, and changed back."""
    tree = ast.parse(path.read_text())
    seen: Counter[str] = Counter()
    for where, part, change in changes(tree):
        before = ast.unparse(part)
        restore, after = change()
        what = f"{path.name}, {where}: `{short(before)}` → `{short(after)}`"
        seen[what] += 1
        again = f" ({seen[what]})" if seen[what] > 1 else ""
        source = ast.unparse(tree)
        restore()
        yield Mutant(path.name, what + again, source)


def short(text: str) -> str:
    line = " ".join(text.split()).replace("`", "'")
    return line if len(line) <= 90 else line[:87] + "..."


Change = Callable[[], tuple[Callable[[], None], str]]


def changes(tree: ast.Module) -> Iterator[tuple[str, ast.AST, Change]]:
    """Where, which part shows it, and how to change it."""

    def visit(node: ast.AST, where: str) -> Iterator[tuple[str, ast.AST, Change]]:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            where = node.name if where == "module" else f"{where}.{node.name}"
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list", "bases"):
                continue
            children = value if isinstance(value, list) else [value]
            for k, child in enumerate(children):
                if not isinstance(child, ast.AST) or skipped(child):
                    continue
                holder = children if isinstance(value, list) else None
                yield from of_statement(child, where, holder, k)
                yield from of_expression(child, where)
                yield from visit(child, where)

    yield from visit(tree, "module")


def skipped(node: ast.AST) -> bool:
    """Docstrings, imports, types, messages: what no behavior hangs on."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.ClassDef):
        return any(isinstance(base, ast.Name) and base.id == "TypedDict" for base in node.bases)
    if isinstance(node, ast.Assign):
        names = {t.id for t in node.targets if isinstance(t, ast.Name)}
        typed = isinstance(node.value, ast.Subscript) and isinstance(node.value.value, ast.Name)
        return bool(names & KEEP) or (typed and node.value.value.id in ("Literal", "tuple"))
    return isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr | ast.Raise)


def of_statement(
    node: ast.AST, where: str, holder: list[Any] | None, k: int
) -> Iterator[tuple[str, ast.AST, Change]]:
    if holder is None or where == "module":
        return
    dropped = isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )
    if dropped:
        yield where, node, lambda: exchange(holder, k, ast.Pass(), "nothing")


def of_expression(node: ast.AST, where: str) -> Iterator[tuple[str, ast.AST, Change]]:
    if isinstance(node, ast.Compare):
        for k, op in enumerate(node.ops):
            yield where, node, swap(node, node.ops, k, SWAPS[type(op)]())
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPS:
        if not is_type(node):
            yield where, node, swap_attribute(node, "op", SWAPS[type(node.op)]())
    elif isinstance(node, ast.If | ast.IfExp | ast.While | ast.comprehension):
        tests = node.ifs if isinstance(node, ast.comprehension) else [node.test]
        for k, test in enumerate(tests):
            changed_anyway = isinstance(test, ast.Compare | ast.UnaryOp)
            for value in () if changed_anyway else (True, False):
                constant = ast.Constant(value)
                if isinstance(node, ast.comprehension):
                    yield where, test, swap(None, node.ifs, k, constant, f"{value}")
                else:
                    yield where, test, swap_attribute(None, "test", constant, node, f"{value}")
    if isinstance(node, ast.Call):
        for k, keyword in enumerate(node.keywords):
            if keyword.arg is not None:
                yield where, node, drop(node, k)
    if isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant):
        yield where, node, unwrap(node)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        new = not node.value if isinstance(node.value, bool) else node.value + 1
        yield where, node, swap_attribute(node, "value", new)


def is_type(node: ast.AST) -> bool:
    """`int | float` is no arithmetic."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.BitOr):
        return False
    text = ast.unparse(node)
    return any(t in text for t in ("int |", "float", "ndarray", "bool_", "None", "list", "Number"))


def exchange(items: list[Any], k: int, new: Any, shown: str) -> tuple[Callable[[], None], str]:
    old = items[k]
    items[k] = new

    def restore() -> None:
        items[k] = old

    return restore, shown


def swap(node: Any, items: list[Any], k: int, new: Any, shown: str = "") -> Change:
    def change() -> tuple[Callable[[], None], str]:
        restore, _ = exchange(items, k, new, "")
        return restore, shown or ast.unparse(node)

    return change


def swap_attribute(node: Any, name: str, new: Any, of: Any = None, shown: str = "") -> Change:
    of = node if of is None else of

    def change() -> tuple[Callable[[], None], str]:
        old = getattr(of, name)
        setattr(of, name, new)
        return lambda: setattr(of, name, old), shown or ast.unparse(node)

    return change


def drop(node: ast.Call, k: int) -> Change:
    def change() -> tuple[Callable[[], None], str]:
        gone = node.keywords.pop(k)
        return lambda: node.keywords.insert(k, gone), f"without {gone.arg}"

    return change


def unwrap(node: ast.UnaryOp) -> Change:
    def change() -> tuple[Callable[[], None], str]:
        old = node.op
        node.op = ast.UAdd() if isinstance(old, ast.USub) else node.op
        if isinstance(old, ast.USub):
            return lambda: setattr(node, "op", old), ast.unparse(node)
        inner = node.operand
        node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), inner)
        if isinstance(old, ast.Invert):
            node.op, node.operand = ast.Invert(), ast.UnaryOp(ast.Invert(), inner)

        def restore() -> None:
            node.op, node.operand = old, inner

        return restore, ast.unparse(inner)

    return change


# Running the tests against them


def run(folder: Path, stage: int) -> bool:
    """Whether all tests of a stage pass, in a fork."""
    child = os.fork()
    if child == 0:
        code = 3
        try:
            code = test(folder, STAGES[stage])
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    until = time.monotonic() + SECONDS[stage] * float(os.environ.get("SLOW", 3))
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def test(folder: Path, names: list[str]) -> int:
    """What pytest says; only in a fork, which this changes for good."""
    import pytest

    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    os.environ["PYTHONPATH"] = str(folder)
    output = os.open(folder / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    options = ["-x", "-q", "--no-header", "--assert=plain", "-p", "no:cacheprovider"]
    return int(pytest.main([*options, *(f"tests/test_{name}.py" for name in names)]))


def prepare(folder: Path) -> Path:
    """A copy of what the tests need."""
    for part in ("dice", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    compileall.compile_dir(folder / "tests", quiet=1)
    return folder


def survives(mutant: Mutant, folders: "Queue[Path]", stages: int) -> bool:
    folder = folders.get()
    original = (ROOT / "dice" / mutant.file).read_text()
    try:
        (folder / "dice" / mutant.file).write_text(mutant.source)
        return all(run(folder, stage) for stage in range(stages))
    finally:
        (folder / "dice" / mutant.file).write_text(original)
        folders.put(folder)


def warm_up() -> None:
    """Load once what every fork would load."""
    import hypothesis
    import hypothesis.extra.numpy
    import numpy
    import pytest
    import sympy

    # a failing example is enough, the smallest one is not needed
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutants", phases=phases)
    hypothesis.settings.load_profile("mutants")
    assert numpy and pytest and sympy


def explained() -> set[str]:
    lines = EXPLAINED.read_text().splitlines() if EXPLAINED.exists() else []
    return {line[2:] for line in lines if line.startswith("- ")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", nargs="*", help="file names in dice/; all of the core if none")
    parser.add_argument("--match", default="", help="only mutants whose name has this text")
    parser.add_argument("--minutes", type=float, help="stop in time, with a sample")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--stages", type=int, default=3 if find_spec("torch") else 2)
    parser.add_argument("--known", action="store_true", help="run the explained survivors too")
    arguments = parser.parse_args()
    paths = sorted((ROOT / "dice").glob("*.py"))
    paths = [p for p in paths if not arguments.files or p.name in arguments.files]
    mutants = [m for path in paths for m in mutants_of(path) if arguments.match in m.name]
    known = explained()
    skipped_mutants = [m for m in mutants if m.name in known and not arguments.known]
    todo = [m for m in mutants if m not in skipped_mutants]
    random.Random(0).shuffle(todo)
    until = time.monotonic() + 60 * arguments.minutes if arguments.minutes else float("inf")
    warm_up()
    survivors: list[str] = []
    tried = 0
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(arguments.jobs) as pool:
        folders: Queue[Path] = Queue()
        for k in range(arguments.jobs):
            folder = Path(place) / str(k)
            folder.mkdir()
            folders.put(prepare(folder))
        if not all(run(folder, stage) for stage in range(arguments.stages)):
            print((folder / "output").read_text()[-3000:])
            print("The tests fail without any mutant.")
            return 2

        def attempt(mutant: Mutant) -> bool | None:
            if time.monotonic() > until:
                return None
            return survives(mutant, folders, arguments.stages)

        tasks = {pool.submit(attempt, mutant): mutant for mutant in todo}
        for task in as_completed(tasks):
            if task.result() is None:
                continue
            tried += 1
            if task.result():
                survivors.append(tasks[task].name)
                print(f"survives: {tasks[task].name}", flush=True)
            if tried % 20 == 0:
                print(f"{tried} of {len(todo)} tried, {len(survivors)} survive", flush=True)
    new = sorted(set(survivors) - known)
    old = len(skipped_mutants) * tried / max(len(todo), 1) + len(set(survivors) & known)
    killed = tried - len(survivors)
    share = killed / max(tried + (0 if arguments.known else old), 1)
    print(f"{len(mutants)} mutants, {tried} tried, {killed} killed, {len(new)} new survivors,")
    print(f"{len(skipped_mutants)} explained survivors not tried again; killed {share:.1%}")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
