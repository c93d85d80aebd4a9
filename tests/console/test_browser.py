"""The console in a real browser, the network blocked: walked with the keyboard alone, and checked by axe."""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from shuangli.offline.evidence import verify_evidence
from shuangli.operator.console.app import make_console
from shuangli.operator.console.pages import BASE
from shuangli.operator.console.reports import OpenReport, Shelf, StillOpening
from shuangli.operator.service.auth.clients import Clients
from tests.browsing import chromium, faults_of, needs_chromium, page_of, tab_to
from tests.console.conftest import Console

pytestmark = needs_chromium


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """An application, served on this machine: its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def address(console: Console) -> Iterator[str]:
    with served(console.service.app) as address:
        yield address


class HalfOpen(Shelf):
    """A shelf with one report, which is being verified all the time."""

    def open(self, name: str) -> OpenReport:
        raise StillOpening(name, entries_read=1_048_576, entries=2_516_582)


@pytest.fixture(scope="module")
def opening(console: Console) -> Iterator[str]:
    """The address of the same console where no report has been verified yet."""
    app, desk, root = FastAPI(), console.service.desk, console.made.root
    clients = Clients(desk.bank.store, random.Random(8).randbytes)
    app.mount(BASE, make_console(desk, clients, HalfOpen(console.reports, root), root=root))
    with served(app) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Any, address: str, opening: str) -> Iterator[Any]:
    with page_of(browser, [address, opening], locale="en-GB", accept_downloads=True) as page:
        yield page


def sign_in(page: Any, address: str, console: Console) -> None:
    """With the keyboard alone: the first field has the focus."""
    page.goto(f"{address}{BASE}/")
    # The focus is there when the page is first drawn, which may be after it was loaded.
    page.wait_for_function("document.activeElement.id === 'name'")
    page.keyboard.type(console.name)
    page.keyboard.press("Tab")
    page.keyboard.type(console.secret)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}{BASE}/")


def test_with_the_keyboard_from_the_overview_to_verified_evidence(
    page: Any, address: str, console: Console, tmp_path: Path
) -> None:
    sign_in(page, address, console)
    tab_to(page, "system")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reports/system")
    tab_to(page, "case-00001.cbor")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/case-00001.cbor")
    assert page.locator("#proven").is_visible()
    assert page.locator(".fork").count() == 2
    tab_to(page, "Download the evidence")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    saved = tmp_path / "evidence.cbor"
    waiting.value.save_as(saved)
    assert verify_evidence(saved.read_bytes(), root=console.made.root).coin_id


def test_with_the_keyboard_from_a_figure_to_an_entry(page: Any, address: str, console: Console) -> None:
    sign_in(page, address, console)
    page.goto(f"{address}{BASE}/reports/system")
    figure = page.get_by_label("Supply, by epoch, 1, outstanding fen:").first
    figure.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/figures?figure=end.supply.1.outstanding_fen")
    tab_to(page, "Back to the report")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/entries/*")
    assert "load_id" in page.content()


def test_with_the_keyboard_to_look_again_at_a_report_that_is_being_opened(
    page: Any, opening: str, console: Console
) -> None:
    sign_in(page, opening, console)
    page.goto(f"{opening}{BASE}/reports/system")
    bar = page.get_by_role("progressbar", name="entries read so far")
    assert bar.evaluate("bar => bar.position.toFixed(3)") == "0.417"
    assert page.get_by_role("status").is_visible()
    assert page.get_by_text("entries read so far: 1,048,576 / 2,516,582").is_visible()
    tab_to(page, "Look again")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == f"{opening}{BASE}/reports/system"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_it_is_accessible_and_whole_at_every_width(
    page: Any, address: str, opening: str, console: Console, width: int, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{address}{BASE}/sign-in")
    faults = faults_of(page)
    sign_in(page, address, console)
    paths = ("/", "/reports/system", "/reports/system/cases/case-00001.cbor", "/reports/none")
    shown = [f"{address}{BASE}{path}" for path in paths]
    # A cookie goes by the host alone, so who has signed in at one port has at the other.
    for where in (*shown, f"{opening}{BASE}/reports/system"):
        page.goto(where)
        faults += faults_of(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{where} sticks out"
    assert not faults
