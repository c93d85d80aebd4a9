"""Days that come of habits: as many trips as asked, the same homes, ways and times day after day."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.sims.arrays import Ints
from shuangli.sims.scenario import DAY_S
from shuangli.sims.transit.demand import profile_stations
from shuangli.sims.transit.habits import MOST_REGULAR, Habits, habitual_days, order_of_chance
from shuangli.sims.transit.network import Network, synthetic_network
from shuangli.sims.transit.profile import shipped_profile
from shuangli.sims.transit.tours import Rides

NETWORK = synthetic_network(profile_stations(shipped_profile()), np.random.default_rng(1))
HABITS = Habits(trips=4_000, weekend_share=0.7, trips_per_wallet=2, ride_share=0.8, spread_s=600)
WEEK = (False,) * 5 + (True,) * 2


def first_rides(rides: Rides, rider: Ints) -> tuple[Ints, Ints]:
    """Positions of the first ride of each rider on each day, and where the same rider's follow each other."""
    order = np.lexsort((rides.entry_s, rides.day, rider))
    key = rider[order] * 1_000 + rides.day[order]
    first = order[np.diff(key, prepend=-1) != 0]
    return first, np.flatnonzero(np.diff(rider[first]) == 0)


@settings(deadline=None, max_examples=25)
@given(
    trips=st.integers(1, 300),
    per_wallet=st.floats(1, 3),
    ride_share=st.floats(0.05, MOST_REGULAR),
    spread_s=st.integers(0, 7_200),
    weekend=st.lists(st.booleans(), min_size=1, max_size=4),
    seed=st.integers(0, 2**32),
)
def test_days_have_the_trips_asked_for_and_nobody_is_in_two_places(
    trips: int, per_wallet: float, ride_share: float, spread_s: int, weekend: list[bool], seed: int
) -> None:
    habits = Habits(
        trips=trips,
        weekend_share=0.7,
        trips_per_wallet=per_wallet if trips > 50 else 1,
        ride_share=ride_share,
        spread_s=spread_s,
    )
    rides, rider, riders = habitual_days(habits, NETWORK, weekend, seed=seed)
    wanted = [max(1, round(trips * 0.7)) if rests else trips for rests in weekend]
    assert np.bincount(rides.day).tolist() == wanted
    assert sorted(set(rider.tolist())) == list(range(riders))
    assert (rides.entry_s // DAY_S == rides.day).all()
    order = np.lexsort((rides.entry_s, rider))
    same = np.diff(rider[order]) == 0
    assert (rides.entry_s[order][1:] > rides.exit_s[order][:-1])[same].all()


def test_who_comes_home_after_setting_out_rides_every_other_day() -> None:
    lot, likely, night_s = np.array([0.5, 0.5, 0.1]), np.array([0.9, 0.2, 0.9]), np.array([0, 1, 9_000])
    even, odd = (order_of_chance(lot, likely, night_s, day=day) for day in (0, 1))
    assert np.argsort(even).tolist() == [2, 0, 1]
    assert odd.tolist() == [np.inf, *even[1:]]


def test_riders_leave_from_home_to_the_usual_place_at_about_the_usual_time() -> None:
    rides, rider, _ = habitual_days(HABITS, NETWORK, WEEK, seed=1)
    first, again = first_rides(rides, rider)
    both_work = again[(rides.day[first[again]] < 5) & (rides.day[first[again + 1]] < 5)]
    one, other = first[both_work], first[both_work + 1]
    assert (rides.origin[one] == rides.origin[other]).mean() > 0.995
    assert (rides.destination[one] == rides.destination[other]).mean() > 0.98
    apart_s = rides.entry_s[other] % DAY_S - rides.entry_s[one] % DAY_S
    # The difference of two draws with a standard deviation of ten minutes each.
    assert np.std(apart_s[np.abs(apart_s) < 3_600]) == pytest.approx(600 * np.sqrt(2), rel=0.12)
    mixed = again[(rides.day[first[again]] < 5) & (rides.day[first[again + 1]] >= 5)]
    home = rides.origin[first[mixed]] == rides.origin[first[mixed + 1]]
    assert home.mean() > 0.995


def test_some_ride_daily_and_some_seldom() -> None:
    rides, rider, riders = habitual_days(HABITS, NETWORK, (False,) * 10, seed=1)
    days = np.bincount(np.unique(rider * 10 + rides.day) // 10)
    assert riders == pytest.approx(2_500, rel=0.03)
    assert days.mean() == pytest.approx(8, rel=0.03)
    assert (days == 10).mean() > 0.2
    assert (days <= 4).mean() > 0.05


def test_a_rider_has_numbers_of_its_own() -> None:
    """Longer runs, other spreads and more days do not change what came before."""
    rides, rider, _ = habitual_days(HABITS, NETWORK, WEEK[:3], seed=1)
    longer, by, _ = habitual_days(HABITS, NETWORK, WEEK[:5], seed=1)
    same = longer.day < 3
    for name in ("entry_s", "origin", "destination"):
        assert np.array_equal(getattr(longer, name)[same], getattr(rides, name)), name
    pairs = np.unique(np.stack([rider, by[same]]), axis=1)
    assert pairs.shape[1] == np.unique(rider).size
    punctual, _, _ = habitual_days(replace(HABITS, spread_s=0), NETWORK, WEEK[:3], seed=1)
    assert np.array_equal(punctual.origin, rides.origin)


def test_weekends_alone_and_a_small_network(abc: Network) -> None:
    rides, _, riders = habitual_days(HABITS, abc, (True, True), seed=2)
    assert np.bincount(rides.day).tolist() == [2_800, 2_800]
    assert riders > 1_400
    other, _, _ = habitual_days(HABITS, abc, (True, True), seed=3)
    assert not np.array_equal(other.entry_s, rides.entry_s)
