"""What can be set of a metro's days."""

from dataclasses import dataclass

from shuangli.sims import common
from shuangli.sims.scenario import DAY_S, WINDOW_S
from shuangli.sims.settings import Concern, setting
from shuangli.sims.transit.habits import MOST_REGULAR
from shuangli.sims.transit.handing_in import Schedule
from shuangli.sims.transit.tariff import MONTHLY


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitConfig(common.Common):
    """Metro days: riders pay offline gates with offline wallets; gates reconcile on a schedule."""

    date: str = setting("2026-01-05", "the first simulated day", concern=Concern.WORLD)
    days: int = setting(
        1, "how many, where no demand file says", concern=Concern.WORLD, unit="days", low=1, high=366
    )
    trips: int = setting(
        20_000,
        "by metro on a working day, where no demand file says",
        concern=Concern.WORLD,
        unit="trips",
        low=1,
        high=10**8,
    )
    weekend_share: float = setting(
        0.71,
        "trips on a day of a weekend, as a share of those on a working day, where no demand file says",
        concern=Concern.WORLD,
        low=0.01,
        high=3,
    )
    trips_per_wallet: float = setting(
        2.0,
        "mean of a wallet on a day on which it rides",
        concern=Concern.WORLD,
        unit="trips",
        low=1,
        high=100,
    )
    ride_share: float = setting(
        0.8,
        "share of its days on which a rider rides, on average",
        concern=Concern.WORLD,
        low=0.05,
        high=MOST_REGULAR,
    )
    spread_s: int = setting(
        600,
        "standard deviation of a rider's times around the usual ones, where no demand file says",
        concern=Concern.WORLD,
        unit="s",
        low=0,
        high=7_200,
    )
    card_share: float = setting(
        0.0, "share of riders with a card: hard, slow", concern=Concern.WORLD, low=0, high=1
    )
    element_share: float = setting(
        0.0,
        "share of riders with a secure element in their telephone: hard; the others' are soft",
        concern=Concern.WORLD,
        low=0,
        high=1,
    )
    gates: int = setting(
        0,
        "in each of a station's four rows; 0 for as many as the demand needs",
        concern=Concern.WORLD,
        unit="gates",
        low=0,
        high=100,
    )
    gate_load: float = setting(
        0.5,
        "if by demand: how long a gate is busy in its busiest quarter of an hour, at most, as a share",
        concern=Concern.WORLD,
        low=0.05,
        high=1,
    )
    early_before_h: float = setting(
        7.0,
        "whoever enters before this hour of a working day has the early bird's discount",
        concern=Concern.WORLD,
        unit="h",
        low=0,
        high=24,
    )
    early_off: float = setting(
        0.0, "share of the fare that it takes off", concern=Concern.WORLD, low=0, high=1
    )
    month_discount: str = setting(
        "none",
        "discount by what was spent since the first of the month",
        concern=Concern.WORLD,
        choices=tuple(MONTHLY),
    )
    day_cap_fen: int = setting(
        0,
        "most that a rider is charged in a day; 0 for no cap",
        concern=Concern.WORLD,
        unit="fen",
        low=0,
        high=1_000_000,
    )
    bus_share: float = setting(
        0.0,
        "share of all trips made by bus, between home and the metro",
        concern=Concern.WORLD,
        low=0,
        high=0.5,
    )
    bus_lines: int = setting(10, "lines of buses", concern=Concern.WORLD, unit="lines", low=1, high=1_000)
    buses_per_line: int = setting(
        4,
        "buses on a line, for each of the four parts of the riders",
        concern=Concern.WORLD,
        unit="buses",
        low=1,
        high=100,
    )
    bus_fare_fen: int = setting(
        200, "flat fare of a bus", concern=Concern.WORLD, unit="fen", low=10, high=100_000
    )
    reconcile: str = setting(
        Schedule.FIXED.value,
        "when a gate hands in: at a fixed interval, at exponential times, nightly, or when it is full",
        concern=Concern.POLICY,
        choices=tuple(schedule.value for schedule in Schedule),
    )
    reconcile_every_s: int = setting(
        3_600,
        "interval, or mean of the exponential times",
        concern=Concern.POLICY,
        unit="s",
        low=WINDOW_S,
        high=30 * DAY_S,
    )
    reconcile_after: int = setting(
        50,
        "payments after which a gate is full",
        concern=Concern.POLICY,
        unit="payments",
        low=1,
        high=100_000,
    )
    outage_from_h: float = setting(
        17.0,
        "on the first day, from when no operator can be reached",
        concern=Concern.POLICY,
        unit="h",
        low=0,
        high=24,
    )
    outage_h: float = setting(
        3.0, "for how long; 0 for no outage", concern=Concern.POLICY, unit="h", low=0, high=24
    )
    cut_share: float = setting(
        0.0,
        "share of the stations whose gates are cut off on a day, from a time by chance",
        concern=Concern.POLICY,
        low=0,
        high=1,
    )
    cut_h: float = setting(3.0, "for how long", concern=Concern.POLICY, unit="h", low=0, high=24)
    load_fen: int = setting(
        2_000, "a rider's first load", concern=Concern.POLICY, unit="fen", low=100, high=500_000
    )
    top_up_below_fen: int = setting(
        1_000,
        "after a payment, a purse with less is topped up",
        concern=Concern.POLICY,
        unit="fen",
        low=0,
        high=1_000_000,
    )
    top_up_fen: int = setting(
        2_000, "by how much; 0 for never", concern=Concern.POLICY, unit="fen", low=0, high=500_000
    )
    operators: int = setting(
        2,
        "banks that riders, stations and bus lines are spread over in turn",
        concern=Concern.POLICY,
        unit="operators",
        low=1,
        high=50,
    )
