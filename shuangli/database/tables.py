"""Schemas as values: a table's columns, key and indexes, written out for SQLite and for PostgreSQL.

Both know the same three kinds of columns: whole numbers of 64 bits, bytes, and text that sorts by code point.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

PARTITIONS: Final = 16
"""Into so many parts a table is divided where a table says by which column."""


class Kind(Enum):
    """The kinds of columns: their names in SQLite, in PostgreSQL, and as arrays there."""

    NUMBER = ("INTEGER", "BIGINT", "bigint[]")
    BYTES = ("BLOB", "BYTEA", "bytea[]")
    TEXT = ("TEXT", 'TEXT COLLATE "C"', "text[]")

    def __init__(self, sqlite: str, postgresql: str, array: str) -> None:
        self.sqlite = sqlite
        self.postgresql = postgresql
        self.array = array


NUMBER: Final = Kind.NUMBER
BYTES: Final = Kind.BYTES
TEXT: Final = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Index:
    """A further way to find rows: the columns it sorts by; `where` keeps it to some rows."""

    name: str
    columns: tuple[str, ...]
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table.

    Attributes:
        name: its name
        columns: the kind of each column, in their order
        key: the columns that name a row; rows lie in the order of the key
        optional: columns that may be empty
        unique: further combinations of columns that occur once
        indexes: further ways to find rows
        clustered: False lets rows lie in the order in which they came: for long rows with a random key
        partitioned_by: the column of the key by whose hash a server divides the table
    """

    name: str
    columns: Mapping[str, Kind]
    key: tuple[str, ...]
    optional: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[Index, ...] = ()
    clustered: bool = True
    partitioned_by: str = ""

    @property
    def numbered(self) -> bool:
        """Say whether the key is one whole number, which SQLite keeps as the row's own."""
        return len(self.key) == 1 and self.columns[self.key[0]] is NUMBER

    def sqlite(self) -> list[str]:
        """The statements that make it in SQLite."""
        tail = "STRICT" if self.numbered or not self.clustered else "STRICT, WITHOUT ROWID"
        lines = [self._column(name, kind.sqlite) for name, kind in self.columns.items()]
        return [
            f"CREATE TABLE {self.name} ({', '.join(lines + self._constraints())}) {tail}",
            *map(self._index, self.indexes),
        ]

    def postgresql(self) -> list[str]:
        """The statements that make it in PostgreSQL."""
        tail = f" PARTITION BY HASH ({self.partitioned_by})" if self.partitioned_by else ""
        lines = [self._column(name, kind.postgresql) for name, kind in self.columns.items()]
        parts = [
            f"CREATE TABLE {self.name}_{part:02d} PARTITION OF {self.name}"
            f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {part})"
            for part in range(PARTITIONS if self.partitioned_by else 0)
        ]
        return [
            f"CREATE TABLE {self.name} ({', '.join(lines + self._constraints())}){tail}",
            *parts,
            *map(self._index, self.indexes),
        ]

    def _column(self, name: str, kind: str) -> str:
        return f"{name} {kind}" if name in self.optional else f"{name} {kind} NOT NULL"

    def _constraints(self) -> list[str]:
        return [f"PRIMARY KEY ({', '.join(self.key)})"] + [
            f"UNIQUE ({', '.join(columns)})" for columns in self.unique
        ]

    def _index(self, index: Index) -> str:
        where = f" WHERE {index.where}" if index.where else ""
        return f"CREATE INDEX {index.name} ON {self.name} ({', '.join(index.columns)}){where}"
