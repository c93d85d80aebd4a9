"""Coins that nobody takes any more: an element gives their places away, and its wallet goes on.

What was received and is dead leaves the purse with the next upload, redeemed or only shown; what was loaded
is credited by a notice, and leaves with that. Until then both stand apart from the balance.
"""

import pytest

from shuangli.errors import StoreError
from shuangli.messages.hand_in import HandIn
from shuangli.messages.notices import Outcome, RevocationList
from shuangli.messages.transfers import CENTRE, Transfer
from shuangli.wallet.apart import Apart, apart_of, balance_of
from shuangli.wallet.element.state import Capacity
from shuangli.wallet.wallet import Wallet
from tests.element.support import Held, held_in
from tests.paying import pay
from tests.setting import DAY_S, NOW
from tests.world import World

LATE_S = NOW + 40 * DAY_S
"""A load of today lives for thirty days, and a hand-in is late a day after."""
ROOM_FOR_FOUR = Capacity(coins=4, orders=2, requests=3, log=2)


def bring_up_to_date(world: World, *wallets: Wallet) -> None:
    """Give wallets a revocation list that is fresh when all coins of today are dead."""
    listed = RevocationList.sign(
        world.keys["centre"], number=1, issued_at_s=LATE_S, wallets=(), operators=(), epochs=()
    )
    for wallet in wallets:
        wallet.update_revocations(listed.signed.data)
        wallet.note_sync(now_s=LATE_S)


def test_what_is_received_in_place_of_dead_coins_can_be_handed_in(world: World) -> None:
    """Found: the wallet asked its element to redeem the dead ones as well, and never handed in again."""
    shop = held_in(world, name="shop", tier=0, capacity=ROOM_FOR_FOUR)
    pay(world.wallet([10] * 4), shop.wallet, 40)
    buyer = world.wallet()
    world.load(buyer, [30], now_s=LATE_S)
    bring_up_to_date(world, shop.wallet, buyer)
    pay(buyer, shop.wallet, 30, now_s=LATE_S)
    assert shop.state.held_fen(LATE_S) == 30
    told = world.hand_in(shop.wallet, now_s=LATE_S)
    assert told.outcomes[-1] is Outcome.SETTLED
    assert world.deposit_fen(shop.wallet) == told.credited_fen == 30
    assert shop.wallet.hand_in(now_s=LATE_S + DAY_S) is None
    assert shop.wallet.purse.coins == {}, "the dead ones were shown, and are gone"
    assert shop.restart().wallet.purse.coins == {}


def test_what_an_element_still_holds_is_handed_in_however_late(world: World) -> None:
    """A fact is recorded though nobody is paid for it: a fork may rest on it."""
    shop = held_in(world, name="shop", tier=0)
    pay(world.wallet([10]), shop.wallet, 10)
    assert world.hand_in(shop.wallet, now_s=LATE_S).outcomes[-1] is Outcome.LATE


def with_one_given_up(world: World) -> Held:
    """A shop with four received coins, all dead, of which its element has given one up for a fifth."""
    shop = held_in(world, name="shop", tier=0, capacity=ROOM_FOR_FOUR)
    pay(world.wallet([10] * 4), shop.wallet, 40)
    receive_late(world, shop)
    return shop


def receive_late(world: World, shop: Held) -> None:
    """Let a shop be paid one coin when all that it holds are dead."""
    buyer = world.wallet()
    world.load(buyer, [5], now_s=LATE_S)
    bring_up_to_date(world, shop.wallet, buyer)
    pay(buyer, shop.wallet, 5, now_s=LATE_S)


def test_what_was_given_up_is_shown_without_a_redemption(world: World) -> None:
    """A double spend may rest on it; what the element still holds, dead or not, it redeems."""
    shop = with_one_given_up(world)
    purse = shop.wallet.purse
    held = {coin.coin_id for coin in shop.state.coins if coin is not None}
    (given_up,) = purse.coins.keys() - held
    assert shop.wallet.key.given_up(purse.coins) == {given_up}
    upload = shop.wallet.hand_in(now_s=LATE_S)
    assert upload is not None
    bundle, (record,) = HandIn.decode(upload).bundle, purse.uploads.values()
    redemption = Transfer.parse(bundle.transfers[-1])
    assert redemption.payee == CENTRE
    assert {spend.coin_id for spend in redemption.spends} == held
    assert {coin.coin_id for coin in record.coins} == {given_up, *held}
    lost = next(coin for coin in record.coins if coin.coin_id == given_up)
    assert {lost.load.signed.data, *lost.path} <= {*bundle.loads, *bundle.transfers}
    assert purse.coins == {}
    told = world.submit(upload, now_s=LATE_S)
    assert told.credited_fen == 5
    assert {*told.outcomes} == {Outcome.SETTLED, Outcome.LATE}


def test_a_double_spend_is_found_by_a_coin_that_was_given_up(world: World) -> None:
    shop = held_in(world, name="shop", tier=0, capacity=ROOM_FOR_FOUR)
    payer = world.wallet([10])
    copy, other = world.clone(payer), world.wallet(tier=0)
    pay(payer, shop.wallet, 10)
    pay(copy, other, 10)
    world.hand_in(other)
    receive_late(world, shop)
    (dead,) = (coin for coin in shop.wallet.purse.coins.values() if coin.value_fen == 10)
    assert shop.wallet.key.given_up([dead.coin_id])
    assert world.cases() == []
    world.hand_in(shop.wallet, now_s=LATE_S)
    (case,) = world.cases()
    assert case.culprit == payer.key.public


def test_a_coin_that_is_not_dead_is_never_given_up(world: World) -> None:
    """Its element lacks it, so it is another wallet's: nothing is handed in, and nothing leaves the purse."""
    shop = with_one_given_up(world)
    before = dict(shop.wallet.purse.coins)
    with pytest.raises(StoreError) as fault:
        shop.wallet.hand_in(now_s=NOW + 29 * DAY_S)
    assert fault.value.code == "out-of-step"
    assert shop.wallet.purse.coins == before


def test_dead_coins_stand_apart_until_they_leave(world: World) -> None:
    """Received ones are late from their claim deadline and grace on; own ones are expired, and go back."""
    shop = held_in(world, [40], name="shop")
    pay(world.wallet([10]), shop.wallet, 10)
    purse = shop.wallet.purse
    (received,) = (coin for coin in purse.coins.values() if coin.hops)
    (own,) = (coin for coin in purse.coins.values() if not coin.hops)
    for now_s, apart, balance_fen in (
        (NOW, Apart(0, 0, 0), 50),
        (received.due_s, Apart(0, 0, 0), 50),
        (received.due_s + 1, Apart(10, 0, 0), 40),
        (own.expires_at_s - 1, Apart(10, 0, 0), 40),
        (own.expires_at_s, Apart(10, 40, 0), 0),
    ):
        assert apart_of(purse, now_s=now_s) == apart
        assert balance_of(purse, now_s=now_s) == balance_fen
    assert world.hand_in(shop.wallet, now_s=LATE_S).credited_fen == 0
    assert apart_of(purse, now_s=LATE_S) == Apart(0, 40, 0)
    world.return_due(now_s=LATE_S)
    world.tell_returns(shop.wallet)
    assert purse.coins == {}
    assert world.deposit_fen(shop.wallet) == 40


def test_coins_of_a_stopped_epoch_stand_apart_until_they_are_exchanged(world: World) -> None:
    held = held_in(world, [40, 10])
    listed = RevocationList.sign(
        world.keys["centre"], number=1, issued_at_s=NOW, wallets=(), operators=(), epochs=(1,)
    )
    held.wallet.update_revocations(listed.signed.data)
    purse = held.wallet.purse
    assert apart_of(purse, now_s=NOW) == Apart(0, 0, 50)
    assert balance_of(purse, now_s=NOW) == 50
    world.hand_in(held.wallet)
    assert apart_of(purse, now_s=NOW) == Apart(0, 0, 0)
    assert world.deposit_fen(held.wallet) == 50
