"""Demand: how many trips begin on each day, in each hour, from each station to each other.

It comes from a file of trips (taken as it is), from a file of boardings (whose destinations are drawn by a
gravity model, the boardings kept exactly), or from the profile that ships with the package.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from shuangli.errors import BadInput
from shuangli.sims.arrays import Floats, Ints
from shuangli.sims.scenario import HOUR_S
from shuangli.sims.tables import Table, read_table
from shuangli.sims.transit.demand_files import MAX_TRIPS, ONE_DAY, BoardingRows, TripRows, demand_rows
from shuangli.sims.transit.gravity import day_flows, station_weights
from shuangli.sims.transit.network import Network, read_network, synthetic_network
from shuangli.sims.transit.profile import HOURS, Profile, shipped_profile
from shuangli.sims.transit.tours import Rides

_Cell = tuple[int, int, Ints]
"""A day, an hour, and the trips that begin then [from, to]."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Demand:
    """One row per day, hour, origin and destination with at least one trip, in that order.

    stations: names; `origin` and `destination` are positions in it.
    days: a name for each day, a date where the file has dates; `day` is a position in it. Days follow each
        other without gaps, so day d begins d * 86,400 seconds after the first.
    hour: 0-23, the hour of entry. trips: 1 or more, less than 2**31 in all.
    source: where the demand is from, for a report; the name of a file without its folder.

    `ValueError` if the arrays do not fit together. They are kept as read-only copies.
    """

    stations: tuple[str, ...]
    day: NDArray[np.int32]
    hour: NDArray[np.int32]
    origin: NDArray[np.int32]
    destination: NDArray[np.int32]
    trips: Ints
    source: str
    days: tuple[str, ...]

    def __post_init__(self) -> None:
        limits = {"day": len(self.days), "hour": HOURS, "origin": len(self.stations)}
        limits |= {"destination": len(self.stations), "trips": MAX_TRIPS + 1}
        for name, limit in limits.items():
            values = np.array(getattr(self, name), dtype=np.int64)
            low = 1 if name == "trips" else 0
            if values.ndim != 1 or values.shape != self.trips.shape or not values.size:
                raise ValueError("demand needs arrays of one length, with at least one row")
            if values.min() < low or values.max() >= limit:
                raise ValueError(f"{name} must lie between {low} and {limit - 1}")
            values = values if name == "trips" else values.astype(np.int32)
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        if len(set(self.stations)) != len(self.stations) or "" in self.stations:
            raise ValueError("stations need names of their own")
        shape = (len(self.days), HOURS, len(self.stations), len(self.stations))
        key = np.ravel_multi_index((self.day, self.hour, self.origin, self.destination), shape)
        if (np.diff(key) <= 0).any():
            raise ValueError("rows must be sorted by day, hour, origin, destination, none twice")
        if self.total_trips > MAX_TRIPS:
            raise ValueError(f"demand cannot have more than {MAX_TRIPS} trips")

    @property
    def total_trips(self) -> int:
        """All trips of all days."""
        return int(self.trips.sum())

    def boardings(self) -> Ints:
        """Trips that begin at each station [days, 24, stations]."""
        return self._counted(self.origin)

    def alightings(self) -> Ints:
        """Trips that end at each station, by the hour in which they begin [days, 24, stations]."""
        return self._counted(self.destination)

    def _counted(self, station: NDArray[np.int32]) -> Ints:
        counts = np.zeros((len(self.days), HOURS, len(self.stations)), dtype=np.int64)
        np.add.at(counts, (self.day, self.hour, station), self.trips)
        return counts


def read_demand(path: Path, network: Network | None = None, rng: np.random.Generator | None = None) -> Demand:
    """Read trips or boardings from a CSV or Parquet file (see `demand_files`).

    With a network, every station must be in it. For a table of boardings, which needs distances and random
    numbers for its destinations, both `network` and `rng` must be given (`demand_and_network` lays a
    network out where there is no file).

    Errors: `BadInput` with one line naming file, row (the header is row 1) and column.
    """
    return _of_table(read_table(path), network, rng)


def default_demand(
    trips: int,
    rng: np.random.Generator,
    *,
    network: Network | None = None,
    profile: Profile | None = None,
    places: np.random.Generator | None = None,
) -> Demand:
    """One day of exactly `trips` trips after a profile, or the one that ships for working days.

    Between the stations of `network`, or of one laid out by `rng` (not the caller's to see: use
    `demand_and_network` to have both). Station weights are the profile's distribution, dealt to stations
    by `places` (or else by `rng`), the heavier ones more often to central stations.

    Errors: `BadInput` if `trips` is not from 1 to 2**31 - 1.
    """
    if not 1 <= trips <= MAX_TRIPS:
        raise BadInput("bad-option", f"trips {trips} is not a whole number from 1 to {MAX_TRIPS}")
    profile = profile or shipped_profile()
    network = network or synthetic_network(profile_stations(profile), rng, profile=profile)
    distance_m = network.distance_m
    home, work = dealt_weights(distance_m, profile, places or rng)
    flows = day_flows(home, work, distance_m, profile)
    stay = np.diag((home / home.sum() + work / work.sum()) / 2)
    hour_share = np.array(profile.hour_share) / sum(profile.hour_share)

    def cells() -> Iterator[_Cell]:
        for hour, count in enumerate(rng.multinomial(trips, hour_share)):
            share = flows.trips(hour)
            same = profile.same_station_share if share.any() else 1.0
            drawn = rng.multinomial(count, ((1 - same) * share + same * stay).reshape(-1))
            yield 0, hour, drawn.reshape(stay.shape)

    return _of_cells(cells(), network.stations, ONE_DAY, f"profile fitted to {profile.source}")


def demand_and_network(
    demand: Path | None, network: Path | None, *, trips: int, rng: np.random.Generator
) -> tuple[Demand, Network]:
    """Demand and the network it runs on, from files or without either of them.

    Without a network file the stations of the demand are laid out by `rng`; without a demand file there are
    `trips` trips after the shipped profile, between the stations of the network.

    Errors: `BadInput`, as `read_demand`, `read_network` and `default_demand`.
    """
    known = read_network(network) if network else None
    if demand is None:
        known = known or synthetic_network(profile_stations(shipped_profile()), rng)
        return default_demand(trips, rng, network=known), known
    table = read_table(demand)
    known = known or synthetic_network(demand_rows(table, None).stations, rng)
    return _of_table(table, known, rng), known


def demand_of(rides: Rides, stations: tuple[str, ...], *, days: int, source: str) -> Demand:
    """The demand that these rides are, between `stations`, on so many days."""
    hour = rides.entry_s // HOUR_S % HOURS
    shape = (days, HOURS, len(stations), len(stations))
    cells = np.ravel_multi_index((rides.day, hour, rides.origin, rides.destination), shape)
    key, trips = np.unique(cells, return_counts=True)
    columns = [column.astype(np.int32) for column in np.unravel_index(key, shape)]
    return Demand(
        stations=stations,
        day=columns[0],
        hour=columns[1],
        origin=columns[2],
        destination=columns[3],
        trips=trips,
        source=source,
        days=ONE_DAY if days == 1 else tuple(f"day {day + 1}" for day in range(days)),
    )


def profile_stations(profile: Profile) -> tuple[str, ...]:
    """Names for the profile's stations: they stand for no real ones."""
    return tuple(f"Station {number:02d}" for number in range(1, profile.stations + 1))


def dealt_weights(
    distance_m: NDArray[np.integer], profile: Profile, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Home and work weights of stations: lognormal, correlated with each other and with centrality.

    The quantiles of the distribution are dealt out rather than drawn, so that a few dozen stations have
    the fitted spread with every seed. Centrality is a small mean distance to the other stations.
    """
    count = len(distance_m)
    normal = NormalDist()
    scores = np.array([normal.inv_cdf((rank + 0.5) / count) for rank in range(count)])
    central = np.empty(count)
    central[np.argsort(-distance_m.mean(axis=1), kind="stable")] = scores
    first, second = scores[rng.permutation(count)], scores[rng.permutation(count)]
    home_c, work_c, both = profile.home_centrality, profile.work_centrality, profile.home_work_correlation
    # The rows of the Cholesky factor of the correlation matrix of (centrality, home, work).
    home_own = np.sqrt(1 - home_c**2)
    work_home = (both - home_c * work_c) / home_own
    work_own = np.sqrt(1 - work_c**2 - work_home**2)
    home = home_c * central + home_own * first
    work = work_c * central + work_home * first + work_own * second
    return np.exp(profile.home_sigma * home), np.exp(profile.work_sigma * work)


def _of_table(table: Table, network: Network | None, rng: np.random.Generator | None) -> Demand:
    rows = demand_rows(table, network)
    name = Path(table.name).name
    if isinstance(rows, TripRows):
        return _of_rows(rows, f"trips of {name}")
    if network is None or rng is None:
        what = "is a table of boardings, whose destinations need a network and random numbers"
        raise BadInput("bad-option", f"{table.name}: {what}")
    cells = _drawn_destinations(rows, network, rng)
    return _of_cells(
        cells, rows.stations, rows.days, f"boardings of {name}, destinations drawn by a gravity model"
    )


def _drawn_destinations(rows: BoardingRows, network: Network, rng: np.random.Generator) -> Iterator[_Cell]:
    """Day, hour and trips [from, to], whose sums over `to` are the boardings, exactly."""
    profile = shipped_profile()
    home, work = station_weights(rows.boardings.sum(axis=0), profile)
    flows = day_flows(home, work, network.between(rows.stations), profile)
    for hour in range(HOURS):
        shares = flows.destinations(hour)
        for day in np.flatnonzero(rows.boardings[:, hour].any(axis=1)):
            boarding = np.flatnonzero(rows.boardings[day, hour])
            drawn = np.zeros(shares.shape, dtype=np.int64)
            drawn[boarding] = rng.multinomial(rows.boardings[day, hour, boarding], shares[boarding])
            yield int(day), hour, drawn


def _of_cells(
    cells: Iterator[_Cell], stations: tuple[str, ...], days: tuple[str, ...], source: str
) -> Demand:
    parts = []
    for on_day, in_hour, drawn in cells:
        origin, destination = np.nonzero(drawn)
        begins = np.broadcast_to([[on_day], [in_hour]], (2, origin.size))
        parts.append(np.concatenate([begins, [origin, destination, drawn[origin, destination]]]))
    columns = np.concatenate(parts, axis=1).astype(np.int64)
    day, hour, origins, destinations, trips = columns[:, np.lexsort(columns[3::-1])]
    rows = TripRows(
        stations=stations,
        days=days,
        day=day,
        hour=hour,
        origin=origins,
        destination=destinations,
        trips=trips,
    )
    return _of_rows(rows, source)


def _of_rows(rows: TripRows, source: str) -> Demand:
    return Demand(
        stations=rows.stations,
        day=rows.day.astype(np.int32),
        hour=rows.hour.astype(np.int32),
        origin=rows.origin.astype(np.int32),
        destination=rows.destination.astype(np.int32),
        trips=rows.trips,
        source=source,
        days=rows.days,
    )
