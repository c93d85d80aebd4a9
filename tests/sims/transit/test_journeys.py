"""Planned trips: times, gates, buses and fares of given demand."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
import pytest

from shuangli.errors import BadInput
from shuangli.sims.transit.buses import LEAST_S, MOST_S, Fleet
from shuangli.sims.transit.demand import Demand, default_demand
from shuangli.sims.transit.fares import BEIJING
from shuangli.sims.transit.given import given_days, rides_of
from shuangli.sims.transit.journeys import Days, Planned, Riding, Rows, plan_trips
from shuangli.sims.transit.network import Network, synthetic_network
from shuangli.sims.transit.pace import PACE
from shuangli.sims.transit.phones import TAP_MS, Phone
from shuangli.sims.transit.tariff import Tariff
from shuangli.sims.transit.trips import BUS, Trips

NO_BUSES = Fleet(share=0, lines=3, buses=2, fare_fen=200)
ROWS = Rows(exits=4, gates=0, load=0.5)


def demand_from(network: Network, rows: Sequence[tuple[int, int, int, int, int]], days: int = 1) -> Demand:
    """Demand of rows of day, hour, origin, destination, trips."""
    day, hour, origin, destination, trips = np.array(rows).T
    return Demand(
        stations=network.stations,
        day=day,
        hour=hour,
        origin=origin,
        destination=destination,
        trips=trips,
        source="x",
        days=tuple(f"day {number + 1}" for number in range(days)),
    )


def planned(
    demand: Demand,
    network: Network,
    *,
    tariff: Tariff | None = None,
    fleet: Fleet = NO_BUSES,
    rows: Rows = ROWS,
    phone: Phone = Phone.SOFT,
    seed: int = 1,
) -> Planned:
    """Trips of a demand, with what matters to a test set."""
    weekend = [False] * len(demand.days)
    rides, rider, riders = given_days(demand, network, weekend, trips_per_wallet=2, ride_share=0.8, seed=seed)
    riding = Riding(
        rides=rides,
        rider=rider,
        phone=np.full(riders, phone, dtype=np.int64),
        stations=demand.stations,
        network=network,
    )
    return plan_trips(
        riding,
        fares=BEIJING,
        tariff=tariff or Tariff(),
        fleet=fleet,
        rows=rows,
        days=Days(weekend=tuple(weekend), month=(1,) * len(weekend)),
        seed=seed,
    )


def test_times_fares_and_boardings_follow_the_demand(abc: Network) -> None:
    demand = demand_from(abc, [(0, 8, 0, 2, 500), (0, 9, 1, 1, 40), (1, 8, 2, 0, 300)], days=2)
    trips = planned(demand, abc).trips
    assert len(trips) == 840
    assert (np.diff(trips.exit_s) >= 0).all()
    boardings = np.zeros_like(demand.boardings())
    np.add.at(boardings, (trips.entry_s // 86_400, trips.entry_s // 3_600 % 24, trips.origin), 1)
    assert np.array_equal(boardings, demand.boardings())
    # 3 km at 33 km/h are 327.3 s; a walk each way, at most a headway of waiting.
    took_s = trips.exit_s - trips.entry_s - trips.waited_ms // 1_000
    far = trips.origin != trips.destination
    assert took_s[far].min() >= 328 + 60 + 30
    assert took_s[far].max() <= int(PACE.longest_s(np.array([3_000]))[0]) + 2
    assert took_s[~far].max() <= int(PACE.longest_s(np.array([0]))[0]) + 2
    assert set(trips.fare_fen.tolist()) == {300}


def test_entries_spread_over_their_hour(abc: Network) -> None:
    rides = rides_of(demand_from(abc, [(0, 8, 0, 1, 60_000)]), abc, np.random.default_rng(1))
    by_minute = np.bincount((rides.entry_s - 8 * 3_600) // 60, minlength=60)
    assert by_minute.size == 60
    assert np.abs(by_minute - 1_000).max() < 6 * np.sqrt(1_000)


def test_each_trip_pays_for_its_own_way_between_the_stations_by_name(abc: Network) -> None:
    wide = Network(stations=abc.stations, distance_m=abc.distance_m * 8, source="x")
    ways = [(0, 8, origin, destination, 50) for origin in range(3) for destination in range(3)]
    trips = planned(demand_from(wide, ways), wide).trips
    assert np.array_equal(trips.fare_fen, BEIJING.fare_fen(wide.distance_m[trips.origin, trips.destination]))
    assert set(trips.fare_fen.tolist()) == {300, 400, 500, 600}
    far = np.array([[0, 7_000], [7_000, 0]], dtype=np.int32)
    other = Network(stations=("C", "A"), distance_m=far, source="x")
    demand = replace(demand_from(other, [(0, 8, 0, 1, 2)]), stations=("A", "C"))
    assert planned(demand, other).trips.fare_fen.tolist() == [400, 400]
    with pytest.raises(BadInput, match="station 'C' is not in the network"):
        planned(demand, synthetic_network(("A", "B"), np.random.default_rng(1)))


def test_early_birds_pay_less_on_working_days(abc: Network) -> None:
    demand = demand_from(abc, [(0, 6, 0, 2, 30), (0, 8, 0, 2, 30)])
    trips = planned(demand, abc, tariff=Tariff(early_before_s=7 * 3_600, early_off=0.5)).trips
    early = trips.entry_s < 7 * 3_600
    assert set(trips.fare_fen[early].tolist()) == {150}
    assert set(trips.fare_fen[~early].tolist()) == {300}


def test_gates_serve_one_at_a_time_in_each_row(abc: Network) -> None:
    demand = demand_from(abc, [(0, 8, 0, 2, 3_000)])
    narrow = Rows(exits=4, gates=1, load=0.5)
    slow, fast = (planned(demand, abc, rows=narrow, phone=p).trips for p in (Phone.CARD, Phone.SOFT))
    assert slow.waited_ms.mean() > 3 * fast.waited_ms.mean() > 0
    assert set(slow.gate.tolist()) == {0}
    for row in range(4):
        opens_ms = np.sort(slow.exit_s[slow.wallet % 4 == row]) * 1_000
        card_ms = int(TAP_MS[Phone.CARD])
        # Payments are in whole seconds: ten in a row take nine taps at least, less a second.
        assert (opens_ms[9:] - opens_ms[:-9] >= 9 * card_ms - 1_000).all()
    wide = planned(demand, abc, rows=Rows(exits=4, gates=0, load=0.1), phone=Phone.CARD)
    assert wide.gates.shape == (3, 4)
    assert wide.gates[2].min() > 1
    assert wide.trips.waited_ms.mean() < slow.waited_ms.mean()


def test_buses_run_between_home_and_metro(abc: Network) -> None:
    network = synthetic_network(tuple(f"S{number}" for number in range(20)), np.random.default_rng(2))
    demand = default_demand(4_000, np.random.default_rng(3), network=network)
    fleet = Fleet(share=0.25, lines=3, buses=2, fare_fen=200)
    trips = planned(demand, network, fleet=fleet).trips
    bus = ~trips.metro
    assert bus.mean() == pytest.approx(0.25, abs=0.001)
    assert trips.lines == ("Bus line 01", "Bus line 02", "Bus line 03")
    assert set(trips.fare_fen[bus].tolist()) == {200}
    assert (trips.origin[bus] == trips.destination[bus]).all()
    assert (trips.origin[bus] >= 20).all()
    assert set(trips.bus[bus].tolist()) == {0, 1}
    order = np.lexsort((trips.entry_s, trips.wallet))
    home: dict[int, int] = {}
    for trip in order.tolist():
        if trips.metro[trip]:
            home.setdefault(int(trips.wallet[trip]), int(trips.origin[trip]))
    for position in np.flatnonzero(bus[order]).tolist():
        trip = order[position]
        who = int(trips.wallet[trip])
        assert trips.origin[trip] - 20 == home[who] % 3
        before, after = (
            order[other] if 0 <= other < order.size and trips.wallet[order[other]] == who else None
            for other in (position - 1, position + 1)
        )
        leaves = after is not None and trips.metro[after] and trips.origin[after] == home[who]
        gap_s = int(trips.entry_s[after] - trips.entry_s[trip]) if leaves and after is not None else 0
        comes = before is not None and trips.metro[before] and trips.destination[before] == home[who]
        assert LEAST_S <= gap_s <= MOST_S or comes
    alone = planned(demand, network).trips
    assert np.array_equal(alone.exit_s, trips.exit_s[trips.metro])


def test_the_same_seed_is_the_same_day_and_another_is_not(abc: Network) -> None:
    demand = default_demand(3_000, np.random.default_rng(1), network=abc)
    one, again, other = (planned(demand, abc, seed=seed).trips for seed in (2, 2, 3))
    for field in fields(Trips):
        assert np.array_equal(getattr(one, field.name), getattr(again, field.name))
    assert not np.array_equal(one.entry_s, other.entry_s)


def test_trips_are_checked_when_built() -> None:
    zero = np.array([0, 0])
    good: dict[str, object] = {"stations": ("A", "B"), "lines": ("L",), "wallets": 2, "phone": zero}
    good |= {"entry_s": np.array([0, 100]), "exit_s": np.array([50, 150]), "wallet": zero}
    good |= {"origin": np.array([0, 1]), "destination": np.array([1, 0]), "fare_fen": np.array([300, 0])}
    good |= {"waited_ms": zero, "gate": zero, "bus": zero}

    def build(**changes: object) -> Trips:
        return Trips(**(good | changes))  # type: ignore[arg-type]

    assert len(build()) == 2
    for changes in (
        {"entry_s": np.array([0, 40])},
        {"entry_s": np.array([0, 151])},
        {"exit_s": np.array([160, 150])},
        {"entry_s": np.array([-1, 100])},
        {"origin": np.array([0, 3])},
        {"origin": np.array([0, 2])},
        {"gate": np.array([0, BUS])},
        {"wallet": np.array([0, 2])},
        {"fare_fen": np.array([300])},
        {"fare_fen": np.array([-1, 300])},
        {"phone": np.array([0])},
    ):
        with pytest.raises(ValueError, match=r"trip|range|gate|device"):
            build(**changes)
    assert build(entry_s=np.array([0, 40]), waited_ms=np.array([9_001, 0])).places == ("A", "B", "L")
    with pytest.raises(ValueError, match="read-only"):
        build().wallet[0] = 1
