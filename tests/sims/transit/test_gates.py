"""Queues at gates: first come, first served; against a queue played one by one, and against M/M/c."""

import heapq
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.sims.arrays import Ints
from shuangli.sims.transit.gates import QUARTER_MS, gates_needed, served

ARRIVAL = st.tuples(st.integers(0, 2), st.integers(0, 3_000), st.integers(1, 900))


def ints(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)


def played(arrivals: list[tuple[int, int, int]], gates: list[int]) -> list[int]:
    """The same queues, one arrival after the other, with a heap of times at which gates are free."""
    waited = [0] * len(arrivals)
    free = [[0] * count for count in gates]
    for number in sorted(range(len(arrivals)), key=lambda number: arrivals[number][1]):
        row, at_ms, takes_ms = arrivals[number]
        begins_ms = max(at_ms, heapq.heappop(free[row]))
        heapq.heappush(free[row], begins_ms + takes_ms)
        waited[number] = begins_ms - at_ms
    return waited


@given(st.lists(ARRIVAL, max_size=60), st.lists(st.integers(1, 4), min_size=3, max_size=3))
def test_everybody_waits_as_long_as_in_a_queue_played_one_by_one(
    arrivals: list[tuple[int, int, int]], gates: list[int]
) -> None:
    row, at_ms, takes_ms = np.array(arrivals, dtype=np.int64).reshape(-1, 3).T
    through = served(row, at_ms, takes_ms, ints(gates))
    assert through.waited_ms.tolist() == played(arrivals, gates)
    assert all(0 <= gate < gates[where] for gate, where in zip(through.gate, row, strict=True))
    for where in range(3):
        for gate in range(gates[where]):
            mine = np.flatnonzero((row == where) & (through.gate == gate))
            begins_ms = at_ms[mine] + through.waited_ms[mine]
            order = np.argsort(begins_ms, kind="stable")
            assert (np.diff(begins_ms[order]) >= takes_ms[mine][order][:-1]).all()


def erlang_c_wait(arrivals_per_s: float, takes_s: float, gates: int) -> float:
    """Mean wait in M/M/c in seconds (A. K. Erlang, 1917; L. Kleinrock, Queueing Systems I, 1975, 3.5)."""
    load = arrivals_per_s * takes_s
    busy = load**gates / math.factorial(gates) / (1 - load / gates)
    waits = busy / (sum(load**n / math.factorial(n) for n in range(gates)) + busy)
    return waits * takes_s / (gates - load)


@pytest.mark.parametrize(("gates", "use"), [(1, 0.5), (1, 0.8), (3, 0.7), (8, 0.8)])
def test_random_arrivals_and_taps_wait_as_m_m_c_has_it(gates: int, use: float) -> None:
    """300 independent rows: their means are normal around Erlang's, within four standard errors."""
    rows, each, warm, takes_s = 300, 3_000, 600, 0.55
    rng = np.random.default_rng(11)
    arrivals_per_s = use * gates / takes_s
    arrives_ms = np.rint(np.cumsum(rng.exponential(1_000 / arrivals_per_s, (rows, each)), axis=1))
    takes_ms = np.rint(rng.exponential(takes_s * 1_000, (rows, each)))
    row = np.repeat(np.arange(rows), each)
    through = served(
        row, arrives_ms.ravel().astype(np.int64), takes_ms.ravel().astype(np.int64), np.full(rows, gates)
    )
    means_s = through.waited_ms.reshape(rows, each)[:, warm:].mean(axis=1) / 1_000
    error_s = means_s.std(ddof=1) / math.sqrt(rows)
    expected_s = erlang_c_wait(arrivals_per_s, takes_s, gates)
    assert error_s < 0.06 * expected_s
    assert abs(means_s.mean() - expected_s) < 4 * error_s


def test_even_taps_wait_half_as_long_as_random_ones() -> None:
    """M/D/1 (Pollaczek and Khinchine): half of the wait of M/M/1."""
    rows, each, takes_ms, use = 300, 3_000, 550, 0.8
    gaps_ms = np.random.default_rng(5).exponential(takes_ms / use, (rows, each))
    arrives_ms = np.rint(np.cumsum(gaps_ms, axis=1)).astype(np.int64)
    through = served(
        np.repeat(np.arange(rows), each),
        arrives_ms.ravel(),
        np.full(rows * each, takes_ms),
        np.ones(rows, dtype=np.int64),
    )
    means_ms = through.waited_ms.reshape(rows, each)[:, 600:].mean(axis=1)
    expected_ms = erlang_c_wait(use / takes_ms, takes_ms, 1) / 2
    assert abs(means_ms.mean() - expected_ms) < 4 * means_ms.std(ddof=1) / math.sqrt(rows)


def test_slower_taps_never_shorten_a_wait() -> None:
    rng = np.random.default_rng(2)
    row, at_ms = rng.integers(0, 5, 4_000), rng.integers(0, 600_000, 4_000)
    fast, slow = (served(row, at_ms, np.full(4_000, takes_ms), np.full(5, 2)) for takes_ms in (200, 844))
    assert (slow.waited_ms >= fast.waited_ms).all()
    assert slow.waited_ms.mean() > fast.waited_ms.mean()


def test_gates_are_as_many_as_the_busiest_quarter_needs() -> None:
    at_ms = ints([0] * 4 + [QUARTER_MS] * 10)
    takes_ms = np.full(14, 90_000)
    row = np.zeros(14, dtype=np.int64)
    assert gates_needed(row, at_ms, takes_ms, 2, load=1.0).tolist() == [1, 1]
    assert gates_needed(row, at_ms, takes_ms, 2, load=0.5).tolist() == [2, 1]
    assert gates_needed(row, at_ms, takes_ms, 2, load=0.3).tolist() == [4, 1]
    assert gates_needed(ints([]), ints([]), ints([]), 3, load=0.5).tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="share of the time"):
        gates_needed(row, at_ms, takes_ms, 2, load=0)


def test_a_row_without_a_gate_is_refused() -> None:
    one = ints([0])
    with pytest.raises(ValueError, match="needs a gate"):
        served(one, one, one, ints([0]))
    with pytest.raises(ValueError, match="no such row"):
        served(one + 1, one, one, ints([1]))
    assert served(ints([]), ints([]), ints([]), ints([1])).waited_ms.size == 0
