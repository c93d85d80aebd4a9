"""The gravity model: sums that hold, distances that deter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.sims.transit.gravity import balanced, day_flows, station_weights, willingness
from shuangli.sims.transit.network import Network, synthetic_network
from shuangli.sims.transit.profile import shipped_profile

PROFILE = shipped_profile()


def test_balancing_meets_both_sums() -> None:
    rng = np.random.default_rng(0)
    home, work = rng.random(30) + 0.1, rng.random(30) + 0.1
    network = synthetic_network(tuple(f"S{number}" for number in range(30)), rng)
    trips = balanced(home, work, willingness(network.distance_m, 0.1, 9_000.0))
    assert trips.sum(axis=1) == pytest.approx(home / home.sum(), rel=1e-9)
    assert trips.sum(axis=0) == pytest.approx(work / work.sum(), rel=1e-6)
    assert not np.diagonal(trips).any()


def test_balancing_keeps_the_shape_of_willingness() -> None:
    # With four equal stations, what is left after row and column factors is willingness itself.
    willing = np.array([[0, 3, 1, 1], [1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]], dtype=np.float64)
    trips = balanced(np.ones(4), np.ones(4), willing)
    assert trips[0, 1] * trips[2, 3] / (trips[0, 3] * trips[2, 1]) == pytest.approx(3)


@settings(deadline=None)
@given(
    st.integers(1, 6).flatmap(
        lambda count: st.tuples(
            st.lists(st.sampled_from([0.0, 1e-300, 1e-9, 1.0, 1e9]), min_size=count, max_size=count),
            st.lists(st.sampled_from([0.0, 1e-300, 1e-9, 1.0, 1e9]), min_size=count, max_size=count),
        )
    )
)
def test_extreme_weights_give_finite_shares(weights: tuple[list[float], list[float]]) -> None:
    home, work = (np.array([*side, 1.0]) for side in weights)
    distance = np.abs(np.subtract.outer(np.arange(home.size), np.arange(home.size))) * 400_000
    flows = day_flows(home, work, distance, PROFILE)
    for hour in (0, 9, 18):
        shares = flows.destinations(hour)
        assert (shares >= 0).all()
        assert shares.sum(axis=1) == pytest.approx(1)
        assert not np.diagonal(shares).any()


def test_farther_is_rarer_beyond_the_first_steps(abc: Network) -> None:
    far = willingness(abc.distance_m * 10, PROFILE.distance_power, PROFILE.distance_scale_m)
    assert far[0, 1] > far[0, 2] > 0
    assert far.max(axis=1).tolist() == [1, 1, 1]
    assert not np.diagonal(far).any()


def test_the_evening_is_the_morning_turned_round(abc: Network) -> None:
    flows = day_flows(np.array([5.0, 2, 1]), np.array([1.0, 2, 5]), abc.distance_m, PROFILE)
    morning, evening = flows.trips(9), flows.trips(19)
    assert morning.sum() == pytest.approx(evening.sum()) == pytest.approx(1)
    assert morning[0].sum() > 0.5 > morning[2].sum()
    assert evening[2].sum() > 0.5 > evening[0].sum()


def test_weights_are_found_again_in_the_boardings_they_made() -> None:
    home, work = np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.3, 0.6])
    outbound = np.array(PROFILE.outbound_share)[:, None]
    total = np.array(PROFILE.hour_share)[:, None] * 10**9
    boardings = np.rint(total * (outbound * home + (1 - outbound) * work)).astype(np.int64)
    found_home, found_work = station_weights(boardings, PROFILE)
    assert found_home == pytest.approx(home, abs=1e-6)
    assert found_work == pytest.approx(work, abs=1e-6)


def test_one_hour_of_boardings_is_enough_for_weights() -> None:
    boardings = np.zeros((24, 3), dtype=np.int64)
    boardings[9] = [6, 3, 1]
    for weights in station_weights(boardings, PROFILE):
        assert weights == pytest.approx([0.6, 0.3, 0.1])
