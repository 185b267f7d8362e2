"""Take the picture of the README, of the built book: make book; python tools/readme_picture.py."""

from io import BytesIO

import chromium
from PIL import Image
from playwright.sync_api import sync_playwright
from print import ROOT, SITE

PICTURE = ROOT / "book" / "_static" / "readme.png"
PAGE, SECTION = SITE / "notebooks" / "02_dice_coefficient.html", "#the-six-pixel-example"


def main() -> None:
    """Show the six pixels in print, and the figure to work by hand below them."""
    with sync_playwright() as playwright:
        page = chromium.launch(playwright).new_page(viewport={"width": 1200, "height": 1080})
        page.goto(PAGE.as_uri())
        page.eval_on_selector(SECTION, "section => section.scrollIntoView()")
        page.wait_for_timeout(1000)  # the figure begins when it comes into view
        picture = Image.open(BytesIO(page.screenshot()))
    picture.quantize(256).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
