"""A change of policy while coins are out: each coin follows the terms of its own epoch (F54)."""

from dataclasses import replace

import pytest

from shuangli.errors import Refused
from shuangli.issuer.supply import supply_by_epoch
from shuangli.messages.certificates import Mode
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, sign_away
from tests.paying import coins_of, pay
from tests.setting import DAY_S, NOW, STAGED, TRANSFERABLE
from tests.settlement.answers import outcomes
from tests.world import World

DEADLINE_S = NOW + 2 * DAY_S
SHORT = replace(STAGED, grace_s=3_600)
"""Staged, and an hour of grace where the first epoch's coins are transferable and have a day."""


def two_epochs(world: World) -> tuple[Wallet, Wallet]:
    """A wallet with 100 fen of the first epoch and one with 40 fen of the second."""
    old = world.wallet([100])
    world.change_terms(SHORT)
    return old, world.wallet([40])


def test_f54_coins_that_were_out_keep_mode_and_hop_cap(hops: World) -> None:
    old, new = two_epochs(hops)
    middle, last = hops.wallet(), hops.wallet()
    pay(old, middle, 100)
    pay(new, middle, 40)
    assert TRANSFERABLE.mode is Mode.TRANSFERABLE
    with pytest.raises(Refused):
        pay(middle, last, 101)
    pay(middle, last, 100)
    assert hops.hand_in(last).credited_fen == 100
    assert hops.hand_in(middle).credited_fen == 40
    (coin,) = [coin for coin in coins_of(hops.wallet([7])) if coin.terms == SHORT]
    assert coin.terms.grace_s == 3_600
    hops.check_books()


def test_f54_grace_is_that_of_each_coin_and_so_is_what_comes_back(hops: World) -> None:
    old, new = two_epochs(hops)
    shop = hops.wallet(tier=0)
    for wallet, amount_fen in ((old, 100), (new, 40)):
        pay(wallet, shop, amount_fen)
        hops.submit(wallet.purse.paying[next(iter(wallet.purse.paying))].payment.body)  # type: ignore[union-attr]
    hops.return_due(now_s=DEADLINE_S + 3_600)
    assert hops.deposit_fen(new) == 0
    hops.return_due(now_s=DEADLINE_S + 3_601)
    assert (hops.deposit_fen(new), hops.deposit_fen(old)) == (40, 0)
    outcomes = hops.hand_in(shop, now_s=DEADLINE_S + DAY_S).outcomes
    assert sorted(outcome.name for outcome in outcomes) == ["LATE", "REPEAT", "REPEAT", "SETTLED"]
    assert hops.deposit_fen(shop) == 100
    hops.return_due(now_s=DEADLINE_S + 2 * DAY_S)
    first, second = supply_by_epoch(hops.issuer.store)
    assert (first.epoch, first.redeemed_fen, first.returned_fen) == (1, 100, 0)
    assert (second.epoch, second.redeemed_fen, second.returned_fen) == (2, 0, 40)
    hops.check_books()


def test_f54_one_redemption_of_coins_of_two_epochs_is_judged_coin_by_coin(hops: World) -> None:
    rider = hops.wallet([100])
    hops.change_terms(replace(SHORT, coin_life_s=DAY_S))
    hops.load(rider, [40])
    large, small = coins_of(rider)
    redeem = sign_away(rider, [(large, 100), (small, 40)], now_s=NOW)
    assert outcomes(hops, bundle([large, small], redeem), now_s=NOW + 2 * DAY_S) == ["SETTLED", "LATE"]
    assert hops.deposit_fen(rider) == 100
    hops.return_due(now_s=NOW + 2 * DAY_S)
    assert hops.deposit_fen(rider) == 140
    hops.check_books()
