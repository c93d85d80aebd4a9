"""An honest log, whatever happens to it: everything that it ever gave out remains true together.

Entries are appended, transactions fail before or after the log was written, clocks jump both ways, another
process appends, checkpoints are signed, and processes restart. What was committed is remembered in a plain
list; what was given out (entries named, checkpoints signed) is kept by somebody who tries to convict the log.
"""

from contextlib import ExitStack
from itertools import pairwise
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from shuangli.database.audit import AuditLog
from shuangli.database.database import Database
from shuangli.errors import StoreError, Unverified
from shuangli.messages.audit import LogEntry
from shuangli.messages.events import Event
from shuangli.offline.audit import (
    VerifiedCheckpoint,
    contradiction,
    verify_checkpoint,
    verify_consistency,
    verify_inclusion,
    verify_omission,
)
from tests.audit.conftest import open_audit_tables
from tests.audit.drawn import NETWORK, NOW, Parties, Shown, acknowledging, an_event
from tests.audit.stored_log import Failing
from tests.database.places import Places

PARTIES: Final = Parties()
processes: Final = st.integers(0, 1)
counts: Final = st.one_of(st.integers(0, 5), st.integers(0, 600))
clocks: Final = st.integers(-100, 100).map(lambda off_s: NOW + off_s)


class HonestLog(RuleBasedStateMachine):
    """Two processes with one log between them."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.place = self.stack.enter_context(places.new())
        self.databases: list[Database] = []
        self.logs: list[AuditLog] = []
        self.committed: list[bytes] = []
        self.named: list[LogEntry] = []
        self.signed: list[VerifiedCheckpoint] = []
        self.made = 0

    @initialize()
    def start(self) -> None:
        for _ in range(2):
            self._open()

    def _open(self) -> None:
        self.databases.append(open_audit_tables(self.place, "log"))
        self.logs.append(AuditLog(self.databases[-1], origin="OP01"))

    @rule(process=processes, count=counts, clock_s=clocks)
    def append(self, process: int, count: int, clock_s: int) -> None:
        log = self.logs[process]
        events = [an_event(self.made + more, at_s=clock_s) for more in range(count)]
        with self.databases[process].transaction(log):
            first = log.append(events)
            named = [log.named(first + more) for more in range(count)]
            entries = [log.entry(first + more) for more in range(count)]
        assert first == len(self.committed)
        self.committed += entries
        self.named += named[:3]
        self.made += count

    @rule(process=processes, count=counts, clock_s=clocks, written=st.booleans())
    def fail(self, process: int, count: int, clock_s: int, written: bool) -> None:
        log = self.logs[process]
        buffers = (log, Failing()) if written else (Failing(), log)
        try:
            with self.databases[process].transaction(*buffers):
                log.append([an_event(-1 - more, at_s=clock_s) for more in range(-count, 0)])
        except StoreError:
            return
        raise AssertionError("it was to fail")

    @rule(process=processes, clock_s=clocks)
    def sign(self, process: int, clock_s: int) -> None:
        log = self.logs[process]
        with self.databases[process].transaction(log):
            data = log.checkpoint(PARTIES.keys["OP01"], network=NETWORK, now_s=clock_s)
        certificate = PARTIES.certificates["OP01"].signed.data
        self.signed.append(verify_checkpoint(data, certificate=certificate, root=PARTIES.root))

    @rule(process=processes)
    def restart(self, process: int) -> None:
        self.databases[process].close()
        self._open()
        self.databases[process], self.logs[process] = self.databases.pop(), self.logs.pop()

    @invariant()
    def the_log_is_what_was_committed(self) -> None:
        for log in self.logs:
            assert log.size == len(self.committed)
            assert log.root == Shown(self.committed).root(len(self.committed))

    def teardown(self) -> None:
        """Everything that was given out, against everything else."""
        log = self.logs[0]
        log.check()
        times_s = [Event.decode(entry).at_s for entry in self.committed]
        assert times_s == sorted(times_s)
        for one in self.signed:
            for other in self.signed:
                assert contradiction(one, other) == ""
        in_order = sorted(self.signed, key=lambda verified: verified.checkpoint.size)
        for old, new in pairwise(in_order):
            sizes = old.checkpoint.size, new.checkpoint.size
            verify_consistency(old, new, log.consistency_proof(*sizes))
        for entry in self.named:
            for checkpoint in self.signed:
                self._cannot_convict(log, entry, checkpoint)
        for database in self.databases:
            database.close()
        self.stack.close()

    def _cannot_convict(self, log: AuditLog, entry: LogEntry, checkpoint: VerifiedCheckpoint) -> None:
        size, proof = checkpoint.checkpoint.size, []
        if entry.number < size:
            proof = log.inclusion_proof(entry.number, size)
            verify_inclusion(entry, proof, checkpoint)
        try:
            why = verify_omission(acknowledging(entry), checkpoint, leaf=entry.leaf_hash, proof=proof)
        except Unverified:
            return
        raise AssertionError(why)


def test_an_honest_log_is_never_convicted(places: Places) -> None:
    class Here(HonestLog):
        def __init__(self) -> None:
            super().__init__(places)

    run_state_machine_as_test(Here, settings=settings(max_examples=30, stateful_step_count=20))
