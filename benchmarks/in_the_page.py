"""What running a cell in the page costs: megabytes over the wire, and processor seconds.

Measured on the built book, after `make live`, in Chromium: to the first formula of the chapter on
the coefficient, and to its first figure. The seconds are those of the page's own processes; a busy
machine adds some.
Prints one line for each; exits with 1 where a limit does not hold.
"""

import functools
import http.server
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))

import chromium  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

PAGE = "notebooks/02_dice_coefficient.html"
FIGURE, FORMULA = 1, 3  # numbers of cells
LIMITS = {"formula": (15, 6), "figure": (26, None)}  # megabytes, seconds
WAIT = "i => diceLive.results?.[i] && /ran/.test(document.querySelector('.live-words').textContent)"


class Counted(http.server.SimpleHTTPRequestHandler):
    """Serves the site, and counts what it sends of what runs in the page."""

    sent = 0

    def log_message(self, *_):
        pass

    def copyfile(self, source, target):
        if "/live/" in self.path:
            Counted.sent += Path(self.translate_path(self.path)).stat().st_size
        super().copyfile(source, target)


def seconds(browser) -> float:
    """Processor seconds of the browser's processes so far."""
    session = browser.new_browser_cdp_session()
    return sum(p["cpuTime"] for p in session.send("SystemInfo.getProcessInfo")["processInfo"])


def press(page, cell: int) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
    page.get_by_role("button", name=f"Run cell {cell + 1}", exact=True).click()
    if not page.locator(".live-panel").count():
        page.locator(".live-ask").get_by_role("button", name="Run").click()
    page.wait_for_function(WAIT, arg=cell, timeout=300_000)


def main() -> int:
    handler = functools.partial(Counted, directory=ROOT / "_build" / "html")
    over = 0
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as playwright:
            browser = chromium.launch(playwright)
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/{PAGE}")
            page.wait_for_timeout(1000)
            before, begun = seconds(browser), time.perf_counter()
            for name, cell in {"formula": FORMULA, "figure": FIGURE}.items():
                press(page, cell)
                size, took = Counted.sent / 1e6, seconds(browser) - before
                wall = time.perf_counter() - begun
                print(f"first {name}: {size:.1f} MB, {took:.1f} processor seconds, {wall:.1f} s")
                most, longest = LIMITS[name]
                over += size > most or bool(longest and took > longest)
            browser.close()
        server.shutdown()
    return int(over > 0)


if __name__ == "__main__":
    sys.exit(main())
