"""The three ways to take the course along, the notebooks, the PDF and the zip, and to teach by it.

The book itself is not printed here: `make pdf` does that. A small one goes the same way.
"""

import re
import sys
import tomllib
import zipfile
from fractions import Fraction
from io import BytesIO
from xml.etree import ElementTree as ET

import dist
import exercises
import figures
import hosted
import moodle
import nbformat
import numbered
import pikepdf
import print as paper
import pytest
import slides
import yaml
from bs4 import BeautifulSoup
from built import CHAPTERS, CONFIG, ROOT, SITE, page
from PIL import Image
from test_optional_cells import names

THEME = CONFIG["sphinx"]["config"]["html_theme_options"]
ADDRESS = "https://github.com/someone/dice-course"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def notebook(file):
    return nbformat.read(file, as_version=4)


# The zip


def test_the_zip_unpacks_into_one_folder(tmp_path):
    (tmp_path / "page").write_bytes(b"<p>")
    files = {"b/page.html": tmp_path / "page", "c/made.xml": b"<q>"}
    dist.write_zip(tmp_path / "zip", files, "start")
    with zipfile.ZipFile(tmp_path / "zip") as archive:
        found = {
            name.removeprefix("dice-course/"): archive.read(name) for name in archive.namelist()
        }
    assert found == {"b/page.html": b"<p>", "c/made.xml": b"<q>", "start.html": b"start"}


def test_the_start_page_leads_to_everything():
    page = dist.start_page("A & B", NOTEBOOKS)
    assert "<title>A &amp; B</title>" in page
    links = re.findall(r'(?:href|src)="([^"]*)"', page)
    notebooks = [f"notebooks/{file.name}" for file in NOTEBOOKS]
    decks = [f"slides/{minutes}-minutes.html" for minutes in (60, 90, 180)]
    begin = ["_static/welcome.svg", "index.html", "notebooks/build_it_yourself.html"]
    begin = [*(f"site/{name}" for name in begin), paper.PDF.name, "site/book/teach.html"]
    assert links == [*begin, *decks, "figures/index.html", *notebooks]


def test_what_the_notebooks_read_is_in_the_zip():
    packed = {file.relative_to(ROOT).as_posix() for file in dist.tracked(dist.TO_RUN)}
    for file in (*NOTEBOOKS, *(ROOT / "dice" / "course").glob("*.py")):
        read = set(re.findall(r"benchmarks/results/\w+\.\w+", file.read_text("utf8")))
        assert read <= packed, f"{file.name}: {read - packed}"
    assert all(any(ROOT.glob(pattern)) for pattern in dist.TO_RUN)


# To teach with

LACKING = """slides.filter((slide, k) => {
  show(k);
  const box = slide.querySelector(".content"), pictures = [...box.querySelectorAll("img")];
  return box.scrollHeight > box.clientHeight + 1 || pictures.some(picture => !picture.naturalWidth);
}).map(slide => slide.innerText)"""
FIGURES = list(figures.figures(NOTEBOOKS, "T", "A", "2026"))


@pytest.mark.parametrize("file", NOTEBOOKS, ids=[file.stem for file in NOTEBOOKS])
def test_a_notebook_to_solve_holds_no_solution_and_needs_none(file):
    solved, open_one = notebook(file), exercises.without_solutions(notebook(file))
    nbformat.validate(open_one)
    assert not any(cell.get("outputs") for cell in open_one.cells)
    folded = r"</summary>(.*?)</details>"
    hidden = [text for cell in solved.cells for text in re.findall(folded, cell.source, re.S)]
    code = [cell for cell in solved.cells if cell.cell_type == "code"]
    solutions = [cell.source for cell in code if "solution" in cell.metadata.get("tags", [])]
    whole, hidden = "\n".join(c.source for c in solved.cells), "\n".join(hidden + solutions)
    left = "\n".join(cell.source for cell in open_one.cells)
    for line in {line.strip() for line in hidden.splitlines() if len(line) > 12}:
        assert left.count(line) == whole.count(line) - hidden.count(line), line
    assert left.count(exercises.PLACE) == len(re.findall("(?m)^### Exercise", whole))
    kept = "\n".join(cell.source for cell in open_one.cells if cell.cell_type == "code")
    python = re.sub(r"(?m)^( *)[!%].*", r"\1pass", kept)  # a line for the shell is none
    assert not names("\n".join(solutions))[0] & names(python)[1]


def test_each_figure_goes_by_its_number_and_says_whose_it_is():
    captions = [c.source for file in NOTEBOOKS for c in notebook(file).cells]
    numbers = re.findall(r"^\*\*Figure ([\d.]+)\.\*\*", "\n".join(captions), re.M)
    assert [figure.number for figure in FIGURES] == numbers
    known = {cell for cells in figures.OF_OTHERS.values() for cell in cells}
    for figure in FIGURES:
        assert "data:image/jpeg" not in figure.svg or figure.cell in known, figure.number
        assert figure.license.startswith(f"Figure {figure.number} of “T”, A, 2026, CC BY 4.0")
        entry = figures.entry(figure)
        assert figure.caption and all(
            f"-{figure.number}.{k}" in entry for k in ("svg", "pdf", "png")
        )
    assert "TCGA-17-Z015" in FIGURES[0].license and "pyradiomics" in FIGURES[0].license


@pytest.mark.book
def test_a_figure_is_one_page_in_our_fonts_and_a_sharp_picture(browser):
    figure = next(figure for figure in FIGURES if figure.number == "2.1")
    made = dict(figures.files(browser, [figure]))
    assert made["figure-2.1.svg"].decode() == figure.svg and b"2.1" in made["index.html"]
    with pikepdf.open(BytesIO(made["figure-2.1.pdf"])) as pdf:
        (sheet,) = pdf.pages
        fonts = {str(font.BaseFont).split("+")[1] for font in sheet.Resources.Font.values()}
    assert fonts == {"Arimo-Regular"} or fonts == {"Arimo-Regular", "Arimo-Bold"}
    assert Image.open(BytesIO(made["figure-2.1.png"])).width == 2 * 544


@pytest.mark.book
@pytest.mark.parametrize("minutes", ["60", "90", "180"])
def test_a_deck_is_turned_by_keys_and_holds_all_that_its_plan_shows(minutes, visit, tmp_path):
    deck = slides.decks()[minutes]
    (tmp_path / "deck.html").write_text(deck.replace("../site/", f"{SITE.as_uri()}/"), "utf8")
    opened = visit((tmp_path / "deck.html").as_uri())
    opened.wait_for_function("location.hash === '#1'")
    count = opened.evaluate("slides.length")
    for key, at in (("ArrowRight", 2), ("End", count), ("ArrowLeft", count - 1), ("Home", 1)):
        opened.keyboard.press(key)
        shown = opened.evaluate("[slides.findIndex(s => !s.hidden) + 1, location.hash]")
        assert shown == [at, f"#{at}"]
    assert opened.evaluate(LACKING) == []
    plan = next(
        s for s in page("book/teach").select("h2") if s.get_text().startswith(minutes)
    ).parent
    asked = [slides.plain(cell) for cell in plan.select("td:last-child") if cell.a]
    told = [slides.plain(head) for head in BeautifulSoup(deck, "html.parser").select(".slide h2")]
    assert [told[k + 1] for k, title in enumerate(told) if title == "A question"] == asked


def test_moodle_gets_one_right_answer_and_it_is_that_of_the_formula():
    chapters = {file.stem: file for file in NOTEBOOKS if file.name[0].isdigit()}
    root = ET.fromstring(moodle.xml(chapters))
    asked = {q.findtext("name/text"): q for q in root if q.get("type") != "category"}
    assert len(asked) + len(chapters) == len(root)  # no name twice
    for name, question in asked.items():
        kind, answers = question.get("type"), question.findall("answer")
        right = [answer for answer in answers if answer.get("fraction") == "100"]
        assert question.findtext("questiontext/text") and len(right) == (kind != "essay"), name
        assert kind != "essay" or question.findtext("graderinfo/text"), name
        if name.startswith("dice-coefficient/from-three-sums"):
            g, p, i = map(int, re.findall(r"\d+", question.findtext("questiontext/text")))
            assert right[0].findtext("text") == f"<p>{Fraction(2 * i, p + g)}</p>"
            assert len({answer.findtext("text") for answer in answers}) == 4
    by_hand = [
        asked[f"dice-coefficient/count-by-hand-{k}"].findtext("answer/text") for k in (1, 2, 3)
    ]
    assert [*map(float, by_hand)] == pytest.approx([4 / 7, 2 / 5, 3 / 7], abs=1e-6)


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
