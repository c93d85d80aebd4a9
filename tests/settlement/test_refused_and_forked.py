"""Refusals and double spends: who refuses and claims, or takes back and pays again, is found (F47).

What is refused on a fork is paid by the fund, up to the cap; what a culprit would get back is frozen.
"""

from dataclasses import replace

import pytest

from shuangli.errors import ProtocolError
from shuangli.messages.notices import Outcome
from shuangli.messages.session import Refusal, RefusalReason
from shuangli.offline.evidence import Evidence, verify_evidence
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message, PayerState
from tests.forging import refuse
from tests.paying import Paid, as_upload, coins_of, pay
from tests.setting import NOW, TRANSFERABLE
from tests.settlement.answers import CLAIMED_S, only_case, outcomes
from tests.world import World
from tests.worlds import NewWorld


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
