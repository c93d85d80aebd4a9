"""A metro day: riders pay an offline gate with an offline device when they leave the system.

The fare follows the distance. Gates reconcile on a schedule, for some hours nobody can reach an
operator, and a share of the wallets is secretly copied and used by two riders at different places.
Each station has one gate a cell; riders use the gates of their cell.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np

from shuangli.messages.certificates import Mode, Terms
from shuangli.sims import common
from shuangli.sims.chance import dealt_copies, generator, uniforms
from shuangli.sims.demand import demand_and_network
from shuangli.sims.fares import BEIJING
from shuangli.sims.plan import (
    NOBODY,
    Calendar,
    CellPlan,
    Devices,
    Habits,
    Ints,
    Meetings,
    Role,
    Rules,
    no_wages,
)
from shuangli.sims.scenario import CELLS, DAY_S, HOUR_S, WINDOW_S, Scenario
from shuangli.sims.settings import Concern, check_settings, day_start_s, setting
from shuangli.sims.system import SystemPlan
from shuangli.sims.trips import Trips, plan_trips

OPENING_S: Final = 4 * HOUR_S
"""Wallets are opened and loaded within four hours, which end an hour before the first midnight."""
CLOSE_S: Final = 2 * HOUR_S
RIDER_TIER: Final = 4
LEAST_COIN_LIFE_S: Final = 30 * DAY_S
"""Coins live at least as long as the run: nothing exchanges what has expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitConfig:
    """A metro day: riders pay offline gates with offline wallets; gates reconcile on a schedule."""

    date: str = setting("2026-01-05", "the first simulated day", concern=Concern.WORLD)
    trips: int = setting(
        20_000,
        "how many, where no demand file says",
        concern=Concern.WORLD,
        unit="trips",
        low=1,
        high=2**31 - 1,
    )
    trips_per_wallet: float = setting(
        2.0,
        "mean of a wallet on a day on which it rides",
        concern=Concern.WORLD,
        unit="trips",
        low=1,
        high=100,
    )
    copied_share: float = common.copied_share("wallets")
    copies_each: int = common.copies_each("riders")
    reconcile_every_s: int = setting(
        3_600, "how often a gate hands in", concern=Concern.POLICY, unit="s", low=WINDOW_S, high=30 * DAY_S
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
    day_limit_fen: int = common.day_limit_fen()
    oldest_list_s: int = common.oldest_list_s()
    operators: int = setting(
        2,
        "banks that riders are spread over; gates are with the first",
        concern=Concern.POLICY,
        unit="operators",
        low=1,
        high=50,
    )
    cap_per_person_fen: int = common.cap_per_person_fen()

    def __post_init__(self) -> None:
        check_settings(self)


def transit(
    config: TransitConfig, *, seed: int, demand_file: Path | None, network_file: Path | None
) -> Scenario:
    """Plan a metro day, or as many days as the demand has.

    Raises:
        BadInput: a file or a setting is wrong.
    """
    demand, network = demand_and_network(
        demand_file, network_file, trips=config.trips, rng=generator(seed, "demand")
    )
    trips = plan_trips(
        demand,
        network,
        BEIJING,
        trips_per_wallet=config.trips_per_wallet,
        rng=generator(seed, "trips"),
    )
    first_day_s = day_start_s(config.date)
    calendar = _calendar(config, first_day_s, last_exit_s=int(trips.exit_s[-1]))
    copy_of = draw_copies(trips.wallets, config.copied_share, config.copies_each, seed=seed)
    plans: list[CellPlan] = []
    first_device = 0
    for cell in range(CELLS):
        plan = _cell(cell, first_device, trips, copy_of, calendar, config, seed=seed)
        first_device += len(plan.devices)
        plans.append(plan)
    return Scenario(
        name="transit",
        seed=seed,
        config=asdict(config),
        facts={
            "demand": demand.source,
            "network": network.source,
            "fares": BEIJING.source,
            "days": list(demand.days),
            "stations": list(demand.stations),
        },
        system=SystemPlan(
            seed=seed,
            start_s=calendar.start_s,
            ends_s=calendar.ends_s,
            operators=config.operators,
            terms=Terms(
                currency="CNY",
                mode=Mode.STAGED,
                hop_cap=1,
                coin_life_s=max(LEAST_COIN_LIFE_S, calendar.ends_s - calendar.start_s + 5 * DAY_S),
                claim_window_s=3 * DAY_S,
                grace_s=DAY_S,
            ),
            cap_per_person_fen=config.cap_per_person_fen,
        ),
        plans=plans,
        first_day_s=first_day_s,
        boardings=demand.boardings(),
        trips=trips,
    )


def _calendar(config: TransitConfig, first_day_s: int, *, last_exit_s: int) -> Calendar:
    outage_s = round(config.outage_from_h * HOUR_S)
    outage_ends_s = outage_s + round(config.outage_h * HOUR_S)
    ends_s = last_exit_s + 1
    if outage_s < ends_s + WINDOW_S + CLOSE_S:
        # Nobody could reconcile before it is over.
        ends_s = max(ends_s, outage_ends_s)
    closes_s = first_day_s + -(-ends_s // WINDOW_S) * WINDOW_S
    outage = (first_day_s + outage_s, first_day_s + outage_ends_s)
    return Calendar(
        start_s=first_day_s - OPENING_S - HOUR_S,
        closes_s=closes_s,
        close_takes_s=CLOSE_S,
        window_s=WINDOW_S,
        outages=(outage,) if outage_s < outage_ends_s else (),
    )


def draw_copies(wallets: int, share: float, each: int, *, seed: int) -> Ints:
    """For each rider the rider whose wallet it uses a copy of, or NOBODY; both in one cell."""
    copy_of = np.full(wallets, NOBODY, dtype=np.int64)
    chance = uniforms(seed, "copies", wallets)
    due = round(share * wallets)
    for cell in range(CELLS):
        members = np.arange(cell, wallets, CELLS)
        here = due * (cell + 1) // CELLS - due * cell // CELLS
        originals, users = dealt_copies(chance[members], here, each)
        copy_of[members[users]] = members[originals]
    return copy_of


def _cell(
    cell: int,
    first_device: int,
    trips: Trips,
    copy_of: Ints,
    calendar: Calendar,
    config: TransitConfig,
    *,
    seed: int,
) -> CellPlan:
    """Riders w with w % CELLS == cell come first, then one gate for every station."""
    riders = np.arange(cell, trips.wallets, CELLS)
    gates = len(trips.stations)
    count = riders.size
    everybody = count + gates
    person = np.arange(everybody) < count
    copies = np.full(everybody, NOBODY, dtype=np.int64)
    copies[:count] = np.where(copy_of[riders] == NOBODY, NOBODY, copy_of[riders] // CELLS)
    holder = np.where(copies == NOBODY, np.arange(everybody), copies)
    opens_s = np.full(everybody, calendar.start_s, dtype=np.int64)
    opens_s[:count] += np.arange(count) * OPENING_S // max(1, count)
    phase_s = (np.arange(everybody) * CELLS + cell) * config.reconcile_every_s // (CELLS * everybody)
    mine = np.flatnonzero(trips.wallet % CELLS == cell)
    return CellPlan(
        number=cell,
        seed=seed,
        first_device=first_device,
        devices=Devices(
            role=np.where(person, Role.PERSON, Role.MERCHANT),
            operator=np.where(person, holder % config.operators, 0),
            tier=np.where(person, RIDER_TIER, 0),
            opens_s=opens_s,
            first_load_fen=np.where(person, config.load_fen, 0),
            deposit_fen=np.where(person, config.load_fen, 0),
            sync_every_s=np.where(person, 0, config.reconcile_every_s),
            sync_from_s=calendar.start_s + OPENING_S + phase_s,
            copy_of=copies,
        ),
        meetings=Meetings(
            at_s=calendar.start_s + OPENING_S + HOUR_S + trips.exit_s[mine],
            payer=trips.wallet[mine].astype(np.int64) // CELLS,
            payee=count + trips.destination[mine].astype(np.int64),
            amount_fen=trips.fare_fen[mine],
            tag=mine,
        ),
        wages=no_wages(),
        habits=Habits(
            top_up_fen=config.top_up_fen,
            top_up_below_fen=config.top_up_below_fen,
            unit_fen=100,
        ),
        calendar=calendar,
        rules=Rules(day_limit_fen=config.day_limit_fen, oldest_list_s=config.oldest_list_s),
    )
