"""From a report's figures to what they come from: groups to look at, entries behind a figure, hours. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.figures import FOLLOWS, named
from shuangli.operator.console.reports import TellingEntry

HOUR_S: Final = 3_600
END, PERIOD = "end", "period"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Figures of one kind for one operator, epoch, tier or account: names of columns, and rows of values."""

    kind: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int | None, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """An entry behind a figure, and what of the figure it tells."""

    number: int
    at_s: int
    kind: str
    operator: str
    amount: int


def groups(figures: Mapping[str, int]) -> list[Group]:
    """A report's figures as tables: one a kind, a row for each name, a column for each figure."""
    kinds: dict[str, dict[str, dict[str, int]]] = {}
    for name, value in figures.items():
        kind, _, rest = name.partition(".")
        who, _, what = rest.rpartition(".")
        kinds.setdefault(kind, {}).setdefault(who, {})[what] = value
    found = []
    for kind, rows in sorted(kinds.items()):
        columns = tuple(sorted({what for row in rows.values() for what in row}))
        table = tuple(
            (who, tuple(row.get(column) for column in columns)) for who, row in sorted(rows.items())
        )
        found.append(Group(kind=kind, columns=columns, rows=table))
    return found


def behind(name: str, entries: Iterable[TellingEntry], report: PeriodReport) -> list[Behind]:
    """The entries that a figure, `end.…` or `period.…`, is the sum of."""
    where, _, figure = name.partition(".")
    first = report.span.first if where == PERIOD else 0
    signs = _parts(figure)
    found = []
    for entry in entries:
        if entry.number < first:
            continue
        amount = 0
        for told_name, value in named_all(entry):
            amount += signs.get(told_name, 0) * value
        if amount:
            event = entry.event
            found.append(
                Behind(
                    number=entry.number,
                    at_s=event.at_s,
                    kind=event.kind.name.lower(),
                    operator=event.operator,
                    amount=amount,
                )
            )
    return found


def named_all(entry: TellingEntry) -> list[tuple[str, int]]:
    """What an entry tells, by the names of figures."""
    return [(name, value) for path, value in entry.told for name in named({path: value})]


def _parts(figure: str) -> dict[str, int]:
    """The sums that a figure is made of, each with its sign; itself, if it does not follow from others."""
    start, _, what = figure.rpartition(".")
    for derived, plus, minus in FOLLOWS.get(figure.partition(".")[0], ()):
        if derived == what:
            return {f"{start}.{part}": 1 for part in plus} | {f"{start}.{part}": -1 for part in minus}
    return {figure: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """What an hour of the period has brought: fen loaded, fen credited, cases found."""

    starts_s: int
    loaded_fen: int = 0
    credited_fen: int = 0
    cases: int = 0


def hours(entries: Iterable[TellingEntry], report: PeriodReport) -> list[Hour]:
    """The hours of a period in which anything was told, in order."""
    sums: dict[int, list[int]] = {}
    for entry in entries:
        if entry.number < report.span.first:
            continue
        row = sums.setdefault(entry.event.at_s // HOUR_S * HOUR_S, [0, 0, 0])
        for path, value in entry.told:
            place = _PLACES.get((path[0], path[-1]))
            if place is not None:
                row[place] += value
    return [
        Hour(starts_s=starts_s, loaded_fen=loaded, credited_fen=credited, cases=cases)
        for starts_s, (loaded, credited, cases) in sorted(sums.items())
    ]


_PLACES: Final = {
    ("loads", "value_fen"): 0,
    ("uploads", "credited_fen"): 1,
    ("cases", "count"): 2,
}
