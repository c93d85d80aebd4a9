"""Where people go: a doubly constrained gravity model with two directions, from home to work and back.

Every trip goes either out or back. The trips out of a day are a matrix M [from, to] whose row sums are
the stations' home weights and whose column sums are their work weights; between two stations it is
proportional to the willingness to travel their distance, d^power * exp(-d / scale) (Tanner's function).
The trips back are M transposed. In hour h a share `outbound_share[h]` of the trips goes out:

    trips[h] = total[h] * (outbound[h] * M + (1 - outbound[h]) * M^T)

M is balanced by iterative proportional fitting (K. P. Furness, Traffic Engineering and Control 7, 1965;
A. G. Wilson, Transportation Research 1, 1967). Nothing here is random.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shuangli.sims.arrays import Floats
from shuangli.sims.transit.profile import HOURS, Profile

_ROUNDS: Final = 60


def willingness(distance_m: NDArray[np.integer], power: float, scale_m: float) -> Floats:
    """Willingness to travel between stations [from, to], each row scaled to a maximum of 1.

    0 on the diagonal: staying where one is cannot be explained by distance. (The scale of a row does not
    matter, since balancing gives each row a factor of its own; it keeps far stations from vanishing.)
    """
    apart = np.where(distance_m > 0, distance_m, 1).astype(np.float64)
    logarithm = power * np.log(apart) - apart / scale_m
    logarithm[distance_m <= 0] = -np.inf
    top = logarithm.max(axis=1, keepdims=True)
    return np.exp(logarithm - np.where(np.isfinite(top), top, 0.0))


def balanced(home: Floats, work: Floats, willing: Floats) -> Floats:
    """Trips out as shares of their total [from, to]: row sums `home`, column sums `work`, shape `willing`.

    Weights are scaled to add up to 1. Where no matrix has these sums (more than half of all weight on
    both sides of one station), the rows come out right and the columns as near as they can.
    """
    home, work = home / home.sum(), work / work.sum()
    trips = willing
    # Scaled as a matrix, not by factors: where no matrix fits, the factors would grow without bound.
    for _ in range(_ROUNDS):
        trips = _scaled(trips.T, work).T
        trips = _scaled(trips, home)
    total = trips.sum()
    return trips / total if total > 0 else trips


def _scaled(rows: Floats, sums: Floats) -> Floats:
    """Each row scaled to its sum; a row of nothing stays nothing."""
    total = rows.sum(axis=1, keepdims=True)
    scaled: Floats = sums[:, None] * np.divide(rows, total, out=np.zeros_like(rows), where=total > 0)
    return scaled


def station_weights(boardings: NDArray[np.integer], profile: Profile) -> tuple[Floats, Floats]:
    """Home and work weights of stations from their boardings by hour [24, stations].

    Boardings of an hour are expected to be total * (outbound * home + (1 - outbound) * work): solved for
    both weights by least squares, negative ones set to a sliver of the station's boardings.
    """
    total = boardings.sum(axis=1).astype(np.float64)
    outbound = np.array(profile.outbound_share)
    design = np.stack([total * outbound, total * (1 - outbound)], axis=1)
    weights = np.linalg.lstsq(design, boardings.astype(np.float64), rcond=None)[0]
    weights = np.maximum(weights, 0.01 * boardings.sum(axis=0) / total.sum())
    return weights[0] / weights[0].sum(), weights[1] / weights[1].sum()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayFlows:
    """The two matrices of a day and how they mix: `out` = M [from, to], adding up to 1, home to work."""

    out: Floats
    outbound_share: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.out.ndim != 2 or self.out.shape[0] != self.out.shape[1]:
            raise ValueError("trips out must be a square matrix")
        if len(self.outbound_share) != HOURS:
            raise ValueError("a day has 24 hours")

    def trips(self, hour: int) -> Floats:
        """Shares of the hour's trips [from, to], adding up to 1; all 0 if there is no matrix M."""
        outbound = self.outbound_share[hour]
        trips: Floats = outbound * self.out + (1 - outbound) * self.out.T
        return trips

    def destinations(self, hour: int) -> Floats:
        """Where those who board at each station go [from, to]: each row adds up to 1.

        Riders of a station from which M has no way go to all others alike. Needs two stations.
        """
        trips = self.trips(hour)
        elsewhere = 1.0 - np.eye(len(trips))
        rows = np.where(trips.sum(axis=1, keepdims=True) > 0, trips, elsewhere)
        shares: Floats = rows / rows.sum(axis=1, keepdims=True)
        return shares


def day_flows(home: Floats, work: Floats, distance_m: NDArray[np.integer], profile: Profile) -> DayFlows:
    """Flows between stations of these weights, at these distances [from, to], with the profile's decay."""
    willing = willingness(distance_m, profile.distance_power, profile.distance_scale_m)
    return DayFlows(out=balanced(home, work, willing), outbound_share=profile.outbound_share)
