"""Withheld deposits: a payee hands in nothing for some time, or never (F20).

What it holds is lost to it once the claim deadline and the grace have passed; what forks it holds the other
branch of are not found until then.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import Attack, Kind, Traits
from shuangli.sims.adversaries.site import Site, choose
from shuangli.sims.plan import NEVER_S
from shuangli.sims.scenario import HOUR_S


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldDeposit:
    """Payees that hand in nothing."""

    share: float = budget.share("payees that hand in nothing for a time")
    number: int = budget.number()
    hours: float = budget.hours(0.0, "for how long after the first payment of all; 0 for ever")


def plan(settings: WithheldDeposit, sites: Sequence[Site]) -> list[Attack]:
    """Who keeps quiet in each cell, and until when."""
    chosen = choose(Kind.WITHHELD_DEPOSIT, sites, lambda site: site.payees, settings)
    return [
        Attack(
            kind=Kind.WITHHELD_DEPOSIT,
            devices=tuple(devices),
            traits=dict.fromkeys(devices, _silent(settings, site)),
        )
        for site, devices in zip(sites, chosen, strict=True)
    ]


def _silent(settings: WithheldDeposit, site: Site) -> Traits:
    until_s = site.first_s + round(settings.hours * HOUR_S) if settings.hours else NEVER_S
    return Traits(silent_until_s=until_s)
