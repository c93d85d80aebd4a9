"""The charts' data agree with the figures of the result."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.sims.report import series
from tests.report.conftest import Ran

NAMES = ("transit", "payroll")
Run = Callable[[str], Ran]


@pytest.mark.parametrize("name", NAMES)
def test_value_offline_is_that_of_the_hours(name: str, run: Run) -> None:
    material = run(name).material
    level = series.unreconciled_fen(material.paid, first_s=material.first_s, end_s=material.end_s)
    a_step = 3_600 // level.every_s
    for row in material.figures["hours"]:
        if row["hour"] >= 0 and (row["hour"] + 1) * 3_600 < material.end_s:
            assert level.values[(row["hour"] + 1) * a_step] == row["unreconciled_fen"]
    assert level.values[-1] == material.figures["reconciliation"]["never_fen"]


@pytest.mark.parametrize("name", NAMES)
def test_every_payment_is_in_the_rate(name: str, run: Run) -> None:
    material = run(name).material
    rate = series.rate_per_s(material.payments, first_s=material.first_s, end_s=material.end_s)
    assert round((rate.values * rate.width_s).sum()) == material.payments.height


@pytest.mark.parametrize("name", NAMES)
def test_spreads_are_those_of_the_result(name: str, run: Run) -> None:
    material = run(name).material
    cases = material.cases
    for lengths, quantiles in (
        (material.paid["latency_s"], material.figures["reconciliation"]["latency_s"]),
        (cases["found_s"] - cases["second_spend_s"], material.figures["forks"]["detection_delay_s"]),
    ):
        spread = series.spread(lengths)
        assert spread.within_s(0.5) == quantiles["p50"]
        assert spread.within_s(0.95) == quantiles["p95"]
        assert spread.ordered_s[-1] == quantiles["max"]


def test_the_busiest_second_is_that_of_the_result(run: Run) -> None:
    material = run("transit").material
    at_s, most = series.busiest_second(material.payments, first_s=material.first_s)
    assert most == material.figures["trips"]["taps_in_busiest_second"]
    assert material.payments.filter(pl.col("at_s") == at_s + material.first_s).height == most


@given(st.lists(st.integers(0, 10**7), max_size=50))
def test_a_spread_counts_each_length_once(lengths_s: list[int]) -> None:
    spread = series.spread(pl.Series(lengths_s, dtype=pl.Int64))
    assert spread.counts.sum() == len(lengths_s)
    assert spread.counts.size <= series.MOST_BARS
    for position, number in enumerate(spread.counts):
        from_s, to_s = position * spread.width_s, (position + 1) * spread.width_s
        assert number == sum(from_s <= length < to_s for length in lengths_s)


def test_levels_start_at_midnight() -> None:
    rows = [{"hour": hour, "x": 10 * hour} for hour in range(-3, 4)]
    assert series.level_by_hour(rows, "x").values.tolist() == [-10, 0, 10, 20, 30]
    assert series.level_by_hour(rows[3:], "x").values.tolist() == [0, 0, 10, 20, 30]


def test_nothing_is_no_error() -> None:
    none = pl.DataFrame(schema={"at_s": pl.Int64, "received_s": pl.Int64, "amount_fen": pl.Int64})
    assert series.busiest_second(none, first_s=0) == (0, 0)
    assert not series.rate_per_s(none, first_s=0, end_s=3_600).values.any()
    assert not series.unreconciled_fen(none, first_s=0, end_s=3_600).values.any()
    assert series.spread(pl.Series([None], dtype=pl.Int64)).within_s(0.5) == 0


def test_steps_grow_with_the_span() -> None:
    many = 10**6
    assert series.bin_width_s(26 * 3_600, many) == 60
    assert series.bin_width_s(170 * 3_600, many) == 600
    assert series.bin_width_s(26 * 3_600, 2_000) == 300
    assert np.all([series.step_s(length, 6) * 6 >= length for length in (1, 59, 7_200, 10**5)])
