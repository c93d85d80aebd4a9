"""Tours: nobody is in two places at once, as many tours as asked, out and back if possible."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.errors import BadInput
from shuangli.sims.transit.tours import STAY_S, Rides, joined, linked_tours, matched

Ride = tuple[int, int, int, int, int]  # day, second of entry, seconds on the way, origin, destination
RIDE = st.tuples(
    st.integers(0, 2), st.integers(0, 86_399), st.integers(1, 30_000), st.integers(0, 3), st.integers(0, 3)
)


def rides_of(rows: list[Ride]) -> Rides:
    day, second, way_s, origin, destination = np.array(sorted(rows), dtype=np.int64).T
    entry_s = day * 86_400 + second
    return Rides(day=day, entry_s=entry_s, exit_s=entry_s + way_s, origin=origin, destination=destination)


def overlaps(rides: Rides, wallet: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
    order = np.lexsort((rides.entry_s, wallet))
    follows = zip(*(values[order].tolist() for values in (wallet, rides.entry_s, rides.exit_s)), strict=True)
    return sum(a[0] == b[0] and b[1] < a[2] for a, b in pairwise(follows))


def most_at_once(rides: Rides) -> int:
    return max(int(((rides.entry_s <= second) & (rides.exit_s > second)).sum()) for second in rides.entry_s)


def largest_matching(ends: list[tuple[int, int]], starts: list[tuple[int, int]]) -> int:
    """Kuhn's augmenting paths: the size of the largest matching, found another way."""
    taken: dict[int, int] = {}

    def augment(end: int, seen: set[int]) -> bool:
        for start, (key, second) in enumerate(starts):
            if key == ends[end][0] and second >= ends[end][1] and start not in seen:
                seen.add(start)
                if start not in taken or augment(taken[start], seen):
                    taken[start] = end
                    return True
        return False

    return sum(augment(end, set()) for end in range(len(ends)))


POINTS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=9)


@given(POINTS, POINTS)
def test_matching_is_valid_and_as_large_as_can_be(
    ends: list[tuple[int, int]], starts: list[tuple[int, int]]
) -> None:
    end_key, end_s = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    start_key, start_s = np.array(starts, dtype=np.int64).reshape(-1, 2).T
    end, start = matched(end_key, end_s, start_key, start_s)
    assert len(set(end.tolist())) == len(set(start.tolist())) == end.size == largest_matching(ends, starts)
    assert (end_key[end] == start_key[start]).all()
    assert (end_s[end] <= start_s[start]).all()


@settings(deadline=None)
@given(st.lists(RIDE, min_size=1, max_size=40), st.floats(1, 4), st.integers(0, 2**32))
def test_no_tour_is_in_two_places_and_their_number_is_as_asked(
    rows: list[Ride], trips_per_wallet: float, seed: int
) -> None:
    rides = rides_of(rows)
    days = [rides.part(slice(*np.searchsorted(rides.day, [day, day + 1]))) for day in np.unique(rides.day)]
    wanted = [int(np.ceil(day.day.size / trips_per_wallet)) for day in days]
    rng = np.random.default_rng(seed)
    if any(most_at_once(day) > least for day, least in zip(days, wanted, strict=True)):
        with pytest.raises(BadInput, match="are under way at once"):
            linked_tours(rides, trips_per_wallet=trips_per_wallet, rng=rng)
        return
    tour = linked_tours(rides, trips_per_wallet=trips_per_wallet, rng=rng)
    assert overlaps(rides, tour) == 0
    assert sorted(set(tour.tolist())) == list(range(sum(wanted)))
    for day, number in zip(days, wanted, strict=True):
        assert len(set(tour[np.isin(rides.day, day.day)].tolist())) == number


def test_rides_are_moved_and_joined() -> None:
    rides = rides_of([(0, 100, 50, 0, 1), (0, 200, 50, 1, 0)])
    later = rides.moved(2, np.array([-7, 8]))
    assert later.day.tolist() == [2, 2]
    assert later.entry_s.tolist() == [2 * 86_400 + 93, 2 * 86_400 + 208]
    assert (later.exit_s - later.entry_s).tolist() == [50, 50]
    assert joined([rides, later]).origin.tolist() == [0, 1, 0, 1]
    with pytest.raises(ValueError, match="days must rise"):
        joined([later, rides])


def test_a_trip_and_its_return_are_one_riders() -> None:
    hour = 3_600
    out = [(0, 8 * hour + place, 600, place, place + 10) for place in range(10)]
    back = [(0, 18 * hour + place, 600, place + 10, place) for place in range(10)]
    rides = rides_of(out + back)
    wallet = linked_tours(rides, trips_per_wallet=2, rng=np.random.default_rng(0))
    count = int(wallet.max()) + 1
    assert count == 10
    for number in range(10):
        first, second = np.flatnonzero(wallet == number)
        assert (rides.origin[first], rides.destination[first]) == (
            rides.destination[second],
            rides.origin[second],
        )


def test_no_ride_is_in_two_pairs() -> None:
    # Every rider of the morning comes back at eleven, though the way back is also one out for the afternoon.
    morning = [(0, 28_800 + place, 600, 1, 2) for place in range(20)]
    noon = [(0, 39_600 + place, 600, 2, 1) for place in range(20)]
    afternoon = [(0, 50_400 + place, 600, 1, 2) for place in range(20)]
    rides = rides_of(morning + noon + afternoon)
    wallet = linked_tours(rides, trips_per_wallet=2, rng=np.random.default_rng(0))
    assert sorted(wallet[:20].tolist()) == sorted(wallet[20:40].tolist())


@pytest.mark.parametrize(("stay_s", "partner"), [(STAY_S, 1), (STAY_S - 1, 2)])
def test_a_return_comes_half_an_hour_later_or_more(stay_s: int, partner: int) -> None:
    # If the return comes too soon, the rider goes on from there later.
    rides = rides_of([(0, 0, 600, 1, 2), (0, 600 + stay_s, 600, 2, 1), (0, 9_000, 600, 2, 3)])
    wallet = linked_tours(rides, trips_per_wallet=1.5, rng=np.random.default_rng(0))
    count = int(wallet.max()) + 1
    assert (count, wallet[0]) == (2, wallet[partner])


def test_returns_give_way_where_wallets_have_many_trips() -> None:
    # A pair that takes up the day leaves no room between: 4 trips fit one wallet only without it.
    ways = ((8, 1, 2), (12, 3, 4), (13, 5, 6), (18, 2, 1))
    rides = rides_of([(0, 3_600 * hour, 600, origin, destination) for hour, origin, destination in ways])
    wallet = linked_tours(rides, trips_per_wallet=4, rng=np.random.default_rng(0))
    count = int(wallet.max()) + 1
    assert (wallet.tolist(), count) == ([0, 0, 0, 0], 1)


def test_one_trip_a_wallet_is_one_wallet_a_trip() -> None:
    rides = rides_of([(0, 100 * place, 50, 0, 1) for place in range(20)])
    wallet = linked_tours(rides, trips_per_wallet=1, rng=np.random.default_rng(0))
    count = int(wallet.max()) + 1
    assert (sorted(wallet.tolist()), count) == (list(range(20)), 20)


@pytest.mark.parametrize("trips_per_wallet", [0.0, 0.99, -1.0, float("nan"), float("inf")])
def test_trips_per_wallet_is_a_number_of_one_or_more(trips_per_wallet: float) -> None:
    with pytest.raises(BadInput, match="is not a number of 1 or more"):
        linked_tours(
            rides_of([(0, 0, 1, 0, 1)]), trips_per_wallet=trips_per_wallet, rng=np.random.default_rng(0)
        )


def test_too_many_trips_a_wallet_are_refused_with_the_reason() -> None:
    rides = rides_of([(0, 0, 100, 0, 1)] * 6)
    with pytest.raises(BadInput, match="leaves 3 wallets on a day on which 6 are under way at once"):
        linked_tours(rides, trips_per_wallet=2, rng=np.random.default_rng(0))
