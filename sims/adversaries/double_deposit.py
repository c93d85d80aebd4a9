"""Double depositors: a payee hands the same coins in twice, the second time at another operator if there is
one.

The same bytes again are harmless: a repeat (F13, F16). Redeemed anew, under another signature, the coins are
spent twice, and the payee's own key is the culprit's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import Act, Attack, Kind, Step
from shuangli.sims.adversaries.site import Site, choose, in_order, spree
from shuangli.sims.settings import Concern, setting

SAME = "same"
ANEW = "anew"
_AGAIN = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleDeposit:
    """Payees that hand the same coins in twice."""

    share: float = budget.share("payees that hand the same coins in twice")
    number: int = budget.number()
    form: str = setting(
        ANEW, "redeem them anew, or send the same bytes again", concern=Concern.ATTACK, choices=(ANEW, SAME)
    )
    strategy: str = budget.strategy()


def plan(settings: DoubleDeposit, sites: Sequence[Site]) -> list[Attack]:
    """Copy what is held, hand it in, and hand the copy in elsewhere."""
    chosen = choose(Kind.DOUBLE_DEPOSIT, sites, lambda site: site.payees, settings)
    return [_in_cell(settings, site, devices) for site, devices in zip(sites, chosen, strict=True)]


def _in_cell(settings: DoubleDeposit, site: Site, chosen: list[int]) -> Attack:
    acts: list[Act] = []
    window_s = site.plan.calendar.window_s
    soft = site.soft(chosen)
    for device in soft:
        round_ = spree(site, Kind.DOUBLE_DEPOSIT, device, settings.strategy)
        elsewhere = (int(site.plan.devices.operator[device]) + 1) % site.operators
        # The same bytes are there once they have been made; they wait a window for their answer.
        first, second = (0, 1) if settings.form == SAME else (1, 0)
        acts += [
            round_.act(Step.ENROL, hand=_AGAIN, after_s=-3 * window_s, other=elsewhere),
            round_.act(Step.SYNC, after_s=first),
            round_.act(Step.COPY, hand=_AGAIN, after_s=second),
            round_.act(Step.SYNC, hand=_AGAIN, after_s=round_.every_s),
        ]
    return Attack(
        kind=Kind.DOUBLE_DEPOSIT,
        devices=tuple(soft),
        forking=frozenset(soft),
        acts=in_order(acts),
        foiled=len(chosen) - len(soft),
    )
