"""A log in a database: what was appended is there and provable, and what was not committed never was."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from shuangli.database.audit import AUDIT_TABLES, AuditLog
from shuangli.database.database import Database
from shuangli.database.opening import open_database
from shuangli.errors import StoreError, Unverified
from shuangli.merkle import EMPTY_ROOT, leaf_hash
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.offline.audit import (
    VerifiedCheckpoint,
    contradiction,
    verify_checkpoint,
    verify_consistency,
    verify_inclusion,
    verify_omission,
)
from tests.audit.conftest import Opener
from tests.audit.drawn import NETWORK, NOW, Parties, Shown, acknowledging, an_event

ROOT: Final = Path(__file__).resolve().parents[2]
PARTIES: Final = Parties()
KEY: Final = PARTIES.keys["OP01"]


def log_of(database: Database) -> AuditLog:
    return AuditLog(database, origin="OP01")


def append(database: Database, log: AuditLog, events: Sequence[Event]) -> int:
    with database.transaction(log):
        return log.append(events)


def fill(database: Database, log: AuditLog, size: int) -> Shown:
    """Append entries up to a size in one transaction, and show all that the log should have."""
    append(database, log, [an_event(number) for number in range(log.size, size)])
    return Shown([an_event(number).encode() for number in range(size)])


def sign(database: Database, log: AuditLog, now_s: int = NOW) -> VerifiedCheckpoint:
    with database.transaction(log):
        data = log.checkpoint(KEY, network=NETWORK, now_s=now_s)
    return verify_checkpoint(data, certificate=PARTIES.certificates["OP01"].signed.data, root=PARTIES.root)


class Failing:
    """A buffer that cannot be written: whatever the buffers before it have written is rolled back."""

    def flush(self) -> None:
        raise StoreError("unavailable")

    def discard(self) -> None:
        pass


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


# --- checkpoints and time ---------------------------------------------------------------------


def test_a_state_is_signed_once(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 5)
    first = sign(database, log, NOW + 10)
    assert sign(database, log, NOW + 20) == first
    assert sign(database, log_of(database), NOW + 20) == first
    fill(database, log, 7)
    second = sign(database, log, NOW + 30)
    assert (second.checkpoint.size, second.checkpoint.made_at_s) == (7, NOW + 30)
    verify_consistency(first, second, log.consistency_proof(5, 7))
    kept = [first.checkpoint.signed.data, second.checkpoint.signed.data]
    assert log.checkpoints(after_size=-1) == kept
    assert log.checkpoints(after_size=5) == kept[1:]


def test_nothing_is_signed_that_may_still_fail(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    with database.transaction(log):
        log.append([an_event(0)])
        with pytest.raises(ValueError, match="of what is stored"):
            log.checkpoint(KEY, network=NETWORK, now_s=NOW)
    assert log.size == 1


def test_a_checkpoint_that_was_not_committed_is_signed_anew(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 5)
    with pytest.raises(StoreError), database.transaction(log, Failing()):
        log.checkpoint(KEY, network=NETWORK, now_s=NOW + 5)
    assert log.checkpoints(after_size=-1) == []
    assert sign(database, log).checkpoint.root == log.root


@pytest.mark.parametrize("other_process", [False, True])
def test_f21_time_never_goes_back_in_a_log(open_log: Opener, other_process: bool) -> None:
    """A clock that is put back would make an honest log contradict its own acknowledgements."""
    database = open_log("log")
    log = log_of(database)
    append(database, log, [an_event(0, at_s=NOW + 50), an_event(1, at_s=NOW + 20)])
    assert log.named(1).logged_at_s == NOW + 50
    checkpoint = sign(database, log, NOW)
    assert checkpoint.checkpoint.made_at_s == NOW + 50
    append(database, log, [an_event(2, at_s=NOW + 60)])
    third = sign(database, log, NOW + 70)
    assert third.checkpoint.made_at_s == NOW + 70
    opened = log_of(database) if other_process else log
    append(database, opened, [an_event(3, at_s=NOW)])
    append(database, log_of(database), [an_event(4, at_s=NOW + 90)])
    append(database, log_of(database), [an_event(5, at_s=NOW)])
    assert log.named(5).logged_at_s == NOW + 90
    named = opened.named(3)
    assert named.logged_at_s == NOW + 70
    with pytest.raises(Unverified, match="not later"):
        verify_omission(acknowledging(named), third)


# --- what is found out ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit_entries SET event = ? WHERE number = 300",
        "UPDATE audit_entries SET event = ? WHERE number = 599",
        "UPDATE audit_subtrees SET root = ? WHERE level = 8 AND number = 0",
        "DELETE FROM audit_entries WHERE number = 300 AND ? = ?",
        "DELETE FROM audit_entries WHERE number = 599 AND ? = ?",
        "DELETE FROM audit_subtrees WHERE level = 8 AND number = 1 AND ? = ?",
    ],
)
def test_f38_damaged_tables_are_found(open_log: Opener, damage: str) -> None:
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 600)
    sign(database, log)
    log.check()
    event = an_event(1_000).encode()
    database.execute(damage, *[event] * damage.count("?"))
    with pytest.raises(StoreError) as caught:
        log_of(database).check()
    assert caught.value.code == "corrupt"


def test_f38_no_proof_is_made_over_a_gap(open_log: Opener) -> None:
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 600)
    database.execute("DELETE FROM audit_entries WHERE number = 300")
    database.execute("DELETE FROM audit_subtrees WHERE level = 8 AND number = 0")
    for number in (301, 599):
        with pytest.raises(StoreError) as caught:
            log.inclusion_proof(number, 600)
        assert caught.value.code == "corrupt"


def test_f32_an_operator_that_rewrites_its_log_is_convicted(open_log: Opener) -> None:
    """It acknowledged an upload, drops it from its tables and makes all else fit: its signatures remain."""
    database = open_log("log")
    log = log_of(database)
    fill(database, log, 20)
    acknowledged, before = log.named(8), sign(database, log)
    verify_inclusion(acknowledged, log.inclusion_proof(8, 20), before)
    rewritten = open_log("rewritten")
    forged = log_of(rewritten)
    append(rewritten, forged, [an_event(number) for number in range(20) if number != 8])
    forged.check()
    after = sign(rewritten, forged, NOW + 5)
    assert contradiction(before, after) == (f"the log of OP01 had 20 entries at {NOW}, and 19 at {NOW + 5}")
    leaf, proof = leaf_hash(forged.entry(8)), forged.inclusion_proof(8, 19)
    assert verify_omission(acknowledging(acknowledged), after, leaf=leaf, proof=proof)
    append(rewritten, forged, [an_event(20)])
    assert contradiction(before, sign(rewritten, forged, NOW + 5)) == (
        "OP01 has signed two histories of 20 entries"
    )
    with pytest.raises(Unverified):
        verify_inclusion(acknowledged, forged.inclusion_proof(8, 20), sign(rewritten, forged))


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
