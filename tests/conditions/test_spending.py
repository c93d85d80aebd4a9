"""Conditional value between devices: who may be paid with it, and what a payer chooses."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.crypto import SigningKey
from shuangli.errors import Refused, Unverified
from shuangli.messages.conditions import Condition
from shuangli.messages.loads import Load, LoadOrder
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline.chain import Coin, load_coins, spend_outputs
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind
from shuangli.wallet.choice import choose
from tests.conditions.conftest import CANTEEN, SPEND_BY_S, City, knows
from tests.conditions.payments import forced
from tests.paying import coins_of, pay, signing_key
from tests.setting import DAY_S, NOW, TRANSFERABLE
from tests.world import World


def test_a_payee_of_the_class_that_knows_the_purpose_is_paid(world: World, city: City) -> None:
    person = world.wallet()
    city.load(person, 1_000, 500)
    assert pay(person, city.canteen, 1_200).answer.kind is Kind.RECEIPT
    (change,) = coins_of(person)
    assert change.value_fen == 300
    assert change.load.condition == city.condition


@pytest.mark.parametrize("who", ["bookshop", "diner", "friend"])
def test_an_honest_wallet_does_not_offer_it_to_others(world: World, city: City, who: str) -> None:
    person, friend = world.wallet(), world.wallet()
    city.load(person, 1_000)
    with pytest.raises(Refused, match="fen short") as refused:
        pay(person, friend if who == "friend" else getattr(city, who), 1_000)
    assert refused.value.code == "insufficient-funds"
    assert person.purse.balance_fen == 1_000


@pytest.mark.parametrize("who", ["bookshop", "diner", "friend"])
def test_others_refuse_it_by_name(world: World, city: City, who: str) -> None:
    person, friend = world.wallet(), world.wallet()
    city.load(person, 1_000)
    answer = forced(person, friend if who == "friend" else getattr(city, who), 400)
    assert answer.kind is Kind.REFUSAL
    assert Refusal.parse(answer.body).reason is RefusalReason.CONDITION


def test_nobody_is_paid_with_it_after_its_time(world: World, city: City) -> None:
    person = world.wallet()
    city.load(person, 1_000)
    with pytest.raises(Refused):
        pay(person, city.canteen, 100, now_s=SPEND_BY_S)
    with pytest.raises(Unverified) as late:
        forced(person, city.canteen, 100, now_s=SPEND_BY_S)
    assert late.value.code == "expired-coin"
    # With time to claim left, the same payment is accepted.
    assert pay(person, city.canteen, 100, now_s=SPEND_BY_S - DAY_S).answer.kind is Kind.RECEIPT


def test_it_is_spent_before_ordinary_value_and_only_where_it_can_be(world: World, city: City) -> None:
    person = world.wallet([5_000])
    city.load(person, 1_000)
    pay(person, city.bookshop, 200)
    assert sum(coin.value_fen for coin in coins_of(person) if coin.load.condition) == 1_000
    pay(person, city.canteen, 1_500)
    assert [coin.value_fen for coin in coins_of(person)] == [4_300]


def test_what_expires_first_is_spent_first(world: World, city: City) -> None:
    person = world.wallet()
    city.load(person, 700)
    soon = replace(city.condition, spend_by_s=SPEND_BY_S - DAY_S)
    city.load(person, 700, condition=soon)
    pay(person, city.canteen, 600)
    assert {coin.expires_at_s: coin.value_fen for coin in coins_of(person)} == {
        SPEND_BY_S - DAY_S: 100,
        SPEND_BY_S: 700,
    }


def test_a_canteen_passes_it_on_within_its_class_only(world: World, city: City) -> None:
    person = world.wallet()
    city.load(person, 1_000)
    pay(person, city.canteen, 1_000)
    kitchen = world.wallet(name="kitchen", tier=0, payee_class=CANTEEN, payee=knows("meals"))
    with pytest.raises(Refused):
        pay(city.canteen, world.wallet(), 1_000)
    assert pay(city.canteen, kitchen, 1_000).answer.kind is Kind.RECEIPT
    assert world.hand_in(kitchen).credited_fen == 1_000


def test_a_chain_through_somebody_else_is_no_chain(world: World, city: City) -> None:
    """A friend who takes it all the same cannot pay anybody with it: its class is in the chain."""
    person = world.wallet()
    friend = world.wallet(name="friend")
    city.load(person, 1_000)
    friend._rules = replace(friend._rules, payee=knows("meals"))
    # The friend's device has been tampered with: it takes what is not for it.
    request = friend.request(1_000, now_s=NOW)
    request_id = request_id_of(request)
    transfer = Transfer.sign(
        signing_key(person),
        request_id=request_id,
        certificate=person.certificate,
        signed_at_s=NOW,
        claim_by_s=NOW + DAY_S,
        payee=friend.key.public,
        spends=[Spend(coins_of(person)[0].coin_id, 1_000)],
    )
    coin = coins_of(person)[0]
    (taken,) = spend_outputs(transfer, transfer.spends[0], coin)
    friend.purse.coins[taken.coin_id] = taken
    with pytest.raises(Unverified) as refused:
        forced(friend, city.canteen, 1_000)
    assert refused.value.code == "condition"


def coins_under(given_fen: list[int], free_fen: list[int]) -> list[Coin]:
    """Coins with and without a condition, without a world around them."""
    key = SigningKey(bytes(32))
    condition = Condition(purpose="meals", payees=(1,), spend_by_s=NOW + DAY_S, giver=bytes(32))
    found: list[Coin] = []
    for nonce, (values_fen, under) in enumerate(((given_fen, condition), (free_fen, None))):
        if values_fen:
            order = LoadOrder.sign(
                key,
                operator="OP",
                values_fen=values_fen,
                nonce=bytes([nonce]) * 16,
                ordered_at_s=NOW,
                condition=under,
            )
            load = Load.sign(
                key,
                network="test",
                currency="CNY",
                order=order,
                epoch=1,
                issued_at_s=NOW,
                expires_at_s=NOW + DAY_S,
            )
            found += load_coins(load, TRANSFERABLE)
    return found


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=6),
    st.lists(st.integers(1, 50), max_size=6),
    st.integers(1, 400),
)
def test_a_choice_pays_the_amount_and_takes_what_is_given_first(
    given_fen: list[int], free_fen: list[int], amount_fen: int
) -> None:
    coins = coins_under(given_fen, free_fen)
    if sum(given_fen) + sum(free_fen) < amount_fen:
        with pytest.raises(Refused):
            choose(coins, amount_fen)
        return
    choice = choose(coins, amount_fen)
    assert sum(part_fen for _, part_fen in choice) == amount_fen
    assert sum(part_fen < coin.value_fen for coin, part_fen in choice) <= 1
    spent_fen = sum(part_fen for coin, part_fen in choice if coin.load.condition)
    assert spent_fen == min(sum(given_fen), amount_fen)
