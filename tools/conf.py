"""The book without Jupyter Book: python -m sphinx -nW -c tools . _build/html.

`_config.yml` and `_toc.yml` stay the source. Once `jupyter-book<2` no longer installs, this line
takes the place of `jupyter-book build .` in the Makefile; a job tries it weekly, with the newest
Sphinx, MyST-NB and theme.
"""

import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
BOOK = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
globals().update(BOOK["sphinx"]["config"])


def absolute(paths):
    return [str(ROOT / path) for path in paths]


sys.path += absolute(BOOK["sphinx"]["local_extensions"].values())
extensions = [x for x in extensions if x not in ("jupyter_book", "sphinx_comments")]  # noqa: F821
project = html_title = BOOK["title"]
author, copyright = BOOK["author"], BOOK["copyright"]
exclude_patterns = [*BOOK["exclude_patterns"], "_build"]
external_toc_exclude_missing = BOOK["only_build_toc_files"]
html_baseurl = BOOK["html"].get("baseurl", "")
html_theme = "sphinx_book_theme"
html_sourcelink_suffix = ""
html_static_path = absolute(html_static_path)  # noqa: F821
templates_path = absolute(templates_path)  # noqa: F821
bibtex_bibfiles = absolute(BOOK["bibtex_bibfiles"])
myst_enable_extensions = BOOK["parse"]["myst_enable_extensions"]
nb_execution_mode = BOOK["execute"]["execute_notebooks"]
