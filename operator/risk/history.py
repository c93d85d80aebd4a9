"""What customers did, out of the operator's own books: nothing is kept twice, and nothing can be left out.

Movements are the entries on a person's accounts; the other customer is who the receipt of the entry names, or
at another operator the key of their wallet.
What moves between a customer's account and their own purse, and interest, is no movement here.
"""

from collections.abc import Iterator
from typing import Final

from shuangli.database.database import Database, only
from shuangli.days import start_of
from shuangli.offline.limits import COMPANY
from shuangli.operator.remittances.store import RemittanceStore
from shuangli.operator.risk.events import LOOKBACK_S, EventKind, History, RiskEvent
from shuangli.operator.risk.large_values import Moved
from shuangli.operator.store import OperatorStore, WalletRow

MOST_EVENTS: Final = 500
"""Of each wallet, so many of the newest entries are looked at."""
# The kinds of entries that are movements: as what they count coming in, and going out.
_KINDS: Final[dict[str, tuple[EventKind, EventKind]]] = {
    "deposit": (EventKind.DEPOSIT, EventKind.REDEEMED),
    "withdrawal": (EventKind.DEPOSIT, EventKind.REDEEMED),
    "payment": (EventKind.PAID_IN, EventKind.PAID_OUT),
    "refund": (EventKind.PAID_IN, EventKind.PAID_OUT),
    "wage": (EventKind.PAID_IN, EventKind.PAID_OUT),
    "wages": (EventKind.PAID_IN, EventKind.PAID_OUT),
    "remittance": (EventKind.PAID_IN, EventKind.PAID_OUT),
    "remittance-received": (EventKind.PAID_IN, EventKind.PAID_OUT),
    "redemption": (EventKind.RECONCILED, EventKind.RECONCILED),
}
_CASH_LIKE: Final = ("load", "redemption")
_ENTRIES: Final = (
    "SELECT entry_no, account, entries.kind, -postings.amount_fen, entries.at_s,"
    " (SELECT CASE WHEN postings.amount_fen > 0 THEN payee_no ELSE payer_no END FROM transfers"
    " WHERE receipt_no = entry_no) FROM postings JOIN entries USING (entry_no)"
)


class Books:
    """Reads movements out of an operator's books."""

    def __init__(self, store: OperatorStore) -> None:
        """Read from `store`."""
        self._store = store
        self._remittances = RemittanceStore(store.database)

    @property
    def _database(self) -> Database:
        return self._store.database

    def history(self, person: bytes, *, before_no: int, at_s: int) -> History:
        """What a person did up to a time, in entries before this number, over all wallets."""
        wallets = self._store.wallets_of(person)
        rows = [
            row
            for wallet in wallets
            for row in self._database.rows(
                f"{_ENTRIES} WHERE account = ? AND entry_no < ? ORDER BY entry_no DESC LIMIT ?",
                *(wallet.account, before_no, MOST_EVENTS),
            )
        ]
        found = [*self._events(sorted(rows), {wallet.account: wallet for wallet in wallets})]
        times = [event.at_s for _, event in found]
        return History(
            events=tuple(event for _, event in found if at_s - LOOKBACK_S <= event.at_s <= at_s),
            last_at_s=max(times, default=None),
            first_at_s=min(times, default=None),
        )

    def came_in(self, after_no: int, most: int) -> list[tuple[int, RiskEvent]]:
        """What came in for customers in entries after this number, with theirs: the first so many."""
        rows = self._database.rows(
            f"{_ENTRIES} WHERE entry_no > ? AND account LIKE 'deposit:%' AND amount_fen < 0"
            " ORDER BY entry_no, line LIMIT ?",
            *(after_no, most),
        )
        numbers = sorted({int(row[1].partition(":")[2]) for row in rows})
        wallets = {row.account: row for row in self._store.wallets_by_no(numbers).values()}
        return [*self._events(rows, wallets)]

    def reference(self, entry_no: int) -> bytes:
        """What an entry is about: of a redemption, the id of the upload."""
        return bytes(only(self._database.row("SELECT reference FROM entries WHERE entry_no = ?", entry_no)))

    def last_no(self) -> int:
        """The number of the newest entry."""
        return self._store.ledger.next_no() - 1

    def moved_on(self, day: int) -> list[Moved]:
        """What all customers moved on a day, for the report of large values."""
        rows = self._database.rows(
            f"{_ENTRIES} WHERE at_s >= ? AND at_s < ? AND account LIKE 'deposit:%' ORDER BY entry_no",
            *(start_of(day), start_of(day + 1)),
        )
        numbers = sorted({int(row[1].partition(":")[2]) for row in rows})
        wallets = {row.account: row for row in self._store.wallets_by_no(numbers).values()}
        return [
            Moved(
                person=wallets[account].person,
                amount_fen=int(amount_fen),
                is_cash_like=kind in _CASH_LIKE,
                is_company=wallets[account].tier == COMPANY,
            )
            for _, account, kind, amount_fen, _, _ in rows
            if kind in _KINDS or kind in _CASH_LIKE
        ]

    def _events(
        self, rows: list[tuple[object, ...]], wallets: dict[str, WalletRow]
    ) -> Iterator[tuple[int, RiskEvent]]:
        others = self._store.wallets_by_no(sorted({int(str(row[5])) for row in rows if row[5] is not None}))
        for entry_no, account, kind, amount_fen, at_s, other_no in rows:
            if kind not in _KINDS:
                continue
            wallet, amount = wallets[str(account)], int(str(amount_fen))
            coming, going = _KINDS[str(kind)]
            yield (
                int(str(entry_no)),
                RiskEvent(
                    wallet_no=wallet.wallet_no,
                    person=wallet.person,
                    kind=coming if amount > 0 else going,
                    amount_fen=abs(amount),
                    at_s=int(str(at_s)),
                    counterparty=self._other_abroad(int(str(entry_no)), str(kind))
                    if other_no is None
                    else others[int(str(other_no))].person,
                    is_company=wallet.tier == COMPANY,
                ),
            )

    def _other_abroad(self, entry_no: int, kind: str) -> bytes:
        """The key of the other operator's customer, if an entry is a remittance."""
        found = self._remittances.of_entry(entry_no) if kind.startswith("remittance") else None
        return b"" if found is None else found.other
