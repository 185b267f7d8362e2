"""Put the whole course into one zip file: the site, the PDF, the notebooks, and a start page.

Beside them lies what it takes to teach: slides, notebooks without solutions, figures, questions.

`make dist` builds what goes into it and runs this.
"""

import os
import subprocess
import time
import zipfile
from html import escape
from pathlib import Path

import chromium
import exercises
import figures
import moodle
import nbformat
import print as paper
import slides
import yaml
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "_build"
PDF = "dice-from-pixels-to-loss.pdf"
FOLDER = "dice-course"  # what the zip unpacks into
SITE = "site"
TO_RUN = [  # what the notebooks need, beside themselves: the package, its records and versions
    "notebooks/*.ipynb",
    "dice",
    "benchmarks/results/*.json*",
    "pyproject.toml",
    "requirements.txt",
    "constraints.txt",
    "README.md",
    "LICENSE",
    "LICENSE-text",
    "CITATION.cff",
]
TO_PRACTICE = [  # what our tests need to run on a reader's package
    "conftest.py",
    "tests/conftest.py",
    "tests/package/conftest.py",
    "tests/package/test_overlap.py",
    "tests/package/test_properties.py",
    "tests/package/test_scores_and_losses.py",
    "tools/chromium.py",
    "tools/own_package.py",
    "tools/notebook_differences.py",
]
START = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }}
body {{ font: 1.1rem/1.6 system-ui, sans-serif; }}
img {{ max-width: 100%; }}
a {{ color: light-dark(#005a8d, #7cc4f0); }}
pre {{ padding: 0.8rem; overflow-x: auto; border: 1px solid #8888; border-radius: 0.4rem; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>The whole course is in this folder. It needs no network.</p>
<img src="{site}/_static/welcome.svg" alt="Three predictions of one object, with their scores"/>
<ul>
<li><a href="{site}/index.html"><strong>Read it in the browser</strong></a>. Beside the code of the
chapters stands <em>Run</em>: it runs there, in the page, with nothing to install. So does
<a href="{site}/notebooks/build_it_yourself.html">Build it yourself</a>, with a judge.</li>
<li><a href="{pdf}"><strong>Read or print it as a PDF</strong></a></li>
<li><strong>Run it.</strong> The notebooks are in the folder <code>notebooks</code>. They need
Python 3.11 or newer. To install what they use, once and with a network, and to open them:
<pre tabindex="0">python -m pip install -r requirements.txt
python -m jupyter lab --notebook-dir=notebooks</pre></li>
<li><strong><a href="{site}/book/teach.html">Teach with it</a></strong>, by slides for
<a href="slides/60-minutes.html">60</a>, <a href="slides/90-minutes.html">90</a> or
<a href="slides/180-minutes.html">180 minutes</a>, with
<a href="figures/index.html">all figures</a>. Notebooks without solutions are in the folder
<code>exercises</code>, questions for Moodle in <code>moodle</code>.</li>
</ul>
<h2>The chapters as notebooks, for JupyterLab</h2>
<ul>
{notebooks}
</ul>
</main>
</body>
</html>
"""


def tracked(patterns: list[str]) -> list[Path]:
    """Return the files of the project that fit the patterns, and none that it does not keep."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    return [ROOT / name for name in listed.split("\0") if name]


def heading(file: Path) -> str:
    """Return the title of a notebook."""
    return nbformat.read(file, as_version=4).cells[0].source.partition("\n")[0].lstrip("# ")


def start_page(title: str, notebooks: list[Path]) -> str:
    """Return the page that opens everything else."""

    def line(file: Path) -> str:
        return f'<li><a href="notebooks/{file.name}">{escape(heading(file))}</a></li>'

    lines = "\n".join(map(line, notebooks))
    return START.format(title=escape(title), site=SITE, pdf=PDF, notebooks=lines)


def gather() -> dict[str, Path]:
    """Return the files that go into the zip, by name."""
    files = {file.relative_to(ROOT).as_posix(): file for file in tracked(TO_RUN + TO_PRACTICE)}
    site = BUILD / "html"
    (site / "index.html").stat()  # a zip without the book helps nobody
    for file in site.rglob("*"):
        # Opened as a file, a page reads its packs from scripts; from a host, then, it does too.
        if file.is_file() and file.name != ".buildinfo" and file.suffix != ".bin":
            files[f"{SITE}/{file.relative_to(site).as_posix()}"] = file
    return files | {PDF: BUILD / PDF}


def to_teach(config: dict, notebooks: list[Path]) -> dict[str, bytes]:
    """Make what a teacher needs, by name."""
    about = config["title"], config["author"], config["copyright"]
    drawn = list(figures.figures(notebooks, *about))
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        made = {f"figures/{name}": data for name, data in figures.files(browser, drawn)}
        made |= {f"slides/{name}": data for name, data in slides.files(browser)}
    now = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    for name in made:
        if name.endswith(".pdf"):
            made[name] = paper.settled(made[name], config["author"], now)
    for file in notebooks:
        notebook = exercises.without_solutions(nbformat.read(file, as_version=4))
        made[f"exercises/{file.name}"] = nbformat.writes(notebook).encode()
    chapters = {heading(file): file for file in notebooks if file.name[0].isdigit()}
    return made | {"moodle/questions.xml": moodle.xml(chapters)}


def write_zip(target: Path, files: dict[str, Path | bytes], start: str) -> None:
    """Write the zip, with its start page."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, file in (files | {"start.html": start.encode()}).items():
            if isinstance(file, Path):
                archive.write(file, f"{FOLDER}/{name}")
            else:
                entry = zipfile.ZipInfo(f"{FOLDER}/{name}", time.localtime()[:6])
                entry.external_attr = 0o644 << 16  # all may read it
                archive.writestr(entry, file, zipfile.ZIP_DEFLATED, 9)


def main() -> None:
    """Write the zip, and say where it is."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
    files = gather()
    notebooks = [file for name, file in files.items() if name.startswith("notebooks/")]
    target = BUILD / f"{FOLDER}.zip"
    made = to_teach(config, notebooks)
    write_zip(target, files | made, start_page(config["title"], notebooks))
    place, size = target.relative_to(ROOT), target.stat().st_size / 1e6
    print(f"The course is in {place}, {size:.0f} MB; unpack it and open start.html.")


if __name__ == "__main__":
    main()
