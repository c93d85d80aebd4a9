"""The cells of a metro: riders, rows of gates and validators of a part of the run, and what they plan."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shuangli.sims.arrays import Ints
from shuangli.sims.cast import OPENING_S
from shuangli.sims.plan import NOBODY, Calendar, CellPlan, Devices, Habits, Meetings, Role
from shuangli.sims.scenario import CELLS
from shuangli.sims.transit.config import TransitConfig
from shuangli.sims.transit.handing_in import Schedule, cuts, nightly, on_full, reached, regular, syncs
from shuangli.sims.transit.phones import HARD
from shuangli.sims.transit.tariff import ROUNDED_FEN
from shuangli.sims.transit.trips import Trips

LARGEST_UNIT_FEN: Final = 100
"""Coins of a load pay every whole yuan, or whatever divides all fares if that is less."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ways:
    """All trips of a run, and its calendar."""

    trips: Trips
    calendar: Calendar
    first_day_s: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HandIns:
    """When which merchant hands in, in seconds since the first midnight; see `hand_ins` for its number."""

    at_s: Ints
    merchant: Ints


def merchants(trips: Trips, config: TransitConfig) -> int:
    """Purses of gates and validators in one cell: a row at each station, then the buses of all lines."""
    return len(trips.stations) + len(trips.lines) * config.buses_per_line


def merchant_of(trips: Trips, config: TransitConfig) -> Ints:
    """Whom each trip pays, numbered within its cell."""
    stations = len(trips.stations)
    place = trips.destination.astype(np.int64)
    bus = stations + (place - stations) * config.buses_per_line + trips.bus
    return np.where(trips.metro, place, bus)


def hand_ins(config: TransitConfig, ways: Ways, *, days: int, seed: int) -> HandIns:
    """When gates and validators go online before the close; merchant m of cell c is number m * CELLS + c."""
    trips = ways.trips
    stations, schedule = len(trips.stations), Schedule(config.reconcile)
    until_s = ways.calendar.closes_s - ways.first_day_s
    rows = stations * CELLS
    if schedule is Schedule.FULL:
        paying = np.flatnonzero(trips.metro & (trips.fare_fen > 0))
        row = trips.destination[paying].astype(np.int64) * CELLS + trips.wallet[paying] % CELLS
        at_s, merchant = on_full(row, trips.exit_s[paying], full=config.reconcile_after)
    else:
        every_s = config.reconcile_every_s
        at_s, merchant = regular(schedule, rows, every_s=every_s, until_s=until_s, seed=seed)
    cut = cuts(stations, days, share=config.cut_share, hours=config.cut_h, seed=seed)
    station = np.arange(rows) // CELLS
    at_s, merchant = reached(at_s, merchant, station, cut, wait=schedule is Schedule.FULL)
    validators = (merchants(trips, config) - stations) * CELLS
    night_s, bus = nightly(validators, until_s=until_s)
    return HandIns(at_s=np.concatenate([at_s, night_s]), merchant=np.concatenate([merchant, rows + bus]))


def cell_plan(
    cell: int, first_device: int, ways: Ways, due: HandIns, config: TransitConfig, *, seed: int
) -> CellPlan:
    """Riders w with w % CELLS == cell come first, then a purse for each row of gates, and each validator."""
    trips, calendar = ways.trips, ways.calendar
    riders = np.arange(cell, trips.wallets, CELLS)
    count = riders.size
    mine = np.flatnonzero((trips.wallet % CELLS == cell) & (trips.fare_fen > 0))
    here = due.merchant % CELLS == cell
    return CellPlan(
        number=cell,
        seed=seed,
        first_device=first_device,
        devices=_devices(trips, riders, calendar, config),
        meetings=Meetings(
            at_s=ways.first_day_s + trips.exit_s[mine],
            payer=trips.wallet[mine].astype(np.int64) // CELLS,
            payee=count + merchant_of(trips, config)[mine],
            amount_fen=trips.fare_fen[mine],
            tag=mine,
        ),
        habits=Habits(
            top_up_fen=config.top_up_fen,
            top_up_below_fen=config.top_up_below_fen,
            unit_fen=_unit_fen(trips),
        ),
        calendar=calendar,
        syncs=syncs(due.at_s[here], count + due.merchant[here] // CELLS, start_s=ways.first_day_s),
    )


def _devices(trips: Trips, riders: Ints, calendar: Calendar, config: TransitConfig) -> Devices:
    count, stations = riders.size, len(trips.stations)
    everybody = count + merchants(trips, config)
    number = np.arange(everybody)
    person = number < count
    # Stations bank in turn with all operators, and so do lines.
    validator = number - count - stations
    place = np.where(validator < 0, number - count, validator // config.buses_per_line)
    hard = np.zeros(everybody, dtype=np.int64)
    hard[:count] = HARD[trips.phone[riders]]
    opens_s = np.full(everybody, calendar.start_s, dtype=np.int64)
    opens_s[:count] += np.arange(count) * OPENING_S // max(1, count)
    nothing = np.zeros(everybody, dtype=np.int64)
    return Devices(
        role=np.where(person, Role.PERSON, Role.MERCHANT),
        operator=np.where(person, number, place) % config.operators,
        tier=nothing,
        opens_s=opens_s,
        first_load_fen=np.where(person, config.load_fen, 0),
        deposit_fen=np.where(person, config.load_fen, 0),
        sync_every_s=nothing,
        sync_from_s=nothing,
        copy_of=np.full(everybody, NOBODY, dtype=np.int64),
        hard=hard,
    )


def _unit_fen(trips: Trips) -> int:
    """What coins should pay exactly: the largest amount that divides all fares, from 10 fen to a yuan."""
    unit = np.gcd.reduce(np.unique(trips.fare_fen), initial=LARGEST_UNIT_FEN)
    return max(ROUNDED_FEN, int(unit))
