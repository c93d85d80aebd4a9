"""The console: who may look, what is shown, and that nothing is shown that does not hold."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from shuangli.messages.event_kinds import Reason
from shuangli.offline.evidence import verify_evidence
from shuangli.offline.periods.directory import SEQUENCES, files_below, verify_directory
from shuangli.operator.console.pages import BASE
from shuangli.operator.console.words import KINDS, words
from tests.console.conftest import Console
from tests.console.links import links


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize(
    "path", ["/", "/reports/system", "/reports/system/files/report.cbor", "/reports/none"]
)
def test_nobody_looks_without_signing_in(console: Console, path: str) -> None:
    told = console.browser().get(BASE + path, follow=False)
    assert (told.status_code, told.headers["location"]) == (303, f"{BASE}/sign-in")


@pytest.mark.parametrize(
    "change",
    [lambda name, secret: (name, secret + "x"), lambda name, secret: ("x", secret), lambda *_: ("", "")],
)
def test_a_wrong_name_or_secret(console: Console, change: Callable[[str, str], tuple[str, str]]) -> None:
    name, secret = change(console.name, console.secret)
    browser = console.browser()
    told = browser.post(f"{BASE}/sign-in", name=name, secret=secret)
    assert told.status_code == 403
    assert "No regulator has this name and secret" in told.text
    assert browser.get(f"{BASE}/", follow=False).status_code == 303


def test_a_client_with_another_scope_does_not_get_in(console: Console) -> None:
    name, secret = console.service.program("metrics:read")
    told = console.browser().post(f"{BASE}/sign-in", name=name, secret=secret)
    assert told.status_code == 403


def test_a_session_ends_by_signing_out_and_by_itself(console: Console) -> None:
    browser = console.signed_in()
    assert browser.get(f"{BASE}/").status_code == 200
    kept = dict(browser.cookies)
    browser.post(f"{BASE}/sign-out")
    browser.cookies.update(kept)
    assert browser.get(f"{BASE}/", follow=False).status_code == 303
    browser = console.signed_in()
    console.service.clock.advance(3_600)
    assert browser.get(f"{BASE}/", follow=False).status_code == 303


def test_the_cookie_is_for_this_site_only(console: Console) -> None:
    told = console.browser().post(
        f"{BASE}/sign-in",
        name=console.name,
        secret=console.secret,
        follow=False,
    )
    cookie = told.headers["set-cookie"]
    for word in ("HttpOnly", "SameSite=strict", f"Path={BASE}"):
        assert word in cookie


def test_from_the_shelf_to_every_entry_that_a_figure_is_made_of(console: Console) -> None:
    browser = console.signed_in()
    shelf = browser.get(f"{BASE}/")
    assert f"{BASE}/reports/system" in links(shelf.text)
    page = browser.get(f"{BASE}/reports/system").text
    report = console.made.report
    assert "Verified: every figure was added up again" in page
    figures = [link for link in links(page) if "/figures?" in link]
    assert len(figures) == len(report.stocks) + len(report.flows)
    for link in figures:
        told = browser.get(link)
        assert told.status_code == 200, link
        shown = text_of(told.text)
        value = re.search(r"= (-?[\d,]+)", shown)
        total = re.search(r"sum (-?[\d,]+)", shown)
        assert value is not None
        assert total is not None
        assert value[1] == total[1], f"{link} is not the sum of the entries behind it"
    entry = next(link for link in links(told.text) if "/entries/" in link)
    assert browser.get(entry).status_code == 200


def test_a_case_shows_both_transfers_and_the_fork(console: Console) -> None:
    browser = console.signed_in()
    cases = [link for link in links(browser.get(f"{BASE}/reports/system").text) if "/cases/" in link]
    assert len(cases) == console.made.verify().cases == 2
    for link in cases:
        page = browser.get(link).text
        (file,) = [other for other in links(page) if "/files/evidence/" in other]
        evidence = browser.get(file)
        assert "attachment" in evidence.headers["content-disposition"]
        fork = verify_evidence(evidence.content, root=console.made.root)
        shown = text_of(page)
        assert "Proven: one key has signed both transfers" in shown
        assert fork.culprit.hex() in shown
        assert shown.count("spent twice") == len(fork.transfers)
        for transfer in fork.transfers:
            assert transfer.signed.id.hex() in shown


def test_all_that_it_takes_to_verify_a_report_can_be_downloaded(console: Console, tmp_path: Path) -> None:
    browser = console.signed_in()
    page = browser.get(f"{BASE}/reports/system").text
    cases = [link for link in links(page) if "/cases/" in link]
    for link in [*links(page), *(other for case in cases for other in links(browser.get(case).text))]:
        _, found, name = link.partition("/reports/system/files/")
        if found:
            told = browser.get(link)
            assert "attachment" in told.headers["content-disposition"]
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(told.content)
    files = files_below(tmp_path, but=SEQUENCES)
    verified = verify_directory(tmp_path, files, root=console.made.root)
    assert verified.report == console.made.report


def test_f32_a_report_that_does_not_hold_is_not_shown(console: Console) -> None:
    shutil.copytree(console.reports / "system", console.reports / "changed")
    try:
        books = console.reports / "changed" / "books.cborseq"
        books.write_bytes(books.read_bytes()[:-1] + b"?")
        told = console.signed_in().get(f"{BASE}/reports/changed")
        assert told.status_code == 409
        assert "This report does not hold" in told.text
        assert "the books" in told.text
        (console.reports / "changed" / "report.cbor").write_bytes(b"?")
        assert console.signed_in().get(f"{BASE}/reports/changed").status_code == 409
        assert console.signed_in().get(f"{BASE}/").status_code == 200
    finally:
        shutil.rmtree(console.reports / "changed")


@pytest.mark.parametrize(
    "path",
    [
        "/reports/none",
        "/reports/..%2Foperator",
        "/reports/system/figures",
        "/reports/system/figures?figure=end.nothing",
        "/reports/system/figures?figure=",
        "/reports/system/entries/9999",
        "/reports/system/entries/x",
        "/reports/system/cases/none.cbor",
        "/reports/system/files/none",
        "/reports/system/files/..%2F..%2Foperator%2Fnetwork.cbor",
        "/nothing",
    ],
)
def test_what_is_not_there(console: Console, path: str) -> None:
    told = console.signed_in().get(BASE + path)
    assert told.status_code == 404
    assert "There is no such page" in told.text


def test_every_page_in_chinese(console: Console) -> None:
    browser = console.signed_in(language="zh-CN")
    page = browser.get(f"{BASE}/reports/system")
    assert 'lang="zh"' in page.text
    assert words("zh")["verified"] in page.text
    assert 'lang="en"' in browser.get(f"{BASE}/?lang=en").text
    assert 'lang="en"' in browser.get(f"{BASE}/").text, "the choice is kept"


def test_no_word_is_missing_in_either_language(console: Console) -> None:
    english, chinese = words("en"), words("zh")
    assert english.keys() == chinese.keys()
    assert all(english.values())
    assert all(chinese.values())
    kinds = {name.partition(".")[0] for name in (*console.made.report.stocks, *console.made.report.flows)}
    assert kinds <= KINDS.keys()


@pytest.mark.parametrize("path", ["/sign-in", "/", "/reports/system", "/reports/OP01", "/nothing"])
def test_a_page_is_well_formed_and_loads_nothing_from_elsewhere(console: Console, path: str) -> None:
    browser = console.signed_in()
    told = browser.get(BASE + path)
    assert "default-src 'none'" in told.headers["content-security-policy"]
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', told.text)
    assert "<script" not in told.text
    body = re.sub(r"<(meta|link|input)([^>]*)>", r"<\1\2/>", told.text.partition("\n")[2])
    page = Xml.fromstring(re.sub(r" (required|autofocus|download)(?=[ />])", r' \1=""', body))  # noqa: S314
    ids = [part.attrib["id"] for part in page.iter() if "id" in part.attrib]
    assert len(ids) == len(set(ids))
    labels = {part.attrib["for"] for part in page.iter("label")}
    fields = {part.attrib["id"] for part in page.iter("input")}
    assert labels == fields, "every field has a label"


def test_charts_are_drawn_of_what_the_report_says(console: Console) -> None:
    page = console.signed_in().get(f"{BASE}/reports/system").text
    for word in ("payments", "loaded", "credited", "found", "outstanding", "delays", "kind-waits"):
        assert f'aria-label="{words("en")[word]}"' in page, word


def test_requests_for_identities_are_shown_without_identities(console: Console) -> None:
    browser, service = console.signed_in(), console.service
    assert words("en")["no-identities"] in browser.get(f"{BASE}/identities").text
    assert f"{BASE}/identities" in links(browser.get(f"{BASE}/").text)
    key = service.wallet("anna").public
    with service.desk.transaction() as now_s:
        asked = {"authority": "Court 3", "order_text": "against Zhang San", "by": "desk-1"}
        made = service.desk.identities.ask(key, Reason.COURT_ORDER, **asked, now_s=now_s)
        service.desk.identities.answer(made.request_no, grant=True, by="desk-2", now_s=now_s)
    page = browser.get(f"{BASE}/identities").text
    for word in ("Court 3", "desk-1", "desk-2", "court order", "granted"):
        assert word in page
    for secret in ("Zhang", key.hex(), service.desk.bank.row_of(key).person.hex()):
        assert secret not in page
    assert console.browser().get(f"{BASE}/identities", follow=False).status_code == 303
