"""The three ways to take the course along: the notebooks, the PDF and the zip.

The book itself is not printed here: `make pdf` does that. A small one goes the same way.
"""

import importlib.util
import re
import sys
import tomllib
import zipfile
from io import BytesIO
from pathlib import Path

import nbformat
import pytest
import yaml
from pypdf import PdfReader

ROOT = Path(__file__).parents[2]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
THEME = CONFIG["sphinx"]["config"]["html_theme_options"]
ADDRESS = "https://github.com/someone/dice-course"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def script(path):
    """Load a program as a module."""
    spec = importlib.util.spec_from_file_location(f"script_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DIST = script(ROOT / "tools" / "dist.py")
HOSTED = script(ROOT / "tools" / "hosted.py")
NUMBERED = script(ROOT / "tools" / "numbered.py")
PRINT = script(ROOT / "tools" / "print.py")


# The zip


def test_the_same_files_make_the_same_zip(tmp_path):
    contents = {"b/page.html": b"<p>", "a.txt": b"a" * 1000, "start.html": b"<h1>"}
    backwards = dict(reversed(contents.items()))
    made = [tmp_path / name for name in ("first", "second", "changed")]
    DIST.write_zip(made[0], contents, 1_700_000_000)
    DIST.write_zip(made[1], backwards, 1_700_000_000)
    DIST.write_zip(made[2], contents | {"a.txt": b"b"}, 1_700_000_000)
    first, second, changed = (file.read_bytes() for file in made)
    assert first == second != changed
    with zipfile.ZipFile(made[0]) as archive:
        entries = archive.infolist()
        assert {archive.read(e) for e in entries} == set(contents.values())
    names = [e.filename for e in entries]
    assert names == sorted(f"{DIST.FOLDER}/{name}" for name in contents)
    assert {(e.date_time[:3], e.external_attr >> 16) for e in entries} == {
        ((2023, 11, 14), 0o100644)
    }


def test_the_start_page_leads_to_everything():
    page = DIST.start_page("A & B", NOTEBOOKS)
    assert "<title>A &amp; B</title>" in page
    links = re.findall(r'(?:href|src)="([^"]*)"', page)
    notebooks = [f"notebooks/{file.name}" for file in NOTEBOOKS]
    assert links == ["site/_static/welcome.svg", "site/index.html", PRINT.PDF.name, *notebooks]


def test_what_the_notebooks_read_is_in_the_zip():
    patterns = [pattern.removesuffix("*.json") for pattern in DIST.TO_RUN]
    for file in NOTEBOOKS:
        for path in re.findall(r'Path\(\\?"\.\./([\w./]+)', file.read_text("utf8")):
            assert any(path.startswith(pattern) for pattern in patterns), f"{file.name}: {path}"
    assert all(any(ROOT.glob(pattern)) for pattern in DIST.TO_RUN)


# The PDF

PAGE = """<html><body><nav><a href="two.html">elsewhere</a></nav><article>
<p class="course-progress">1 of 9</p><h1>One</h1>
<p id="here"><a class="headerlink" href="#here">#</a>
<a href="two.html#there">inside</a> <a href="#here">back</a> <a href="two.html">page</a>
<a href="https://example.org/a.html#b">outside</a> <a href="unprinted.html">not printed</a></p>
<img src="../_images/a.svg" alt="a" loading="lazy"/>
<details><summary>Why?</summary><p>Because.</p></details>
<details class="hide above-input"><summary>Show the code</summary><pre>code</pre></details>
<span class="formula"><span class="katex"><span class="katex-mathml"><math><semantics>
<annotation>a^2</annotation></semantics></math></span><span class="katex-html"
aria-hidden="true">a2</span></span></span></article></body></html>"""


@pytest.fixture
def printable(tmp_path, monkeypatch):
    """Give one page as it goes into the printed document."""
    site = tmp_path / "html"
    (site / "notebooks").mkdir(parents=True)
    (site / "notebooks" / "one.html").write_text(PAGE, "utf8")
    monkeypatch.setattr(PRINT, "SITE", site)
    monkeypatch.setattr(PRINT, "DOCUMENT", tmp_path / "print.html")
    return PRINT.article("notebooks/one", ["notebooks/one", "notebooks/two"])


def test_links_between_pages_become_links_in_the_document(printable):
    links = {link.get_text(): link["href"] for link in printable.select("a")}
    assert links == {
        "inside": "#two--there",
        "back": "#one--here",
        "page": "#two",
        "outside": "https://example.org/a.html#b",
    }
    assert "not printed" in printable.get_text()
    assert "1 of 9" not in printable.get_text()
    assert printable["id"] == "one"
    assert printable.p["id"] == "one--here"
    assert printable.img.attrs == {"src": "html/_images/a.svg", "alt": "a"}


def test_nothing_stays_folded(printable):
    assert not printable.select("details, summary")
    text = printable.get_text()
    assert "Why?" in text and "Because." in text and "code" in text
    assert "Show the code" not in text


def test_formulas_can_be_read_out(printable):
    formula = printable.select_one(".formula")
    assert (formula["role"], formula["aria-label"]) == ("img", "a^2")
    assert not formula.select("[aria-hidden], math")


@pytest.fixture(scope="module")
def sheet(browser):
    """Open a browser page as wide as the paper."""
    page = PRINT.sheet(browser)
    yield page
    page.close()


CSS = PRINT.style()
SQUARE = "%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'%3E%3Crect width='9'"
SQUARE += " height='9'/%3E%3C/svg%3E"
BOOK = f"""<!DOCTYPE html><html lang="en"><head><title>Small</title><style>{CSS}</style></head>
<body><p><a href="#one">1</a> <a href="#two">2</a></p>
<article id="one"><h1>First</h1>CONTENT</article>
<article id="two"><h1>Second</h1><img src="data:image/svg+xml,{SQUARE}" alt="a picture"/>
</article></body></html>"""


WIDE = f"<!DOCTYPE html><title>Wide</title><style>{CSS}</style>"
WIDE += "<table><tr><td>CONTENT</td></tr></table>"


def test_every_font_of_the_paper_is_here_with_its_license():
    folder = ROOT / "tools" / "fonts"
    named = re.findall(r'url\("file:.*/fonts/(.*?)"\)', CSS)
    assert sorted(named) == sorted(file.name for file in folder.glob("*.woff2"))
    for family in {name.split("-")[0] for name in named}:
        assert "SIL OPEN FONT LICENSE" in (folder / f"LICENSE-{family}").read_text("utf8")
        assert f"font-family: {family.title()};" in CSS


@pytest.mark.book
def test_the_pdf_is_tagged_dated_and_knows_its_pages(sheet, tmp_path, monkeypatch):
    monkeypatch.setattr(PRINT, "DOCUMENT", tmp_path / "print.html")
    pdf = PRINT.printed(sheet, BOOK)
    assert PRINT.destinations(pdf) == {"one": 2, "two": 3}
    settled = PdfReader(BytesIO(PRINT.settled(pdf, "A (B)", 0)))
    date = "D:19700101000000+00'00'"
    about = {"/Title": "Small", "/Author": "A (B)", "/CreationDate": date, "/ModDate": date}
    assert settled.metadata == about
    root = settled.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert [entry.title for entry in settled.outline] == ["First", "Second"]
    tags = [settled.get_object(number) for number in range(1, len(settled.xref[0]))]
    assert any(isinstance(tag, dict) and tag.get("/Alt") == "a picture" for tag in tags)


@pytest.mark.book
def test_what_is_too_wide_is_set_smaller_or_broken(sheet, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(PRINT, "DOCUMENT", tmp_path / "print.html")
    PRINT.printed(sheet, WIDE.replace("CONTENT", "m" * 80))
    assert sheet.eval_on_selector("table", "e => e.style.fontSize") != ""
    assert capsys.readouterr().err == ""
    PRINT.printed(sheet, WIDE.replace("CONTENT", "m" * 900))
    assert sheet.eval_on_selector("table", "e => e.scrollWidth <= e.parentElement.clientWidth")
    assert "so broken anywhere: mmm" in capsys.readouterr().err


@pytest.mark.book
def test_a_table_of_many_columns_and_the_guide_are_fitted_whatever_the_fonts(
    sheet, tmp_path, monkeypatch
):
    monkeypatch.setattr(PRINT, "DOCUMENT", tmp_path / "print.html")
    row = "<td>torchmetrics</td>" * 12
    lines = "<p>One line of the guide</p>" * 37
    content = f"<div><table><tr>{row}</tr></table></div><div class='decisions'>{lines}</div>"
    pdf = PRINT.printed(sheet, BOOK.replace("CONTENT", content))
    assert sheet.eval_on_selector("table", "e => e.style.fontSize") != ""
    assert sheet.eval_on_selector("#one", "e => e.style.zoom") != ""
    assert PRINT.destinations(pdf) == {"one": 2, "two": 3}


# The notebooks on hosted services


def test_the_notebooks_are_as_the_configuration_says():
    for file in NOTEBOOKS:
        stored = nbformat.read(file, as_version=4)
        source = [cell.source for cell in stored.cells]
        wanted = HOSTED.with_fetch_cell(stored, HOSTED.address())
        assert source == [cell.source for cell in wanted.cells], f"{file.name}: run `make outputs`"


def test_with_an_address_the_first_code_fetches_the_course():
    plain = nbformat.read(NOTEBOOKS[0], as_version=4)
    cells = [dict(cell) for cell in HOSTED.with_fetch_cell(plain, "").cells]
    hosted = HOSTED.with_fetch_cell(HOSTED.with_fetch_cell(plain, ADDRESS), ADDRESS)
    nbformat.validate(hosted)
    first = next(cell for cell in hosted.cells if cell.cell_type == "code")
    assert f'address = "{ADDRESS}"' in first.source
    assert "git clone" in first.source and "./course[course]" in first.source
    assert first.metadata["tags"] == ["hosted", "remove-cell"]
    assert len(hosted.cells) == len(cells) + 1
    assert [dict(cell) for cell in HOSTED.with_fetch_cell(hosted, "").cells] == cells


@pytest.mark.parametrize(
    ("address", "found"), [("", 0), (ADDRESS, 1), ("https://gitlab.com/someone/course", 0)]
)
def test_the_welcome_page_fetches_from_an_address_and_leads_to_its_releases(address, found):
    start = f"```\n{HOSTED.FOLDER}\nmake lab\n```\n- **Read.**\n{HOSTED.MARK}\n\nMore.\n"
    page = HOSTED.with_address(start, address)
    assert page.count(f"({address}/releases/latest)") == found
    assert (f"\ngit clone {address} course\ncd course\nmake lab\n" in page) == bool(address)
    assert HOSTED.with_address(page, address) == page
    assert HOSTED.with_address(page, "") == start
    welcome = HOSTED.WELCOME.read_text("utf8")
    assert HOSTED.with_address(welcome, HOSTED.address()) == welcome


def test_the_numbers_of_the_cells_are_those_of_the_chapter_alone():
    """However the kernel counts: it leaves out what it skips, and counts the cell that fetches."""
    chapter = ROOT / "notebooks" / "08_at_scale.ipynb"
    plain = HOSTED.with_fetch_cell(nbformat.read(chapter, as_version=4), "")
    cells = [dict(cell) for cell in plain.cells]
    hosted = HOSTED.with_fetch_cell(nbformat.read(chapter, as_version=4), ADDRESS)
    code = [cell for cell in hosted.cells if cell.cell_type == "code"]
    for cell in code:
        cell.execution_count = 7
    hosted, _ = NUMBERED.numbered(hosted, {})
    assert code[0].execution_count is None
    assert [dict(cell) for cell in HOSTED.with_fetch_cell(hosted, "").cells] == cells


def test_the_install_line_brings_all_that_the_notebooks_import():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    listed = project["dependencies"] + project["optional-dependencies"]["course"]
    installed = {re.match(r"[\w-]+", line)[0] for line in listed} | {"dice"}
    names = {"skimage": "scikit-image", "IPython": "ipython"}
    for file in NOTEBOOKS:
        cells = [c for c in nbformat.read(file, 4).cells if c.cell_type == "code"]
        code = [c.source for c in cells if "optional" not in c.metadata.get("tags", [])]
        found = set(re.findall(r"^(?:from|import) (\w+)", "\n".join(code), re.M))
        imported = {names.get(name, name) for name in found - sys.stdlib_module_names}
        assert imported <= installed, f"{file.name}: {imported - installed}"


def test_binder_gets_the_locked_versions_and_a_python_that_is_tested():
    folder = ROOT / ".binder"
    constraints, package = (folder / "requirements.txt").read_text("utf8").splitlines()[1:]
    assert (folder / constraints.removeprefix("-c ")).resolve() == ROOT / "constraints.txt"
    assert package == "-e .[course]"
    python = (folder / "runtime.txt").read_text("utf8").strip().removeprefix("python-")
    tested = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text("utf8"))
    assert python in tested["jobs"]["strict"]["strategy"]["matrix"]["python"]


def notebook_links(page):
    return sorted(re.findall(r'href="([^"]*\.ipynb)"', page.read_text("utf8")))


def expected_links(name, address):
    _, on_github, place = address.partition("https://github.com/")
    branch = THEME["repository_branch"]
    launch = [
        f"https://mybinder.org/v2/gh/{place}/{branch}?urlpath=lab/tree/notebooks/{name}",
        f"https://colab.research.google.com/github/{place}/blob/{branch}/notebooks/{name}",
    ]
    return sorted([f"../_sources/notebooks/{name}", *(launch if on_github else [])])


@pytest.mark.book
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_a_chapter_gives_its_notebook_and_launch_buttons_once_there_is_an_address(file):
    """`make address` tries the same with one."""
    site = ROOT / "_build" / "html"
    page = site / "notebooks" / f"{file.stem}.html"
    assert page.is_file(), "run `make book` first"
    assert notebook_links(page) == expected_links(file.name, THEME["repository_url"])
    assert f'{file.name}" download' in page.read_text("utf8")
    assert (site / "_sources" / "notebooks" / file.name).read_bytes() == file.read_bytes()
