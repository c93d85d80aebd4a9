"""One database of a test: a SQLite file, or a schema on the server."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import psycopg

from shuangli.database.database import Database
from shuangli.database.ledger import LEDGER_TABLES
from shuangli.database.migrations import Step
from shuangli.database.opening import open_database
from shuangli.database.tables import BYTES, NUMBER, TEXT, Index, Table
from tests.database.places import Place, place_of

SHELVES: Final = Table(
    name="shelves",
    columns={"shelf": BYTES, "position": NUMBER, "title": TEXT, "lent_to": TEXT},
    key=("shelf", "position"),
    optional=("lent_to",),
    indexes=(Index("shelves_lent", ("lent_to",), where="lent_to IS NOT NULL"),),
)
COINS: Final = Table(
    name="coins", columns={"coin": BYTES, "value_fen": NUMBER}, key=("coin",), partitioned_by="coin"
)
BLOBS: Final = Table(name="blobs", columns={"number": NUMBER, "blob": BYTES}, key=("number",))
STEPS: Final[tuple[Step, ...]] = ((*LEDGER_TABLES, SHELVES, COINS, BLOBS),)


@dataclass(frozen=True, slots=True)
class Home:
    """Where one database is: a place, and the name of a file or schema there."""

    place: Place
    name: str

    def open(self, steps: tuple[Step, ...] = STEPS) -> Database:
        """Open the database; it is for the caller to close."""
        return open_database(place_of(self.place, self.name), steps=steps, namespace=self.name)


def fail_after(*done: Callable[[], object]) -> None:
    """Do some things, then fail."""
    for do in done:
        do()
    raise KeyError


def put(database: Database, number: int, *, size_bytes: int = 1) -> None:
    """A row that takes this much room, in a transaction."""
    with database.transaction():
        database.insert(BLOBS, [(number, random.Random(number).randbytes(size_bytes))])


def numbers(database: Database) -> list[int]:
    """The rows that were put."""
    return [number for (number,) in database.rows("SELECT number FROM blobs ORDER BY number")]


def meddle(home: Home, statement: str) -> list[tuple[object, ...]]:
    """What somebody else does on the same server."""
    assert isinstance(home.place, str)
    with psycopg.connect(home.place, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
