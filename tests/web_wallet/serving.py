"""Real wallets as pages: each served by a process of its own, its operator unreachable, with a camera on top.

The camera of a page is a canvas that the test draws on: what it draws are pictures of the other page's
screen. They go through a real video, and are read by the wallet's process.
"""

import base64
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from shuangli.wallet.commands.edges import Edges
from shuangli.wallet.wallet_file import Device
from tests.browsing import page_of
from tests.devices.people import Town
from tests.devices.processes import SHUANGLI, Running, running

MOST_PICTURES: Final = 100
CAMERA: Final = """
(() => {
  const canvas = document.createElement("canvas");
  canvas.width = 720;
  canvas.height = 720;
  const context = canvas.getContext("2d");
  context.fillRect(0, 0, 720, 720);
  window.showToCamera = async (picture) => {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes]));
    context.fillStyle = "#998";
    context.fillRect(0, 0, 720, 720);
    context.drawImage(image, 40, 40, 640, 640);
  };
  if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => canvas.captureStream();
})();
"""


class RealTown(Town):
    """A town of today, whose wallet files any process can open."""

    @property
    def edges(self) -> Edges:
        edges = super().edges
        return Edges(
            now_s=edges.now_s,
            monotonic_s=edges.monotonic_s,
            sleep_s=edges.sleep_s,
            device=Device(random_bytes=os.urandom),
            operator=edges.operator,
        )


def make_files(directory: Path, **loaded: str) -> dict[str, Path]:
    """Wallet files by name, loaded with so many yuan, of an operator that is gone afterwards."""
    with RealTown(directory, now_s=int(time.time())).open() as town:
        return {name: town.wallet(name, loaded=yuan) for name, yuan in loaded.items()}


@contextmanager
def served(file: Path) -> Iterator[Running]:
    """A process that serves a wallet; it prints a new link each time that one was used."""
    with running(*SHUANGLI, "wallet", "serve", "--file", file, "--port", "0", "--json") as process:
        yield process


@contextmanager
def phone(browser: Any, process: Running, **options: Any) -> Iterator[Any]:
    """A page that was let in by the link of a serving process; it reaches that wallet and nothing else."""
    link = process.next_facts()["link"]
    origin = link.partition("/launch")[0]
    with page_of(browser, [f"{origin}/"], **options) as page:
        page.add_init_script(CAMERA)
        page.goto(link)
        page.wait_for_url(f"{origin}/")
        yield page


def film(looking: Any, showing: Any) -> None:
    """Hold one phone's camera before the other's screen, until it has seen enough and goes on."""
    from playwright.sync_api import Error

    gone: list[object] = []
    looking.once("framenavigated", lambda frame: gone.append(frame))
    looking.click("#start")
    looking.wait_for_selector("#stop:visible")
    code = showing.locator("img.code").first
    code.scroll_into_view_if_needed()
    for _ in range(MOST_PICTURES):
        picture = base64.b64encode(code.screenshot()).decode()
        # A page that goes on in the middle of this has seen enough.
        with suppress(Error):
            looking.evaluate("picture => window.showToCamera(picture)", picture)
        if gone:
            looking.wait_for_load_state()
            return
    raise AssertionError(f"nothing was seen: {looking.inner_text('#seen')}")
