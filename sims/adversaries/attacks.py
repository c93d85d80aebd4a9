"""All kinds of adversaries: their settings as one group each, and what they add to a scenario's plans.

    class Attacks     the settings: clone.share, rollback.strategy, …
    with_attacks      a scenario with every attack that its settings ask for

A scenario knows nothing of attacks. They are planned on its finished cells, in the order of `Kind`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from shuangli.sims.adversaries import (
    broken_element,
    clock_cheat,
    clone,
    colluding_payee,
    double_deposit,
    leaked_key,
    leaked_mint,
    mule_ring,
    rollback,
    stolen_device,
    structuring,
    uncertified_key,
    withheld_deposit,
)
from shuangli.sims.adversaries.attack import Attack, Kind
from shuangli.sims.adversaries.broken_element import BrokenElement
from shuangli.sims.adversaries.budget import wanted
from shuangli.sims.adversaries.clock_cheat import ClockCheat
from shuangli.sims.adversaries.clone import Clone
from shuangli.sims.adversaries.colluding_payee import ColludingPayee
from shuangli.sims.adversaries.double_deposit import DoubleDeposit
from shuangli.sims.adversaries.leaked_key import LeakedKey
from shuangli.sims.adversaries.leaked_mint import LeakedMint
from shuangli.sims.adversaries.mule_ring import MuleRing
from shuangli.sims.adversaries.rollback import Rollback
from shuangli.sims.adversaries.site import Site
from shuangli.sims.adversaries.stolen_device import StolenDevice
from shuangli.sims.adversaries.structuring import Structuring
from shuangli.sims.adversaries.uncertified_key import UncertifiedKey
from shuangli.sims.adversaries.withheld_deposit import WithheldDeposit
from shuangli.sims.scenario import Scenario
from shuangli.sims.settings import check_settings, group

PLANS: Final[dict[Kind, Callable[[Any, Sequence[Site]], list[Attack]]]] = {
    Kind.CLONE: clone.plan,
    Kind.ROLLBACK: rollback.plan,
    Kind.BROKEN_ELEMENT: broken_element.plan,
    Kind.COLLUDING_PAYEE: colluding_payee.plan,
    Kind.WITHHELD_DEPOSIT: withheld_deposit.plan,
    Kind.DOUBLE_DEPOSIT: double_deposit.plan,
    Kind.CLOCK_CHEAT: clock_cheat.plan,
    Kind.MULE_RING: mule_ring.plan,
    Kind.STRUCTURING: structuring.plan,
    Kind.LEAKED_KEY: leaked_key.plan,
    Kind.STOLEN_DEVICE: stolen_device.plan,
    Kind.UNCERTIFIED_KEY: uncertified_key.plan,
    Kind.LEAKED_MINT: leaked_mint.plan,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacks:
    """Settings of every kind of adversary; each may be switched on beside the others."""

    clone: Clone = group(Clone)
    rollback: Rollback = group(Rollback)
    broken_element: BrokenElement = group(BrokenElement)
    colluding_payee: ColludingPayee = group(ColludingPayee)
    withheld_deposit: WithheldDeposit = group(WithheldDeposit)
    double_deposit: DoubleDeposit = group(DoubleDeposit)
    clock_cheat: ClockCheat = group(ClockCheat)
    mule_ring: MuleRing = group(MuleRing)
    structuring: Structuring = group(Structuring)
    leaked_key: LeakedKey = group(LeakedKey)
    stolen_device: StolenDevice = group(StolenDevice)
    uncertified_key: UncertifiedKey = group(UncertifiedKey)
    leaked_mint: LeakedMint = group(LeakedMint)

    def __post_init__(self) -> None:
        check_settings(self)


def with_attacks(scenario: Scenario, attacks: Attacks) -> Scenario:
    """A scenario with the attacks that its settings ask for; the same one where they ask for none."""
    operators = scenario.system.operators
    sites = [Site(plan=plan, operators=operators) for plan in scenario.plans]
    planned: list[list[Attack]] = [[] for _ in sites]
    for kind, plan in PLANS.items():
        settings = getattr(attacks, kind)
        if not wanted(settings):
            continue
        for number, (site, attack) in enumerate(zip(sites, plan(settings, sites), strict=True)):
            site.taken |= set(attack.devices)
            if attack.devices or attack.foiled:
                planned[number].append(attack)
    if not any(planned):
        return scenario
    revoked_s = leaked_key.revoked_s(attacks.leaked_key, sites)
    return replace(
        scenario,
        plans=[replace(site.plan, attacks=tuple(mine)) for site, mine in zip(sites, planned, strict=True)],
        system=replace(
            scenario.system,
            revokes=() if revoked_s is None else ((revoked_s, 0),),
            reserve=wanted(attacks.leaked_mint),
        ),
    )
