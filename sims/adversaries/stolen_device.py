"""Stolen devices: a thief pays with somebody's wallet, without knowing the PIN (F23).

The holder does not have it any more: what they set out to pay and to be paid with it comes to nothing. The
thief goes shopping until the PIN is asked for. Some hours later the holder reports the device lost, and the
operator closes the wallet. On its next contact it loads nothing more, and what it hands in is the holder's.
Whoever was paid keeps what they were paid. The holder's loss is what the purse held, as far as payments
without a PIN reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import Act, Attack, Kind, Step
from shuangli.sims.adversaries.site import Site, choose, in_order, spree
from shuangli.sims.scenario import HOUR_S

ORDERED_FEN: Final = 1_000
"""What the thief tries to load from the holder's deposit, a while after the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StolenDevice:
    """Devices that are stolen."""

    share: float = budget.share("persons whose device is stolen")
    number: int = budget.number()
    reported_h: float = budget.hours(
        4.0, "how long after the theft its holder reports it, once operators can be reached"
    )
    strategy: str = budget.strategy()
    budget_fen: int = budget.budget_fen()


def plan(settings: StolenDevice, sites: Sequence[Site]) -> list[Attack]:
    """Steal and go shopping; report; go online and try to load."""
    chosen = choose(Kind.STOLEN_DEVICE, sites, lambda site: site.persons, settings)
    return [_in_cell(settings, site, devices) for site, devices in zip(sites, chosen, strict=True)]


def _in_cell(settings: StolenDevice, site: Site, chosen: list[int]) -> Attack:
    calendar = site.plan.calendar
    acts: list[Act] = []
    for device in chosen:
        round_ = spree(site, Kind.STOLEN_DEVICE, device, settings.strategy)
        reported_s = calendar.online_from_s(round_.start_s + round(settings.reported_h * HOUR_S))
        contact_s = calendar.online_from_s(reported_s + 2 * calendar.window_s)
        acts += [round_.act(Step.STEAL), *round_.pays()]
        acts += [
            Act(at_s, Kind.STOLEN_DEVICE, step, device, amount_fen=ORDERED_FEN * (step is Step.ORDER))
            for at_s, step in (
                (reported_s, Step.REPORT),
                (contact_s, Step.SYNC),
                (contact_s, Step.ORDER),
            )
            if at_s < calendar.closes_s
        ]
    return Attack(
        kind=Kind.STOLEN_DEVICE,
        devices=tuple(chosen),
        acts=in_order(acts),
        budget_fen=settings.budget_fen,
    )
