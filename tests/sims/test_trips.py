"""Planned trips: times, fares and order."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from shuangli.errors import BadInput
from shuangli.sims.demand import Demand, default_demand
from shuangli.sims.fares import BEIJING
from shuangli.sims.network import Network, synthetic_network
from shuangli.sims.trips import Pace, Trips, plan_trips

ROOT = Path(__file__).resolve().parents[2]


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def demand_of(abc: Network, rows: list[tuple[int, int, int, int, int]], days: int = 1) -> Demand:
    day, hour, origin, destination, trips = np.array(rows).T
    return Demand(
        stations=abc.stations,
        day=day,
        hour=hour,
        origin=origin,
        destination=destination,
        trips=trips,
        source="x",
        days=tuple(f"day {number + 1}" for number in range(days)),
    )


def test_times_fares_and_boardings_follow_the_demand(abc: Network) -> None:
    demand = demand_of(abc, [(0, 8, 0, 2, 500), (0, 9, 1, 1, 40), (1, 8, 2, 0, 300)], days=2)
    trips = plan_trips(demand, abc, BEIJING, rng=seeded())
    assert len(trips) == 840
    assert (np.diff(trips.exit_s) >= 0).all()
    boardings = np.zeros_like(demand.boardings())
    np.add.at(boardings, (trips.entry_s // 86_400, trips.entry_s // 3_600 % 24, trips.origin), 1)
    assert np.array_equal(boardings, demand.boardings())
    # 3 km at 33 km/h are 327.3 s, and a station's own exit is reached in the fixed time.
    same = trips.origin == trips.destination
    assert set((trips.exit_s - trips.entry_s)[same].tolist()) == {240}
    assert set((trips.exit_s - trips.entry_s)[~same].tolist()) == {240 + 328}
    assert set(trips.fare_fen.tolist()) == {300}


def test_entries_spread_over_their_hour(abc: Network) -> None:
    trips = plan_trips(demand_of(abc, [(0, 8, 0, 1, 60_000)]), abc, BEIJING, trips_per_wallet=1, rng=seeded())
    by_minute = np.bincount((trips.entry_s - 8 * 3_600) // 60, minlength=60)
    assert by_minute.size == 60
    assert np.abs(by_minute - 1_000).max() < 6 * np.sqrt(1_000)


def test_each_trip_pays_for_its_own_way(abc: Network) -> None:
    wide = Network(stations=abc.stations, distance_m=abc.distance_m * 8, source="x")
    ways = [(0, 8, origin, destination, 50) for origin in range(3) for destination in range(3)]
    trips = plan_trips(demand_of(wide, ways), wide, BEIJING, rng=seeded())
    assert np.array_equal(trips.fare_fen, BEIJING.fare_fen(wide.distance_m[trips.origin, trips.destination]))
    assert set(trips.fare_fen.tolist()) == {300, 400, 500, 600}


def test_fares_follow_the_way_between_the_stations_by_name(abc: Network) -> None:
    far = Network(
        stations=("C", "A"), distance_m=np.array([[0, 7_000], [7_000, 0]], dtype=np.int32), source="x"
    )
    one = np.array([0])
    demand = Demand(
        stations=("A", "C"),
        day=one,
        hour=one,
        origin=one,
        destination=one + 1,
        trips=one + 1,
        source="x",
        days=("d",),
    )
    assert plan_trips(demand, far, BEIJING, rng=seeded()).fare_fen.tolist() == [400]
    with pytest.raises(BadInput, match="station 'C' is not in the network"):
        plan_trips(demand, synthetic_network(("A", "B"), seeded()), BEIJING, rng=seeded())


def test_as_many_wallets_as_the_busiest_day_asks_for(abc: Network) -> None:
    demand = demand_of(abc, [(0, 8, 0, 1, 51), (0, 18, 1, 0, 50), (1, 8, 0, 1, 10)], days=2)
    trips = plan_trips(demand, abc, BEIJING, rng=seeded())
    assert trips.wallets == 51
    assert np.unique(trips.wallet).tolist() == list(range(51))


def test_the_same_seed_is_the_same_day_and_another_is_not(abc: Network) -> None:
    demand = default_demand(3_000, seeded(1), network=abc)
    one, again, other = (plan_trips(demand, abc, BEIJING, rng=seeded(seed)) for seed in (2, 2, 3))
    for field in fields(Trips):
        assert np.array_equal(getattr(one, field.name), getattr(again, field.name))
    assert not np.array_equal(one.entry_s, other.entry_s)


def test_trips_are_checked_when_built() -> None:
    def build(**changes: object) -> Trips:
        good: dict[str, object] = {"stations": ("A", "B"), "wallets": 2, "fare_fen": np.array([300, 300])}
        good |= {"entry_s": np.array([0, 100]), "exit_s": np.array([50, 150]), "wallet": np.array([0, 0])}
        good |= {"origin": np.array([0, 1]), "destination": np.array([1, 0])}
        return Trips(**(good | changes))  # type: ignore[arg-type]

    assert len(build()) == 2
    for changes in (
        {"entry_s": np.array([0, 49])},
        {"entry_s": np.array([0, 150])},
        {"exit_s": np.array([160, 150])},
        {"entry_s": np.array([-1, 100])},
        {"origin": np.array([0, 2])},
        {"wallet": np.array([0, 2])},
        {"fare_fen": np.array([300])},
        {"fare_fen": np.array([-1, 300])},
    ):
        with pytest.raises(ValueError, match=r"trip|range"):
            build(**changes)
    assert build(entry_s=np.array([0, 49]), wallet=np.array([0, 1])).wallets == 2
    with pytest.raises(ValueError, match="read-only"):
        build().wallet[0] = 1


def test_a_pace_is_positive() -> None:
    assert Pace(speed_m_per_h=36_000, station_s=10).duration_s(np.array([0, 1, 10_000])).tolist() == [
        10,
        11,
        1_010,
    ]
    for speed_m_per_h, station_s in ((0, 10), (10, 0)):
        with pytest.raises(ValueError, match="positive"):
            Pace(speed_m_per_h=speed_m_per_h, station_s=station_s)
