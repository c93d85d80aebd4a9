"""How alike two days of demand are: distances between them, and the test that goes with each.

Days with hundreds of thousands of trips differ from each other beyond doubt: a chi-square test tells any two
real Wednesdays apart. So what matters is how far apart two days are, and whether a made day lies farther from
a real one than another real day does.

    hours      total variation of the shares of the hours: the share of trips that would have to be moved
    stations   the same for the shares of stations, in order of size (a made day's stations have no names)
    distances  Kolmogorov and Smirnov's largest difference of the distributions of trips' lengths
    energy     energy distance of the lengths in kilometres (G. J. Szekely and M. L. Rizzo, 2013)
"""

from dataclasses import astuple, dataclass
from typing import Final

import numpy as np

from shuangli.sims.arrays import Floats
from shuangli.sims.transit.demand import Demand
from shuangli.sims.transit.network import Network

METRE_GRID: Final = np.arange(0, 60_001, 100)
"""Lengths at which distributions are compared, in metres."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """What a day looks like: shares of hours, of stations in falling order, of lengths up to a bound."""

    hours: Floats
    stations: Floats
    up_to: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Distances between two days, each 0 for days that are alike; see the module."""

    hours: float
    stations: float
    distances: float
    energy: float

    def within(self, others: "Apart", times: float) -> bool:
        """Whether none of these distances is larger than so many times the other."""
        return all(mine <= times * its for mine, its in zip(astuple(self), astuple(others), strict=True))


def shape_of(demand: Demand, network: Network, *, day: int) -> Shape:
    """The shape of one day of a demand."""
    rows = np.flatnonzero(demand.day == day)
    trips = demand.trips[rows].astype(np.float64)
    length_m = network.between(demand.stations)[demand.origin[rows], demand.destination[rows]]
    total = trips.sum()
    place = np.searchsorted(METRE_GRID, length_m, side="left")
    return Shape(
        hours=np.bincount(demand.hour[rows], weights=trips, minlength=24) / total,
        stations=np.sort(np.bincount(demand.origin[rows], weights=trips, minlength=len(demand.stations)))[
            ::-1
        ]
        / total,
        up_to=np.cumsum(np.bincount(place, weights=trips, minlength=METRE_GRID.size + 1))[:-1] / total,
    )


def apart(one: Shape, other: Shape) -> Apart:
    """How far two days are apart."""
    count = max(one.stations.size, other.stations.size)
    ranked = [np.pad(shape.stations, (0, count - shape.stations.size)) for shape in (one, other)]
    step_km = float(METRE_GRID[1]) / 1_000
    return Apart(
        hours=float(np.abs(one.hours - other.hours).sum() / 2),
        stations=float(np.abs(ranked[0] - ranked[1]).sum() / 2),
        distances=float(np.abs(one.up_to - other.up_to).max()),
        energy=float(np.sqrt(2 * ((one.up_to - other.up_to) ** 2).sum() * step_km)),
    )


def largest(several: list[Apart]) -> Apart:
    """The largest of each distance."""
    return Apart(**{name: max(getattr(one, name) for one in several) for name in Apart.__slots__})
