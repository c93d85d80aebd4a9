"""Policies that all scenarios have in common: each does what it says, with real wallets."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shuangli.issuer.losses.policy import LossRule
from shuangli.issuer.supply import supply_by_epoch
from shuangli.messages.certificates import Mode, WalletKind
from shuangli.sims.catalogue import make_scenario
from shuangli.sims.plan import Role, Rules
from shuangli.sims.run import play_only
from shuangli.sims.scenario import Scenario
from shuangli.sims.system import System
from tests.adversaries.attacked import ALONE, PEOPLE, attacked, play, small_town
from tests.engine.plans import DAY_S, START_S, system_plan
from tests.engine.town import Town

CLONES: dict[str, object] = {"clone.number": 2, "clone.copies": 2, "clone.strategy": "burst"}


def test_with_gossip_people_hear_of_revocations_from_each_other(tmp_path: Path) -> None:
    told: dict[bool, int] = {}
    for gossip in (False, True):
        plan, system = attacked(replace(small_town(each=6), rules=Rules(gossip=gossip)), CLONES)
        (tmp_path / str(gossip)).mkdir()
        town = Town(plan, tmp_path / str(gossip), system)
        town.window(36)
        lists = [town.wallet(index).trust.revocations for index in range(PEOPLE)]
        told[gossip] = sum(1 for listed in lists if listed is not None and listed.wallets)
        town.close()
    assert told[False] == 0
    assert told[True] > PEOPLE // 2


def test_first_claim_only_pays_nothing_out_of_the_fund(tmp_path: Path) -> None:
    plan, system = attacked(small_town(), ALONE["rollback"])
    for rule, pays in ((LossRule.HONOUR_UP_TO_CAP, True), (LossRule.FIRST_CLAIM_ONLY, False)):
        town, report, cases = play(plan, replace(system, loss_rule=rule), tmp_path / rule.value)
        (supply,) = supply_by_epoch(town.system.issuer.store)
        assert (supply.fund_paid_fen > 0) is pays
        assert (report.holdings.capped_fen > 0) is not pays
        assert cases
        town.close()


def test_devices_hear_of_a_list_so_much_later_but_of_the_first_one_at_once(tmp_path: Path) -> None:
    system = System(replace(system_plan(), list_delay_s=3_600), tmp_path)
    first = system.revocations(now_s=START_S)
    assert system.published(*first, now_s=START_S) == first
    later_s = START_S + 2 * DAY_S
    second = system.revocations(now_s=later_s)
    assert second[0] > first[0]
    assert system.published(*second, now_s=later_s) == first
    assert system.published(*second, now_s=later_s + 3_599) == first
    assert system.published(*second, now_s=later_s + 3_600) == second
    system.close()


def test_a_hard_wallet_is_certified_as_one_and_pays_by_its_element(tmp_path: Path) -> None:
    town, report, _ = play(small_town(hard=(0, 1)), system_plan(operators=2), tmp_path)
    for index, kind in ((0, WalletKind.HARD), (2, WalletKind.SOFT)):
        assert town.wallet(index).certificate.kind is kind
    assert any(payment.payer == 0 and payment.outcome == "paid" for payment in town.payments)
    element = town.device(0).element
    assert element is not None
    assert element.work.signatures > 0
    assert town.device(0).key.made == 0
    assert report.signatures_made > element.work.signatures
    town.close()


def planned(**settings: object) -> Scenario:
    known = {"trips": 200, "clone.share": 0.0, **settings}
    return make_scenario("transit", known, seed=1, demand=None, network=None)


def test_how_often_merchants_go_online_stands_in_place_of_the_scenarios_hand_ins() -> None:
    calm, asked = planned(), planned(merchants_online_every_s=7_200)
    assert sum(len(plan.syncs) for plan in calm.plans) > 0
    for plan in asked.plans:
        merchant = plan.devices.role == Role.MERCHANT
        assert not merchant[plan.syncs.device].any()
        assert set(plan.devices.sync_every_s[merchant].tolist()) == {7_200}


def test_policies_change_what_devices_and_epoch_allow() -> None:
    scenario = planned(
        mode="transferable",
        hop_cap=3,
        claim_window_s=9_000,
        grace_s=60,
        tier=3,
        gossip="on",
        loss_rule="first-claim-only",
    )
    terms = scenario.system.terms
    assert (terms.mode, terms.hop_cap, terms.claim_window_s, terms.grace_s) == (
        Mode.TRANSFERABLE,
        3,
        9_000,
        60,
    )
    assert scenario.system.loss_rule is LossRule.FIRST_CLAIM_ONLY
    for plan in scenario.plans:
        assert plan.rules.gossip
        person = plan.devices.role == Role.PERSON
        assert set(plan.devices.tier[person].tolist()) == {3}
    assert planned().system.terms.hop_cap == 1


def test_a_higher_share_of_hard_wallets_adds_to_a_lower_one() -> None:
    few, many = (planned(hard_share=share) for share in (0.2, 0.6))
    for one, other in zip(few.plans, many.plans, strict=True):
        assert (one.devices.hard <= other.devices.hard).all()
    count = sum(int(plan.devices.hard.sum()) for plan in many.plans)
    people = sum(int((plan.devices.role == Role.PERSON).sum()) for plan in many.plans)
    assert 0.4 < count / people < 0.8


@pytest.mark.parametrize(("who", "role"), [("persons", Role.PERSON), ("merchants", Role.MERCHANT)])
def test_how_often_who_goes_online(who: str, role: Role) -> None:
    before, after = planned(), planned(**{f"{who}_online_every_s": 7_200})
    for one, other in zip(before.plans, after.plans, strict=True):
        mine = one.devices.role == role
        assert set(other.devices.sync_every_s[mine].tolist()) == {7_200}
        assert np.array_equal(one.devices.sync_every_s[~mine], other.devices.sync_every_s[~mine])
        first_s = other.devices.sync_from_s[mine] - one.calendar.start_s
        assert ((first_s >= 0) & (first_s < 7_200)).all()


def test_a_hop_cap_of_one_is_staged_value(tmp_path: Path) -> None:
    """The study of docs/tutorial/staged-or-transferable-study.md says that each figure is the same."""
    few = {"workers": 16, "employers": 2, "shops": 4, "days": 3, "payday": 1, "payday_spread_d": 0}
    results = []
    for terms in ({"mode": "staged"}, {"mode": "transferable", "hop_cap": 1}):
        settings = {**few, "among_workers": 0.6, "clone.number": 2, "clone.strategy": "burst", **terms}
        texts = {name: str(value) for name, value in settings.items()}
        scenario = make_scenario("payroll", texts, seed=3, demand=None, network=None)
        figures = play_only(scenario, tmp_path / "databases")
        assert figures["payments"]["by_outcome"]["insufficient-funds"] > 0
        results.append({name: part for name, part in figures.items() if name != "scenario"})
    assert results[0] == results[1]
