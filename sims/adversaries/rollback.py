"""Rollback: a wallet spends, is put back to an old backup, and spends the same coins again (F02).

A wallet in an element is not put back: the element remembers what it has signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import Attack, Kind, Step
from shuangli.sims.adversaries.site import Site, choose, in_order, spree


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """Wallets that are put back to an old backup."""

    share: float = budget.share("persons who put their wallets back and pay again")
    number: int = budget.number()
    strategy: str = budget.strategy()
    budget_fen: int = budget.budget_fen()


def plan(settings: Rollback, sites: Sequence[Site]) -> list[Attack]:
    """Back up, spend, put back, spend again."""
    chosen = choose(Kind.ROLLBACK, sites, lambda site: site.persons, settings)
    return [_in_cell(settings, site, devices) for site, devices in zip(sites, chosen, strict=True)]


def _in_cell(settings: Rollback, site: Site, chosen: list[int]) -> Attack:
    soft = site.soft(chosen)
    acts = []
    for device in soft:
        first = spree(site, Kind.ROLLBACK, device, budget.BURST)
        again_s = budget.BURST_PAYMENTS * budget.BURST_EVERY_S
        second = spree(site, Kind.ROLLBACK, device, settings.strategy)
        acts += [
            first.act(Step.BACK_UP),
            *first.pays(),
            first.act(Step.PUT_BACK, after_s=again_s),
            *second.pays(after_s=again_s + 1, turn=1),
        ]
    return Attack(
        kind=Kind.ROLLBACK,
        devices=tuple(soft),
        forking=frozenset(soft),
        acts=in_order(acts),
        budget_fen=settings.budget_fen,
        foiled=len(chosen) - len(soft),
    )
