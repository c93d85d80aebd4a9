"""A log in a database: what was appended is there and provable, and what was not committed never was."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from shuangli.database.audit import AUDIT_TABLES
from shuangli.database.opening import open_database
from shuangli.errors import StoreError
from shuangli.merkle import EMPTY_ROOT, leaf_hash
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from tests.audit.conftest import Opener
from tests.audit.drawn import NOW, Shown, an_event
from tests.audit.stored_log import Failing, append, fill, log_of, sign

ROOT: Final = Path(__file__).resolve().parents[2]


# --- appending --------------------------------------------------------------------------------


def test_an_empty_log(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    assert (log.size, log.root) == (0, EMPTY_ROOT)
    assert sign(database, log).checkpoint.size == 0
    assert append(database, log, []) == 0
    assert log.size == 0
    log.check()
    with pytest.raises(LookupError):
        log.entry(0)


def test_entries_are_numbered_from_0_and_can_be_named_before_they_are_written(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    with database.transaction(log):
        assert log.append([an_event(0), an_event(1)]) == 0
        assert log.append([an_event(2)]) == 2
        named = log.named(2)
        assert log.entry(1) == an_event(1).encode()
        with pytest.raises(LookupError):
            log.entry(3)
    assert (log.size, log.named(2)) == (3, named)
    assert named.leaf_hash == leaf_hash(an_event(2).encode())
    assert (named.origin, named.number, named.logged_at_s) == ("OP01", 2, NOW)
    assert append(database, log, [an_event(3)]) == 3
    assert [*log.entries(1, 4)] == [an_event(number).encode() for number in (1, 2, 3)]
    for number in (-1, 4):
        with pytest.raises(LookupError):
            log.entry(number)


@pytest.mark.parametrize("steps", [(1, 2, 3, 255, 256, 257, 300), (511, 512, 1_030), (65_535, 65_900)])
def test_roots_and_proofs_at_every_turn(open_log: Opener, steps: Sequence[int]) -> None:
    database = open_log("log")
    log = log_of(database)
    for size in steps:
        shown = fill(database, log, size)
        assert (log.size, log.root) == (size, shown.root(size))
        assert log_of(database).root == shown.root(size), "read anew"
        for number in {0, 1, size // 3, size // 2, size - 2, size - 1} & {*range(size)}:
            assert log.inclusion_proof(number, size) == shown.inclusion(number, size)
        for old in {1, 2, 255, 256, 257, size // 2, size - 1, size} & {*range(size + 1)}:
            assert log.consistency_proof(old, size) == shown.consistency(old, size)
    log.check()


def test_only_every_eighth_level_is_kept(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 65_536 + 256)
    rows = database.rows(
        "SELECT level, count(*), sum(length(root)) FROM audit_subtrees GROUP BY level ORDER BY level"
    )
    assert rows == [(8, 257, 257 * 32), (16, 1, 32)]


def test_what_an_entry_weighs(tmp_path: Path) -> None:
    """The figures of docs/explanation/audit-log.md."""
    page = (ROOT / "docs/explanation/audit-log.md").read_text(encoding="utf-8").replace("\n", " ")
    said = re.search(r"with 10 spends in one epoch is an entry of (\d+) bytes, (\d+) in SQLite's file", page)
    assert said
    event = Event.of(
        EventKind.SETTLEMENT,
        at_s=NOW,
        operator="OP01",
        upload_id=bytes(32),
        received_at_s=NOW,
        credited_fen=123_456,
        refunded_fen=0,
        outcomes=bytes(10),
        waits=bytes(1),
        each=[(1, 123_456, 0, 0, 0, 0, 20_000, 20_100, -123_456)],
    )
    file = tmp_path / "log.sqlite"
    database = open_database(file, steps=[AUDIT_TABLES], namespace="log")
    append(database, log_of(database), [event] * 20_000)
    database.close()
    in_file = file.stat().st_size / 20_000
    assert (len(event.encode()), round(in_file)) == (int(said[1]), int(said[2]))


def test_what_is_not_in_the_log_is_not_proven(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 5)
    for number, size in ((5, 5), (0, 6), (-1, 5)):
        with pytest.raises(ValueError, match=r"log of OP01|not in a tree"):
            log.inclusion_proof(number, size)
    for old_size, new_size in ((0, 6), (4, 3)):
        with pytest.raises(ValueError, match=r"log of OP01|does not start"):
            log.consistency_proof(old_size, new_size)


# --- transactions -----------------------------------------------------------------------------


def test_f15_what_fails_was_never_logged(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    shown = fill(database, log, 300)
    for buffers in ((log, Failing()), (Failing(), log)):
        with pytest.raises(StoreError), database.transaction(*buffers):
            assert log.append([an_event(1_000 + number) for number in range(300)]) == 300
        assert (log.size, log.root) == (300, shown.root(300))
    with pytest.raises(ZeroDivisionError), database.transaction(log):
        log.append([an_event(1 // number) for number in (1, 0)])
    shown = fill(database, log, 600)
    assert log.root == shown.root(600)
    log.check()


def test_after_a_failed_write_as_many_entries_of_another_process_are_seen(open_log: Opener) -> None:
    """The sizes agree, the entries do not: the tree in memory must not be taken for that of the file."""
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 10)
    with pytest.raises(StoreError), database.transaction(log, Failing()):
        log.append([an_event(99)])
    other = open_log("log")
    append(other, log_of(other), [an_event(10)])
    assert log.root == Shown([an_event(number).encode() for number in range(11)]).root(11)


def test_two_processes_write_one_log(open_log: Opener) -> None:
    opened = [(database, log_of(database)) for database in (open_log("log"), open_log("log"))]
    for number in range(40):
        database, log = opened[number // 3 % 2]
        assert append(database, log, [an_event(number)]) == number
    shown = Shown([an_event(number).encode() for number in range(40)])
    assert [log.root for _, log in opened] == [shown.root(40)] * 2
