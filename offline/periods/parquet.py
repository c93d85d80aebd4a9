"""A report's tables as Parquet files, written and read piece by piece. Needs polars (the extra `archive`).

A file has groups of rows, and as many of them are in memory at once as one group has.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl

from shuangli.errors import Malformed
from shuangli.offline.periods.tables import EXPORTED, Row, Table

ROWS_IN_A_GROUP: Final = 20_000
_TYPES: Final = {"string": pl.String(), "int64": pl.Int64(), "binary": pl.Binary()}


def write_parquet(table: Table, rows: Iterable[Row], path: Path) -> None:
    """Write a table: its groups beside it first, then all into one file.

    Raises:
        OSError: it cannot be written.
    """
    schema, left = _schema(table), iter(rows)
    with TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        parts: list[Path] = []
        while (some := [*islice(left, ROWS_IN_A_GROUP)]) or not parts:
            parts.append(Path(folder, str(len(parts))))
            pl.DataFrame(some, schema=schema, orient="row").write_parquet(parts[-1])
        whole = pl.scan_parquet(parts, glob=False)
        try:
            whole.sink_parquet(path, compression="zstd", row_group_size=ROWS_IN_A_GROUP)
        except pl.exceptions.PolarsError as error:
            raise OSError(errno.EIO, str(error), str(path)) from error


def parquet_rows(path: Path, table: Table, *, first: int = 0, alone: bool = True) -> Iterator[Row]:
    """The rows of a table in a file, from one on, counted from 0.

    Standard error is the process's, and so is kept quiet (`_told_of`) only for who is `alone` in it.

    Raises:
        Malformed: it is no Parquet file, is damaged, or has other columns than the table (`shape`).
        OSError: it cannot be read.
    """
    path.open("rb").close()
    with _told_of(path, alone=alone):
        frame = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        found = frame.collect_schema()
    _check_columns(path, dict(found), _schema(table))
    with _told_of(path, alone=alone):
        size: int = frame.select(pl.len()).collect().item()
    for start in range(first, size, ROWS_IN_A_GROUP):
        with _told_of(path, alone=alone):
            rows = frame.slice(start, ROWS_IN_A_GROUP).collect().rows()
        yield from rows


def _schema(table: Table) -> dict[str, pl.DataType]:
    return {column.name: _TYPES[column.kind] for column in table.columns}


def _check_columns(path: Path, found: dict[str, pl.DataType], expected: dict[str, pl.DataType]) -> None:
    if [*found.items()] == [*expected.items()]:
        return
    missing, more = [*expected.keys() - found.keys()], [*found.keys() - expected.keys()]
    if missing:
        what = f"there is no `{min(missing)}`"
    elif more:
        what = f"`{min(more)}` is none"
    elif other := [name for name in expected if found[name] != expected[name]]:
        what = f"`{other[0]}` is {found[other[0]]}, not {expected[other[0]]}"
    else:
        what = "they are in another order"
    raise Malformed("shape", f"{EXPORTED}/{path.name}: its columns are not those of the table: {what}")


@contextmanager
def _told_of(path: Path, *, alone: bool) -> Iterator[None]:
    """Turn whatever the library makes of a damaged file into one error.

    Where it gives up altogether it writes to the process's standard error too, which is kept quiet meanwhile
    unless others may want to write there.

    Raises:
        Malformed: it is no Parquet file, or is damaged (`shape`).
    """
    with _no_standard_error() if alone else nullcontext():
        try:
            yield
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise Malformed("shape", f"{EXPORTED}/{path.name} is no Parquet file, or is damaged") from error


@contextmanager
def _no_standard_error() -> Iterator[None]:
    """Let nothing be written to the process's standard error."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
