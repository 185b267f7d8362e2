// Compile libraries ahead, in the very Python that will run them: node compile.mjs PYODIDE WORK
// reads WORK/wheels and writes WORK/compiled: SymPy with what it needs as sympy.zip, others as wheels.
import { pathToFileURL } from "node:url";

const [pyodide, work] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide();
python.FS.mkdirTree("/ahead"); // a folder of Pyodide, none of this machine
python.FS.mount(python.FS.filesystems.NODEFS, { root: work }, "/ahead");
try {
  python.runPython(`
import ast, contextlib, glob, importlib.util, marshal, sys, zipfile
from pathlib import Path

HEAD = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)  # never checked again
LEFT_OUT = "/tests/", "/benchmarks/", "/_antlr/", "sympy/testing/", "sympy/galgebra", "isympy"


def compiled(tree, name):
    return HEAD + marshal.dumps(compile(tree, name, "exec", dont_inherit=True))


def without_docstrings(source):
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                first.value.value = ""
    return tree


def of_sympy(name, data):
    """Compile what chapters load; the rest stays source, compiled if a reader wants it."""
    tree = without_docstrings(data)
    module = name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    if module in sys.modules:
        return name + "c", compiled(tree, name)
    with contextlib.suppress(RecursionError):  # at sums of a thousand terms
        data = ast.unparse(tree)
    return name, data


def write(packed, name, data):
    packed.writestr(zipfile.ZipInfo(name), data)


symbolic = sorted(glob.glob("/ahead/wheels/sympy*")) + sorted(glob.glob("/ahead/wheels/mpmath*"))
sys.path[:0] = symbolic
import sympy, sympy.assumptions.wrapper, sympy.codegen.ast, sympy.combinatorics
import sympy.physics.matrices, sympy.physics.units, sympy.sets.setexpr, sympy.tensor.tensor

with zipfile.ZipFile("/ahead/compiled/sympy.zip", "w") as packed:
    for wheel in map(zipfile.ZipFile, symbolic):
        for name in sorted(wheel.namelist()):
            if name.endswith(".py") and not any(part in name for part in LEFT_OUT):
                write(packed, *of_sympy(name, wheel.read(name)))
            elif name.endswith(("METADATA", "LICENSE")):
                write(packed, name, wheel.read(name))

for wheel in sorted(set(glob.glob("/ahead/wheels/*")) - set(symbolic)):
    with zipfile.ZipFile(Path("/ahead/compiled", Path(wheel).name), "w") as packed:
        source = zipfile.ZipFile(wheel)
        for name in source.namelist():
            data = source.read(name)
            if name.endswith(".py") and "/tests/" not in name:
                name, data = name + "c", compiled(data, name)
            if not any(part in name for part in ("/tests/", "sample_data/", "/f2py/src", ".h")):
                write(packed, name, data)
`);
} catch (error) {
  console.error(error.message.slice(-1000));
  process.exit(1);
}
