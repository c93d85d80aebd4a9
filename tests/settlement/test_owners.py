"""Whose it is that comes back: a replaced device's holder has it, and a culprit has not (F02, F45)."""

import pytest

from shuangli.errors import Refused
from shuangli.messages.notices import Outcome
from shuangli.operator.accounts import UNKNOWN_OWNERS
from tests.paying import pay, person_of
from tests.setting import NOW
from tests.settlement.answers import CLAIMED_S, EXPIRED_S
from tests.settlement.unclaimed import AFTER, due, pay_into_the_void
from tests.world import World


def test_f02_an_honest_restore_never_signs_with_the_old_key_and_gets_its_value_back(world: World) -> None:
    """The backup does not know what was spent since; nobody has to know, and no coin is spent twice."""
    rider, gate = world.wallet([100, 50]), world.wallet(tier=0)
    backup = world.clone(rider)
    pay(rider, gate, 30)
    pay_into_the_void(rider, world.wallet(tier=0), 20)
    assert backup.purse.balance_fen == 150
    with world.transaction():
        world.banks["OP01"].close_wallet(rider.key.public, now_s=NOW)
    restored = world.wallet(person=person_of(rider))
    world.hand_in(gate)
    world.return_due(now_s=EXPIRED_S + AFTER)
    assert (world.deposit_fen(gate), world.deposit_fen(restored)) == (30, 120)
    world.tell_returns(backup)
    assert backup.purse.balance_fen in (0, 100), "the coin that was paid with is spent, not returned"
    assert world.cases() == []
    world.check_books()


def test_f45_a_replaced_device_is_closed_and_its_value_loaded_to_the_next(world: World) -> None:
    bank, old = world.banks["OP01"], world.wallet([100])
    with world.transaction():
        bank.deposit(old.key.public, 7, now_s=NOW)
        bank.close_wallet(old.key.public, now_s=NOW)
        bank.close_wallet(old.key.public, now_s=NOW + 5)
    assert world.deposit_fen(old) == 7, "there is no other wallet yet"
    new = world.wallet(person=person_of(old))
    assert (world.deposit_fen(old), world.deposit_fen(new)) == (0, 7)
    for refused in (
        lambda: bank.open_wallet(world.enrolment(old), now_s=NOW),
        lambda: bank.order_load(old.order_load([5], now_s=NOW), now_s=NOW),
        lambda: bank.deposit(old.key.public, 5, now_s=NOW),
    ):
        with pytest.raises(Refused) as no, world.transaction():
            refused()
        assert no.value.code == "unknown-wallet"
    world.return_due(now_s=EXPIRED_S + AFTER)
    assert (world.deposit_fen(old), world.deposit_fen(new)) == (0, 107)
    with world.transaction():
        new.receive_load(bank.order_load(new.order_load([107], now_s=NOW), now_s=NOW))
    assert (new.purse.balance_fen, world.deposit_fen(new)) == (107, 0)
    world.check_books()


def test_f45_what_a_closed_wallet_hands_in_is_still_its_holders(world: World) -> None:
    bank, old, payer = world.banks["OP01"], world.wallet(), world.wallet([80])
    pay(payer, old, 80)
    with world.transaction():
        bank.close_wallet(old.key.public, now_s=NOW)
    new = world.wallet(person=person_of(old))
    assert world.hand_in(old).credited_fen == 80
    assert (world.deposit_fen(old), world.deposit_fen(new)) == (0, 80)
    world.check_books()


def test_a_key_that_two_operators_certified_gets_back_where_the_object_says(world: World) -> None:
    """A load names its operator; a transfer shows the certificate it was signed under."""
    rider = world.wallet([100, 40])
    world.enrol(rider, "OP02")
    pay_into_the_void(rider, world.wallet(tier=0), 100)
    assert world.hand_in(rider, "OP02").outcomes == (Outcome.SETTLED,)
    world.return_due(now_s=EXPIRED_S + AFTER)
    assert (world.deposit_fen(rider, "OP02"), world.deposit_fen(rider, "OP01")) == (100, 40)
    world.check_books()


def test_value_of_a_key_that_its_operator_does_not_know_waits_there(world: World) -> None:
    """Somebody with the operator's key has certified it; the operator has no enrolment, so it asks around."""
    rider, _ = due(world)
    world.banks["OP01"].store.database.execute("DELETE FROM wallets WHERE key = ?", rider.key.public)
    world.return_due(now_s=CLAIMED_S + AFTER)
    assert world.banks["OP01"].store.ledger.balance_fen(UNKNOWN_OWNERS) == -60
    world.check_books()


def test_what_a_culprit_would_get_back_is_frozen(world: World) -> None:
    rider, gate, other = world.wallet([100, 50]), world.wallet(tier=0), world.wallet(tier=0)
    copy = world.clone(rider)
    pay(rider, gate, 100)
    pay(copy, other, 80)
    world.hand_in(gate)
    world.hand_in(other)
    pay_into_the_void(rider, world.wallet(tier=0), 50)
    world.hand_in(rider)
    world.return_due(now_s=EXPIRED_S + AFTER)
    supply = world.supply()
    assert (supply.returned_fen, supply.outstanding_fen, supply.forked_open_fen) == (0, 50, 20)
    assert world.deposit_fen(rider) == 0
    world.check_books()
