"""What culprits pay back, never more than they owe, the fund can pay again; what is written off it bears."""

from pathlib import Path

import pytest

from shuangli.errors import BadInput, Refused
from shuangli.issuer.losses.policy import LossPolicy
from shuangli.messages.notices import Outcome
from tests.persons.answers import (
    ANNA,
    FUND,
    balance_fen,
    culprit_with,
    double_spend,
    gates_of,
    only_receivable,
    pseudonym_of,
    run_losses,
)
from tests.setting import NOW, STAGED
from tests.world import World


def recover(world: World, amount_fen: int, reference: bytes = b"1") -> None:
    """Anna pays back, and OP01 passes it on."""
    with world.issuer.transaction():
        world.issuer.loss_desk.recover(
            pseudonym_of(ANNA), amount_fen, operator="OP01", reference=reference, now_s=NOW
        )


def test_a_culprit_pays_back_and_never_more_than_it_owes(world: World) -> None:
    culprit, _ = culprit_with(world, [100], [100, 80])
    run_losses(world, now_s=NOW + 1)
    bank, key = world.banks["OP01"], culprit.key.public
    with bank.store.transaction(), pytest.raises(Refused) as refusal:
        bank.pay_back(key, 50, now_s=NOW, reference=b"1")
    assert refusal.value.code == "insufficient-funds"
    with bank.store.transaction():
        bank.deposit(key, 50, now_s=NOW)
        bank.pay_back(key, 50, now_s=NOW, reference=b"1")
    for _ in range(2):
        recover(world, 50)
        assert (only_receivable(world).recovered_fen, only_receivable(world).open_fen) == (50, 30)
        world.check_books()
    with pytest.raises(Refused) as refusal:
        recover(world, 20)
    assert refusal.value.code == "nonce-used"
    for amount_fen in (31, 0, -5):
        with pytest.raises(BadInput, match="cannot be paid"):
            recover(world, amount_fen, b"2")
    assert only_receivable(world).open_fen == 30
    with pytest.raises(Refused) as refusal, world.issuer.transaction():
        world.issuer.loss_desk.recover(pseudonym_of(ANNA), 30, operator="OP03", reference=b"3", now_s=NOW)
    assert refusal.value.code == "vault-empty"


def test_what_is_written_off_the_fund_bears(world: World) -> None:
    culprit_with(world, [100], [100, 80])
    run_losses(world, now_s=NOW + 1)
    for written_off_fen in (80, 0):
        with world.issuer.transaction():
            assert world.issuer.loss_desk.write_off(pseudonym_of(ANNA), now_s=NOW) == written_off_fen
        assert (only_receivable(world).written_off_fen, only_receivable(world).open_fen) == (80, 0)
        assert (balance_fen(world, FUND), balance_fen(world, "receivables")) == (80, 0)
        world.check_books()


def test_a_fund_with_an_end_pays_again_once_something_has_come_back(tmp_path: Path) -> None:
    world = World(tmp_path, terms=STAGED, policy=LossPolicy(cap_per_person_fen=1_000, fund_fen=100))
    anna, _ = culprit_with(world, [100], [100, 100])
    run_losses(world, now_s=NOW + 1)
    bank = world.banks["OP01"]
    with bank.store.transaction():
        bank.deposit(anna.key.public, 100, now_s=NOW)
        bank.pay_back(anna.key.public, 100, now_s=NOW, reference=b"both")
    culprit, gates = world.wallet([100]), gates_of(world, 3)
    double_spend(world, culprit, gates, [100, 100, 100])
    last = [world.hand_in(gates[0]).outcomes[-1]]
    for amount_fen, gate in ((99, gates[1]), (1, gates[2])):
        recover(world, amount_fen, bytes([amount_fen]))
        last.append(world.hand_in(gate).outcomes[-1])
    assert last == [Outcome.SETTLED, Outcome.CAPPED, Outcome.SETTLED]
    world.check_books()
    world.close()
