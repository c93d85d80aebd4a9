"""Fen-days out of the books, and what was settled. Every method that writes is called inside a transaction.

No balance is kept by day: the postings say what it was at the end of each. What is booked late, with a
time in a period that was settled, counts from the next period's first day.
"""

from collections.abc import Sequence
from typing import NamedTuple

from shuangli.database.database import Database
from shuangli.days import DAY_S, OFFSET_S, start_of
from shuangli.operator.regimes.tables import INTEREST_PAID, INTEREST_PERIODS, REGIME_CHANGES
from shuangli.operator.store import OperatorStore, WalletRow


class Settled(NamedTuple):
    """What was settled for a wallet."""

    wallet_no: int
    fen_days: int
    rate_ppm: int
    paid_fen: int
    carried: int


class RegimeStore:
    """An operator's database, as far as regimes go."""

    def __init__(self, store: OperatorStore) -> None:
        """Read the books in `store`."""
        self._store = store

    @property
    def _database(self) -> Database:
        return self._store.database

    def is_noted(self, since_day: int) -> bool:
        """Whether it was noted that a regime has come into force on a day."""
        return self._database.row("SELECT 1 FROM regime_changes WHERE since_day = ?", since_day) is not None

    def note(self, since_day: int, kind: str, at_s: int) -> None:
        """Note that it has."""
        self._database.insert(REGIME_CHANGES, [(since_day, kind, at_s)])

    def unsettled(self, last_day: int, most: int) -> list[WalletRow]:
        """The wallets of which a period is not settled, by number: the first so many, of all tiers."""
        rows = self._database.rows(
            "SELECT wallet_no FROM wallets WHERE wallet_no > (SELECT coalesce(max(wallet_no), 0)"
            " FROM interest_paid WHERE last_day = ?) ORDER BY wallet_no LIMIT ?",
            last_day,
            most,
        )
        wallets = self._store.wallets_by_no([number for (number,) in rows])
        return [wallets[number] for number in sorted(wallets)]

    def is_settled(self, last_day: int) -> bool:
        """Whether a period was settled for all wallets that there were then."""
        query = "SELECT 1 FROM interest_periods WHERE last_day = ?"
        return self._database.row(query, last_day) is not None

    def close(self, last_day: int, at_s: int) -> None:
        """Note that a period was settled for all wallets."""
        self._database.insert(INTEREST_PERIODS, [(last_day, at_s)])

    def settle(self, last_day: int, settled: Sequence[Settled]) -> None:
        """Keep what was settled."""
        self._database.insert(INTEREST_PAID, [(last_day, *one) for one in settled])

    def carried(self, wallet_nos: Sequence[int]) -> dict[int, int]:
        """What was carried on at each wallet's last settlement."""
        rows = self._database.lookup(
            "SELECT wallet_no, carried FROM interest_paid WHERE last_day = (SELECT max(newest.last_day) FROM"
            " interest_paid AS newest WHERE newest.wallet_no = interest_paid.wallet_no) AND wallet_no",
            wallet_nos,
        )
        return {number: int(carried) for number, carried in rows}

    def fen_days(self, accounts: Sequence[str], first_day: int, last_day: int) -> dict[str, int]:
        """What customers were owed at the end of each day from `first_day` to `last_day`, added up."""
        if not accounts:
            return {}
        rows = self._database.rows(
            "SELECT account, sum(-amount_fen *"
            " (? - CASE WHEN (at_s + ?) / ? < ? THEN ? ELSE (at_s + ?) / ? END))"
            " FROM postings JOIN entries USING (entry_no)"
            " WHERE account >= ? AND account <= ? AND at_s < ? GROUP BY account",
            *(last_day + 1, OFFSET_S, DAY_S, first_day, first_day, OFFSET_S, DAY_S),
            *(min(accounts), max(accounts), start_of(last_day + 1)),
        )
        return {account: int(fen_days) for account, fen_days in rows}

    def wallets(self) -> list[WalletRow]:
        """All wallets that were ever opened here, by number."""
        numbers = [number for (number,) in self._database.rows("SELECT wallet_no FROM wallets")]
        return [row for _, row in sorted(self._store.wallets_by_no(numbers).items())]
