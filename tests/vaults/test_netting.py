"""Netting: positions add up to zero, the payments settle them, and there are no fewer that would."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.issuer.vaults.netting import (
    MOST_EXACT,
    Band,
    cover,
    fewest_payments,
    net_positions,
    to_rebalance_fen,
)

NAMES = [f"OP{number:02d}" for number in range(1, 7)]
obligations = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), st.integers(1, 60), max_size=20
)


@given(obligations)
def test_positions_add_up_to_zero_and_payments_settle_them(owed: dict[tuple[str, str], int]) -> None:
    positions = net_positions(owed)
    assert sum(positions.values()) == 0
    settled = dict.fromkeys(positions, 0)
    for payer, payee, amount_fen in fewest_payments(positions):
        assert amount_fen > 0
        settled[payer] -= amount_fen
        settled[payee] += amount_fen
    assert settled == positions


def most_groups(positions: dict[str, int]) -> int:
    """By trying every way, group by group: slow, and not how the program does it."""
    if not positions:
        return 0
    first, *rest = positions
    best = 0
    for size in range(len(rest) + 1):
        for others in combinations(rest, size):
            group = (first, *others)
            if sum(positions[name] for name in group) == 0:
                left = {name: fen for name, fen in positions.items() if name not in group}
                best = max(best, 1 + most_groups(left))
    return best


@given(obligations)
def test_there_are_no_fewer_payments(owed: dict[tuple[str, str], int]) -> None:
    positions = net_positions(owed)
    assert len(fewest_payments(positions)) == len(positions) - most_groups(positions)


def test_two_pairs_that_settle_among_themselves_need_two_payments() -> None:
    positions = {"A": 7, "B": -7, "C": 5, "D": -5}
    assert sorted(fewest_payments(positions)) == [("B", "A", 7), ("D", "C", 5)]


def test_many_operators_need_at_most_one_payment_fewer_than_they_are() -> None:
    positions = {f"OP{number:02d}": number for number in range(1, MOST_EXACT + 1)}
    positions["LAST"] = -sum(positions.values())
    assert len(fewest_payments(positions)) == MOST_EXACT


def test_positions_that_do_not_add_up_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="zero"):
        fewest_payments({"A": 1})


fen = st.integers(0, 60)


@given(st.integers(-60, 60), st.integers(-60, 60), fen, fen, fen)
def test_who_has_not_enough_buys_and_borrows_that_and_no_more(
    value_fen: int, position_fen: int, held_value_fen: int, held_money_fen: int, owed_fen: int
) -> None:
    bought_fen, lent_fen, repaid_fen = cover(
        value_fen=value_fen,
        position_fen=position_fen,
        held_value_fen=held_value_fen,
        held_money_fen=held_money_fen,
        owed_fen=owed_fen,
    )
    left_value_fen = held_value_fen + bought_fen - value_fen
    left_money_fen = held_money_fen + position_fen - bought_fen + lent_fen - repaid_fen
    left_owed_fen = owed_fen + lent_fen - repaid_fen
    assert min(bought_fen, lent_fen, repaid_fen, left_value_fen, left_money_fen, left_owed_fen) >= 0
    assert not (lent_fen and repaid_fen)
    assert not (bought_fen and left_value_fen), "it buys what it lacks"
    assert not (left_owed_fen and left_money_fen), "whoever has money owes nothing"


@pytest.mark.parametrize(
    ("held_fen", "buys_fen"), [(0, 50), (9, 41), (10, 0), (90, 0), (91, -41), (200, -150)]
)
def test_a_vault_outside_its_band_comes_back_to_its_target(held_fen: int, buys_fen: int) -> None:
    assert to_rebalance_fen(held_fen, Band(10, 50, 90)) == buys_fen


def test_a_band_is_in_order() -> None:
    with pytest.raises(ValueError, match="order"):
        to_rebalance_fen(0, Band(10, 5, 90))
