"""Structuring: value is moved to somebody else in amounts that are all just under a threshold.

Nothing is spent twice and nobody loses anything; the payments are labels for research on detection.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import Attack, Kind
from shuangli.sims.adversaries.site import Site, choose, helpers, in_order, spree
from shuangli.sims.settings import Concern, setting

JUST_UNDER = 0.05
"""Amounts lie within this share of the threshold, below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structuring:
    """Amounts that are kept just under a threshold."""

    share: float = budget.share("persons who pay a helper in amounts just under a threshold")
    number: int = budget.number()
    threshold_fen: int = setting(500, "the threshold", concern=Concern.ATTACK, unit="fen", low=2, high=10**9)
    strategy: str = budget.strategy()
    budget_fen: int = budget.budget_fen()


def plan(settings: Structuring, sites: Sequence[Site]) -> list[Attack]:
    """Who pays whom in each cell."""
    chosen = choose(Kind.STRUCTURING, sites, lambda site: site.persons, settings)
    return [_in_cell(settings, site, devices) for site, devices in zip(sites, chosen, strict=True)]


def _in_cell(settings: Structuring, site: Site, chosen: list[int]) -> Attack:
    site.taken |= set(chosen)
    helping = helpers(site, Kind.STRUCTURING, 1) if chosen else None
    if helping is None:
        return Attack(kind=Kind.STRUCTURING)
    acts = []
    for device in chosen:
        round_ = spree(site, Kind.STRUCTURING, device, settings.strategy, payees=helping)
        below = site.drawn(Kind.STRUCTURING)[device][1 : round_.parts + 1] * JUST_UNDER
        amounts_fen = [
            max(1, settings.threshold_fen - 1 - int(part * settings.threshold_fen)) for part in below
        ]
        acts += round_.pays(amounts_fen=amounts_fen)
    return Attack(
        kind=Kind.STRUCTURING,
        devices=tuple(sorted((*chosen, *helping))),
        acts=in_order(acts),
        budget_fen=settings.budget_fen,
    )
