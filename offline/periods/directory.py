"""Edge: the directory of a period's report, for whoever verifies it or shows it."""

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from shuangli.offline.periods.books import BOOKS_FILE
from shuangli.offline.periods.file import LOG_FILE, REPORT_FILE, read_sequence
from shuangli.offline.periods.tables import EXPORTED
from shuangli.offline.periods.verifying import VerifiedPeriod, verify_period

SEQUENCES: Final = (LOG_FILE, BOOKS_FILE)
"""The files that are read piece by piece."""


def files_below(directory: Path, *, but: Container[str] = ()) -> dict[str, bytes]:
    """All files below a directory by their names in it, but some, and but what was exported from the report.

    Raises:
        OSError: one cannot be read.
    """
    paths = {path.relative_to(directory).as_posix(): path for path in sorted(directory.rglob("*"))}
    return {
        name: path.read_bytes()
        for name, path in paths.items()
        if name not in but and not name.startswith(f"{EXPORTED}/") and path.is_file()
    }


@contextmanager
def sequences_in(directory: Path) -> Iterator[tuple[Iterator[bytes], Iterator[bytes]]]:
    """The entries of the log, and those of the books.

    Raises:
        OSError: one of the files cannot be read.
    """
    with (directory / LOG_FILE).open("rb") as log, (directory / BOOKS_FILE).open("rb") as books:
        yield read_sequence(log), read_sequence(books)


def verify_directory(
    directory: Path,
    files: Mapping[str, bytes],
    *,
    root: bytes,
    after: VerifiedPeriod | None = None,
    receipts: Sequence[bytes] = (),
    witnesses: Sequence[bytes] = (),
) -> VerifiedPeriod:
    """Verify the report in a directory (`verify_period`); `files` are all files there but `SEQUENCES`.

    What `after` has read of its log and books is passed over.

    Raises:
        Malformed, Unverified: why it does not hold.
        OSError: the log or the books cannot be read.
    """
    entries_read, books_read = (after.at_end.tree.size, after.books) if after is not None else (0, 0)
    with sequences_in(directory) as (entries, books):
        return verify_period(
            files.get(REPORT_FILE, b""),
            islice(entries, entries_read, None),
            islice(books, books_read, None),
            {name: data for name, data in files.items() if name != REPORT_FILE},
            root=root,
            after=after,
            receipts=receipts,
            witnesses=witnesses,
        )
