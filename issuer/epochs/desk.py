"""The desk of epochs: opens them, stops them on an alarm, suspends, releases and closes them.

An epoch is closed once everything in it has its fate: its last coin has expired, grace is over, every
operator has said that it has passed on what it received up to then, what nobody claimed has gone back and
operators have booked it, what a culprit held has been taken (`issuer.losses`), and no dispute waits.
"""

from collections.abc import Sequence
from typing import Final

from shuangli.errors import Refused
from shuangli.issuer.epochs.states import EpochEvent, EpochState
from shuangli.issuer.epochs.store import EpochRow
from shuangli.issuer.facts import NEVER_S
from shuangli.issuer.returns.desk import ReturnDesk
from shuangli.issuer.store import IssuerStore
from shuangli.messages.certificates import Epoch

RETURN_WINDOW_S: Final = 30 * 86_400
"""So long after the last thing went back an epoch stays: an operator whose books were restored asks again."""


class EpochDesk:
    """Decides over epochs; what writes is called inside the issuer's transaction."""

    def __init__(self, *, store: IssuerStore, returns: ReturnDesk) -> None:
        """Use `store`; `returns` knows up to when every operator has passed everything on."""
        self._store = store
        self._returns = returns

    def open(self, epoch: Epoch, *, now_s: int) -> None:
        """Mint under this epoch from now on, and no longer under those that were open.

        One that is known stays in its state, and changes nothing. An issuer has one currency, that of its
        first epoch, so that its books never add up two (docs/adr/0045-two-currencies.md).

        Raises:
            Refused: its number belongs to another certificate, or it is in another currency (`epoch`).
        """
        epochs = self._store.epochs
        known = epochs.all()
        self._check_currency(epoch, known)
        epochs.add(epoch, now_s=now_s)
        is_new = all(row.number != epoch.number for row in known)
        for row in known if is_new else ():
            if row.state is EpochState.OPEN:
                why = f"epoch {epoch.number} was opened"
                epochs.move(row.number, EpochEvent.END_MINTING, now_s=now_s, why=why)

    @staticmethod
    def _check_currency(epoch: Epoch, known: Sequence[EpochRow]) -> None:
        currency = Epoch.parse(known[0].certificate).terms.currency if known else epoch.terms.currency
        if epoch.terms.currency != currency:
            raise Refused(
                "epoch",
                f"this issuer's value is in {currency}: epoch {epoch.number} is in {epoch.terms.currency}",
            )

    def end_minting(self, number: int, *, now_s: int) -> None:
        """Mint nothing more under an epoch."""
        self._store.epochs.move(number, EpochEvent.END_MINTING, now_s=now_s, why="ended")

    def stop(self, number: int, *, now_s: int, why: str) -> None:
        """Stop an epoch whose key is not the issuer's alone any more."""
        self._store.epochs.move(number, EpochEvent.ALARM, now_s=now_s, why=why)

    def release(self, number: int, *, now_s: int, why: str) -> None:
        """Settle again under an epoch that was suspended; people have looked, and say why."""
        self._store.epochs.move(number, EpochEvent.RELEASE, now_s=now_s, why=why)

    def close(self, number: int, *, now_s: int) -> None:
        """Close an epoch in which everything has its fate: from now on, whatever is handed in is late.

        Raises:
            Refused: something still waits, with what (`epoch`).
        """
        waiting = self.waits_for(number, now_s=now_s)
        if waiting:
            raise Refused("epoch", f"epoch {number} cannot be closed: {'; '.join(waiting)}")
        self._store.epochs.move(number, EpochEvent.CLOSE, now_s=now_s, why="everything has its fate")

    def waits_for(self, number: int, *, now_s: int) -> list[str]:
        """What an epoch waits for before it can be closed; nothing if it can."""
        row = self._store.epochs.get(number)
        coins, disputed = self._undecided(row)
        found = []
        if row.state.mints:
            found.append("it still mints")
        up_to_s = self._returns.complete_up_to_s(now_s=now_s)
        if up_to_s <= row.last_due_s:
            found.append(
                f"coins may be handed in up to {row.last_due_s}, operators have passed on up to {up_to_s}"
            )
        if coins:
            found.append(f"{coins} coins are still open")
        if disputed:
            found.append(f"{disputed} coins wait for a decision")
        return found + self._unbooked(row, now_s)

    def _undecided(self, row: EpochRow) -> tuple[int, int]:
        """How many coins are still in the supply, or to go back on forks; and how many wait for people.

        What nobody will be paid for on a fork waits for nothing: it becomes void when the epoch is archived.
        """
        ((coins, disputed),) = self._store.database.rows(
            "SELECT coalesce(sum(CASE WHEN open_coins.due_s = ? AND forked = 1 THEN 0 ELSE 1 END), 0),"
            " count(disputes.due_s)"
            " FROM open_coins LEFT JOIN disputes USING (parent_no, position) WHERE epoch = ?",
            NEVER_S,
            row.number,
        )
        return int(coins), int(disputed)

    def _unbooked(self, row: EpochRow, now_s: int) -> list[str]:
        """Operators that have not booked what went back, or only lately."""
        rows = self._store.database.rows(
            "SELECT returns.operator, max(returns.number), max(returned_s),"
            " coalesce(max(returns_seen.number), 0)"
            " FROM returns LEFT JOIN returns_seen ON returns_seen.operator = returns.operator"
            " WHERE epoch = ? GROUP BY returns.operator ORDER BY returns.operator",
            row.number,
        )
        found = [f"{name} has not booked return {last}" for name, last, _, seen in rows if seen < last]
        newest_s = max((returned_s for _, _, returned_s, _ in rows), default=None)
        if newest_s is not None and newest_s + RETURN_WINDOW_S > now_s:
            found.append(f"the return window is open until {newest_s + RETURN_WINDOW_S}")
        return found
