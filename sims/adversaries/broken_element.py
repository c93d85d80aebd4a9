"""Broken elements: somebody tries to open the secure element of their hard wallet, and may manage (F25).

Who does has the key in a program that signs without any rule: the wallet's coins are spent twice, once by the
element and once by the program. Needs hard wallets (`hard_share`, or a scenario with cards).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import Attack, Kind, Step
from shuangli.sims.adversaries.site import Site, choose, in_order, spree
from shuangli.sims.chance import uniforms
from shuangli.sims.settings import Concern, setting

_PROGRAM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenElement:
    """Hard wallets whose secure element is opened."""

    share: float = budget.share("persons with hard wallets who try to open the element")
    number: int = budget.number()
    probability: float = setting(0.5, "probability that it comes off", concern=Concern.ATTACK, low=0, high=1)
    strategy: str = budget.strategy()
    budget_fen: int = budget.budget_fen()


def plan(settings: BrokenElement, sites: Sequence[Site]) -> list[Attack]:
    """Open it, spend with the key what is in it, and spend it with the element, too."""
    chosen = choose(Kind.BROKEN_ELEMENT, sites, _hard, settings)
    return [_in_cell(settings, site, devices) for site, devices in zip(sites, chosen, strict=True)]


def _hard(site: Site) -> list[int]:
    return [device for device in site.persons if site.plan.devices.hard[device]]


def _in_cell(settings: BrokenElement, site: Site, chosen: list[int]) -> Attack:
    luck = uniforms(site.plan.seed, f"elements in cell {site.plan.number}", len(site.plan.devices))
    opened = [device for device in chosen if luck[device] < settings.probability]
    acts = []
    for device in opened:
        round_ = spree(site, Kind.BROKEN_ELEMENT, device, settings.strategy)
        acts += [
            round_.act(Step.OPEN_CHIP, hand=_PROGRAM),
            *round_.pays(_PROGRAM),
            *round_.pays(after_s=1),
        ]
    return Attack(
        kind=Kind.BROKEN_ELEMENT,
        devices=tuple(opened),
        forking=frozenset(opened),
        acts=in_order(acts),
        budget_fen=settings.budget_fen,
        foiled=len(chosen) - len(opened),
    )
