"""Draws docs/images/console-*.png: pages of the console over a small world, in Debian's Chromium.

.venv/bin/python scripts/make_console_pictures.py
"""

import secrets
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import sync_playwright

from shuangli.operator.console.app import make_console
from shuangli.operator.console.pages import BASE
from shuangli.operator.console.reports import Shelf
from shuangli.operator.service.auth.clients import Clients
from tests.api.service import serving_here
from tests.audit.happenings import let_all_happen
from tests.browsing import CHROMIUM
from tests.periods.making import make, written
from tests.setting import TRANSFERABLE
from tests.world import World

IMAGES: Final = Path(__file__).resolve().parents[1] / "docs" / "images"
SIZE: Final = {"width": 1000, "height": 660}
PICTURES: Final = {
    "console-report": ("en-GB", "/reports/system"),
    "console-case": ("en-GB", "/reports/system/cases/case-00001.cbor"),
    "console-case-zh": ("zh-CN", "/reports/system/cases/case-00001.cbor"),
}


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application at an address of this machine."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}{BASE}"
        server.should_exit = True
        thread.join()


def draw(address: str, name: str, secret: str) -> None:
    """Sign in, and take a picture of each page."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for picture, (language, path) in PICTURES.items():
            page = browser.new_context(locale=language, viewport=SIZE).new_page()  # type: ignore[arg-type]
            page.goto(f"{address}/sign-in")
            page.fill("#name", name)
            page.fill("#secret", secret)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{address}/")
            page.goto(address + path)
            page.screenshot(path=IMAGES / f"{picture}.png")
        browser.close()


def main() -> None:
    """Let everything happen in a small world, report on it, and look at the reports."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        world = World(directory, terms=TRANSFERABLE)
        with closing(world), serving_here(directory / "operator") as service:
            let_all_happen(world)
            written(make(world, "centre"), directory / "reports" / "system")
            root = world.keys["root"].public
            clients = Clients(service.desk.bank.store, secrets.token_bytes)
            shelf = Shelf(directory / "reports", root)
            service.app.mount(BASE, make_console(service.desk, clients, shelf, root=root))
            with served(service.app) as address:
                draw(address, *service.program("audit:read"))


if __name__ == "__main__":
    main()
