"""The interface that stores are written against: what SQLite and PostgreSQL both do, under one name each.

Queries are written in the SQL that both understand, with `?` for values. Reads and single statements stand
alone outside a transaction; inside one, all is kept or nothing of it. Several rows are written inside one:
outside, each may stand alone.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from shuangli.database.tables import Table

Row = tuple[Any, ...]


class Buffered(Protocol):
    """What is gathered during a transaction and written at its end."""

    def flush(self) -> None:
        """Write what was gathered."""
        ...

    def discard(self) -> None:
        """Forget what was gathered and not written."""
        ...


class Database(Protocol):
    """One open database. A transaction raises StoreError (`unavailable`) if it is out of reach or full."""

    def transaction(self, *buffers: Buffered) -> AbstractContextManager[None]:
        """All that happens inside is kept at its end, buffers last, or nothing of it; one writer at a time.

        Where the database vanishes while it keeps it, only it knows: do the same again, and it tells.

        Raises:
            StoreError: the database is out of reach, full, or another writer took too long (`unavailable`).
        """
        ...

    def row(self, query: str, *values: object) -> Row | None:
        """The first row of a query."""
        ...

    def rows(self, query: str, *values: object) -> list[Row]:
        """All rows of a query."""
        ...

    def lookup(self, query: str, keys: Sequence[object]) -> list[Row]:
        """The rows of a query that ends in the name of a column, where that is one of `keys`."""
        ...

    def execute(self, statement: str, *values: object) -> int:
        """Run one statement; says how many rows it has changed."""
        ...

    def many(self, statement: str, values: Iterable[Sequence[object]]) -> int:
        """Run one statement for many rows of values; says how many rows were changed in all."""
        ...

    def insert(self, table: Table, rows: Sequence[Sequence[object]]) -> None:
        """Add rows, with a value for each column in their order.

        Raises:
            OverflowError: a number has more than 64 bits.
        """
        ...

    def delete(self, table: Table, keys: Sequence[Sequence[object]]) -> int:
        """Delete the rows with these keys; says how many there were."""
        ...

    def create(self, table: Table) -> None:
        """Make a table."""
        ...

    def has_table(self, name: str) -> bool:
        """Say whether there is a table of this name."""
        ...

    def close(self) -> None:
        """Close the database."""
        ...


def only(row: Row | None) -> Any:
    """The one value of a query that gives one row with one column."""
    if row is None:
        raise LookupError("the query gave no row")
    return row[0]
