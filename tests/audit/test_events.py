"""Entries, log entries and checkpoints: one legal form each, and no more in them than the table says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli import codec
from shuangli.books import transfer_entry
from shuangli.crypto import sha256
from shuangli.errors import Malformed
from shuangli.merkle import EMPTY_ROOT, MAX_SIZE
from shuangli.messages.audit import Checkpoint, LogEntry
from shuangli.messages.event_facts import WAITS
from shuangli.messages.event_kinds import (
    AccountChange,
    EpochChange,
    EventKind,
    Finding,
    FreezeStep,
    IdentityStep,
    Reason,
    ReportKind,
)
from shuangli.messages.event_shapes import FACTS
from shuangli.messages.events import Event, digest_of_entries
from shuangli.messages.notices import Outcome
from shuangli.money import MAX_FEN
from tests.audit.drawn import NOW, events, settled
from tests.byte_strategies import mutated
from tests.strategies import KEYS

ROOT: Final = Path(__file__).resolve().parents[2]
ID: Final = bytes(range(32))


def settlement(**changes: Any) -> Event:
    """An entry of an upload that came in two coins, one of them late."""
    outcomes = bytes([Outcome.SETTLED, Outcome.LATE])
    return settled(received_at_s=NOW - 5, outcomes=outcomes, **changes)


def fields_of(event: Event) -> list[Any]:
    fields = codec.decode(event.encode())
    assert isinstance(fields, list)
    return fields


@given(events())
def test_round_trip(event: Event) -> None:
    data = event.encode()
    assert Event.decode(data) == event
    assert codec.encode(codec.decode(data)) == data, "not deterministic"


@given(st.data())
def test_other_bytes_are_another_event_or_none(data: st.DataObject) -> None:
    event = data.draw(events())
    changed = data.draw(mutated(event.encode()))
    try:
        read = Event.decode(changed)
    except Malformed:
        return
    assert read.encode() == changed
    assert (read == event) is (changed == event.encode())


@given(st.binary(max_size=200))
def test_f36_any_bytes(data: bytes) -> None:
    try:
        assert Event.decode(data).encode() == data
    except Malformed:
        return


def test_facts_by_name() -> None:
    event = settlement(each=[(1, 700, 0, 0, 0, 0, 3, 9, -700), (2, 0, 0, 30, 0, -30, 0, 0, 0)])
    assert event.fact("credited_fen") == 700
    assert event.fact("outcomes") == b"\0\3"
    changes = event.each()
    assert [change["epoch"] for change in changes] == [1, 2]
    assert [(change["redeemed_fen"], change["void_fen"]) for change in changes] == [(700, 0), (0, -30)]
    assert settlement().each() == []
    with pytest.raises(KeyError):
        event.fact("load_id")
    with pytest.raises(KeyError):
        event.fact("redeemed_fen")


def test_a_fact_that_is_missing_unknown_or_twice_is_refused() -> None:
    with pytest.raises(Malformed, match="has the facts"):
        Event.of(EventKind.LOAD, at_s=NOW, load_id=ID, epoch=1)
    with pytest.raises(Malformed, match="has the facts"):
        Event.of(EventKind.LOAD, at_s=NOW, load_id=ID, epoch=1, value_fen=1, person=ID)
    with pytest.raises(Malformed, match="other facts"):
        Event(kind=EventKind.LOAD, at_s=NOW, operator="", facts=(ID, 1, 1, 1, 1, 1, 1))
    with pytest.raises(Malformed, match="other facts"):
        settlement(each=[(1, 700, 0, 0, 0)])
    with pytest.raises(Malformed, match="other facts"):
        Event.of(EventKind.REPORT, at_s=NOW, report_id=ID, made_at_s=NOW, each=[(1, 2)])


def _set(*path: int, to: Any) -> Callable[[list[Any]], None]:
    def change(fields: list[Any]) -> None:
        inner: Any = fields
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = to

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set(0, to=0),
        _set(0, to=16),
        _set(0, to="load"),
        _set(0, to=True),
        _set(1, to=-1),
        _set(1, to=2**33),
        _set(2, to=None),
        _set(2, to="a name that is too long"),
        _set(2, to="北京"),
        _set(3, to={}),
        _set(3, 0, to=ID[:-1]),
        _set(3, 0, to="an id"),
        _set(3, 1, to=-1),
        _set(3, 2, to=-1),
        _set(3, 2, to=MAX_FEN + 1),
        _set(3, 2, to=False),
        _set(3, 4, to=bytes([len(Outcome)])),
        _set(3, 4, to="text"),
        _set(3, 5, to=bytes([len(WAITS)])),
        _set(3, 6, to=5),
        _set(3, 7, to=2**16 + 1),
        _set(3, 8, to=-MAX_FEN - 1),
        _set(3, 13, to=-1),
        _set(3, 14, to=2**20),
        lambda fields: fields.append(0),
        lambda fields: fields.pop(),
        lambda fields: fields[3].pop(),
        lambda fields: fields[3].append([1]),
    ],
)
def test_a_wrong_field_is_refused(change: Callable[[list[Any]], None]) -> None:
    fields = fields_of(settlement(each=[(1, 700, 0, 0, 0, 0, 1, 2, 3)]))
    Event.decode(codec.encode(fields))
    change(fields)
    with pytest.raises(Malformed):
        Event.decode(codec.encode(fields))


def test_every_kind_has_a_table_and_each_fact_a_meaning() -> None:
    assert FACTS.keys() == {*EventKind}
    assert [kind for kind in EventKind if FACTS[kind].each] == [EventKind.SETTLEMENT]
    assert {*map(int, EventKind)} == {*range(1, 19)}


def test_no_fact_is_a_person_or_a_wallet() -> None:
    """DESIGN section 5: without personal data. The names are the promise; what they hold is the caller's."""
    for shape in FACTS.values():
        for name in (*shape.facts, *shape.each):
            assert not re.search(r"person|owner|payer|payee|culprit|wallet(_|$)|key", name), name


def test_pages_list_the_facts_of_the_table() -> None:
    vectors = (ROOT / "tests/vectors/README.md").read_text(encoding="utf-8")
    explained = (ROOT / "docs/explanation/audit-log.md").read_text(encoding="utf-8")
    for kind, shape in FACTS.items():
        row = re.search(rf"^\| {int(kind)} {kind.name.lower()} \| (.*) \|$", vectors, re.MULTILINE)
        assert row, kind
        for name in (*shape.facts, *shape.each):
            assert re.search(rf"\b{name}\b", row[1]), f"{kind}: {name}"
        assert re.search(rf"^\| {kind.name.lower()} \|", explained, re.MULTILINE), kind
    for change in (*AccountChange, *EpochChange, *FreezeStep, *Finding, *ReportKind, *Reason, *IdentityStep):
        assert f"{int(change)} {change.name.lower().replace('_', ' ')}" in vectors


def test_entries_of_the_books_have_one_digest() -> None:
    def entry(amount_fen: int) -> Any:
        return transfer_entry(
            kind="vault-filled",
            debit="vault",
            credit="reserves",
            amount_fen=amount_fen,
            at_s=NOW,
            reference=ID,
        )

    digests = {digest_of_entries(entries) for entries in ([entry(1)], [entry(2)], [entry(1), entry(2)], [])}
    assert len(digests) == 4
    written = [["vault-filled", NOW, ID, [["vault", 1], ["reserves", -1]]]]
    assert digest_of_entries([entry(1)]) == sha256(codec.encode(written))


# --- log entries and checkpoints --------------------------------------------------------------


def log_entry(**changes: Any) -> LogEntry:
    fields: dict[str, Any] = {"origin": "OP01", "number": 7, "logged_at_s": NOW, "leaf_hash": ID}
    return LogEntry(**fields | changes)


def test_a_log_entry_goes_into_an_answer_and_back() -> None:
    entry = log_entry()
    assert LogEntry.read("OP01", codec.decode(codec.encode(entry.fields()))) == entry


@pytest.mark.parametrize(
    "fields",
    [None, [], [7, NOW], [7, NOW, ID, 0], [-1, NOW, ID], [MAX_SIZE, NOW, ID], [7, -1, ID], [7, NOW, ID[1:]]],
)
def test_a_wrong_log_entry_is_refused(fields: Any) -> None:
    with pytest.raises(Malformed):
        LogEntry.read("OP01", fields)


@pytest.mark.parametrize(
    "changes",
    [
        {"network": ""},
        {"origin": "a name that is too long"},
        {"size": -1},
        {"size": MAX_SIZE + 1},
        {"root": ID[1:]},
        {"made_at_s": 2**33},
        {"size": 0},
    ],
)
def test_a_wrong_checkpoint_is_refused(changes: dict[str, Any]) -> None:
    fields: dict[str, Any] = {"network": "test", "origin": "OP01", "size": 7, "root": ID, "made_at_s": NOW}
    Checkpoint.sign(KEYS[0], **fields)
    Checkpoint.sign(KEYS[0], **fields | {"size": 0, "root": EMPTY_ROOT})
    with pytest.raises(Malformed):
        Checkpoint.sign(KEYS[0], **fields | changes)
