"""What a rider is charged: the fare by distance or line, less discounts, up to the cap of a day.

The discount of a month is a table: what a rider has been charged since the first of the month decides how
many percent of the next fare it pays. Beijing's is the one announced on 27 November 2014 with the fares by
distance and in force since 28 December 2014: in a calendar month, with one card on the
subway, 20 % off beyond 100 yuan, 50 % off beyond 150, and nothing off beyond 400 (Global Times, "Beijing
public transport price increases as of Dec 28, 2014"). A trip is charged by what was spent before it, as a
whole.

The early bird's discount is for trips that begin before an hour of a working day; Beijing's is half of the
fare before 7 o'clock at some stations (here: at all). Charges are rounded down to 10 fen. It is taken that
all earlier trips were paid.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shuangli.sims.arrays import Bools, Ints
from shuangli.sims.plan import NOBODY
from shuangli.sims.scenario import DAY_S

Tiers = tuple[tuple[int, int], ...]
"""Rising pairs: from so many fen charged in the month, so many percent of the fare; the first from 0."""
MONTHLY: Final[dict[str, Tiers]] = {
    "none": (),
    "beijing": ((0, 100), (10_000, 80), (15_000, 50), (40_000, 100)),
}
ROUNDED_FEN: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """Reductions: share off before `early_before_s` of a working day, tiers of the month, most in a day.

    `day_cap_fen` of 0 is no cap.
    """

    early_before_s: int = 0
    early_off: float = 0
    tiers: Tiers = ()
    day_cap_fen: int = 0

    def __post_init__(self) -> None:
        bounds = [bound for bound, _ in self.tiers]
        if bounds and (bounds[0] != 0 or sorted(set(bounds)) != bounds):
            raise ValueError("tiers must rise from 0")
        if not 0 <= self.early_off <= 1 or self.day_cap_fen < 0:
            raise ValueError("a reduction is a share, and a cap is not negative")
        if not all(0 <= percent <= 100 for _, percent in self.tiers):
            raise ValueError("a tier is a percentage of the fare")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Due:
    """Trips before reductions, as arrays of one length.

    rider: from 0. entry_s: since the first midnight. month: any number that differs between months.
    working: on a working day. metro: reductions of the early bird and the month are for these only.
    """

    rider: Ints
    entry_s: Ints
    month: Ints
    working: Bools
    metro: Bools
    fare_fen: Ints


def charged_fen(due: Due, tariff: Tariff) -> Ints:
    """What each trip costs its rider; 0 where the cap of the day is reached."""
    early = due.working & due.metro & (due.entry_s % DAY_S < tariff.early_before_s)
    percent = round(100 * (1 - tariff.early_off))
    fare_fen = np.where(early, _part(due.fare_fen, np.int64(percent)), due.fare_fen)
    if not tariff.tiers and not tariff.day_cap_fen:
        return fare_fen
    order = np.lexsort((due.entry_s, due.rider))
    starts = np.flatnonzero(np.diff(due.rider[order], prepend=NOBODY))
    place = np.arange(order.size) - np.repeat(starts, np.diff(starts, append=order.size))
    by_place = order[np.argsort(place, kind="stable")]
    riders = int(due.rider.max()) + 1 if order.size else 0
    month, day = _Spent(riders), _Spent(riders)
    bounds = np.array([bound for bound, _ in tariff.tiers], dtype=np.int64)
    percents = np.array([percent for _, percent in tariff.tiers], dtype=np.int64)
    charged = np.zeros_like(fare_fen)
    for trips in np.split(by_place, np.cumsum(np.bincount(place))[:-1]):
        who, metro = due.rider[trips], due.metro[trips]
        amount_fen = fare_fen[trips]
        if bounds.size:
            tier = np.searchsorted(bounds, month.so_far(who, due.month[trips]), side="right") - 1
            amount_fen = np.where(metro, _part(amount_fen, percents[tier]), amount_fen)
        if tariff.day_cap_fen:
            left_fen = tariff.day_cap_fen - day.so_far(who, due.entry_s[trips] // DAY_S)
            amount_fen = np.minimum(amount_fen, left_fen)
            day.add(who, amount_fen)
        month.add(who, np.where(metro, amount_fen, 0))
        charged[trips] = amount_fen
    return charged


def _part(fare_fen: Ints, percent: Ints | np.int64) -> Ints:
    """So many percent of each fare, rounded down; whole fares stay as they are."""
    part: Ints = np.where(percent == 100, fare_fen, fare_fen * percent // 100 // ROUNDED_FEN * ROUNDED_FEN)
    return part


class _Spent:
    """What each rider has been charged in its current month or day."""

    def __init__(self, riders: int) -> None:
        self._fen = np.zeros(riders, dtype=np.int64)
        self._period = np.full(riders, NOBODY, dtype=np.int64)

    def so_far(self, who: Ints, period: Ints) -> Ints:
        """Of these riders, in these periods; a new one begins with nothing."""
        self._fen[who] = np.where(self._period[who] == period, self._fen[who], 0)
        self._period[who] = period
        return self._fen[who]

    def add(self, who: Ints, amount_fen: Ints) -> None:
        """Add a charge."""
        self._fen[who] += amount_fen
