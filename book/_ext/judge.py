"""Let a page judge: give it its exercises and questions as data, and the map of progress.

What is right stands in dice/course/exercises.json and in questions.yml; judge.js reads it in the
page. Without scripts the cells and the folded choices of the notebook stay as they are.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
from questions import QUESTIONS  # noqa: E402

from dice.course.judge import EXERCISES, known  # noqa: E402

MAP = "book/progress"
PAGES = [f"notebooks/{path.stem}" for path in sorted(ROOT.glob("notebooks/[01]*.ipynb"))]
HEAD = re.compile(r"^### Exercise ([\d.]+: .+)\n\n<small id=\"([^\"]+)\"", re.M)
IN_PAGE = {"asks", "answer", "decimals", "slips", "names", "hint", "shows"}


def chapter(page):
    """Return the title of a chapter, its objectives, and what it asks, titles by name."""
    cells = json.loads((ROOT / f"{page}.ipynb").read_text("utf8"))["cells"]
    text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    aims = re.search(r"\*\*You will be able to\*\*\n\n((?:- .+\n)+)", text)[1]
    asked = {name: title for title, name in HEAD.findall(text) if name in EXERCISES}
    asked |= {name: "a question with choices" for name, q in QUESTIONS.items() if q["page"] == page}
    return re.match(r"# (.+)", text)[1], aims.replace("](", "](../notebooks/"), asked


def draw_map(app, docname, source):
    """Write the objectives of each chapter, and what there is to solve, into the page."""
    for page in PAGES if docname == MAP else []:
        title, aims, asked = chapter(page)
        row = '<li data-solved="{0}"><a href="../{1}.html#{0}">{2}</a></li>\n'
        items = "".join(row.format(name, page, what) for name, what in asked.items())
        source[0] += f"\n## [{title}](../{page}.ipynb)\n\n{aims}\n<ul>\n{items}</ul>\n"


def load_script(app, pagename, templatename, context, doctree):
    """Give a page the script, and the data of what it asks."""
    if app.builder.format == "html" and pagename in (*PAGES, MAP):
        data = {}
        for name in chapter(pagename)[2] if pagename != MAP else ():
            entry = known(name) if name in EXERCISES else {}
            data[name] = QUESTIONS.get(name) or {k: v for k, v in entry.items() if k in IN_PAGE}
        app.add_js_file(None, body=f"window.diceAsked={json.dumps(data)}", priority=400)
        app.add_js_file("judge.js", loading_method="defer")


def setup(app):
    app.connect("source-read", draw_map)
    app.connect("html-page-context", load_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
