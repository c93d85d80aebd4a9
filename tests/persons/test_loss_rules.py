"""The two rules of payouts, the fund's end and the cap of a person, which bounds what is farmed (F17)."""

from pathlib import Path

import pytest

from shuangli.crypto import sha256
from shuangli.issuer.losses.gather import losses_by_person
from shuangli.issuer.losses.policy import LossPolicy, LossRule
from tests.persons.answers import ANNA, EXPIRED_S, culprit_with, double_spend, pseudonym_of, run_losses
from tests.setting import NOW, STAGED
from tests.world import World


@pytest.mark.parametrize(
    ("policy", "paid_fen"),
    [
        (LossPolicy(cap_per_person_fen=1_000), [100, 100, 100]),
        (LossPolicy(cap_per_person_fen=99), [100, 0, 0]),
        (LossPolicy(cap_per_person_fen=1_000, fund_fen=150), [100, 100, 0]),
        (LossPolicy(cap_per_person_fen=1_000, rule=LossRule.FIRST_CLAIM_ONLY), [100, 0, 0]),
    ],
)
def test_who_is_paid_follows_the_rule(tmp_path: Path, policy: LossPolicy, paid_fen: list[int]) -> None:
    world = World(tmp_path, terms=STAGED, policy=policy)
    _, gates = culprit_with(world, [100], [100, 100, 100])
    operators = ("OP01", "OP02", "OP01")
    assert [world.deposit_fen(*one) for one in zip(gates, operators, strict=True)] == paid_fen
    (case,) = world.cases()
    run_losses(world, now_s=NOW + 1)
    assert case.fund_paid_fen == sum(paid_fen) - 100
    claimed_fen = sum(one.claimed_fen for one in world.issuer.store.losses.receivables())
    assert claimed_fen == case.fund_paid_fen
    world.close()


def test_f17_a_payer_and_a_payee_farm_the_fund_up_to_the_cap_of_the_person_and_no_further(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, terms=STAGED, cap_fen=250)
    band = sha256(b"the payee")
    farms = [world.wallet(tier=0, person=band, operator=name) for name in ("OP01", "OP02", "OP01")]
    for _ in range(3):
        culprit = world.wallet([100], person=ANNA)
        double_spend(world, culprit, farms, [100, 100, 100])
    for farm in farms:
        world.hand_in(farm)
    assert world.issuer.store.losses.fund_paid_by_person_fen() == {pseudonym_of(band): 200}
    run_losses(world, now_s=EXPIRED_S)
    standings = {one.person: one for one in losses_by_person(world.issuer.store)}
    assert standings[pseudonym_of(band)].fund_paid_fen == 200
    assert standings[pseudonym_of(band)].cases == 0
    assert standings[pseudonym_of(ANNA)].open_fen == 200
    assert len(standings[pseudonym_of(ANNA)].keys) == 3
    assert {case.culprit for case in world.cases()} == standings[pseudonym_of(ANNA)].keys
    world.close()
