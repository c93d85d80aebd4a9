"""Riders: everybody sets out from home, on most days to the usual place at about the usual time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.sims.arrays import Ints
from shuangli.sims.scenario import DAY_S
from shuangli.sims.transit.riders import Tours, chance_of, deal_riders, paired, tours_of
from shuangli.sims.transit.tours import Rides

HOUR_S = 3_600
TOUR = st.tuples(
    st.integers(0, 4), st.integers(0, 3), st.integers(0, 3), st.integers(0, DAY_S - 1), st.integers(1, 40_000)
)


def tours_from(rows: list[tuple[int, int, int, int, int]]) -> Tours:
    """Tours by day, home, work, second of the day, seconds that they take."""
    day, home, work, second, takes_s = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    start_s = day * DAY_S + second
    return Tours(day=day, home=home, work=work, start_s=start_s, end_s=start_s + takes_s)


def dealt(tours: Tours, *, ride_share: float = 0.9, weekend: tuple[bool, ...] = (False,) * 5) -> Ints:
    return deal_riders(tours, weekend, ride_share=ride_share, rng=np.random.default_rng(1))[0]


@settings(deadline=None)
@given(st.lists(TOUR, min_size=1, max_size=60), st.floats(0.05, 1), st.integers(0, 2**32))
def test_everybody_has_one_home_one_tour_a_day_and_is_back_before_the_next(
    rows: list[tuple[int, int, int, int, int]], ride_share: float, seed: int
) -> None:
    tours = tours_from(rows)
    weekend = (False, False, True, False, True)
    rider, count = deal_riders(tours, weekend, ride_share=ride_share, rng=np.random.default_rng(seed))
    assert sorted(set(rider.tolist())) == list(range(count))
    for who in range(count):
        mine = np.flatnonzero(rider == who)
        mine = mine[np.argsort(tours.day[mine])]
        assert len(set(tours.home[mine].tolist())) == 1
        assert (np.diff(tours.day[mine]) > 0).all()
        assert (tours.start_s[mine][1:] > tours.end_s[mine][:-1]).all()


def test_who_is_still_under_way_does_not_set_out_again() -> None:
    late, early, later = (0, 0, 1, 80_000, 30_000), (1, 0, 1, 10_000, 600), (1, 0, 1, 40_000, 600)
    assert dealt(tours_from([late, early]), ride_share=1).tolist() in ([0, 1], [1, 0])
    assert set(dealt(tours_from([late, later]), ride_share=1).tolist()) == {0}


def commuters(days: int, people: int = 400) -> Tours:
    rng = np.random.default_rng(3)
    home, work, hour = rng.integers(0, 5, people), rng.integers(5, 10, people), rng.integers(6, 20, people)
    rows = [
        (day, int(h), int(w), int(hour_ * HOUR_S + rng.integers(0, 1_800)), 600)
        for day in range(days)
        for h, w, hour_ in zip(home, work, hour, strict=True)
    ]
    return tours_from(rows)


def test_riders_keep_their_way_and_their_time() -> None:
    tours = commuters(days=2)
    rider = dealt(tours, ride_share=0.95)
    first, second = (np.flatnonzero(tours.day == day) for day in (0, 1))
    again, here, there = np.intersect1d(rider[first], rider[second], return_indices=True)
    one, other = first[here], second[there]
    assert again.size > 0.85 * first.size
    assert (tours.work[one] == tours.work[other]).mean() > 0.97
    apart_s = np.abs(tours.start_s[one] % DAY_S - tours.start_s[other] % DAY_S)
    assert np.median(apart_s) < 900
    assert (apart_s < HOUR_S).mean() > 0.95


def test_the_fewer_days_people_ride_the_more_people_there_are() -> None:
    tours = commuters(days=5)
    counts = [int(dealt(tours, ride_share=share).max()) + 1 for share in (0.95, 0.6, 0.2)]
    assert counts[0] < counts[1] < counts[2]
    assert counts[0] < 1.35 * 400


def test_weekends_have_habits_of_their_own_and_the_same_homes() -> None:
    week = [(day, 0, 1, 8 * HOUR_S, 600) for day in (0, 1)]
    weekend = [(day, 0, 2, 14 * HOUR_S, 600) for day in (2, 3)]
    rider = dealt(tours_from(week + weekend), ride_share=1, weekend=(False, False, True, True))
    assert set(rider.tolist()) == {0}


def test_chances_have_the_mean_asked_for() -> None:
    even = (np.arange(10_000) + 0.5) / 10_000
    for share in (0.05, 0.5, 0.8, 1):
        chance = chance_of(even, share)
        assert chance.mean() == pytest.approx(share, rel=0.01)
        assert chance.min() >= 0
        assert chance.max() <= 1


POINTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99)), max_size=20)


@given(POINTS, POINTS, st.integers(0, 2**32))
def test_pairs_have_equal_keys_and_are_as_many_as_the_smaller_side(
    left: list[tuple[int, int]], right: list[tuple[int, int]], seed: int
) -> None:
    sides = [np.array(side, dtype=np.int64).reshape(-1, 2).T for side in (left, right)]
    mine, its = paired((sides[0][0], sides[0][1]), (sides[1][0], sides[1][1]), np.random.default_rng(seed))
    assert len(set(mine.tolist())) == len(set(its.tolist())) == mine.size == its.size
    assert (sides[0][0][mine] == sides[1][0][its]).all()
    for key in range(4):
        smaller = min(int((side[0] == key).sum()) for side in sides)
        assert int((sides[0][0][mine] == key).sum()) == smaller
        for side, chosen in zip(sides, (mine, its), strict=True):
            assert (np.diff(side[1][chosen][side[0][chosen] == key]) >= 0).all()


def test_a_tour_is_told_by_its_first_trip_and_its_last_end() -> None:
    columns = np.array([[0, 900, 960, 3, 4], [0, 100, 700, 1, 3], [0, 50, 60, 9, 9]], dtype=np.int64).T
    rides = Rides(**dict(zip(("day", "entry_s", "exit_s", "origin", "destination"), columns, strict=True)))
    tours = tours_of(rides, np.array([0, 0, 1]))
    assert (tours.home.tolist(), tours.work.tolist()) == ([1, 9], [3, 9])
    assert (tours.start_s.tolist(), tours.end_s.tolist()) == ([100, 50], [960, 60])
