"""A payroll: employers pay wages into many wallets, and workers spend part of it offline for a month.

Workers spend at shops and among each other, so coins change hands several times before somebody goes online.
They are online in spells of their own, and then load what they want in the purse, or hand in; shops go online
once a day. Employers are dealt to cells, and everybody whom they pay lives and spends there.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from shuangli.sims.arrays import Ints
from shuangli.sims.cast import Cast, Group, cast, month_calendar, once_a_day_s
from shuangli.sims.chance import rows, uniforms
from shuangli.sims.errands import Errands
from shuangli.sims.payroll import money, spending
from shuangli.sims.payroll.connectivity import Spells, hand_ins, spells
from shuangli.sims.payroll.crowd import Crowd, crowd, sectors_of
from shuangli.sims.payroll.settings import PayrollConfig
from shuangli.sims.plan import Calendar, CellPlan, Habits, Meetings
from shuangli.sims.policies import system_of
from shuangli.sims.scenario import DAY_S, HOUR_S, Labels, Scenario
from shuangli.sims.settings import day_start_s, values_of

WINDOW_S: Final = 3_600
"""A month has many windows: whoever goes online has the answer within two hours."""
OPERATORS: Final = 2


def payroll(config: PayrollConfig, *, seed: int) -> Scenario:
    """Plan a payroll: employers and their workers in cells, each with shops and a landlord.

    Raises:
        BadInput: a setting is wrong.
    """
    first_day_s = day_start_s(config.date)
    outage_s = (round(config.outage_from_d * DAY_S), round((config.outage_from_d + config.outage_d) * DAY_S))
    calendar = month_calendar(
        first_day_s, config.days, window_s=WINDOW_S, outage_s=outage_s if config.outage_d else None
    )
    month = _Month(
        config=config,
        seed=seed,
        first_day_s=first_day_s,
        calendar=calendar,
        people=crowd(config, seed=seed),
        online=spells(
            config.workers,
            start_s=first_day_s,
            ends_s=calendar.closes_s,
            online_s=config.online_h * HOUR_S,
            offline_s=config.offline_h * HOUR_S,
            seed=seed,
        ),
    )
    plans: list[CellPlan] = []
    for cell in range(month.people.cells):
        plans.append(_cell(month, cell, first_device=sum(len(plan.devices) for plan in plans)))
    return Scenario(
        name="payroll",
        seed=seed,
        config=values_of(config),
        facts={
            "wages": "US OEWS May 2024 (shapes, mix); China's averages 2019, 2024, non-private (levels)",
            "sectors": sectors_of(month.people),
            "monthly_wages_fen": int(month.people.wage_fen.sum()),
        },
        system=system_of(
            config,
            calendar,
            seed=seed,
            operators=OPERATORS,
            coin_life_s=calendar.ends_s - calendar.start_s + 30 * DAY_S,
        ),
        plans=plans,
        first_day_s=first_day_s,
        labels=Labels(kinds=spending.KINDS),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Month:
    """What all cells of a run have in common."""

    config: PayrollConfig
    seed: int
    first_day_s: int
    calendar: Calendar
    people: Crowd
    online: Spells

    def lines_up(self, workers: Ints, employers: Ints, cell: int) -> Cast:
        """A cell's workers, shops, landlord and employers. Workers bank where their employer does."""
        config, people = self.config, self.people
        left_fen = money.first_loads_fen(config, people, workers, self.first_day_s)
        owed_fen = np.bincount(people.employer[workers], people.wage_fen[workers], config.employers)
        shops_s = once_a_day_s(uniforms(self.seed, "when shops go online", config.shops))[
            cell :: people.cells
        ]
        shop = Group(count=shops_s.size, person=False, sync_every_s=DAY_S, sync_from_s=shops_s)
        landlord = Group(count=1, person=False, operators=1, sync_every_s=DAY_S)
        paydays = config.days // 28 + 1
        employer = Group(
            count=employers.size,
            person=False,
            operators=employers % OPERATORS,
            deposit_fen=paydays * owed_fen[employers].astype(np.int64),
        )
        worker = Group(
            count=workers.size,
            operators=people.employer[workers] % OPERATORS,
            first_load_fen=left_fen,
            deposit_fen=left_fen,
        )
        return cast((worker, shop, landlord, employer), self.calendar)


def _cell(month: _Month, cell: int, *, first_device: int) -> CellPlan:
    config, people, calendar, seed = month.config, month.people, month.calendar, month.seed
    workers, employers = people.workers_of(cell), np.flatnonzero(people.cell == cell)
    lined_up = month.lines_up(workers, employers, cell)
    _, first_shop, landlord, first_employer = lined_up.firsts
    employer_at = first_employer + np.searchsorted(employers, people.employer[workers])
    paid = money.wages(
        config, people, workers, calendar, month.first_day_s, employer_at=employer_at.astype(np.int64)
    )
    at_s, payer, payee, amount_fen, kind = spending.payments(
        config, people, workers, cell, month.first_day_s, seed=seed
    )
    chance = rows(seed, "hands in", config.workers, month.online.begins_s.shape[1])
    return CellPlan(
        number=cell,
        seed=seed,
        first_device=first_device,
        devices=lined_up.devices,
        meetings=Meetings(
            at_s=at_s,
            payer=payer,
            payee=np.array([first_shop, 0, landlord])[kind] + payee,
            amount_fen=amount_fen,
            tag=kind,
        ),
        wages=paid,
        habits=Habits(top_up_fen=0, top_up_below_fen=0, unit_fen=100),
        calendar=calendar,
        syncs=hand_ins(
            month.online.of(workers),
            chance[workers],
            share=config.hand_in_share,
            from_s=month.first_day_s,
        ),
        errands=Errands(loads=money.loads(config, people, workers, paid, month.online, calendar)),
    )
