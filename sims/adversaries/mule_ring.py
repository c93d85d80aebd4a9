"""Mule rings: value that was spent twice is passed along quickly over several wallets, and redeemed at the
end.

The chain keeps every hand it went through, and the culprit is the key that signed twice, not the mules. Where
value is staged, a mule passes on as much of its own, and hands in what it was paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import Act, Attack, Kind, Step
from shuangli.sims.adversaries.site import Site, choose, helpers, in_order, spree
from shuangli.sims.settings import Concern, setting

PASSED_ON_S = 30
_COPY = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MuleRing:
    """Copied wallets whose value goes over several hands."""

    share: float = budget.share("persons whose wallet is copied for a ring")
    number: int = budget.number()
    mules: int = setting(
        3,
        "persons that the value of one copy goes over",
        concern=Concern.ATTACK,
        unit="people",
        low=1,
        high=7,
    )
    strategy: str = budget.strategy()
    budget_fen: int = budget.budget_fen()


def plan(settings: MuleRing, sites: Sequence[Site]) -> list[Attack]:
    """Copy, spend at shops, and pass the copy's value on."""
    chosen = choose(Kind.MULE_RING, sites, lambda site: site.persons, settings)
    return [_in_cell(settings, site, devices) for site, devices in zip(sites, chosen, strict=True)]


def _in_cell(settings: MuleRing, site: Site, chosen: list[int]) -> Attack:
    acts: list[Act] = []
    soft = site.soft(chosen)
    site.taken |= set(soft)
    mules = helpers(site, Kind.MULE_RING, settings.mules) if soft else None
    if mules is None:
        return Attack(kind=Kind.MULE_RING, foiled=len(chosen) - len(soft))
    for device in soft:
        round_ = spree(site, Kind.MULE_RING, device, settings.strategy)
        acts += [round_.act(Step.COPY, hand=_COPY), *round_.pays(after_s=1)]
        for number, payment in enumerate(round_.pays(_COPY)):
            to_first = payment._replace(other=mules[0])
            acts += [to_first, *_passed_on(mules, to_first.at_s, last=number + 1 == round_.parts)]
    return Attack(
        kind=Kind.MULE_RING,
        devices=tuple(sorted((*soft, *mules))),
        forking=frozenset(soft),
        acts=in_order(acts),
        budget_fen=settings.budget_fen,
        foiled=len(chosen) - len(soft),
    )


def _passed_on(mules: Sequence[int], at_s: int, *, last: bool) -> list[Act]:
    """From mule to mule; after the last payment all hand in."""
    steps = [
        Act(at_s + (number + 1) * PASSED_ON_S // len(mules), Kind.MULE_RING, Step.PASS_ON, mule, other=after)
        for number, (mule, after) in enumerate(pairwise(mules))
    ]
    hand_in = [Act(at_s + 2 * PASSED_ON_S, Kind.MULE_RING, Step.SYNC, mule) for mule in mules]
    return [*steps, *(hand_in if last else ())]
