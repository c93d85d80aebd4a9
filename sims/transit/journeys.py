"""From riders' rides to trips: arrivals, buses, fares and queues, put together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shuangli.sims.arrays import Bools, Ints
from shuangli.sims.chance import generator, uniforms
from shuangli.sims.scenario import DAY_S
from shuangli.sims.transit.buses import BusRides, Fleet, bus_rides
from shuangli.sims.transit.fares import Fares
from shuangli.sims.transit.gates import gates_needed, served
from shuangli.sims.transit.network import Network
from shuangli.sims.transit.pace import PACE, train_phases
from shuangli.sims.transit.phones import TAP_MS
from shuangli.sims.transit.tariff import Due, Tariff, charged_fen
from shuangli.sims.transit.tours import Rides
from shuangli.sims.transit.trips import BUS, Trips


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Riding:
    """All rides of a run: by whom, with what device (`Phone` by rider), between which stations."""

    rides: Rides
    rider: Ints
    phone: Ints
    stations: tuple[str, ...]
    network: Network

    @property
    def riders(self) -> int:
        """How many riders there are."""
        return self.phone.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of gates: at each station one for each of `exits`; a rider uses the exit of its number.

    With `gates` each row has so many; with 0 as many as keep a gate busy for at most the share `load` of its
    busiest quarter of an hour.
    """

    exits: int
    gates: int
    load: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Of each day whether it is a weekend's, and its month, as a number."""

    weekend: tuple[bool, ...]
    month: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """Trips, and how many gates there are in each row [stations, exits]."""

    trips: Trips
    gates: Ints


def plan_trips(
    riding: Riding, *, fares: Fares, tariff: Tariff, fleet: Fleet, rows: Rows, days: Days, seed: int
) -> Planned:
    """Every ride with its times, its gate and its fare, and the bus rides that go with them.

    Errors: `BadInput` if a station is not in the network.
    """
    rides, rider = riding.rides, riding.rider
    distance_m = riding.network.between(riding.stations)[rides.origin, rides.destination]
    arrives_ms = _arrivals(riding, distance_m, seed=seed)
    none = np.zeros(0, dtype=np.int64)
    buses = BusRides(at_s=none, rider=none, line=none, bus=none)
    if fleet.share:
        buses = bus_rides(rides, rider, riding.riders, fleet, seed=seed)
    takes_ms = TAP_MS[riding.phone[rider]]
    row = rides.destination * rows.exits + rider % rows.exits
    count = len(riding.stations) * rows.exits
    gates = np.full(count, rows.gates, dtype=np.int64)
    if not rows.gates:
        gates = gates_needed(row, arrives_ms, takes_ms, count, load=rows.load)
    through = served(row, arrives_ms, takes_ms, gates)
    zero = np.zeros(len(buses), dtype=np.int64)
    line = len(riding.stations) + buses.line
    entry_s = np.concatenate([rides.entry_s, buses.at_s])
    exit_s = np.concatenate([(arrives_ms + through.waited_ms + takes_ms) // 1_000, buses.at_s])
    origin = np.concatenate([rides.origin, line])
    destination = np.concatenate([rides.destination, line])
    who = np.concatenate([rider, buses.rider])
    full_fen = np.concatenate([fares.fare_fen(distance_m), zero + fleet.fare_fen])
    metro = np.arange(who.size) < len(rides)
    fare_fen = charged_fen(_due(who, entry_s, full_fen, metro, days), tariff)
    order = np.lexsort((who, destination, origin, entry_s, exit_s))
    trips = Trips(
        stations=riding.stations,
        lines=fleet.names,
        wallets=riding.riders,
        phone=riding.phone,
        entry_s=entry_s[order],
        exit_s=exit_s[order],
        origin=origin[order].astype(np.int32),
        destination=destination[order].astype(np.int32),
        fare_fen=fare_fen[order],
        wallet=who[order].astype(np.int32),
        waited_ms=np.concatenate([through.waited_ms, zero])[order],
        gate=np.concatenate([through.gate, zero + BUS])[order],
        bus=np.concatenate([np.zeros(len(rides), dtype=np.int64), buses.bus])[order],
    )
    return Planned(trips=trips, gates=gates.reshape(-1, rows.exits))


def _arrivals(riding: Riding, distance_m: NDArray[np.integer], *, seed: int) -> Ints:
    """When each ride reaches its gate, in milliseconds since the first midnight."""
    rides = riding.rides
    phases = train_phases(len(riding.stations), PACE, generator(seed, "trains"))
    # There is no telling a train's direction from two names; the order of the names stands for it.
    phase_s = phases[rides.destination, (rides.origin < rides.destination).astype(np.int64)]
    pace = uniforms(seed, "walking", riding.riders)[riding.rider]
    return PACE.arrives_ms(rides.entry_s, distance_m, phase_s, pace)


def _due(who: Ints, entry_s: Ints, fare_fen: Ints, metro: Bools, days: Days) -> Due:
    day = entry_s // DAY_S
    return Due(
        rider=who,
        entry_s=entry_s,
        month=_of_day(days.month)[day],
        working=_of_day(days.weekend)[day] == 0,
        metro=metro,
        fare_fen=fare_fen,
    )


def _of_day(values: Sequence[int | bool]) -> Ints:
    """Values by day; those of the last day hold for what is paid after it."""
    return np.array([*values, values[-1]], dtype=np.int64)
