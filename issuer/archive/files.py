"""The files of an archive: tables in Parquet, in parts of bounded size, each on disk before it is counted on.

An edge file. Needs polars (the extra `archive`).
"""

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from shuangli.crypto import sha256
from shuangli.errors import StoreError, Unverified

ROWS_IN_A_PART: Final = 100_000
MANIFEST: Final = "manifest.cose"

_NUMBER, _BYTES, _TEXT = pl.Int64(), pl.Binary(), pl.String()
TABLES: Final[Mapping[str, Mapping[str, pl.DataType]]] = {
    "objects": {
        "no": _NUMBER,
        "kind": _NUMBER,
        "data": _BYTES,
        "operator": _TEXT,
        "received_s": _NUMBER,
    },
    "mint_log": {
        "load_key": _BYTES,
        "load_no": _NUMBER,
        "owner": _BYTES,
        "nonce": _BYTES,
        "order_id": _BYTES,
    },
    "spends": {
        "object_no": _NUMBER,
        "coin_key": _BYTES,
        "object_id": _BYTES,
        "settled_fen": _NUMBER,
        "further": _NUMBER,
    },
    "returns": {
        "operator": _TEXT,
        "number": _NUMBER,
        "owner": _BYTES,
        "parent_no": _NUMBER,
        "position": _NUMBER,
        "parent_id": _BYTES,
        "coin_id": _BYTES,
        "value_fen": _NUMBER,
        "epoch": _NUMBER,
        "from_fund": _NUMBER,
        "paid_fen": _NUMBER,
        "due_s": _NUMBER,
        "returned_s": _NUMBER,
    },
    "void_coins": {"parent_no": _NUMBER, "position": _NUMBER, "value_fen": _NUMBER},
    "taken_coins": {"parent_no": _NUMBER, "position": _NUMBER, "taken_fen": _NUMBER, "taken_s": _NUMBER},
    "cases": {
        "case_no": _NUMBER,
        "coin_key": _BYTES,
        "culprit": _BYTES,
        "operator": _TEXT,
        "face_fen": _NUMBER,
        "loss_fen": _NUMBER,
        "found_s": _NUMBER,
        "evidence": _BYTES,
    },
    "alarms": {"load_id": _BYTES, "operator": _TEXT, "raised_s": _NUMBER},
    "breaches": {"transfer_no": _NUMBER, "payer": _BYTES, "over_fen": _NUMBER},
}
"""The tables of an archive: columns and their kinds; docs/explanation/epochs.md says what they mean."""

Row = tuple[Any, ...]


class ArchiveWriter:
    """Writes the tables of an archive into a directory, part by part.

    Attributes:
        counts: rows of each table so far
        files: SHA-256 of each file written so far, by name
    """

    def __init__(self, directory: Path, *, rows_in_a_part: int = ROWS_IN_A_PART) -> None:
        """Write into `directory`, which is there and empty."""
        self.counts = dict.fromkeys(TABLES, 0)
        self.files: dict[str, bytes] = {}
        self._directory = directory
        self._most = rows_in_a_part
        self._rows: dict[str, list[Row]] = {name: [] for name in TABLES}
        self._parts = dict.fromkeys(TABLES, 0)

    def add(self, table: str, rows: Sequence[Row]) -> None:
        """Add rows to a table, in the order in which they are to stand there."""
        waiting = self._rows[table]
        waiting += rows
        self.counts[table] += len(rows)
        if len(waiting) >= self._most:
            self._write(table)

    def finish(self) -> None:
        """Write what is left, so that every table has at least one part."""
        for table in TABLES:
            if self._rows[table] or not self._parts[table]:
                self._write(table)

    def _write(self, table: str) -> None:
        frame = pl.DataFrame(self._rows[table], schema=TABLES[table], orient="row")
        written = io.BytesIO()
        frame.write_parquet(written, compression="zstd")
        name = f"{table}-{self._parts[table]:05d}.parquet"
        write_durably(self._directory / name, written.getvalue())
        self.files[name] = sha256(written.getvalue())
        self._parts[table] += 1
        self._rows[table] = []


class ArchiveFiles:
    """The files of an archive that a manifest names; nothing is decoded before its digest is right."""

    def __init__(self, directory: Path, digests: Mapping[str, bytes]) -> None:
        """Read from `directory` what `digests` names."""
        self._directory = directory
        self._digests = digests

    def check(self) -> None:
        """Compare every file with its digest.

        Raises:
            Unverified: one is missing or altered, or there is another one (`report`).
        """
        found = {path.name for path in self._directory.iterdir()} - {MANIFEST}
        if found != set(self._digests):
            odd = ", ".join(sorted(found ^ set(self._digests)))
            raise Unverified("report", f"files are missing or not in the manifest: {odd}")
        for name in self._digests:
            self._read(name)

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table in their order, a part at a time in memory.

        Raises:
            Unverified: a part is missing, altered, or has other columns (`report`).
        """
        for name in sorted(self._digests):
            if name.startswith(f"{table}-"):
                yield from self._frame(name, table).iter_rows()

    def find(self, table: str, column: str, value: object) -> list[Row]:
        """The rows of a table in which a column has this value."""
        found: list[Row] = []
        for name in sorted(self._digests):
            if name.startswith(f"{table}-"):
                found += self._frame(name, table).filter(pl.col(column) == pl.lit(value)).rows()
        return found

    def find_ending(self, table: str, column: str, value: bytes) -> list[Row]:
        """The rows of a table in which a column's bytes end so."""
        found: list[Row] = []
        for name in sorted(self._digests):
            if name.startswith(f"{table}-"):
                found += self._frame(name, table).filter(pl.col(column).bin.ends_with(value)).rows()
        return found

    def _frame(self, name: str, table: str) -> pl.DataFrame:
        frame = pl.read_parquet(io.BytesIO(self._read(name)))
        if frame.schema != pl.Schema(TABLES[table]):
            raise Unverified("report", f"{name} has other columns than a table of {table}")
        return frame

    def _read(self, name: str) -> bytes:
        try:
            data = (self._directory / name).read_bytes()
        except OSError as error:
            raise Unverified("report", f"{name} cannot be read: {error.strerror}") from error
        if sha256(data) != self._digests[name]:
            raise Unverified("report", f"{name} is not the file that the manifest names")
        return data


def write_durably(path: Path, data: bytes) -> None:
    """Write a file, and wait until it is on disk.

    Raises:
        StoreError: it cannot be written (`unavailable`).
    """
    try:
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StoreError("unavailable", f"{path}: {error.strerror}") from error


def settle_directory(path: Path) -> None:
    """Wait until the names in a directory are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
