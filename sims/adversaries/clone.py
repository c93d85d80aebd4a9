"""Clones: a soft wallet is copied in secret, and both pay (F01). A wallet in an element cannot be copied.

By `habit` each copy is used by another person on that person's own payments, from the first one on. In a
`burst` or `slow`, the copies go shopping on the side: all within minutes, or in small parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import Attack, Kind, Step, Traits
from shuangli.sims.adversaries.site import Site, choose, in_order, spree
from shuangli.sims.chance import dealt_copies
from shuangli.sims.settings import Concern, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone:
    """Copied wallets."""

    share: float = budget.share("persons' wallets that are secretly copied", 0.005)
    number: int = budget.number()
    copies: int = setting(1, "copies of each of them", concern=Concern.ATTACK, unit="wallets", low=1, high=50)
    strategy: str = budget.strategy(budget.HABIT)
    budget_fen: int = budget.budget_fen()


def plan(settings: Clone, sites: Sequence[Site]) -> list[Attack]:
    """Who is copied in each cell, and what is done with the copies."""
    chosen = choose(Kind.CLONE, sites, lambda site: site.persons, settings)
    make = _used_by_others if settings.strategy == budget.HABIT else _on_the_side
    return [make(settings, site, devices) for site, devices in zip(sites, chosen, strict=True)]


def _used_by_others(settings: Clone, site: Site, chosen: list[int]) -> Attack:
    """Copies take the place of their users' own wallets, which nobody opens."""
    people = np.array([device for device in site.persons if device not in site.taken], dtype=np.int64)
    originals, users = dealt_copies(site.chance(Kind.CLONE)[people], len(chosen), settings.copies)
    copy_of, operator = site.plan.devices.copy_of.copy(), site.plan.devices.operator.copy()
    hard = site.plan.devices.hard[people[originals]] == 1
    originals, users, kept = people[originals[~hard]], people[users[~hard]], people[originals[hard]]
    copy_of[users], operator[users] = originals, operator[originals]
    site.plan = replace(site.plan, devices=replace(site.plan.devices, copy_of=copy_of, operator=operator))
    both = sorted({*originals.tolist(), *users.tolist()})
    return Attack(
        kind=Kind.CLONE,
        devices=tuple(both),
        forking=frozenset(both),
        traits=dict.fromkeys(both, Traits()),
        foiled=len(set(kept.tolist())),
    )


def _on_the_side(settings: Clone, site: Site, chosen: list[int]) -> Attack:
    soft = site.soft(chosen)
    acts = []
    for device in soft:
        round_ = spree(site, Kind.CLONE, device, settings.strategy)
        for hand in range(1, settings.copies + 1):
            acts += [round_.act(Step.COPY, hand=hand), *round_.pays(hand)]
        acts += round_.pays(after_s=1)
    return Attack(
        kind=Kind.CLONE,
        devices=tuple(soft),
        forking=frozenset(soft),
        acts=in_order(acts),
        budget_fen=settings.budget_fen,
        foiled=len(chosen) - len(soft),
    )
