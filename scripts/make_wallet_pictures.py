"""Draws docs/images/web-wallet-*.png: two web wallets that pay each other, in Debian's Chromium.

.venv/bin/python scripts/make_wallet_pictures.py
"""

import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import sync_playwright

from tests.browsing import CHROMIUM
from tests.web_wallet.serving import film, make_files, phone, served

IMAGES: Final = Path(__file__).resolve().parents[1] / "docs" / "images"
PHONE: Final = {"width": 390, "height": 740}


def draw(page: Any, name: str) -> None:
    """A picture of what the phone shows."""
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=IMAGES / f"web-wallet-{name}.png")


def pay(ann: Any, bob: Any) -> None:
    """Bob asks, Ann pays, both by camera; a picture of each step."""
    draw(ann, "home")
    bob.click("nav.menu a[href='/receive']")
    bob.fill("#amount", "189.90")
    bob.keyboard.press("Enter")
    bob.wait_for_url("**/receive/*")
    draw(bob, "request-zh")
    ann.click("nav.menu a[href='/pay']")
    film(ann, bob)
    draw(ann, "confirm")
    ann.click("text=Yes, pay")
    ann.wait_for_selector("img.code")
    draw(ann, "payment")
    film(bob, ann)
    draw(bob, "receipt-zh")
    film(ann, bob)
    draw(ann, "paid")


def main() -> None:
    """Serve two wallets whose operator cannot be reached, and let them meet."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        files = make_files(Path(folder), ann="200", bob="")
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        options = {"viewport": PHONE, "device_scale_factor": 1.5}
        with (
            served(files["ann"]) as of_ann,
            served(files["bob"]) as of_bob,
            phone(browser, of_ann, locale="en-GB", **options) as ann,
            phone(browser, of_bob, locale="zh-CN", **options) as bob,
        ):
            pay(ann, bob)
        browser.close()


if __name__ == "__main__":
    main()
