"""Databases are brought to the newest form, whole or not at all: the same on SQLite and on PostgreSQL."""

import subprocess
import sys
import threading
from contextlib import closing

import pytest

from shuangli.database.database import Database
from shuangli.database.migrations import Step, migrate, version_of
from shuangli.database.tables import BYTES, NUMBER, TEXT, Table
from shuangli.errors import StoreError
from shuangli.issuer.store import STEPS as ISSUER_STEPS
from shuangli.operator.steps import STEPS as OPERATOR_STEPS
from tests.database.homes import Home

BOOKS = Table(
    name="books",
    columns={"number": NUMBER, "title": TEXT, "author": TEXT},
    key=("number",),
    optional=("author",),
)
FIRST: Step = (Table(name="books", columns={"number": NUMBER, "title": TEXT}, key=("number",)),)
SECOND: Step = ("ALTER TABLE books ADD COLUMN author TEXT",)
COVERS = Table(
    name="covers", columns={"number": NUMBER, "image": BYTES}, key=("number",), partitioned_by="number"
)
THIRD: Step = (
    COVERS,
    "UPDATE books SET author = 'nobody' WHERE author IS NULL",
    "CREATE INDEX books_by_author ON books (author)",
)
STEPS = (FIRST, SECOND, THIRD)


def books(database: Database) -> list[tuple[object, ...]]:
    return database.rows("SELECT * FROM books ORDER BY number")


def all_tables(database: Database) -> set[str]:
    return {name for name in ("books", "covers", "more", "schema_version") if database.has_table(name)}


@pytest.mark.parametrize("gone", [1, 2])
def test_an_older_database_keeps_its_rows_and_gets_the_newest_form(home: Home, gone: int) -> None:
    with closing(home.open(STEPS[:gone])) as old:
        assert version_of(old) == gone
        old.execute("INSERT INTO books (number, title) VALUES (7, 'Hong Lou Meng')")
    with closing(home.open(STEPS)) as new:
        assert version_of(new) == 3
        assert books(new) == [(7, "Hong Lou Meng", "nobody")]
        new.insert(BOOKS, [(8, "Xi You Ji", None)])
        assert all_tables(new) == {"books", "covers", "schema_version"}
    with closing(home.open(STEPS)) as again:
        assert version_of(again) == 3
        assert len(books(again)) == 2


@pytest.mark.parametrize(
    "bad", ["ALTER TABLE nowhere ADD COLUMN x TEXT", "INSERT INTO books VALUES (7, 'twice', 'a')", "nonsense"]
)
def test_a_step_that_fails_leaves_all_as_it_was(home: Home, bad: str) -> None:
    with closing(home.open(STEPS[:1])) as old:
        old.execute("INSERT INTO books VALUES (7, 'Hong Lou Meng')")
        more = Table(name="more", columns={"number": NUMBER}, key=("number",))
        with pytest.raises(Exception, match=r"nowhere|(?i:unique)|nonsense"):
            home.open((FIRST, SECOND, (more, bad)))
        assert version_of(old) == 1
        assert books(old) == [(7, "Hong Lou Meng")]
        assert all_tables(old) == {"books", "schema_version"}
    with closing(home.open(STEPS)) as new:
        assert books(new) == [(7, "Hong Lou Meng", "nobody")]


def test_a_newer_database_is_refused_and_not_touched(home: Home) -> None:
    home.open(STEPS).close()
    with pytest.raises(StoreError, match="version 3, and this program knows 2") as caught:
        home.open(STEPS[:2])
    assert caught.value.code == "corrupt"
    with closing(home.open(STEPS)) as same:
        assert all_tables(same) == {"books", "covers", "schema_version"}
        assert same.rows("SELECT version FROM schema_version ORDER BY version") == [(1,), (2,), (3,)]


def test_no_steps_make_nothing(home: Home) -> None:
    with closing(home.open(())) as database:
        assert version_of(database) == 0
        assert all_tables(database) == set()


def test_two_threads_that_open_one_database_at_the_same_moment(home: Home) -> None:
    steps = (*ISSUER_STEPS, *STEPS)
    start = threading.Barrier(4)
    opened: list[Database | Exception] = []

    def open_it() -> None:
        start.wait(10)
        try:
            opened.append(home.open(steps))
        except Exception as error:
            opened.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    databases = [database for database in opened if not isinstance(database, Exception)]
    assert len(databases) == 4, opened
    for database in databases:
        assert version_of(database) == len(steps)
        database.close()


def test_two_processes_that_open_one_database_at_the_same_moment(home: Home) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.database.homes import Home;"
        "from tests.database.test_migrations import STEPS; kind, place, name = sys.argv[1:];"
        "home = Home(Path(place) if kind == 'file' else place, name);"
        "print(flush=True); sys.stdin.readline(); home.open(STEPS).close()"
    )
    kind = "address" if isinstance(home.place, str) else "file"
    command = [sys.executable, "-c", program, kind, str(home.place), home.name]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0, 0, 0]
    with closing(home.open(STEPS)) as database:
        assert database.rows("SELECT version FROM schema_version ORDER BY version") == [(1,), (2,), (3,)]


def test_a_database_between_two_steps_is_taken_on_by_whoever_comes_first(home: Home) -> None:
    with closing(home.open(STEPS[:1])) as one, closing(home.open(STEPS[:1])) as other:
        migrate(one, STEPS)
        migrate(other, STEPS)
        assert version_of(other) == 3


def every_table() -> list[Table]:
    parts = [part for step in (*ISSUER_STEPS, *OPERATOR_STEPS) for part in step]
    return [part for part in parts if isinstance(part, Table)]


@pytest.mark.parametrize("table", every_table(), ids=lambda table: table.name)
def test_what_names_a_row_is_a_column_of_the_table(table: Table) -> None:
    """A slip in a schema is found before a server finds it."""
    named = {*table.key, *table.optional, *(column for columns in table.unique for column in columns)}
    named |= {column for index in table.indexes for column in index.columns}
    assert named <= {*table.columns}
    assert not table.partitioned_by or table.partitioned_by in table.key
    assert not table.partitioned_by or all(table.partitioned_by in columns for columns in table.unique)
