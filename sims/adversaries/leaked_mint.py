"""A leaked minting key: somebody signs loads that the issuer has never minted, and spends them (F31).

Devices cannot tell such a coin from another. The first one that is handed in is not in the mint log: it is
refused, and its epoch is stopped in the same transaction. From then on the mint works under the epoch that
was kept in reserve, and devices that have heard of it take no coin of the stopped one, offline. Honest coins
of it are in the mint log: wallets hand theirs in, are paid, and load anew. Who has taken a forged coin before
bears its loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import Act, Attack, Kind, Step
from shuangli.sims.adversaries.site import Site, choose, in_order, spree
from shuangli.sims.settings import Concern, setting

_ANOTHER: Final = 1
_OPENED_AHEAD: Final = 3
"""Windows before the spree in which the wallet for it is opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakedMint:
    """Loads that nobody has minted."""

    share: float = budget.share("persons who have got hold of the minting key")
    number: int = budget.number()
    forged_fen: int = setting(
        10_000,
        "value of the load that each of them forges",
        concern=Concern.ATTACK,
        unit="fen",
        low=100,
        high=10**7,
    )
    strategy: str = budget.strategy()
    budget_fen: int = budget.budget_fen()


def plan(settings: LeakedMint, sites: Sequence[Site]) -> list[Attack]:
    """Open a wallet for it, forge a load, go shopping."""
    chosen = choose(Kind.LEAKED_MINT, sites, lambda site: site.persons, settings)
    return [_in_cell(settings, site, devices) for site, devices in zip(sites, chosen, strict=True)]


def _in_cell(settings: LeakedMint, site: Site, chosen: list[int]) -> Attack:
    calendar = site.plan.calendar
    acts: list[Act] = []
    for device in chosen:
        round_ = spree(site, Kind.LEAKED_MINT, device, settings.strategy)
        ahead_s = -_OPENED_AHEAD * calendar.window_s
        forge = round_.act(Step.COUNTERFEIT, hand=_ANOTHER)
        acts += [
            round_.act(Step.OPEN_ANOTHER, hand=_ANOTHER, after_s=ahead_s),
            forge._replace(amount_fen=settings.forged_fen),
            *round_.pays(_ANOTHER),
        ]
    return Attack(
        kind=Kind.LEAKED_MINT, devices=tuple(chosen), acts=in_order(acts), budget_fen=settings.budget_fen
    )
