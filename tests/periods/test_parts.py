"""The parts of a report: what they are written as is what is read, and any other bytes are refused."""

import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.books import Entry, Posting
from shuangli.codec import BYTES, head
from shuangli.crypto import SigningKey, sha256
from shuangli.errors import Malformed
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.period_report import PeriodReport, Span
from shuangli.offline.periods.books import decode_entry, encode_entry
from shuangli.offline.periods.figures import CENTRAL, Totals, named, nested, told
from shuangli.offline.periods.file import ReportFile, read_sequence
from tests.audit.drawn import NOW, events
from tests.byte_strategies import mutated

KEY = SigningKey(sha256(b"author"))
REPORT = PeriodReport.sign(
    KEY,
    network="test",
    origin="OP01",
    span=Span(from_s=10, until_s=20, first=1, end=3),
    size=4,
    root=bytes(32),
    made_at_s=20,
    flows={"loads.OP01.count": 2, "supply.1.loaded_fen": -5},
    stocks={"loads.OP01.count": 3},
    files={"log.index": bytes(32)},
    replaces=sha256(b"another"),
)
FILE = ReportFile(certificate=b"certificate", report=REPORT.signed.data, checkpoint=b"checkpoint")
ENTRY = Entry(
    kind="wage", at_s=7, reference=b"id", postings=(Posting("a", 3), Posting("b", -1), Posting("c", -2))
)


def test_a_report_comes_back() -> None:
    assert PeriodReport.parse(REPORT.signed.data) == REPORT
    assert ReportFile.decode(FILE.encode()) == FILE
    assert decode_entry(encode_entry(ENTRY)) == ENTRY


@given(mutated(REPORT.signed.data))
def test_any_damage_to_a_report(data: bytes) -> None:
    """Whatever is read is what was written: the same content, only the signature may differ."""
    try:
        read = PeriodReport.parse(data)
    except Malformed:
        return
    assert read.signed.data == data


@given(mutated(FILE.encode()))
def test_any_damage_to_a_reports_file(data: bytes) -> None:
    try:
        read = ReportFile.decode(data)
    except Malformed:
        return
    assert read.encode() == data


@given(mutated(encode_entry(ENTRY)))
def test_any_damage_to_an_entry_of_the_books(data: bytes) -> None:
    try:
        read = decode_entry(data)
    except Malformed:
        return
    assert encode_entry(read) == data
    assert sum(posting.amount_fen for posting in read.postings) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"made_at_s": 19},
        {"size": 2},
        {"root": b"short"},
        {"flows": {"x": 2**60}},
        {"flows": {"": 1}},
        {"stocks": {"é": 1}},
        {"files": {"a": b"short"}},
        {"replaces": b"short"},
        {"origin": "x" * 17},
    ],
)
def test_a_report_that_cannot_be(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        replace(REPORT, **changes)


@pytest.mark.parametrize("bounds", [(20, 20, 1, 3), (20, 10, 1, 3), (10, 20, 3, 1), (-1, 20, 1, 3)])
def test_a_period_that_cannot_be(bounds: tuple[int, int, int, int]) -> None:
    from_s, until_s, first, end = bounds
    with pytest.raises(Malformed):
        Span(from_s=from_s, until_s=until_s, first=first, end=end)


def sequence(items: list[bytes]) -> bytes:
    return b"".join(head(BYTES, len(item)) + item for item in items)


class Dripping(io.BytesIO):
    """A file that gives at most a few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 3, 3))


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_sequence_comes_back_however_it_is_read(items: list[bytes]) -> None:
    data = sequence(items)
    assert [*read_sequence(io.BytesIO(data))] == items
    assert [*read_sequence(Dripping(data))] == items


@given(mutated(sequence([b"one", bytes(40), b"", bytes(300)])))
def test_any_damage_to_a_sequence(data: bytes) -> None:
    try:
        read = [*read_sequence(io.BytesIO(data))]
    except Malformed:
        return
    assert sequence(read) == data


@pytest.mark.parametrize("data", [b"\x43ab", b"\x58", b"\x5b" + bytes([255]) * 8, b"\x80", b"\x5f\x41a\xff"])
def test_no_sequence_of_byte_strings(data: bytes) -> None:
    with pytest.raises(Malformed):
        [*read_sequence(io.BytesIO(data))]


# --- figures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EventKind)
@given(data=st.data())
def test_every_kind_of_entry_is_counted(kind: EventKind, data: st.DataObject) -> None:
    event = data.draw(events([kind]))
    assert [amount for _, amount in told(event, central=True) if amount]


@given(st.lists(events(), max_size=20), st.integers(0, 20))
def test_figures_of_a_whole_are_the_sums_of_its_parts(drawn: list[Event], at: int) -> None:
    whole, part = Totals(), Totals()
    for event in drawn:
        whole.add(told(event, central=True))
    for event in drawn[:at]:
        part.add(told(event, central=True))
    after = part.copy()
    for event in drawn[at:]:
        after.add(told(event, central=True))
    assert after.figures == whole.figures
    flows = after.since(part)
    for path, value in whole.figures.items():
        assert value == part.figures.get(path, 0) + flows.get(path, 0)
    for path, value in whole.stocks(at_s=NOW).items():
        if path[0] == "supply" and path[2] == "outstanding_fen":
            parts = [
                whole.figures.get((*path[:2], f"{what}_fen"), 0)
                for what in ("loaded", "redeemed", "returned")
            ]
            assert value == parts[0] - parts[1] - parts[2]


@given(events())
def test_only_the_centre_tells_of_supply(event: Event) -> None:
    assert not [path for path, _ in told(event, central=False) if path[0] in CENTRAL]


def test_names_of_figures() -> None:
    figures = {("a", "b.c"): 1, ("a", "b_c"): 2, ("d",): 3}
    assert named(figures) == {"a.b_c": 3, "d": 3}
    assert nested({("a", "b"): 1, ("a", "c"): 2}) == {"a": {"b": 1, "c": 2}}
    with pytest.raises(ValueError, match=r"a\.b lies under a figure"):
        nested({("a",): 1, ("a", "b"): 2})
