"""Limits of a person over several wallets and operators: faults F29 and F45 at the issuer."""

import pytest

from shuangli.crypto import sha256
from shuangli.days import day_of, start_of
from shuangli.errors import Refused
from shuangli.issuer.minting import vault
from shuangli.issuer.persons.limits import Customer, DayBreach, by_person, check_load
from shuangli.messages.notices import Outcome
from shuangli.messages.session import Receipt
from shuangli.messages.transfers import CENTRE, NO_REQUEST, Spend, Transfer
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, sign_away
from tests.paying import coins_of, pay
from tests.persons.answers import ANNA, pseudonym_of
from tests.setting import DAY_S, NOW
from tests.world import World

DAY_LIMIT_FEN = 500_000
"""Of tier 4."""
TODAY = day_of(NOW)


def of_anna(world: World, operator: str = "OP01") -> Wallet:
    """Another wallet of the same person, known by telephone number only."""
    return world.wallet(operator=operator, tier=4, person=ANNA)


def refused_load(world: World, wallet: Wallet, amount_fen: int, *, now_s: int = NOW) -> str:
    with pytest.raises(Refused) as refusal:
        world.load(wallet, [amount_fen], now_s=now_s)
    return refusal.value.code


def test_f29_loads_at_two_operators_count_for_one_person(world: World) -> None:
    first, second = of_anna(world), of_anna(world, "OP02")
    world.load(first, [300_000])
    assert refused_load(world, second, DAY_LIMIT_FEN - 300_000 + 1) == "over-limit"
    assert world.supply().loaded_fen == 300_000
    world.check_books()
    world.load(second, [DAY_LIMIT_FEN - 300_000])
    assert refused_load(world, first, 1) == "over-limit"
    world.load(second, [DAY_LIMIT_FEN], now_s=NOW + DAY_S)
    world.load(world.wallet(operator="OP02", tier=4), [DAY_LIMIT_FEN])
    world.check_books()


def test_f29_what_was_refused_or_asked_twice_does_not_count(world: World) -> None:
    wallet, other = of_anna(world), of_anna(world, "OP02")
    bank = world.banks["OP01"]
    order = wallet.order_load([400_000], now_s=NOW)
    with world.transaction():
        bank.deposit(wallet.key.public, 400_000, now_s=NOW)
    held_fen = -world.issuer.store.ledger.balance_fen(vault("OP01"))
    customer = Customer(person=pseudonym_of(ANNA), tier=4, profile=1)
    with pytest.raises(Refused) as refusal, world.issuer.transaction():
        world.issuer.mint(order, operator="OP02", customer=customer, now_s=NOW)
    assert refusal.value.code == "unknown-wallet"
    with world.transaction():
        loads = [bank.order_load(order, now_s=NOW)]
        loads.append(world.issuer.mint(order, operator="OP01", customer=customer, now_s=NOW))
    assert loads[0] == loads[1]
    assert -world.issuer.store.ledger.balance_fen(vault("OP01")) == held_fen - 400_000
    world.load(other, [100_000])
    assert refused_load(world, other, 1) == "over-limit"


def test_f45_a_closed_wallet_and_the_one_that_replaces_it_are_one_person(world: World) -> None:
    old = of_anna(world)
    world.load(old, [DAY_LIMIT_FEN])
    with world.transaction():
        world.banks["OP01"].close_wallet(old.key.public, now_s=NOW)
    new, elsewhere = of_anna(world), of_anna(world, "OP02")
    assert refused_load(world, new, 1) == "over-limit"
    assert refused_load(world, elsewhere, 1) == "over-limit"
    world.load(new, [1], now_s=NOW + DAY_S)


def test_limits_that_the_issuer_does_not_know_are_no_limits(world: World) -> None:
    for customer in (Customer(ANNA, 4, 99), Customer(ANNA, 5, 1), Customer(ANNA, -1, 1)):
        with pytest.raises(Refused) as refusal:
            check_load(customer, amount_fen=1, loaded_today_fen=0)
        assert refusal.value.code == "over-limit"
    check_load(Customer(ANNA, 4, 1), amount_fen=1, loaded_today_fen=DAY_LIMIT_FEN - 1)


def busy_day(world: World) -> Wallet:
    """One person pays 600,000 fen on a day out of two wallets of two operators, each within its limits."""
    first, second = of_anna(world), of_anna(world, "OP02")
    gate = world.wallet(tier=0)
    world.load(first, [200_000, 200_000], now_s=NOW - DAY_S)
    world.load(second, [200_000])
    for wallet in (first, first, second):
        assert isinstance(Receipt.parse(pay(wallet, gate, 200_000).answer.body), Receipt)
    return gate


def count_payments(world: World, *, most: int = 1_000) -> None:
    desk = world.issuer.person_desk
    more = True
    while more:
        with world.issuer.transaction():
            more = desk.count_payments(most=most)


@pytest.mark.parametrize("most", [1, 1_000])
def test_f29_what_two_wallets_pay_beyond_the_limit_of_a_day_is_noted(world: World, most: int) -> None:
    gate = busy_day(world)
    count_payments(world)
    assert world.issuer.person_desk.breaches() == [], "nothing has been handed in"
    settled = world.hand_in(gate)
    assert {*settled.outcomes} == {Outcome.SETTLED}
    assert world.deposit_fen(gate) == 600_000, "the payee's money is not touched"
    for _ in range(2):
        count_payments(world, most=most)
        (breach,) = world.issuer.person_desk.breaches()
        assert breach == DayBreach(pseudonym_of(ANNA), TODAY, 600_000, DAY_LIMIT_FEN)
        assert breach.over_fen == 100_000
    assert world.cases() == []
    with world.issuer.transaction():
        world.issuer.person_desk.forget(before_s=start_of(TODAY + 1))
    assert world.issuer.person_desk.breaches() == []


def test_f29_payments_on_both_sides_of_midnight_in_beijing_are_of_two_days(world: World) -> None:
    """As devices count them: in UTC these would be one day's."""
    midnight_s, gate = start_of(TODAY + 1), world.wallet(tier=0)
    for operator, now_s in (("OP01", midnight_s - 1), ("OP02", midnight_s)):
        wallet = of_anna(world, operator)
        world.load(wallet, [200_000, 100_000], now_s=now_s)
        for amount_fen in (200_000, 100_000):
            assert isinstance(Receipt.parse(pay(wallet, gate, amount_fen, now_s).answer.body), Receipt)
    world.hand_in(gate, now_s=midnight_s)
    count_payments(world)
    assert world.issuer.person_desk.breaches() == []
    paid = world.issuer.store.database.rows("SELECT day, paid_fen FROM paid_by_day ORDER BY day")
    assert [(day, paid_fen) for day, paid_fen in paid] == [(TODAY, 300_000), (TODAY + 1, 300_000)]


def test_f29_each_wallet_within_a_limit_of_its_own_person_is_no_finding(world: World) -> None:
    gate = world.wallet(tier=0)
    for _ in range(2):
        wallet = world.wallet([200_000, 200_000], tier=4)
        for _ in range(2):
            pay(wallet, gate, 200_000)
    world.hand_in(gate)
    count_payments(world)
    assert world.issuer.person_desk.breaches() == []


def test_a_payment_that_is_handed_in_in_parts_counts_once(world: World) -> None:
    payer, gate = of_anna(world), world.wallet(tier=0)
    for value_fen, now_s in ((300_000, NOW - DAY_S), (200_000, NOW)):
        world.load(payer, [value_fen], now_s=now_s)
    coins = coins_of(payer)
    spends = [(coin, coin.value_fen) for coin in coins]
    transfer = sign_away(payer, spends, payee=gate.key.public, request_id=sha256(b"request"))
    for coin in coins:
        outcomes = world.submit(bundle([coin], transfer)).outcomes
        assert Outcome.SETTLED in outcomes
        assert Outcome.UNKNOWN_COIN in outcomes
        count_payments(world)
    assert world.issuer.person_desk.breaches() == []
    paid = world.issuer.store.database.rows("SELECT day, key, paid_fen, limit_fen FROM paid_by_day")
    assert paid == [(TODAY, payer.key.public, 500_000, DAY_LIMIT_FEN)]


def test_redemptions_count_for_their_key_and_are_no_payments(world: World) -> None:
    payer, gate = world.wallet([100], person=ANNA), world.wallet(tier=0)
    pay(payer, gate, 100)
    world.hand_in(gate)
    count_payments(world)
    assert world.issuer.store.persons.redeemed_fen([gate.key.public]) == {gate.key.public: 100}
    paid = world.issuer.store.database.rows("SELECT key, paid_fen FROM paid_by_day")
    assert paid == [(payer.key.public, 100)]


def test_f17_f48_coins_that_are_made_up_do_not_count_as_redeemed(world: World) -> None:
    """A band would else make its claims on forks a small part of what it has handed in, and give no hint."""
    payer, gate = world.wallet([100, 50], person=ANNA), world.wallet(tier=0)
    pay(payer, gate, 100)
    (coin,) = coins_of(gate)
    made_up = Spend(sha256(b"made up"), 10**9)
    for name, spends in (("mixed", [made_up, Spend(coin.coin_id, 100)]), ("alone", [made_up])):
        redemption = Transfer.sign(
            gate.key,
            request_id=NO_REQUEST,
            certificate=gate.certificate,
            signed_at_s=NOW,
            claim_by_s=NOW,
            payee=CENTRE,
            spends=spends,
        )
        for _ in range(2):
            assert world.submit(bundle([coin], redemption)).outcomes[1] is Outcome.UNKNOWN_COIN, name
            count_payments(world)
    assert world.issuer.store.persons.redeemed_fen([gate.key.public]) == {gate.key.public: 100}


def test_amounts_of_several_keys_add_up_by_person() -> None:
    amounts_fen = {b"a": 1, b"b": 2, b"c": 4}
    assert by_person(amounts_fen, {b"a": b"A", b"b": b"A"}) == {b"A": 3, b"c": 4}
