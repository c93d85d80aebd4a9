"""Interest in whole numbers: nothing is created or lost by rounding, whatever the balances and the days."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.operator.regimes.interest import (
    UNITS_PER_FEN,
    earned,
    first_unsettled,
    micro_fen,
    periods_until,
    settlement_on_or_after,
)
from shuangli.operator.regimes.table import (
    CHINA,
    OperatorKind,
    Ratio,
    Regime,
    RegimeKind,
    RegimeTable,
)

SETTLED = [date(2026, 3, 20), date(2026, 6, 20), date(2026, 9, 20), date(2026, 12, 20)]


def test_a_year_on_ten_thousand_yuan() -> None:
    # 1,000,000 fen, 90 days, 0.05 % of a year of 360 days: 1.25 yuan.
    assert earned(1_000_000 * 90, 500, 0).paid_fen == 125
    assert micro_fen(1_000_000, 500) == 1_388_888


def test_an_overdrawn_account_earns_nothing() -> None:
    assert (earned(-5, 500, 7).paid_fen, earned(-5, 500, 7).carried) == (0, 7)


@given(st.lists(st.tuples(st.integers(-(10**9), 10**15), st.integers(0, 1_000_000)), min_size=1, max_size=40))
def test_a_customer_is_less_than_a_fen_short_of_the_exact_sum(periods: list[tuple[int, int]]) -> None:
    paid_fen = carried = 0
    exact = Fraction(0)
    for fen_days, rate_ppm in periods:
        due = earned(fen_days, rate_ppm, carried)
        paid_fen, carried = paid_fen + due.paid_fen, due.carried
        exact += Fraction(max(0, fen_days) * rate_ppm, UNITS_PER_FEN)
    assert 0 <= exact - paid_fen < 1
    assert exact - paid_fen == Fraction(carried, UNITS_PER_FEN)


@pytest.mark.parametrize(
    ("day", "settled"),
    [
        (date(2026, 1, 1), SETTLED[0]),
        (SETTLED[0], SETTLED[0]),
        (date(2026, 3, 21), SETTLED[1]),
        (date(2026, 12, 21), date(2027, 3, 20)),
    ],
)
def test_the_settlement_days(day: date, settled: date) -> None:
    assert settlement_on_or_after(day) == settled


def test_the_periods_of_the_first_year() -> None:
    periods = [*periods_until(CHINA, date(2027, 1, 1))]
    assert [period.last for period in periods] == SETTLED
    assert [period.first for period in periods][:2] == [date(2026, 1, 1), date(2026, 3, 21)]
    assert {period.rate_ppm for period in periods} == {500}
    # Nothing is settled before its last day is over.
    assert [*periods_until(CHINA, SETTLED[0])] == []
    assert len([*periods_until(CHINA, date(2026, 3, 21))]) == 1
    assert [*periods_until(CHINA, date(2025, 12, 31))] == []


@given(st.dates(date(2026, 1, 1), date(2035, 1, 1)))
def test_each_day_is_settled_once(today: date) -> None:
    covered = [
        period.first.toordinal() + offset
        for period in periods_until(CHINA, today)
        for offset in range((period.last - period.first).days + 1)
    ]
    first = date(2026, 1, 1).toordinal()
    assert covered == [*range(first, first + len(covered))]
    assert first_unsettled(CHINA, today).toordinal() == first + len(covered) <= today.toordinal()


def test_the_rate_is_that_of_the_settlement_day() -> None:
    later = Ratio(since=SETTLED[1], ppm=900)
    table = RegimeTable(
        operator=OperatorKind.BANK,
        regimes=CHINA.regimes,
        interest=(*CHINA.interest, later),
        reserves=CHINA.reserves,
    )
    assert [period.rate_ppm for period in periods_until(table, SETTLED[2])] == [500, 900]


def test_a_regime_that_ends_is_settled_to_its_last_day() -> None:
    cash_again = Regime(since=date(2026, 5, 2), kind=RegimeKind.DIGITAL_CASH)
    table = RegimeTable(
        operator=OperatorKind.BANK,
        regimes=(*CHINA.regimes, cash_again),
        interest=CHINA.interest,
        reserves=CHINA.reserves,
    )
    assert [period.last for period in periods_until(table, date(2027, 1, 1))] == [
        SETTLED[0],
        date(2026, 5, 1),
    ]


def test_who_is_no_bank_pays_none() -> None:
    table = RegimeTable(
        operator=OperatorKind.NON_BANK,
        regimes=CHINA.regimes,
        interest=CHINA.interest,
        reserves=CHINA.reserves,
    )
    assert [*periods_until(table, date(2027, 1, 1))] == []
