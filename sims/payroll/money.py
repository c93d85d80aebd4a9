"""When money moves in a payroll: wages in batches, loads when a worker is next online, hand-ins. Pure."""

from datetime import UTC, datetime
from typing import Final

import numpy as np

from shuangli.sims.arrays import Ints
from shuangli.sims.errands import FREE, Loads, in_order
from shuangli.sims.payroll.connectivity import Spells
from shuangli.sims.payroll.crowd import Crowd
from shuangli.sims.payroll.settings import PayrollConfig
from shuangli.sims.plan import NEVER_S, Calendar, Wages
from shuangli.sims.scenario import DAY_S, HOUR_S

PAYDAY_S: Final = 9 * HOUR_S
"""A batch of wages leaves at nine in the morning, a wage a second, or when the outage is over."""
TO_THE_ACCOUNT_S: Final = HOUR_S
"""How long after the batch a worker looks at the account, at the earliest."""
MILLION: Final = 1_000_000
YUAN_FEN: Final = 100


def days_of_month(first_day_s: int, days: int, day: int) -> list[int]:
    """The midnights among `days` from `first_day_s` on that begin this day of a month, in seconds."""
    midnights = [first_day_s + number * DAY_S for number in range(days)]
    return [at_s for at_s in midnights if datetime.fromtimestamp(at_s, tz=UTC).day == day]


def loaded_fen(config: PayrollConfig, wage_fen: Ints) -> Ints:
    """What of each wage goes into the purse, in whole yuan, one at least."""
    part = wage_fen * round(config.loaded_share * MILLION) // MILLION
    return np.asarray(np.maximum(YUAN_FEN, part // YUAN_FEN * YUAN_FEN), dtype=np.int64)


def first_loads_fen(config: PayrollConfig, people: Crowd, workers: Ints, first_day_s: int) -> Ints:
    """What is left of the last wage on the first day: the part that lasts until the next payday."""
    day = datetime.fromtimestamp(first_day_s, tz=UTC).day
    until_payday = (people.payday[people.employer[workers]] - day) % 30
    left = loaded_fen(config, people.wage_fen[workers]) * until_payday // 30
    return np.asarray(np.maximum(YUAN_FEN, left // YUAN_FEN * YUAN_FEN), dtype=np.int64)


def wages(
    config: PayrollConfig,
    people: Crowd,
    workers: Ints,
    calendar: Calendar,
    first_day_s: int,
    *,
    employer_at: Ints,
) -> Wages:
    """The wages of a cell's workers; `employer_at` is the device of each of them's employer."""
    at_s: list[Ints] = []
    worker: list[Ints] = []
    for employer in np.unique(people.employer[workers]):
        paid = np.flatnonzero(people.employer[workers] == employer)
        for midnight_s in days_of_month(first_day_s, config.days, int(people.payday[employer])):
            begins_s = midnight_s + PAYDAY_S
            for first_s, last_s in calendar.outages:
                if first_s - paid.size <= begins_s < last_s:
                    begins_s = last_s
            at_s.append(begins_s + np.arange(paid.size))
            worker.append(paid)
    times, whom = (np.concatenate([np.zeros(0, dtype=np.int64), *parts]) for parts in (at_s, worker))
    return in_order(
        Wages,
        at_s=times,
        employer=employer_at[whom],
        worker=whom,
        amount_fen=people.wage_fen[workers][whom],
    )


def loads(
    config: PayrollConfig, people: Crowd, workers: Ints, paid: Wages, online: Spells, calendar: Calendar
) -> Loads:
    """A part of each wage and the rent go into the purse when the worker is next online."""
    amount_fen = loaded_fen(config, people.wage_fen[workers]) + people.rent_fen[workers]
    at_s = np.array(
        [
            online.first_online_s(int(workers[worker]), int(when_s) + TO_THE_ACCOUNT_S, calendar)
            for worker, when_s in zip(paid.worker, paid.at_s, strict=True)
        ],
        dtype=np.int64,
    )
    reached = at_s < min(NEVER_S, calendar.closes_s)
    device = paid.worker[reached]
    return in_order(
        Loads,
        at_s=at_s[reached],
        device=device,
        amount_fen=np.minimum(amount_fen, people.wage_fen[workers])[device],
        under=np.full(device.size, FREE, dtype=np.int64),
    )
