"""Intervals and indices of sensitivity, against what can be known without them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.sims.studies.design import Axis, Design, points_of
from shuangli.sims.studies.intervals import Difference, bootstrap_interval, estimate, paired, t_interval
from shuangli.sims.studies.sensitivity import (
    Influence,
    grid_influences,
    rank_influences,
    sobol_influences,
)


def test_the_t_interval_of_one_to_five() -> None:
    found = estimate([1, 2, 3, 4, 5])
    assert found is not None
    assert (found.n, found.mean) == (5, 3)
    assert found.sd == pytest.approx(math.sqrt(2.5))
    # t(0.975, 4) = 2.776, from any table.
    half = 2.776 * math.sqrt(2.5 / 5)
    assert found.t == pytest.approx((3 - half, 3 + half), abs=1e-3)


def test_too_few_values_have_no_interval() -> None:
    assert estimate([]) is None
    assert paired([], []) is None
    one = estimate([7.0])
    assert one is not None
    assert (one.mean, one.t) == (7.0, None)
    four = paired([1, 2, 3, 4], [0, 0, 0, 0])
    assert four is not None
    assert four.t is not None
    assert four.bootstrap is None


def test_both_intervals_hold_the_truth_about_19_times_in_20() -> None:
    rng = np.random.default_rng(1)
    held = {"t": 0, "bootstrap": 0}
    for _ in range(300):
        sample = rng.normal(3, 2, 12)
        for name, interval in (("t", t_interval(sample)), ("bootstrap", bootstrap_interval(sample))):
            assert interval is not None
            held[name] += interval[0] <= 3 <= interval[1]
    assert 0.90 <= held["t"] / 300 <= 0.99
    assert 0.85 <= held["bootstrap"] / 300 <= 0.98


def test_pairing_takes_out_what_the_seeds_have_in_common() -> None:
    rng = np.random.default_rng(2)
    seeds = rng.normal(0, 100, 10)
    found = paired((seeds + 1 + rng.normal(0, 0.1, 10)).tolist(), seeds.tolist())
    assert found is not None
    assert found.clear
    assert found.mean == pytest.approx(1, abs=0.2)
    unpaired = estimate(seeds.tolist())
    assert unpaired is not None
    assert found.t is not None
    assert unpaired.t is not None
    assert (found.t[1] - found.t[0]) < (unpaired.t[1] - unpaired.t[0]) / 100


@given(st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=12))
def test_an_interval_of_any_values_is_one(values: list[float]) -> None:
    found = paired(values, [0.0] * len(values))
    assert found is not None
    assert found.t is not None
    for interval in (found.t, found.bootstrap):
        if interval is not None:
            assert interval[0] <= interval[1]


def test_clear_needs_both_intervals_on_one_side() -> None:
    def difference(*intervals: tuple[float, float] | None) -> Difference:
        return Difference(n=5, mean=1.0, t=intervals[0], bootstrap=intervals[1])

    assert difference((0.5, 1.5), (0.1, 2.0)).clear
    assert difference((-2.0, -1.0), None).clear
    assert not difference((0.5, 1.5), (-0.1, 2.0)).clear
    assert not difference((0.0, 1.5), None).clear
    assert not difference(None, None).clear


def by_index(found: list[Influence], index: str) -> list[float]:
    return [each.value for each in found if each.index == index]


def test_sobol_indices_of_the_ishigami_function() -> None:
    """Closed form with a = 7, b = 0.1: T. Ishigami and T. Homma, ISUMA 1990."""
    axes = [Axis(name=name, low=-math.pi, high=math.pi) for name in "abc"]
    a, b, c = np.array([list(point.values()) for point in points_of(Design.SOBOL, axes, 1_024, 1)], float).T
    found = sobol_influences("abc", np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a))
    assert by_index(found, "first") == pytest.approx([0.3139, 0.4424, 0.0], abs=0.05)
    assert by_index(found, "total") == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.05)
    for each in found:
        assert each.interval is not None
        assert each.interval[0] < each.value < each.interval[1]


def test_on_a_grid_settings_that_add_up_explain_all_alone() -> None:
    a, b = np.meshgrid([0, 1, 2], [0, 10], indexing="ij")
    found = grid_influences(["a", "b"], np.stack([a + b, a + b]).astype(float))
    # Variances of the levels: 2/3 and 25.
    shares = [2 / 3 / (2 / 3 + 25), 25 / (2 / 3 + 25)]
    assert by_index(found, "first") == pytest.approx(shares)
    assert by_index(found, "total") == pytest.approx(shares)


def test_on_a_grid_settings_that_only_act_together_explain_nothing_alone() -> None:
    together = np.array([[[1.0, -1.0], [-1.0, 1.0]]])
    found = grid_influences(["a", "b"], together)
    assert by_index(found, "first") == pytest.approx([0, 0])
    assert by_index(found, "total") == pytest.approx([1, 1])


def test_what_does_not_vary_has_no_sensitivity() -> None:
    assert sobol_influences("ab", np.ones(16)) == []
    assert grid_influences("ab", np.ones((3, 2, 2))) == []
    assert rank_influences("ab", np.arange(16.0).reshape(8, 2), np.ones(8)) == ([], 0.0)


def test_ranks_of_what_rises_with_one_setting_and_falls_with_another() -> None:
    axes = [Axis(name=name, low=0, high=1) for name in "abc"]
    made = np.array([list(point.values()) for point in points_of(Design.LATIN_HYPERCUBE, axes, 64, 1)], float)
    found, fit = rank_influences("abc", made, np.exp(4 * made[:, 0]) - made[:, 1])
    values = by_index(found, "rank")
    assert values[0] > 0.9
    assert values[1] < 0
    assert abs(values[2]) < 0.1
    assert fit > 0.95
