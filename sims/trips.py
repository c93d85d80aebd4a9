"""Trips: who enters where and when, leaves where and when, and pays how much.

Riders pay when they leave. A trip enters at a random second of its hour and lasts as long as the way at the
line's mean speed plus a fixed time in the stations.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shuangli.sims.demand import Demand
from shuangli.sims.demand_files import DAY_S
from shuangli.sims.fares import Fares
from shuangli.sims.network import Network
from shuangli.sims.wallets import Rides, deal_wallets

TRIPS_PER_WALLET: Final = 2.0
"""Trips of a wallet on a day on which it rides, by default: out and back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long a trip takes: `station_s` seconds plus the way at `speed_m_per_h` metres an hour.

    33 km/h, stops included, is what Namma Metro's operator gave for its Purple Line (34 for the Green one;
    Times of India, 27 August 2022). The four minutes in stations are an assumption: a minute from the gate to
    the platform, two minutes of waiting (half of a headway of four), a minute from the platform to the gate.
    Walks and waits at interchanges are left out.
    """

    speed_m_per_h: int = 33_000
    station_s: int = 240

    def __post_init__(self) -> None:
        if self.speed_m_per_h <= 0 or self.station_s <= 0:
            raise ValueError("speed and time in stations must be positive")

    def duration_s(self, distance_m: NDArray[np.integer]) -> NDArray[np.int64]:
        """Seconds from entry to exit, rounded up, for distances in metres."""
        way = distance_m.astype(np.int64) * 3_600
        return self.station_s + (way + self.speed_m_per_h - 1) // self.speed_m_per_h


PACE: Final = Pace()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trips:
    """One trip in each place of the arrays, in order of `exit_s` (then entry, origin, destination, wallet).

    entry_s, exit_s: seconds since midnight of the first day. origin, destination: positions in `stations`.
    fare_fen: what is paid at the exit. wallet: from 0 to `wallets - 1`.

    `ValueError` if the arrays do not fit together, or a wallet would be on two trips at once. They are kept
    as read-only copies.
    """

    stations: tuple[str, ...]
    wallets: int
    entry_s: NDArray[np.int64]
    exit_s: NDArray[np.int64]
    origin: NDArray[np.int32]
    destination: NDArray[np.int32]
    fare_fen: NDArray[np.int64]
    wallet: NDArray[np.int32]

    def __post_init__(self) -> None:
        limits = {"origin": len(self.stations), "destination": len(self.stations), "wallet": self.wallets}
        for field in fields(self)[2:]:
            values = np.array(getattr(self, field.name), dtype=np.int32 if field.name in limits else np.int64)
            if values.ndim != 1 or values.shape != self.exit_s.shape or not values.size:
                raise ValueError("trips need arrays of one length, with at least one trip")
            if values.min() < 0 or values.max() >= limits.get(field.name, 2**62):
                raise ValueError(f"{field.name} is out of range")
            values.setflags(write=False)
            object.__setattr__(self, field.name, values)
        if (np.diff(self.exit_s) < 0).any():
            raise ValueError("trips must be in order of their exits")
        order = np.lexsort((self.entry_s, self.wallet))
        same = np.diff(self.wallet[order]) == 0
        overlap = self.entry_s[order][1:] < self.exit_s[order][:-1]
        if (self.entry_s >= self.exit_s).any() or overlap[same].any():
            raise ValueError("a trip must take time, and a wallet can only be on one trip at once")

    def __len__(self) -> int:
        return self.exit_s.size


def plan_trips(
    demand: Demand,
    network: Network,
    fares: Fares,
    *,
    trips_per_wallet: float = TRIPS_PER_WALLET,
    rng: np.random.Generator,
    pace: Pace = PACE,
) -> Trips:
    """Every trip of `demand`, with its times, its fare and its wallet (see `wallets`).

    Boardings by day, hour and station are those of the demand. Errors: `BadInput` if a station of the
    demand is not in the network, or `trips_per_wallet` cannot be had.
    """
    distance_m = network.between(demand.stations)
    row = np.repeat(np.arange(demand.trips.size, dtype=np.int64), demand.trips)
    columns = (demand.day, demand.hour, demand.origin, demand.destination)
    day, hour, origin, destination = (column[row].astype(np.int64) for column in columns)
    entry_s = day * DAY_S + hour * 3_600 + rng.integers(0, 3_600, row.size)
    way_m = distance_m[origin, destination]
    rides = Rides(
        day=day,
        entry_s=entry_s,
        exit_s=entry_s + pace.duration_s(way_m),
        origin=origin,
        destination=destination,
    )
    wallet, wallets = deal_wallets(rides, trips_per_wallet=trips_per_wallet, rng=rng)
    order = np.lexsort((wallet, destination, origin, entry_s, rides.exit_s))
    return Trips(
        stations=demand.stations,
        wallets=wallets,
        entry_s=entry_s[order],
        exit_s=rides.exit_s[order],
        origin=origin[order].astype(np.int32),
        destination=destination[order].astype(np.int32),
        fare_fen=fares.fare_fen(way_m)[order],
        wallet=wallet[order].astype(np.int32),
    )
