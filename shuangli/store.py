"""The database edge that issuer and operator share: opening SQLite, and the ledger's tables."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shuangli.books import Entry, Posting, balances, difference_fen
from shuangli.errors import StoreError

CACHE_KIB = 262_144
CHECKPOINT_PAGES = 20_000


def open_database(path: Path) -> sqlite3.Connection:
    """Open or make a SQLite database that survives power loss once a transaction has been committed.

    Raises:
        StoreError: the file cannot be opened, or is no database (`unavailable`, `corrupt`).
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    except sqlite3.DatabaseError as error:
        code = "unavailable" if isinstance(error, sqlite3.OperationalError) else "corrupt"
        raise StoreError(code, f"{path}: {error}") from error
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing: commit at the end, roll back if anything is raised.

    Raises:
        StoreError: the database refused (`unavailable`).
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise StoreError("unavailable", str(error)) from error


class LedgerStore:
    """The tables of one set of books: entries, their postings, and the balances they add up to."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Use, and if need be make, the ledger's tables in an open database."""
        self._connection = connection
        connection.execute(
            "CREATE TABLE IF NOT EXISTS entries (entry_no INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
            " at_s INTEGER NOT NULL, reference BLOB NOT NULL) STRICT"
        )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS postings (entry_no INTEGER NOT NULL, line INTEGER NOT NULL,"
            " account TEXT NOT NULL, amount_fen INTEGER NOT NULL,"
            " PRIMARY KEY (entry_no, line)) STRICT, WITHOUT ROWID"
        )
        connection.execute(
            "CREATE TABLE IF NOT EXISTS balances (account TEXT PRIMARY KEY, balance_fen INTEGER NOT NULL)"
            " STRICT, WITHOUT ROWID"
        )

    def post(self, entries: Sequence[Entry]) -> None:
        """Add entries, inside the caller's transaction."""
        first_no = self._connection.execute("SELECT coalesce(max(entry_no), 0) + 1 FROM entries").fetchone()[
            0
        ]
        numbered = list(enumerate(entries, first_no))
        self._connection.executemany(
            "INSERT INTO entries VALUES (?, ?, ?, ?)",
            [(number, entry.kind, entry.at_s, entry.reference) for number, entry in numbered],
        )
        lines = [
            (number, line, posting.account, posting.amount_fen)
            for number, entry in numbered
            for line, posting in enumerate(entry.postings)
        ]
        self._connection.executemany("INSERT INTO postings VALUES (?, ?, ?, ?)", lines)
        self._connection.executemany(
            "INSERT INTO balances VALUES (?, ?)"
            " ON CONFLICT (account) DO UPDATE SET balance_fen = balance_fen + excluded.balance_fen",
            [(account, amount_fen) for _, _, account, amount_fen in lines],
        )

    def balance_fen(self, account: str) -> int:
        """The balance of one account, debit positive; 0 for an account without postings."""
        row = self._connection.execute(
            "SELECT balance_fen FROM balances WHERE account = ?", (account,)
        ).fetchone()
        return row[0] if row else 0

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
