"""A payer who holds two branches of one fork in good faith pays with one of them."""

import pytest

from shuangli.errors import Refused
from shuangli.offline.branches import without_rivals
from shuangli.wallet.wallet import Wallet
from tests.paying import coins_of, pay
from tests.world import World


def holder_of_both(hops: World) -> tuple[Wallet, Wallet]:
    """A wallet with a coin of 50 from one branch and one of 100 from the other; and the copied wallet."""
    cheat, honest, other = hops.wallet([100, 50]), hops.wallet(), hops.wallet()
    copy = hops.clone(cheat)
    pay(cheat, honest, 150)
    pay(honest, other, 100)
    pay(copy, honest, 100)
    return honest, cheat


def test_one_branch_is_paid_with_and_the_other_is_left(hops: World) -> None:
    honest, _ = holder_of_both(hops)
    last = hops.wallet()
    assert sorted(coin.value_fen for coin in coins_of(honest)) == [50, 100]
    with pytest.raises(Refused) as refused:
        pay(honest, last, 150)
    assert refused.value.code == "insufficient-funds"
    pay(honest, last, 50)
    assert [coin.value_fen for coin in coins_of(last)] == [50]
    assert [coin.value_fen for coin in coins_of(honest)] == [100]


def test_the_fork_is_found_once_both_are_handed_in_and_nobody_else_is_named(hops: World) -> None:
    honest, cheat = holder_of_both(hops)
    hops.hand_in(honest)
    (case,) = hops.cases()
    assert case.culprit == cheat.key.public
    hops.check_books()


def test_whoever_holds_no_rivals_keeps_all(hops: World) -> None:
    payer, payee = hops.wallet([100, 50, 20]), hops.wallet()
    pay(payer, payee, 120)
    pay(payer, payee, 30)
    coins = coins_of(payee)
    assert without_rivals(coins) == coins
    assert without_rivals(coins_of(payer)) == coins_of(payer)
