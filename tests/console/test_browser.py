"""The console in a real browser, the network blocked: walked with the keyboard alone, and checked by axe."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from shuangli.offline.evidence import verify_evidence
from shuangli.operator.console.pages import BASE
from tests.browsing import chromium, faults_of, needs_chromium, page_of, tab_to
from tests.console.conftest import Console

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def address(console: Console) -> Iterator[str]:
    """The console, served on this machine."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        server = uvicorn.Server(uvicorn.Config(console.service.app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    with page_of(browser, [address], locale="en-GB", accept_downloads=True) as page:
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_it_is_accessible_and_whole_at_every_width(
    page: Any, address: str, console: Console, width: int, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{address}{BASE}/sign-in")
    faults = faults_of(page)
    sign_in(page, address, console)
    for path in ("/", "/reports/system", "/reports/system/cases/case-00001.cbor"):
        page.goto(f"{address}{BASE}{path}")
        faults += faults_of(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out"
    assert not faults
