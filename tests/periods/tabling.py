"""Reports whose log and books lie there as tables only."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from shuangli.errors import Malformed
from shuangli.messages.events import Event
from shuangli.offline.periods.books import decode_entry
from shuangli.offline.periods.directory import SEQUENCES, files_below, verify_directory
from shuangli.offline.periods.parquet import write_parquet
from shuangli.offline.periods.tables import BOOKS, LOG, Row, shown_of_entry, shown_of_event
from shuangli.offline.periods.verifying import VerifiedPeriod
from tests.periods.making import Made, written


def as_tables(made: Made, directory: Path) -> Path:
    """A report in a directory, with its log and books as tables only; what is no entry shows what is none."""
    written(made, directory)
    for name in SEQUENCES:
        (directory / name).unlink()
    out = directory / "exported"
    out.mkdir()
    for table, items, shown in ((LOG, made.entries, _of_event), (BOOKS, made.books, _of_entry)):
        rows: Iterator[Row] = ((number, *shown(data), data) for number, data in enumerate(items))
        write_parquet(table, rows, out / f"{table.name}.parquet")
    return directory


def _of_event(data: bytes) -> Row:
    try:
        return shown_of_event(Event.decode(data))
    except Malformed:
        return (0, "", "")


def _of_entry(data: bytes) -> Row:
    try:
        return shown_of_entry(decode_entry(data))
    except Malformed:
        return (0, "", "", "")


def verified(
    directory: Path, root: bytes, *, after: VerifiedPeriod | None = None, receipts: Sequence[bytes] = ()
) -> VerifiedPeriod:
    return verify_directory(directory, files_below(directory), root=root, after=after, receipts=receipts)
