"""The three ways to take the course along: the notebooks, the PDF and the zip.

The book itself is not printed here: `make pdf` does that. A small one goes the same way.
"""

import re
import sys
import tomllib
import zipfile
from io import BytesIO

import dist
import hosted
import nbformat
import numbered
import pikepdf
import print as paper
import pytest
import yaml
from built import CHAPTERS, CONFIG, ROOT, SITE, page

THEME = CONFIG["sphinx"]["config"]["html_theme_options"]
ADDRESS = "https://github.com/someone/dice-course"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def notebook(file):
    return nbformat.read(file, as_version=4)


# The zip


def test_the_zip_unpacks_into_one_folder(tmp_path):
    (tmp_path / "page").write_bytes(b"<p>")
    dist.write_zip(tmp_path / "zip", {"b/page.html": tmp_path / "page"}, "start")
    with zipfile.ZipFile(tmp_path / "zip") as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {"dice-course/b/page.html": b"<p>", "dice-course/start.html": b"start"}


def test_the_start_page_leads_to_everything():
    page = dist.start_page("A & B", NOTEBOOKS)
    assert "<title>A &amp; B</title>" in page
    links = re.findall(r'(?:href|src)="([^"]*)"', page)
    notebooks = [f"notebooks/{file.name}" for file in NOTEBOOKS]
    assert links == ["site/_static/welcome.svg", "site/index.html", paper.PDF.name, *notebooks]


def test_what_the_notebooks_read_is_in_the_zip():
    patterns = [pattern.removesuffix("*.json") for pattern in dist.TO_RUN]
    for file in NOTEBOOKS:
        for path in re.findall(r'Path\(\\?"\.\./([\w./]+)', file.read_text("utf8")):
            assert any(path.startswith(pattern) for pattern in patterns), f"{file.name}: {path}"
    assert all(any(ROOT.glob(pattern)) for pattern in dist.TO_RUN)


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
    file = tmp_path / "html" / "notebooks" / "one.html"
    file.parent.mkdir(parents=True)
    file.write_text(PAGE, "utf8")
    monkeypatch.setattr(paper, "SITE", tmp_path / "html")
    monkeypatch.setattr(paper, "DOCUMENT", tmp_path / "print.html")
    return paper.article("notebooks/one", ["notebooks/one", "notebooks/two"])


def test_links_between_pages_become_links_in_the_document(printable):
    links = {link.get_text(): link["href"] for link in printable.select("a")}
    assert links == {
        "inside": "#two--there",
        "back": "#one--here",
        "page": "#two",
        "outside": "https://example.org/a.html#b",
    }
    text = printable.get_text()
    assert "not printed" in text and "1 of 9" not in text
    assert (printable["id"], printable.p["id"]) == ("one", "one--here")
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


@pytest.fixture
def sheet(browser, tmp_path, monkeypatch):
    """Open a browser page as wide as the paper."""
    monkeypatch.setattr(paper, "DOCUMENT", tmp_path / "print.html")
    page = paper.sheet(browser)
    yield page
    page.close()


CSS = paper.style()
SQUARE = "%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'%3E%3Crect width='9'"
SQUARE += " height='9'/%3E%3C/svg%3E"
BOOK = f"""<!DOCTYPE html><html lang="en"><head><title>Small</title><style>{CSS}</style></head>
<body><p><a href="#one">1</a> <a href="#two">2</a></p>
<article id="one"><h1>First</h1>CONTENT</article>
<article id="two"><h1>Second</h1><img src="data:image/svg+xml,{SQUARE}" alt="a picture"/>
</article></body></html>"""


def test_every_font_of_the_paper_is_here_with_its_license():
    folder = ROOT / "tools" / "fonts"
    named = re.findall(r'url\("file:.*/fonts/(.*?)"\)', CSS)
    assert sorted(named) == sorted(file.name for file in folder.glob("*.woff2"))
    for family in {name.split("-")[0] for name in named}:
        assert "SIL OPEN FONT LICENSE" in (folder / f"LICENSE-{family}").read_text("utf8")
        assert f"font-family: {family.title()};" in CSS


@pytest.mark.book
def test_the_pdf_is_tagged_dated_and_knows_its_pages(sheet):
    pdf = paper.printed(sheet, BOOK)
    assert paper.destinations(pdf) == {"one": 2, "two": 3}
    packed = paper.settled(pdf, "A (B)", 0)
    assert len(packed) < len(pdf)
    with pikepdf.open(BytesIO(packed)) as settled, settled.open_outline() as outline:
        date = "D:19700101000000+00'00'"
        about = {"/Title": "Small", "/Author": "A (B)", "/CreationDate": date, "/ModDate": date}
        assert {key: str(value) for key, value in settled.docinfo.items()} == about
        assert (settled.Root.Lang, settled.Root.MarkInfo.Marked) == ("en", True)
        assert [entry.title for entry in outline.root] == ["First", "Second"]
        tags = [tag for tag in settled.objects if isinstance(tag, pikepdf.Dictionary)]
        assert any(tag.get("/Alt") == "a picture" for tag in tags)


@pytest.mark.book
def test_what_is_too_wide_or_high_is_set_smaller_or_broken_whatever_the_fonts(sheet, capsys):
    columns = f"<div><table><tr>{12 * '<td>torchmetrics</td>'}</tr></table></div>"
    guide = f"<div class='decisions'>{37 * '<p>One line of the guide</p>'}</div>"
    pdf = paper.printed(sheet, BOOK.replace("CONTENT", columns + guide))
    assert sheet.eval_on_selector("table", "e => e.style.fontSize") != ""
    assert sheet.eval_on_selector("#one", "e => e.style.zoom") != ""
    assert paper.destinations(pdf) == {"one": 2, "two": 3}
    assert capsys.readouterr().err == ""
    paper.printed(sheet, BOOK.replace("CONTENT", columns.replace("torch", 900 * "m")))
    assert sheet.eval_on_selector("table", "e => e.scrollWidth <= e.parentElement.clientWidth")
    assert "so broken anywhere: mmm" in capsys.readouterr().err


# The notebooks on hosted services


def test_the_notebooks_are_as_the_configuration_says():
    for file in NOTEBOOKS:
        source = [cell.source for cell in notebook(file).cells]
        wanted = hosted.with_fetch_cell(notebook(file), hosted.address())
        assert source == [cell.source for cell in wanted.cells], f"{file.name}: run `make outputs`"


def test_with_an_address_the_first_code_fetches_the_course_and_its_cells_are_counted_alone():
    """However the kernel counts: it leaves out what it skips, and counts the cell that fetches."""
    for file in NOTEBOOKS:
        plain = hosted.with_fetch_cell(notebook(file), "")
        fetching = hosted.with_fetch_cell(hosted.with_fetch_cell(notebook(file), ADDRESS), ADDRESS)
        nbformat.validate(fetching)
        code = [cell for cell in fetching.cells if cell.cell_type == "code"]
        assert f'address = "{ADDRESS}"' in code[0].source
        assert "git clone" in code[0].source and "./course[course]" in code[0].source
        assert code[0].metadata["tags"] == ["hosted", "remove-cell"]
        for cell in code:
            cell.execution_count = 7
        fetching, _ = numbered.numbered(fetching, {})
        assert code[0].execution_count is None
        assert hosted.with_fetch_cell(fetching, "") == plain


@pytest.mark.parametrize(
    ("address", "found"), [("", 0), (ADDRESS, 1), ("https://gitlab.com/someone/course", 0)]
)
def test_the_welcome_page_fetches_from_an_address_and_leads_to_its_releases(address, found):
    start = f"```\n{hosted.FOLDER}\nmake lab\n```\n- **Read.**\n{hosted.MARK}\n\nMore.\n"
    page = hosted.with_address(start, address)
    assert page.count(f"({address}/releases/latest)") == found
    assert (f"\ngit clone {address} course\ncd course\nmake lab\n" in page) == bool(address)
    assert hosted.with_address(page, address) == page
    assert hosted.with_address(page, "") == start
    welcome = hosted.WELCOME.read_text("utf8")
    assert hosted.with_address(welcome, hosted.address()) == welcome


def test_the_install_line_brings_all_that_the_notebooks_import():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    listed = project["dependencies"] + project["optional-dependencies"]["course"]
    installed = {re.match(r"[\w-]+", line)[0] for line in listed} | {"dice"}
    names = {"skimage": "scikit-image", "IPython": "ipython", "PIL": "pillow"}
    for file in NOTEBOOKS:
        cells = [cell for cell in notebook(file).cells if cell.cell_type == "code"]
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


@pytest.mark.book
@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_gives_its_notebook_and_launch_buttons_once_there_is_an_address(name):
    """`make address` tries the same with one."""
    _, on_github, place = THEME["repository_url"].partition("https://github.com/")
    branch, links = THEME["repository_branch"], {f"../_sources/{name}.ipynb"}
    if on_github:
        links |= {
            f"https://mybinder.org/v2/gh/{place}/{branch}?urlpath=lab/tree/{name}.ipynb",
            f"https://colab.research.google.com/github/{place}/blob/{branch}/{name}.ipynb",
        }
    found = page(name).select("a[href$='.ipynb']")
    assert {link["href"] for link in found} == links and len(found) == len(links)
    assert any(link.has_attr("download") for link in found)
    stored = (ROOT / f"{name}.ipynb").read_bytes()
    assert (SITE / "_sources" / f"{name}.ipynb").read_bytes() == stored
