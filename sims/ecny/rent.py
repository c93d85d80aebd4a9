"""Rent: tenants pay their landlords once a month out of their wages, some of them late.

Wages arrive on payday; the tenant loads the rent when it is due and pays the landlord's device, which may be
offline. Who is late pays some days later, by numbers of their own; who cannot pay at all is in arrears.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shuangli.errors import BadInput
from shuangli.sims.arrays import Ints
from shuangli.sims.cast import Group, cast
from shuangli.sims.chance import whole
from shuangli.sims.ecny import frame as framing
from shuangli.sims.ecny.frame import EcnyConfig, Frame, cell_plan, meetings
from shuangli.sims.errands import FREE, Errands, Loads, in_order
from shuangli.sims.plan import CellPlan, Wages
from shuangli.sims.scenario import DAY_S, HOUR_S, Labels, Scenario
from shuangli.sims.settings import check_settings, setting

PAYDAY_S: Final = 9 * HOUR_S
EVENING_S: Final = (18 * HOUR_S, 21 * HOUR_S)
YUAN_FEN: Final = 100
LABELS: Final = Labels(kinds=("rent",))


@dataclass(frozen=True, slots=True, kw_only=True)
class RentConfig(EcnyConfig):
    """Monthly rent out of wages: on the day, late, or not at all."""

    days: int = framing.days(16)
    people: int = framing.people(200, "tenants")
    landlords: int = framing.merchants(20, "landlords")
    payday: int = setting(
        2, "day of the run on which wages arrive, from 1", concern=framing.WORLD, unit="day", low=1, high=60
    )
    rent_day: int = setting(
        5, "day of the run on which rent is due, from 1", concern=framing.WORLD, unit="day", low=1, high=60
    )
    wage_fen: int = framing.amount_fen(400_000, "least monthly wage; others earn up to twice as much")
    rent_share: float = setting(
        0.3, "mean part of a wage that is rent", concern=framing.WORLD, low=0.05, high=0.45
    )
    late_share: float = setting(0.1, "share of tenants who pay late", concern=framing.WORLD, low=0, high=1)
    late_days: int = setting(
        5, "most days by which they are late", concern=framing.WORLD, unit="days", low=1, high=30
    )
    broke_share: float = setting(
        0.03, "share of tenants whose wage does not come", concern=framing.WORLD, low=0, high=1
    )

    def __post_init__(self) -> None:
        check_settings(self)
        if not self.payday < self.rent_day < self.days - self.late_days:
            raise BadInput(
                "bad-option",
                f"payday={self.payday}, rent_day={self.rent_day}, late_days={self.late_days},"
                f" days={self.days}: payday must be before rent_day, and rent_day + late_days below days",
            )


def rent(config: RentConfig, *, seed: int) -> Scenario:
    """Plan a month of rent.

    Raises:
        BadInput: a setting is wrong.
    """
    frame = framing.frame(config, seed=seed)
    wage_fen = np.rint(config.wage_fen * (1 + frame.uniforms("wage", config.people))).astype(np.int64)
    part = config.rent_share * (0.5 + frame.uniforms("rent", config.people))
    rent_fen = np.maximum(YUAN_FEN, np.floor(wage_fen * part / YUAN_FEN).astype(np.int64) * YUAN_FEN)
    return framing.scenario(
        "rent",
        frame,
        lambda cell, first: _cell(config, frame, cell, first, wage_fen, rent_fen),
        labels=LABELS,
        facts={"rents_fen": int(rent_fen.sum())},
    )


def due_s(config: RentConfig, frame: Frame) -> Ints:
    """When each tenant sets out to pay."""
    late = frame.uniforms("late", config.people) < config.late_share
    days = whole(frame.uniforms("how late", config.people), 1, config.late_days + 1)
    evening = whole(frame.uniforms("evening", config.people), *EVENING_S)
    return frame.midnight_s(config.rent_day - 1) + np.where(late, days, 0) * DAY_S + evening


def _cell(
    config: RentConfig, frame: Frame, cell: int, first_device: int, wage_fen: Ints, rent_fen: Ints
) -> CellPlan:
    """Tenants first, then landlords, then the employer."""
    tenants = frame.of_cell(cell, config.people)
    count = tenants.size
    landlords = frame.of_cell(cell, config.landlords).size
    lined_up = cast(
        (
            Group(count=count, sync_every_s=DAY_S),
            Group(count=landlords, person=False, operators=1, sync_every_s=DAY_S),
            Group(count=1, person=False, deposit_fen=int(wage_fen[tenants].sum())),
        ),
        frame.calendar,
    )
    _, first_landlord, employer = lined_up.firsts
    paid = np.flatnonzero(frame.uniforms("broke", config.people)[tenants] >= config.broke_share)
    at_s = due_s(config, frame)[tenants]
    wages = Wages(
        at_s=frame.midnight_s(config.payday - 1) + PAYDAY_S + np.arange(paid.size),
        employer=np.full(paid.size, employer),
        worker=paid,
        amount_fen=wage_fen[tenants][paid],
    )
    loads = in_order(
        Loads,
        at_s=at_s[paid] - 8 * HOUR_S,
        device=paid,
        amount_fen=rent_fen[tenants][paid],
        under=np.full(paid.size, FREE),
    )
    landlord = np.floor(frame.uniforms("landlord", config.people)[tenants] * landlords).astype(np.int64)
    meets = meetings(
        at_s, np.arange(count), first_landlord + landlord, rent_fen[tenants], LABELS.tags(0, tenants)
    )
    return cell_plan(
        frame,
        cell,
        lined_up,
        meets,
        first_device=first_device,
        wages=wages,
        errands=Errands(loads=loads),
    )
