"""Schedules of handing in: even, exponential, nightly, on full; and what is cut off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from shuangli.sims.scenario import DAY_S
from shuangli.sims.transit.handing_in import (
    NIGHT_S,
    Cut,
    Schedule,
    cuts,
    nightly,
    on_full,
    reached,
    regular,
    syncs,
)


def test_even_hand_ins_are_an_interval_apart_and_spread() -> None:
    at_s, wallet = regular(Schedule.FIXED, 8, every_s=3_600, until_s=DAY_S, seed=1)
    for number in range(8):
        mine = np.sort(at_s[wallet == number])
        assert mine[0] == number * 450
        assert (np.diff(mine) == 3_600).all()
        assert mine.size == 24
    assert nightly(2, until_s=2 * DAY_S)[0].tolist() == [NIGHT_S, NIGHT_S + DAY_S] * 2
    assert regular(Schedule.NIGHTLY, 1, every_s=5, until_s=NIGHT_S, seed=1)[0].size == 0


def test_exponential_hand_ins_are_a_poisson_process_of_each_wallet() -> None:
    at_s, wallet = regular(Schedule.EXPONENTIAL, 200, every_s=1_800, until_s=10 * DAY_S, seed=3)
    counts = np.bincount(wallet, minlength=200)
    assert counts.mean() == pytest.approx(480, abs=4 * np.sqrt(480 / 200))
    assert counts.var(ddof=1) == pytest.approx(480, rel=0.4)
    order = np.lexsort((at_s, wallet))
    waits = np.diff(at_s[order])[np.diff(wallet[order]) == 0]
    # Waits that the end cuts off are missing, one in 480, and seconds are whole.
    assert stats.kstest(waits[:20_000], "expon", args=(0, 1_800)).statistic < 0.015


def test_a_wallets_times_are_its_own() -> None:
    few, many = (
        regular(Schedule.EXPONENTIAL, wallets, every_s=3_600, until_s=DAY_S, seed=1) for wallets in (3, 9)
    )
    again = regular(Schedule.EXPONENTIAL, 9, every_s=7_200, until_s=2 * DAY_S, seed=1)
    # Longer waits stretch the same numbers.
    assert np.array_equal(np.bincount(many[1]), np.bincount(again[1]))
    for number in range(3):
        assert few[0][few[1] == number].tolist() == many[0][many[1] == number].tolist()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 99)), max_size=50), st.integers(1, 7))
def test_full_gates_hand_in_after_so_many_payments(paid: list[tuple[int, int]], full: int) -> None:
    wallet, paid_s = np.array(paid, dtype=np.int64).reshape(-1, 2).T
    at_s, who = on_full(wallet, paid_s, full=full)
    for number in range(3):
        mine = np.sort(paid_s[wallet == number])
        assert sorted(at_s[who == number].tolist()) == mine[full - 1 :: full].tolist()


def test_what_is_cut_off_is_dropped_or_waits() -> None:
    at_s, wallet = np.array([10, 20, 30, 20]), np.array([0, 0, 0, 1])
    station = np.array([5, -1])
    cut = Cut(station=np.array([5, 5]), from_s=np.array([15, 40]), to_s=np.array([25, 50]))
    kept = reached(at_s, wallet, station, cut, wait=False)
    assert (kept[0].tolist(), kept[1].tolist()) == ([10, 30, 20], [0, 0, 1])
    assert reached(at_s, wallet, station, cut, wait=True)[0].tolist() == [10, 25, 30, 20]
    after = Cut(station=np.array([5, 5]), from_s=np.array([15, 24]), to_s=np.array([25, 50]))
    assert reached(at_s, wallet, station, after, wait=True)[0].tolist() == [10, 50, 50, 20]
    assert at_s.tolist() == [10, 20, 30, 20]


def test_stations_are_cut_off_by_a_chance_of_their_own() -> None:
    few, many = (cuts(500, 4, share=share, hours=2.5, seed=1) for share in (0.1, 0.3))
    assert few.station.size == pytest.approx(200, abs=60)
    assert ((few.to_s - few.from_s) == 9_000).all()
    assert set(zip(few.station.tolist(), few.from_s.tolist(), strict=True)) < set(
        zip(many.station.tolist(), many.from_s.tolist(), strict=True)
    )
    within_s = few.from_s % DAY_S
    assert within_s.min() >= 5 * 3_600
    assert cuts(500, 4, share=0.3, hours=0, seed=1).station.size == 0
    assert cuts(500, 4, share=0, hours=1, seed=1).station.size == 0


def test_a_device_goes_online_once_in_a_second() -> None:
    made = syncs(np.array([7, 3, 7, 7]), np.array([1, 1, 1, 0]), start_s=100)
    assert (made.at_s.tolist(), made.device.tolist()) == ([103, 107, 107], [1, 0, 1])
