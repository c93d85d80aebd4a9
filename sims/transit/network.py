"""A railway network as the demand sees it: stations, and the shortest distance between any two of them.

From a file (`line, seq, station, distance_from_previous_m`), where stations of the same name on several
lines are one station (an interchange without a walk), or laid out by the seed when nobody has a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shuangli.errors import BadInput
from shuangli.sims.tables import Table, first, read_table, shown
from shuangli.sims.transit.paths import UNREACHABLE, shortest_m
from shuangli.sims.transit.profile import Profile, shipped_profile

MAX_STATIONS: Final = 2_000
MAX_STEP_M: Final = 1_000_000
MAX_TRACK_M: Final = UNREACHABLE - 1
LAID_OUT: Final = "laid out by the seed"
"""What the source of a network says that is from no file."""
_COLUMNS: Final = ("line", "seq", "station", "distance_from_previous_m")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Stations and `distance_m` [stations, stations]: symmetric, 0 on the diagonal, positive elsewhere."""

    stations: tuple[str, ...]
    distance_m: NDArray[np.int32]
    source: str

    def __post_init__(self) -> None:
        count = len(self.stations)
        distance = np.array(self.distance_m, dtype=np.int32)
        if not count or len(set(self.stations)) != count or "" in self.stations:
            raise ValueError("a network needs stations with names of their own")
        if distance.shape != (count, count) or not np.array_equal(distance, distance.T):
            raise ValueError("distances must be a symmetric matrix with one row for each station")
        if np.diagonal(distance).any() or (distance[~np.eye(count, dtype=bool)] <= 0).any():
            raise ValueError("distances must be 0 to the station itself and positive to every other")
        distance.setflags(write=False)
        object.__setattr__(self, "distance_m", distance)

    def between(self, stations: Sequence[str]) -> NDArray[np.int32]:
        """Distances in metres [len(stations), len(stations)], in the order given.

        Errors: `BadInput` if the network does not have one of them.
        """
        index = {station: position for position, station in enumerate(self.stations)}
        for station in stations:
            if station not in index:
                raise BadInput("bad-value", f"station {shown(station)} is not in the network ({self.source})")
        where = np.array([index[station] for station in stations], dtype=np.int64)
        return self.distance_m[np.ix_(where, where)]


def read_network(path: Path) -> Network:
    """Read lines of stations; rows of a line are ordered by `seq`, whatever their order in the file.

    The first row of a line has no distance (or 0), unless the line is a loop: then its distance is the
    one from the line's last station, and closes it. Fractions of a metre are rounded. Stations keep the
    order in which the file names them first.

    Errors: `BadInput` naming file, row and column: a column is missing, a station or line has no name, a
    `seq` is not a whole number or occurs twice on its line, a distance is missing, negative, zero or over
    1,000 km, a station follows itself, a station cannot be reached from the first one, or there are more
    than 2,000 stations.
    """
    table = read_table(path)
    table.require(_COLUMNS, "the columns " + ", ".join(_COLUMNS))
    names = table.names("station", "station").to_list()
    stations = tuple(dict.fromkeys(names))
    if len(stations) > MAX_STATIONS:
        what = f"is station number {MAX_STATIONS + 1}, expected at most {MAX_STATIONS}"
        raise table.bad(names.index(stations[MAX_STATIONS]), "station", what)
    start, end, length_m = _edges(table, names)
    index = {station: position for position, station in enumerate(stations)}
    distance = shortest_m(
        len(stations),
        np.array([index[names[row]] for row in start], dtype=np.int64),
        np.array([index[names[row]] for row in end], dtype=np.int64),
        np.array(length_m, dtype=np.int64),
    )
    lost = np.flatnonzero(distance[0] == UNREACHABLE)
    if lost.size:
        name = stations[int(lost[0])]
        what = f"{shown(name)} cannot be reached from {shown(stations[0])} on any line"
        raise table.bad(names.index(name), "station", what)
    source = f"network file {Path(table.name).name}: {len(stations)} stations, shortest ways"
    return Network(stations=stations, distance_m=distance, source=source)


def _edges(table: Table, names: list[str]) -> tuple[list[int], list[int], list[int]]:
    """Start row, end row and length in metres of every step between neighbours."""
    lines: dict[str, list[int]] = {}
    for row, line in enumerate(table.names("line", "line")):
        lines.setdefault(line, []).append(row)
    seq = table.whole("seq", low=-(2**31), high=2**31)
    metres = np.rint(table.numbers("distance_from_previous_m", high=MAX_STEP_M))
    start: list[int] = []
    end: list[int] = []
    for line, rows in lines.items():
        ordered = sorted(rows, key=lambda row: (seq[row], row))
        for before, row in pairwise(ordered):
            if seq[before] == seq[row]:
                raise table.bad(row, "seq", f"{seq[row]} occurs twice on line {shown(line)}")
        steps = list(pairwise(ordered))
        if metres[ordered[0]] > 0:
            steps.append((ordered[-1], ordered[0]))
        for before, row in steps:
            if not metres[row] > 0:
                what = f"is missing or 0, expected the metres from {shown(names[before])}"
                raise table.bad(row, "distance_from_previous_m", what)
            if names[before] == names[row]:
                raise table.bad(row, "station", f"{shown(names[row])} follows itself on line {shown(line)}")
            start.append(before)
            end.append(row)
    lengths = [int(metres[row]) for row in end]
    if sum(lengths) > MAX_TRACK_M:
        far = int(np.argmax(np.cumsum(lengths) > MAX_TRACK_M))
        what = f"makes the track longer than {MAX_TRACK_M} m in total"
        raise table.bad(end[far], "distance_from_previous_m", what)
    return start, end, lengths


def known_stations(table: Table, columns: Sequence[str], network: Network) -> None:
    """Check that every station in `columns` is in the network; the error names the first row that is not."""
    unknown = [
        (position, order, column)
        for order, column in enumerate(columns)
        if (position := first(~table.names(column, "station").is_in(network.stations))) is not None
    ]
    if unknown:
        position, _, column = min(unknown)
        name = str(table.text(column)[position])
        raise table.bad(position, column, f"station {shown(name)} is not in the {network.source}")


def synthetic_network(
    stations: tuple[str, ...], rng: np.random.Generator, *, profile: Profile | None = None
) -> Network:
    """Lay `stations` out on lines by the random numbers of `rng`, when there is no network file.

    Stations are put in random order and cut into lines of about as many stations as the profile's; each
    line after the first crosses an earlier one in the middle third of both. Steps between neighbours are
    lognormal, fitted to real ones (`Profile.step_m`, `Profile.step_sigma`).
    """
    profile = profile or shipped_profile()
    count = len(stations)
    lines = max(1, round(count / profile.stations_per_line))
    routes: list[list[int]] = []
    for part in np.array_split(rng.permutation(count), lines):
        route = [int(station) for station in part]
        if routes:
            crossed = routes[int(rng.integers(len(routes)))]
            route.insert(_middle(len(route), rng), crossed[_middle(len(crossed) - 1, rng)])
        routes.append(route)
    start = np.array([a for route in routes for a in route[:-1]], dtype=np.int64)
    end = np.array([b for route in routes for b in route[1:]], dtype=np.int64)
    steps_m = rng.lognormal(np.log(profile.step_m), profile.step_sigma, start.size)
    distance = shortest_m(count, start, end, np.clip(np.rint(steps_m), 1, MAX_STEP_M).astype(np.int64))
    source = f"synthetic network: {count} stations on {lines} lines, {LAID_OUT}"
    return Network(stations=stations, distance_m=distance, source=source)


def _middle(last: int, rng: np.random.Generator) -> int:
    """A position from 0 to `last` in the middle third."""
    return int(rng.integers(last // 3, last - last // 3 + 1))
