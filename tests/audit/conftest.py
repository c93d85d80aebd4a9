"""Databases with an audit log's tables, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator

import pytest

from shuangli.database.audit import AUDIT_TABLES
from shuangli.database.database import Database
from shuangli.database.opening import open_database
from tests.database.places import Place, Places, place_of
from tests.worlds import new_world

__all__ = ["new_world"]

Opener = Callable[[str], Database]


@pytest.fixture
def open_log(places: Places) -> Iterator[Opener]:
    """Opens a database with the tables of a log by its name: the same name again is the same log."""
    opened: list[Database] = []
    with places.new() as place:

        def opener(name: str) -> Database:
            opened.append(open_audit_tables(place, name))
            return opened[-1]

        yield opener
        for database in opened:
            database.close()


def open_audit_tables(place: Place, name: str) -> Database:
    """The log of this name at a place."""
    return open_database(place_of(place, name), steps=[AUDIT_TABLES], namespace=f"audit_{name}")
