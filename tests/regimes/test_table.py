"""The dated table, and the file that an operator gives in its place."""

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import BadInput
from shuangli.operator.regimes.settings_file import FILE, read_regimes, regimes_in
from shuangli.operator.regimes.table import CHINA, MILLION, OperatorKind, RegimeKind, is_real_name

BEFORE, AFTER = date(2025, 12, 31), date(2026, 1, 1)


def test_what_changes_on_the_first_of_january() -> None:
    assert CHINA.regime_on(BEFORE).kind is RegimeKind.DIGITAL_CASH
    assert CHINA.regime_on(date(1990, 1, 1)).kind is RegimeKind.DIGITAL_CASH
    assert CHINA.regime_on(AFTER).kind is RegimeKind.DEPOSIT_MONEY
    assert [CHINA.reserve_ppm(day) for day in (BEFORE, AFTER)] == [MILLION, 75_000]
    assert [CHINA.interest_ppm(day) for day in (BEFORE, AFTER)] == [0, 500]
    assert [CHINA.insured_fen(day) for day in (BEFORE, AFTER)] == [0, 50_000_000]


def test_who_is_no_bank_keeps_all_in_reserve() -> None:
    table = read_regimes('operator = "non-bank"')
    assert table.operator is OperatorKind.NON_BANK
    assert [table.reserve_ppm(day) for day in (BEFORE, AFTER)] == [MILLION, MILLION]
    assert (table.interest_ppm(AFTER), table.insured_fen(AFTER)) == (0, 0)


def test_only_the_anonymous_tier_is_not_by_name() -> None:
    assert [is_real_name(tier) for tier in range(5)] == [True, True, True, True, False]


def test_the_example_of_the_manual_is_the_default() -> None:
    text = """
        operator = "bank"
        regimes = [
            {since = 2020-04-01, kind = "digital-cash"},
            {since = 2026-01-01, kind = "deposit-money", insured_fen = 50_000_000},
        ]
        interest = [{since = 2025-05-20, ppm = 500}]
        reserves = [{since = 2025-05-15, ppm = 75_000}]
    """
    assert read_regimes(text) == read_regimes("") == CHINA


def test_the_file_lies_in_the_operators_directory(tmp_path: Path) -> None:
    assert regimes_in(tmp_path) is CHINA
    (tmp_path / FILE).write_text('operator = "non-bank"')
    assert regimes_in(tmp_path).operator is OperatorKind.NON_BANK
    (tmp_path / FILE).write_bytes(b"\xff")
    with pytest.raises(BadInput, match="decode"):
        regimes_in(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("operator = ", "not TOML"),
        ('operator = "shop"', "shop"),
        ("rates = []", "rates is unknown"),
        ("regimes = []", "at least one"),
        ('regimes = [{since = 2020-04-01, kind = "digital-cash", insured = 1}]', "insured is unknown"),
        ('regimes = [{since = "2020-04-01", kind = "digital-cash"}]', "no day"),
        ('regimes = [{since = 2020-04-01, kind = "gold"}]', "gold"),
        ('regimes = [{since = 2020-04-01, kind = "digital-cash", insured_fen = 1}]', "not insured"),
        ("interest = [{since = 2020-04-01, ppm = 0.5}]", "0.5 is not a whole number"),
        ("interest = [{since = 2020-04-01, ppm = 1_000_001}]", "millionths"),
        ("interest = [{since = 2020-04-01, ppm = 1}, {since = 2020-04-01, ppm = 2}]", "later day"),
        ("reserves = [{ppm = 1}]", "since"),
        ("reserves = 5", "regimes.toml"),
    ],
)
def test_what_is_wrong_with_a_file(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=r"regimes\.toml") as error:
        read_regimes(text)
    assert said in str(error.value)


@given(
    st.text(max_size=60)
    | st.sampled_from(["regimes", "interest"]).flatmap(
        lambda name: st.text().map(lambda text: f"{name} = [{{{text}}}]")
    )
)
def test_any_text_is_a_table_or_bad_input(text: str) -> None:
    with suppress(BadInput):
        assert read_regimes(text).regimes
