"""Days that come of riders' habits, where nobody has a table of them.

The profile makes a usual working day and a usual day of a weekend, with more trips than are asked for, since
not everybody rides every day. Their trips are linked into tours, and the tours dealt to riders: everybody has
a home, and a usual way with usual times on working days, on weekends, or both (`riders.py`). On each day of
the run a rider rides or not, by a chance of its own, and its times differ a little from the usual ones. The
days have exactly as many trips as are asked for: who is last in the order of chance stays at home.

Each rider has numbers of its own for every purpose and day (`sims.chance`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shuangli.sims.arrays import Floats, Ints
from shuangli.sims.chance import generator, uniforms
from shuangli.sims.scenario import DAY_S
from shuangli.sims.transit.demand import default_demand
from shuangli.sims.transit.given import rides_of
from shuangli.sims.transit.network import Network
from shuangli.sims.transit.profile import SHIPPED, SHIPPED_WEEKEND, shipped_profile
from shuangli.sims.transit.riders import chance_of, deal_riders, tours_of
from shuangli.sims.transit.tours import Rides, joined, linked_tours

_PROFILES: Final = (SHIPPED, SHIPPED_WEEKEND)
_KINDS: Final = ("working day", "weekend")
MOST_REGULAR: Final = 0.95
"""The largest mean share of days on which riders ride, so that there are always riders to spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What is said of riders: trips of a working day, what part of them a weekend's day has, trips of a
    rider on a day, mean share of days on which riders ride, standard deviation of their times in seconds."""

    trips: int
    weekend_share: float
    trips_per_wallet: float
    ride_share: float
    spread_s: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Usual:
    """The usual rides of a kind of day, of all riders, with the rider and the tour of each.

    `earlier_s` and `later_s` say by how much each can be moved without meeting another of its rider.
    """

    rides: Rides
    rider: Ints
    tour: Ints
    earlier_s: Ints
    later_s: Ints


def habitual_days(
    habits: Habits, network: Network, weekend: Sequence[bool], *, seed: int
) -> tuple[Rides, Ints, int]:
    """Rides of as many days as `weekend` has, the rider of each, and the number of riders.

    `weekend` says of each day whether it is one. Riders who never ride in these days are left out.

    Errors: `BadInput` if so many trips to a rider are impossible.
    """
    usual, night_s = _usual(habits, network, sorted(set(map(int, weekend))), seed=seed)
    riders = night_s.size
    ready_below = chance_of(uniforms(seed, "how often", riders), habits.ride_share)
    days: list[Rides] = []
    who: list[Ints] = []
    for day, kind in enumerate(map(int, weekend)):
        known = usual[kind]
        lot = uniforms(seed, f"rides on day {day}", riders)
        chance = order_of_chance(lot, ready_below, night_s, day=day)
        riding = _first_in_order(known, chance, _wanted(habits, kind))
        shift_s = _shift_s(known, habits.spread_s, generator(seed, f"times on day {day}"))
        days.append(known.rides.part(riding).moved(day, shift_s[riding]))
        who.append(known.rider[riding])
    present, rider = np.unique(np.concatenate(who), return_inverse=True)
    return joined(days), rider.astype(np.int64), present.size


def order_of_chance(lot: Floats, ready_below: Floats, night_s: Ints, *, day: int) -> Floats:
    """Who rides before whom on a day: whoever drew a small lot for how likely it rides; infinite for never.

    Who usually comes home after it usually sets out the next morning rides every other day.
    """
    return np.where((night_s <= 0) & (day % 2 == 1), np.inf, lot - ready_below)


def _wanted(habits: Habits, kind: int) -> int:
    return max(1, round(habits.trips * habits.weekend_share)) if kind else habits.trips


def _usual(
    habits: Habits, network: Network, kinds: Sequence[int], *, seed: int
) -> tuple[dict[int, _Usual], Ints]:
    """The usual rides of each kind of day, and the night of each rider (see `_nights_s`)."""
    templates: list[Rides] = []
    for place, kind in enumerate(kinds):
        demand = default_demand(
            int(np.ceil(_wanted(habits, kind) / habits.ride_share)),
            generator(seed, f"usual {_KINDS[kind]}"),
            network=network,
            profile=shipped_profile(_PROFILES[kind]),
            places=generator(seed, "homes and works"),
        )
        rides = rides_of(demand, network, generator(seed, f"usual times, {_KINDS[kind]}"))
        templates.append(rides.moved(place))
    both, rng = joined(templates), generator(seed, "riders")
    tour = linked_tours(both, trips_per_wallet=habits.trips_per_wallet, rng=rng)
    of_tour, riders = deal_riders(tours_of(both, tour), [bool(kind) for kind in kinds], ride_share=1, rng=rng)
    rider = of_tour[tour]
    night_s = _nights_s(both, rider, riders)
    usual: dict[int, _Usual] = {}
    for place, kind in enumerate(kinds):
        mine = np.flatnonzero(both.day == place)
        usual[kind] = _movable(both.part(mine).moved(-place), rider[mine], tour[mine], night_s)
    return usual, night_s


def _nights_s(rides: Rides, rider: Ints, riders: int) -> Ints:
    """For each rider the time from the end of its latest usual day to the beginning of its earliest."""
    first_s, last_s = np.full(riders, 2 * DAY_S), np.zeros(riders, dtype=np.int64)
    moved_s = rides.day * DAY_S
    np.minimum.at(first_s, rider, rides.entry_s - moved_s)
    np.maximum.at(last_s, rider, rides.exit_s - moved_s)
    return first_s + DAY_S - last_s


def _movable(rides: Rides, rider: Ints, tour: Ints, night_s: Ints) -> _Usual:
    """How far rides can be moved: at most half the way to the one before or after, and not out of the day."""
    order = np.lexsort((rides.entry_s, tour))
    follows = np.diff(tour[order]) == 0
    gap_s = np.maximum(0, (rides.entry_s[order][1:] - rides.exit_s[order][:-1] - 1) // 2)
    night_s = np.maximum(0, (night_s[rider] - 1) // 2)
    earlier_s, later_s = night_s.copy(), night_s.copy()
    earlier_s[order[1:][follows]] = gap_s[follows]
    later_s[order[:-1][follows]] = gap_s[follows]
    return _Usual(
        rides=rides,
        rider=rider,
        tour=tour,
        earlier_s=np.minimum(earlier_s, rides.entry_s),
        later_s=np.minimum(later_s, DAY_S - 1 - rides.entry_s),
    )


def _first_in_order(known: _Usual, chance: Floats, trips: int) -> Ints:
    """So many of the usual rides, those of the riders with the smallest numbers; in order of entry."""
    order = np.lexsort((known.rides.entry_s, known.tour, chance[known.rider]))
    order = order[: min(trips, int(np.isfinite(chance[known.rider]).sum()))]
    return np.sort(order)


def _shift_s(known: _Usual, spread_s: int, rng: np.random.Generator) -> Ints:
    """By how much each usual ride is later on a day; negative if earlier."""
    shift_s = np.rint(rng.standard_normal(len(known.rides)) * spread_s).astype(np.int64)
    return np.clip(shift_s, -known.earlier_s, known.later_s)
