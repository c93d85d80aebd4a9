"""An uncertified key: somebody slips a key that nobody has certified into the chain of their coins (F19).

They pay all they have to it and spend from there. The next honest payee sees a signer that no operator has
certified, and refuses. What was paid to the key is worth nothing to anybody: no operator redeems it. Where
value is staged, such a key cannot even try to pay on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import Attack, Kind, Step
from shuangli.sims.adversaries.site import Site, choose, in_order, spree

_SLIPPED_IN: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertifiedKey:
    """Keys that nobody has certified, in the middle of chains."""

    share: float = budget.share("persons who slip such a key into a chain")
    number: int = budget.number()
    strategy: str = budget.strategy()


def plan(settings: UncertifiedKey, sites: Sequence[Site]) -> list[Attack]:
    """Pay everything to an uncertified key, and spend from there. An element pays no such key."""
    chosen = choose(Kind.UNCERTIFIED_KEY, sites, lambda site: site.persons, settings)
    return [_in_cell(settings, site, devices) for site, devices in zip(sites, chosen, strict=True)]


def _in_cell(settings: UncertifiedKey, site: Site, chosen: list[int]) -> Attack:
    soft = site.soft(chosen)
    acts = []
    for device in soft:
        round_ = spree(site, Kind.UNCERTIFIED_KEY, device, settings.strategy)
        acts += [round_.act(Step.SLIP_IN, hand=_SLIPPED_IN), *round_.pays(_SLIPPED_IN)]
    return Attack(
        kind=Kind.UNCERTIFIED_KEY,
        devices=tuple(soft),
        acts=in_order(acts),
        foiled=len(chosen) - len(soft),
    )
