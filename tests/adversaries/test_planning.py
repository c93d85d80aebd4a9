"""Attacks as they are planned: more of one adds to it, and no attack moves another, or the world."""

from dataclasses import replace

import numpy as np
import pytest

from shuangli.errors import BadInput
from shuangli.sims.adversaries.attack import Act, Attack, Kind, Step, Traits
from shuangli.sims.adversaries.attacks import PLANS, Attacks
from shuangli.sims.adversaries.rollback import Rollback
from shuangli.sims.adversaries.site import Site, choose
from shuangli.sims.plan import CellPlan
from shuangli.sims.settings import configured, settings_of
from tests.adversaries.attacked import ALONE, attacked, small_town


def planned(**settings: object) -> CellPlan:
    return attacked(small_town(seed=5, each=4), settings)[0]


def of_kind(plan: CellPlan, kind: Kind) -> Attack:
    (attack,) = (attack for attack in plan.attacks if attack.kind is kind)
    return attack


@pytest.mark.parametrize("name", ALONE)
def test_an_attack_leaves_the_world_as_it_is(name: str) -> None:
    quiet, plan = planned(), planned(**ALONE[name])
    assert quiet.attacks == ()
    for column in ("at_s", "payer", "payee", "amount_fen", "tag"):
        assert np.array_equal(getattr(quiet.meetings, column), getattr(plan.meetings, column))
    for column in ("role", "tier", "opens_s", "first_load_fen", "sync_every_s"):
        assert np.array_equal(getattr(quiet.devices, column), getattr(plan.devices, column))


def test_without_attacks_a_scenario_is_the_same_object() -> None:
    plan = small_town()
    assert attacked(plan, {})[0] is plan


@pytest.mark.parametrize("kind", [Kind.ROLLBACK, Kind.CLONE, Kind.WITHHELD_DEPOSIT, Kind.CLOCK_CHEAT])
def test_more_of_a_kind_adds_to_fewer(kind: Kind) -> None:
    strategy = {"clone.strategy": "burst"} if kind is Kind.CLONE else {}
    few, many = (of_kind(planned(**{f"{kind}.number": number, **strategy}), kind) for number in (1, 3))
    assert set(few.devices) < set(many.devices)
    assert [act for act in many.acts if act.device in few.devices] == list(few.acts)


@pytest.mark.parametrize(("name", "value"), [("budget_fen", 700), ("strategy", "slow")])
def test_another_budget_or_strategy_moves_nobody(name: str, value: object) -> None:
    one = of_kind(planned(**{"rollback.number": 3}), Kind.ROLLBACK)
    other = of_kind(planned(**{"rollback.number": 3, f"rollback.{name}": value}), Kind.ROLLBACK)
    assert one.devices == other.devices
    starts = [
        {act.device: act.at_s for act in attack.acts if act.step is Step.BACK_UP} for attack in (one, other)
    ]
    assert starts[0] == starts[1]


def test_another_attack_changes_only_what_it_touches() -> None:
    """Those who are taken are passed over; everybody else stays, with all they do."""
    alone = of_kind(planned(**{"rollback.number": 3}), Kind.ROLLBACK)
    beside = planned(**{"rollback.number": 3, "clone.number": 1, "clone.strategy": "burst"})
    cloned = set(of_kind(beside, Kind.CLONE).devices)
    rolled = of_kind(beside, Kind.ROLLBACK)
    assert set(alone.devices) - cloned <= set(rolled.devices)
    kept = set(alone.devices) & set(rolled.devices)
    assert [act for act in rolled.acts if act.device in kept] == [
        act for act in alone.acts if act.device in kept
    ]
    assert not cloned & set(rolled.devices)


def test_shares_count_over_all_cells_together() -> None:
    sites = [Site(plan=replace(small_town(seed=5), number=number), operators=2) for number in range(4)]
    for share, number in ((0.25, 10), (0.5, 20), (0.05, 2)):
        chosen = choose(Kind.ROLLBACK, sites, lambda site: site.persons, Rollback(share=share))
        assert sum(map(len, chosen)) == number
    chosen = choose(Kind.ROLLBACK, sites, lambda site: site.persons, Rollback(share=0.5, number=7))
    assert sum(map(len, chosen)) == 7


def test_hands_go_to_payees_of_their_own_while_there_are_enough() -> None:
    acts = of_kind(planned(**{"rollback.number": 1, "rollback.strategy": "burst"}), Kind.ROLLBACK).acts
    paid = [act for act in acts if act.step is Step.PAY]
    assert len(paid) == 8
    assert {act.parts for act in paid} == {1, 2, 3, 4}
    assert acts == tuple(sorted(acts, key=lambda act: act.at_s))


def test_every_kind_has_settings_and_a_plan() -> None:
    names = {name.split(".")[0] for name in settings_of(Attacks)}
    assert names == set(Kind) == set(PLANS)
    for kind in Kind:
        assert {f"{kind}.share", f"{kind}.number"} <= set(settings_of(Attacks))


def test_a_name_that_does_not_exist_is_refused_with_the_nearest() -> None:
    for given, nearest in (
        ("clone.shore", "clone.share"),
        ("rolback.share", "rollback.share"),
        ("mule_ring.mule", "mule_ring.mules"),
    ):
        with pytest.raises(BadInput, match=f"nearest is {nearest}"):
            configured(Attacks, {given: 1})


@pytest.mark.parametrize(
    "wrong",
    [
        {"acts": (Act(2, Kind.CLONE, Step.SYNC, 0), Act(1, Kind.CLONE, Step.SYNC, 0))},
        {"forking": frozenset({1})},
        {"devices": (0,), "traits": {1: Traits()}},
    ],
)
def test_an_attack_that_does_not_fit_together_cannot_be_made(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        Attack(kind=Kind.CLONE, **wrong)  # type: ignore[arg-type]
