"""Let a wide table of words become cards on a phone, one for each row.

A phone shows two or three columns, and what the reader came for often stands in the last. Each cell
learns the heading of its column, and the style sheet shows it there. Roles say that the cards are
still the rows of a table, which some browsers forget once the layout is another. A script sets the
roles: in the page itself they would repeat what its tags say. A grid of numbers is read down its
columns, so it stays a table that scrolls.
"""

import re

from bs4 import BeautifulSoup

TABLE = r"(?s)<table class=\"table\">.*?</table>"
ROOM = 38  # letters that a phone shows side by side
GAP = 2  # letters that would fit between two columns


def words(cell):
    """Return the words of a cell, which a line can only break between."""
    strings = (text for text in cell.strings if not text.find_parent(class_="katex-mathml"))
    return "".join(strings).split()


def is_too_wide(columns):
    """Tell whether the longest words of the columns find no room side by side."""
    longest = (max(len(word) for cell in column for word in words(cell)) for column in columns)
    return sum(longest) + GAP * (len(columns) - 1) > ROOM


def is_of_words(heads):
    """Tell whether more than the first column is words: numbers are set to the right."""
    return sum("text-right" not in head["class"] for head in heads) > 1


def with_cards(match):
    """Prepare a table of the page, if it is one for cards."""
    table = BeautifulSoup(match[0], "html.parser").table
    columns = list(zip(*(row.find_all(["th", "td"]) for row in table.find_all("tr")), strict=True))
    if not is_of_words(table.select("th")) or not is_too_wide(columns):
        return match[0]
    table["class"].append("cards")
    for head, *cells in columns:
        for cell in cells:
            cell["data-label"] = head.get_text()
    return str(table)


def prepare(app, pagename, templatename, context, doctree):
    """Prepare the tables of a page."""
    if "body" in context:
        context["body"] = re.sub(TABLE, with_cards, context["body"])
        if 'class="table cards"' in context["body"]:
            app.add_js_file("table_cards.js")


def setup(app):
    app.connect("html-page-context", prepare)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
