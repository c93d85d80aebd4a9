"""An audit log and the books behind it, read for a report of a period."""

from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from shuangli.books import Entry, Posting
from shuangli.database.audit import AuditLog
from shuangli.database.database import Database
from shuangli.errors import StoreError
from shuangli.messages.events import Event
from shuangli.messages.period_report import Span

_AT_ONCE: Final = 10_000


def span_of(log: AuditLog, *, size: int, from_s: int, until_s: int) -> Span:
    """The entries of a period among the first `size`, found by bisection: time never goes back in a log."""

    def first_from(time_s: int) -> int:
        low, high = 0, size
        while low < high:
            middle = (low + high) // 2
            if Event.decode(log.entry(middle)).at_s < time_s:
                low = middle + 1
            else:
                high = middle
        return low

    return Span(from_s=from_s, until_s=until_s, first=first_from(from_s), end=first_from(until_s))


class LedgerSource:
    """The books of a database, as `shuangli.offline.periods.books.Source`.

    Entries are read in the order of their numbers. The log tells of them in nearly the same one, so that few
    wait to be asked for.
    """

    def __init__(self, database: Database, *, end_no: int, taken: Callable[[Entry], object]) -> None:
        """Read the books of an open database up to, and without, entry `end_no`.

        `taken` is given each entry when it is asked for.
        """
        self._taken = taken
        self._rows = self._read(database, end_no)
        self._waiting: dict[int, Entry] = {}
        self._numbers: dict[tuple[str, bytes], int] = {}

    def numbered(self, first_no: int, last_no: int) -> list[Entry]:
        """The entries with these numbers.

        Raises:
            StoreError: there is none with one of them (`corrupt`).
        """
        return [self._take(number) for number in range(first_no, last_no + 1)]

    def about(self, kind: str, reference: bytes) -> Entry:
        """The entry of this kind about what the reference names.

        Raises:
            StoreError: there is none (`corrupt`).
        """
        while (kind, reference) not in self._numbers:
            self._more(f"a {kind} of {reference.hex()}")
        return self._take(self._numbers[kind, reference])

    def check_end(self) -> None:
        """Make sure that no entry is left.

        Raises:
            StoreError: one is, of which the log does not tell (`corrupt`).
        """
        for number, entry in self._rows:
            self._waiting[number] = entry
        if self._waiting:
            raise StoreError("corrupt", f"the log does not tell of entry {min(self._waiting)} of the books")

    def _take(self, number: int) -> Entry:
        while number not in self._waiting:
            self._more(f"an entry {number}")
        entry = self._waiting.pop(number)
        self._numbers.pop((entry.kind, entry.reference), None)
        self._taken(entry)
        return entry

    def _more(self, wanted: str) -> None:
        number, entry = next(self._rows, (0, None))
        if entry is None:
            raise StoreError("corrupt", f"the books have not got {wanted}, of which the log tells")
        self._waiting[number] = entry
        self._numbers[entry.kind, entry.reference] = number

    def _read(self, database: Database, end_no: int) -> Iterator[tuple[int, Entry]]:
        for start_no in range(0, end_no, _AT_ONCE):
            rows = database.rows(
                "SELECT entry_no, kind, at_s, reference, account, amount_fen FROM entries"
                " JOIN postings USING (entry_no) WHERE entry_no >= ? AND entry_no < ?"
                " ORDER BY entry_no, line",
                start_no,
                min(end_no, start_no + _AT_ONCE),
            )
            for number, lines in groupby(rows, key=itemgetter(0)):
                parts = [*lines]
                _, kind, at_s, reference, _, _ = parts[0]
                postings = tuple([Posting(row[4], row[5]) for row in parts])
                yield number, Entry(kind=kind, at_s=at_s, reference=bytes(reference), postings=postings)
