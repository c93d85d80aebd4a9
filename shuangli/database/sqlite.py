"""SQLite: one file, on disk once a transaction has ended (WAL, synchronous=FULL). An edge file."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Final

from shuangli.database.database import Buffered, Row
from shuangli.database.tables import Table
from shuangli.errors import StoreError

CACHE_KIB: Final = 65_536
CHECKPOINT_PAGES: Final = 20_000
LOOKED_UP_AT_ONCE: Final = 500
WRITE_AHEAD: Final = "PRAGMA journal_mode = WAL"
INSERTED_AT_ONCE: Final = 50
"""Rows of one statement, where there are as many: a statement for each costs half as much again."""


class SqliteDatabase:
    """A SQLite file as a `Database`."""

    def __init__(self, path: Path, *, cache_kib: int = CACHE_KIB) -> None:
        """Open the file at `path`, or make it; `cache_kib` of it are kept in memory.

        Raises:
            StoreError: the file cannot be opened or written, the disk is full, or it is no database
                (`unavailable`, `corrupt`).
        """
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, cached_statements=512
            )
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA cache_size = -{cache_kib}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            connection.execute("PRAGMA user_version")
        except sqlite3.DatabaseError as error:
            if connection is not None:
                connection.close()
            code = "unavailable" if isinstance(error, sqlite3.OperationalError) else "corrupt"
            raise StoreError(code, f"{path}: {error}") from error
        self._connection = connection

    @contextmanager
    def transaction(self, *buffers: Buffered) -> Iterator[None]:
        """As `Database.transaction`; a second writer waits for the first, at most five seconds."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            for buffer in buffers:
                buffer.flush()
            self._connection.execute("COMMIT")
        except BaseException as error:
            for buffer in buffers:
                buffer.discard()
            # A full disk can end the transaction by itself, and a COMMIT that fails leaves it open.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise StoreError("unavailable", str(error)) from error
            raise

    def row(self, query: str, *values: object) -> Row | None:
        """As `Database.row`."""
        found: Row | None = self._connection.execute(query, values).fetchone()
        return found

    def rows(self, query: str, *values: object) -> list[Row]:
        """As `Database.rows`."""
        return self._connection.execute(query, values).fetchall()

    def lookup(self, query: str, keys: Sequence[object]) -> list[Row]:
        """As `Database.lookup`."""
        found: list[Row] = []
        for first in range(0, len(keys), LOOKED_UP_AT_ONCE):
            some = keys[first : first + LOOKED_UP_AT_ONCE]
            found += self._connection.execute(f"{query} IN ({','.join('?' * len(some))})", some)
        return found

    def execute(self, statement: str, *values: object) -> int:
        """As `Database.execute`."""
        return self._connection.execute(statement, values).rowcount

    def many(self, statement: str, values: Iterable[Sequence[object]]) -> int:
        """As `Database.many`."""
        return self._connection.executemany(statement, values).rowcount

    def insert(self, table: Table, rows: Sequence[Sequence[object]]) -> None:
        """As `Database.insert`."""
        columns, whole = len(table.columns), len(rows) // INSERTED_AT_ONCE * INSERTED_AT_ONCE
        for first in range(0, whole, INSERTED_AT_ONCE):
            values = [*chain.from_iterable(rows[first : first + INSERTED_AT_ONCE])]
            self._connection.execute(_insertion(table.name, columns, INSERTED_AT_ONCE), values)
        rest = rows[whole:] if whole else rows
        self._connection.executemany(_insertion(table.name, columns, 1), rest)

    def delete(self, table: Table, keys: Sequence[Sequence[object]]) -> int:
        """As `Database.delete`."""
        return self._connection.executemany(_deletion(table.name, table.key), keys).rowcount if keys else 0

    def create(self, table: Table) -> None:
        """As `Database.create`."""
        for statement in table.sqlite():
            self._connection.execute(statement)

    def has_table(self, name: str) -> bool:
        """As `Database.has_table`."""
        return self.row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", name) is not None

    def close(self) -> None:
        """As `Database.close`."""
        self._connection.close()


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Give the file a write-ahead log, unless it has one.

    Of several connections that do so to a new file at the same moment, SQLite lets one and refuses the
    others at once, lest they wait for each other; a transaction, though, waits until that one is done.
    """
    try:
        connection.execute(WRITE_AHEAD)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("COMMIT")
        connection.execute(WRITE_AHEAD)


@lru_cache
def _insertion(table: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"INSERT INTO {table} VALUES {', '.join([row] * rows)}"  # noqa: S608


@lru_cache
def _deletion(table: str, key: tuple[str, ...]) -> str:
    return f"DELETE FROM {table} WHERE {' AND '.join(f'{column} = ?' for column in key)}"  # noqa: S608
