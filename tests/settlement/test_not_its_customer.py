"""Who is owed what somebody else hands in is paid through nobody but that one's own operator.

A payee that refuses, and a bank that is in league with it, would else share what is the payer's, who would be
told that it has come back. Nobody else has signed anything that could be held against them.
"""

from collections.abc import Callable

import pytest

from shuangli.crypto import sha256
from shuangli.issuer.centre import Settled, Submission
from shuangli.issuer.minting import vault
from shuangli.messages.notices import Outcome
from tests.forging import refuse
from tests.paying import as_upload, pay
from tests.service.desks import Desks
from tests.setting import NOW
from tests.world import World

PassOn = Callable[[bytes], Settled]


@pytest.fixture(params=["walked", "proven by a reader"])
def to_op02(request: pytest.FixtureRequest, world: World) -> PassOn:
    """What the centre says to OP02, which passes on whatever it likes."""
    desk = Desks(world).issuer

    def pass_on(upload: bytes) -> Settled:
        submission = Submission(operator="OP02", upload=upload, person=sha256(b"liar"), received_s=NOW)
        if request.param == "walked":
            with world.issuer.transaction():
                return world.issuer.settle(submission)
        return desk.settle(submission)

    return pass_on


def test_no_bank_is_paid_what_a_payee_gives_back_to_another_ones_customer(
    world: World, to_op02: PassOn
) -> None:
    rider, thief = world.wallet([100]), world.wallet(operator="OP02", tier=0)
    paid = pay(rider, thief, 60)
    refused = as_upload(paid.payment.body, refuse(thief, paid))
    held_fen = world.issuer.store.ledger.balance_fen(vault("OP02"))
    told = to_op02(refused)
    assert (told.outcomes, told.credited_fen) == ((Outcome.SETTLED, Outcome.CONDITION), 0)
    assert world.issuer.store.ledger.balance_fen(vault("OP02")) == held_fen
    mine = world.submit(refused)
    assert (mine.outcomes[-1], mine.credited_fen, world.deposit_fen(rider)) == (Outcome.SETTLED, 60, 60)
    world.check_books()
