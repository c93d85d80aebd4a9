"""One side claims a payment that the other denies (F09): the chain decides, not words without a signature."""

from shuangli.messages.notices import Outcome
from shuangli.messages.session import Receipt, Refusal, RefusalReason
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline.request import request_id_of
from tests.forging import bundle, outputs_of, sign_away
from tests.paying import as_upload, coins_of, pay
from tests.setting import DAY_S, NOW
from tests.world import World


def test_f09_a_payee_that_claims_what_nobody_has_signed_gets_nothing(world: World) -> None:
    """It has the payer's certificate and knows the coin from elsewhere; the payer's signature is missing."""
    rider, gate = world.wallet([100]), world.wallet()
    (coin,) = coins_of(rider)
    claimed = Transfer.sign(
        gate.key,
        request_id=request_id_of(gate.request(100, now_s=NOW)),
        certificate=rider.certificate,
        signed_at_s=NOW,
        claim_by_s=NOW + DAY_S,
        payee=gate.key.public,
        spends=[Spend(coin.coin_id, 100)],
    )
    (output,) = outputs_of(claimed, coin)
    upload = bundle([coin], claimed, sign_away(gate, [(output, 100)]))
    answer = world.submit(upload)
    assert answer.outcomes == (Outcome.INVALID, Outcome.UNKNOWN_COIN)
    assert answer.credited_fen == 0
    assert world.fact(coin.coin_id) is None
    pay(rider, world.wallet(), 100)
    assert world.cases() == []
    world.check_books()


def test_f09_a_payer_that_denies_has_signed_all_the_same(world: World) -> None:
    """Whatever it says, the payee's chain is paid; if it pays with the coin again, it has spent it twice."""
    rider, gate = world.wallet([100]), world.wallet()
    denying = world.clone(rider)
    paid = pay(rider, gate, 100)
    assert world.hand_in(gate).credited_fen == 100
    world.submit(pay(denying, world.wallet(), 100).payment.body)
    (case,) = world.cases()
    assert (case.culprit, case.coin_id) == (rider.key.public, paid.transfer.spends[0].coin_id)


def test_f09_a_payee_that_denies_gets_what_the_payer_shows_and_nobody_else_does(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet()
    request = gate.request(60, now_s=NOW)
    (payment,) = rider.receive(request_id_of(request), request, now_s=NOW)
    assert gate.purse.balance_fen == 0, "it has never heard of it"
    assert world.hand_in(rider).outcomes == (Outcome.SETTLED,)
    gate.receive(request_id_of(request), payment, now_s=NOW)
    assert world.hand_in(gate).credited_fen == 60
    world.check_books()


def test_f09_a_receipt_or_a_refusal_that_the_payee_has_not_signed_proves_nothing(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet()
    paid = pay(rider, gate, 60)
    named = [paid.transfer.signed.id]
    receipt = Receipt.sign(rider.key, request_id=paid.request_id, transfer_ids=named, received_at_s=NOW)
    refusal = Refusal.sign(
        rider.key,
        request_id=paid.request_id,
        transfer_ids=named,
        refused_at_s=NOW,
        reason=RefusalReason.REQUEST_PAID,
    )
    for answer in (receipt, refusal):
        acknowledgement = world.submit(as_upload(paid.payment.body, answer.signed.data))
        assert acknowledgement.outcomes[-1] is Outcome.INVALID
        assert acknowledgement.credited_fen == 0
    assert world.deposit_fen(rider) == 0
    assert world.hand_in(gate).credited_fen == 60
    world.check_books()
