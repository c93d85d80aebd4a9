"""The epochs in the issuer's database, each in its state (`issuer.epochs.states`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from shuangli.database.audit import AuditLog
from shuangli.database.database import Database, only
from shuangli.errors import Refused
from shuangli.issuer.epochs.states import EpochEvent, EpochState, next_state
from shuangli.issuer.epochs.tables import EPOCHS, KEPT_PACKS
from shuangli.issuer.facts import DATE_BYTES
from shuangli.issuer.schema import REVOCATION_LISTS
from shuangli.messages.certificates import Epoch, OperatorCertificate
from shuangli.messages.event_kinds import EpochChange, EventKind
from shuangli.messages.events import Event

_LONGEST_WHY: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRow:
    """An epoch as the issuer keeps it.

    `minted_until_s` is the time before which all its loads were minted; `why` says what led to its state,
    `changed_s` when.
    """

    number: int
    state: EpochState
    certificate: bytes
    coin_life_s: int
    grace_s: int
    minted_until_s: int
    changed_s: int
    why: str

    @property
    def last_due_s(self) -> int:
        """The last second in which an operator may receive any of its coins: expiry and grace of the last."""
        return self.minted_until_s - 1 + self.coin_life_s + self.grace_s


def revoked_operators(database: Database) -> frozenset[bytes]:
    """The keys of operators that are revoked."""
    return frozenset(key for (key,) in database.rows("SELECT key FROM revoked_operators"))


class EpochStore:
    """The table of epochs; what writes is called inside the issuer's transaction, and logged in it."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        """Use the table in `database`; what changes goes into the centre's log `audit`."""
        self._database = database
        self._audit = audit

    def add(self, epoch: Epoch, *, now_s: int) -> None:
        """Open an epoch; one that is known stays in its state.

        Raises:
            Refused: its number belongs to another certificate (`epoch`).
        """
        known = self.find(epoch.number)
        if known is None:
            terms = epoch.terms
            row = (
                *(epoch.number, EpochState.OPEN.value, epoch.signed.data, terms.coin_life_s, terms.grace_s),
                *(epoch.claims.expires_at_s, now_s, "opened"),
            )
            self._database.insert(EPOCHS, [row])
            self._log(epoch, EpochState.OPEN, now_s)
        elif known.certificate != epoch.signed.data:
            raise Refused("epoch", f"epoch {epoch.number} was opened with another certificate")

    def find(self, number: int) -> EpochRow | None:
        """The epoch of this number, if it was ever opened here."""
        return next((row for row in self.all() if row.number == number), None)

    def get(self, number: int) -> EpochRow:
        """The epoch of this number.

        Raises:
            Refused: there is none (`epoch`).
        """
        found = self.find(number)
        if found is None:
            raise Refused("epoch", f"epoch {number} was never opened here")
        return found

    def all(self) -> list[EpochRow]:
        """All epochs, in order; there are few."""
        rows = self._database.rows(
            "SELECT number, state, certificate, coin_life_s, grace_s, minted_until_s, changed_s, why"
            " FROM epochs ORDER BY number"
        )
        return [
            EpochRow(
                number=number,
                state=EpochState(state),
                certificate=certificate,
                coin_life_s=coin_life_s,
                grace_s=grace_s,
                minted_until_s=minted_until_s,
                changed_s=changed_s,
                why=why,
            )
            for number, state, certificate, coin_life_s, grace_s, minted_until_s, changed_s, why in rows
        ]

    def states(self) -> dict[int, EpochState]:
        """The state of every epoch: one short query for a whole batch."""
        rows = self._database.rows("SELECT number, state FROM epochs ORDER BY number")
        return {number: EpochState(state) for number, state in rows}

    def in_states(self, states: Iterable[EpochState]) -> frozenset[int]:
        """The numbers of the epochs that are in one of these states."""
        wanted = frozenset(states)
        return frozenset(number for number, state in self.states().items() if state in wanted)

    def revoked(self) -> frozenset[int]:
        """The numbers of the epochs that revocation lists name."""
        return self.in_states(state for state in EpochState if state.revoked)

    def move(self, number: int, event: EpochEvent, *, now_s: int, why: str) -> EpochState:
        """Let something happen to an epoch. What changes nothing keeps its first reason.

        Raises:
            Refused: there is no such epoch, or it is in no state for this (`epoch`).
        """
        row = self.get(number)
        state = next_state(row.state, event)
        if state is row.state:
            return state
        until_s = (
            min(row.minted_until_s, self._minted_until_s(now_s)) if row.state.mints else row.minted_until_s
        )
        self._database.execute(
            "UPDATE epochs SET state = ?, minted_until_s = ?, changed_s = ?, why = ? WHERE number = ?",
            *(state.value, until_s, now_s, why[:_LONGEST_WHY], number),
        )
        self._log(Epoch.parse(row.certificate), state, now_s)
        return state

    def _log(self, epoch: Epoch, state: EpochState, now_s: int) -> None:
        changed = Event.of(
            EventKind.EPOCH,
            at_s=now_s,
            epoch=epoch.number,
            change=EpochChange[state.name],
            certificate_id=epoch.signed.id,
        )
        self._audit.append([changed])

    def revoked_operators(self) -> frozenset[bytes]:
        """The keys of operators that are revoked."""
        return revoked_operators(self._database)

    def note_operators(self, certificates: Sequence[OperatorCertificate], *, now_s: int) -> None:
        """Note whom the newest key set certifies: whoever was in one before and is not now is dismissed."""
        self._database.execute("UPDATE operators SET dismissed_s = ? WHERE dismissed_s IS NULL", now_s)
        self._database.many(
            "INSERT INTO operators VALUES (?, ?, ?, NULL) ON CONFLICT (key) DO UPDATE"
            " SET certificate = excluded.certificate, dismissed_s = NULL",
            [(each.claims.key, each.claims.subject, each.signed.data) for each in certificates],
        )

    def operators(self) -> list[bytes]:
        """The certificates of all operators that were ever in a key set."""
        return [data for (data,) in self._database.rows("SELECT certificate FROM operators ORDER BY key")]

    def dismissed(self) -> frozenset[str]:
        """The operators that the root has left out of a key set, and not certified again."""
        query = "SELECT operator FROM operators GROUP BY operator HAVING count(*) = count(dismissed_s)"
        return frozenset(name for (name,) in self._database.rows(query))

    def latest_list(self) -> bytes | None:
        """The newest signed revocation list."""
        row = self._database.row("SELECT data FROM revocation_lists ORDER BY number DESC LIMIT 1")
        return row[0] if row else None

    def add_list(self, number: int, data: bytes) -> None:
        """Keep a signed revocation list, in place of those before: each names all that is revoked."""
        self._database.insert(REVOCATION_LISTS, [(number, data)])
        self._database.execute("DELETE FROM revocation_lists WHERE number < ?", number)

    def forgotten_before_s(self) -> int:
        """Orders before this second may have been answered under an epoch that is archived."""
        query = "SELECT coalesce(max(minted_until_s), 0) FROM epochs WHERE state = ?"
        return int(only(self._database.row(query, EpochState.ARCHIVED.value)))

    def keep_culprits(self, culprits: Iterable[tuple[bytes, int]]) -> None:
        """Keep the keys of cases that are archived, and when: they stay revoked."""
        self._database.many("INSERT INTO past_culprits VALUES (?, ?) ON CONFLICT DO NOTHING", list(culprits))

    def kept_packs(self) -> list[int]:
        """The packs of objects that archived epochs have left behind, by their first number, in order."""
        return [
            first_no
            for (first_no,) in self._database.rows("SELECT first_no FROM kept_packs ORDER BY first_no")
        ]

    def keep_packs(self, first_nos: Sequence[int]) -> None:
        """Note the packs that are left behind now, in place of those that were before."""
        self._database.execute("DELETE FROM kept_packs")
        self._database.insert(KEPT_PACKS, [(first_no,) for first_no in first_nos])

    def seen_returns(self, operator: str, number: int) -> None:
        """An operator has said up to which number it has booked what went back; what it says last counts."""
        row = self._database.row("SELECT number FROM returns_seen WHERE operator = ?", operator)
        if row is None or row[0] != number:
            self._database.execute(
                "INSERT INTO returns_seen VALUES (?, ?) ON CONFLICT (operator)"
                " DO UPDATE SET number = excluded.number",
                operator,
                number,
            )

    def _minted_until_s(self, now_s: int) -> int:
        """The second after the last load and after now: an alarm may bear an earlier time than a load."""
        (newest,) = self._database.rows("SELECT max(load_key) FROM mint_log")[0]
        minted_s = int.from_bytes(newest[:DATE_BYTES], "big") if newest is not None else 0
        return max(now_s, minted_s) + 1
