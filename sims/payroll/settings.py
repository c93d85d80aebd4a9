"""What can be said of a payroll."""

from dataclasses import dataclass
from typing import Final

from shuangli.errors import BadInput
from shuangli.sims import common
from shuangli.sims.scenario import DAY_S
from shuangli.sims.settings import Concern, check_settings, setting

WORLD: Final = Concern.WORLD
POLICY: Final = Concern.POLICY


@dataclass(frozen=True, slots=True, kw_only=True)
class PayrollConfig(common.Common):
    """A month of payrolls: wages into many wallets, spent offline over several hops, reconciled late."""

    date: str = setting("2026-01-01", "the first simulated day", concern=WORLD)
    days: int = setting(31, "simulated days", concern=WORLD, unit="days", low=1, high=62)
    workers: int = setting(400, "people who are paid", concern=WORLD, unit="people", low=2, high=10**6)
    employers: int = setting(12, "who pays them", concern=WORLD, unit="employers", low=1, high=10**4)
    shops: int = setting(24, "where they spend", concern=WORLD, unit="shops", low=1, high=10**5)
    payday: int = setting(
        10, "day of the month on which most employers pay", concern=WORLD, unit="day", low=1, high=28
    )
    payday_spread_d: int = setting(
        3, "by how many days employers pay earlier or later", concern=WORLD, unit="days", low=0, high=14
    )
    payments_per_day: float = setting(
        2.0, "mean of a worker", concern=WORLD, unit="payments", low=0.01, high=50
    )
    among_workers: float = setting(
        0.3, "share of payments that go to another worker", concern=WORLD, low=0, high=1
    )
    renters: float = setting(0.3, "share of workers who pay a rent", concern=WORLD, low=0, high=1)
    rent_day: int = setting(
        15, "day of the month on which rent is paid", concern=WORLD, unit="day", low=1, high=28
    )
    rent_share: float = setting(
        0.25, "part of a renter's wage that is rent, at most 5,000 yuan", concern=WORLD, low=0.01, high=0.6
    )
    online_h: float = setting(
        6.0, "mean length of a spell in which a worker is online", concern=WORLD, unit="h", low=0.5, high=744
    )
    offline_h: float = setting(
        18.0, "mean length of a spell in which not", concern=WORLD, unit="h", low=0.0, high=744
    )
    outage_from_d: float = setting(
        0.0,
        "from when no operator can be reached, in days after the first midnight",
        concern=WORLD,
        unit="days",
        low=0,
        high=62,
    )
    outage_d: float = setting(
        0.0, "for how long; 0 for no outage", concern=WORLD, unit="days", low=0, high=60
    )
    loaded_share: float = setting(
        0.25, "part of a wage that goes into the offline purse", concern=POLICY, low=0.001, high=1
    )
    hand_in_share: float = setting(
        0.5, "share of spells online in which a worker hands in", concern=POLICY, low=0.01, high=1
    )
    tier: int = common.tier(2)
    mode: str = common.mode(common.TRANSFERABLE)
    hop_cap: int = common.hop_cap(6)
    claim_window_s: int = common.claim_window_s(14 * DAY_S)
    grace_s: int = common.grace_s(2 * DAY_S)

    def __post_init__(self) -> None:
        check_settings(self)
        if self.outage_d and self.outage_from_d + self.outage_d > self.days - 1:
            raise BadInput(
                "bad-option",
                f"outage_from_d={self.outage_from_d:g}, outage_d={self.outage_d:g}, days={self.days}:"
                f" together the first two must be at most {self.days - 1}, a day before the run ends",
            )
