"""Riders: people with a home station and a usual way, to whom the tours of several days are dealt.

Where the demand is given, day by day, its tours are dealt to riders so that every rider begins each of its
days at its home station. A rider is ready to ride on a day by a chance of its own. Those who are ready take
tours in this order of preference:

1. from home, to the usual destination, in the usual hour;
2. from home, to the usual destination;
3. from home.

In each group, riders and tours are put together in order of time. A tour that is left becomes that of a new
rider, whose habits it makes; a rider that is left stays at home. Working days and weekends have habits of
their own. Nobody sets out before the last tour is over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from shuangli.sims.arrays import Floats, Ints
from shuangli.sims.plan import NOBODY
from shuangli.sims.scenario import DAY_S, HOUR_S
from shuangli.sims.transit.tours import Rides

_LONG_AGO_S: Final = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tours:
    """Tours as arrays, by number: day, home (where it begins), work (where its first trip ends), from when
    to when."""

    day: Ints
    home: Ints
    work: Ints
    start_s: Ints
    end_s: Ints

    def __len__(self) -> int:
        return self.day.size


def tours_of(rides: Rides, tour: Ints) -> Tours:
    """The tours that rides make up; `tour` is the number of each ride's tour."""
    order = np.lexsort((rides.entry_s, tour))
    first = order[np.unique(tour[order], return_index=True)[1]]
    end_s = np.full(first.size, _LONG_AGO_S)
    np.maximum.at(end_s, tour, rides.exit_s)
    return Tours(
        day=rides.day[first],
        home=rides.origin[first],
        work=rides.destination[first],
        start_s=rides.entry_s[first],
        end_s=end_s,
    )


@dataclass(slots=True, kw_only=True, eq=False)
class _Known:
    """The riders so far: arrays by rider; habits [kind of day, rider], NOBODY where there is none."""

    home: Ints
    work: Ints
    usual_s: Ints
    ready_below: Floats
    busy_until_s: Ints

    def joined(self, more: "_Known") -> "_Known":
        """These and those."""
        parts = {c.name: (getattr(self, c.name), getattr(more, c.name)) for c in fields(self)}
        return _Known(**{name: np.concatenate(pair, axis=-1) for name, pair in parts.items()})


def chance_of(uniform: Floats, ride_share: float) -> Floats:
    """How likely each rider rides on a day, from a number between 0 and 1: on average `ride_share`.

    Regular riders are many and seldom ones few: the chance is u^(1 / mean - 1).
    """
    return uniform ** (1 / ride_share - 1)


def deal_riders(
    tours: Tours, weekend: Sequence[bool], *, ride_share: float, rng: np.random.Generator
) -> tuple[Ints, int]:
    """The rider of each tour, numbered from 0, and the number of riders.

    `weekend` says of each day whether it is one; riders are ready on a day with a chance of `ride_share` on
    average.
    """
    rider = np.full(len(tours), NOBODY, dtype=np.int64)
    known = _Known(
        home=np.zeros(0, dtype=np.int64),
        work=np.zeros((2, 0), dtype=np.int64),
        usual_s=np.zeros((2, 0), dtype=np.int64),
        ready_below=np.zeros(0),
        busy_until_s=np.zeros(0, dtype=np.int64),
    )
    for day in np.unique(tours.day).tolist():
        today = np.flatnonzero(tours.day == day)
        kind = int(weekend[day])
        ready = np.flatnonzero(rng.random(known.home.size) < known.ready_below)
        _take(tours, today, known, ready, rider, kind, rng)
        new = today[rider[today] == NOBODY]
        rider[new] = known.home.size + np.arange(new.size)
        known = known.joined(_new(tours, new, kind, chance_of(rng.random(new.size), ride_share)))
        known.busy_until_s[rider[today]] = tours.end_s[today]
        learns = today[known.work[kind, rider[today]] == NOBODY]
        known.work[kind, rider[learns]] = tours.work[learns]
        known.usual_s[kind, rider[learns]] = tours.start_s[learns] % DAY_S
    count = known.home.size
    # Neighbouring numbers ride from neighbouring stations until here; a rider's number should say nothing.
    return rng.permutation(count)[rider], count


def _new(tours: Tours, new: Ints, kind: int, ready_below: Floats) -> _Known:
    """The riders whom these tours make."""
    work = np.full((2, new.size), NOBODY, dtype=np.int64)
    usual_s = np.full((2, new.size), NOBODY, dtype=np.int64)
    work[kind], usual_s[kind] = tours.work[new], tours.start_s[new] % DAY_S
    return _Known(
        home=tours.home[new],
        work=work,
        usual_s=usual_s,
        ready_below=ready_below,
        busy_until_s=tours.end_s[new],
    )


def _take(
    tours: Tours,
    today: Ints,
    known: _Known,
    ready: Ints,
    rider: Ints,
    kind: int,
    rng: np.random.Generator,
) -> None:
    """Give today's tours to those who are ready; what they take is written into `rider`."""
    width = 1 + max(int(tours.home.max()), int(tours.work.max()))
    their_s, there_s = known.usual_s[kind], tours.start_s % DAY_S
    their_way, there_way = known.home * width + known.work[kind], tours.home * width + tours.work
    habit = known.work[kind] != NOBODY
    theirs = (their_way * 24 + their_s // HOUR_S, their_way, known.home)
    there = (there_way * 24 + there_s // HOUR_S, there_way, tours.home)
    for level, (their_key, there_key) in enumerate(zip(theirs, there, strict=True)):
        who = ready[habit[ready]] if level < 2 else ready
        open_tours = today[rider[today] == NOBODY]
        left, right = paired(
            (their_key[who], their_s[who]), (there_key[open_tours], there_s[open_tours]), rng
        )
        who, what = who[left], open_tours[right]
        free = known.busy_until_s[who] < tours.start_s[what]
        rider[what[free]] = who[free]
        ready = np.setdiff1d(ready, who[free], assume_unique=True)


def paired(left: tuple[Ints, Ints], right: tuple[Ints, Ints], rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Positions in `left` and `right` (keys and times of each) that go together: equal keys, by time.

    Of a key as many pairs are made as the smaller side has; who of the larger side is left is chance.
    """
    (left_keys, left_count), (right_keys, right_count) = (
        np.unique(key, return_counts=True) for key, _ in (left, right)
    )
    keys, in_left, in_right = np.intersect1d(left_keys, right_keys, assume_unique=True, return_indices=True)
    pairs = np.minimum(left_count[in_left], right_count[in_right])
    first, second = (_drawn(key, time_s, keys, pairs, rng) for key, time_s in (left, right))
    return first, second


def _drawn(key: Ints, time_s: Ints, keys: Ints, count: Ints, rng: np.random.Generator) -> Ints:
    """Positions of `count` members of each of the rising `keys`, drawn by chance, by key and then time."""
    among = np.flatnonzero(np.isin(key, keys))
    among = among[np.lexsort((rng.random(among.size), key[among]))]
    place = np.searchsorted(keys, key[among])
    starts = np.searchsorted(place, np.arange(keys.size))
    chosen = among[np.arange(among.size) - starts[place] < count[place]]
    return chosen[np.lexsort((time_s[chosen], key[chosen]))]
