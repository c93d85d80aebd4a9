"""A report's index: made in one pass over its log, so that each page reads a few entries only.

For each figure it keeps how many entries tell of it and what they come to, and the first ones; for each block
of entries, where it begins in the files of the log and of the books. In memory, for as long as the report is
open: it follows from files that were verified, and costs a few megabytes however long the log is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple

from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.ageing import AGE, DUE, LEFT, SINCE, class_path
from shuangli.offline.periods.figures import Path
from shuangli.offline.periods.following import FOLLOWS

BLOCK: Final = 256
MOST_SHOWN: Final = 200
HOUR_S: Final = 3_600
END, PERIOD = "end", "period"


class Place(NamedTuple):
    """Where an entry begins: bytes into the log's file, and into that of the books."""

    log: int
    books: int


class TellingEntry(NamedTuple):
    """An entry of the log, by its number, and the figures that it tells."""

    number: int
    event: Event
    told: tuple[tuple[Path, int], ...]


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


class Index:
    """What the pages of one report need of its entries.

    Attributes:
        hours: those of the period in which anything was told, in order
        found_s: when each case of the period was found, by the digest of its evidence
    """

    def __init__(self, report: PeriodReport) -> None:
        """Begin with no entries."""
        self.hours: list[Hour] = []
        self.found_s: dict[bytes, int] = {}
        self._report = report
        self._places: list[Place] = []
        self._seen: dict[str, dict[str, Seen]] = {END: {}, PERIOD: {}}
        self._names: dict[Path, str] = {}
        self._outstanding_fen = 0

    def add(self, entry: TellingEntry, place: Place) -> None:
        """Take in the next entry, which begins at a place."""
        if entry.number % BLOCK == 0:
            self._places.append(place)
        inside = entry.number >= self._report.span.first
        amounts: dict[str, int] = {}
        for path, amount in entry.told:
            name = self._name(path)
            amounts[name] = amounts.get(name, 0) + amount
        for name, amount in amounts.items():
            if amount:
                self._see(END, name, entry, amount)
                if inside:
                    self._see(PERIOD, name, entry, amount)
        self._add_hour(entry, inside=inside)

    def place_of(self, number: int) -> tuple[int, Place]:
        """The first entry of the block that an entry is in, and where it begins."""
        return number // BLOCK * BLOCK, self._places[number // BLOCK]

    def behind(self, figure: str) -> Seen:
        """The entries that a figure, `end.…` or `period.…`, is the sum of."""
        where, _, name = figure.partition(".")
        known, signs = self._seen[where], self._parts(name)
        parts = [(known[part], sign) for part, sign in signs.items() if part in known]
        firsts = merge(
            *([one._replace(amount=sign * one.amount) for one in seen.first] for seen, sign in parts)
        )
        return Seen(
            sum(seen.entries for seen, _ in parts),
            sum(sign * seen.amount for seen, sign in parts),
            [*islice(firsts, MOST_SHOWN)],
        )

    def _name(self, path: Path) -> str:
        name = self._names.get(path)
        if name is None:
            name = self._names[path] = ".".join(word.replace(".", "_") for word in path)
        return name

    def _see(self, where: str, name: str, entry: TellingEntry, amount: int) -> None:
        seen = self._seen[where].setdefault(name, Seen())
        seen.entries += 1
        seen.amount += amount
        if len(seen.first) < MOST_SHOWN:
            event = entry.event
            seen.first.append(
                Behind(entry.number, event.at_s, event.kind.name.lower(), event.operator, amount)
            )

    def _add_hour(self, entry: TellingEntry, *, inside: bool) -> None:
        starts_s = entry.event.at_s // HOUR_S * HOUR_S
        if inside and (not self.hours or self.hours[-1].starts_s != starts_s):
            self.hours.append(Hour(starts_s))
        for path, amount in entry.told:
            if path[0] == SINCE:
                self._outstanding_fen += amount
            elif inside and (what := _IN_HOURS.get((path[0], path[-1])) or _IN_HOURS.get((path[0],))):
                hour = self.hours[-1]
                setattr(hour, what, getattr(hour, what) + amount)
        if inside:
            self.hours[-1].outstanding_fen = self._outstanding_fen
            if entry.event.kind is EventKind.CASE:
                self.found_s[entry.event.fact("evidence")] = entry.event.at_s

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
        until_s = self._report.span.until_s
        for path, name in self._names.items():
            if path[0] == kind and ".".join(class_path(kind, path[1], at_s=until_s)) == figure:
                yield name


_IN_HOURS: Final[Mapping[tuple[str, ...], str]] = {
    ("loads", "value_fen"): "loaded_fen",
    ("uploads", "credited_fen"): "credited_fen",
    ("waits",): "payments",
    ("cases", "count"): "cases",
}
"""What of an hour a figure goes into, by the first and the last word of its name, or by the first."""
