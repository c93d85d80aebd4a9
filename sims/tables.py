"""Tables that people hand in: CSV or Parquet in, checked columns out, or one line that says what is wrong.

Every cell is read as text first, so that a defect can be shown as the person wrote it. Rows are counted
as a spreadsheet counts them: the header is row 1, the first row of data is row 2 (in Parquet too, which
has no header line). In CSV, lines that are wholly blank are skipped and counted; a quoted line break does
not start a new row. Columns that nobody asks for are ignored.

Errors: `BadInput` with code `bad-file` (the file), `bad-column` (its columns) or `bad-value` (a cell).
"""

import csv
import io
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from shuangli.errors import BadInput
from shuangli.sims.arrays import Bools, Floats, Ints

FIRST_ROW: Final = 2
LONGEST_NAME: Final = 200
_PLAIN: Final = (pl.String, pl.Categorical, pl.Enum, pl.Date, pl.Datetime, pl.Null)
_DECODE: Final = """
import resource, sys
import polars
hard = resource.getrlimit(resource.RLIMIT_AS)[1]
if hard == resource.RLIM_INFINITY:
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, hard))
polars.read_parquet(sys.stdin.buffer.read()).write_ipc(sys.stdout.buffer)
"""
_DECODE_S: Final = 300
_WHOLE: Final = r"^[+-]?[0-9]+(?:\.0*)?$"
_INTEGER_PART: Final = r"^([+-]?[0-9]+)"
_UNREADABLE: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError, MemoryError)
_DATE: Final = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?: 00:00:00(?:\.0+)?)?$"


def shown(text: str) -> str:
    """`text` as a message shows it: quoted, without line breaks, at most 40 characters."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file as read: `frame` holds its columns, `rows` the row number of each line for messages."""

    name: str
    frame: pl.DataFrame
    rows: Ints

    def __post_init__(self) -> None:
        if self.frame.height != self.rows.size:
            raise ValueError("a table needs one row number for each row")

    def has(self, column: str) -> bool:
        """Is there a column of this name?"""
        return column in self.frame.columns

    def require(self, columns: Sequence[str], expected: str) -> None:
        """Check that all `columns` are there, once each; `expected` says what would be right."""
        missing = [column for column in columns if not self.has(column)]
        if missing:
            found = ", ".join(shown(column) for column in self.frame.columns[:8])
            lacks = "column " + missing[0] if len(missing) == 1 else "columns " + ", ".join(missing)
            what = f"lacks {lacks}; expected {expected}; found {found}"
            raise BadInput("bad-column", f"{self.name}: row 1: {what}")
        for column in columns:
            if self.has(f"{column}_duplicated_0"):
                raise BadInput("bad-column", f"{self.name}: row 1: has column {column} more than once")

    def bad(self, position: int, column: str, what: str) -> BadInput:
        """The error for the cell at `position` (from 0) of `column`."""
        return BadInput("bad-value", f"{self.name}: row {self.rows[position]}, column {column}: {what}")

    def text(self, column: str) -> pl.Series:
        """The column as text without surrounding blanks; an empty cell is "" (see `present`)."""
        series = self.frame[column]
        if not (series.dtype.is_numeric() or series.dtype.base_type() in _PLAIN):
            what = f"is of type {series.dtype}, expected text or numbers"
            raise BadInput("bad-column", f"{self.name}: column {column}: {what}")
        return series.cast(pl.String).fill_null("").str.strip_chars()

    def present(self, column: str) -> Bools:
        """Which cells of the column are not empty."""
        return (self.text(column) != "").to_numpy()

    def names(self, column: str, what: str) -> pl.Series:
        """The column as names (of a station, of a line): not empty, at most 200 characters."""
        series = self.text(column)
        empty = first(series == "")
        if empty is not None:
            raise self.bad(empty, column, f"is empty, expected the name of a {what}")
        long = first(series.str.len_chars() > LONGEST_NAME)
        if long is not None:
            raise self.bad(long, column, f"{shown(series[long])} is longer than {LONGEST_NAME} characters")
        return series

    def whole(self, column: str, *, low: int, high: int) -> Ints:
        """The column as whole numbers from `low` to `high`; 3.0 is the whole number 3, 2.5 is none."""
        series = self.text(column)
        exact = series.str.contains(_WHOLE)
        values = series.str.extract(_INTEGER_PART).cast(pl.Int64, strict=False)
        good = (exact & values.is_between(low, high)).fill_null(False)
        bad = first(~good)
        if bad is not None:
            if series[bad] == "":
                what = f"is empty, expected a whole number from {low} to {high}"
            else:
                what = f"{shown(series[bad])} is not a whole number from {low} to {high}"
            raise self.bad(bad, column, what)
        return values.to_numpy().astype(np.int64)

    def numbers(self, column: str, *, high: int) -> Floats:
        """The column as numbers from 0 to `high`; an empty cell becomes NaN."""
        series = self.text(column)
        values = series.cast(pl.Float64, strict=False)
        bad = first(((series != "") & ~values.is_between(0, high)).fill_null(True))
        if bad is not None:
            raise self.bad(bad, column, f"{shown(series[bad])} is not a number from 0 to {high}")
        return values.fill_null(float("nan")).to_numpy().astype(np.float64)

    def dates(self, column: str) -> pl.Series:
        """The column as dates, written YYYY-MM-DD."""
        series = self.text(column)
        values = series.str.extract(_DATE).str.to_date("%Y-%m-%d", strict=False)
        bad = first(values.is_null())
        if bad is not None:
            what = "is empty" if series[bad] == "" else f"{shown(series[bad])} is not a date"
            raise self.bad(bad, column, f"{what}, expected YYYY-MM-DD")
        return values


def first(mask: pl.Series) -> int | None:
    """The position of the first true value, or None."""
    positions = mask.arg_true()
    return int(positions[0]) if positions.len() else None


def read_table(path: Path) -> Table:
    """Read a `.csv` (UTF-8, comma, header line) or `.parquet` file that has at least one row of data."""
    name = "".join(char if char.isprintable() else "?" for char in str(path))
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise BadInput("bad-file", f"{name}: is neither .csv nor .parquet by its name")
    data = _read(path, name)
    table = _csv(data, name) if suffix == ".csv" else _parquet(data, name)
    if table.frame.height == 0:
        raise BadInput("bad-file", f"{name}: has no rows of data, expected at least one below the header")
    return table


def _read(path: Path, name: str) -> bytes:
    # The bytes are read here, not by the table library, which would take a name with * or [ for a pattern.
    try:
        if not path.is_file():
            what = "is not a file" if path.exists() else "no such file"
            raise BadInput("bad-file", f"{name}: {what}")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise BadInput("bad-file", f"{name}: cannot be read: {reason}") from error
    if not data:
        raise BadInput("bad-file", f"{name}: is empty, expected a table with a header")
    return data


def _parquet(data: bytes, name: str) -> Table:
    """Decode in a process of its own: damaged bytes can make the decoder allocate without bound and abort."""
    broken = BadInput("bad-file", f"{name}: is not a Parquet table, or is damaged")
    if len(data) < 12 or not (data.startswith(b"PAR1") and data.endswith(b"PAR1")):
        raise broken
    command = [sys.executable, "-P", "-c", _DECODE]
    try:
        decoded = subprocess.run(  # noqa: S603 (our own program, the file is its input only)
            command, input=data, capture_output=True, timeout=_DECODE_S, check=True
        )
        frame = pl.read_ipc(io.BytesIO(decoded.stdout))
    except (subprocess.SubprocessError, OSError, *_UNREADABLE) as error:
        raise broken from error
    rows = np.arange(FIRST_ROW, frame.height + FIRST_ROW, dtype=np.int64)
    return Table(name=name, frame=frame, rows=rows)


def _csv(data: bytes, name: str) -> Table:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput("bad-file", f"{name}: is not a CSV table: line {line} is not UTF-8 text") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise BadInput("bad-file", f"{name}: is not a CSV table: line {line} is binary")
    body = text.lstrip("\r\n")
    skipped = text.count("\n", 0, len(text) - len(body))
    try:
        frame = pl.read_csv(io.BytesIO(body.encode()), infer_schema=False)
    except _UNREADABLE as error:
        raise BadInput("bad-file", f"{name}: is not a CSV table: {_csv_defect(body, skipped)}") from error
    stripped = {column: column.strip() for column in frame.columns}
    if len(set(stripped.values())) == len(stripped):
        frame = frame.rename(stripped)
    rows = np.arange(frame.height, dtype=np.int64) + FIRST_ROW + skipped
    filled = frame.select(~pl.all_horizontal(pl.all().is_null())).to_series()
    return Table(name=name, frame=frame.filter(filled), rows=rows[filled.to_numpy()])


def _csv_defect(body: str, skipped: int) -> str:
    """Where a text that the table library refused departs from CSV; it does not say itself."""
    width = 0
    reader = csv.reader(io.StringIO(body, newline=""), strict=True)
    row = skipped
    try:
        for row, fields in enumerate(reader, start=skipped + 1):
            width = width or len(fields)
            if len(fields) > width:
                return f"row {row} has {len(fields)} fields, the header has {width}"
    except csv.Error:
        return f"row {row + 1} is not readable, perhaps a quotation mark that is not closed"
    return f"its {row} rows cannot be read"
