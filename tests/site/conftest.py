"""What the tests of the site share: pages opened in a browser, on which nothing may go wrong."""

import pytest
from built import SITE


@pytest.fixture
def visit(browser):
    """Open pages; at the end, none may have complained, or asked for anything elsewhere."""
    pages, problems, asked = [], [], []

    def open_page(address, width=1280, **options):
        file, mark, state = address.partition("#")
        if ":" not in file:
            assert (SITE / file).is_file(), "run `make book` first"
            address = f"{(SITE / file).as_uri()}{mark}{state}"
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        pages.append(page)
        page.asked = asked
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: m.type in ("error", "warning") and problems.append(m.text))
        page.goto(address)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert problems == []
    ours = "file:", "data:", "blob:", "http://127."
    assert [url for url in asked if not url.startswith(ours)] == []
