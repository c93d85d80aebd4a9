"""What was flipped, moved or taken away is found when it is read, and told in one line (F38)."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shuangli.crypto import SigningKey
from shuangli.errors import StoreError
from shuangli.wallet.records import Record
from tests.wallet_file.files import SEED, copy_of, device, fold, make, outcome, reopen

BLOCK_BYTES: Final = 64
"""One bit is flipped in every block of this size, which is less than the smallest sealed row takes."""


@pytest.fixture(scope="module")
def stored(
    tmp_path_factory: pytest.TempPathFactory, lived: list[Record], epochs: list[bytes]
) -> tuple[Path, list[Record]]:
    """A closed file that has been appended to and compacted, so that it has pages of every kind."""
    path = tmp_path_factory.mktemp("stored") / "wallet"
    half = len(lived) // 2
    with make(path, lived[:half], epochs=epochs) as file:
        file.compact(fold(lived[:half]).checkpoint())
        file.append(lived[half:])
        return path, list(file)


@pytest.fixture
def file(path: Path, lived: list[Record], epochs: list[bytes]) -> Path:
    """A closed file whose rows are numbered from 1."""
    make(path, lived, epochs=epochs).close()
    return path


def says(path: Path) -> list[Record]:
    """All that a file says."""
    with reopen(path) as opened:
        assert opened.signing_key().public == SigningKey(SEED).public
        return list(opened)


def says_when_written(path: Path, extra: Record) -> list[Record]:
    """All that a file says, and says again once it has been written to."""
    with reopen(path) as opened:
        assert opened.signing_key().public == SigningKey(SEED).public
        records = list(opened)
        opened.append([extra])
    assert says(path) == [*records, extra]
    return records


def flip(path: Path, data: bytes, at: int, bit: int) -> None:
    path.write_bytes(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])


def judge_flip(path: Path, records: list[Record], at: int) -> bool:
    """Whether a flipped bit was found; where it was not, the file is as good as before, also to write to."""
    found = outcome(lambda: says_when_written(path, records[-1]))
    assert found is None or found == records, f"byte {at}"
    return found is None


def test_f38_a_flipped_bit_anywhere(stored: tuple[Path, list[Record]], path: Path) -> None:
    source, records = stored
    data, draw = source.read_bytes(), random.Random(38)
    found = 0
    for start in range(0, len(data), BLOCK_BYTES):
        at = min(start + draw.randrange(BLOCK_BYTES), len(data) - 1)
        flip(path, data, at, draw.randrange(8))
        found += judge_flip(path, records, at)
    assert found > len(data) / BLOCK_BYTES * 0.4, "the rest of the flips is in places that hold nothing"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10**9), bit=st.integers(0, 7))
@example(at=18, bit=0)
@example(at=16, bit=4)
@example(at=60, bit=0)
def test_f38_a_flipped_bit_where_it_hurts(
    stored: tuple[Path, list[Record]], path: Path, at: int, bit: int
) -> None:
    source, records = stored
    data = source.read_bytes()
    flip(path, data, at % len(data), bit)
    judge_flip(path, records, at % len(data))


def test_f38_a_file_that_was_cut_off(stored: tuple[Path, list[Record]], path: Path) -> None:
    source, records = stored
    data, draw = source.read_bytes(), random.Random(39)
    lengths = {*range(0, len(data), 1_024), *(draw.randrange(len(data)) for _ in range(60))}
    for length in lengths:
        path.write_bytes(data[:length])
        assert outcome(lambda: says(path)) is None, length
    path.write_bytes(data + bytes(4_096))
    assert outcome(lambda: says(path)) in (None, records)


def test_f38_pages_put_elsewhere(stored: tuple[Path, list[Record]], path: Path) -> None:
    data, size = stored[0].read_bytes(), 4_096
    pages = [data[at : at + size] for at in range(0, len(data), size)]
    for first in range(len(pages)):
        for second in range(first + 1, len(pages)):
            moved = list(pages)
            moved[first], moved[second] = moved[second], moved[first]
            path.write_bytes(b"".join(moved))
            assert outcome(lambda: says(path)) is None
        path.write_bytes(b"".join([*pages[:first], bytes(size), *pages[first + 1 :]]))
        assert outcome(lambda: says(path)) is None


Change = Callable[[sqlite3.Connection], object]


def sql(*statements: str) -> Change:
    return lambda connection: [connection.execute(statement) for statement in statements]


def flipped_part(name: str) -> Change:
    """Change one bit in the middle of a part."""

    def change(connection: sqlite3.Connection) -> None:
        ((data,),) = connection.execute("SELECT data FROM parts WHERE name = ?", (name,))
        middle = len(data) // 2
        data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        connection.execute("UPDATE parts SET data = ? WHERE name = ?", (data, name))

    return change


CHANGES: Final[dict[str, tuple[str, Change]]] = {
    "two rows swapped": (
        "row 3 has been changed",
        sql(
            "UPDATE rows SET number = -1 WHERE number = 3",
            "UPDATE rows SET number = 3 WHERE number = 4",
            "UPDATE rows SET number = 4 WHERE number = -1",
        ),
    ),
    "the first row dropped": ("row 1 is missing", sql("DELETE FROM rows WHERE number = 1")),
    "a row dropped": ("row 5 is missing", sql("DELETE FROM rows WHERE number = 5")),
    "a row dropped and the rest moved up": (
        "row 5 has been changed",
        sql("DELETE FROM rows WHERE number = 5", "UPDATE rows SET number = number - 1 WHERE number > 5"),
    ),
    "the tail cut off": ("row 9 is missing", sql("DELETE FROM rows WHERE number >= 9")),
    "all rows cut off": ("row 1 is missing", sql("DELETE FROM rows")),
    "the last row doubled": (
        "does not belong here",
        sql("INSERT INTO rows SELECT max(number) + 1, sealed FROM rows"),
    ),
    "a row in place of another": (
        "row 7 has been changed",
        sql("UPDATE rows SET sealed = (SELECT sealed FROM rows WHERE number = 6) WHERE number = 7"),
    ),
    "a row inserted before the first": (
        "row 0 ",
        sql("INSERT INTO rows SELECT 0, sealed FROM rows WHERE number = 1"),
    ),
    "a row renumbered": ("row 8 is missing", sql("UPDATE rows SET number = 1000 WHERE number = 8")),
    "a row emptied": ("row 2 has been changed", sql("UPDATE rows SET sealed = x'' WHERE number = 2")),
    "a row cut short": (
        "row 2 has been changed",
        sql("UPDATE rows SET sealed = substr(sealed, 1, length(sealed) - 1) WHERE number = 2"),
    ),
    "head flipped": ("its head has been changed", flipped_part("head")),
    "seed flipped": ("its private key has been changed", flipped_part("seed")),
    "header flipped": ("its header is damaged", flipped_part("header")),
    "tries flipped": ("its header is damaged", flipped_part("tries")),
    "head missing": ("its head is missing", sql("DELETE FROM parts WHERE name = 'head'")),
    "seed as head": (
        "its head has been changed",
        sql("UPDATE parts SET data = (SELECT data FROM parts WHERE name = 'seed') WHERE name = 'head'"),
    ),
    "a trigger added": (
        "its tables are not those",
        sql("CREATE TRIGGER forget AFTER INSERT ON rows BEGIN DELETE FROM rows WHERE number > 9; END"),
    ),
    "a table added": ("its tables are not those", sql("CREATE TABLE more (x)")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_f38_a_changed_file_is_refused(change: str, file: Path) -> None:
    words, apply = CHANGES[change]
    tamper(file, apply)
    with pytest.raises(StoreError) as refused:
        says(file)
    assert refused.value.code == "corrupt"
    assert str(refused.value).startswith(f"{file}: ")
    assert words in str(refused.value)


def tamper(path: Path, change: Change) -> None:
    connection = sqlite3.connect(path)
    with connection:
        change(connection)
    connection.close()


@pytest.fixture
def other(path: Path, lived: list[Record], epochs: list[bytes]) -> Iterator[Path]:
    """Another file with the same passphrase, key and records."""
    other = path.with_name("other")
    make(other, lived, epochs=epochs, on=device(seed=7)).close()
    yield other
    other.unlink()


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        ("INSERT OR REPLACE INTO rows SELECT * FROM other.rows WHERE number = 4", "row 4 has been changed"),
        ("INSERT OR REPLACE INTO rows SELECT * FROM other.rows", "row 1 has been changed"),
        ("INSERT OR REPLACE INTO parts SELECT * FROM other.parts WHERE name = 'head'", "its head"),
        ("INSERT OR REPLACE INTO parts SELECT * FROM other.parts WHERE name = 'seed'", "its private key"),
        ("INSERT OR REPLACE INTO parts SELECT * FROM other.parts WHERE name = 'header'", "its head"),
    ],
)
def test_f38_what_belongs_to_another_file_is_refused(taken: str, words: str, file: Path, other: Path) -> None:
    tamper_with_other(file, other, taken)
    with pytest.raises(StoreError, match=words) as refused:
        says(file)
    assert refused.value.code == "corrupt"


def tamper_with_other(path: Path, other: Path, statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("ATTACH ? AS other", (str(other),))
    connection.execute(statement)
    connection.execute("DETACH other")
    connection.close()


@pytest.mark.parametrize("part", ["head", "rows"])
def test_f38_an_older_part_of_the_same_file_is_refused(part: str, file: Path, lived: list[Record]) -> None:
    older = copy_of(file)
    with reopen(file) as opened:
        opened.append(lived[:2])
    if part == "head":
        tamper_with_other(file, older, "INSERT OR REPLACE INTO parts SELECT * FROM other.parts")
    else:
        tamper_with_other(file, older, "DELETE FROM rows WHERE number NOT IN (SELECT number FROM other.rows)")
    with pytest.raises(StoreError, match=r"does not belong here|is missing"):
        says(file)


def test_f38_the_last_row_of_another_branch_is_refused(file: Path, lived: list[Record]) -> None:
    """Two copies of one file were written on: their last rows have one number and one predecessor."""
    branch = copy_of(file)
    for path, record in ((file, lived[0]), (branch, lived[1])):
        with reopen(path, on=device(seed=len(path.name))) as opened:
            opened.append([record])
    last = len(lived) + 2
    tamper_with_other(
        file, branch, "INSERT OR REPLACE INTO rows SELECT * FROM other.rows ORDER BY number DESC LIMIT 1"
    )
    with pytest.raises(StoreError, match=f"row {last} is not the one that was written last"):
        says(file)


def test_f38_a_free_page_that_is_none_is_found_before_it_is_written_to(
    file: Path, lived: list[Record]
) -> None:
    """SQLite would write the next rows over what stands there."""
    with reopen(file) as opened:
        opened.append(lived * 3)
        opened.compact(fold(lived).checkpoint())
    connection = sqlite3.connect(file)
    ((root,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'rows'")
    connection.close()
    data = file.read_bytes()
    trunk, free = int.from_bytes(data[32:36], "big"), int.from_bytes(data[36:40], "big")
    assert free > 4
    first_leaf = (trunk - 1) * 4_096 + 8
    file.write_bytes(data[:first_leaf] + root.to_bytes(4, "big") + data[first_leaf + 4 :])
    with pytest.raises(StoreError, match="damaged") as refused:
        says(file)
    assert refused.value.code == "corrupt"
    file.write_bytes(data)
    assert says(file) == [fold(lived).checkpoint()]


def test_f38_a_row_is_checked_whenever_it_is_read(file: Path) -> None:
    """What changes while the file is open is found as well."""
    with reopen(file) as opened:
        connection = opened._database._connection
        list(connection.execute("UPDATE rows SET sealed = zeroblob(60) WHERE number = 6"))
        with pytest.raises(StoreError, match="row 6 has been changed"):
            list(opened)
