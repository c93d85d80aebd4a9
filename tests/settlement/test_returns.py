"""What nobody claims comes back: faults F02, F07, F20, F24, F45 and F51 at operators and the centre."""

from collections.abc import Callable

import pytest

from shuangli.errors import BadInput, OutOfTurn, Refused, StoreError, Unverified
from shuangli.issuer.minting import circulation, vault
from shuangli.issuer.returns.open_coins import FIRST
from shuangli.messages.notices import Outcome
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message, PayerState
from shuangli.operator.accounts import UNKNOWN_OWNERS
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, sign_away
from tests.world import DAY_S, NOW, World, coins_of, pay, person_of

CLAIMED_S = NOW + 3 * DAY_S
"""Two days to claim and one of grace after a payment at NOW: the last second in which it can be claimed."""
EXPIRED_S = NOW + 31 * DAY_S
"""Coins loaded at NOW live for 30 days, and there is one of grace."""
AFTER = 1
"""What a watermark signed now says is complete ends before now."""


def pay_into_the_void(payer: Wallet, payee: Wallet, amount_fen: int, now_s: int = NOW) -> bytes:
    """The payer signs, and the payment message is lost; returns the request's id."""
    request = payee.request(amount_fen, now_s=now_s)
    payer.receive(request_id_of(request), request, now_s=now_s)
    return request_id_of(request)


def due(world: World, amount_fen: int = 60) -> tuple[Wallet, bytes]:
    """A wallet of 100 fen that paid some into the void and has handed that in; and the request."""
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    request_id = pay_into_the_void(rider, gate, amount_fen)
    assert world.hand_in(rider).outcomes == (Outcome.SETTLED,)
    return rider, request_id


def test_f07_a_payment_that_never_arrived_comes_back_after_the_deadline_once(world: World) -> None:
    rider, request_id = due(world)
    assert (rider.purse.balance_fen, rider.purse.in_flight_fen) == (40, 60)
    world.return_due(now_s=CLAIMED_S)
    assert (world.supply().returned_fen, world.deposit_fen(rider)) == (0, 0), "its payee still has time"
    for now_s in (CLAIMED_S + AFTER, CLAIMED_S + DAY_S):
        world.return_due(now_s=now_s)
        supply = world.supply()
        assert (supply.loaded_fen, supply.returned_fen, supply.outstanding_fen) == (100, 60, 40)
        assert world.deposit_fen(rider) == 60
        world.check_books()
    (notice,) = world.tell_returns(rider)
    assert (notice.number, notice.value_fen) == (1, 60)
    assert (rider.purse.balance_fen, rider.purse.in_flight_fen) == (40, 0)
    assert rider.purse.paying[request_id].state is PayerState.RETURNED
    assert world.tell_returns(rider) == []
    assert world.restart(rider).purse.checkpoint() == rider.purse.checkpoint()


def test_f07_whoever_claims_after_the_return_gets_nothing_and_accuses_nobody(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    request = gate.request(60, now_s=NOW)
    (payment,) = rider.receive(request_id_of(request), request, now_s=NOW)
    world.hand_in(rider)
    gate.receive(request_id_of(request), payment, now_s=NOW + 10)
    world.return_due(now_s=CLAIMED_S + AFTER)
    acknowledgement = world.hand_in(gate, now_s=CLAIMED_S + AFTER)
    assert acknowledgement.outcomes == (Outcome.REPEAT, Outcome.LATE)
    assert (world.deposit_fen(gate), world.deposit_fen(rider)) == (0, 60)
    assert world.cases() == []
    world.check_books()


def test_f07_what_the_payee_claims_in_time_does_not_come_back(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    request = gate.request(60, now_s=NOW)
    (payment,) = rider.receive(request_id_of(request), request, now_s=NOW)
    world.hand_in(rider)
    gate.receive(request_id_of(request), payment, now_s=NOW + 10)
    assert world.hand_in(gate, now_s=CLAIMED_S).outcomes == (Outcome.REPEAT, Outcome.SETTLED)
    world.return_due(now_s=CLAIMED_S + AFTER)
    assert (world.deposit_fen(gate), world.deposit_fen(rider)) == (60, 0)
    assert world.supply().returned_fen == 0


def test_f51_payee_part_and_change_of_one_coin_have_their_own_fates(world: World) -> None:
    """The part comes back by the transfer's deadline; the change, the payer's own, by the coin's expiry."""
    rider, _ = due(world)
    world.return_due(now_s=CLAIMED_S + AFTER)
    assert world.supply().returned_fen == 60
    (change,) = coins_of(rider)
    assert change.value_fen == 40
    gate = world.wallet(tier=0)
    pay(rider, gate, 15, CLAIMED_S + DAY_S)
    assert world.hand_in(gate, now_s=CLAIMED_S + DAY_S).credited_fen == 15
    world.return_due(now_s=EXPIRED_S + AFTER)
    supply = world.supply()
    assert (supply.redeemed_fen, supply.returned_fen, supply.outstanding_fen) == (15, 60 + 25, 0)
    assert [notice.value_fen for notice in world.tell_returns(rider)] == [60, 25]
    assert (rider.purse.balance_fen, rider.purse.in_flight_fen) == (0, 0)
    world.check_books()


def test_f51_of_one_payment_in_two_coins_one_is_claimed_and_one_comes_back(hops: World) -> None:
    payer, middle, last = hops.wallet([100, 50]), hops.wallet(), hops.wallet()
    pay(payer, middle, 150)
    # The payee passes one of the two on; its own wallet is lost with the other.
    pay(middle, last, 50)
    assert hops.hand_in(last).credited_fen == 50
    hops.return_due(now_s=CLAIMED_S + AFTER)
    assert hops.deposit_fen(payer) == 100
    supply = hops.supply()
    assert (supply.redeemed_fen, supply.returned_fen, supply.outstanding_fen) == (50, 100, 0)
    hops.check_books()


def test_f24_what_a_destroyed_device_held_comes_back_to_its_holder_once(world: World) -> None:
    rider, gate = world.wallet([100, 50]), world.wallet(tier=0)
    pay(rider, gate, 30)
    world.hand_in(gate)
    world.return_due(now_s=EXPIRED_S)
    assert world.deposit_fen(rider) == 0
    world.return_due(now_s=EXPIRED_S + AFTER)
    assert world.deposit_fen(rider) == 120
    supply = world.supply()
    assert (supply.redeemed_fen, supply.returned_fen, supply.outstanding_fen) == (30, 120, 0)
    # The device is found again, and wants to hand in what it holds: it is late, and a wallet learns why.
    coins = coins_of(rider)
    redeem = sign_away(rider, [(coin, coin.value_fen) for coin in coins], now_s=EXPIRED_S)
    acknowledgement = world.submit(bundle(coins, redeem), now_s=EXPIRED_S + DAY_S)
    assert acknowledgement.outcomes[-2:] == (Outcome.LATE,) * 2
    assert world.deposit_fen(rider) == 120
    assert sum(notice.value_fen for notice in world.tell_returns(rider)) == 120
    assert rider.purse.balance_fen == 0
    assert world.cases() == []
    world.check_books()


def test_f24_a_device_that_was_offline_for_too_long_loses_nothing_but_time(world: World) -> None:
    """Its payments and its change go with the coin that they were made of."""
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    pay_into_the_void(rider, gate, 25)
    pay_into_the_void(rider, gate, 35)
    world.return_due(now_s=EXPIRED_S + AFTER)
    assert world.deposit_fen(rider) == 100
    assert set(world.hand_in(rider, now_s=EXPIRED_S + DAY_S).outcomes) == {Outcome.LATE}
    (notice,) = world.tell_returns(rider)
    assert notice.value_fen == 100
    assert (rider.purse.balance_fen, rider.purse.in_flight_fen) == (0, 0)
    assert {session.state for session in rider.purse.paying.values()} == {PayerState.RETURNED}
    world.return_due(now_s=EXPIRED_S + 2 * DAY_S)
    assert world.deposit_fen(rider) == 100
    world.check_books()


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


def test_a_return_is_made_in_batches_and_can_be_broken_off_anywhere(world: World) -> None:
    riders = [world.wallet([100, 50]) for _ in range(4)]
    for operator in world.banks:
        world.sign_watermark(operator, now_s=EXPIRED_S + AFTER)
    desk = world.issuer.return_desk
    with world.issuer.transaction():
        after = desk.return_due(now_s=EXPIRED_S + AFTER, most=3)
    assert after is not None
    assert world.supply().returned_fen in range(150, 300)
    with pytest.raises(KeyboardInterrupt):
        break_off(world, lambda: desk.return_due(now_s=EXPIRED_S + AFTER, after=after, most=3))
    # It starts again from the beginning, whatever it did before.
    world.return_due(now_s=EXPIRED_S + AFTER, most=1)
    assert [world.deposit_fen(rider) for rider in riders] == [150] * 4
    assert world.supply().outstanding_fen == 0
    with world.issuer.transaction():
        assert desk.return_due(now_s=EXPIRED_S + AFTER, after=FIRST) is None
    world.check_books()


def break_off(world: World, act: Callable[[], object]) -> None:
    """Do something, and be killed before it is committed."""
    with world.transaction():
        act()
        raise KeyboardInterrupt


def test_f11_an_operator_that_is_killed_while_it_credits_returns_credits_them_once(world: World) -> None:
    rider, _ = due(world)
    bank = world.banks["OP01"]
    for operator in world.banks:
        world.sign_watermark(operator, now_s=CLAIMED_S + AFTER)
    with world.issuer.transaction():
        world.issuer.return_desk.return_due(now_s=CLAIMED_S + AFTER)
    in_books_fen = -world.issuer.store.ledger.balance_fen(circulation(1))
    assert in_books_fen == world.supply().outstanding_fen == 40
    with pytest.raises(KeyboardInterrupt):
        break_off(world, lambda: bank.take_returns(now_s=CLAIMED_S + AFTER))
    assert world.deposit_fen(rider) == 0
    for _ in range(2):
        with bank.store.transaction():
            bank.take_returns(now_s=CLAIMED_S + AFTER)
        assert world.deposit_fen(rider) == 60
    assert world.issuer.store.ledger.balance_fen(vault("OP01")) == -(10**9 - 40)
    world.check_books()


def test_a_wallet_takes_each_notice_once_and_only_its_own(world: World) -> None:
    rider, _ = due(world)
    world.return_due(now_s=CLAIMED_S + AFTER)
    (data,) = world.banks["OP01"].returned_to(rider.key.public, after=0)
    key, wrong = world.keys["OP01"].public, world.keys["OP02"].public
    with pytest.raises(Unverified):
        rider.take_returned(data, operator_key=wrong)
    with pytest.raises(Unverified):
        world.wallet().take_returned(data, operator_key=key)
    rider.take_returned(data, operator_key=key)
    with pytest.raises(OutOfTurn):
        rider.take_returned(data, operator_key=key)


def test_a_returned_payment_is_not_sent_again(world: World) -> None:
    rider, request_id = due(world)
    gate = next(wallet for wallet in world.journals if request_id in wallet.purse.asking)
    request = gate.purse.asking[request_id].request
    world.return_due(now_s=CLAIMED_S + AFTER)
    world.tell_returns(rider)
    with pytest.raises(OutOfTurn):
        rider.receive(request_id, Message(Kind.REQUEST, request.signed.data), now_s=NOW)
    rider.compact(forget_before_s=NOW + DAY_S)
    assert rider.purse.paying == {}


@pytest.mark.parametrize("to_payee", [False, True])
def test_a_payee_that_lost_its_key_holds_up_the_return_until_people_decide(
    world: World, to_payee: bool
) -> None:
    rider, gate = world.wallet([100]), world.wallet(operator="OP02", tier=0)
    paid = pay(rider, gate, 60)
    world.submit(paid.payment.body)
    with world.transaction():
        world.banks["OP02"].report_lost(gate.key.public, now_s=NOW)
    world.return_due(now_s=CLAIMED_S + AFTER)
    assert world.deposit_fen(rider) == 0
    desk = world.issuer.return_desk
    (dispute,) = desk.disputes()
    assert (dispute.payer, dispute.payee) == (rider.key.public, gate.key.public)
    assert dispute.value_fen == 60
    with world.issuer.transaction():
        desk.decide(dispute, to_payee=to_payee, now_s=CLAIMED_S + DAY_S)
    assert desk.disputes() == []
    world.return_due(now_s=CLAIMED_S + DAY_S)
    assert world.deposit_fen(rider) == (0 if to_payee else 60)
    assert world.deposit_fen(gate, "OP02") == (60 if to_payee else 0)
    with pytest.raises(BadInput):
        desk.decide(dispute, to_payee=to_payee, now_s=CLAIMED_S + DAY_S)
    # Deciding has not moved the time by which others are judged.
    assert world.hand_in(pay_late(world), now_s=CLAIMED_S + 2 * DAY_S).credited_fen == 10
    world.check_books()


def pay_late(world: World) -> Wallet:
    """A gate that is paid 10 fen after all that."""
    gate = world.wallet(tier=0)
    pay(world.wallet([10]), gate, 10, CLAIMED_S + DAY_S)
    return gate


def test_only_its_own_operator_reports_a_key_lost(world: World) -> None:
    gate = world.wallet(tier=0)
    certificate = gate.certificate.signed.data
    with pytest.raises(Refused) as no:
        world.issuer.report_lost(certificate, operator="OP02", now_s=NOW)
    assert no.value.code == "unknown-wallet"
    with pytest.raises(Refused), world.transaction():
        world.banks["OP02"].report_lost(gate.key.public, now_s=NOW)


def test_a_coin_that_goes_back_but_is_not_open_stops_everything(world: World) -> None:
    due(world)
    world.issuer.store.database.execute("UPDATE supply SET outstanding_fen = outstanding_fen + 1")
    with pytest.raises(StoreError) as stopped:
        world.return_due(now_s=CLAIMED_S + AFTER)
    assert stopped.value.code == "corrupt"


def test_an_order_that_is_dropped_although_it_was_filled_costs_nothing(world: World) -> None:
    """So a wallet may believe whoever tells it that its operator refuses: it can order again."""
    rider, bank = world.wallet(), world.banks["OP01"]
    order = rider.order_load([100], now_s=NOW)
    with world.transaction():
        bank.deposit(rider.key.public, 100, now_s=NOW)
        load = bank.order_load(order, now_s=NOW)
    rider.drop_order(order)
    rider.drop_order(order)
    assert rider.purse.orders == {}
    with pytest.raises(OutOfTurn):
        rider.receive_load(load)
    assert world.restart(rider).purse.checkpoint() == rider.purse.checkpoint()
    world.return_due(now_s=EXPIRED_S + AFTER)
    assert world.deposit_fen(rider) == 100
    (notice,) = world.tell_returns(rider)
    assert (notice.value_fen, rider.purse.balance_fen) == (100, 0)
    world.check_books()
