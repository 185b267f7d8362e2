"""The one browser of tests, printing, pictures and Lighthouse: its names and its flags."""

import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")
PLACES = (  # where it is on macOS and Windows, which find no program by its name
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
PROGRAM = next(filter(None, map(shutil.which, NAMES + PLACES)), None)
MISSING = f"no browser: install one of {', '.join(NAMES)}"


def launch(playwright):
    """Start it without a window."""
    if PROGRAM is None:
        sys.exit(MISSING)
    return playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS.split())
