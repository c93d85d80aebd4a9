"""The log and the books of a report as rows of the tables `LOG` and `BOOKS`, to verify it from. Pure.

What counts is the bytes of an entry in its row: they are hashed, decoded and added up like those of a file.
What else the row shows is compared with them once they were decoded, so that nobody reads in a column what
the log does not say.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from shuangli.books import Entry
from shuangli.errors import Unverified
from shuangli.messages.events import Event
from shuangli.offline.periods.books import FileSource
from shuangli.offline.periods.tables import (
    BOOKS,
    EXPORTED,
    LOG,
    Row,
    Table,
    shown_of_entry,
    shown_of_event,
)


def entries_in(rows: Iterable[Row], *, first: int = 0) -> Iterator[bytes]:
    """The entries' bytes alone, of rows of `LOG` of which the first one has the entry of this number.

    Raises:
        Unverified: a row has another number than its place, or no bytes (`report`).
    """
    for _, data in _in_order(LOG, rows, first=first):
        yield data


class LogRows:
    """The rows of `LOG`; whoever decodes the entries gives each back, to be compared with its row."""

    def __init__(self, rows: Iterable[Row], *, first: int = 0) -> None:
        """Take rows, of which the first one has the entry of this number."""
        self._rows, self._first = rows, first
        self._shown: deque[Row] = deque()

    def entries(self) -> Iterator[bytes]:
        """The entries' bytes, in order.

        Raises:
            Unverified: a row has another number than its place, or no bytes (`report`).
        """
        for shown, data in _in_order(LOG, self._rows, first=self._first):
            self._shown.append(shown)
            yield data

    def check(self, number: int, event: Event) -> None:
        """Compare the next entry, decoded, with what its row shows.

        Raises:
            Unverified: the row shows something else (`report`).
        """
        _compare(LOG, number, self._shown.popleft(), shown_of_event(event))


class BookRows(FileSource):
    """The entries of the books from the rows of `BOOKS`, each compared with what its row shows.

    Attributes:
        at: the position of the next one
    """

    def __init__(self, rows: Iterable[Row], *, first: int = 0) -> None:
        """Take rows, of which the first one has this position."""
        self._shown: Row = ()
        super().__init__(self._data(rows, first), at=first, room=one_row)

    def _data(self, rows: Iterable[Row], first: int) -> Iterator[bytes]:
        for self._shown, data in _in_order(BOOKS, rows, first=first):
            yield data

    def _next(self, wanted: str) -> Entry:
        position, entry = self.at, super()._next(wanted)
        _compare(BOOKS, position, self._shown, shown_of_entry(entry))
        return entry


def one_row(data: bytes) -> int:  # noqa: ARG001
    """What an entry takes up in a table, whatever it is."""
    return 1


def _in_order(table: Table, rows: Iterable[Row], *, first: int) -> Iterator[tuple[Row, bytes]]:
    """What each row shows, and its bytes."""
    for number, (place, *shown, data) in enumerate(rows, first):
        if place != number:
            what = f"{table.columns[0].name} {place!r} where {number} is due"
            raise Unverified("report", f"{_named(table)}: row {number + 1} has {what}")
        if type(data) is not bytes:
            raise Unverified("report", f"{_named(table)}: row {number + 1} has no data")
        yield tuple(shown), data


def _compare(table: Table, number: int, shown: Row, found: Row) -> None:
    if shown != found:
        column, said, told = next(
            (column.name, one, other)
            for column, one, other in zip(table.columns[1:], shown, found, strict=False)
            if one != other
        )
        what = f"shows {said!r} as `{column}`, its data says {told!r}"
        raise Unverified("report", f"{_named(table)}: row {number + 1} {what}")


def _named(table: Table) -> str:
    return f"{EXPORTED}/{table.name}.parquet"
