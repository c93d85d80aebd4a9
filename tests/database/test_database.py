"""The interface of databases: the same on SQLite and on PostgreSQL."""

import subprocess
import sys
import threading
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.database.database import Database, only
from shuangli.database.opening import open_database
from shuangli.database.sqlite import INSERTED_AT_ONCE
from shuangli.errors import BadInput
from tests.database.homes import COINS, SHELVES, STEPS, Home, fail_after
from tests.database.places import Places

LEAST, MOST = -(2**63), 2**63 - 1
ROW = (b"a", 1, "Shui Hu Zhuan", None)


def titles(database: Database) -> list[str]:
    return [title for (title,) in database.rows("SELECT title FROM shelves ORDER BY shelf, position")]


def test_rows_come_back_as_they_were_given(database: Database) -> None:
    rows = [
        (b"", 0, "", None),
        (bytes(range(256)), LEAST, "a 'b' \"c\" 100% ? 水", "x"),
        (b"a", MOST, "\n", ""),
    ]
    database.insert(SHELVES, rows)
    assert database.rows("SELECT * FROM shelves ORDER BY shelf") == sorted(rows, key=lambda row: row[0])
    assert database.row("SELECT position, lent_to FROM shelves WHERE shelf = ?", b"a") == (MOST, "")
    assert database.row("SELECT position FROM shelves WHERE shelf = ?", b"b") is None
    assert database.rows("SELECT title FROM shelves WHERE lent_to IS NULL") == [("",)]
    assert {type(value) for row in database.rows("SELECT * FROM shelves") for value in row} == {
        *(bytes, int, str, type(None))
    }


def test_signs_of_the_query_language_in_a_query(database: Database) -> None:
    database.insert(SHELVES, [ROW])
    assert database.rows("SELECT position % 2, title FROM shelves WHERE title LIKE '%Hu%'") == [(1, ROW[2])]


def test_nothing_to_do_is_nothing_done(database: Database) -> None:
    database.insert(SHELVES, [])
    assert database.delete(SHELVES, []) == 0
    assert database.lookup("SELECT title FROM shelves WHERE shelf", []) == []
    assert database.many("UPDATE shelves SET title = ?", []) == 0
    assert database.rows("SELECT * FROM shelves") == []


def test_how_many_rows_were_changed(database: Database) -> None:
    database.insert(SHELVES, [(b"a", number, "x", None) for number in range(5)])
    assert database.delete(SHELVES, [(b"a", 0), (b"a", 7), (b"b", 0)]) == 1
    assert database.execute("UPDATE shelves SET title = ? WHERE position > ?", "y", 2) == 2
    changes = [("z", number) for number in (1, 2, 9)]
    assert database.many("UPDATE shelves SET title = ? WHERE position = ?", iter(changes)) == 2
    assert database.many("DELETE FROM shelves WHERE position = ?", [(9,)]) == 0
    assert titles(database) == ["z", "z", "y", "y"]


def test_many_keys_are_looked_up_at_once(database: Database) -> None:
    keys = [number.to_bytes(32, "big") for number in range(3_000)]
    with database.transaction():
        database.insert(COINS, [(key, number) for number, key in enumerate(keys)])
    query = "SELECT coin, value_fen FROM coins WHERE coin"
    assert dict(database.lookup(query, [*keys[500:2_500], b"none"])) == dict(
        zip(keys[500:2_500], range(500, 2_500), strict=True)
    )
    assert database.lookup(query, [b"none"]) == []
    assert len(database.lookup("SELECT coin FROM coins WHERE value_fen", range(7, 9))) == 2


@pytest.mark.parametrize("count", [0, 1, INSERTED_AT_ONCE - 1, INSERTED_AT_ONCE, 3 * INSERTED_AT_ONCE + 1])
def test_all_rows_are_inserted_whole_however_many(database: Database, count: int) -> None:
    rows = [(number.to_bytes(4, "big"), number) for number in range(count)]
    with database.transaction():
        database.insert(COINS, rows)
    assert database.rows("SELECT * FROM coins ORDER BY coin") == rows


def test_sums_are_whole_numbers(database: Database) -> None:
    database.insert(COINS, [(b"a", 2**53), (b"b", 2**53), (b"c", 1)])
    total_fen = only(database.row("SELECT sum(value_fen) FROM coins"))
    assert (total_fen, type(total_fen)) == (2**54 + 1, int)
    assert only(database.row("SELECT sum(value_fen) FROM coins WHERE coin = ?", b"d")) is None


def test_text_is_in_the_order_of_code_points(database: Database) -> None:
    words = ["a", "B", "ä", "Z", "_", "水", "", "aa", "A"]
    database.insert(SHELVES, [(b"", number, word, None) for number, word in enumerate(words)])
    assert [title for (title,) in database.rows("SELECT title FROM shelves ORDER BY title")] == sorted(words)


@pytest.mark.parametrize("number", [LEAST - 1, MOST + 1, 2**200])
def test_a_number_of_more_than_64_bits_is_refused(database: Database, number: int) -> None:
    def use(number: int) -> None:
        with database.transaction():
            database.insert(COINS, [(b"a", 1)])
            database.insert(COINS, [(b"b", number)])

    with pytest.raises(OverflowError):
        use(number)
    with pytest.raises(OverflowError):
        database.lookup("SELECT coin FROM coins WHERE value_fen", [number])
    assert database.rows("SELECT * FROM coins") == []
    use(7)


def test_a_transaction_is_kept_whole_or_not_at_all(database: Database, home: Home) -> None:
    other = home.open()
    with database.transaction():
        database.insert(SHELVES, [ROW])
        assert titles(database) == [ROW[2]]
        assert titles(other) == []
    assert titles(other) == [ROW[2]]
    with pytest.raises(KeyError), database.transaction():
        fail_after(lambda: database.delete(SHELVES, [ROW[:2]]), lambda: database.insert(COINS, [(b"a", 1)]))
    assert titles(database) == titles(other) == [ROW[2]]
    assert database.rows("SELECT * FROM coins") == []
    other.close()


class Notes:
    """What is gathered, and what becomes of it."""

    def __init__(self, database: Database, heard: list[str], *, fails: bool = False) -> None:
        self.database = database
        self.heard = heard
        self.fails = fails

    def flush(self) -> None:
        self.heard.append("flush")
        self.database.insert(COINS, [(len(self.heard).to_bytes(2, "big"), 1)])
        if self.fails:
            raise KeyError

    def discard(self) -> None:
        self.heard.append("discard")


def test_buffers_are_written_last_in_their_order_or_forgotten(database: Database) -> None:
    heard: list[str] = []
    notes = Notes(database, heard)
    with database.transaction(notes, notes):
        heard.append("body")
    assert heard == ["body", "flush", "flush"]
    assert len(database.rows("SELECT * FROM coins")) == 2
    with pytest.raises(KeyError), database.transaction(notes, Notes(database, heard, fails=True)):
        pass
    assert heard[3:] == ["flush", "flush", "discard", "discard"]
    with pytest.raises(ZeroDivisionError), database.transaction(notes):
        raise ZeroDivisionError
    assert heard[7:] == ["discard"]
    assert len(database.rows("SELECT * FROM coins")) == 2


def test_a_row_that_is_there_already_undoes_the_transaction(database: Database) -> None:
    """The driver's own error: no store lets it come to that."""
    database.insert(SHELVES, [ROW])

    def twice() -> None:
        with database.transaction():
            database.insert(COINS, [(b"a", 1)])
            database.insert(SHELVES, [ROW])

    with pytest.raises(Exception, match=r"(?i)unique"):
        twice()
    assert database.rows("SELECT * FROM coins") == []


def add_one(database: Database, times: int) -> None:
    """Read, add and write, each time in a transaction."""
    for _ in range(times):
        with database.transaction():
            value_fen = only(database.row("SELECT value_fen FROM coins WHERE coin = ?", b"a"))
            database.execute("UPDATE coins SET value_fen = ? WHERE coin = ?", value_fen + 1, b"a")


def test_one_writer_at_a_time_in_two_threads(database: Database, home: Home) -> None:
    database.insert(COINS, [(b"a", 0)])
    others = [home.open() for _ in range(2)]
    threads = [threading.Thread(target=add_one, args=(other, 40)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert database.rows("SELECT value_fen FROM coins") == [(80,)]
    for other in others:
        other.close()


def test_one_writer_at_a_time_in_two_processes(database: Database, home: Home) -> None:
    database.insert(COINS, [(b"a", 0)])
    program = (
        "import sys; from pathlib import Path; from tests.database.homes import Home;"
        "from tests.database.test_database import add_one; kind, place, name = sys.argv[1:];"
        "add_one(Home(Path(place) if kind == 'file' else place, name).open(), 40)"
    )
    kind = "address" if isinstance(home.place, str) else "file"
    command = [sys.executable, "-c", program, kind, str(home.place), home.name]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert database.rows("SELECT value_fen FROM coins") == [(80,)]


def test_has_table(database: Database) -> None:
    assert database.has_table("coins")
    assert not database.has_table("coin")


keys = st.tuples(st.sampled_from([b"", b"a", b"ab"]), st.integers(0, 3))
changes = st.lists(
    st.tuples(st.just("insert"), keys, st.text("aB水", max_size=2))
    | st.tuples(st.just("delete"), keys, st.just(""))
    | st.tuples(st.just("lend"), keys, st.text("xy", max_size=1)),
    max_size=8,
)


def test_a_table_does_what_a_dictionary_does(places: Places, home: Home) -> None:
    database = home.open()

    @settings(max_examples=80 // places.share)
    @given(st.lists(st.tuples(changes, st.booleans()), max_size=6))
    def holds(batches: Sequence[tuple[Sequence[tuple[str, tuple[bytes, int], str]], bool]]) -> None:
        database.execute("DELETE FROM shelves")
        model: dict[tuple[bytes, int], tuple[str, str | None]] = {}
        for batch, fails in batches:
            tried = dict(model)
            try:
                with database.transaction():
                    for what, key, text in batch:
                        if what == "insert" and key not in tried:
                            database.insert(SHELVES, [(*key, text, None)])
                            tried[key] = (text, None)
                        elif what == "delete":
                            assert database.delete(SHELVES, [key]) == (tried.pop(key, None) is not None)
                        elif what == "lend" and key in tried:
                            statement = "UPDATE shelves SET lent_to = ? WHERE shelf = ? AND position = ?"
                            assert database.execute(statement, text, *key) == 1
                            tried[key] = (tried[key][0], text)
                    assert not fails
            except AssertionError:
                assert fails
            else:
                model = tried
            rows = database.rows("SELECT * FROM shelves ORDER BY shelf, position")
            assert rows == [(*key, *value) for key, value in sorted(model.items())]
            lent = database.lookup("SELECT shelf, position FROM shelves WHERE lent_to", ["x"])
            assert sorted(lent) == sorted(key for key, value in model.items() if value[1] == "x")

    holds()
    database.close()


@pytest.mark.parametrize("place", ["mysql://a:secret@b/c", "books.sqlite", "", "postgresql:/a:secret@b/c"])
def test_an_address_of_no_known_kind(place: str) -> None:
    with pytest.raises(BadInput, match="postgresql://") as caught:
        open_database(place, steps=STEPS, namespace="x")
    assert caught.value.code == "bad-option"
    assert "secret" not in str(caught.value)
