"""Databases for tests: each test has one of its own, once as a SQLite file and once on the server."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import psycopg
import pytest

from shuangli.database.database import Database
from shuangli.database.ledger import LedgerStore
from shuangli.database.postgresql import PostgresqlDatabase
from tests.database.homes import Home
from tests.database.places import Places, ServerDatabases

_numbers = count(1)


@contextmanager
def a_home(places: Places) -> Iterator[Home]:
    with places.new() as place:
        home = Home(place, f"home_{next(_numbers)}")
        yield home
        if isinstance(place, str):
            with psycopg.connect(place, autocommit=True) as connection:
                connection.execute(f"DROP SCHEMA IF EXISTS {home.name} CASCADE".encode())


@pytest.fixture
def home(places: Places) -> Iterator[Home]:
    """Where the test's database is, on either kind of database."""
    with a_home(places) as home:
        yield home


@pytest.fixture
def server_home(server_databases: ServerDatabases) -> Iterator[Home]:
    """The same, on the server only."""
    with a_home(server_databases) as home:
        yield home


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    """An open database."""
    opened = home.open()
    yield opened
    opened.close()


@pytest.fixture
def on_server(server_home: Home) -> Iterator[PostgresqlDatabase]:
    """An open database on the server."""
    opened = server_home.open()
    assert isinstance(opened, PostgresqlDatabase)
    yield opened
    opened.close()


@pytest.fixture
def ledger(database: Database) -> LedgerStore:
    """The books in the open database."""
    return LedgerStore(database)
