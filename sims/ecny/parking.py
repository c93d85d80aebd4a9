"""Parking: drivers leave first and pay later; nobody waits at the barrier.

Leaving makes a debt: hours begun times the price of an hour, up to a maximum. Drivers pay it from wherever
they are, some hours later, by numbers of their own; some forget, and are reminded after some days.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shuangli.sims.arrays import Floats, Ints
from shuangli.sims.cast import Group, cast
from shuangli.sims.chance import whole
from shuangli.sims.ecny import frame as framing
from shuangli.sims.ecny.frame import OPERATORS, EcnyConfig, Frame, Visits, cell_plan, meetings, visits
from shuangli.sims.plan import CellPlan
from shuangli.sims.scenario import CELLS, DAY_S, HOUR_S, Labels, Scenario
from shuangli.sims.settings import setting

MEAN_STAY_H: Final = 3.0
LABELS: Final = Labels(kinds=("on time", "reminded"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingConfig(EcnyConfig):
    """Parking: leave first, pay later."""

    days: int = framing.days(8)
    people: int = framing.people(200, "drivers")
    merchants: int = framing.merchants(12, "car parks")
    stays_per_day: float = framing.per_day(0.8, "stays of")
    hour_fen: int = framing.amount_fen(500, "price of an hour that has begun")
    most_fen: int = framing.amount_fen(4_000, "most for one stay")
    pays_after_h: float = setting(
        6.0, "mean time from leaving to paying", concern=framing.WORLD, unit="h", low=0.1, high=48
    )
    forgets_share: float = setting(
        0.1, "share of stays that are paid after a reminder only", concern=framing.WORLD, low=0, high=1
    )
    reminder_days: int = setting(
        2, "when a reminder comes", concern=framing.WORLD, unit="days", low=1, high=30
    )


def parking(config: ParkingConfig, *, seed: int) -> Scenario:
    """Plan days of parking.

    Raises:
        BadInput: a setting is wrong.
    """
    frame = framing.frame(config, seed=seed)
    stays = visits(frame, "stay", config.people, config.stays_per_day, columns=4)
    fee = fee_fen(config, stays.chance[:, 0])
    return framing.scenario(
        "parking",
        frame,
        lambda cell, first: _cell(config, frame, cell, first, stays, fee),
        labels=LABELS,
        facts={"stays": int(stays.at_s.size), "fees_fen": int(fee.sum())},
    )


def fee_fen(config: ParkingConfig, chance: Floats) -> Ints:
    """What stays cost; their lengths are exponential."""
    hours = np.ceil(-np.log1p(-chance) * MEAN_STAY_H).astype(np.int64)
    return np.asarray(np.minimum(np.maximum(1, hours) * config.hour_fen, config.most_fen), dtype=np.int64)


def pays_s(config: ParkingConfig, stays: Visits) -> tuple[Ints, Ints]:
    """When each stay is paid, after leaving (`at_s`), and whether after a reminder (1)."""
    forgets = stays.chance[:, 2] < config.forgets_share
    soon_s = 1 + (-np.log1p(-stays.chance[:, 1]) * config.pays_after_h * HOUR_S).astype(np.int64)
    late_s = config.reminder_days * DAY_S + whole(stays.chance[:, 1], 0, DAY_S)
    return stays.at_s + np.where(forgets, late_s, soon_s), forgets.astype(np.int64)


def _cell(
    config: ParkingConfig, frame: Frame, cell: int, first_device: int, stays: Visits, fee: Ints
) -> CellPlan:
    """Drivers first, then car parks. What would be paid after the last day stays owed."""
    drivers = frame.of_cell(cell, config.people).size
    parks = frame.of_cell(cell, config.merchants).size
    lined_up = cast(
        (
            Group(
                count=drivers,
                deposit_fen=framing.TOP_UP_FEN,
                first_load_fen=framing.TOP_UP_FEN,
                sync_every_s=DAY_S,
            ),
            Group(count=parks, person=False, operators=np.arange(parks) % OPERATORS, sync_every_s=6 * HOUR_S),
        ),
        frame.calendar,
    )
    at_s, reminded = pays_s(config, stays)
    mine = np.flatnonzero((stays.person % CELLS == cell) & (at_s < frame.calendar.closes_s))
    park = np.floor(stays.chance[mine, 3] * parks).astype(np.int64)
    meets = meetings(
        at_s[mine],
        stays.person[mine] // CELLS,
        lined_up.firsts[1] + park,
        fee[mine],
        LABELS.tags(reminded[mine], mine),
    )
    return cell_plan(frame, cell, lined_up, meets, first_device=first_device, tops_up=True)
