"""A leaked operator key: a thief signs certificates with it, and the root revokes it some time later (F30).

A forged certificate makes no value. So a helper pays into a forged wallet, whose copies then spend it at
shops: a case names a key that no operator has opened, and nobody can be charged. Where value is staged, a
forged wallet cannot pay with what it was paid, and no operator redeems for it: it gains nothing. Once the key
is revoked and devices have heard of it, they refuse everybody whom it has certified; the centre settles for
those it had logged.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import OWN, Act, Attack, Kind, Step
from shuangli.sims.adversaries.site import Site, choose, in_order, spree
from shuangli.sims.scenario import HOUR_S
from shuangli.sims.settings import Concern, setting

_FORGED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakedKey:
    """Wallets under certificates that a thief has signed with an operator's key."""

    share: float = budget.share("persons who pay into a forged wallet")
    number: int = budget.number()
    copies: int = setting(
        2, "copies of each forged wallet", concern=Concern.ATTACK, unit="wallets", low=1, high=50
    )
    noticed_h: float = budget.hours(
        6.0, "how long after the first payment of all the root revokes the key; 0 for never"
    )
    strategy: str = budget.strategy()
    budget_fen: int = budget.budget_fen()


def plan(settings: LeakedKey, sites: Sequence[Site]) -> list[Attack]:
    """Forge a wallet, pay into it, copy it, spend."""
    chosen = choose(Kind.LEAKED_KEY, sites, _customers, settings)
    return [_in_cell(settings, site, devices) for site, devices in zip(sites, chosen, strict=True)]


def revoked_s(settings: LeakedKey, sites: Sequence[Site]) -> int | None:
    """When the root revokes the key; None for never, or where nobody uses it."""
    if not budget.wanted(settings) or not settings.noticed_h:
        return None
    return min(site.first_s for site in sites) + round(settings.noticed_h * HOUR_S)


def _customers(site: Site) -> list[int]:
    """Persons of the first operator: its key has leaked."""
    return [device for device in site.persons if site.plan.devices.operator[device] == 0]


def _in_cell(settings: LeakedKey, site: Site, chosen: list[int]) -> Attack:
    acts: list[Act] = []
    for device in chosen:
        round_ = spree(site, Kind.LEAKED_KEY, device, settings.strategy)
        acts += [
            round_.act(Step.FORGE, hand=_FORGED),
            Act(round_.start_s, Kind.LEAKED_KEY, Step.PAY, device, OWN, device, _FORGED),
        ]
        for copy in range(_FORGED + 1, _FORGED + 1 + settings.copies):
            acts += [
                round_.act(Step.COPY, hand=copy, source=_FORGED, after_s=1),
                *round_.pays(copy, after_s=2),
            ]
        acts += round_.pays(_FORGED, after_s=2)
    return Attack(
        kind=Kind.LEAKED_KEY,
        devices=tuple(chosen),
        forking=frozenset(chosen),
        acts=in_order(acts),
        budget_fen=settings.budget_fen,
    )
