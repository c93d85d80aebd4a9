"""A payee answers a payment once and for all, by receipt or signed refusal, whatever comes after (F53)."""

from collections.abc import Sequence

import pytest

from shuangli.errors import OutOfTurn
from shuangli.messages.bundle import Bundle
from shuangli.messages.session import PaymentRequest, Receipt, Refusal, RefusalReason
from shuangli.offline.payee import MOST_REFUSED, PayeeSession
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message, PayeeState, PayerState
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, raw_bundle, sign_away, signed_again
from tests.paying import coins_of, pay
from tests.setting import DAY_S, NOW
from tests.world import World


def session_of(payee: Wallet, request: Message) -> PayeeSession:
    return payee.purse.asking[request_id_of(request)]


def two_payers(world: World) -> tuple[Wallet, Wallet, Wallet, Message]:
    first, second, gate = world.wallet([1000]), world.wallet([1000]), world.wallet(tier=0)
    return first, second, gate, gate.request(300, now_s=NOW)


def test_f53_the_second_payer_of_a_request_gets_a_signed_refusal(world: World) -> None:
    first, second, gate, request = two_payers(world)
    request_id = request_id_of(request)
    (payment,) = first.receive(request_id, request, now_s=NOW)
    (other,) = second.receive(request_id, request, now_s=NOW)
    gate.receive(request_id, payment, now_s=NOW)
    (answer,) = gate.receive(request_id, other, now_s=NOW)
    refusal = Refusal.parse(answer.body)
    assert refusal.reason is RefusalReason.REQUEST_PAID
    assert refusal.transfer_ids == (second.purse.paying[request_id].transfer_id,)
    second.receive(request_id, answer, now_s=NOW)
    assert second.purse.paying[request_id].state is PayerState.REFUSED
    assert gate.purse.balance_fen == 300


def test_f53_a_refusal_is_signed_once_and_repeated_after_a_restart(world: World) -> None:
    first, second, gate, request = two_payers(world)
    request_id = request_id_of(request)
    (payment,) = first.receive(request_id, request, now_s=NOW)
    (other,) = second.receive(request_id, request, now_s=NOW)
    (receipt,) = gate.receive(request_id, payment, now_s=NOW)
    (refusal,) = gate.receive(request_id, other, now_s=NOW)
    for payee in (gate, world.restart(gate)):
        assert payee.receive(request_id, other, now_s=NOW + 60) == (refusal,)
        assert payee.receive(request_id, payment, now_s=NOW + 60) == (receipt,)


@pytest.mark.parametrize("by_way_of_the_payee", [True, False], ids=["payee", "change"])
def test_f53_a_second_payers_coin_may_come_from_the_first_ones_payment(
    hops: World, by_way_of_the_payee: bool
) -> None:
    """Its chain then shows the first payment, which is not paid again."""
    first, second, payee = hops.wallet([160]), hops.wallet(), hops.wallet()
    paid = pay(first, payee, 60)
    pay(payee if by_way_of_the_payee else first, second, 60)
    (payment,) = second.receive(paid.request_id, paid.request, now_s=NOW)
    (answer,) = payee.receive(paid.request_id, payment, now_s=NOW)
    refusal = Refusal.parse(answer.body)
    assert refusal.reason is RefusalReason.REQUEST_PAID
    assert refusal.transfer_ids == (second.purse.paying[paid.request_id].transfer_id,)


def test_the_same_transfer_in_other_bytes_is_never_refused_after_its_receipt(world: World) -> None:
    """Else the payer would hold a signed refusal of what the payee is going to claim."""
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    (coin,) = coins_of(rider)
    paid = pay(rider, gate, 300)
    resigned = signed_again(rider, paid.transfer)
    repeats = [bundle([coin], resigned), bundle([coin], paid.transfer, resigned)]
    other_coin = coins_of(world.wallet([20]))[0]
    repeats.append(bundle([coin, other_coin], paid.transfer))
    for data in repeats:
        assert data != paid.payment.body
        answers = gate.receive(paid.request_id, Message(Kind.PAYMENT, data), now_s=NOW + 60)
        assert answers == (paid.answer,)
    assert gate.purse.balance_fen == 300


def test_a_later_payment_whose_chain_shows_the_first_one_gets_the_first_receipt(world: World) -> None:
    """It may come as a message of the first session by mistake; it holds the first transfer, too."""
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    paid = pay(rider, gate, 300)
    later = pay(rider, gate, 100)
    assert gate.receive(paid.request_id, later.payment, now_s=NOW) == (paid.answer,)


def test_a_payment_that_was_refused_is_never_accepted_later(world: World) -> None:
    """A payee whose clock goes back would else claim what it has refused."""
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    (coin,) = coins_of(rider)
    request = gate.request(300, now_s=NOW)
    request_id = request_id_of(request)
    (payment,) = rider.receive(request_id, request, now_s=NOW)
    late_s = NOW + 2 * DAY_S
    (refusal,) = gate.receive(request_id, payment, now_s=late_s)
    assert Refusal.parse(refusal.body).reason is RefusalReason.TOO_LATE
    assert gate.receive(request_id, payment, now_s=NOW) == (refusal,)
    transfer = Bundle.decode(payment.body).transfers[-1]
    other_coin = coins_of(world.wallet([20]))[0]
    other_bytes = Message(Kind.PAYMENT, raw_bundle([coin, other_coin], transfer))
    assert gate.receive(request_id, other_bytes, now_s=NOW) == (refusal,)
    assert session_of(gate, request).state is PayeeState.REQUESTED


def test_a_payment_that_mixes_a_received_transfer_with_another_is_refused_for_the_other(world: World) -> None:
    rider, gate = world.wallet([1000, 100, 100]), world.wallet(tier=0)
    request = gate.request(200, now_s=NOW)
    parsed = PaymentRequest.parse(request.body)
    large, *small = coins_of(rider)
    first, second, third = (
        sign_away(rider, [(coin, 100)], payee=gate.key.public, request_id=parsed.id)
        for coin in (small[0], small[1], large)
    )
    both = Message(Kind.PAYMENT, bundle(small, first, second))
    (receipt,) = gate.receive(parsed.id, both, now_s=NOW)
    assert set(Receipt.parse(receipt.body).transfer_ids) == {first.signed.id, second.signed.id}
    mixed = Message(Kind.PAYMENT, bundle([small[0], large], first, third))
    (refusal,) = gate.receive(parsed.id, mixed, now_s=NOW)
    assert Refusal.parse(refusal.body).transfer_ids == (third.signed.id,)
    assert gate.receive(parsed.id, both, now_s=NOW) == (receipt,)
    assert gate.purse.balance_fen == 200


def refused_by(payee: Wallet, request: Message, payers: Sequence[Wallet]) -> list[tuple[Message, Message]]:
    """Payments of a request, each with its refusal."""
    request_id = request_id_of(request)
    refused = []
    for payer in payers:
        (payment,) = payer.receive(request_id, request, now_s=NOW)
        (answer,) = payee.receive(request_id, payment, now_s=NOW)
        assert answer.kind is Kind.REFUSAL
        refused.append((payment, answer))
    return refused


def test_a_nuisance_fills_no_device_with_payments_that_are_refused(hops: World) -> None:
    payee, payers = hops.wallet(), [hops.wallet([60]) for _ in range(MOST_REFUSED + 2)]
    request = payee.request(60, now_s=NOW)
    request_id = request_id_of(request)
    for payer in payers[1:-1]:
        payee.trust.distrust(payer.key.public)
    refused = refused_by(payee, request, payers[1:-1])
    kept = payee.purse.checkpoint()
    payee.trust.distrust(payers[-1].key.public)
    (one_more,) = payers[-1].receive(request_id, request, now_s=NOW)
    with pytest.raises(OutOfTurn):
        payee.receive(request_id, one_more, now_s=NOW)
    assert payee.purse.checkpoint() == kept
    # What pays it well is received all the same, and every repeat gets the answer of before.
    (good,) = payers[0].receive(request_id, request, now_s=NOW)
    (receipt,) = payee.receive(request_id, good, now_s=NOW)
    assert receipt.kind is Kind.RECEIPT
    again = hops.restart(payee)
    for payment, answer in [*refused, (good, receipt)]:
        assert again.receive(request_id, payment, now_s=NOW + 5) == (answer,)
    with pytest.raises(OutOfTurn):
        again.receive(request_id, one_more, now_s=NOW)
    # What was not refused by name comes back by itself, to the payer who holds it as in flight.
    assert payers[-1].purse.in_flight_fen == 60
    assert again.purse.balance_fen == 60
