"""A payee that has lost its key, as its own operator says, holds up a return until people decide."""

import pytest

from shuangli.errors import BadInput, ProtocolError, Refused
from shuangli.messages.enrolment import Enrolment
from shuangli.offline.limits import LIMITS_2022
from shuangli.operator.certifying import BankTerms, certify
from shuangli.wallet.wallet import Wallet
from tests.paying import pay
from tests.setting import DAY_S, NOW
from tests.settlement.answers import CLAIMED_S
from tests.settlement.unclaimed import AFTER
from tests.world import World


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
    """Another one could certify any key that it has seen in a chain, and be given what was paid to that."""
    rider, gate = world.wallet([100]), world.wallet(tier=0)
    world.submit(pay(rider, gate, 60).payment.body)
    enrolment, elsewhere = world.enrolment(gate), world.enrolment(gate, "OP02")
    certificate = certify(
        world.keys["OP02"],
        BankTerms(name="OP02", limits=LIMITS_2022, certificate_life_s=DAY_S),
        Enrolment.parse(elsewhere),
        wallet_no=1,
        tier=0,
        now_s=NOW,
    )
    forged = elsewhere[:-1] + bytes([elsewhere[-1] ^ 1])
    for shown, code in (
        (certificate.signed.data, "shape"),
        (enrolment, "wrong-network"),
        (forged, "signature"),
    ):
        with pytest.raises(ProtocolError) as no, world.issuer.transaction():
            world.issuer.report_lost(shown, operator="OP02", now_s=NOW)
        assert no.value.code == code
    with pytest.raises(Refused), world.transaction():
        world.banks["OP02"].report_lost(gate.key.public, now_s=NOW)
    world.return_due(now_s=CLAIMED_S + AFTER)
    assert (world.issuer.return_desk.disputes(), world.deposit_fen(rider)) == ([], 60)
