"""Clock cheats: devices whose clock is wrong, so that what they sign bears another time (F21).

Within the tolerance of the other side a payment comes off, and is dated wrongly; outside it is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shuangli.sims.adversaries import budget
from shuangli.sims.adversaries.attack import Attack, Kind, Traits
from shuangli.sims.adversaries.site import Site, choose
from shuangli.sims.settings import Concern, setting

PAYERS = "payers"
PAYEES = "payees"
YEAR_S = 366 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCheat:
    """Devices with a wrong clock."""

    share: float = budget.share("payers, or payees, whose clock is wrong")
    number: int = budget.number()
    who: str = setting(PAYERS, "whose clocks they are", concern=Concern.ATTACK, choices=(PAYERS, PAYEES))
    off_s: int = setting(
        240,
        "by how much they are ahead; below 0 they are behind",
        concern=Concern.ATTACK,
        unit="s",
        low=-YEAR_S,
        high=YEAR_S,
    )


def plan(settings: ClockCheat, sites: Sequence[Site]) -> list[Attack]:
    """Whose clock is wrong in each cell."""
    could = (lambda site: site.persons) if settings.who == PAYERS else (lambda site: site.payees)
    chosen = choose(Kind.CLOCK_CHEAT, sites, could, settings)
    return [
        Attack(
            kind=Kind.CLOCK_CHEAT,
            devices=tuple(devices),
            traits=dict.fromkeys(devices, Traits(clock_off_s=settings.off_s)),
        )
        for devices in chosen
    ]
