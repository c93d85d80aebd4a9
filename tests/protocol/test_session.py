"""One payment between two wallets: faults F03 to F08, F18 and F27, at the level of the session."""

from dataclasses import replace

import pytest

from shuangli.errors import ProtocolError
from shuangli.messages.session import Receipt
from shuangli.offline.policy import STANDARD_ACCEPTS, PayeePolicy
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message, PayerState
from tests.paying import coins_of, pay, signing_key
from tests.protocol.attempts import refuses
from tests.setting import DAY_S, NOW
from tests.world import World


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


def test_a_wallet_does_not_pay_itself(world: World) -> None:
    rider = world.wallet([1000])
    request = rider.request(100, now_s=NOW)
    assert refuses(rider, request_id_of(request), request) == "own-request"


def test_only_a_request_opens_a_session(world: World) -> None:
    rider, gate = world.wallet([1000]), world.wallet(tier=0)
    paid = pay(rider, gate, 100)
    with pytest.raises(ProtocolError):
        request_id_of(paid.payment)
