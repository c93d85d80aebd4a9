"""A fault that the search found: people decided a dispute, and a key that a case names was paid."""

from pathlib import Path

import pytest

from shuangli.wallet.wallet import Wallet
from tests.paying import pay
from tests.setting import DAY_S, NOW, STAGED
from tests.world import World

CLAIMED_S = NOW + 3 * DAY_S
"""The last second in which what was paid at NOW can be claimed."""


def fork(world: World, cheat: Wallet, copy: Wallet) -> None:
    """Pay with one coin twice, and let the second payment come to light only after everything is late."""
    for wallet, amount_fen in ((cheat, 20), (copy, 30)):
        paid = pay(wallet, world.wallet(tier=0), amount_fen)
        world.submit(paid.payment.body, now_s=CLAIMED_S + DAY_S)


@pytest.mark.parametrize("culprit", ["payer", "payee"])
def test_people_cannot_give_a_disputed_payment_to_a_culprit(culprit: str, tmp_path: Path) -> None:
    world = World(tmp_path, terms=STAGED)
    payer, payee = world.wallet([100]), world.wallet([70], operator="OP02")
    cheat = {"payer": payer, "payee": payee}[culprit]
    copy = world.clone(cheat)
    paid = pay(payer, payee, 60)
    world.submit(paid.payment.body)
    with world.transaction():
        world.banks["OP02"].report_lost(payee.key.public, now_s=NOW)
    world.return_due(now_s=CLAIMED_S + 1)
    (dispute,) = world.issuer.return_desk.disputes()
    fork(world, cheat, copy)
    assert {case.culprit for case in world.cases()} == {cheat.key.public}
    credited_fen = world.deposit_fen(cheat)
    with world.issuer.transaction():
        world.issuer.return_desk.decide(dispute, to_payee=culprit == "payee", now_s=CLAIMED_S + DAY_S)
    world.return_due(now_s=NOW + 40 * DAY_S)
    assert world.issuer.return_desk.disputes() == [], "it waits no more"
    assert sum(world.deposit_fen(cheat, operator) for operator in world.banks) == credited_fen
    world.check_books()
    world.close()
