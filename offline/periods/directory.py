"""Edge: the directory of a period's report, for whoever verifies it or shows it.

The log and the books lie there as CBOR sequences. Where neither does, they are read from the Parquet tables
that were exported from them, and nothing else changes.
"""

import os
import stat
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from shuangli.errors import BadInput, Malformed
from shuangli.extras import needs_extra
from shuangli.messages.events import Event
from shuangli.offline.periods.books import BOOKS_FILE, FileSource
from shuangli.offline.periods.file import (
    LOG_FILE,
    REPORT_FILE,
    ReportFile,
    read_sequence,
    size_in_sequence,
)
from shuangli.offline.periods.reading import Told, Watch, unwatched
from shuangli.offline.periods.rows import BookRows, LogRows, entries_in, one_row
from shuangli.offline.periods.tables import BOOKS, EXPORTED, LOG, Row, Table
from shuangli.offline.periods.verifying import VerifiedPeriod, verify_period

SEQUENCES: Final[tuple[str, str]] = (LOG_FILE, BOOKS_FILE)
"""The files that are read piece by piece."""
MOST_FILE_BYTES: Final = 1 << 28
"""Largest other file that is read: the index of a log of two billion entries."""


class Place(NamedTuple):
    """Where an entry of the log begins, and the next one of the books: bytes into their files, or rows."""

    log: int = 0
    books: int = 0


class Contents(NamedTuple):
    """A log's entries, the books, and what compares each entry of the log, once decoded, with its row.

    `room` is what an entry of the log takes up where it lies, so that its `Place` can be found again.
    """

    entries: Iterator[bytes]
    books: FileSource
    check: Callable[[int, Event], None]
    room: Callable[[bytes], int]


def files_below(directory: Path, *, but: Container[str] = ()) -> dict[str, bytes]:
    """All files below a directory by their names in it, but some, and but what was exported from the report.

    Raises:
        Malformed: there is what no report has: a link or a pipe, which might lead anywhere, or a name that
            cannot be printed (`shape`); more bytes than a file of one has (`too-large`).
        OSError: one cannot be read.
    """
    found: dict[str, bytes] = {}
    for path in sorted(_paths_below(directory)):
        name = path.relative_to(directory).as_posix()
        about = path.lstat()
        if not name.isprintable():
            raise Malformed("shape", f"{name!a} is no name of a file of a report")
        if not stat.S_ISREG(about.st_mode):
            raise Malformed("shape", f"{name} is a link, or no file")
        if name in but or name.startswith(f"{EXPORTED}/"):
            continue
        if about.st_size > MOST_FILE_BYTES:
            raise Malformed("too-large", f"{name}: {about.st_size} bytes, at most {MOST_FILE_BYTES} are read")
        found[name] = path.read_bytes()
    return found


def _paths_below(directory: Path) -> Iterator[Path]:
    """All that lies below a directory, but the directories themselves.

    Raises:
        OSError: one cannot be read.
    """

    def stop(error: OSError) -> None:
        raise error

    for start, folders, names in os.walk(directory, onerror=stop):
        for name in names:
            yield Path(start, name)
        for name in folders:
            if (path := Path(start, name)).is_symlink():
                yield path


def in_tables(directory: Path) -> bool:
    """Whether the log and the books are there only as tables."""
    return (directory / EXPORTED / f"{LOG.name}.parquet").is_file() and not any(
        (directory / name).exists() for name in SEQUENCES
    )


def long_files(directory: Path) -> tuple[str, str]:
    """The names of the two files that hold the log and the books: sequences, or tables."""
    if in_tables(directory):
        return f"{EXPORTED}/{LOG.name}.parquet", f"{EXPORTED}/{BOOKS.name}.parquet"
    return SEQUENCES


def is_of_period(directory: Path) -> bool:
    """Whether the report of a period lies there, and not that of a simulation; part of it may be missing."""
    if any((directory / name).exists() for name in (*SEQUENCES, EXPORTED)):
        return True
    return report_file(directory) is not None


def report_file(directory: Path) -> ReportFile | None:
    """The parts of the `report.cbor` of a period in a directory; None if there is none that can be read."""
    path = directory / REPORT_FILE
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return ReportFile.decode(file.read(MOST_FILE_BYTES))
    except (OSError, Malformed):
        return None


@contextmanager
def contents_at(directory: Path, place: Place, *, alone: bool = True) -> Iterator[Contents]:
    """The log and the books from a place on; who is not `alone` in its process says so (`parquet_rows`).

    Raises:
        BadInput: there are none (`bad-file`), or they are tables, and the extra `archive` is not installed
            (`bad-option`).
        OSError: one of the files cannot be read.
    """
    if in_tables(directory):
        log = LogRows(_rows(directory, LOG, first=place.log, alone=alone), first=place.log)
        books = BookRows(_rows(directory, BOOKS, first=place.books, alone=alone), first=place.books)
        yield Contents(log.entries(), books, log.check, one_row)
        return
    _check_there(directory)
    with (directory / LOG_FILE).open("rb") as entries, (directory / BOOKS_FILE).open("rb") as more:
        entries.seek(place.log)
        more.seek(place.books)
        books_there = FileSource(read_sequence(more), at=place.books)
        yield Contents(read_sequence(entries), books_there, _no_row, size_in_sequence)


@contextmanager
def _contents_after(directory: Path, *, entries_read: int, books_read: int) -> Iterator[Contents]:
    """The log and the books, without so many that were read before."""
    if in_tables(directory):
        with contents_at(directory, Place(entries_read, books_read)) as contents:
            yield contents
        return
    with contents_at(directory, Place()) as contents:
        contents.books.pass_over(books_read)
        yield contents._replace(entries=islice(contents.entries, entries_read, None))


@contextmanager
def entries_of(directory: Path) -> Iterator[Iterator[bytes]]:
    """The entries of the log alone, from the first one on.

    Raises:
        BadInput: there are none (`bad-file`), or they are a table, and the extra `archive` is not installed
            (`bad-option`).
        OSError: the file cannot be read.
    """
    if in_tables(directory):
        yield entries_in(_rows(directory, LOG, first=0))
        return
    _check_there(directory)
    with (directory / LOG_FILE).open("rb") as entries:
        yield read_sequence(entries)


def _check_there(directory: Path) -> None:
    if not any((directory / name).exists() for name in SEQUENCES):
        what = f"neither {LOG_FILE} nor {EXPORTED}/{LOG.name}.parquet lies there"
        raise BadInput("bad-file", f"{directory}: {what}")


def _rows(directory: Path, table: Table, *, first: int, alone: bool = True) -> Iterator[Row]:
    with needs_extra("archive", "this"):
        from shuangli.offline.periods.parquet import parquet_rows
    return parquet_rows(directory / EXPORTED / f"{table.name}.parquet", table, first=first, alone=alone)


def _no_row(number: int, event: Event) -> None:
    """An entry of a file has no row to be compared with."""


def verify_directory(
    directory: Path,
    files: Mapping[str, bytes],
    *,
    root: bytes,
    after: VerifiedPeriod | None = None,
    receipts: Sequence[bytes] = (),
    witnesses: Sequence[bytes] = (),
    watch: Watch = unwatched,
) -> VerifiedPeriod:
    """Verify the report in a directory (`verify_period`); `files` are all files there but `SEQUENCES`.

    What `after` has read of its log and books is passed over.

    Raises:
        Malformed, Unverified: why it does not hold.
        BadInput: there is no report, or no log (`bad-file`), or its tables are to be read, and the extra
            `archive` is not installed (`bad-option`).
        OSError: the log or the books cannot be read.
    """
    if REPORT_FILE not in files:
        raise BadInput("bad-file", f"{directory / REPORT_FILE}: is missing")
    entries_read, books_read = (after.at_end.tree.size, after.books) if after is not None else (0, 0)
    with _contents_after(directory, entries_read=entries_read, books_read=books_read) as contents:

        def seen(number: int, data: bytes, event: Event, told: Told) -> None:
            contents.check(number, event)
            watch(number, data, event, told)

        return verify_period(
            files[REPORT_FILE],
            contents.entries,
            contents.books,
            {name: data for name, data in files.items() if name != REPORT_FILE},
            root=root,
            after=after,
            receipts=receipts,
            witnesses=witnesses,
            watch=seen,
        )
