"""PostgreSQL: a server, for `postgresql://...` addresses (extra `postgresql`). An edge file.

Each owner of tables (the issuer, an operator) has a schema of its own in the server's database, and one
writer at a time: a transaction begins when it has the schema's advisory lock. So `READ COMMITTED` is enough,
and right: each statement sees all that earlier writers have committed and nothing that is under way, hence
transactions of one schema have the same results as if they had run one after the other. (A stricter level
would take its picture of the data before it had waited for the lock.)

A connection that is lost is made anew by the next call. What was not committed never happened; where the
server vanishes in the middle of a commit, only it knows, and the same work done again finds out. What only
reads, or begins, is tried again at once, so a server that was restarted in between is not noticed.

What is raised tells the server's words without names of hosts, users and databases, and never a password.
Names of tables and columns come from `Table` values of this program, never from outside.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.numeric import NumericBinaryLoader

from shuangli.database.database import Buffered, Row
from shuangli.database.tables import BYTES, NUMBER, TEXT, Table
from shuangli.errors import BadInput, StoreError

WRITER_LOCK: Final = 0x5368_7561
"""The advisory lock of the one writer, with the number that the schema has on its server."""
UNLESS_TOLD: Final[dict[str, Any]] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
    "application_name": "shuangli",
}
"""What an address need not say: a server that went without a word is given up after half a minute."""
SETTINGS: Final = {
    # What was acknowledged is on the server's disk, whatever its own default is.
    "synchronous_commit": "on",
    # A second writer waits so long for the first, and a writer that fell silent is thought dead.
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    # Statements are short: to compile one takes longer than to run it. What is joined has a key, and is few.
    "jit": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}

_OUT_OF_REACH: Final = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    errors.InternalError_,
    errors.ReadOnlySqlTransaction,
)
_HOW_WRITTEN: Final = "a database's address is postgresql://USER:PASSWORD@HOST:PORT/NAME"
_ARRAYS: Final = {int: NUMBER.array, bytes: BYTES.array, str: TEXT.array}
_QUOTED: Final = re.compile(r""" ?"[^"]*"| ?'[^']*'""")

T = TypeVar("T")
Connection = psycopg.Connection[Row]


class _WholeNumber(NumericBinaryLoader):
    """Sums of whole numbers are `numeric` to the server, and whole numbers here."""

    def load(self, data: Any) -> int:  # type: ignore[override]
        return int(super().load(data))


class PostgresqlDatabase:
    """One schema of a PostgreSQL database as a `Database`."""

    def __init__(self, address: str, *, namespace: str) -> None:
        """Connect to the server at `address`; the tables lie in the schema `namespace`, made if missing.

        Raises:
            BadInput: this is not how an address is written (`bad-option`).
            StoreError: the server cannot be reached, or says no (`unavailable`).
        """
        self._address = _complete(address)
        self._namespace = namespace
        self._begin = b""
        self._in_transaction = False
        self._connection = self._connect()

    def _connect(self) -> Connection:
        try:
            connection = psycopg.connect(self._address, autocommit=True, prepare_threshold=2)
        except UnicodeError:
            raise BadInput("bad-option", _HOW_WRITTEN) from None
        except psycopg.Error as error:
            # The driver's own error names the host, and tracebacks show what an error came from.
            raise StoreError("unavailable", f"PostgreSQL: {_why_not(str(error))}") from None
        try:
            self._prepare(connection)
        except psycopg.Error as error:
            connection.close()
            raise _as_ours(error) from error
        return connection

    def _prepare(self, connection: Connection) -> None:
        """Set a connection up, and make the schema if it is missing."""
        connection.prepared_max = 500
        connection.adapters.register_loader("numeric", _WholeNumber)
        name = sql.Identifier(self._namespace)
        wanted = {"search_path": name.as_string(), **SETTINGS}
        connection.execute(
            sql.SQL("; ").join(
                sql.SQL("SELECT set_config({}, {}, false)").format(setting, value)
                for setting, value in wanted.items()
            )
        )
        known = "SELECT oid::int4 FROM pg_namespace WHERE nspname = %s AND has_schema_privilege(oid, 'USAGE')"
        row = connection.execute(known, [self._namespace]).fetchone()
        if row is None:
            # Another process may make it at the same moment.
            with suppress(errors.DuplicateSchema, errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(name))
            row = connection.execute(known, [self._namespace]).fetchone()
        if row is None:
            raise errors.InsufficientPrivilege
        lock = f"pg_advisory_xact_lock({WRITER_LOCK}, {row[0]})"
        self._begin = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT {lock}".encode()

    def _run(self, work: Callable[[Connection], T], *, again: bool = False) -> T:
        """Do something with the connection; `again` if it may be done twice where the first was lost.

        A transaction under way has no second connection: there, what is done again fails again.
        """
        if self._connection.closed and not self._in_transaction:
            self._connection = self._connect()
        try:
            return work(self._connection)
        except errors.NumericValueOutOfRange as error:
            raise OverflowError("a number is too large for the database: more than 64 bits") from error
        except psycopg.Error as error:
            if _is_lost(error):
                self._connection.close()
                if again:
                    return self._run(work)
            raise _as_ours(error) from error

    @contextmanager
    def transaction(self, *buffers: Buffered) -> Iterator[None]:
        """As `Database.transaction`; a second writer waits for the first, at most 30 seconds."""
        if self._in_transaction:
            raise RuntimeError("a transaction is under way")
        try:
            self._run(lambda connection: connection.execute(self._begin), again=True)
            self._in_transaction = True
            yield
            for buffer in buffers:
                buffer.flush()
            self._commit()
        except BaseException:
            for buffer in buffers:
                buffer.discard()
            self._roll_back()
            raise
        finally:
            self._in_transaction = False

    def _commit(self) -> None:
        done = self._run(lambda connection: connection.execute("COMMIT"))
        # After a statement that failed the server undoes all, and calls that no error.
        if done.statusmessage != "COMMIT":
            raise StoreError("unavailable", "PostgreSQL: a statement had failed, and all was undone")

    def _roll_back(self) -> None:
        try:
            if not self._connection.closed:
                self._connection.execute("ROLLBACK")
        except psycopg.Error:
            # The server undoes what a connection leaves behind.
            self._connection.close()

    def _query(self, query: str, values: Sequence[object]) -> list[Row]:
        def run(connection: Connection) -> list[Row]:
            return connection.execute(_translated(query), values, binary=True).fetchall()

        return self._run(run, again=True)

    def row(self, query: str, *values: object) -> Row | None:
        """As `Database.row`."""
        return next(iter(self._query(query, values)), None)

    def rows(self, query: str, *values: object) -> list[Row]:
        """As `Database.rows`."""
        return self._query(query, values)

    def lookup(self, query: str, keys: Sequence[object]) -> list[Row]:
        """As `Database.lookup`."""
        if not keys:
            return []
        # Joined row by row, a key is looked for in its own partition only; `= ANY(?)` looks in all of them.
        return self._query(f"{query} IN (SELECT unnest(?::{_ARRAYS[type(keys[0])]}))", [list(keys)])

    def execute(self, statement: str, *values: object) -> int:
        """As `Database.execute`."""
        return self._run(lambda connection: connection.execute(_translated(statement), values).rowcount)

    def many(self, statement: str, values: Iterable[Sequence[object]]) -> int:
        """As `Database.many`."""
        rows = list(values)

        def run(connection: Connection) -> int:
            with connection.cursor() as cursor:
                cursor.executemany(_translated(statement), rows)
                return cursor.rowcount

        return self._run(run) if rows else 0

    def insert(self, table: Table, rows: Sequence[Sequence[object]]) -> None:
        """As `Database.insert`; all rows in one statement."""
        if rows:
            self.execute(_insertion(table.name, _arrays(table)), *map(list, zip(*rows, strict=True)))

    def delete(self, table: Table, keys: Sequence[Sequence[object]]) -> int:
        """As `Database.delete`; all rows in one statement."""
        if not keys:
            return 0
        arrays = tuple(table.columns[column].array for column in table.key)
        columns = map(list, zip(*keys, strict=True))
        return self.execute(_deletion(table.name, table.key, arrays), *columns)

    def create(self, table: Table) -> None:
        """As `Database.create`."""
        for statement in table.postgresql():
            self.execute(statement)

    def has_table(self, name: str) -> bool:
        """As `Database.has_table`."""
        query = "SELECT 1 FROM pg_tables WHERE schemaname = ? AND tablename = ?"
        return self.row(query, self._namespace, name) is not None

    def close(self) -> None:
        """As `Database.close`."""
        self._connection.close()


def _complete(address: str) -> str:
    """The address with what it left open."""
    with suppress(psycopg.Error, UnicodeError):
        return make_conninfo("", **(UNLESS_TOLD | conninfo_to_dict(address)))
    raise BadInput("bad-option", _HOW_WRITTEN)


def _why_not(words: str) -> str:
    """Why there is no connection, out of the driver's words: without hosts, users and databases."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    line = next((line for line in lines if "FATAL:" in line), lines[0] if lines else "")
    line = re.sub(r"^(connection failed: )?(connection to server .* failed: )?(FATAL: +)?", "", line)
    return _QUOTED.sub("", line) or "no connection"


def _is_lost(error: psycopg.Error) -> bool:
    """Say whether the connection has ended with this error."""
    return isinstance(error, psycopg.OperationalError) and (
        error.sqlstate is None or error.diag.severity_nonlocalized in ("FATAL", "PANIC")
    )


def _as_ours(error: psycopg.Error) -> Exception:
    """What a failed statement is to the stores; a mistake of the program's own stays as it is."""
    if isinstance(error, errors.DataCorrupted | errors.IndexCorrupted):
        return StoreError("corrupt", f"PostgreSQL: {error.diag.message_primary}")
    if isinstance(error, errors.InsufficientPrivilege):
        return StoreError("unavailable", "PostgreSQL: permission denied")
    if isinstance(error, _OUT_OF_REACH):
        return StoreError("unavailable", f"PostgreSQL: {error.diag.message_primary or 'connection lost'}")
    return error


@lru_cache(maxsize=512)
def _translated(query: str) -> bytes:
    """The query with the driver's sign for values."""
    return query.replace("%", "%%").replace("?", "%s").encode()


def _arrays(table: Table) -> tuple[str, ...]:
    return tuple(kind.array for kind in table.columns.values())


@lru_cache
def _insertion(table: str, arrays: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} SELECT * FROM unnest({', '.join(f'?::{array}' for array in arrays)})"  # noqa: S608


@lru_cache
def _deletion(table: str, key: tuple[str, ...], arrays: tuple[str, ...]) -> str:
    matches = " AND ".join(f"{table}.{column} = wanted.{column}" for column in key)
    unnested = ", ".join(f"?::{array}" for array in arrays)
    return f"DELETE FROM {table} USING unnest({unnested}) AS wanted ({', '.join(key)}) WHERE {matches}"  # noqa: S608
