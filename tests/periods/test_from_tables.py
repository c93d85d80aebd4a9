"""A report is verified from the Parquet tables of its log and books alone, as from their own files."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import polars as pl
import pytest

from shuangli.errors import Malformed, ProtocolError
from shuangli.offline.periods import parquet
from shuangli.offline.periods.exporting import check_exported
from shuangli.offline.periods.parquet import write_parquet
from shuangli.offline.periods.tables import LOG
from tests.periods.corruptions import CORRUPTED, numbers_of
from tests.periods.making import Made, make
from tests.periods.tabling import as_tables, verified
from tests.setting import NOW
from tests.world import World

FILES: Final = ("log.parquet", "books.parquet")


@pytest.fixture(params=[1, 7, parquet.ROWS_IN_A_GROUP])
def in_groups(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows are read at once, or all."""
    monkeypatch.setattr(parquet, "ROWS_IN_A_GROUP", request.param)


@pytest.mark.usefixtures("in_groups")
def test_what_was_exported_is_enough(system: Path, of_centre: Made) -> None:
    assert verified(system, of_centre.root) == of_centre.verify()
    assert check_exported(system, of_centre.report) == 7


@pytest.mark.usefixtures("in_groups")
@pytest.mark.parametrize("name", CORRUPTED)
def test_what_is_corrupted_is_found_and_named(of_centre: Made, tmp_path: Path, name: str) -> None:
    """The same words as where the entries come from files: what differs is only where they stand."""
    change, words = CORRUPTED[name]
    corrupted = change(of_centre)
    with pytest.raises(ProtocolError, match=words.format(**numbers_of(of_centre))):
        verified(as_tables(corrupted, tmp_path / "report"), corrupted.root)


def test_receipts_and_the_report_before(
    happened: tuple[World, list[bytes]], of_operator: Made, tmp_path: Path
) -> None:
    world, receipts = happened
    directory = as_tables(of_operator, tmp_path / "operator")
    assert verified(directory, of_operator.root, receipts=receipts).receipts == len(receipts)
    early, late = make(world, "OP01", until_s=NOW + 5), make(world, "OP01", from_s=NOW + 5)
    first = verified(as_tables(early, tmp_path / "early"), early.root)
    assert 0 < first.at_end.tree.size < len(late.entries)
    assert first.books > 0
    on = verified(as_tables(late, tmp_path / "late"), late.root, after=first)
    assert on.report.stocks == of_operator.report.stocks


# --- what only a table can have ---------------------------------------------------------------

Edit = Callable[[pl.DataFrame], pl.DataFrame]


def cell(column: str, row: int, value: object) -> Edit:
    """Let a cell hold something else."""

    def edit(table: pl.DataFrame) -> pl.DataFrame:
        here = pl.int_range(pl.len()) == row
        other = pl.lit(value, dtype=table.schema[column])
        return table.with_columns(pl.when(here).then(other).otherwise(pl.col(column)).alias(column))

    return edit


def swapped(table: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([table[:3], table[4:5], table[3:4], table[5:]])


def renumbered(table: pl.DataFrame) -> pl.DataFrame:
    """Rows that changed places, and were numbered anew."""
    return swapped(table).with_columns(table.to_series(0))


EDITED: Final[dict[str, tuple[str, Edit, str]]] = {
    "a row left out": ("log", lambda table: table[:4].vstack(table[5:]), "log.parquet: row 5 has entry 5 w"),
    "the last row": ("log", lambda table: table[:-1], "the log ends after"),
    "all rows": ("log", lambda table: table[:0], "the log ends after 0 entries"),
    "a row twice": ("log", lambda table: table[:5].vstack(table[4:]), "row 6 has entry 4 where 5 is due"),
    "rows that changed places": ("log", swapped, "row 4 has entry 4 where 3 is due"),
    "rows numbered anew": ("log", renumbered, "not the [0-9]+ entries|books have|dated before"),
    "a number": ("log", cell("entry", 2, -1), "row 3 has entry -1 where 2 is due"),
    "no number": ("log", cell("entry", 2, None), "row 3 has entry None where 2 is due"),
    "a time": ("log", cell("at_s", 7, 1), "row 8 shows 1 as `at_s`, its data says 17"),
    "no time": ("log", cell("at_s", 7, None), "row 8 shows None as `at_s`"),
    "a kind": ("log", cell("kind", 7, "fair"), "row 8 shows 'fair' as `kind`, its data says"),
    "an operator": ("log", cell("operator", 7, "OP09"), "row 8 shows 'OP09' as `operator`"),
    "no data": ("log", cell("data", 7, None), "log.parquet: row 8 has no data"),
    "empty data": ("log", cell("data", 7, b""), "entry 7 is no event"),
    "other data": ("log", lambda table: cell("data", 7, table["data"][8])(table), "row 8 shows"),
    "data as text": (
        "log",
        lambda table: table.with_columns(pl.col("data").bin.encode("hex")),
        "`data` is S",
    ),
    "numbers of another type": (
        "log",
        lambda table: table.with_columns(pl.col("entry").cast(pl.Int32)),
        "its columns are not those of the table: `entry` is Int32, not Int64",
    ),
    "a column left out": ("log", lambda table: table.drop("kind"), "there is no `kind`"),
    "a column more": ("log", lambda table: table.with_columns(a=pl.lit(1)), "`a` is none"),
    "columns in another order": (
        "log",
        lambda table: table.select(sorted(table.columns)),
        "they are in another order",
    ),
    "the other table": ("log", lambda _: pl.DataFrame({"position": [0]}), "there is no `at_s`"),
    "a row of the books": (
        "books",
        lambda table: table[:2].vstack(table[3:]),
        "row 3 has position 3 where 2",
    ),
    "the last of the books": ("books", lambda table: table[:-1], "the books end before"),
    "books that changed places": ("books", swapped, "row 4 has position 4 where 3 is due"),
    "books numbered anew": ("books", renumbered, "books have|not the [0-9]+ entries|add up"),
    "when it was booked": ("books", cell("at_s", 0, 1), "books.parquet: row 1 shows 1 as `at_s`"),
    "what was booked": ("books", cell("kind", 0, "gift"), "row 1 shows 'gift' as `kind`"),
    "what it is about": ("books", cell("reference", 0, "00"), "row 1 shows '00' as `reference`"),
    "an amount": ("books", cell("postings", 0, "[]"), r"row 1 shows '\[\]' as `postings`, its data says"),
    "no data in the books": ("books", cell("data", 0, None), "books.parquet: row 1 has no data"),
    "books without data": ("books", lambda table: table.drop("data"), "there is no `data`"),
}


@pytest.mark.parametrize("name", EDITED)
def test_what_is_wrong_in_a_table_is_named(of_centre: Made, tmp_path: Path, name: str) -> None:
    file, edit, words = EDITED[name]
    directory = as_tables(of_centre, tmp_path / "report")
    path = directory / "exported" / f"{file}.parquet"
    table = edit(pl.read_parquet(path))
    table.write_parquet(path)
    with pytest.raises(ProtocolError, match=words):
        verified(directory, of_centre.root)


def test_a_table_that_another_program_has_packed(of_centre: Made, tmp_path: Path) -> None:
    """Rows count, not the bytes of the file."""
    directory = as_tables(of_centre, tmp_path / "report")
    for name in FILES:
        path = directory / "exported" / name
        pl.read_parquet(path).write_parquet(path, compression="snappy", row_group_size=5, statistics=False)
    assert verified(directory, of_centre.root) == of_centre.verify()


def test_any_damage_to_a_file(of_centre: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Every damaged file is refused, or has the log's rows still; nothing is printed, or raised besides."""
    directory, expected = as_tables(of_centre, tmp_path / "report"), of_centre.verify()
    draw, refused = random.Random(11), 0
    for _ in range(400):
        path = directory / "exported" / draw.choice(FILES)
        good = path.read_bytes()
        at, size = draw.randrange(len(good)), draw.choice([1, 4, 60])
        put = draw.choice([b"", draw.randbytes(size)])
        path.write_bytes(good[:at] + put + good[at + draw.choice([len(put), size, len(good)]) :])
        try:
            assert verified(directory, of_centre.root) == expected
        except ProtocolError:
            refused += 1
        path.write_bytes(good)
    assert refused > 250
    assert capfd.readouterr() == ("", "")


def test_any_damage_to_what_describes_the_groups(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The end of a file says where all else is: there the library may give up altogether, and be heard."""
    path = tmp_path / "log.parquet"
    write_parquet(LOG, [(number, 17, "load", "OP01", bytes(60)) for number in range(30)], path)
    good, refused = path.read_bytes(), 0
    size = int.from_bytes(good[-8:-4], "little")
    for at in range(len(good) - 8 - size, len(good) - 8):
        path.write_bytes(good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :])
        try:
            assert [*parquet.parquet_rows(path, LOG)]
        except Malformed:
            refused += 1
    assert refused > size // 2
    assert capfd.readouterr() == ("", "")
