"""A real browser for tests of pages: Debian's Chromium, which reaches what is tested and nothing else."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pytest

CHROMIUM: Final = shutil.which("chromium") or ""
needs_chromium: Final = pytest.mark.skipif(not CHROMIUM, reason="needs Debian's package chromium")
MOST_TABS: Final = 200


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; the test is skipped where there is no Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def page_of(browser: Any, addresses: Sequence[str], **context_options: Any) -> Iterator[Any]:
    """A page that reaches these addresses alone; what it asked for elsewhere fails the test."""
    context = browser.new_context(**context_options)
    elsewhere: list[str] = []

    def only_here(route: Any) -> None:
        if route.request.url.startswith(tuple(addresses)):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    context.route("**/*", only_here)
    yield context.new_page()
    context.close()
    assert not elsewhere


def tab_to(page: Any, words: str) -> None:
    """Press Tab until something with these words has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.textContent"):
            return
    pytest.fail(f"nothing with {words!r} is reached by Tab")


def faults_of(page: Any) -> list[str]:
    """What makes a page hard to use, as axe-core finds it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    found = axe.Axe().run(page)
    return [found.generate_report()] if found.violations_count else []
