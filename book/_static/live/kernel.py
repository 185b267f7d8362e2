"""What runs cells in a page: the part in Python; kernel.js calls `needs` and `run`.

Libraries that a chapter imports at its top are large, and most cells do without them: such an
import waits until a cell names what it brings. A cell that wants what no page has says so.
"""

import ast
import contextlib
import importlib.util
import io
import json
import linecache
import sys
import traceback
import types

import numpy as np
import numpy._core.arrayprint as arrayprint
from array_api_compat.numpy import __array_namespace_info__ as info

PACKS = {"matplotlib": "matplotlib", "mpl_toolkits": "matplotlib", "PIL": "matplotlib"}
PACKS |= {"scipy": "scipy"}
OURS = dict.fromkeys(["charts", "diagrams", "photos", "pixels", "shapes", "svg"], "matplotlib")
OURS |= dict.fromkeys(["data", "study"], "data")
OURS = {f"dice.course.{name}": pack for name, pack in OURS.items()}

loaded = set()  # packs
space = {}  # the variables of the cells
waiting = []  # imports, and what each needs and brings
shown = []  # what the running cell has displayed


def pack_of(module):
    """Tell which pack a module needs: None for none, the module's own name where no page has it."""
    if module in OURS:
        return OURS[module]
    top = module.partition(".")[0]
    if top in PACKS:
        return PACKS[top]
    return None if top in sys.modules or importlib.util.find_spec(top) else top


def packs_of(statement):
    if isinstance(statement, ast.Import):
        return {pack_of(alias.name) for alias in statement.names} - {None} - loaded
    inside = {f"{statement.module}.{alias.name}" for alias in statement.names}
    modules = {statement.module} | inside & OURS.keys()
    return {pack_of(module) for module in modules} - {None} - loaded


def brings(statement):
    return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}


def is_import(statement):
    return isinstance(statement, ast.Import | ast.ImportFrom)


def names_in(tree, kind=ast.expr_context):
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {node.id for node in nodes if isinstance(node.ctx, kind)}


def sets_the_style(statement):
    return isinstance(statement, ast.Expr) and ast.unparse(statement.value) == "style.use()"


def put_off(tree):
    """Take the imports from a cell that wait; return what is left."""
    kept = []
    for statement in tree.body:
        if is_import(statement) and packs_of(statement):
            waiting.append((statement, packs_of(statement), brings(statement)))
        elif sets_the_style(statement) and "matplotlib" not in loaded:
            waiting.append((statement, {"matplotlib"}, set()))
        else:
            kept.append(statement)
    return ast.Module(kept, [])


def parsed(source):
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.Module([], [])


def packs_named(tree):
    """Return the packs that a cell needs and the page has not loaded yet."""
    names = names_in(tree)
    inside = [node for top in tree.body if not is_import(top) for node in ast.walk(top)]
    found = set().union(*(packs_of(node) for node in inside if is_import(node)))
    for _, packs, brought in waiting:
        if brought & names:
            found |= packs
    return found - loaded


def needs(source):
    return json.dumps(sorted(packs_named(parsed(source))))


def pictures(sources):
    """Return, as JSON, which of these cells may wait before the last is run.

    They draw, Matplotlib has not been fetched, and nothing after them uses what they bring.
    """
    *before, last = map(parsed, json.loads(sources))
    wanted, wait = names_in(last), []
    for i, tree in reversed(list(enumerate(before))):
        sets = names_in(tree, ast.Store)
        sets |= {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        if "matplotlib" in packs_named(tree) and not sets & wanted:
            wait.append(i)
        else:
            wanted |= names_in(tree)
    return json.dumps(wait)


def arrived(pack):
    """Do what waited for this pack."""
    loaded.add(pack)
    ready = [entry for entry in waiting if entry[1] <= loaded]
    waiting[:] = [entry for entry in waiting if entry not in ready]
    for statement, _, _ in ready:
        execute(ast.Module([statement], []), "<import>")


def execute(tree, name):
    exec(compile(ast.fix_missing_locations(tree), name, "exec"), space)


def pretty(value, indent=0):
    """Write a value as IPython does: where a list has no room in a line, an entry a line."""
    if type(value) not in {list, tuple} or not value:
        return repr(value).replace("\n", "\n" + " " * indent)
    entries = [pretty(entry, indent + 1) for entry in value]
    begin, end = "[]" if isinstance(value, list) else ("(", ",)" if len(value) == 1 else ")")
    line = begin + ", ".join(entries) + end
    if "\n" not in line and len(line) + indent < 80:
        return line
    return begin + (",\n" + " " * (indent + 1)).join(entries) + end


def mimes(value):
    """Return what a value shows itself as, as a notebook does."""
    if hasattr(value, "mimes"):
        return value.mimes
    figure = getattr(sys.modules.get("matplotlib.figure"), "Figure", ())
    bundle = {"text/plain": pretty(value)}
    if isinstance(value, figure):
        from dice.course.svg import svg

        return bundle | {"image/svg+xml": svg(value)}
    for mime, method in {"text/latex": "_repr_latex_", "text/html": "_repr_html_"}.items():
        with contextlib.suppress(AttributeError):
            if text := getattr(value, method)():
                bundle[mime] = text
    return bundle


def display(*values, **_):
    shown.extend(mimes(value) for value in values)


class Shown:
    """A text of one kind, as those of IPython.display."""

    def __init__(self, data):
        self.data = data

    @property
    def mimes(self):
        name = f"<IPython.core.display.{type(self).__name__} object>"
        return {"text/plain": name, self.mime: self.data}


KINDS = {"Markdown": "text/markdown", "HTML": "text/html", "Latex": "text/latex"}


def like_ipython():
    """Stand in for the little of IPython that cells use."""
    module = types.ModuleType("IPython.display")
    module.display = display
    for name, mime in KINDS.items():
        setattr(module, name, type(name, (Shown,), {"mime": mime}))
    package = types.ModuleType("IPython")
    package.display, package.get_ipython = module, lambda: None
    package.__path__ = []
    sys.modules.update({"IPython": package, "IPython.display": module})


class Info(info):
    """What NumPy 2.0 does not say yet; integers have 64 bits where they are counts."""

    def default_dtypes(self, *, device=None):
        return super().default_dtypes(device=device) | {"integral": np.dtype(np.int64)}


def as_with_64_bits(array):
    """Write an array as where integers have 64 bits by default; in a page they have 32."""
    return plain_repr(array).replace(", dtype=int64)", ")")


def close_figures():
    """Show what a cell has drawn, in order, and forget it."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    for number in pyplot.get_fignums() if pyplot else []:
        display(pyplot.figure(number))
    if pyplot:
        pyplot.close("all")


def reset():
    space.clear()
    space.update(__name__="__main__", __builtins__=__builtins__, display=display)
    waiting.clear()


def run(source, name):
    """Run a cell; return, as JSON, what it printed, what it showed, and its error."""
    shown.clear()
    printed, error = io.StringIO(), None
    file = f"<{name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            body = put_off(ast.parse(source)).body
            last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
            execute(ast.Module(body, []), file)
            if last:
                code = compile(ast.Expression(last.value), file, "eval")
                value = eval(code, space)
                if value is not None and not source.rstrip().endswith(";"):
                    space["_"] = value
                    display(value)
            close_figures()
    except BaseException as problem:
        pack = PACKS.get(str(getattr(problem, "name", "")).partition(".")[0])
        if isinstance(problem, ModuleNotFoundError) and pack not in {None, *loaded}:
            close_figures()
            return json.dumps({"lacks": pack})
        error = report(problem, file)
    return json.dumps({"printed": printed.getvalue(), "shown": shown, "error": error})


def report(problem, file):
    """Return the error, and where in the cells it came from."""
    lacks = isinstance(problem, NameError) and [e for e in waiting if problem.name in e[2]]
    if lacks:
        missing = ", ".join(sorted(lacks[0][1] - loaded))
        return f"{problem.name} needs {missing}, which this page does not have."
    frames = [f for f in traceback.extract_tb(problem.__traceback__) if f.filename == file]
    where = [f"line {frame.lineno}: {frame.line}" for frame in frames[:1]]
    return "\n".join(where + traceback.format_exception_only(problem)).rstrip()


np.__array_namespace_info__ = getattr(np, "__array_namespace_info__", Info)
plain_repr = arrayprint._default_array_repr
arrayprint._default_array_repr = as_with_64_bits
like_ipython()
reset()
