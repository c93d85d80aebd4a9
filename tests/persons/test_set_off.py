"""Set-off and the rules of payouts, as functions: to the fen, once, and never beyond either side."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import BadInput
from shuangli.issuer.losses.policy import LossPolicy, LossRule
from shuangli.issuer.losses.set_off import Debt, Holding, set_off, spread

names = st.sampled_from([b"A", b"B", b"C"])
debts = st.lists(
    st.builds(Debt, coin_key=st.binary(min_size=4, max_size=4), debtor=names, open_fen=st.integers(0, 50)),
    max_size=8,
    unique_by=lambda debt: debt.coin_key,
)
holdings = st.lists(
    st.builds(
        Holding,
        parent_no=st.integers(1, 99),
        position=st.integers(0, 3),
        creditor=names,
        left_fen=st.integers(0, 50),
    ),
    max_size=8,
    unique_by=lambda holding: holding[:2],
)


@given(debts, holdings)
def test_so_much_is_set_off_as_both_sides_of_a_person_reach(
    debts: list[Debt], holdings: list[Holding]
) -> None:
    covered = set_off(debts, holdings)
    for name in (b"A", b"B", b"C"):
        owed_fen = sum(debt.open_fen for debt in debts if debt.debtor == name)
        held_fen = sum(holding.left_fen for holding in holdings if holding.creditor == name)
        mine = [one for one in covered if one.debt.debtor == name]
        assert all(one.holding.creditor == name for one in mine)
        assert sum(one.amount_fen for one in mine) == min(owed_fen, held_fen)
    by_debt, by_holding = Counter[bytes](), Counter[tuple[int, int]]()
    for one in covered:
        assert one.amount_fen > 0
        by_debt[one.debt.coin_key] += one.amount_fen
        by_holding[one.holding.parent_no, one.holding.position] += one.amount_fen
    assert all(by_debt[debt.coin_key] <= debt.open_fen for debt in debts)
    assert all(by_holding[holding[:2]] <= holding.left_fen for holding in holdings)


@given(debts, holdings, st.randoms(use_true_random=False))
def test_the_sum_set_off_does_not_depend_on_the_order(
    debts: list[Debt], holdings: list[Holding], random: Random
) -> None:
    first = set_off(debts, holdings)
    random.shuffle(debts)
    random.shuffle(holdings)
    again = set_off(debts, holdings)
    for name in (b"A", b"B", b"C"):
        sums = [sum(one.amount_fen for one in found if one.debt.debtor == name) for found in (first, again)]
        assert sums[0] == sums[1]


def test_the_oldest_debt_is_covered_first() -> None:
    owed = [Debt(b"old", b"A", 30), Debt(b"new", b"A", 30), Debt(b"his", b"B", 9)]
    covered = set_off(owed, [Holding(1, 0, b"A", 20), Holding(2, 0, b"A", 25)])
    assert [(one.debt.coin_key, one.holding.parent_no, one.amount_fen) for one in covered] == [
        (b"old", 1, 20),
        (b"old", 2, 10),
        (b"new", 2, 15),
    ]


@given(debts, st.integers(-3, 500))
def test_a_payment_is_spread_whole_or_refused(debts: list[Debt], amount_fen: int) -> None:
    owed_fen = sum(debt.open_fen for debt in debts)
    if 1 <= amount_fen <= owed_fen:
        shares = spread(debts, amount_fen)
        assert sum(share.amount_fen for share in shares) == amount_fen
        assert all(0 < share.amount_fen <= share.debt.open_fen for share in shares)
    else:
        with pytest.raises(BadInput, match="cannot be paid"):
            spread(debts, amount_fen)


amounts = st.integers(0, 1_000)


@given(cap_fen=amounts, claimed_fen=amounts, fund_fen=st.none() | amounts, outlay_fen=amounts)
def test_what_the_fund_has_left_keeps_it_below_both_caps(
    cap_fen: int, claimed_fen: int, fund_fen: int | None, outlay_fen: int
) -> None:
    policy = LossPolicy(cap_per_person_fen=cap_fen, fund_fen=fund_fen)
    left_fen = policy.left_fen(claimed_fen=claimed_fen, outlay_fen=outlay_fen)
    bounds_fen = [cap_fen - claimed_fen] + ([] if fund_fen is None else [fund_fen - outlay_fen])
    assert left_fen == max(0, min(bounds_fen))


def test_first_claim_only_leaves_nothing() -> None:
    policy = LossPolicy(cap_per_person_fen=100, rule=LossRule.FIRST_CLAIM_ONLY)
    assert policy.left_fen(claimed_fen=0, outlay_fen=0) == 0


def test_a_negative_cap_is_refused() -> None:
    for cap_fen, fund_fen in ((-1, None), (0, -1)):
        with pytest.raises(BadInput, match="at least 0"):
            LossPolicy(cap_per_person_fen=cap_fen, fund_fen=fund_fen)
