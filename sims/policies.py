"""The policies that all scenarios have in common, put to work on the system and on a finished plan. Pure.

They change what devices, epoch and operators allow, and when devices go online; never who sets out to pay
whom.
"""

from dataclasses import replace

import numpy as np

from shuangli.issuer.losses.policy import LossRule
from shuangli.messages.certificates import Mode, Terms
from shuangli.sims.chance import uniforms, whole
from shuangli.sims.common import ON, STAGED, Common
from shuangli.sims.plan import NOBODY, Calendar, CellPlan, Devices, Ints, Role, Rules, Syncs
from shuangli.sims.scenario import Scenario
from shuangli.sims.signatures import Signatures
from shuangli.sims.system import SystemPlan


def system_of(
    config: Common, calendar: Calendar, *, seed: int, operators: int, coin_life_s: int
) -> SystemPlan:
    """What a scenario's online half is set up from, under the policies that its settings ask for."""
    staged = config.mode == STAGED
    return SystemPlan(
        seed=seed,
        start_s=calendar.start_s,
        ends_s=calendar.ends_s,
        operators=operators,
        terms=Terms(
            currency="CNY",
            mode=Mode.STAGED if staged else Mode.TRANSFERABLE,
            hop_cap=1 if staged else config.hop_cap,
            coin_life_s=coin_life_s,
            claim_window_s=config.claim_window_s,
            grace_s=config.grace_s,
        ),
        cap_per_person_fen=config.cap_per_person_fen,
        signatures=Signatures(config.signatures),
        loss_rule=LossRule(config.loss_rule),
        list_delay_s=config.list_delay_s,
    )


def with_policies(scenario: Scenario, config: Common) -> Scenario:
    """A scenario whose devices are under the policies that its settings ask for."""
    rules = Rules(
        day_limit_fen=config.day_limit_fen,
        payment_limit_fen=config.payment_limit_fen,
        oldest_list_s=config.oldest_list_s,
        payments_between_syncs=config.payments_between_syncs,
        gossip=config.gossip == ON,
        cut_share=config.cut_share,
    )
    return replace(
        scenario,
        plans=[
            replace(
                plan,
                rules=rules,
                devices=_devices(plan, config, scenario.seed),
                syncs=_syncs(plan, config),
            )
            for plan in scenario.plans
        ],
    )


def _syncs(plan: CellPlan, config: Common) -> Syncs:
    """The scenario's single times online, without those of devices that a policy says how often to go."""
    person = plan.devices.role[plan.syncs.device] == Role.PERSON
    asked_s = np.where(person, config.persons_online_every_s, config.merchants_online_every_s)
    kept = asked_s == 0
    return Syncs(at_s=plan.syncs.at_s[kept], device=plan.syncs.device[kept])


def _devices(plan: CellPlan, config: Common, seed: int) -> Devices:
    """The devices of a cell: persons' tier, where keys are, and how often who goes online."""
    devices = plan.devices
    person, alone = devices.role == Role.PERSON, devices.copy_of == NOBODY
    number, count = plan.number, len(devices)
    in_element = uniforms(seed, f"hard wallets in cell {number}", count) < config.hard_share
    hard = np.where(person & alone & in_element, 1, devices.hard)
    every_s, from_s = devices.sync_every_s, devices.sync_from_s
    first = uniforms(seed, f"first online in cell {number}", count)
    for who, asked_s in (
        (person, config.persons_online_every_s),
        (~person, config.merchants_online_every_s),
    ):
        if asked_s:
            asked_s = max(asked_s, plan.calendar.window_s)
            begins_s: Ints = plan.calendar.start_s + whole(first, 0, asked_s)
            every_s, from_s = np.where(who, asked_s, every_s), np.where(who, begins_s, from_s)
    return replace(
        devices,
        tier=np.where(person, config.tier, devices.tier),
        hard=hard.astype(np.int64),
        sync_every_s=every_s,
        sync_from_s=from_s,
    )
