"""Fares by distance, in whole fen: a table of brackets, and Beijing's as the one that ships.

A bracket reaches up to and including its bound; beyond the last bound the last fare holds. Beijing's
table is that of the published fare rules of the Beijing subway: CNY 3 up to 6 km, 4 up to 12, 5 up to 22,
6 up to 32, and 1 more for every further 20 km, where what does not fill another 100 m is not counted (so
that the first bound is 6,099 m). Here it ends at CNY 10. Left out: the airport lines' own fares and the
early-bird reduction.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shuangli.sims.arrays import Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Fares:
    """Brackets of distance: `fares_fen[k]` holds up to and including `up_to_m[k]`, the last one beyond."""

    up_to_m: tuple[int, ...]
    fares_fen: tuple[int, ...]
    source: str

    def __post_init__(self) -> None:
        if len(self.fares_fen) != len(self.up_to_m) + 1:
            raise ValueError("a fare table needs one fare more than it has bounds")
        if any(low >= high for low, high in zip((0, *self.up_to_m), self.up_to_m, strict=False)):
            raise ValueError("bounds must be positive and rise")
        if any(low > high for low, high in zip((1, *self.fares_fen), self.fares_fen, strict=False)):
            raise ValueError("fares must be positive and never fall with distance")

    def fare_fen(self, distance_m: NDArray[np.integer]) -> Ints:
        """The fare of each distance in metres (any shape); `ValueError` for a negative distance."""
        if distance_m.size and int(distance_m.min()) < 0:
            raise ValueError("a distance cannot be negative")
        bracket = np.searchsorted(np.array(self.up_to_m, dtype=np.int64), distance_m, side="left")
        return np.array(self.fares_fen, dtype=np.int64)[bracket]


BEIJING: Final = Fares(
    up_to_m=(6_099, 12_099, 22_099, 32_099, 52_099, 72_099, 92_099),
    fares_fen=(300, 400, 500, 600, 700, 800, 900, 1_000),
    source="Beijing subway distance fares (published fare rules)",
)
