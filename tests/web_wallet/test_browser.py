"""Two web wallets side by side in a real browser: payments by camera, without operator and network."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import chromium, faults_of, needs_chromium, tab_to
from tests.devices.processes import Running
from tests.web_wallet.serving import film, make_files, phone, served

pytestmark = needs_chromium
PATHS = ("/", "/pay", "/receive", "/load", "/sync", "/history", "/limits", "/recovery")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_files(tmp_path_factory.mktemp("phones"), ann="200", bob="", cat="")


@pytest.fixture(scope="module")
def cat(files: dict[str, Path]) -> Iterator[Running]:
    """A wallet that is served for the tests of one page alone."""
    with served(files["cat"]) as process:
        yield process


def go(page: Any, path: str) -> None:
    page.goto(re.sub(r"^(http://[^/]+).*", rf"\1{path}", page.url))


def test_two_phones_pay_each_other_by_camera_and_by_pasting(browser: Any, files: dict[str, Path]) -> None:
    small = {"viewport": {"width": 360, "height": 760}}
    with (
        served(files["ann"]) as of_ann,
        served(files["bob"]) as of_bob,
        phone(browser, of_ann, **small) as ann,
        phone(browser, of_bob, **small) as bob,
    ):
        go(bob, "/receive")
        bob.fill("#amount", "189.90")
        bob.click("text=Ask for it")
        go(ann, "/pay")
        film(ann, bob)
        assert ann.inner_text("#amount") == "CNY 189.90"
        ann.click("text=Yes, pay")
        assert "shown in turn" in ann.inner_text("main"), "the payment needs more than one code"
        film(bob, ann)
        assert bob.inner_text("#state") == "received"
        film(ann, bob)
        assert ann.inner_text("#state") == "paid"
        go(ann, "/")
        assert ann.inner_text("#offline") == "CNY 10.10"

        go(ann, "/receive")
        ann.fill("#amount", "9.90")
        ann.click("text=Ask for it")
        steps = [(bob, "pay"), (ann, "stay"), (bob, "stay")]
        for page, what in steps:
            other = ann if page is bob else bob
            if what == "pay":
                go(page, "/pay")
            page.fill("#text", other.input_value("#shown-1"))
            page.click("text=Read it")
            if what == "pay":
                page.click("text=Yes, pay")
        assert (ann.inner_text("#state"), bob.inner_text("#state")) == ("received", "paid")
        go(bob, "/")
        assert bob.inner_text("#offline") == "CNY 180.00"


def test_with_the_keyboard_alone(browser: Any, cat: Running) -> None:
    with phone(browser, cat) as page:
        tab_to(page, "Receive")
        page.keyboard.press("Enter")
        page.wait_for_url("**/receive")
        page.wait_for_selector("#amount:focus")
        page.keyboard.type("4")
        page.keyboard.press("Enter")
        page.wait_for_url("**/receive/*")
        tab_to(page, "As text, to copy")
        page.keyboard.press("Enter")
        assert page.is_visible("#shown-1")
        tab_to(page, "Scan with the camera")
        tab_to(page, "Read it")
        tab_to(page, "History")
        tab_to(page, "中文")


def test_without_a_script_everything_but_the_camera_is_there(browser: Any, cat: Running) -> None:
    with phone(browser, cat, java_script_enabled=False) as page:
        go(page, "/pay")
        assert not page.is_visible("#start")
        assert page.is_visible("#text")
        page.fill("#text", "nothing")
        page.click("text=Read it")
        assert "damaged" in page.inner_text("#why")


def test_a_form_of_another_site_is_refused_by_what_a_browser_says_of_it(browser: Any, cat: Running) -> None:
    with phone(browser, cat) as page:
        wallet = page.url
        form = f'<form method="post" action="{wallet}leave"><button>Win a prize</button></form>'
        page.route("http://attacker.test/", lambda route: route.fulfill(body=form, content_type="text/html"))
        page.goto("http://attacker.test/")
        with page.expect_navigation() as sent:
            page.click("button")
        assert sent.value.status == 403
        assert "Nothing was done" in page.inner_text("#why")
        page.goto(wallet)
        assert page.is_visible("#offline"), "the session goes on"


def test_it_is_accessible_and_whole_at_every_width(browser: Any, cat: Running) -> None:
    with phone(browser, cat, locale="zh-CN") as page:
        go(page, "/receive")
        page.fill("#amount", "4")
        page.keyboard.press("Enter")
        page.wait_for_url("**/receive/*")
        asking = re.sub(r"^http://[^/]+", "", page.url)
        faults = []
        for language, scheme, paths in (
            ("zh", "light", ("/", asking)),
            ("en", "dark", ("/", asking)),
            ("en", "light", (*PATHS, asking)),
        ):
            page.emulate_media(color_scheme=scheme)
            for path in paths:
                go(page, f"{path}?lang={language}")
                assert page.get_attribute("html", "lang") == language
                for width in (1280, 768, 360):
                    page.set_viewport_size({"width": width, "height": 800})
                    sticks_out = page.evaluate("document.documentElement.scrollWidth") - width
                    assert sticks_out <= 0, (path, language, width)
                faults += faults_of(page)
        assert not faults
