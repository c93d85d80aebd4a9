"""The database edge of a wallet file: SQLite in one file, two tables, and every error told in one line.

    parts   name, data        header, tries, seed, head (`wallet.file_format`)
    rows    number, sealed    the journal

A transaction has survived power loss once it has ended, and is then in the database file itself: the
write-ahead log is emptied into it each time. SQLite takes a log with a flipped bit for one that was cut
off there and silently goes back to what the file holds; so the file has to hold everything. While it is
open, nobody else can open it (`locking_mode = EXCLUSIVE`, which also needs no shared memory).
"""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol

from shuangli.errors import BadInput, StoreError

APPLICATION_ID: Final = 0x5368574C
"""What SQLite's header names the file by: "ShWL"."""
OWNER_ONLY: Final = 0o600
_ALONE: Final = "PRAGMA locking_mode = EXCLUSIVE"
_WHAT_IT_IS: Final = "PRAGMA application_id"

_SCHEMA: Final = (
    "CREATE TABLE parts (name TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE rows (number INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT",
)
_SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA secure_delete = ON",
    "PRAGMA cell_size_check = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",
)
_UNAVAILABLE: Final = frozenset(
    {
        *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR),
        *(sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY),
        *(sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_AUTH),
    }
)
"""The result codes that say nothing about the bytes in the file."""


class Connection(Protocol):
    """What is used of a SQLite connection; its errors are those of `sqlite3`."""

    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Iterable[Any]:
        """Run a statement and give its rows; outside of BEGIN and COMMIT it is a transaction itself."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


Connect = Callable[[Path, bool], Connection]
"""Opens the database at a path; with True it makes the file, which must not exist."""


def connect_file(path: Path, fresh: bool) -> Connection:
    """Open a file, or make it so that only its owner can read it.

    Raises:
        BadInput: it is not there or no file, or is there and should not be (`bad-file`).
        StoreError: the system refuses (`unavailable`).
    """
    try:
        if fresh:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, OWNER_ONLY))
            sync_entry(path.parent)
        elif not stat.S_ISREG(path.stat().st_mode):
            raise BadInput("bad-file", f"{path} is no file; --file is where a wallet was made")
        where = f"{path.resolve().as_uri()}?mode=rw"
        connection = sqlite3.connect(where, uri=True, isolation_level=None, timeout=0)
        _keep_to_owner(path, connection)
        return connection
    except FileExistsError:
        raise BadInput(
            "bad-file", f"{path} exists already; a wallet file is made where there is none"
        ) from None
    except FileNotFoundError:
        raise BadInput("bad-file", f"{path}: there is no such file or directory") from None
    except (OSError, sqlite3.Error) as error:
        raise StoreError("unavailable", f"{path}: {error}") from error


def _keep_to_owner(path: Path, connection: sqlite3.Connection) -> None:
    """Let nobody else read a wallet file; what is none is left as it is, for it may be somebody else's."""
    if path.stat().st_mode & 0o777 & ~OWNER_ONLY:
        # What cannot be read now is told when the file is used.
        with suppress(sqlite3.Error):
            connection.execute(_ALONE)
            (found,) = connection.execute(_WHAT_IT_IS).fetchone()
            if found == APPLICATION_ID:
                path.chmod(OWNER_ONLY)


def sync_entry(directory: Path) -> None:
    """Make a new or replaced file's entry in its directory survive power loss."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _one_line(words: object) -> str:
    """SQLite's words, which may quote a damaged name, as they can be shown."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(words))


class FileDatabase:
    """The tables of one open wallet file.

    Attributes:
        path: where it is, for messages
    """

    __slots__ = ("_broken", "_connection", "path")

    def __init__(self, path: Path, connect: Connect, *, fresh: bool) -> None:
        """Open the file, or make it, and keep others out.

        Raises:
            BadInput: it is not there, is there already, or is no wallet file.
            StoreError: another program has it open (`unavailable`), or it is damaged (`corrupt`).
        """
        self.path = path
        self._connection = connect(path, fresh)
        self._broken = False
        try:
            self._execute(_ALONE)
            if not fresh and self._number(_WHAT_IT_IS) != APPLICATION_ID:
                raise BadInput("bad-file", f"{path} is not a wallet file, or was never finished")
            for setting in _SETTINGS:
                self._execute(setting)
            # The first transaction takes the lock, which is then kept.
            self._execute("BEGIN IMMEDIATE")
            self._execute("COMMIT")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; what was committed is in it."""
        self._broken = True
        with suppress(sqlite3.Error):
            self._connection.close()

    def corrupt(self, detail: str) -> StoreError:
        """The error that says that the file cannot be trusted, and where."""
        return StoreError("corrupt", f"{self.path}: {detail}")

    @property
    def version(self) -> int:
        """The version of the file's format."""
        return self._number("PRAGMA user_version")

    def set_version(self, version: int) -> None:
        """Note the version, inside a transaction."""
        self._execute(f"PRAGMA user_version = {version:d}")

    def make_tables(self) -> None:
        """Make the tables in a new file, inside a transaction."""
        self._execute(f"PRAGMA application_id = {APPLICATION_ID:d}")
        for table in _SCHEMA:
            self._execute(table)

    def check(self) -> None:
        """Make sure that SQLite's structures hold, and that these tables are all that the file defines.

        It says nothing about what stands in the rows, but writing into a broken structure would destroy
        what is whole.

        Raises:
            StoreError: they do not (`corrupt`).
        """
        tables = {row[0] for row in self._execute("SELECT sql FROM sqlite_schema")}
        if tables != set(_SCHEMA):
            raise self.corrupt("its tables are not those of a wallet file")
        for (answer,) in self._execute("PRAGMA quick_check(1)"):
            if answer != "ok":
                raise self.corrupt(f"damaged: {_one_line(answer)}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing.

        After an error while it ends, it is not known what was stored until the file is opened again.

        Raises:
            StoreError: the database refused (`unavailable`, `corrupt`).
        """
        if self._broken:
            raise StoreError("unavailable", f"{self.path} has to be opened again")
        self._execute("BEGIN IMMEDIATE")
        self._broken = True
        try:
            yield
        except BaseException:
            with suppress(StoreError):
                self._execute("ROLLBACK")
                self._broken = False
            raise
        self._execute("COMMIT")
        for busy, _, _ in self._execute("PRAGMA wal_checkpoint(TRUNCATE)"):
            if busy:
                raise StoreError("unavailable", f"{self.path} is being read by somebody else")
        self._broken = False

    def part(self, name: str) -> bytes:
        """A part of the file."""
        for (data,) in self._execute("SELECT data FROM parts WHERE name = ?", (name,)):
            if isinstance(data, bytes):
                return data
        raise self.corrupt(f"its {name} is missing")

    def put_part(self, name: str, data: bytes) -> None:
        """Write a part, inside a transaction."""
        self._execute("INSERT OR REPLACE INTO parts VALUES (?, ?)", (name, data))

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """The journal's rows in order of their numbers."""
        with self._errors():
            for number, sealed in self._connection.execute("SELECT number, sealed FROM rows ORDER BY number"):
                if not isinstance(number, int) or not isinstance(sealed, bytes):
                    raise self.corrupt(f"row {number}: not bytes")
                yield number, sealed

    def add_row(self, number: int, sealed: bytes) -> None:
        """Add a row, inside a transaction."""
        self._execute("INSERT INTO rows VALUES (?, ?)", (number, sealed))

    def drop_rows(self, below: int) -> None:
        """Drop the rows with smaller numbers, inside a transaction."""
        self._execute("DELETE FROM rows WHERE number < ?", (below,))

    def _number(self, sql: str) -> int:
        for (value,) in self._execute(sql):
            if isinstance(value, int):
                return value
        raise self.corrupt("its header is damaged")

    def _execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        with self._errors():
            return list(self._connection.execute(sql, parameters))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & 0xFF
            if code == sqlite3.SQLITE_BUSY:
                raise StoreError("unavailable", f"{self.path} is open in another program") from error
            if code == sqlite3.SQLITE_NOTADB:
                detail = f"{self.path} is not a wallet file, or its first bytes are damaged"
                raise BadInput("bad-file", detail) from error
            kind = "unavailable" if code in _UNAVAILABLE else "corrupt"
            raise StoreError(kind, f"{self.path}: {_one_line(error)}") from error
        except UnicodeError as error:
            # SQLite's own words, where they quote a damaged name.
            raise self.corrupt("its tables are damaged") from error
