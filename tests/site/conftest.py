"""What the tests of the site share: pages opened in a browser, on which nothing may go wrong."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from built import SITE, parsed


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


class Host(SimpleHTTPRequestHandler):
    """A host that has the course in the folder /some/course/, and shows 404.html like others."""

    FOLDER = "/some/course/"

    def translate_path(self, path):
        inside = path.startswith(self.FOLDER)
        return super().translate_path(path.removeprefix(self.FOLDER)) if inside else "/nowhere"

    @property
    def error_message_format(self):
        return (SITE / "404.html").read_text("utf8").replace("%", "%%")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def address():
    """Where this host has the built book."""
    parsed(SITE / "search.html")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Host, directory=SITE))
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}{Host.FOLDER}"
    server.shutdown()
    server.server_close()
