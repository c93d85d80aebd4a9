"""Refused payments come back at once, and once (F12, F36, F53), if it is their payee that refuses in time."""

import pytest

from shuangli.errors import Malformed
from shuangli.issuer.centre import Submission
from shuangli.messages.bundle import Bundle
from shuangli.messages.notices import Outcome
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.offline.merging import merge
from shuangli.offline.refusals import counts_until_s
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message, PayerState
from shuangli.wallet.come_back import is_refused_too_late
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, refuse, sign_away
from tests.paying import Paid, as_upload, coins_of, pay, person_of, read_bundle
from tests.setting import DAY_S, NOW, STAGED
from tests.settlement.answers import CLAIMED_S, outcomes
from tests.world import World
from tests.worlds import NewWorld


def race(world: World, amount_fen: int = 60) -> tuple[Wallet, Wallet, Wallet, Paid]:
    """Two payers pay one displayed request, and the second is refused: both, the payee, what was refused."""
    first, second, gate = world.wallet([100]), world.wallet([100]), world.wallet(tier=0)
    request = gate.request(amount_fen, now_s=NOW)
    request_id = request_id_of(request)
    for payer in (first, second):
        (payment,) = payer.receive(request_id, request, now_s=NOW)
        (answer,) = gate.receive(request_id, payment, now_s=NOW)
        payer.receive(request_id, answer, now_s=NOW)
    return first, second, gate, Paid(request, payment, answer)


def test_f53_the_second_payer_of_a_request_gets_its_coin_back_at_once(world: World) -> None:
    first, second, gate, paid = race(world)
    assert Refusal.parse(paid.answer.body).reason is RefusalReason.REQUEST_PAID
    assert (second.purse.balance_fen, second.purse.in_flight_fen) == (40, 60)
    acknowledgement = world.hand_in(second)
    assert acknowledgement.outcomes == (Outcome.SETTLED, Outcome.SETTLED)
    assert acknowledgement.credited_fen == world.deposit_fen(second) == 60
    assert (second.purse.balance_fen, second.purse.in_flight_fen) == (40, 0)
    assert second.purse.paying[paid.request_id].state is PayerState.RETURNED
    assert second.hand_in(now_s=NOW) is None
    assert world.hand_in(gate).credited_fen == 60
    assert world.deposit_fen(first) == 0
    supply = world.supply()
    assert (supply.redeemed_fen, supply.returned_fen, supply.outstanding_fen) == (60, 60, 80)
    assert world.cases() == []
    world.check_books()
    world.return_due(now_s=CLAIMED_S + DAY_S)
    assert world.deposit_fen(second) == 60, "once"
    assert world.restart(second).purse.checkpoint() == second.purse.checkpoint()


def test_f53_a_refusal_that_comes_after_the_hand_in_is_handed_in_as_well(world: World) -> None:
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    request = gate.request(60, now_s=NOW)
    (payment,) = rider.receive(request_id_of(request), request, now_s=NOW)
    assert world.hand_in(rider).outcomes == (Outcome.SETTLED,)
    paid = Paid(request, payment, payment)
    answer = refuse(gate, paid)
    rider.receive(paid.request_id, Message(Kind.REFUSAL, answer), now_s=NOW + 10)
    acknowledgement = world.hand_in(rider, now_s=NOW + 20)
    assert acknowledgement.outcomes == (Outcome.REPEAT, Outcome.SETTLED)
    assert (world.deposit_fen(rider), rider.purse.in_flight_fen) == (60, 0)
    world.check_books()


def test_a_refusal_is_paid_once_wherever_and_however_it_comes(world: World) -> None:
    _, second, gate, paid = race(world)
    world.enrol(second, "OP02")
    stored = paid.answer.body
    again = refuse(gate, paid, now_s=NOW + 5)
    assert outcomes(world, as_upload(paid.payment.body, stored)) == ["SETTLED", "SETTLED"]
    assert outcomes(world, as_upload(paid.payment.body, stored), "OP02") == ["REPEAT", "REPEAT"]
    # A payee that signs a second refusal of one payment has not spent anything twice.
    assert outcomes(world, as_upload(paid.payment.body, again)) == ["REPEAT", "REPEAT"]
    assert (world.deposit_fen(second), world.deposit_fen(second, "OP02")) == (60, 0)
    assert world.cases() == []
    world.check_books()


def test_f36_a_payment_is_judged_once_in_a_hand_in_however_often_it_is_refused(world: World) -> None:
    """Two holders in league would else have some kilobytes judged a million times."""
    rider, gate = world.wallet([30, 20, 10]), world.wallet(tier=0)
    paid = pay(rider, gate, 60)
    refusals = [refuse(gate, paid, now_s=NOW + number) for number in range(50)]
    told = outcomes(world, as_upload(paid.payment.body, *refusals))
    assert told == ["SETTLED"] * 6 + ["UNKNOWN_COIN"] * 49
    assert world.deposit_fen(rider) == 60
    world.check_books()


def test_a_refusal_that_does_not_hold_is_told_coin_by_coin(world: World) -> None:
    rider, gate = world.wallet([30, 20, 10]), world.wallet(tier=0)
    paid = pay(rider, gate, 60)
    assert outcomes(world, as_upload(paid.payment.body, refuse(rider, paid))) == (
        ["SETTLED"] * 3 + ["INVALID"] * 3
    )


def test_only_the_payees_refusal_of_a_payment_that_is_shown_gives_it_back(world: World) -> None:
    rider, gate, stranger = world.wallet([100]), world.wallet(tier=0), world.wallet([7])
    paid = pay(rider, gate, 60)
    other = pay(stranger, gate, 7)
    for signer, request_id, outcome in (
        (stranger, paid.request_id, "INVALID"),
        (rider, paid.request_id, "INVALID"),
        (gate, other.request_id, "INVALID"),
    ):
        refusal = Refusal.sign(
            signer.key,
            request_id=request_id,
            transfer_ids=[paid.transfer.signed.id],
            refused_at_s=NOW,
            reason=RefusalReason.INVALID,
        ).signed.data
        assert outcomes(world, as_upload(paid.payment.body, refusal))[-1] == outcome
    good = refuse(gate, paid)
    assert outcomes(world, as_upload(other.payment.body, good))[-1] == "UNKNOWN_COIN"
    assert outcomes(world, as_upload(paid.payment.body, b"no refusal"))[-1] == "INVALID"
    (left,) = coins_of(rider)
    redeem = sign_away(rider, [(left, 40)])
    assert outcomes(world, as_upload(bundle([left], redeem), good)) == ["REPEAT", "SETTLED", "SETTLED"]
    assert world.supply().returned_fen == 60
    assert world.cases() == []
    world.check_books()


def test_an_upload_is_paid_to_one_wallet_only_refusals_included(world: World) -> None:
    _, second, _, paid = race(world)
    other = world.wallet([30])
    (coin,) = coins_of(other)
    both = merged(paid.payment.body, bundle([coin], sign_away(other, [(coin, 30)])), paid.answer.body)
    with pytest.raises(Malformed), world.transaction():
        world.banks["OP01"].reconcile(both, now_s=NOW)
    assert world.deposit_fen(second) == 0


def merged(first: bytes, second: bytes, refusal: bytes) -> bytes:
    """Two bundles in one upload, with a refusal."""
    return as_upload(merge([read_bundle(first), read_bundle(second)]).encode(), refusal)


def test_a_late_refusal_gives_back_nothing_that_the_deadline_has_not(world: World) -> None:
    _, second, _, paid = race(world)
    world.return_due(now_s=CLAIMED_S + 1)
    assert world.deposit_fen(second) == 0, "the centre does not know that it was paid"
    session = second.purse.paying[paid.request_id]
    assert session.payment is not None
    until_s = counts_until_s(Bundle.decode(session.payment.body), second.trust)
    assert not is_refused_too_late(session, second.trust, now_s=until_s)
    assert is_refused_too_late(session, second.trust, now_s=until_s + 1), "the wallet says so"
    acknowledgement = world.hand_in(second, now_s=until_s + 1)
    assert acknowledgement.outcomes == (Outcome.SETTLED, Outcome.LATE)
    assert (world.deposit_fen(second), second.purse.in_flight_fen) == (0, 60)
    world.return_due(now_s=CLAIMED_S + 2 * DAY_S)
    world.tell_returns(second)
    assert (world.deposit_fen(second), second.purse.in_flight_fen) == (60, 0)
    assert second.purse.paying[paid.request_id].state is PayerState.RETURNED
    world.check_books()


def test_a_refusal_counts_until_the_last_second_that_the_wallet_is_told(world: World) -> None:
    _, second, _, paid = race(world)
    session = second.purse.paying[paid.request_id]
    assert session.payment is not None
    until_s = counts_until_s(Bundle.decode(session.payment.body), second.trust)
    assert world.hand_in(second, now_s=until_s).outcomes == (Outcome.SETTLED, Outcome.SETTLED)
    assert not is_refused_too_late(
        second.purse.paying[paid.request_id], second.trust, now_s=until_s + DAY_S
    ), "it has come back"


def test_f12_a_refusals_answer_that_was_lost_is_given_again_after_a_crash(new_world: NewWorld) -> None:
    world = new_world(terms=STAGED)
    second = race(world)[1]
    upload = second.hand_in(now_s=NOW) or b""
    with world.issuer.transaction():
        world.issuer.settle(
            Submission(operator="OP01", upload=upload, person=person_of(second), received_s=NOW)
        )
    assert world.deposit_fen(second) == 0
    acknowledgement = world.hand_in(second)
    assert (acknowledgement.credited_fen, world.deposit_fen(second)) == (60, 60)
    kinds = {row[0] for row in world.banks["OP01"].store.database.rows("SELECT kind FROM entries")}
    assert "return" in kinds
    assert "redemption" not in kinds
    world.check_books()
