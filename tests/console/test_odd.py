"""A shelf on which somebody has put what they like: every page says in words what is wrong."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from shuangli.errors import StoreError
from shuangli.operator.console import reports
from shuangli.operator.console.opening import unreadable
from shuangli.operator.console.pages import BASE
from shuangli.operator.console.reports import Shelf
from shuangli.operator.console.words import words
from tests.console.conftest import Console
from tests.console.links import links


@pytest.fixture
def odd(console: Console) -> Iterator[Path]:
    """A report on the shelf that a test may break."""
    directory = console.reports / "odd"
    shutil.copytree(console.reports / "system", directory)
    yield directory
    shutil.rmtree(directory)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_link_is_not_followed_out_of_a_report(console: Console, odd: Path, language: str) -> None:
    """Who is handed a report with links in it would show what they lead to, such as keys, to who may look."""
    (odd / "cosignatures").mkdir()
    (odd / "cosignatures" / "key").symlink_to("/etc/hostname")
    browser = console.signed_in(language=language)
    for path in ("", "/files/cosignatures/key"):
        told = browser.get(f"{BASE}/reports/odd{path}")
        assert told.status_code == 409
        assert words(language)["not-verified"] in told.text
        assert '<p class="no" role="alert" lang="en">cosignatures/key is a link, or no file</p>' in told.text


def test_a_pipe_holds_up_no_page(console: Console, odd: Path) -> None:
    (odd / "report.cbor").unlink()
    os.mkfifo(odd / "report.cbor")
    browser = console.signed_in()
    shelf = browser.get(f"{BASE}/")
    assert words("en")["unreadable"] in shelf.text
    assert browser.get(f"{BASE}/reports/odd").status_code == 409


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_directory_whose_name_cannot_be_shown(console: Console, language: str) -> None:
    directory = console.reports / "\udcff<b>\x1b"
    shutil.copytree(console.reports / "system", directory)
    try:
        browser = console.signed_in(language=language)
        page = browser.get(f"{BASE}/")
        assert page.status_code == 200
        assert words(language)["unreadable"] in page.text
        (link,) = (one for one in links(page.text) if "udcff" in one)
        assert browser.get(link).status_code == 404
    finally:
        shutil.rmtree(directory)


def test_evidence_of_any_name_can_be_downloaded(console: Console, odd: Path) -> None:
    """Its name is nobody's word: the log names what is in it."""
    name = '案件 "1";\'.cbor'
    (odd / "evidence" / "case-00001.cbor").rename(odd / "evidence" / name)
    browser = console.signed_in()
    page = browser.get(f"{BASE}/reports/odd").text
    (case,) = (link for link in links(page) if "/cases/" in link and "case-0" not in link)
    (file,) = (link for link in links(browser.get(case).text) if "/files/" in link)
    told = browser.get(file)
    assert told.status_code == 200
    assert told.headers["content-disposition"].endswith(
        "filename*=UTF-8''%E6%A1%88%E4%BB%B6%20%221%22%3B%27.cbor"
    )


@pytest.mark.parametrize("name", ["report.cbor", "log.cborseq"])
def test_what_cannot_be_read_now_is_not_said_not_to_hold(
    console: Console, odd: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A disk that fails, or rights that are missing: ask again later."""

    def fail(directory: Path, *_: object, **__: object) -> None:
        raise unreadable(PermissionError(13, "Permission denied", str(directory / name)))

    monkeypatch.setattr(reports, "open_report", fail)
    with pytest.raises(StoreError, match=f"{name}: Permission denied"):
        Shelf(console.reports, console.made.root).open("odd")
    monkeypatch.undo()
    (odd / name).unlink()
    told = console.signed_in().get(f"{BASE}/reports/odd")
    assert told.status_code == (404 if name == "report.cbor" else 409)


def test_an_entry_whose_log_is_gone_is_not_shown(console: Console, odd: Path) -> None:
    shown = Shelf(console.reports, console.made.root).open("odd")
    assert shown.entry(1)
    (odd / "log.cborseq").chmod(0)
    (odd / "log.cborseq").unlink()
    (odd / "log.cborseq").mkdir()
    with pytest.raises(StoreError, match=r"log\.cborseq: Is a directory"):
        shown.entry(1)
    (odd / "log.cborseq").rmdir()


def test_whoever_is_signed_in_can_sign_out_on_every_page(console: Console) -> None:
    browser = console.signed_in()
    for path in ("/", "/reports/none", "/reports/system/entries/9999"):
        assert f"{words('en')['sign-out']} ({console.name})" in browser.get(BASE + path).text
    assert words("en")["sign-out"] not in console.browser().get(f"{BASE}/sign-in").text
