"""The site as `make docs` builds it, opened from the disk in a browser that reaches nothing else."""

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest

from tests.browsing import chromium, faults_of, needs_chromium, page_of
from tests.docs.pages import ROOT

pytestmark = [pytest.mark.heavy, needs_chromium]
ONE_OF_EACH_KIND: Final = (
    "index.html",
    "README.zh.html",
    "docs/tutorial/README.html",
    "docs/tutorial/first-metro-day.html",
    "docs/how-to/check-a-report.html",
    "docs/reference/wire-format.html",
    "docs/reference/command-line.html",
    "docs/explanation/protocol.html",
    "docs/explanation/benchmarks.html",
    "docs/adr/0007-layout.html",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it: a broken link is an error."""
    built = tmp_path_factory.mktemp("site") / "site"
    ran = subprocess.run(
        [sys.executable, "scripts/make_site.py", built], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return built


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_a_page_is_accessible_and_whole(browser: Any, site: Path, name: str) -> None:
    for scheme, width in (("light", 360), ("dark", 1280)):
        options = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
        with page_of(browser, ["file://"], **options) as page:
            page.goto(f"{site.as_uri()}/{name}")
            assert not faults_of(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out"


@pytest.mark.parametrize(
    ("words", "name"),
    [("fork evidence", "docs/explanation/protocol"), ("监管", "README.zh"), ("运营机构", "README.zh")],
)
def test_the_search_works_from_the_disk_in_both_languages(
    browser: Any, site: Path, words: str, name: str
) -> None:
    with page_of(browser, ["file://"]) as page:
        page.goto(f"{site.as_uri()}/index.html")
        page.keyboard.press("Control+k")
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=*")
        page.locator(f"#search-results a[href*='{name}.html']").first.wait_for()
        assert not faults_of(page)


def test_the_start_page_leads_to_every_folder_and_says_its_language(browser: Any, site: Path) -> None:
    with page_of(browser, ["file://"]) as page:
        page.goto(f"{site.as_uri()}/index.html")
        for folder in ("tutorial", "how-to", "reference", "explanation", "adr"):
            assert page.locator(f"header a[href='docs/{folder}/README.html']").count()
        assert page.evaluate("document.documentElement.lang") == "en"
        page.goto(f"{site.as_uri()}/README.zh.html")
        assert page.evaluate("document.documentElement.lang") == "zh-CN"


class Loaded(HTMLParser):
    """What a page loads by itself: whatever has a source, and what `link` elements name."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name in ("src", "srcset", "poster", "data") or (tag == "link" and name == "href")):
                self.addresses.append(value)


def test_no_file_of_the_site_loads_anything_from_elsewhere(site: Path) -> None:
    """Not even a page that no test opens."""
    pages = list(site.rglob("*.html"))
    assert len(pages) > 80
    for path in pages:
        loaded = Loaded()
        loaded.feed(path.read_text(encoding="utf-8"))
        assert loaded.addresses
        assert [it for it in loaded.addresses if re.match(r"(https?:)?//", it)] == [], path
    for path in site.rglob("*.css"):
        style = path.read_text(encoding="utf-8")
        assert not re.search(r"(url\(|@import )['\"]?(https?:)?//", style), path
