"""Reading a period's entries: one pass, the same for who writes a report and for who verifies it."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from shuangli.errors import Unverified
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.period_report import Span
from shuangli.offline.periods.adding_up import AddedUp, add_up
from shuangli.offline.periods.books import Books, Source
from shuangli.offline.periods.figures import Path, named, told
from shuangli.offline.periods.receipts import Receipts

Told = list[tuple[Path, int]]
Watch = Callable[[int, bytes, Event, Told], None]
"""Is shown each entry of a log in turn: its number, its bytes, what they say, the figures that it tells."""


def unwatched(number: int, data: bytes, event: Event, told: Told) -> None:
    """Look at nothing."""


class Found(NamedTuple):
    """What a log comes to: at a period's beginning, at its end, and with all that has followed.

    `books` is how many entries of the books the pass has taken up to the period's end, which is at `until_s`.
    """

    before: AddedUp
    at_end: AddedUp
    whole: AddedUp
    books: int
    until_s: int

    def flows(self) -> dict[str, int]:
        """The period's flows by name."""
        return named(self.at_end.totals.since(self.before.totals))

    def stocks(self) -> dict[str, int]:
        """The stocks at its end by name."""
        return named(self.at_end.totals.stocks(at_s=self.until_s))


class Reading:
    """One pass over the log of `origin`.

    Attributes:
        evidence: the SHA-256 of each case's evidence, by its number, for the cases of the period
    """

    def __init__(
        self, *, origin: str, span: Span, books: Source, receipts: Receipts, watch: Watch = unwatched
    ) -> None:
        """Read for the period `span`, with the books' entries, and note what the receipts promise."""
        self.evidence: dict[int, bytes] = {}
        self._central = origin == CENTRE_ORIGIN
        self._span = span
        self._books = Books(books, origin=origin)
        self._receipts = receipts
        self._watch = watch

    def read(self, known: AddedUp, entries: Iterable[bytes], *, size: int) -> Found:
        """Go on from `known` with all further entries of a log of `size` entries.

        Raises:
            Unverified: they, or the books, are not what this log can be (`report`).
        """
        left = iter(entries)
        if self._span.first < known.tree.size:
            raise Unverified("report", "the period begins before the end of the one before")
        before = add_up(known, left, self._span.first, tell=self._tell)
        at_end = add_up(before, left, self._span.end, tell=self._tell)
        books = self._books.taken
        whole = add_up(at_end, left, size, tell=self._tell)
        if next(left, None) is not None:
            raise Unverified("report", f"the log goes on after the {size} entries that it is said to have")
        self._books.check_end()
        return Found(before, at_end, whole, books, self._span.until_s)

    def _tell(self, number: int, data: bytes, event: Event) -> Told:
        span = self._span
        inside = span.first <= number < span.end
        if inside != (span.from_s <= event.at_s < span.until_s):
            where = "inside" if inside else "outside"
            raise Unverified("report", f"entry {number}, of {event.at_s}, is counted {where} the period")
        if inside and event.kind is EventKind.CASE:
            self.evidence[event.fact("case_no")] = event.fact("evidence")
        self._receipts.see(number, data)
        figures = told(event, central=self._central) + self._books.told_by(number, event)
        self._watch(number, data, event, figures)
        return figures
