"""One payment between two wallets: faults F03 to F08, F18, F27 and F53, at the level of the session."""

from dataclasses import replace

import pytest

from shuangli.errors import ProtocolError, Refused
from shuangli.messages.bundle import Bundle
from shuangli.messages.session import PaymentRequest, Receipt, Refusal, RefusalReason
from shuangli.offline.payee import PayeeSession
from shuangli.offline.policy import STANDARD_ACCEPTS, PayeePolicy
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message, PayeeState, PayerState
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, outputs_of, raw_bundle, sign_away, signed_again
from tests.world import DAY_S, NOW, World, coins_of, pay, signing_key


def refuses(wallet: Wallet, request_id: bytes, message: Message, now_s: int = NOW) -> str:
    """The code with which a wallet refuses a message; it must not have changed anything."""
    before = wallet.purse.checkpoint()
    with pytest.raises((ProtocolError, Refused)) as refused:
        wallet.receive(request_id, message, now_s=now_s)
    assert wallet.purse.checkpoint() == before
    return refused.value.code


def session_of(payee: Wallet, request: Message) -> PayeeSession:
    return payee.purse.asking[request_id_of(request)]


def test_a_payment_from_request_to_receipt(world: World) -> None:
    rider, gate = world.wallet([1000, 500]), world.wallet(tier=0)
    paid = pay(rider, gate, 500)
    assert [message.kind for message in (paid.request, paid.payment, paid.answer)] == [
        Kind.REQUEST,
        Kind.PAYMENT,
        Kind.RECEIPT,
    ]
    assert (rider.purse.balance_fen, gate.purse.balance_fen) == (1000, 500)
    assert rider.purse.paying[paid.request_id].state is PayerState.PAID
    assert rider.purse.in_flight_fen == 0


def test_f03_a_replayed_payment_gets_the_same_receipt(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    paid = pay(rider, gate, 300)
    before = gate.purse.checkpoint()
    assert gate.receive(paid.request_id, paid.payment, now_s=NOW + DAY_S) == (paid.answer,)
    assert gate.purse.checkpoint() == before


def test_f03_an_old_payment_does_not_answer_a_new_request(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    old = pay(rider, gate, 300)
    request = gate.request(300, now_s=NOW)
    assert refuses(gate, request_id_of(request), old.payment) == "not-bound"


def test_f04_repeats_get_the_stored_bytes_and_change_nothing(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    paid = pay(rider, gate, 300)
    before = rider.purse.checkpoint(), gate.purse.checkpoint()
    assert rider.receive(paid.request_id, paid.request, now_s=NOW + 60) == (paid.payment,)
    assert gate.receive(paid.request_id, paid.payment, now_s=NOW + 60) == (paid.answer,)
    assert rider.receive(paid.request_id, paid.answer, now_s=NOW + 60) == ()
    assert (rider.purse.checkpoint(), gate.purse.checkpoint()) == before


def test_f04_the_identical_repeat_is_answered_without_being_judged_again(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    paid = pay(rider, gate, 300)
    gate.trust._epochs = ()
    assert gate.receive(paid.request_id, paid.payment, now_s=NOW) == (paid.answer,)


def test_f04_what_is_out_of_turn_is_refused_by_name(world: World) -> None:
    rider, gate, stranger = world.wallet([1000, 100]), world.wallet(tier=0), world.wallet()
    paid = pay(rider, gate, 300)
    other = pay(rider, gate, 100)
    assert refuses(stranger, paid.request_id, paid.answer) == "out-of-turn"
    assert refuses(stranger, paid.request_id, paid.payment) == "out-of-turn"
    assert refuses(rider, paid.request_id, other.answer) == "out-of-turn"
    assert refuses(rider, paid.request_id, Message(Kind.REFUSAL, paid.answer.body)) == "out-of-turn"
    assert refuses(gate, paid.request_id, other.payment) == "not-bound"


def test_f04_a_request_that_comes_as_another_session_is_not_paid_again(world: World) -> None:
    rider, gate = world.wallet([1000, 300]), world.wallet(tier=0)
    paid = pay(rider, gate, 300)
    assert refuses(rider, bytes(32), paid.request) == "out-of-turn"
    assert rider.purse.paying[paid.request_id].state is PayerState.PAID


def test_f04_an_answer_for_another_payment_is_refused(world: World) -> None:
    rider, gate = world.wallet([1000, 300]), world.wallet(tier=0)
    first = pay(rider, gate, 300)
    request = gate.request(300, now_s=NOW)
    rider.receive(request_id_of(request), request, now_s=NOW)
    assert refuses(rider, request_id_of(request), first.answer) == "not-bound"
    forged = Receipt.sign(
        rider.key,
        request_id=request_id_of(request),
        transfer_ids=[rider.purse.paying[request_id_of(request)].transfer_id],
        received_at_s=NOW,
    )
    answer = Message(Kind.RECEIPT, forged.signed.data)
    assert refuses(rider, request_id_of(request), answer) == "signature"


def test_f05_a_request_that_never_arrives_costs_nothing(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    before = rider.purse.checkpoint()
    gate.request(300, now_s=NOW)
    assert rider.purse.checkpoint() == before
    assert (rider.purse.balance_fen, gate.purse.balance_fen) == (1000, 0)


@pytest.mark.parametrize(
    ("amount_fen", "late_s", "code"),
    [
        (300, 10 * DAY_S, "request-expired"),
        (300, -3_600, "request-expired"),
        (1001, 0, "insufficient-funds"),
        (600_000, 0, "over-limit"),
    ],
)
def test_f06_a_payer_who_refuses_has_spent_nothing(
    world: World, amount_fen: int, late_s: int, code: str
) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    request = gate.request(amount_fen, now_s=NOW)
    made = signing_key(rider).made
    assert refuses(rider, request_id_of(request), request, NOW + late_s) == code
    assert signing_key(rider).made == made
    assert rider.purse.balance_fen == 1000


def test_f06_a_payer_who_dies_before_signing_can_pay_later(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    request = gate.request(300, now_s=NOW)
    again = world.restart(rider)
    (payment,) = again.receive(request_id_of(request), request, now_s=NOW)
    assert gate.receive(request_id_of(request), payment, now_s=NOW)[0].kind is Kind.RECEIPT


def test_f07_a_lost_payment_is_in_flight_and_the_same_request_completes_it(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    request = gate.request(300, now_s=NOW)
    request_id = request_id_of(request)
    (lost,) = rider.receive(request_id, request, now_s=NOW)
    assert (rider.purse.balance_fen, rider.purse.in_flight_fen, gate.purse.balance_fen) == (700, 300, 0)
    # The device is killed; long after the request has expired it is shown again.
    rider = world.restart(rider)
    (resent,) = rider.receive(request_id, request, now_s=NOW + 3_600)
    assert resent == lost
    (receipt,) = gate.receive(request_id, resent, now_s=NOW + 3_600)
    rider.receive(request_id, receipt, now_s=NOW + 3_600)
    assert (rider.purse.balance_fen, rider.purse.in_flight_fen, gate.purse.balance_fen) == (700, 0, 300)


def test_f08_after_a_lost_receipt_the_resent_payment_gets_the_same_one(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    request = gate.request(300, now_s=NOW)
    request_id = request_id_of(request)
    (payment,) = rider.receive(request_id, request, now_s=NOW)
    (lost,) = gate.receive(request_id, payment, now_s=NOW)
    assert gate.purse.balance_fen == 300
    gate = world.restart(gate)
    (resent,) = rider.receive(request_id, request, now_s=NOW + 5)
    (receipt,) = gate.receive(request_id, resent, now_s=NOW + 5)
    assert receipt == lost
    rider.receive(request_id, receipt, now_s=NOW + 5)
    assert rider.purse.paying[request_id].state is PayerState.PAID
    assert gate.purse.balance_fen == 300


def test_f18_the_receipt_names_the_transfer_and_is_signed_by_the_payee(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    paid = pay(rider, gate, 300)
    receipt = Receipt.parse(rider.purse.paying[paid.request_id].answer)
    world.trust().verifier.check_once(receipt.signed, gate.key.public, "receipt")
    assert receipt.transfer_ids == (paid.transfer.signed.id,)


def test_f27_without_exact_change_a_coin_is_split(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    pay(rider, gate, 300)
    assert [coin.value_fen for coin in coins_of(rider)] == [700]
    pay(rider, gate, 300)
    pay(rider, gate, 400)
    assert (rider.purse.balance_fen, gate.purse.balance_fen) == (0, 1000)


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


def test_one_transfer_under_two_signatures_pays_once(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    request = gate.request(600, now_s=NOW)
    (coin,) = coins_of(rider)
    half = sign_away(rider, [(coin, 300)], payee=gate.key.public, request_id=request_id_of(request))
    data = bundle([coin], half, signed_again(rider, half))
    assert refuses(gate, request_id_of(request), Message(Kind.PAYMENT, data)) == "wrong-amount"


def test_two_transfers_of_one_payment_must_not_spend_one_coin(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    request = gate.request(600, now_s=NOW)
    (coin,) = coins_of(rider)
    halves = [
        sign_away(rider, [(coin, 300)], payee=gate.key.public, request_id=request_id_of(request), now_s=at_s)
        for at_s in (NOW, NOW + 1)
    ]
    data = bundle([coin], *halves)
    assert refuses(gate, request_id_of(request), Message(Kind.PAYMENT, data)) == "spent-twice"


def test_a_coin_from_the_future_is_not_signed_away_in_vain(hops: World) -> None:
    """The payee would refuse a transfer dated so far ahead of its request, and the coin be stuck."""
    ahead_s = 2 * 3_600
    payer, middle, payee = hops.wallet([1000]), hops.wallet(), hops.wallet()
    pay(payer, middle, 1000, NOW + ahead_s)
    request = payee.request(400, now_s=NOW)
    assert refuses(middle, request_id_of(request), request) == "clock"
    paid = pay(middle, payee, 400, NOW + ahead_s - 60)
    assert paid.transfer.signed_at_s == NOW + ahead_s


def test_a_payment_too_large_for_the_payee_is_not_signed(hops: World) -> None:
    small = replace(STANDARD_ACCEPTS, bundle_bytes=500)
    payer, payee = hops.wallet([7, 5, 3, 1]), hops.wallet(payee=PayeePolicy(accepts=small))
    request = payee.request(16, now_s=NOW)
    made = signing_key(payer).made
    assert refuses(payer, request_id_of(request), request) == "too-many-coins"
    assert signing_key(payer).made == made


def test_a_coin_is_split_where_exact_change_is_more_than_the_payee_accepts(hops: World) -> None:
    accepts = replace(STANDARD_ACCEPTS, coins=3)
    payer, payee = hops.wallet([100, 1, 1, 1, 1]), hops.wallet(payee=PayeePolicy(accepts=accepts))
    assert len(pay(payer, payee, 4).transfer.spends) == 1


def test_somebody_elses_bad_spend_in_a_chain_does_not_block_an_honest_payer(hops: World) -> None:
    """A coin's history may hold a transfer that also spends, wrongly, another coin of its present owner."""
    rogue, honest, payee = hops.wallet([100, 70]), hops.wallet(), hops.wallet()
    pay(rogue, honest, 100)
    (received,) = coins_of(honest)
    (own,) = coins_of(rogue)
    trap = sign_away(rogue, [(own, 10), (received, 100)], payee=payee.key.public, request_id=bytes([1] * 32))
    change = outputs_of(trap, own)[1]
    request = honest.request(60, now_s=NOW)
    final = sign_away(rogue, [(change, 60)], payee=honest.key.public, request_id=request_id_of(request))
    data = bundle([change], final)
    (answer,) = honest.receive(request_id_of(request), Message(Kind.PAYMENT, data), now_s=NOW)
    assert answer.kind is Kind.RECEIPT
    assert pay(honest, payee, 160).answer.kind is Kind.RECEIPT


def test_a_chain_under_two_signatures_does_not_block_an_honest_payer(hops: World) -> None:
    rogue, honest, payee = hops.wallet([100, 70]), hops.wallet(), hops.wallet()
    large, small = coins_of(rogue)
    source = sign_away(rogue, [(large, 10), (small, 10)], payee=payee.key.public, request_id=bytes([1] * 32))
    for coin, transfer in ((large, source), (small, signed_again(rogue, source))):
        change = outputs_of(transfer, coin)[1]
        request = honest.request(change.value_fen, now_s=NOW)
        final = sign_away(
            rogue,
            [(change, change.value_fen)],
            payee=honest.key.public,
            request_id=request_id_of(request),
        )
        data = Message(Kind.PAYMENT, bundle([change], final))
        (answer,) = honest.receive(request_id_of(request), data, now_s=NOW)
        assert answer.kind is Kind.RECEIPT
    assert pay(honest, payee, 150).answer.kind is Kind.RECEIPT


def test_parts_of_one_coin_that_meet_again_are_no_fork(hops: World) -> None:
    first, second, third = hops.wallet([100]), hops.wallet(), hops.wallet()
    pay(first, second, 60)
    pay(second, third, 25)
    pay(first, third, 40)
    assert pay(second, third, 35).answer.kind is Kind.RECEIPT
    assert pay(third, hops.wallet(), 100).answer.kind is Kind.RECEIPT


def test_a_wallet_does_not_pay_itself(world: World) -> None:
    rider = world.wallet([1000])
    request = rider.request(100, now_s=NOW)
    assert refuses(rider, request_id_of(request), request) == "own-request"


def test_only_a_request_opens_a_session(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    paid = pay(rider, gate, 100)
    with pytest.raises(ProtocolError):
        request_id_of(paid.payment)
