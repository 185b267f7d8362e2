"""Run the notebooks again when the package they import, or the locked versions, have changed.

Jupyter Book keeps executed notebooks in a cache whose key is their own code alone. This empties
the cache, and has the chapters read anew, when what stands behind that code is no longer the same:
the package, the versions, and what is stored below the optional cells, which no build runs.
"""

import json
import shutil
import sys
from hashlib import sha256
from pathlib import Path


def optional_outputs(root):
    for file in sorted((root / "notebooks").glob("*.ipynb")):
        for cell in json.loads(file.read_text("utf8"))["cells"]:
            if "optional" in cell["metadata"].get("tags", []):
                yield json.dumps(cell["outputs"]).encode()


def fingerprint(root):
    """Hash what the outputs depend on beside the notebooks."""
    files = [root / "constraints.txt", *sorted((root / "dice").rglob("*.py"))]
    contents = [file.relative_to(root).as_posix().encode() + file.read_bytes() for file in files]
    parts = [*contents, *optional_outputs(root), sys.version.encode()]
    return sha256(b"\0".join(parts)).hexdigest()


def empty_stale_cache(app, config):
    cache = Path(app.outdir).parent / ".jupyter_cache"
    stamp = cache / "fingerprint"
    now = fingerprint(Path(app.srcdir))
    if not stamp.exists() or stamp.read_text("utf8") != now:
        shutil.rmtree(cache, ignore_errors=True)
        cache.mkdir(parents=True)
        stamp.write_text(now, "utf8")


def outdated_chapters(app, env, added, changed, removed):
    now = fingerprint(Path(app.srcdir))
    before = getattr(env, "dice_fingerprint", now)
    env.dice_fingerprint = now
    return [] if before == now else [name for name in env.found_docs if "notebooks/" in name]


def setup(app):
    app.connect("config-inited", empty_stale_cache)
    app.connect("env-get-outdated", outdated_chapters)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
