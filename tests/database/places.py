"""Where tests keep databases: files in a directory, or a server's databases, one test after another.

A place is what a store opens: a directory's path, below which each store has a file, or a server's address,
where each has a schema.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql

from shuangli.database.database import Database
from shuangli.database.migrations import VERSION, Step
from shuangli.database.tables import Table
from tests.database.servers import Server

Place = Path | str


class Places(Protocol):
    """Gives places that hold no rows.

    Attributes:
        share: of the examples of a long property, one in so many is tried here
    """

    share: int

    def new(self) -> AbstractContextManager[Place]:
        """A place for the time of a `with`."""
        ...


class Directories:
    """Places on this machine's disk."""

    share = 1

    @contextmanager
    def new(self) -> Iterator[Path]:
        """A directory."""
        with tempfile.TemporaryDirectory() as directory:
            yield Path(directory)


class ServerDatabases:
    """Databases of one server. Tables stay when a place is given back, since to make them takes long."""

    share = 4

    def __init__(self, server: Server) -> None:
        self.server = server
        self._free: list[str] = []
        self._made = 0

    @contextmanager
    def new(self) -> Iterator[str]:
        """A database's address; its tables, if it has any, are empty, and in the newest form."""
        if not self._free:
            self._made += 1
            self._free.append(self.server.make_database(f"test_{self._made}"))
        address = self._free.pop()
        yield address
        empty(address)
        self._free.append(address)


def empty(address: str) -> None:
    """Delete all rows of all tables, but for those that tell the form of the tables."""
    with psycopg.connect(address, autocommit=True) as connection:
        tables = connection.execute(
            "SELECT relnamespace::regnamespace::text, relname FROM pg_class WHERE relkind IN ('r', 'p')"
            " AND NOT relispartition AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'"
            " AND relname <> %s",
            [VERSION.name],
        ).fetchall()
        deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)) for table in tables]
        if deletes:
            connection.execute(sql.SQL("; ").join(deletes))


def place_of(place: Place, name: str) -> Place:
    """What a store of this name opens."""
    return place / f"{name}.sqlite" if isinstance(place, Path) else place


def copy_rows(source: Database, target: Database, steps: Sequence[Step]) -> None:
    """Copy all rows of the tables that the steps make, and keep, into an empty database."""
    made = [part for step in steps for part in step if isinstance(part, Table)]
    with target.transaction():
        for table in (table for table in made if source.has_table(table.name)):
            target.insert(table, source.rows(f"SELECT {', '.join(table.columns)} FROM {table.name}"))  # noqa: S608
