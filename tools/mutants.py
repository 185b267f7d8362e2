"""Mutation testing: change one thing in the core, and see that a test notices.

    python tools/mutants.py                      all mutants
    python tools/mutants.py --files overlap.py   those of some files
    python tools/mutants.py --match "→ nothing"  those whose name has this text
    python tools/mutants.py --minutes 20         an even sample of them, as many as fit

A mutant is killed if a test fails, or computes far longer than it should. The tests that
run the changed lines are tried, the quick ones first. Survivors that `mutants_survivors.md`
explains are expected; any other makes the command fail. The tests run in forks of one
process that has loaded the heavy libraries already.
"""

import argparse
import ast
import compileall
import json
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "dice"
CORE = [*sorted(PACKAGE.glob("*.py")), *sorted((PACKAGE / "engine").glob("*.py"))]
EXPLAINED = ROOT / "tools" / "mutants_survivors.md"
STAGES = [  # other libraries take seconds to load: they come last
    ["bad_input", "tversky_and_gradients", "import", "overlap", "scores_and_losses", "two_floors"],
    ["accuracy", "fuzz", "memory", "properties"],
    ["array_libraries"],
]
KEEP = {"__all__", "PIECE", "CARD_PIECE", "STRIP"}  # speed, no behavior
KEEP_OPTIONS = {"hint", "copy", "strict"}  # words of a message; speed; a check of our own

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
    """One change: in which file, function and lines, what it was, what it is."""

    file: str
    name: str
    source: str
    lines: range


# Making them


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a module; the tree is changed in place, unparsed, and changed back."""
    tree, file = ast.parse(path.read_text("utf8")), path.relative_to(PACKAGE).as_posix()
    seen: Counter[str] = Counter()
    for where, part, change in changes(tree):
        before = ast.unparse(part)
        restore, after = change()
        what = f"{file}, {where}: `{short(before)}` → `{short(after)}`"
        seen[what] += 1
        again = f" ({seen[what]})" if seen[what] > 1 else ""
        source = ast.unparse(tree)
        restore()
        yield Mutant(file, what + again, source, range(part.lineno, part.end_lineno + 1))


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
        return any(keyword.arg == "total" for keyword in node.keywords)  # a TypedDict
    if isinstance(node, ast.keyword):
        return node.arg in KEEP_OPTIONS
    if isinstance(node, ast.Assign):
        targets = (part for target in node.targets for part in ast.walk(target))
        names = {part.id for part in targets if isinstance(part, ast.Name)}
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
            if keyword.arg not in {None, *KEEP_OPTIONS}:
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


class Runs(NamedTuple):
    """What the tests do without any mutant: the lines that each runs, and its seconds."""

    lines: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def chosen(self, mutant: Mutant, names: list[str], most: float) -> list[str]:
        """The tests that run the changed lines, as many quick ones as take `most` seconds.

        A line that runs when the package is loaded concerns all tests, and a test whose lines
        nobody saw, in a process of its own, concerns all lines.
        """
        of_file = self.lines.get(mutant.file, {})
        tests = {test for line in mutant.lines for test in of_file.get(line, [""])}
        seen = {test for kept in self.lines.values() for ids in kept.values() for test in ids}
        tests = set(self.seconds) if "" in tests else tests | (self.seconds.keys() - seen)
        files = tuple(f"tests/package/test_{name}.py" for name in names)
        chosen = []
        for test in sorted(tests & self.seconds.keys(), key=self.seconds.__getitem__):
            if test.startswith(files):
                most -= self.seconds[test]
                chosen += [test] if most >= 0 else []
        return chosen


class Recorder:
    """A plugin of pytest: notes the lines that each test runs, and how long it takes."""

    def __init__(self, folder: Path):
        from coverage import Coverage

        self.package = folder / "dice"
        self.coverage = Coverage(source=[str(folder / "dice")], data_file=None, branch=False)
        self.seconds: Counter[str] = Counter()
        self.coverage.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.coverage.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if not report.skipped:
            self.seconds[report.nodeid] += report.duration

    def save(self, file: Path) -> None:
        self.coverage.stop()
        data = self.coverage.get_data()
        lines = {
            Path(f).relative_to(self.package).as_posix(): data.contexts_by_lineno(f)
            for f in data.measured_files()
        }
        file.write_text(json.dumps([lines, self.seconds]), "utf8")


class Chosen:
    """A plugin of pytest: runs these tests, in this order."""

    def __init__(self, tests: list[str]):
        self.place = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = [item for item in items if item.nodeid in self.place]
        items.sort(key=lambda item: self.place[item.nodeid])


def record(folder: Path) -> Runs | None:
    """What the tests do without any mutant; None if they fail."""
    file, runs = folder / "runs.json", Runs({}, {})

    def work(names: list[str]) -> int:
        recorder = Recorder(folder)
        code = test(folder, names, recorder)
        recorder.save(file)
        return code

    for names in STAGES if find_spec("torch") else STAGES[:2]:
        if not forked(partial(work, names)):
            return None
        lines, seconds = json.loads(file.read_text("utf8"))
        runs.seconds.update(seconds)
        for name, kept in lines.items():
            of_file = runs.lines.setdefault(name, {})
            for line, tests in kept.items():
                of_file[int(line)] = of_file.get(int(line), []) + tests
    return runs


def forked(work: Callable[[], Any], seconds: int | None = None) -> bool:
    """Whether `work` comes to nothing bad, in a fork that may compute for so long."""
    import resource  # Windows has none, where pytest looks for examples in this file too

    child = os.fork()
    if child == 0:
        code = 3
        try:
            if seconds:
                resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            code = int(work() or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return status == 0


def test(folder: Path, names: list[str], plugin: Any) -> int:
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
    code = pytest.main([*options, *(f"tests/package/test_{name}.py" for name in names)], [plugin])
    return 0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else int(code)


def prepare(folder: Path) -> Path:
    """A copy of what the tests need."""
    for part in ("dice", "tests", "tools"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    compileall.compile_dir(folder / "tests", quiet=1)
    return folder


def survives(mutant: Mutant, folders: "Queue[Path]", runs: Runs, most: float) -> bool:
    folder = folders.get()
    original = (ROOT / "dice" / mutant.file).read_text("utf8")
    try:
        (folder / "dice" / mutant.file).write_text(mutant.source, "utf8")
        for names in STAGES:
            tests = runs.chosen(mutant, names, most)
            limit = 60 + 3 * int(sum(map(runs.seconds.__getitem__, tests)))
            if tests and not forked(partial(test, folder, names, Chosen(tests)), limit):
                return False
        return True
    finally:
        (folder / "dice" / mutant.file).write_text(original, "utf8")
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
    lines = EXPLAINED.read_text("utf8").splitlines() if EXPLAINED.exists() else []
    return {line[2:] for line in lines if line.startswith("- ")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", nargs="*", help="such as losses.py; all if none")
    parser.add_argument(
        "--match", nargs="*", default=[""], help="only mutants whose name has one of these texts"
    )
    parser.add_argument("--minutes", type=float, help="stop in time, with a sample")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--most", type=float, default=40, help="seconds of tests for a mutant")
    parser.add_argument("--known", action="store_true", help="run the explained survivors too")
    arguments = parser.parse_args()
    paths = [p for p in CORE if not arguments.files or p.name in arguments.files]
    mutants = [m for path in paths for m in mutants_of(path)]
    mutants = [m for m in mutants if any(text in m.name for text in arguments.match)]
    known = explained()
    stale = sorted(known - {m.name for path in CORE for m in mutants_of(path)})
    for name in stale:
        print(f"explained, but no mutant any more: {name}")
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
        runs = record(folder)
        if runs is None:
            print((folder / "output").read_text("utf8")[-3000:])
            print("The tests fail without any mutant.")
            return 2
        print(f"{len(runs.seconds)} tests in {sum(runs.seconds.values()):.0f} s", flush=True)

        def attempt(mutant: Mutant) -> bool | None:
            if time.monotonic() > until:
                return None
            return survives(mutant, folders, runs, arguments.most)

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
    return 1 if new or stale else 0


if __name__ == "__main__":
    sys.exit(main())
