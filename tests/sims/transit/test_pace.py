"""How long trips take: walks, trains in even time, riders who come to the gate in bunches."""

import numpy as np
import pytest

from shuangli.sims.transit.pace import PACE, Pace, train_phases


def test_a_train_takes_everybody_who_is_there_and_the_walk_depends_on_the_rider() -> None:
    pace = Pace(speed_m_per_h=36_000, walk_s=60, headway_s=240)
    entry_s = np.array([1_000, 1_000, 1_239, 1_241])
    distance_m = np.array([1_000] * 4)
    # 60 s to the platform and 100 s of ride: trains come in at 1,160 and 1,400.
    phase_s = np.full(4, 1_160 % 240)
    arrives_ms = pace.arrives_ms(entry_s, distance_m, phase_s, np.array([0, 1, 0.5, 0.5]))
    assert arrives_ms.tolist() == [1_190_000, 1_250_000, 1_460_000, 1_700_000]


def test_nobody_takes_longer_than_the_longest() -> None:
    rng = np.random.default_rng(1)
    entry_s, distance_m = rng.integers(0, 86_400, 5_000), rng.integers(0, 40_000, 5_000)
    phase_s, walk = rng.integers(0, PACE.headway_s, 5_000), rng.random(5_000)
    took_ms = PACE.arrives_ms(entry_s, distance_m, phase_s, walk) - entry_s * 1_000
    assert (took_ms <= PACE.longest_s(distance_m) * 1_000).all()
    assert (took_ms >= (PACE.ride_s(distance_m) + PACE.walk_s) * 1_000).all()
    # On average two walks and half a headway beside the ride: four minutes.
    assert (took_ms / 1_000 - PACE.ride_s(distance_m)).mean() == pytest.approx(240, abs=5)


def test_rides_follow_distance_rounded_up() -> None:
    assert Pace(speed_m_per_h=36_000).ride_s(np.array([0, 1, 10, 10_000])).tolist() == [0, 1, 1, 1_000]
    phases = train_phases(50, PACE, np.random.default_rng(1))
    assert phases.shape == (50, 2)
    assert 0 <= phases.min() <= phases.max() < PACE.headway_s


def test_a_pace_is_positive() -> None:
    for changes in ({"speed_m_per_h": 0}, {"walk_s": 0}, {"headway_s": -1}):
        with pytest.raises(ValueError, match="positive"):
            Pace(**changes)
