"""Buses between home and the metro: on lines with a flat fare, whose validators are offline all day.

Some riders live on a bus line. They take the bus to the metro when they leave home, and from it when they
come back, and pay when they board. Their line is that of their home station. A validator belongs to one
bus of a line, keeps what it is paid, and hands in at the depot at night.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shuangli.sims.arrays import Ints
from shuangli.sims.chance import generator, uniforms
from shuangli.sims.transit.tours import Rides

LEAST_S, MOST_S = 300, 900
"""How long a bus takes to the metro, at least and at most."""
TURN_S: Final = 600
"""Buses of a line follow each other in turn, one in ten minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Lines with so many buses each, a flat fare, and the share of all trips that is made by bus."""

    share: float
    lines: int
    buses: int
    fare_fen: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the lines, if there are any."""
        return tuple(f"Bus line {number + 1:02d}" for number in range(self.lines)) if self.share else ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BusRides:
    """Boardings of buses as arrays: when (since the first midnight), by whom, on which line, which bus."""

    at_s: Ints
    rider: Ints
    line: Ints
    bus: Ints

    def __len__(self) -> int:
        return self.at_s.size


def bus_rides(rides: Rides, rider: Ints, riders: int, fleet: Fleet, *, seed: int) -> BusRides:
    """The bus rides of those who live on a line, so many that they are the fleet's share of all trips.

    There are fewer where too few trips begin or end at home. Nobody is on a bus and a train at once.
    """
    order = np.lexsort((rides.entry_s, rider))
    who, entry_s, exit_s = rider[order], rides.entry_s[order], rides.exit_s[order]
    begins = np.diff(who, prepend=-1) != 0
    home = rides.origin[order][begins]
    free_from_s = np.where(begins, 0, np.concatenate([[0], exit_s[:-1]]))
    free_until_s = np.where(np.append(begins[1:], True), np.iinfo(np.int64).max, np.append(entry_s[1:], 0))
    takes_s = LEAST_S + np.floor(generator(seed, "bus times").random(order.size) * (MOST_S - LEAST_S)).astype(
        np.int64
    )
    to_metro = (rides.origin[order] == home[who]) & (entry_s - takes_s > free_from_s)
    to_home = (rides.destination[order] == home[who]) & (exit_s + LEAST_S + takes_s < free_until_s)
    leaving, coming = np.flatnonzero(to_metro), np.flatnonzero(to_home & ~to_metro)
    at_s = np.concatenate([entry_s[leaving] - takes_s[leaving], exit_s[coming] + LEAST_S])
    on_bus = np.concatenate([who[leaving], who[coming]])
    wanted = round(fleet.share / (1 - fleet.share) * order.size)
    chosen = np.lexsort((at_s, uniforms(seed, "bus riders", riders)[on_bus]))[:wanted]
    chosen = chosen[np.lexsort((on_bus[chosen], at_s[chosen]))]
    return BusRides(
        at_s=at_s[chosen],
        rider=on_bus[chosen],
        line=home[on_bus[chosen]] % fleet.lines,
        bus=at_s[chosen] // TURN_S % fleet.buses,
    )
