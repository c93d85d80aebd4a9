"""What customers did, out of the operator's own books: nothing is kept twice, and nothing can be left out.

Movements are the entries on a person's accounts; the other customer is who the receipt of the entry names, or
at another operator the key of their wallet.
What moves between a customer's account and their own purse, and interest, is no movement here; what went into
the purse within a day is told apart (`Books.loads`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
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
_Numbered = tuple[int, RiskEvent | None]


def _time_of(entry: _Numbered) -> int:
    _, event = entry
    return 0 if event is None else event.at_s


class Past:
    """What one person did, read once for several movements of theirs."""

    def __init__(self, by_wallet: Sequence[Sequence[_Numbered]]) -> None:
        """By wallet, its entries in order; None for one that is no movement."""
        self._by_wallet = by_wallet
        self._in_order: list[_Numbered] | None = None
        if len(by_wallet) == 1:
            moved = [each for each in by_wallet[0] if each[1] is not None]
            if all(before <= after for before, after in pairwise(map(_time_of, moved))):
                self._in_order = moved

    def before(self, entry_no: int, *, at_s: int) -> History:
        """What they did up to a time, in entries before this number: of each wallet the newest."""
        if self._in_order is not None:
            return self._before_in_order(self._in_order, entry_no, at_s)
        newest: list[_Numbered] = []
        for entries in self._by_wallet:
            end = bisect_left(entries, entry_no, key=itemgetter(0))
            newest += entries[max(0, end - MOST_EVENTS) : end]
        if len(self._by_wallet) > 1:
            newest.sort(key=itemgetter(0))
        found = [event for _, event in newest if event is not None]
        times = [event.at_s for event in found]
        return History(
            events=tuple([event for event in found if at_s - LOOKBACK_S <= event.at_s <= at_s]),
            last_at_s=max(times, default=None),
            first_at_s=min(times, default=None),
        )

    def _before_in_order(self, moved: Sequence[_Numbered], entry_no: int, at_s: int) -> History:
        """The same of one wallet whose movements lie in the order of their times, as nearly all do.

        Nothing is looked at one by one: a merchant's history is asked for once for each of its movements.
        """
        (entries,) = self._by_wallet
        end = bisect_left(entries, entry_no, key=itemgetter(0))
        newest = entries[max(0, end - MOST_EVENTS) : end]
        if not newest:
            return History()
        start = bisect_left(moved, newest[0][0], key=itemgetter(0))
        found = moved[start : bisect_left(moved, entry_no, key=itemgetter(0))]
        if not found:
            return History()
        since = bisect_left(found, at_s - LOOKBACK_S, key=_time_of)
        until = bisect_right(found, at_s, key=_time_of)
        return History(
            events=tuple([event for _, event in found[since:until] if event is not None]),
            last_at_s=_time_of(found[-1]),
            first_at_s=_time_of(found[0]),
            in_order=True,
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
        return self.past(person, first_no=before_no, last_no=before_no).before(before_no, at_s=at_s)

    def past(self, person: bytes, *, first_no: int, last_no: int) -> Past:
        """What a person did, over all wallets: enough for what is asked before entries of these numbers."""
        wallets = {wallet.account: wallet for wallet in self._store.wallets_of(person)}
        by_wallet = []
        for account in wallets:
            rows = self._database.rows(
                f"{_ENTRIES} WHERE account = ? AND entry_no < ? ORDER BY entry_no DESC LIMIT ?",
                *(account, first_no, MOST_EVENTS),
            )
            rows += self._database.rows(
                f"{_ENTRIES} WHERE account = ? AND entry_no >= ? AND entry_no < ?",
                *(account, first_no, last_no),
            )
            events = dict(self._events(rows, wallets))
            by_wallet.append([(number, events.get(number)) for number in sorted({row[0] for row in rows})])
        return Past(by_wallet)

    def loads(self, person: bytes) -> list[tuple[int, int]]:
        """When and how much a person has loaded, out of the newest entries of each wallet."""
        found = []
        for wallet in self._store.wallets_of(person):
            newest = self._database.rows(
                f"{_ENTRIES} WHERE account = ? ORDER BY entry_no DESC LIMIT ?", wallet.account, MOST_EVENTS
            )
            found += [(int(at_s), -int(fen)) for _, _, kind, fen, at_s, _ in newest if kind == "load"]
        return found

    def came_in(self, after_no: int, most: int) -> list[tuple[int, RiskEvent]]:
        """What came in for customers in entries after this number, with theirs: the first so many."""
        rows = self._database.rows(
            f"{_ENTRIES} WHERE entry_no > ? AND account LIKE 'deposit:%' AND amount_fen < 0"
            f" AND entries.kind IN ({', '.join('?' * len(_KINDS))}) ORDER BY entry_no, line LIMIT ?",
            *(after_no, *_KINDS, most),
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
