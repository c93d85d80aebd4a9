"""The policies that all scenarios have in common, put to work on the system and on a finished plan. Pure.

They change what devices, epoch and operators allow, and when devices go online; never who sets out to pay
whom.
"""

from dataclasses import replace

import numpy as np

from shuangli.errors import BadInput
from shuangli.issuer.losses.policy import LossRule
from shuangli.messages.certificates import Mode, Terms
from shuangli.operator.exchange.rate import Rate
from shuangli.sims.arrays import Ints
from shuangli.sims.chance import uniforms, whole
from shuangli.sims.common import ON, STAGED, Common, CutOffOperator, NewTerms
from shuangli.sims.plan import NOBODY, Calendar, CellPlan, Devices, Role, Rules, Syncs
from shuangli.sims.scenario import HOUR_S, Scenario
from shuangli.sims.signatures import HOME, Signatures
from shuangli.sims.system import CutOff, Killed, SystemPlan


def system_of(
    config: Common,
    calendar: Calendar,
    *,
    seed: int,
    operators: int,
    coin_life_s: int,
    currency: str = HOME,
    rate: Rate | None = None,
) -> SystemPlan:
    """What a scenario's online half is set up from, under the policies that its settings ask for."""
    return SystemPlan(
        seed=seed,
        start_s=calendar.start_s,
        ends_s=calendar.ends_s,
        operators=operators,
        terms=_terms(config, currency=currency, coin_life_s=coin_life_s),
        cap_per_person_fen=config.cap_per_person_fen,
        signatures=Signatures(config.signatures),
        loss_rule=LossRule(config.loss_rule),
        list_delay_s=config.list_delay_s,
        rate=rate,
    )


def _terms(asked: Common | NewTerms, *, currency: str, coin_life_s: int) -> Terms:
    """The terms that settings ask for. Where value is staged, a coin changes its key once."""
    staged = asked.mode == STAGED
    return Terms(
        currency=currency,
        mode=Mode.STAGED if staged else Mode.TRANSFERABLE,
        hop_cap=1 if staged else asked.hop_cap,
        coin_life_s=coin_life_s,
        claim_window_s=asked.claim_window_s,
        grace_s=asked.grace_s,
    )


def _with_changes(scenario: Scenario, config: Common) -> SystemPlan:
    """The system with what happens to it while it runs: another epoch, an operator cut off.

    Raises:
        BadInput: there is no such operator, or it is still cut off when everybody reconciles.
    """
    system, asked = scenario.system, config.new_terms
    if asked.after_h:
        terms = _terms(asked, currency=system.terms.currency, coin_life_s=system.terms.coin_life_s)
        opens_s = scenario.first_day_s + round(asked.after_h * HOUR_S)
        system = replace(system, later=((opens_s, terms),))
    killed = config.killed
    _check_operator(scenario, "killed", killed.operator)
    dies_s = scenario.first_day_s + round(killed.from_h * HOUR_S)
    return replace(
        system,
        returns=config.returns == ON,
        cut_off=_cut_off(scenario, config.cut_off),
        killed=Killed(killed.operator - 1, dies_s) if killed.operator else None,
    )


def _check_operator(scenario: Scenario, group: str, operator: int) -> None:
    if operator > scenario.system.operators:
        raise BadInput("bad-option", f"{group}.operator={operator}: there are {scenario.system.operators}")


def _cut_off(scenario: Scenario, asked: CutOffOperator) -> CutOff | None:
    _check_operator(scenario, "cut_off", asked.operator)
    if not asked.operator:
        return None
    from_s = scenario.first_day_s + round(asked.from_h * HOUR_S)
    to_s = from_s + round(asked.hours * HOUR_S)
    if to_s > scenario.plans[0].calendar.closes_s:
        raise BadInput(
            "bad-option",
            f"cut_off.from_h={asked.from_h:g}, cut_off.hours={asked.hours:g}: it must end before the run",
        )
    return CutOff(operator=asked.operator - 1, from_s=from_s, to_s=to_s)


def with_policies(scenario: Scenario, config: Common) -> Scenario:
    """A scenario whose devices are under the policies that its settings ask for."""
    rules = Rules(
        day_limit_fen=config.day_limit_fen,
        payment_limit_fen=config.payment_limit_fen,
        oldest_list_s=config.oldest_list_s,
        payments_between_syncs=config.payments_between_syncs,
        pin_above_fen=config.pin_above_fen,
        payments_between_pins=config.payments_between_pins,
        gossip=config.gossip == ON,
        torn_share=config.torn_share,
    )
    abroad = scenario.abroad
    return replace(
        scenario,
        abroad=None if abroad is None else with_policies(abroad, config),
        system=_with_changes(scenario, config),
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
