"""An operator's log in a database, filled and signed; and a write that fails beside it."""

from collections.abc import Sequence
from typing import Final

from shuangli.database.audit import AuditLog
from shuangli.database.database import Database
from shuangli.errors import StoreError
from shuangli.messages.events import Event
from shuangli.offline.audit import VerifiedCheckpoint, verify_checkpoint
from tests.audit.drawn import NETWORK, NOW, Parties, Shown, an_event

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
