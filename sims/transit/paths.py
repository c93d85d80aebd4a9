"""Shortest distances between all stations of a network, in whole metres.

Floyd-Warshall, one numpy minimum per station: `d[i, j] = min(d[i, j], d[i, k] + d[k, j])` for every k.
With n stations that is n times n^2 steps; 425 stations take a fraction of a second.
(R. W. Floyd, Algorithm 97, Communications of the ACM 5(6), 1962.)
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shuangli.sims.arrays import Ints

UNREACHABLE: Final = 2**30 - 1
"""More than any distance in a network. Twice as much still fits in 32 bits, so sums cannot overflow."""


def shortest_m(count: int, start: Ints, end: Ints, length_m: Ints) -> NDArray[np.int32]:
    """Distances [count, count] along edges that run both ways; `UNREACHABLE` where there is no way.

    `start` and `end` number stations from 0; lengths are positive and add up to less than `UNREACHABLE`.
    """
    if length_m.size and (int(length_m.min()) <= 0 or int(length_m.sum()) >= UNREACHABLE):
        raise ValueError("edge lengths must be positive and add up to less than UNREACHABLE")
    distance = np.full((count, count), UNREACHABLE, dtype=np.int32)
    np.fill_diagonal(distance, 0)
    np.minimum.at(distance, (start, end), length_m.astype(np.int32))
    np.minimum(distance, distance.T, out=distance)
    detour = np.empty_like(distance)
    for k in range(count):
        np.add(distance[:, k : k + 1], distance[k : k + 1, :], out=detour)
        np.minimum(distance, detour, out=distance)
    return distance
