"""Payments that were taken against a stale revocation list: signed after a list was out that revokes the key.

A payee with that list would have refused. So the payee had an older one, which its policy may allow for a few
days (FAULTS F22). The operator counts from the first list that it has taken over itself.
"""

from collections.abc import Iterable, Sequence

from shuangli.database.database import Database
from shuangli.messages.notices import Outcome, RevocationList
from shuangli.messages.transfers import CENTRE
from shuangli.offline.trust import Trust
from shuangli.operator.shown import Shown


class StaleLists:
    """When each revoked key was first listed, and which payments came after that."""

    def __init__(self, database: Database, trust: Trust) -> None:
        """Use the table `listed_keys`; `trust` is the operator's own place. Called inside a transaction."""
        self._database = database
        self._trust = trust
        self._noted: RevocationList | None = None

    def accepted_fen(self, shown: Shown, outcomes: Sequence[Outcome]) -> list[int]:
        """What each payment of an upload came to that is new and was taken against a stale list."""
        listed = self._trust.revocations
        if listed is None or not listed.wallets:
            return []
        if listed is not self._noted:
            self._note(listed)
        seen = shown.walk_if_paid_by(listed.wallets)
        if seen is None:
            return []
        payments, last = {}, None
        for step, outcome in zip(seen.steps, outcomes, strict=False):
            transfer = step.transfer
            if transfer is None or transfer is last or transfer.payee == CENTRE:
                continue
            last = transfer
            if outcome in (Outcome.SETTLED, Outcome.FORKED) and transfer.payer in listed.wallets:
                payments[transfer.signed.id] = transfer
        since_s = self._listed_s({transfer.payer for transfer in payments.values()}, listed)
        return [one.pay_fen for one in payments.values() if one.signed_at_s > since_s[one.payer]]

    def _note(self, listed: RevocationList) -> None:
        self._database.many(
            "INSERT INTO listed_keys VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(key, listed.issued_at_s) for key in listed.wallets],
        )
        self._noted = listed

    def _listed_s(self, keys: set[bytes], listed: RevocationList) -> dict[bytes, int]:
        """Since when keys of a list are listed; what was noted and then undone is noted again."""
        found = self._lookup(keys)
        if found.keys() != keys:
            self._note(listed)
            found = self._lookup(keys)
        return found

    def _lookup(self, keys: Iterable[bytes]) -> dict[bytes, int]:
        rows = self._database.lookup("SELECT key, listed_s FROM listed_keys WHERE key", [*keys])
        return {bytes(key): listed_s for key, listed_s in rows}
