"""A path or an address becomes an open database with the newest schema."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from shuangli.database.database import Database
from shuangli.database.migrations import Step, migrate
from shuangli.database.sqlite import CACHE_KIB, SqliteDatabase
from shuangli.errors import BadInput

SERVER_PREFIXES: Final = ("postgresql://", "postgres://")


def open_database(
    place: Path | str, *, steps: Sequence[Step], namespace: str, cache_kib: int = CACHE_KIB
) -> Database:
    """Open a SQLite file (`place` is a path) or a schema of a PostgreSQL server (an address).

    Raises:
        BadInput: the address is of no known kind, or needs an extra that is not installed (`bad-option`).
        StoreError: it cannot be opened (`unavailable`, `corrupt`).
    """
    database: Database
    if isinstance(place, Path):
        database = SqliteDatabase(place, cache_kib=cache_kib)
    elif place.startswith(SERVER_PREFIXES):
        database = _open_server(place, namespace)
    else:
        raise BadInput("bad-option", "give a database as postgresql://USER@HOST/NAME")
    try:
        migrate(database, steps)
    except BaseException:
        database.close()
        raise
    return database


def _open_server(address: str, namespace: str) -> Database:
    try:
        from shuangli.database.postgresql import PostgresqlDatabase
    except ImportError as error:
        raise BadInput(
            "bad-option", "a PostgreSQL database needs its driver: pip install 'shuangli[postgresql]'"
        ) from error
    return PostgresqlDatabase(address, namespace=namespace)
