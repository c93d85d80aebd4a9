"""A PostgreSQL server that is away, says no, restarts or dies: what the stores are told, and what is kept."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from shuangli.database.database import only
from shuangli.database.opening import open_database
from shuangli.database.postgresql import PostgresqlDatabase
from shuangli.errors import BadInput, StoreError
from tests.database.homes import BLOBS, STEPS, Home, meddle, numbers, put
from tests.database.servers import PASSWORD, Server

Ending = Callable[[Server, PostgresqlDatabase], None]


@contextmanager
def refused(code: str = "unavailable", *, saying: str = "") -> Iterator[None]:
    """One clear line of ours, which names neither address nor password."""
    with pytest.raises(StoreError) as caught:
        yield
    said = str(caught.value)
    assert caught.value.code == code
    assert re.fullmatch(rf"PostgreSQL: [^\n]*{saying}[^\n]*", said), said
    for secret in (PASSWORD, "wrong-secret", "shuangli-pg", "nowhere", "127.0.0.1", "zhang", "test_"):
        assert secret not in said
        assert secret not in repr(caught.value)


def restart(server: Server, _: PostgresqlDatabase) -> None:
    server.stop()
    server.start()


def crash(server: Server, _: PostgresqlDatabase) -> None:
    server.kill()
    server.start()


def cut(server: Server, database: PostgresqlDatabase) -> None:
    process = only(database.row("SELECT pg_backend_pid()"))
    with server.connect() as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 10000)", [process])


every_end = pytest.mark.parametrize("end", [restart, crash, cut])


# --- a connection that is lost ------------------------------------------------------------------


@every_end
def test_f42_between_transactions_nothing_is_noticed(
    server: Server, on_server: PostgresqlDatabase, end: Ending
) -> None:
    put(on_server, 1)
    end(server, on_server)
    put(on_server, 2)
    end(server, on_server)
    assert numbers(on_server) == [1, 2]
    end(server, on_server)
    with on_server.transaction():
        assert numbers(on_server) == [1, 2]


@every_end
@pytest.mark.parametrize("goes_on_by", ["reading", "writing", "insisting", "ending", "failing"])
def test_f42_a_transaction_under_way_is_lost_whole_and_the_next_works(
    server: Server, on_server: PostgresqlDatabase, end: Ending, goes_on_by: str
) -> None:
    def work() -> None:
        with on_server.transaction():
            on_server.insert(BLOBS, [(2, b"x")])
            end(server, on_server)
            if goes_on_by == "reading":
                numbers(on_server)
            elif goes_on_by == "writing":
                on_server.insert(BLOBS, [(3, b"x")])
            elif goes_on_by == "insisting":
                for _ in range(3):
                    with suppress(StoreError):
                        on_server.insert(BLOBS, [(3, b"x")])
            elif goes_on_by == "failing":
                raise KeyError

    put(on_server, 1)
    if goes_on_by == "failing":
        with pytest.raises(KeyError):
            work()
    else:
        with refused():
            work()
    assert numbers(on_server) == [1]
    put(on_server, 4)
    assert numbers(on_server) == [1, 4]


def test_f42_what_is_written_outside_a_transaction_is_not_tried_twice(
    server: Server, on_server: PostgresqlDatabase
) -> None:
    """It may have been done before the connection was lost."""
    cut(server, on_server)
    with refused():
        on_server.execute("INSERT INTO blobs VALUES (1, 'x')")
    assert numbers(on_server) == []
    assert on_server.execute("INSERT INTO blobs VALUES (1, 'x')") == 1


def test_f42_while_the_server_is_away_everything_is_refused(
    server: Server, server_home: Home, on_server: PostgresqlDatabase
) -> None:
    put(on_server, 1)
    server.stop()
    for _ in range(2):
        with refused(saying="No such file or directory"):
            put(on_server, 2)
        with refused():
            numbers(on_server)
        with refused():
            server_home.open()
    server.start()
    put(on_server, 3)
    assert numbers(on_server) == [1, 3]


def test_f42_a_writer_that_waits_when_the_server_ends(
    server: Server, server_home: Home, on_server: PostgresqlDatabase
) -> None:
    caught: list[Exception] = []
    waiter = server_home.open()

    def wait() -> None:
        try:
            put(waiter, 2)
        except StoreError as error:
            caught.append(error)

    thread = threading.Thread(target=wait)

    def work() -> None:
        with on_server.transaction():
            thread.start()
            waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            while meddle(server_home, waiting) == [(0,)] and thread.is_alive():
                pass
            server.stop()
            thread.join(30)
            server.start()

    with refused():
        work()
    assert [getattr(error, "code", "") for error in caught] == ["unavailable"]
    put(waiter, 3)
    assert numbers(on_server) == [3]
    waiter.close()


def test_a_statement_that_failed_lets_nothing_be_kept(on_server: PostgresqlDatabase) -> None:
    """The server undoes all, and says so in a word that is easily overlooked."""

    def work() -> None:
        with on_server.transaction():
            on_server.insert(BLOBS, [(1, b"x")])
            with pytest.raises(OverflowError):
                on_server.insert(BLOBS, [(2**64, b"x")])

    with refused():
        work()
    put(on_server, 2)
    assert numbers(on_server) == [2]


def test_no_transaction_inside_another(on_server: PostgresqlDatabase) -> None:
    with on_server.transaction():
        with pytest.raises(RuntimeError), on_server.transaction():
            pass
        on_server.insert(BLOBS, [(1, b"x")])
    assert numbers(on_server) == [1]


# --- a server that says no ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "saying"),
    [
        ("postgresql://postgres:wrong-secret@/postgres?host={directory}", "password authentication failed"),
        ("postgresql://zhang:wrong-secret@/postgres?host={directory}", "password authentication failed"),
        ("postgresql://postgres:{password}@/nowhere?host={directory}", "database does not exist"),
        ("postgresql://postgres:{password}@/postgres?host={directory}/nowhere", "No such file or directory"),
        ("postgresql://postgres:{password}@127.0.0.1:1/postgres", "Connection refused"),
        ("postgresql://postgres:{password}@127.0.0.1:1,127.0.0.1:2/nowhere", "Connection refused"),
        ("postgres://postgres:{password}@nowhere.invalid/postgres", "failed to resolve host"),
    ],
)
def test_no_connection(server: Server, address: str, saying: str) -> None:
    with refused(saying=saying):
        open_database(
            address.format(directory=server.directory, password=PASSWORD), steps=STEPS, namespace="none"
        )


@pytest.mark.parametrize(
    "address",
    [
        *("postgresql://zhang:se%zz@nowhere/x", "postgresql://zhang:secret@[nowhere/x", "postgres://a?b=c"),
        *("postgresql://zhang:secret@nowhere..x/x", "postgresql://zhang:secret@nowhere\udcff/x"),
    ],
)
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(BadInput, match="postgresql://USER:PASSWORD@HOST:PORT/NAME") as caught:
        open_database(address, steps=STEPS, namespace="none")
    assert caught.value.code == "bad-option"
    shown = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert not re.search("zhang|se%zz|secret|nowhere", f"{shown}")


def test_f42_too_many_connections(server: Server, server_home: Home) -> None:
    meddle(server_home, "CREATE ROLE zhang LOGIN SUPERUSER PASSWORD 'wrong-secret' CONNECTION LIMIT 0")
    meddle(server_home, "ALTER ROLE zhang NOSUPERUSER")
    assert isinstance(server_home.place, str)
    home = Home(server_home.place.replace(f"postgres:{PASSWORD}", "zhang:wrong-secret"), server_home.name)
    with refused(saying="too many connections"):
        home.open()
    meddle(server_home, "DROP ROLE zhang")


def test_a_user_without_rights(server: Server, server_home: Home) -> None:
    server_home.open().close()
    meddle(server_home, "CREATE ROLE zhang LOGIN PASSWORD 'wrong-secret'")
    assert isinstance(server_home.place, str)
    address = server_home.place.replace(f"postgres:{PASSWORD}", "zhang:wrong-secret")
    with refused(saying="permission denied"):
        Home(address, "elsewhere").open()
    with refused(saying="permission denied"):
        Home(address, server_home.name).open()
    meddle(server_home, f"GRANT USAGE ON SCHEMA {server_home.name} TO zhang")
    meddle(server_home, f"GRANT ALL ON ALL TABLES IN SCHEMA {server_home.name} TO zhang")
    with closing(Home(address, server_home.name).open()) as database:
        put(database, 1)
    meddle(server_home, "DROP OWNED BY zhang")
    meddle(server_home, "DROP ROLE zhang")


def test_f42_a_server_that_may_only_be_read(server: Server, server_home: Home) -> None:
    with closing(server_home.open()) as database:
        put(database, 1)
        database.execute("SET default_transaction_read_only TO on")
        with refused(saying="read-only"):
            put(database, 2)
        assert numbers(database) == [1]
        database.execute("SET default_transaction_read_only TO off")
        put(database, 3)
        assert numbers(database) == [1, 3]
