"""The index of a report: pages find their entries in a long log without reading all of it."""

from pathlib import Path
from typing import Any, Final

import pytest

from shuangli.books import transfer_entry
from shuangli.crypto import sha256
from shuangli.errors import BadInput
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.period_report import Span
from shuangli.offline.periods.directory import Place
from shuangli.operator.console import reports
from shuangli.operator.console.index import (
    BLOCK,
    HOUR_S,
    MOST_SHOWN,
    Index,
    Seen,
    TellingEntry,
)
from shuangli.operator.console.opening import open_report
from shuangli.operator.console.reports import OpenReport
from tests.console.conftest import Console
from tests.console.counting import Counting
from tests.periods.making import made_from, written

NOW: Final = 1_780_000_000
SIZE: Final = 3 * BLOCK + 7


def opened(directory: Path, root: bytes) -> OpenReport:
    """The report in a directory, opened in this process."""
    return OpenReport(directory, root, open_report(directory, root, progress=lambda _: None))


@pytest.fixture(scope="module")
def long_report(tmp_path_factory: pytest.TempPathFactory) -> OpenReport:
    """A report of an operator with several blocks of uploads; every third one moves nothing."""
    events, books = [], []
    for number in range(SIZE):
        upload_id, amount_fen = sha256(number.to_bytes(4, "big")), 0 if number % 3 == 2 else number + 1
        facts: dict[str, Any] = {
            "received_at_s": NOW,
            "refunded_fen": 0,
            "outcomes": b"\0",
            "tier": number % 5,
        }
        events.append(
            Event.of(
                EventKind.SETTLEMENT,
                at_s=NOW,
                operator="OP01",
                upload_id=upload_id,
                credited_fen=amount_fen,
                **facts,
            )
        )
        if amount_fen:
            books.append(
                transfer_entry(
                    kind="redemption",
                    debit="vault",
                    credit=f"deposit:{number:09d}",
                    amount_fen=amount_fen,
                    at_s=NOW,
                    reference=upload_id,
                )
            )
    directory: Path = tmp_path_factory.mktemp("long") / "report"
    made = made_from("OP01", events, books, around_s=NOW)
    written(made, directory)
    return opened(directory, made.root)


@pytest.mark.parametrize("number", [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK + 5, SIZE - 1])
def test_an_entry_is_found_with_its_books_from_its_block_on(
    long_report: OpenReport, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert long_report.index
    monkeypatch.setattr(reports, "Event", Counting)
    Counting.read = 0
    entry = long_report.entry(number)
    assert Counting.read <= BLOCK
    assert entry.number == number
    assert entry.event.fact("upload_id") == sha256(number.to_bytes(4, "big"))
    told = dict(entry.told)
    credited_fen = entry.event.fact("credited_fen")
    assert told.get(("books", "deposit", "total"), 0) == -credited_fen
    assert told.get(("balances", str(number % 5), "deposit_fen"), 0) == credited_fen


@pytest.mark.parametrize("number", [-1, SIZE])
def test_there_is_no_other_entry(long_report: OpenReport, number: int) -> None:
    with pytest.raises(BadInput, match=f"no entry {number}"):
        long_report.entry(number)


def test_a_figure_page_reads_nothing(long_report: OpenReport, monkeypatch: pytest.MonkeyPatch) -> None:
    index = long_report.index
    monkeypatch.setattr(reports, "Event", Counting)
    Counting.read = 0
    for where, figures in (("end", long_report.report.stocks), ("period", long_report.report.flows)):
        for name, value in figures.items():
            seen = index.behind(f"{where}.{name}")
            assert seen.amount == value, name
            assert len(seen.first) == min(seen.entries, MOST_SHOWN)
    seen = index.behind("end.balances.1.deposit_fen")
    assert [one.number % 5 for one in seen.first] == [1] * len(seen.first)
    assert [one.number for one in seen.first] == sorted(one.number for one in seen.first)
    assert Counting.read == 0
    assert index.behind("end.nothing.at.all").entries == 0


def test_the_hours_add_up(long_report: OpenReport) -> None:
    (hour,) = long_report.index.hours
    assert hour.credited_fen == long_report.report.flows["uploads.OP01.credited_fen"]


def test_the_entries_behind_a_figure_come_to_it(console: Console) -> None:
    """Also where it follows from others, some of which are taken away."""
    for name in ("system", "OP01"):
        shown = opened(console.reports / name, console.made.root)
        for figure, value in shown.report.stocks.items():
            assert sum(one.amount for one in shown.index.behind(f"end.{figure}").first) == value, figure


def test_what_is_told_before_the_period_and_after_it() -> None:
    """Of four entries one is the period's, the last one is not looked at; what cancels out is not shown."""
    index, path, other = Index(Span(from_s=NOW, until_s=NOW + 9, first=2, end=3)), ("a", "b"), ("a", "c")
    event = Event.of(EventKind.CERTIFICATE, at_s=NOW, certificate_id=bytes(32), expires_at_s=1)
    for number in range(4):
        index.add(TellingEntry(number, event, [(path, 5), (other, 1), (other, -1)]), Place(0, 0))
    at_end, inside = index.behind("end.a.b"), index.behind("period.a.b")
    assert (at_end.entries, at_end.amount, [one.number for one in at_end.first]) == (3, 15, [0, 1, 2])
    assert (inside.entries, inside.amount, [one.number for one in inside.first]) == (1, 5, [2])
    assert index.behind("end.a.c") == Seen()
    assert [hour.starts_s for hour in index.hours] == [NOW // HOUR_S * HOUR_S]
