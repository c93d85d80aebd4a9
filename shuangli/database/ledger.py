"""The tables of one set of books: entries, their postings, and the balances they add up to."""

from collections.abc import Iterator
from typing import Final

from shuangli.books import Entry, Posting, balances, difference_fen
from shuangli.database.database import Database, only
from shuangli.database.tables import BYTES, NUMBER, TEXT, Table
from shuangli.errors import StoreError

ENTRIES: Final = Table(
    name="entries",
    columns={"entry_no": NUMBER, "kind": TEXT, "at_s": NUMBER, "reference": BYTES},
    key=("entry_no",),
)
POSTINGS: Final = Table(
    name="postings",
    columns={"entry_no": NUMBER, "line": NUMBER, "account": TEXT, "amount_fen": NUMBER},
    key=("entry_no", "line"),
)
BALANCES: Final = Table(name="balances", columns={"account": TEXT, "balance_fen": NUMBER}, key=("account",))
LEDGER_TABLES: Final = (ENTRIES, POSTINGS, BALANCES)


class LedgerStore:
    """The books in an open database; what is posted in a transaction is written when it ends."""

    def __init__(self, database: Database) -> None:
        """Use the ledger's tables in `database`."""
        self._database = database
        self._posted: list[Entry] = []
        self._changes: dict[str, int] = {}

    def post(self, entry: Entry) -> None:
        """Add an entry, inside the caller's transaction; it is written when that ends."""
        self._posted.append(entry)
        for account, amount_fen in entry.postings:
            self._changes[account] = self._changes.get(account, 0) + amount_fen

    def next_no(self) -> int:
        """The number that the next entry of this transaction will have."""
        return self._first_no() + len(self._posted)

    def _first_no(self) -> int:
        """The number of the first entry that is not written yet."""
        return int(only(self._database.row("SELECT coalesce(max(entry_no), 0) + 1 FROM entries")))

    def flush(self) -> None:
        """Write what was posted since the transaction began."""
        if not self._posted:
            return
        first_no = self._first_no()
        numbered = list(enumerate(self._posted, first_no))
        self._database.insert(
            ENTRIES, [(number, entry.kind, entry.at_s, entry.reference) for number, entry in numbered]
        )
        self._database.insert(
            POSTINGS,
            [
                (number, line, account, amount_fen)
                for number, entry in numbered
                for line, (account, amount_fen) in enumerate(entry.postings)
            ],
        )
        self._database.many(
            "INSERT INTO balances VALUES (?, ?) ON CONFLICT (account)"
            " DO UPDATE SET balance_fen = balances.balance_fen + excluded.balance_fen",
            list(self._changes.items()),
        )
        self.discard()

    def discard(self) -> None:
        """Forget what was posted and not written."""
        self._posted.clear()
        self._changes.clear()

    def balance_fen(self, account: str) -> int:
        """The balance of one account, debit positive; 0 for an account without postings."""
        row = self._database.row("SELECT balance_fen FROM balances WHERE account = ?", account)
        return (int(row[0]) if row else 0) + self._changes.get(account, 0)

    def balances(self) -> dict[str, int]:
        """All balances in fen, as kept."""
        return dict(self._database.rows("SELECT account, balance_fen FROM balances ORDER BY account"))

    def postings(self) -> Iterator[Posting]:
        """All postings in order: what the balances must add up to."""
        for row in self._database.rows("SELECT account, amount_fen FROM postings ORDER BY entry_no, line"):
            yield Posting(*row)

    def check(self) -> None:
        """Add up all postings and compare them with the balances as kept.

        Raises:
            StoreError: they differ, or do not sum to zero (`corrupt`).
        """
        kept = self.balances()
        if balances(self.postings()) != kept or difference_fen(kept):
            raise StoreError("corrupt", "the postings do not add up to the balances")

    def flow_fen(self, account_prefix: str, period_s: int) -> list[tuple[int, int]]:
        """What was posted to the accounts whose name starts so, by period: (start in s, sum in fen)."""
        rows = self._database.rows(
            "SELECT at_s / ? * ? AS starts_s, sum(amount_fen) FROM postings JOIN entries USING (entry_no)"
            " WHERE substr(account, 1, ?) = ? GROUP BY 1 ORDER BY 1",
            period_s,
            period_s,
            len(account_prefix),
            account_prefix,
        )
        return [(int(starts_s), int(amount_fen)) for starts_s, amount_fen in rows]
