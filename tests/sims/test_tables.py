"""Tables of others: what is accepted, and the one line that names file, row and column if it is not."""

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from shuangli.errors import BadInput
from shuangli.sims.tables import read_table, shown

Write = Callable[..., Path]


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def test_rows_are_counted_like_in_a_spreadsheet_and_blank_lines_count(write: Write) -> None:
    table = read_table(write("\n\na,b\n1,x\n\n2,y\n,\n3,z\n\n"))
    assert table.rows.tolist() == [4, 6, 8]
    assert table.whole("a", low=0, high=9).tolist() == [1, 2, 3]
    assert str(table.bad(1, "b", "is odd")).endswith("table.csv: row 6, column b: is odd")


def test_a_line_break_in_quotation_marks_is_no_new_row(write: Write) -> None:
    table = read_table(write('a,b\n"x\ny",1\nz,-1\n'))
    with pytest.raises(BadInput, match="row 3, column b: '-1' is not a whole number from 0 to 9"):
        table.whole("b", low=0, high=9)


def test_byte_order_mark_crlf_and_blanks_around_names_and_cells_are_taken_off(write: Write) -> None:
    table = read_table(write(b"\xef\xbb\xbfa , b\r\n 1 , x \r\n"))
    table.require(("a", "b"), "a, b")
    assert table.whole("a", low=0, high=9).tolist() == [1]
    assert table.names("b", "station").to_list() == ["x"]


def test_parquet_rows_are_counted_as_if_there_were_a_header(write: Write) -> None:
    table = read_table(write(parquet(pl.DataFrame({"a": [1.0, 2.5]})), "t.parquet"))
    with pytest.raises(BadInput, match=r"t.parquet: row 3, column a: '2.5' is not a whole number"):
        table.whole("a", low=0, high=9)


@pytest.mark.parametrize("cell", ["7", "+7", " 7 ", "7.0", "7.", "007"])
def test_a_whole_number_may_be_written_in_several_ways(write: Write, cell: str) -> None:
    assert read_table(write(f"a,b\n{cell},x\n")).whole("a", low=0, high=9).tolist() == [7]


@pytest.mark.parametrize(
    "cell", ["-1", "10", "2.5", "x", "nan", "inf", "1e1", "0x7", "1_0", "٣", "9" * 40, "--1", "1 2"]
)
def test_anything_else_is_not_a_whole_number(write: Write, cell: str) -> None:
    with pytest.raises(BadInput, match=r"row 2, column a: .* is not a whole number from 0 to 9") as caught:
        read_table(write(f"a,b\n{cell},x\n")).whole("a", low=0, high=9)
    assert caught.value.code == "bad-value"


def test_an_empty_cell_is_called_empty(write: Write) -> None:
    table = read_table(write("a,b,c\n,x,\n"))
    with pytest.raises(BadInput, match="row 2, column a: is empty, expected a whole number"):
        table.whole("a", low=0, high=9)
    with pytest.raises(BadInput, match="row 2, column c: is empty, expected the name of a station"):
        table.names("c", "station")
    with pytest.raises(BadInput, match="row 2, column a: is empty, expected YYYY-MM-DD"):
        table.dates("a")


@pytest.mark.parametrize("cell", ["2025-02-30", "6.8.2025", "2025-08-06 12:00:00", "20250806"])
def test_what_is_not_a_date_is_refused(write: Write, cell: str) -> None:
    with pytest.raises(BadInput, match=r"row 2, column a: .* is not a date, expected YYYY-MM-DD"):
        read_table(write(f"a,b\n{cell},x\n")).dates("a")


def test_numbers_may_be_fractions_or_missing(write: Write) -> None:
    values = read_table(write("a,b\n1.5,x\n,x\n0,x\n")).numbers("a", high=9)
    assert values[[0, 2]].tolist() == [1.5, 0]
    assert values[1] != values[1]
    for cell in ("-0.5", "9.5", "nan", "inf", "x"):
        with pytest.raises(BadInput, match=r"row 2, column a: .* is not a number from 0 to 9"):
            read_table(write(f"a,b\n{cell},x\n")).numbers("a", high=9)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.csv", b"", "is empty, expected a table with a header"),
        ("t.csv", b"a,b\n", "has no rows of data"),
        ("t.csv", b"a,b\n\n,\n", "has no rows of data"),
        ("t.csv", b"\n\n", "is not a CSV table"),
        ("t.csv", b"a,b\n1,\xff\n", "line 2 is not UTF-8 text"),
        ("t.csv", b"a,b\n1,2\n3,\0\n", "line 3 is binary"),
        ("t.csv", b"\n\na,b\n1,2\n1,2,3\n", "row 5 has 3 fields, the header has 2"),
        ("t.csv", b'a,b\n1,2\n1,"2\n', "row 3 is not readable"),
        ("t.parquet", b"a,b\n1,2\n", "is not a Parquet table"),
        ("t.parquet", b"PAR1" + b"\0" * 40 + b"PAR1", "is not a Parquet table"),
        ("t.json", b"{}", "is neither .csv nor .parquet by its name"),
        ("t", b"a,b\n1,2\n", "is neither .csv nor .parquet by its name"),
    ],
)
def test_a_file_that_is_no_table(write: Write, name: str, content: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        read_table(write(content, name))
    assert caught.value.code == "bad-file"
    assert name in str(caught.value)


def test_damaged_parquet_ends_in_a_message_even_if_its_decoder_aborts(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    data = parquet(pl.DataFrame({"a": list(range(1000)), "b": ["x", None] * 500}))
    for damaged in (data[:20] + b"\xff" * 40 + data[60:], data[: len(data) // 2] + data[-8:]):
        with pytest.raises(BadInput, match="is not a Parquet table, or is damaged"):
            read_table(write(damaged, "t.parquet"))
    assert capfd.readouterr() == ("", "")


def test_a_directory_or_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(BadInput, match="is not a file"):
        read_table(tmp_path / "d.csv")
    with pytest.raises(BadInput, match="no such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="no such file"):
        read_table(tmp_path / "nul\0.csv")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    # Exists as a file, and reading it from the start is an error, for root too.
    (tmp_path / "t.csv").symlink_to("/proc/self/mem")
    with pytest.raises(BadInput, match="cannot be read: Input/output error"):
        read_table(tmp_path / "t.csv")


def test_a_name_is_not_a_pattern(write: Write) -> None:
    write("a,b\n1,2\n", "x1.csv")
    assert read_table(write("a,b\n7,2\n", "x[1].csv")).text("a").to_list() == ["7"]


def test_a_missing_or_doubled_column_is_named(write: Write) -> None:
    with pytest.raises(BadInput, match="row 1: lacks column c; expected a and c; found 'a', 'b'") as caught:
        read_table(write("a,b\n1,2\n")).require(("a", "c"), "a and c")
    assert caught.value.code == "bad-column"
    with pytest.raises(BadInput, match="row 1: lacks columns c, d"):
        read_table(write("a,b\n1,2\n")).require(("c", "d"), "c and d")
    with pytest.raises(BadInput, match="row 1: has column a more than once"):
        read_table(write("a,a\n1,2\n")).require(("a",), "a")


def test_a_column_of_lists_is_refused(write: Write) -> None:
    table = read_table(write(parquet(pl.DataFrame({"a": [[1], [2]]})), "t.parquet"))
    with pytest.raises(BadInput, match="column a: is of type List"):
        table.text("a")


def test_a_name_may_have_200_characters(write: Write) -> None:
    assert read_table(write(f"a,b\n{'x' * 200},1\n")).names("a", "station").len() == 1
    with pytest.raises(BadInput, match="is longer than 200 characters"):
        read_table(write(f"a,b\n{'x' * 201},1\n")).names("a", "station")


def test_messages_stay_on_one_short_line(write: Write) -> None:
    assert shown("a\nb") == r"'a\nb'"
    assert len(shown("x" * 1_000)) <= 42
    with pytest.raises(BadInput) as caught:
        read_table(write("a,b\n1,2\n", "x\ny.txt"))
    assert str(caught.value).isprintable()
