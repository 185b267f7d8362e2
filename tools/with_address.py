"""Build a copy of the book as if it were published, and check its pages: `make address` runs this.

In the copy, `_config.yml` knows an address of the repository and one of the book. They switch on
launch buttons, absolute links and the cells that fetch the course.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from plant_faults import BUILD, HASHES, copy, pytest, run

SETTINGS = {
    r'repository_url: ""': "repository_url: https://github.com/someone/dice-course",
    r"^html:\n": "html:\n  baseurl: https://example.org/dice-course\n",
}
FILES = [f"tests/site/test_{name}.py" for name in ("built_pages", "search_and_head", "exports")]
FILES += [f"tests/notebooks/test_{name}.py" for name in ("form", "chapters")]
SOME_PAGES = [
    "tests/site/test_in_browser.py",
    "-k",
    "03_soft_dice or guide or search.html or by_keyboard",
]


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        copy(folder)
        config = (folder / "_config.yml").read_text("utf8")
        for old, new in SETTINGS.items():
            config, count = re.subn(old, new, config, flags=re.M)
            assert count == 1, f"_config.yml has {old!r} {count} times"
        (folder / "_config.yml").write_text(config, "utf8")
        for command in ("init -q", "add -A"):  # the zip takes what git knows
            subprocess.run(["git", *command.split()], cwd=folder, check=True)
        build = [["python", "tools/hosted.py"], HASHES, BUILD]
        failed, output = run([*build, pytest(*FILES), pytest(*SOME_PAGES)], folder)
        print(output)
    return failed


if __name__ == "__main__":
    sys.exit(main())
