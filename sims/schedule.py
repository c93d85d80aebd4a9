"""What is due when in a cell: openings, wages, meetings, going online, and the close."""

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from shuangli.sims.arrays import Ints
from shuangli.sims.plan import NOBODY, CellPlan, Role


class CellAct(IntEnum):
    """The acts of a cell, in the order in which they happen within one second."""

    OPEN = 0
    WAGE = 1
    GIVE = 2
    LOAD = 3
    MEET = 4
    ATTACK = 5
    SYNC = 6
    REFUND = 7
    FINISH = 8
    SELL = 9


class Due(NamedTuple):
    """One act: when, what, and the number of the device, wage, meeting, errand or adversary's act."""

    at_s: int
    act: CellAct
    number: int


class Schedule:
    """The acts of one cell, window by window; `acts` are those of adversaries, in order of time."""

    def __init__(self, plan: CellPlan) -> None:
        """Put the plan's openings, wages and closing hand-ins in order of time."""
        self._plan = plan
        devices, calendar = plan.devices, plan.calendar
        real = np.flatnonzero(devices.copy_of == NOBODY)
        opening_order = real[np.argsort(devices.opens_s[real], kind="stable")]
        self._openings = (devices.opens_s[opening_order], opening_order)
        everybody = np.arange(len(devices))
        # Going online at the close is spread over its first third; whoever has more to hand in than goes
        # into one upload, or waits for an answer, finishes in the two other thirds.
        third_s = calendar.close_takes_s // 3
        spread_s = everybody * third_s // max(1, len(devices))
        self._closings = [(calendar.closes_s + part * third_s + spread_s, everybody) for part in range(3)]
        self._wages = (plan.wages.at_s, np.arange(len(plan.wages)))
        self._meetings = (plan.meetings.at_s, np.arange(len(plan.meetings)))
        errands = plan.errands
        self._errands = [
            (act, (columns.at_s, np.arange(columns.at_s.size)))
            for act, columns in (
                (CellAct.GIVE, errands.gifts),
                (CellAct.LOAD, errands.loads),
                (CellAct.REFUND, errands.refunds),
                (CellAct.SELL, errands.sales),
            )
            if columns.at_s.size
        ]
        self._syncs = (plan.syncs.at_s, plan.syncs.device)
        acts = [act for attack in plan.attacks for act in attack.acts]
        self.acts = sorted(acts, key=lambda act: act.at_s)
        self._attacks = (np.array([act.at_s for act in self.acts]), np.arange(len(self.acts)))
        self._regular = np.flatnonzero(devices.sync_every_s > 0)
        self._merchants = np.flatnonzero(devices.role == Role.MERCHANT)

    def due(self, start_s: int, end_s: int) -> list[Due]:
        """All acts in [start_s, end_s), in order."""
        acts = [
            *_between(self._openings, CellAct.OPEN, start_s, end_s),
            *_between(self._wages, CellAct.WAGE, start_s, end_s),
            *_between(self._meetings, CellAct.MEET, start_s, end_s),
        ]
        for act, column in self._errands:
            acts += _between(column, act, start_s, end_s)
        if self.acts:
            acts += _between(self._attacks, CellAct.ATTACK, start_s, end_s)
        calendar = self._plan.calendar
        if start_s < calendar.closes_s:
            acts += self._regular_syncs(start_s, min(end_s, calendar.closes_s))
            acts += _between(self._syncs, CellAct.SYNC, start_s, min(end_s, calendar.closes_s))
        acts += _between(self._closings[0], CellAct.SYNC, start_s, end_s)
        for closing in self._closings[1:]:
            acts += _between(closing, CellAct.FINISH, start_s, end_s)
        if calendar.closes_s <= start_s < calendar.ends_s:
            acts += [Due(start_s, CellAct.FINISH, int(number)) for number in self._merchants]
        return sorted(acts)

    def _regular_syncs(self, start_s: int, end_s: int) -> list[Due]:
        devices, regular = self._plan.devices, self._regular
        every_s, from_s = devices.sync_every_s[regular], devices.sync_from_s[regular]
        rounds = np.maximum(0, -(-(start_s - from_s) // every_s))
        next_s = from_s + rounds * every_s
        return [
            Due(int(at_s), CellAct.SYNC, int(number))
            for at_s, number in zip(next_s, regular, strict=True)
            if start_s <= at_s < end_s
        ]


def _between(column: tuple[Ints, Ints], act: CellAct, start_s: int, end_s: int) -> list[Due]:
    times, numbers = column
    first, last = np.searchsorted(times, [start_s, end_s])
    due = zip(times[first:last].tolist(), numbers[first:last].tolist(), strict=True)
    return [Due(at_s, act, number) for at_s, number in due]
