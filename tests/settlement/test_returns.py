"""What nobody claims comes back, and once: faults F07, F20, F24 and F51 at operators and the centre."""

import pytest

from shuangli.errors import OutOfTurn, Unverified
from shuangli.messages.notices import Outcome
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message, PayerState
from tests.forging import bundle, sign_away
from tests.paying import coins_of, pay
from tests.setting import DAY_S, NOW
from tests.settlement.answers import CLAIMED_S, EXPIRED_S
from tests.settlement.unclaimed import AFTER, due, pay_into_the_void
from tests.world import World


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
