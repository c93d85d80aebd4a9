"""The database edge that issuer and operator share: opening SQLite, and the ledger's tables."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shuangli.books import Entry, Posting, balances, difference_fen
from shuangli.errors import StoreError

CACHE_KIB: Final = 65_536
CHECKPOINT_PAGES: Final = 20_000

LEDGER_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entries (
    entry_no INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    at_s INTEGER NOT NULL,
    reference BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS postings (
    entry_no INTEGER NOT NULL,
    line INTEGER NOT NULL,
    account TEXT NOT NULL,
    amount_fen INTEGER NOT NULL,
    PRIMARY KEY (entry_no, line)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS balances (
    account TEXT PRIMARY KEY,
    balance_fen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


def open_database(path: Path, *, schema: str = "", cache_kib: int = CACHE_KIB) -> sqlite3.Connection:
    """Open or make a SQLite database that survives power loss once a transaction has been committed.

    It has the tables of a ledger and those of `schema` afterwards. `cache_kib` is how much of it is kept
    in memory.

    Raises:
        StoreError: the file cannot be opened or written, the disk is full, or it is no database
            (`unavailable`, `corrupt`).
    """
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.executescript(f"BEGIN IMMEDIATE;{LEDGER_SCHEMA}{schema}COMMIT;")
    except sqlite3.DatabaseError as error:
        if connection is not None:
            connection.close()
        code = "unavailable" if isinstance(error, sqlite3.OperationalError) else "corrupt"
        raise StoreError(code, f"{path}: {error}") from error
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, ledger: "LedgerStore") -> Iterator[None]:
    """All or nothing: commit at the end, roll back if anything is raised.

    Raises:
        StoreError: the database refused (`unavailable`).
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        ledger.flush()
        connection.execute("COMMIT")
    except BaseException as error:
        ledger.discard()
        # A full disk can end the transaction by itself, and a COMMIT that fails leaves it open.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.OperationalError):
            raise StoreError("unavailable", str(error)) from error
        raise


class LedgerStore:
    """The tables of one set of books: entries, their postings, and the balances they add up to."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use the ledger's tables in an open database."""
        self._connection = connection
        self._posted: list[Entry] = []
        self._changes: dict[str, int] = {}

    def post(self, entry: Entry) -> None:
        """Add an entry, inside the caller's transaction; it is written when that ends."""
        self._posted.append(entry)
        for account, amount_fen in entry.postings:
            self._changes[account] = self._changes.get(account, 0) + amount_fen

    def flush(self) -> None:
        """Write what was posted since the transaction began."""
        execute, many = self._connection.execute, self._connection.executemany
        first_no = execute("SELECT coalesce(max(entry_no), 0) + 1 FROM entries").fetchone()[0]
        numbered = list(enumerate(self._posted, first_no))
        many(
            "INSERT INTO entries VALUES (?, ?, ?, ?)",
            [(number, entry.kind, entry.at_s, entry.reference) for number, entry in numbered],
        )
        many(
            "INSERT INTO postings VALUES (?, ?, ?, ?)",
            [
                (number, line, account, amount_fen)
                for number, entry in numbered
                for line, (account, amount_fen) in enumerate(entry.postings)
            ],
        )
        many(
            "INSERT INTO balances VALUES (?, ?)"
            " ON CONFLICT (account) DO UPDATE SET balance_fen = balance_fen + excluded.balance_fen",
            list(self._changes.items()),
        )
        self.discard()

    def discard(self) -> None:
        """Forget what was posted and not written."""
        self._posted.clear()
        self._changes.clear()

    def balance_fen(self, account: str) -> int:
        """The balance of one account, debit positive; 0 for an account without postings."""
        row = self._connection.execute(
            "SELECT balance_fen FROM balances WHERE account = ?", (account,)
        ).fetchone()
        return (row[0] if row else 0) + self._changes.get(account, 0)

    def balances(self) -> dict[str, int]:
        """All balances in fen, as kept."""
        return dict(self._connection.execute("SELECT account, balance_fen FROM balances ORDER BY account"))

    def postings(self) -> Iterator[Posting]:
        """All postings in order: what the balances must add up to."""
        for row in self._connection.execute(
            "SELECT account, amount_fen FROM postings ORDER BY entry_no, line"
        ):
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
        rows = self._connection.execute(
            "SELECT at_s / ?1 * ?1, sum(amount_fen) FROM postings JOIN entries USING (entry_no)"
            " WHERE account >= ?2 AND account < ?2 || char(1114111) GROUP BY 1 ORDER BY 1",
            (period_s, account_prefix),
        )
        return list(rows)
