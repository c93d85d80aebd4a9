"""Coin choice against brute force, and loads that pay every amount exactly."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.crypto import SigningKey
from shuangli.errors import Refused
from shuangli.messages.loads import Load, LoadOrder
from shuangli.offline.chain import Coin, load_coins
from shuangli.wallet.choice import choose, denominate
from tests.world import NOW, TRANSFERABLE

KEY = SigningKey(bytes(32))

purses = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 3)), max_size=9)
"""Coins as (value in fen, transfers in their chain)."""


def coins_of(purse: list[tuple[int, int]]) -> list[Coin]:
    if not purse:
        return []
    values_fen = [value_fen for value_fen, _ in purse]
    order = LoadOrder.sign(KEY, operator="OP", values_fen=values_fen, nonce=bytes(16), ordered_at_s=NOW)
    load = Load.sign(
        KEY, network="test", currency="CNY", order=order, epoch=1, issued_at_s=NOW, expires_at_s=NOW + 1
    )
    coins = load_coins(load, TRANSFERABLE)
    return [coin._replace(path=(b"",) * links) for coin, (_, links) in zip(coins, purse, strict=True)]


def fewest_exact(coins: list[Coin], amount_fen: int) -> tuple[int, int] | None:
    """Coins and chain links of the best exact choice, by trying all."""
    exact = [
        (count, sum(len(coin.path) for coin in chosen))
        for count in range(1, len(coins) + 1)
        for chosen in combinations(coins, count)
        if sum(coin.value_fen for coin in chosen) == amount_fen
    ]
    return min(exact, default=None)


@settings(max_examples=150, deadline=None)
@given(purses, st.integers(1, 300))
def test_a_choice_pays_the_amount_and_splits_at_most_one_coin(
    purse: list[tuple[int, int]], amount_fen: int
) -> None:
    coins = coins_of(purse)
    if sum(coin.value_fen for coin in coins) < amount_fen:
        with pytest.raises(Refused) as refused:
            choose(coins, amount_fen)
        assert refused.value.code == "insufficient-funds"
        return
    chosen = choose(coins, amount_fen)
    assert sum(pay_fen for _, pay_fen in chosen) == amount_fen
    assert all(1 <= pay_fen <= coin.value_fen for coin, pay_fen in chosen)
    assert len({coin.coin_id for coin, _ in chosen}) == len(chosen)
    split = [coin for coin, pay_fen in chosen if pay_fen < coin.value_fen]
    best = fewest_exact(coins, amount_fen)
    if best is None:
        assert len(split) == 1
    else:
        assert not split
        assert (len(chosen), sum(len(coin.path) for coin, _ in chosen)) == best


@settings(max_examples=100, deadline=None)
@given(purses, st.integers(1, 200), st.integers(1, 4))
def test_a_choice_keeps_to_the_number_of_coins_that_is_accepted(
    purse: list[tuple[int, int]], amount_fen: int, most_coins: int
) -> None:
    coins = coins_of(purse)
    largest = sorted((coin.value_fen for coin in coins), reverse=True)[:most_coins]
    if sum(largest) < amount_fen:
        with pytest.raises(Refused) as refused:
            choose(coins, amount_fen, most_coins=most_coins)
        assert refused.value.code in ("insufficient-funds", "too-many-coins")
        return
    chosen = choose(coins, amount_fen, most_coins=most_coins)
    assert len(chosen) <= most_coins
    assert sum(pay_fen for _, pay_fen in chosen) == amount_fen


def test_a_choice_does_not_depend_on_the_order_of_the_purse() -> None:
    coins = coins_of([(10, 0), (10, 0), (20, 1), (5, 0), (5, 2), (7, 0)])
    for amount_fen in range(1, 58):
        assert choose(coins, amount_fen) == choose(coins[::-1], amount_fen)


def test_a_large_purse_is_searched_in_bounded_time_and_still_pays() -> None:
    coins = coins_of([(value_fen, 0) for value_fen in range(1_000, 3_000, 7)])
    chosen = choose(coins, 123_456)
    assert sum(pay_fen for _, pay_fen in chosen) == 123_456


@given(st.integers(1, 300), st.integers(1, 50), st.integers(0, 49))
def test_a_load_pays_every_multiple_of_the_unit_exactly(units: int, unit_fen: int, rest_fen: int) -> None:
    rest_fen %= unit_fen
    amount_fen = units * unit_fen + rest_fen
    values_fen = denominate(amount_fen, unit_fen=unit_fen)
    assert sum(values_fen) == amount_fen
    assert all(value_fen > 0 for value_fen in values_fen)
    assert len(values_fen) <= units.bit_length() + 2
    sums = {0}
    for value_fen in values_fen:
        sums |= {total_fen + value_fen for total_fen in sums}
    assert sums >= {multiple * unit_fen for multiple in range(units + 1)}
