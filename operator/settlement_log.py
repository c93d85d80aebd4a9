"""What an operator's log is told of an upload: its settlement, and what was taken against a stale list."""

from shuangli.issuer.centre import Settled
from shuangli.issuer.logged import finding_in
from shuangli.messages.event_facts import waits_of
from shuangli.messages.event_kinds import EventKind, Finding
from shuangli.messages.events import Event
from shuangli.offline.trust import Trust
from shuangli.operator.shown import Shown
from shuangli.operator.stale_lists import StaleLists
from shuangli.operator.store import OperatorStore


class SettlementLog:
    """Logs the settlements of one operator, inside its transaction."""

    def __init__(self, store: OperatorStore, trust: Trust, *, operator: str) -> None:
        """Log for `operator`; `trust` is its own place."""
        self._store = store
        self._operator = operator
        self._stale_lists = StaleLists(store.database, trust)

    def log(
        self, upload_id: bytes, shown: Shown, settled: Settled, *, received_s: int, tier: int, now_s: int
    ) -> int:
        """Log an upload, credited to a wallet of this tier; gives the number of its entry."""
        number = self._store.audit.append(
            [
                Event.of(
                    EventKind.SETTLEMENT,
                    at_s=now_s,
                    operator=self._operator,
                    upload_id=upload_id,
                    received_at_s=received_s,
                    credited_fen=settled.credited_fen,
                    refunded_fen=settled.returned_fen,
                    outcomes=bytes(settled.outcomes),
                    waits=waits_of(shown.paid_at_s(settled.outcomes), received_s=received_s),
                    tier=tier,
                )
            ]
        )
        if stale_fen := self._stale_lists.accepted_fen(shown, settled.outcomes):
            found = finding_in(upload_id, Finding.STALE_LIST, stale_fen, operator=self._operator, at_s=now_s)
            self._store.audit.append([found])
        return number
