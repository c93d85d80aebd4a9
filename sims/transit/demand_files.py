"""Demand as people hand it in: a table of trips, or a table of boardings.

    trips      hour, origin, destination, trips [, date]     hour 0-23 of entry; date YYYY-MM-DD
    boardings  slot_start_s, station, boardings [, date]     seconds since midnight of the first day, or of
                                                             the row's own date where there is one

Rows for the same thing add up; rows with 0 trips count for nothing but name their stations. A trip back
to the station it began at is a trip (real data have them: 2,004 of 731,520 on one day in Bengaluru). Dates
may have gaps: the days between are days without trips.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from shuangli.errors import BadInput
from shuangli.sims.arrays import Ints
from shuangli.sims.scenario import DAY_S, HOUR_S
from shuangli.sims.tables import Table, first
from shuangli.sims.transit.network import MAX_STATIONS, Network, known_stations
from shuangli.sims.transit.profile import HOURS

MAX_TRIPS: Final = 2**31 - 1
MAX_DAYS: Final = 366
ONE_DAY: Final = ("day 1",)
_TRIPS: Final = ("hour", "origin", "destination", "trips")
_BOARDINGS: Final = ("slot_start_s", "station", "boardings")
_EXPECTED: Final = (
    "the columns hour, origin, destination, trips (and date, if more than one day),"
    " or slot_start_s, station, boardings"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TripRows:
    """Trips by day, hour, origin and destination: arrays of one length, sorted, no combination twice."""

    stations: tuple[str, ...]
    days: tuple[str, ...]
    day: Ints
    hour: Ints
    origin: Ints
    destination: Ints
    trips: Ints

    def __post_init__(self) -> None:
        columns = (self.day, self.hour, self.origin, self.destination, self.trips)
        if len({column.shape for column in columns}) != 1:
            raise ValueError("the arrays of trips must have one length")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoardingRows:
    """Boardings [days, 24, stations]."""

    stations: tuple[str, ...]
    days: tuple[str, ...]
    boardings: Ints

    def __post_init__(self) -> None:
        if self.boardings.shape != (len(self.days), HOURS, len(self.stations)):
            raise ValueError("boardings must be an array [days, 24, stations]")


def demand_rows(table: Table, network: Network | None) -> TripRows | BoardingRows:
    """The rows of either kind of table, checked; every station must be in `network` if there is one.

    Errors: `BadInput` naming file, row and column.
    """
    boardings = table.has("boardings") or table.has("slot_start_s")
    if boardings and not (table.has("origin") or table.has("destination")):
        return _boarding_rows(table, network)
    return _trip_rows(table, network)


def _trip_rows(table: Table, network: Network | None) -> TripRows:
    table.require(_TRIPS, _EXPECTED)
    hour = table.whole("hour", low=0, high=HOURS - 1)
    stations, (origin, destination) = _stations(table, ("origin", "destination"), network)
    trips = _counts(table, "trips")
    days, day = _days(table) if table.has("date") else (ONE_DAY, np.zeros_like(hour))
    shape = (len(days), HOURS, len(stations), len(stations))
    key, totals = summed(np.ravel_multi_index((day, hour, origin, destination), shape), trips)
    day, hour, origin, destination = np.unravel_index(key, shape)
    return TripRows(
        stations=stations, days=days, day=day, hour=hour, origin=origin, destination=destination, trips=totals
    )


def _boarding_rows(table: Table, network: Network | None) -> BoardingRows:
    table.require(_BOARDINGS, _EXPECTED)
    dated = table.has("date")
    slot_s = table.whole("slot_start_s", low=0, high=(1 if dated else MAX_DAYS) * DAY_S - 1)
    stations, (station,) = _stations(table, ("station",), network)
    counts = _counts(table, "boardings")
    if dated:
        days, day = _days(table)
    else:
        day = slot_s // DAY_S
        days = tuple(f"day {number + 1}" for number in range(int(day.max()) + 1))
    shape = (len(days), HOURS, len(stations))
    cells = np.ravel_multi_index((day, slot_s % DAY_S // HOUR_S, station), shape)
    key, totals = summed(cells, counts)
    boardings = np.zeros(shape, dtype=np.int64)
    boardings.reshape(-1)[key] = totals
    if len(stations) < 2:
        what = "names one station only, there is nowhere to go"
        raise BadInput("bad-value", f"{table.name}: column station: {what}")
    return BoardingRows(stations=stations, days=days, boardings=boardings)


def summed(key: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Keys in rising order, once each, and the sum of the counts of each; sums of 0 are left out."""
    order = np.argsort(key, kind="stable")
    keys, starts = np.unique(key[order], return_index=True)
    totals = np.add.reduceat(counts[order], starts)
    return keys[totals > 0], totals[totals > 0]


def _stations(
    table: Table, columns: tuple[str, ...], network: Network | None
) -> tuple[tuple[str, ...], list[Ints]]:
    """Stations in the order of their names, and each column as indices into them."""
    names = [table.names(column, "station") for column in columns]
    if network is not None:
        known_stations(table, columns, network)
    every = pl.concat(names)
    stations = every.unique().sort()
    if stations.len() > MAX_STATIONS:
        what = f"{table.name}: has {stations.len()} stations, expected at most {MAX_STATIONS}"
        raise BadInput("bad-value", what)
    kind = pl.Enum(stations)
    indices = [series.cast(kind).to_physical().to_numpy().astype(np.int64) for series in names]
    return tuple(stations.to_list()), indices


def _counts(table: Table, column: str) -> Ints:
    counts = table.whole(column, low=0, high=MAX_TRIPS)
    total = np.cumsum(counts)
    if total[-1] > MAX_TRIPS:
        over = int(np.argmax(total > MAX_TRIPS))
        raise table.bad(over, column, f"makes more than {MAX_TRIPS} in total")
    if total[-1] == 0:
        what = "is 0 in every row, expected at least one trip"
        raise BadInput("bad-value", f"{table.name}: column {column}: {what}")
    return counts


def _days(table: Table) -> tuple[tuple[str, ...], Ints]:
    """All days from the first to the last as YYYY-MM-DD, and the day of each row."""
    dates = table.dates("date")
    number = dates.to_physical().to_numpy().astype(np.int64)
    begin = int(number.min())
    far = first(pl.Series(number - begin) >= MAX_DAYS)
    start = date(1970, 1, 1) + timedelta(days=begin)
    if far is not None:
        what = f"{dates[far]} is more than {MAX_DAYS} days after {start}, the first date"
        raise table.bad(far, "date", what)
    count = int(number.max()) - begin + 1
    return tuple(str(start + timedelta(days=day)) for day in range(count)), number - begin
