"""The fares of a metro's working week, rider by rider: what the choice of coins is measured on."""

from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from shuangli.sims.transit.demand import Demand, demand_and_network
from shuangli.sims.transit.fares import BEIJING
from shuangli.sims.transit.given import given_days

DATA: Final = Path(__file__).resolve().parents[2] / "shared" / "data" / "transit"
DEMAND: Final = DATA / "bengaluru_od_hourly_2025-08-04_08.parquet"
NETWORK: Final = DATA / "bengaluru_line_stations.csv"
DAYS: Final = 5


class Week(NamedTuple):
    """For each rider the fares in fen, in order; and where they come from."""

    fares_fen: list[list[int]]
    source: str


def metro_week(*, trips_a_day: int, seed: int) -> Week:
    """About so many trips on each of five days, two a day for each rider.

    They are drawn from Monday to Friday of the Bengaluru metro where the file is at hand; else the day of
    the shipped profile comes five times. The fares are Beijing's, by distance.
    """
    rng = np.random.default_rng(seed)
    real = DEMAND.is_file() and NETWORK.is_file()
    demand, network = demand_and_network(
        DEMAND if real else None, NETWORK if real else None, trips=trips_a_day, rng=rng
    )
    demand = _thinned(demand, DAYS * trips_a_day, rng) if real else _repeated(demand)
    rides, rider, count = given_days(
        demand, network, [False] * DAYS, trips_per_wallet=2.0, ride_share=0.8, seed=seed
    )
    distance_m = network.between(demand.stations)[rides.origin, rides.destination]
    riders: list[list[int]] = [[] for _ in range(count)]
    order = np.argsort(rides.entry_s, kind="stable")
    for who, fare_fen in zip(
        rider[order].tolist(), BEIJING.fare_fen(distance_m)[order].tolist(), strict=True
    ):
        riders[who].append(fare_fen)
    return Week(fares_fen=[fares for fares in riders if fares], source=demand.source)


def _thinned(demand: Demand, trips: int, rng: np.random.Generator) -> Demand:
    """Each trip stays with the same chance."""
    kept = rng.binomial(demand.trips, min(1.0, trips / demand.total_trips))
    rows = np.flatnonzero(kept)
    return replace(
        demand,
        day=demand.day[rows],
        hour=demand.hour[rows],
        origin=demand.origin[rows],
        destination=demand.destination[rows],
        trips=kept[rows],
    )


def _repeated(demand: Demand) -> Demand:
    """The one day of `demand`, five times."""
    return replace(
        demand,
        days=tuple(f"day {number}" for number in range(1, DAYS + 1)),
        day=np.repeat(np.arange(DAYS, dtype=np.int32), demand.day.size),
        hour=np.tile(demand.hour, DAYS),
        origin=np.tile(demand.origin, DAYS),
        destination=np.tile(demand.destination, DAYS),
        trips=np.tile(demand.trips, DAYS),
    )
