"""Let the code cells of a chapter run in the page, where `make live` has made what that needs.

A page gets a line of script that puts a Run control beside its cells; all else is fetched when a
reader presses one. A cell that uses a library that no page has, or what such a cell brings, gets
no control; opened as a file, where nothing can be stopped, neither does one that takes long.
"""

import ast
import io
import json
import shutil
import symtable
import sys
import zipfile
from pathlib import Path

import array_api_compat
import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from live import LIVE, pack  # noqa: E402

FOLDER = "live"
START = Path(__file__).with_name("live_start.js")
SLOW = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf8"))
ABSENT = {"dask", "distributed", "nibabel", "pandas", "skimage", "zarr"}
DATA = ["dice/course/pictures/*.npz", "benchmarks/results/*.jsonl"]
COURSE = ["dice/**/*.py", "dice/**/*.mplstyle", "dice/**/*.json", "benchmarks/results/*.json"]
ARRAYS = ["array_api_compat/*.py", "array_api_compat/common/*.py", "array_api_compat/numpy/*.py"]


def files_of(folder, patterns):
    """Return the files below a folder that fit the patterns."""
    files = sorted(file for pattern in patterns for file in folder.glob(pattern))
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def zipped(files):
    """Return files as one zip, which is compressed later."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return packed.getvalue()


def code_cells(name):
    """Return the code cells that a chapter shows, in order."""
    cells = json.loads((ROOT / f"{name}.ipynb").read_text("utf8"))["cells"]
    code = (cell for cell in cells if cell["cell_type"] == "code")
    return [cell for cell in code if "remove-cell" not in cell["metadata"].get("tags", [])]


def outside(tree):
    """Return what a cell imports from libraries that no page has: names, with their library."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            for alias in node.names:
                library = (module or alias.name).partition(".")[0]
                if library in ABSENT:
                    found[alias.asname or alias.name.partition(".")[0]] = library
    return found


def sets_of(tree):
    """Return the names that a cell sets; those of its functions are theirs."""
    symbols = symtable.symtable(ast.unparse(tree), "cell", "exec").get_symbols()
    return {symbol.get_name() for symbol in symbols if symbol.is_assigned()}


def reads_of(tree):
    """Return the names that a cell reads before it sets them, in its functions too."""

    def read(scope):
        inside = set().union(*map(read, scope.get_children()))
        return inside | {
            symbol.get_name()
            for symbol in scope.get_symbols()
            if symbol.is_referenced() and (scope.get_type() == "module" or symbol.is_global())
        }

    found, known = set(), set()
    for statement in tree.body:
        if isinstance(statement, ast.For):
            known |= {n.id for n in ast.walk(statement.target) if isinstance(n, ast.Name)}
        found |= read(symtable.symtable(ast.unparse(statement), "cell", "exec")) - known
        known |= sets_of(ast.Module([statement], []))
    return found


def not_run(cells, too_long=()):
    """Return the numbers of the cells that cannot run, each with its reason."""
    lost, reasons = {}, {}
    for i, cell in enumerate(cells):
        if "skip-execution" in cell["metadata"].get("tags", []):
            reasons[i] = "it is optional"
            continue
        tree = ast.parse("".join(cell["source"]))
        sets = sets_of(tree)
        lost |= outside(tree)
        reads = reads_of(tree)
        why = next((lost[name] for name in sorted(reads) if name in lost), None)
        why = "it takes long" if cell["id"] in too_long else why
        if why:
            reasons[i] = why
            lost |= dict.fromkeys(sets, why)
        else:
            lost = {name: library for name, library in lost.items() if name not in sets}
    return reasons


def write_files(app, error):
    """Put the packs into the book, those of this checkout among them."""
    if error or app.builder.name != "html" or not (LIVE / "sizes.json").exists():
        return
    target = Path(app.outdir, "_static", FOLDER)
    others = [Path(__file__).with_name("katex.min.js"), ROOT / "tools/live/NOTICES.md"]
    for file in [*LIVE.glob("*.bin"), *LIVE.glob("*.js"), *others]:
        shutil.copy(file, target)


def load_script(app, pagename, templatename, context, doctree):
    """Give a chapter the line of script that shows the controls."""
    if app.builder.name != "html" or not (LIVE / "sizes.json").exists():
        return
    if not (ROOT / f"{pagename}.ipynb").exists():
        return
    cells = code_cells(pagename)
    known = {
        "root": f"{'../' * pagename.count('/')}_static/{FOLDER}/",
        "no": sorted(not_run(cells)),
        "file": sorted(not_run(cells, {name for name, told in SLOW.items() if len(told) > 1})),
        "slow": {i: SLOW[cell["id"]][0] for i, cell in enumerate(cells) if cell["id"] in SLOW},
        "sizes": app.live_sizes,
    }
    script = START.read_text("utf8").replace("KNOWN", json.dumps(known, separators=(",", ":")))
    app.add_js_file(None, body=script, priority=900)


def measure(app):
    """Pack what comes from this checkout, and know all sizes before pages are written."""
    if app.builder.name != "html" or not (LIVE / "sizes.json").exists():
        return
    arrays = Path(array_api_compat.__file__).parents[1]  # of the locked version
    course = files_of(ROOT, COURSE) | files_of(arrays, ARRAYS)
    course |= files_of(ROOT / "book/_static/live", ["kernel.py"]) | {"notebooks/": b""}
    app.live_sizes = json.loads((LIVE / "sizes.json").read_text("utf8"))
    for name, files in {"course": course, "data": files_of(ROOT, DATA)}.items():
        app.live_sizes[name] = pack(LIVE / name, {f"{name}.zip": zipped(files)})


def setup(app):
    app.connect("builder-inited", measure)
    app.connect("html-page-context", load_script)
    app.connect("build-finished", write_files, priority=950)  # theme_patches reads all scripts
    return {"parallel_read_safe": True, "parallel_write_safe": False}
