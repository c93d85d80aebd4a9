"""Refused payments come back at once: faults F47 and F53, and what a payee cannot make of its refusals."""

from dataclasses import replace

import pytest

from shuangli.errors import Malformed, ProtocolError
from shuangli.issuer.centre import Submission
from shuangli.messages.bundle import Bundle
from shuangli.messages.notices import Outcome
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.offline.evidence import Evidence, verify_evidence
from shuangli.offline.merging import merge
from shuangli.offline.refusals import counts_until_s
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message, PayerState
from shuangli.wallet.come_back import is_refused_too_late
from shuangli.wallet.wallet import Wallet
from tests.forging import bundle, sign_away
from tests.settlement.answers import only_case, outcomes
from tests.settlement.conftest import NewWorld
from tests.world import (
    DAY_S,
    NOW,
    STAGED,
    TRANSFERABLE,
    Paid,
    World,
    as_upload,
    coins_of,
    pay,
    person_of,
    read_bundle,
)

CLAIMED_S = NOW + 3 * DAY_S


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


def refuse(payee: Wallet, paid: Paid, *, now_s: int = NOW) -> bytes:
    """A payee's refusal of a payment, whatever else it does with it."""
    return Refusal.sign(
        payee.key,
        request_id=paid.request_id,
        transfer_ids=[paid.transfer.signed.id],
        refused_at_s=now_s,
        reason=RefusalReason.INVALID,
    ).signed.data


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


@pytest.mark.parametrize("refusal_first", [True, False])
@pytest.mark.parametrize("how", ["redeems", "pays"])
def test_a_payee_that_refuses_and_claims_has_spent_twice(hops: World, refusal_first: bool, how: str) -> None:
    """It is named by its own refusal and its own transfer; its payer, who did nothing, has its coin back."""
    rider, cheat, victim = hops.wallet([100]), hops.wallet(), hops.wallet()
    paid = pay(rider, cheat, 60)
    refused = as_upload(paid.payment.body, refuse(cheat, paid))
    (coin,) = coins_of(cheat)
    if how == "pays":
        pay(cheat, victim, 60)
        claim = victim.hand_in(now_s=NOW) or b""
    else:
        claim = cheat.hand_in(now_s=NOW) or b""
    uploads = [refused, claim] if refusal_first else [claim, refused]
    heard = [outcomes(hops, upload) for upload in uploads]
    case = only_case(hops)
    assert (case.coin_id, case.culprit, case.face_fen) == (coin.coin_id, cheat.key.public, 60)
    assert Evidence.decode(case.evidence).refusal
    assert hops.deposit_fen(rider) == 60
    supply = hops.supply()
    assert supply.forked_fen == 60
    if how == "pays":
        assert hops.deposit_fen(victim) == 60
        assert (case.paid_fen, case.loss_fen) == (120, 60)
        assert supply.fund_paid_fen == 60
        assert heard[not refusal_first] == (
            ["SETTLED", "SETTLED"] if refusal_first else ["REPEAT", "SETTLED"]
        )
    else:
        # Whoever comes before its case is paid; that is its operator's to get back.
        assert hops.deposit_fen(cheat) == (0 if refusal_first else 60)
        assert case.loss_fen == (0 if refusal_first else 60)
        assert (supply.void_fen, supply.fund_paid_fen) == ((60, 0) if refusal_first else (0, 60))
    for upload in uploads:
        assert set(outcomes(hops, upload, "OP01")) <= {"SETTLED", "REPEAT", "FORKED"}, "the stored answer"
    hops.check_books()


def test_evidence_with_a_refusal_proves_nothing_else(hops: World) -> None:
    rider, cheat, victim = hops.wallet([100]), hops.wallet(), hops.wallet()
    paid = pay(rider, cheat, 60)
    other = pay(hops.wallet([30]), cheat, 30)
    pay(cheat, victim, 60)
    hops.submit(as_upload(paid.payment.body, refuse(cheat, paid)))
    hops.hand_in(victim)
    good = Evidence.decode(only_case(hops).evidence)
    root = hops.keys["root"].public
    stranger = Refusal.sign(
        victim.key,
        request_id=paid.request_id,
        transfer_ids=[paid.transfer.signed.id],
        refused_at_s=NOW,
        reason=RefusalReason.INVALID,
    ).signed.data
    for odd in (
        replace(good, refusal=refuse(cheat, other)),
        replace(good, refusal=stranger),
        replace(good, source_id=bytes(32)),
        replace(good, refusal=good.transfers[0]),
        replace(good, transfers=(paid.transfer.signed.data,)),
        replace(good, coin_id=bytes(32)),
        replace(good, refusal=b""),
    ):
        with pytest.raises(ProtocolError):
            verify_evidence(odd.encode(), root=root)
    data = good.encode()
    for bit in range(0, 8 * len(data), 7):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ProtocolError):
            verify_evidence(bytes(flipped), root=root)


@pytest.mark.parametrize("early_first", [True, False])
def test_f47_a_payer_that_gets_one_transfer_back_and_has_signed_another_is_caught(
    world: World, early_first: bool
) -> None:
    """The other transfer is a fork, whatever has gone back; with an accomplice's refusal as well."""
    cheat = world.wallet([100])
    copy, accomplice, victim = world.clone(cheat), world.wallet(), world.wallet(tier=0)
    paid = pay(cheat, accomplice, 100)
    early = as_upload(paid.payment.body, refuse(accomplice, paid))
    (coin,) = coins_of(copy)
    pay(copy, victim, 100)
    late = victim.hand_in(now_s=NOW) or b""
    first, second = (early, late) if early_first else (late, early)
    outcomes(world, first)
    outcomes(world, second)
    case = only_case(world)
    assert (case.coin_id, case.culprit) == (coin.coin_id, cheat.key.public)
    assert world.deposit_fen(victim) == 100, "the honest payee is paid"
    # The payer has its 100 back only if that came before the case.
    assert world.deposit_fen(cheat) == (100 if early_first else 0)
    assert case.loss_fen == (100 if early_first else 0)


def test_f47_what_went_back_by_the_deadline_was_signed_twice_all_the_same(world: World) -> None:
    cheat = world.wallet([100])
    copy, nobody, victim = world.clone(cheat), world.wallet(tier=0), world.wallet(tier=0)
    request = nobody.request(100, now_s=NOW)
    cheat.receive(request_id_of(request), request, now_s=NOW)
    world.hand_in(cheat)
    world.return_due(now_s=CLAIMED_S + 1)
    assert world.deposit_fen(cheat) == 100
    pay(copy, victim, 100, CLAIMED_S)
    acknowledgement = world.hand_in(victim, now_s=CLAIMED_S + 1)
    assert acknowledgement.outcomes == (Outcome.FORKED, Outcome.SETTLED)
    case = only_case(world)
    assert (case.culprit, case.paid_fen, case.loss_fen) == (cheat.key.public, 200, 100)
    assert world.deposit_fen(victim) == 100


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


def test_a_refusal_of_a_coin_on_a_fork_is_paid_by_the_fund_up_to_the_cap(new_world: NewWorld) -> None:
    world = new_world(terms=TRANSFERABLE, cap_fen=90)
    for number, outcome in enumerate(["SETTLED", "CAPPED"]):
        cheat = world.wallet([60])
        copy, honest = world.clone(cheat), world.wallet(name="honest")
        other, payee = world.wallet(), world.wallet()
        pay(cheat, other, 60)
        world.hand_in(other)
        pay(copy, honest, 60)
        paid = pay(honest, payee, 60)
        refused = as_upload(paid.payment.body, refuse(payee, paid))
        assert outcomes(world, refused) == ["FORKED", "SETTLED", outcome]
        assert world.supply().fund_paid_fen == 60
        assert len(world.cases()) == number + 1
    assert world.deposit_fen(honest) == 60
    world.check_books()


def test_of_a_refused_payment_in_two_coins_one_may_come_back_and_one_be_over_the_cap(
    new_world: NewWorld,
) -> None:
    """The wallet is told coin by coin: what has not come back is still in flight."""
    world = new_world(terms=TRANSFERABLE, cap_fen=0)
    cheat, honest, other, payee = world.wallet([60]), world.wallet([40]), world.wallet(), world.wallet()
    copy = world.clone(cheat)
    pay(cheat, other, 60)
    world.hand_in(other)
    pay(copy, honest, 60)
    request = payee.request(100, now_s=NOW)
    (payment,) = honest.receive(request_id_of(request), request, now_s=NOW)
    paid = Paid(request, payment, payment)
    assert len(paid.transfer.spends) == 2
    honest.receive(paid.request_id, Message(Kind.REFUSAL, refuse(payee, paid)), now_s=NOW)
    heard = world.hand_in(honest).outcomes
    assert {outcome.name for outcome in heard[-2:]} == {"SETTLED", "CAPPED"}
    assert (world.deposit_fen(honest), honest.purse.in_flight_fen) == (40, 60)
    session = honest.purse.paying[paid.request_id]
    assert (session.state, session.returned_fen) == (PayerState.REFUSED, 40)
    assert world.restart(honest).purse.checkpoint() == honest.purse.checkpoint()
    world.check_books()


def test_what_a_culprit_would_get_back_by_a_refusal_is_frozen(world: World) -> None:
    cheat = world.wallet([100, 50])
    copy, first, second, payee = world.clone(cheat), *(world.wallet(tier=0) for _ in range(3))
    pay(cheat, first, 100)
    pay(copy, second, 100)
    for gate in (first, second):
        world.hand_in(gate)
    paid = pay(cheat, payee, 50)
    assert outcomes(world, as_upload(paid.payment.body, refuse(payee, paid))) == ["SETTLED", "FROZEN"]
    world.return_due(now_s=CLAIMED_S + 1)
    supply = world.supply()
    assert (supply.returned_fen, supply.outstanding_fen) == (0, 50)
    assert world.deposit_fen(cheat) == 0
    world.check_books()


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
