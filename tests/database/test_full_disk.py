"""A full disk, a locked database, a file that is none: one clear error, and nothing lost (FAULTS F42)."""

import os
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shuangli.database.database import Database, only
from shuangli.database.postgresql import PostgresqlDatabase
from shuangli.errors import StoreError
from shuangli.issuer.store import IssuerStore
from shuangli.operator.store import OperatorStore
from tests.database.homes import Home, numbers, put
from tests.database.servers import Server

NOBODY = 65_534
LARGE_BYTES = 1 << 20

Opened = Database | IssuerStore | OperatorStore
every_store = pytest.mark.parametrize(
    "opens",
    [
        lambda path: Home(path.parent, path.stem).open(),
        IssuerStore,
        lambda path: OperatorStore(path, name="OP01"),
    ],
    ids=["books", "issuer", "operator"],
)


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """No file grows further: what a full disk does to a database, for this process alone."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def put_until_full(database: Database) -> int:
    """Put in large rows from number 0 on, until one fails as it should; returns its number."""
    number = 0

    def put_all() -> None:
        nonlocal number
        while True:
            put(database, number, size_bytes=LARGE_BYTES)
            number += 1

    with pytest.raises(StoreError, match=r"PostgreSQL: .*(No space left|too large)") as caught:
        put_all()
    assert caught.value.code == "unavailable"
    assert number > 3
    assert numbers(database) == [*range(number)]
    return number


@contextmanager
def without_rights() -> Iterator[None]:
    """Not as root, who may write everywhere."""
    user = os.geteuid()
    os.seteuid(user or NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


# --- on either kind of database ---------------------------------------------------------------


def test_f42_a_locked_database(database: Database, home: Home) -> None:
    database.execute("PRAGMA busy_timeout = 0" if isinstance(home.place, Path) else "SET lock_timeout = 1")
    other = home.open()
    put(database, 1)
    with other.transaction():
        with pytest.raises(StoreError) as caught:
            put(database, 2)
        assert caught.value.code == "unavailable"
        assert numbers(database) == [1]
    put(database, 3)
    assert numbers(database) == [1, 3]
    other.close()


# --- SQLite -----------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Database]:
    opened = Home(tmp_path, "books").open()
    yield opened
    opened.close()


def test_f42_a_full_disk_loses_nothing_and_is_recovered_from(file: Database) -> None:
    put(file, 1)
    pages = only(file.row("PRAGMA page_count"))
    file.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError) as caught:
        put(file, 2, size_bytes=LARGE_BYTES)
    assert caught.value.code == "unavailable"
    assert numbers(file) == [1]
    file.execute("PRAGMA max_page_count = 100000")
    put(file, 2, size_bytes=LARGE_BYTES)
    assert numbers(file) == [1, 2]


def test_f42_a_commit_that_fails_is_rolled_back(file: Database) -> None:
    file.execute("CREATE TABLE parent (no INTEGER PRIMARY KEY)")
    file.execute("CREATE TABLE child (no REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(sqlite3.IntegrityError), file.transaction():
        file.execute("INSERT INTO child VALUES (1)")
    put(file, 1)
    assert file.rows("SELECT * FROM child") == []
    assert numbers(file) == [1]


def test_no_database(tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("this is no database, and long enough to be seen as none" * 20)
    with pytest.raises(StoreError, match=r"text\.sqlite") as caught:
        Home(tmp_path, "text").open()
    assert caught.value.code == "corrupt"
    with pytest.raises(StoreError, match="nowhere") as caught:
        Home(tmp_path / "nowhere", "books").open()
    assert caught.value.code == "unavailable"


@every_store
def test_f42_the_disk_is_full_while_a_database_is_made(
    opens: Callable[[Path], Opened], tmp_path: Path
) -> None:
    # At every page of the database and its log.
    for size_bytes in range(0, 32_768, 2_048):
        with files_of_at_most(size_bytes), pytest.raises(StoreError) as caught:
            opens(tmp_path / "books.sqlite")
        assert caught.value.code == "unavailable"
        assert "\n" not in str(caught.value)
    opens(tmp_path / "books.sqlite").close()


@every_store
def test_a_directory_or_file_that_may_not_be_written(opens: Callable[[Path], Opened], tmp_path: Path) -> None:
    opens(tmp_path / "books.sqlite").close()
    (tmp_path / "books.sqlite").chmod(0o444)
    tmp_path.chmod(0o555)
    for name in ("books.sqlite", "new.sqlite"):
        with without_rights(), pytest.raises(StoreError, match=name) as caught:
            opens(tmp_path / name)
        assert caught.value.code == "unavailable"
    tmp_path.chmod(0o755)


# --- PostgreSQL -------------------------------------------------------------------------------


def test_f42_a_server_whose_files_cannot_grow(server: Server, on_server: PostgresqlDatabase) -> None:
    """A limit on the server's process stands for the disk; the files of its log are no larger than that."""
    process = only(on_server.row("SELECT pg_backend_pid()"))
    server.limit_files(process, 16 << 20)
    number = put_until_full(on_server)
    server.limit_files(process, resource.RLIM_INFINITY)
    put(on_server, 1_000, size_bytes=LARGE_BYTES)
    assert numbers(on_server) == [*range(number), 1_000]


@pytest.fixture
def small_disk(server: Server) -> Iterator[Path]:
    """A disk of 40 MiB, which needs the rights to mount one."""
    disk = server.directory / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m,mode=0777", "tmpfs", str(disk)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        disk.rmdir()
        pytest.skip("needs the rights to mount a small disk")
    try:
        (disk / "space").mkdir(mode=0o700)
        server.own(disk / "space")
        with server.connect() as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{disk / 'space'}'".encode())
            connection.execute("CREATE DATABASE small TABLESPACE small")
        yield disk
        with server.connect() as connection:
            connection.execute("DROP DATABASE small WITH (FORCE)")
            connection.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
        disk.rmdir()


def test_f42_a_server_whose_disk_is_full(server: Server, small_disk: Path) -> None:
    database = Home(server.address("small"), "small").open()
    number = put_until_full(database)
    subprocess.run(["mount", "-o", "remount,size=80m", str(small_disk)], check=True)
    put(database, 1_000, size_bytes=LARGE_BYTES)
    assert numbers(database) == [*range(number), 1_000]
    database.close()
