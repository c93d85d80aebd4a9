"""A report's tables as Parquet files, written and read piece by piece. Needs polars (the extra `archive`)."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

from shuangli.errors import Malformed
from shuangli.offline.periods.tables import Row, Table

_AT_ONCE: Final = 50_000
_TYPES: Final = {"string": pl.String(), "int64": pl.Int64()}


def write_parquet(table: Table, rows: Iterable[Row], path: Path) -> None:
    """Write a table.

    Raises:
        OSError: it cannot be written.
    """
    schema = {column.name: _TYPES[column.kind] for column in table.columns}
    left, parts = iter(rows), [pl.DataFrame(schema=schema)]
    while some := [*islice(left, _AT_ONCE)]:
        parts.append(pl.DataFrame(some, schema=schema, orient="row"))
    frame = pl.concat(parts)
    frame.write_parquet(path, compression="zstd")


def parquet_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, its head first.

    Raises:
        Malformed: it is no Parquet file (`shape`).
        OSError: it cannot be read.
    """
    try:
        frame = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise Malformed("shape", f"{path.name} is no Parquet file") from error
    yield tuple(frame.columns)
    for part in frame.iter_slices(_AT_ONCE):
        yield from part.iter_rows()
