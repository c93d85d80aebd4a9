"""Coin choice against trying all choices, and loads that pay every amount exactly."""

import random
from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.optimum import MOST_COINS, optima
from shuangli.crypto import SigningKey
from shuangli.errors import Refused
from shuangli.messages.loads import Load, LoadOrder
from shuangli.offline.chain import Coin, load_coins
from shuangli.wallet import subsets
from shuangli.wallet.choice import choose, cost_of, denominate
from tests.setting import NOW, TRANSFERABLE

KEY: Final = SigningKey(bytes(32))
MOST_FEN: Final = 60

Drawn = tuple[int, int, list[int]]
"""A coin: its value in fen, the number of its load, and for each transfer of its chain one of two."""

purses = st.lists(
    st.tuples(st.integers(1, MOST_FEN), st.integers(0, 2), st.lists(st.integers(0, 1), max_size=3)),
    max_size=8,
)

alike = st.lists(
    st.tuples(st.integers(1, 8), st.just(0), st.lists(st.integers(0, 1), max_size=1)), min_size=5, max_size=9
)
"""Purses in which many choices cost the same."""


def minted(number: int, count: int) -> list[Coin]:
    values_fen = [1] * count
    nonce = bytes([number] * 16)
    order = LoadOrder.sign(KEY, operator="OP", values_fen=values_fen, nonce=nonce, ordered_at_s=NOW)
    load = Load.sign(
        KEY, network="test", currency="CNY", order=order, epoch=1, issued_at_s=NOW, expires_at_s=NOW + 1
    )
    return load_coins(load, TRANSFERABLE)


# Of different sizes, so that chains of one length differ.
LOADS: Final = [minted(0, 300), minted(1, 20), minted(2, 40)]


def coins_of(purse: Sequence[Drawn], *, joined: bool = False) -> list[Coin]:
    """Coins whose chains form trees; if `joined`, a transfer may also end chains that differ before it."""
    coins = []
    for position, (value_fen, load, drawn) in enumerate(purse):
        names = [bytes([at, part] if joined else [load, *drawn[: at + 1]]) for at, part in enumerate(drawn)]
        path = tuple(name.ljust(300 + 40 * name[-1], b"-") for name in names)
        coins.append(LOADS[load][position]._replace(value_fen=value_fen, path=path, hops=sum(drawn)))
    return coins


def fresh(values_fen: Sequence[int], load: int = 0) -> list[Coin]:
    """Coins of one load, as minted."""
    return coins_of([(value_fen, load, []) for value_fen in values_fen])


def counted_twice(coins: Sequence[Coin]) -> int:
    """The bytes of transfers for every place in the chains of a purse but the first."""
    places = {(coin.load.signed.data, *coin.path[: at + 1]) for coin in coins for at in range(len(coin.path))}
    transfers = {transfer for coin in coins for transfer in coin.path}
    size = sum(len(place[-1]) + subsets.HEAD_BYTES for place in places)
    return size - sum(len(transfer) + subsets.HEAD_BYTES for transfer in transfers)


def is_payment(choice: Sequence[tuple[Coin, int]], coins: Sequence[Coin], amount_fen: int) -> bool:
    ids = [coin.coin_id for coin, _ in choice]
    split = [coin for coin, pay_fen in choice if pay_fen != coin.value_fen]
    return (
        sum(pay_fen for _, pay_fen in choice) == amount_fen
        and all(1 <= pay_fen <= coin.value_fen for coin, pay_fen in choice)
        and len(set(ids)) == len(ids)
        and set(ids) <= {coin.coin_id for coin in coins}
        and len(split) <= 1
    )


@settings(max_examples=300, deadline=None)
@given(purses | alike, st.integers(1, 100))
def test_no_choice_is_better_than_the_one_that_is_made(purse: list[Drawn], amount_fen: int) -> None:
    coins = coins_of(purse)
    best = optima(coins, amount_fen)
    if not best:
        with pytest.raises(Refused) as refused:
            choose(coins, amount_fen)
        assert refused.value.code == "insufficient-funds"
        return
    chosen = choose(coins, amount_fen)
    assert is_payment(chosen, coins, amount_fen)
    cost = cost_of(chosen, coins)
    assert cost[:3] == best[0][:3]
    if len(best) <= subsets.EQUALS:
        assert cost == min(best)


@settings(max_examples=100, deadline=None)
@given(purses, st.integers(1, 200))
def test_how_much_dearer_a_choice_is_where_transfers_join_chains(purse: list[Drawn], amount_fen: int) -> None:
    coins = coins_of(purse, joined=True)
    best = optima(coins, amount_fen)
    if best:
        cost = cost_of(choose(coins, amount_fen), coins)
        assert cost.split == best[0].split
        assert cost.size_bytes <= best[0].size_bytes + counted_twice(coins)


@settings(max_examples=100, deadline=None)
@given(purses, st.integers(1, 200), st.integers(0, 4))
def test_a_choice_keeps_to_the_number_of_coins_that_is_accepted(
    purse: list[Drawn], amount_fen: int, most_coins: int
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
    assert is_payment(chosen, coins, amount_fen)


def test_exact_change_in_more_bytes_where_the_payee_accepts_fewer_coins() -> None:
    # Three coins of one load take fewer bytes than two of which one has a longer chain.
    coins = coins_of([(5, 0, []), (4, 0, []), (3, 0, []), (7, 0, [0, 0]), (20, 0, [0])])
    assert {coin.value_fen for coin, _ in choose(coins, 12)} == {5, 4, 3}
    assert {coin.value_fen for coin, _ in choose(coins, 12, most_coins=2)} == {7, 5}
    assert [(coin.value_fen, pay_fen) for coin, pay_fen in choose(coins, 12, most_coins=1)] == [(20, 12)]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=40, max_size=60), st.integers(1, 1_500), st.randoms())
def test_exact_change_is_found_in_large_purses(
    values_fen: list[int], amount_fen: int, rng: random.Random
) -> None:
    coins = coins_of(
        [(fen, rng.randrange(3) * (at < 20), [0] * rng.randrange(3)) for at, fen in enumerate(values_fen)]
    )
    sums = 1
    for value_fen in values_fen:
        sums |= sums << value_fen
    if sum(values_fen) >= amount_fen:
        chosen = choose(coins, amount_fen)
        assert is_payment(chosen, coins, amount_fen)
        assert cost_of(chosen, coins).split == 1 - (sums >> amount_fen & 1)


@settings(max_examples=200, deadline=None)
@given(purses, st.integers(1, 200))
def test_a_search_that_keeps_few_states_still_finds_exact_change(purse: list[Drawn], amount_fen: int) -> None:
    coins = coins_of(purse)
    best = optima(coins, amount_fen)
    if best:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(subsets, "MAX_STATES", 1)
            chosen = choose(coins, amount_fen)
        assert is_payment(chosen, coins, amount_fen)
        assert cost_of(chosen, coins).split == best[0].split


def test_a_choice_does_not_depend_on_the_order_of_the_purse() -> None:
    coins = coins_of(
        [(10, 0, []), (10, 1, []), (20, 0, [1]), (5, 0, []), (5, 0, [0, 1]), (7, 2, []), (7, 1, [])]
    )
    for amount_fen in range(1, 65):
        assert choose(coins, amount_fen) == choose(coins[::-1], amount_fen)


def test_many_small_coins_do_not_hide_a_few_large_ones() -> None:
    coins = coins_of([(10, 0, [])] * 17 + [(fen, 0, [1, 1]) for fen in (60, 50, 50, 40)])
    assert [pay_fen for _, pay_fen in choose(coins, 150)] == [10] * 15
    assert {coin.value_fen: pay_fen for coin, pay_fen in choose(coins, 150, most_coins=3)} == {
        60: 60,
        50: 50,
        40: 40,
    }


def paid(coins: Sequence[Coin], amount_fen: int) -> dict[int, int]:
    """The values of the chosen coins, and what is paid of each, in fen."""
    return {coin.value_fen: pay_fen for coin, pay_fen in choose(coins, amount_fen)}


@pytest.mark.parametrize(
    ("purse", "amount_fen", "values_fen"),
    [
        # One coin alone has the shortest chain; two that share one are shorter than it and another.
        ([(10, 1, []), (9, 0, [0]), (3, 0, [0]), (4, 0, [0]), (5, 2, [])], 7, {3, 4}),
        # Two coins of one load instead of one with a longer chain.
        ([(7, 0, [0]), (4, 0, []), (3, 0, [])], 7, {4, 3}),
        # Three of one load instead of two with a longer chain.
        ([(4, 0, [0]), (3, 0, [0]), (5, 0, []), (1, 0, []), (1, 0, [])], 7, {5, 1}),
    ],
)
def test_shorter_chains_go_before_fewer_coins(
    purse: list[Drawn], amount_fen: int, values_fen: set[int]
) -> None:
    assert set(paid(coins_of(purse), amount_fen)) == values_fen


@pytest.mark.parametrize(
    ("values_fen", "amount_fen", "best"),
    [
        # 1, 5 and 6 pay more of the amounts up to 8 than 1, 1 and 10.
        ([10, 5, 1], 4, {10: 4}),
        # The change counts: 1, 2 and 4 pay more than 1, 1 and 5.
        ([5, 4, 1], 3, {5: 3}),
        # 6, 4 and 1 pay more than 4, 4 and 3.
        ([6, 4, 4, 3, 1], 7, {4: 4, 3: 3}),
        # 5, 4 and 2 pay more than 7, 2 and 2.
        ([7, 5, 4, 2, 2, 1], 10, {7: 7, 2: 2, 1: 1}),
    ],
)
def test_what_is_left_decides_between_choices_of_one_size(
    values_fen: list[int], amount_fen: int, best: dict[int, int]
) -> None:
    assert paid(fresh(values_fen), amount_fen) == best
    assert paid(fresh(values_fen[::-1]), amount_fen) == best


@pytest.mark.parametrize(
    "purse",
    [
        [(9, 0, [0, 0]), (9, 0, [0]), (9, 0, [0, 1]), (9, 0, [0, 1])],
        [(9, 0, []), (9, 0, []), (9, 0, []), (9, 1, [])],
    ],
)
def test_change_stays_with_the_shortest_chain(purse: list[Drawn]) -> None:
    coins = coins_of(purse)
    split = [coin for coin, pay_fen in choose(coins, 30) if pay_fen < coin.value_fen]
    assert split == [min(coins, key=subsets.chain_bytes)]


def test_the_most_coins_that_all_choices_are_tried_for() -> None:
    rng = random.Random(5)
    coins = fresh([rng.randint(1, 30) for _ in range(MOST_COINS)])
    assert cost_of(choose(coins, 101), coins)[:3] == optima(coins, 101)[0][:3]
    with pytest.raises(ValueError, match="too many"):
        optima([*coins, coins[0]], 101)


def test_a_large_purse_of_odd_values_pays() -> None:
    coins = fresh(range(1_000, 3_000, 7))
    for amount_fen in (999, 1_000, 123_456):
        assert is_payment(choose(coins, amount_fen), coins, amount_fen)


def test_amounts_that_are_too_large_to_be_searched_are_paid() -> None:
    coins = fresh([10**11 + at for at in range(20)])
    for amount_fen in (10**11 + 3, 2 * 10**11 + 5, 10**12 + 1):
        assert is_payment(choose(coins, amount_fen), coins, amount_fen)
    few = fresh([10**8 + 1, 10**8 + 3])
    assert is_payment(choose(few, 10**8 + 2), few, 10**8 + 2)


@given(st.integers(1, 300), st.integers(1, 50), st.integers(0, 49))
def test_a_load_pays_every_multiple_of_the_unit_exactly(units: int, unit_fen: int, rest_fen: int) -> None:
    rest_fen %= unit_fen
    amount_fen = units * unit_fen + rest_fen
    values_fen = denominate(amount_fen, unit_fen=unit_fen)
    assert sum(values_fen) == amount_fen
    assert all(value_fen > 0 for value_fen in values_fen)
    assert len(values_fen) <= 2 * ((units + 1) // 2).bit_length() + 1
    sums = {0}
    for value_fen in values_fen:
        sums |= {total_fen + value_fen for total_fen in sums}
    assert sums >= {multiple * unit_fen for multiple in range(units + 1)}


def test_a_load_of_twenty_units() -> None:
    assert denominate(2_050, unit_fen=100) == [400, 400, 300, 300, 200, 200, 100, 100, 50]
