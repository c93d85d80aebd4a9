"""A report's index: made while it is verified, so that each page reads a few entries only.

For each figure it keeps how many entries tell of it and what they come to, and the first ones; for each block
of entries, where it begins in the log and in the books. In memory, for as long as the report is
open: it follows from files that were verified, and costs a few megabytes however long the log is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple

from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.period_report import Span
from shuangli.offline.periods.ageing import AGE, DUE, LEFT, SINCE, class_path
from shuangli.offline.periods.directory import Place
from shuangli.offline.periods.figures import Path
from shuangli.offline.periods.following import FOLLOWS

BLOCK: Final = 256
MOST_SHOWN: Final = 200
HOUR_S: Final = 3_600
END, PERIOD = "end", "period"


class TellingEntry(NamedTuple):
    """An entry of the log, by its number, and the figures that it tells."""

    number: int
    event: Event
    told: Sequence[tuple[Path, int]]


class Behind(NamedTuple):
    """An entry behind a figure, and what of the figure it tells."""

    number: int
    at_s: int
    kind: str
    operator: str
    amount: int


@dataclass(slots=True)
class Seen:
    """What was seen of a figure: by how many entries it is told, their sum, and the first of them."""

    entries: int = 0
    amount: int = 0
    first: list[Behind] = field(default_factory=list)


@dataclass(slots=True)
class Hour:
    """What an hour of the period has brought: fen loaded and credited, payments, cases; what is open."""

    starts_s: int
    loaded_fen: int = 0
    credited_fen: int = 0
    payments: int = 0
    cases: int = 0
    outstanding_fen: int = 0


@dataclass(slots=True, eq=False)
class _Figure:
    """What all entries so far tell of a figure, and those of the period; what of an hour it goes into."""

    hour: str
    is_open: bool
    all: Seen = field(default_factory=Seen)
    inside: Seen = field(default_factory=Seen)


class Index:
    """What the pages of one report need of its entries.

    Attributes:
        hours: those of the period in which anything was told, in order
        found_s: when each case of the period was found, by the digest of its evidence
    """

    def __init__(self, span: Span) -> None:
        """Begin with no entries."""
        self.hours: list[Hour] = []
        self.found_s: dict[bytes, int] = {}
        self._span = span
        self._places: list[Place] = []
        self._figures: dict[Path, _Figure] = {}
        self._by_name: dict[str, _Figure] = {}
        self._outstanding_fen = 0

    def add(self, entry: TellingEntry, place: Place) -> None:
        """Take in the next entry, which begins at a place; those after the period are not looked at."""
        number, event, told = entry
        if number >= self._span.end:
            return
        if number % BLOCK == 0:
            self._places.append(place)
        inside = number >= self._span.first
        amounts: dict[_Figure, int] = {}
        for path, amount in told:
            figure = self._figures.get(path) or self._new_figure(path)
            amounts[figure] = amounts.get(figure, 0) + amount
        hour = self._hour_of(event) if inside else None
        for figure, amount in amounts.items():
            if amount:
                _see(figure.all, number, event, amount)
                if figure.is_open:
                    self._outstanding_fen += amount
                if hour is not None:
                    _see(figure.inside, number, event, amount)
                    if figure.hour:
                        setattr(hour, figure.hour, getattr(hour, figure.hour) + amount)
        if hour is not None:
            hour.outstanding_fen = self._outstanding_fen

    def place_of(self, number: int) -> tuple[int, Place]:
        """The first entry of the block that an entry is in, and where it begins."""
        return number // BLOCK * BLOCK, self._places[number // BLOCK]

    def behind(self, figure: str) -> Seen:
        """The entries that a figure, `end.…` or `period.…`, is the sum of."""
        where, _, name = figure.partition(".")
        known = ((self._by_name.get(part), sign) for part, sign in self._parts(name).items())
        parts = [(one.all if where == END else one.inside, sign) for one, sign in known if one is not None]
        firsts = merge(
            *([one._replace(amount=sign * one.amount) for one in seen.first] for seen, sign in parts)
        )
        return Seen(
            sum(seen.entries for seen, _ in parts),
            sum(sign * seen.amount for seen, sign in parts),
            [*islice(firsts, MOST_SHOWN)],
        )

    def _new_figure(self, path: Path) -> _Figure:
        """The figure of a path; paths that differ in dots within a word are one figure."""
        name = _name(path)
        figure = self._by_name.get(name)
        if figure is None:
            hour = _IN_HOURS.get((path[0], path[-1])) or _IN_HOURS.get((path[0],), "")
            figure = self._by_name[name] = _Figure(hour, path[0] == SINCE)
        self._figures[path] = figure
        return figure

    def _hour_of(self, event: Event) -> Hour:
        starts_s = event.at_s // HOUR_S * HOUR_S
        if not self.hours or self.hours[-1].starts_s != starts_s:
            self.hours.append(Hour(starts_s))
        if event.kind is EventKind.CASE:
            self.found_s[event.fact("evidence")] = event.at_s
        return self.hours[-1]

    def _parts(self, figure: str) -> Mapping[str, int]:
        """The sums that a figure is made of, each with its sign: itself, unless it follows from others."""
        kind = figure.partition(".")[0]
        start, _, what = figure.rpartition(".")
        if kind in (AGE, LEFT):
            return dict.fromkeys(self._days_of(figure, SINCE if kind == AGE else DUE), 1)
        for derived, plus, minus in FOLLOWS.get(kind, ()):
            if derived == what:
                return {f"{start}.{part}": 1 for part in plus} | {f"{start}.{part}": -1 for part in minus}
        return {figure: 1}

    def _days_of(self, figure: str, kind: str) -> Iterable[str]:
        for path in self._figures:
            if path[0] == kind and ".".join(class_path(kind, path[1], at_s=self._span.until_s)) == figure:
                yield _name(path)


def _name(path: Path) -> str:
    return ".".join(word.replace(".", "_") for word in path)


def _see(seen: Seen, number: int, event: Event, amount: int) -> None:
    seen.entries += 1
    seen.amount += amount
    if len(seen.first) < MOST_SHOWN:
        seen.first.append(Behind(number, event.at_s, event.kind.name.lower(), event.operator, amount))


_IN_HOURS: Final[Mapping[tuple[str, ...], str]] = {
    ("loads", "value_fen"): "loaded_fen",
    ("uploads", "credited_fen"): "credited_fen",
    ("waits",): "payments",
    ("cases", "count"): "cases",
}
"""What of an hour a figure goes into, by the first and the last word of its name, or by the first."""
