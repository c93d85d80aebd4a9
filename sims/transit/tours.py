"""Tours: what one rider does on one day. Trips are linked so that nobody is in two places at once.

On each day, trips are linked into tours, one for each rider of the day. The links are, in this order of
preference:

1. a trip and a later return (from its destination to its origin, half an hour or more after it ends);
2. a trip and a later one that begins where it ended;
3. a trip and any later one (the rider has come there by other means).

Linked are exactly so many trips that the mean of trips for each rider of the day comes out as asked. In each
group of trips that may follow each other, the earliest ends are matched with the latest beginnings, both in
order of time: if k links are possible at all, then these k are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from shuangli.errors import BadInput
from shuangli.sims.arrays import Ints
from shuangli.sims.scenario import DAY_S

STAY_S: Final = 1_800
_NONE: Final = -1
_KEPT: Final = (1.0, 0.75, 0.5, 0.25, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rides:
    """Trips of one or more days, as arrays of one length; `day` must rise.

    `exit_s` is the latest second at which the rider can arrive at the gate; both times count from the first
    midnight. origin, destination: positions of stations.
    """

    day: Ints
    entry_s: Ints
    exit_s: Ints
    origin: Ints
    destination: Ints

    def __post_init__(self) -> None:
        if len({getattr(self, column.name).shape for column in fields(self)}) != 1:
            raise ValueError("the arrays of rides must have one length")
        if (np.diff(self.day) < 0).any() or (self.exit_s <= self.entry_s).any():
            raise ValueError("days must rise, and a ride must take time")

    def __len__(self) -> int:
        return self.day.size

    def part(self, where: slice | Ints) -> "Rides":
        """Some of the rides."""
        return Rides(**{column.name: getattr(self, column.name)[where] for column in fields(self)})

    def moved(self, days: int | Ints, later_s: int | Ints = 0) -> "Rides":
        """These rides so many days and seconds later."""
        more_s = days * DAY_S + later_s
        return replace(self, day=self.day + days, entry_s=self.entry_s + more_s, exit_s=self.exit_s + more_s)


def joined(parts: Sequence[Rides]) -> Rides:
    """All of these rides, in this order."""
    return Rides(**{c.name: np.concatenate([getattr(part, c.name) for part in parts]) for c in fields(Rides)})


def linked_tours(rides: Rides, *, trips_per_wallet: float, rng: np.random.Generator) -> Ints:
    """The tour of each ride, numbered from 0, day after day; of n trips, ceil(n / trips_per_wallet) tours.

    Errors: `BadInput` if `trips_per_wallet` is less than 1, or so many that riders would be in two places
    at once.
    """
    if not (math.isfinite(trips_per_wallet) and trips_per_wallet >= 1):
        raise BadInput("bad-option", f"trips_per_wallet {trips_per_wallet} is not a number of 1 or more")
    _, starts, counts = np.unique(rides.day, return_index=True, return_counts=True)
    tour = np.empty(len(rides), dtype=np.int64)
    before = 0
    for start, count in zip(starts.tolist(), counts.tolist(), strict=True):
        where = slice(start, start + count)
        tours = math.ceil(count / trips_per_wallet)
        tour[where] = before + _chains(rides.part(where), tours, rng)
        before += tours
    return tour


def _chains(rides: Rides, count: int, rng: np.random.Generator) -> Ints:
    """The chain of each ride of a day, numbered from 0 to `count - 1`."""
    links = rides.entry_s.size - count
    returns = _returns(rides)
    for kept in _KEPT:
        after = _linked(rides, returns, links, kept, rng)
        if after is not None:
            return _numbered(after)
    entered = np.searchsorted(np.sort(rides.entry_s), np.sort(rides.exit_s))
    most = int((entered - np.arange(entered.size)).max())
    what = f"trips_per_wallet leaves {count} wallets on a day on which {most} are under way at once"
    raise BadInput("bad-option", what)


def _linked(rides: Rides, returns: Ints, links: int, kept: float, rng: np.random.Generator) -> Ints | None:
    """For each ride the one that follows it, `links` of them in all; None if there is no way.

    Returns take up the middle of a wallet's day, so that with many trips to a wallet only a part of them
    can be `kept`.
    """
    after = np.full(rides.entry_s.size, _NONE, dtype=np.int64)
    first = np.flatnonzero(returns != _NONE)
    first = rng.permutation(first)[: min(links, math.floor(first.size * kept))]
    after[first] = returns[first]
    everywhere = np.zeros_like(after)
    steps = [(rides.destination, rides.origin, STAY_S)] if kept == 1 else []
    for end_key, start_key, stay_s in (*steps, (everywhere, everywhere, 0)):
        missing = links - int((after != _NONE).sum())
        ends = np.flatnonzero(after == _NONE)
        begun = np.ones(after.size, dtype=bool)
        begun[after[after != _NONE]] = False
        starts = np.flatnonzero(begun)
        free_s, begin_s = rides.exit_s[ends] + stay_s, rides.entry_s[starts]
        end, start = matched(end_key[ends], free_s, start_key[starts], begin_s)
        chosen = rng.permutation(end.size)[:missing]
        after[ends[end[chosen]]] = starts[start[chosen]]
    return after if int((after != _NONE).sum()) == links else None


def _returns(rides: Rides) -> Ints:
    """For each ride its return, or -1; no ride is in two pairs."""
    after = np.full(rides.entry_s.size, _NONE, dtype=np.int64)
    width = 1 + int(max(rides.origin.max(), rides.destination.max()))
    out = rides.origin * width + rides.destination
    back = rides.destination * width + rides.origin
    unpaired = rides.origin != rides.destination
    for direction in (rides.origin < rides.destination, rides.origin > rides.destination):
        ends = np.flatnonzero(unpaired & direction)
        starts = np.flatnonzero(unpaired & ~direction)
        free_s, begin_s = rides.exit_s[ends] + STAY_S, rides.entry_s[starts]
        end, start = matched(out[ends], free_s, back[starts], begin_s)
        after[ends[end]] = starts[start]
        unpaired[ends[end]] = False
        unpaired[starts[start]] = False
    return after


def matched(end_key: Ints, end_s: Ints, start_key: Ints, start_s: Ints) -> tuple[Ints, Ints]:
    """As many pairs (position of an end, position of a start) as possible with equal keys and end <= start.

    Within a key the k earliest ends meet the k latest starts, both in order of time; the largest k is found
    by bisection, in all keys at once (k pairs can be had if and only if these k can).
    """
    ends = np.lexsort((end_s, end_key))
    starts = np.lexsort((start_s, start_key))
    keys = np.intersect1d(end_key, start_key)
    end_from = np.searchsorted(end_key[ends], keys, side="left")
    end_count = np.searchsorted(end_key[ends], keys, side="right") - end_from
    start_to = np.searchsorted(start_key[starts], keys, side="right")
    start_count = start_to - np.searchsorted(start_key[starts], keys, side="left")
    low, high = np.zeros_like(keys), np.minimum(end_count, start_count)
    end_s, start_s = end_s[ends], start_s[starts]
    while (low < high).any():
        middle = (low + high + 1) // 2
        end, start, key = _aligned(middle, end_from, start_to)
        fails = np.zeros(keys.size, dtype=bool)
        fails[key[end_s[end] > start_s[start]]] = True
        low, high = np.where(fails, low, middle), np.where(fails, middle - 1, high)
    end, start, _ = _aligned(low, end_from, start_to)
    return ends[end], starts[start]


def _aligned(count: Ints, end_from: Ints, start_to: Ints) -> tuple[Ints, Ints, Ints]:
    """The first `count` ends and the last `count` starts of each key, and the key, one below the other."""
    key = np.repeat(np.arange(count.size, dtype=np.int64), count)
    rank = np.arange(key.size, dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
    return end_from[key] + rank, (start_to - count)[key] + rank, key


def _numbered(after: Ints) -> Ints:
    """The number of the chain each ride is in, from the ride that follows each."""
    root = np.arange(after.size, dtype=np.int64)
    linked = np.flatnonzero(after != _NONE)
    root[after[linked]] = linked
    while not np.array_equal(root, root[root]):
        root = root[root]
    return np.unique(root, return_inverse=True)[1].astype(np.int64)
