"""How long a trip takes, from the gate where it begins to the gate where it ends: on foot, waiting, by train.

Trains come in even time. Who alights reaches the gates after a walk, some faster than others, so that riders
come to the gates in bunches, one for each train.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shuangli.sims.arrays import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A walk of `walk_s` on average at both ends, trains every `headway_s`, the way at `speed_m_per_h`.

    33 km/h, stops included, is what Namma Metro's operator gave for its Purple Line (34 for the Green one;
    Times of India, 27 August 2022). A minute from gate to platform, and four minutes between two trains, are
    assumptions. The walk from the platform takes between half and one and a half times as long, depending on
    the rider. Walks and waits at interchanges are left out.
    """

    speed_m_per_h: int = 33_000
    walk_s: int = 60
    headway_s: int = 240

    def __post_init__(self) -> None:
        if min(self.speed_m_per_h, self.walk_s, self.headway_s) <= 0:
            raise ValueError("speed, walk and headway must be positive")

    def ride_s(self, distance_m: NDArray[np.integer]) -> Ints:
        """Seconds in the train, rounded up, for distances in metres."""
        way = distance_m.astype(np.int64) * 3_600
        return (way + self.speed_m_per_h - 1) // self.speed_m_per_h

    def longest_s(self, distance_m: NDArray[np.integer]) -> Ints:
        """The most that a trip can take, from gate to gate."""
        return self.ride_s(distance_m) + self.walk_s + self.headway_s + -(-3 * self.walk_s // 2)

    def arrives_ms(self, entry_s: Ints, distance_m: NDArray[np.integer], phase_s: Ints, walk: Floats) -> Ints:
        """When riders reach the gate, in milliseconds since the first midnight.

        `phase_s` is when a train comes in at the rider's destination, at any time of it; `walk`, from 0 to 1,
        is how slowly the rider walks.
        """
        ready_s = entry_s + self.walk_s + self.ride_s(distance_m)
        train_s = ready_s + (phase_s - ready_s) % self.headway_s
        walk_ms: Ints = np.rint(self.walk_s * 1_000 * (0.5 + walk)).astype(np.int64)
        arrives_ms: Ints = train_s * 1_000 + walk_ms
        return arrives_ms


PACE: Final = Pace()


def train_phases(stations: int, pace: Pace, rng: np.random.Generator) -> Ints:
    """When trains come in at each station, in either direction [stations, 2]: a second of the headway."""
    return rng.integers(0, pace.headway_s, (stations, 2))
