"""The frame of the smaller scenarios: days of people and merchants in cells, and what they set out to pay."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shuangli.operator.exchange.rate import Rate
from shuangli.sims import common
from shuangli.sims.arrays import Bools, Floats, Ints
from shuangli.sims.cast import Cast, month_calendar
from shuangli.sims.chance import poisson, rows, uniforms, whole
from shuangli.sims.errands import Errands
from shuangli.sims.plan import Calendar, CellPlan, Habits, Meetings, Wages, no_wages
from shuangli.sims.policies import system_of
from shuangli.sims.scenario import CELLS, DAY_S, HOUR_S, Labels, Scenario
from shuangli.sims.settings import Concern, day_start_s, setting, values_of
from shuangli.sims.signatures import HOME

WORLD: Final = Concern.WORLD
POLICY: Final = Concern.POLICY
WINDOW_S: Final = 1_800
OPERATORS: Final = 2
OPEN_S: Final = (8 * HOUR_S, 22 * HOUR_S)
TOP_UP_FEN: Final = 20_000
TOP_UP_BELOW_FEN: Final = 8_000


def days(default: int) -> int:
    """How long it is played."""
    return setting(default, "simulated days", concern=WORLD, unit="days", low=2, high=62)


def people(default: int, who: str = "people") -> int:
    """How many take part."""
    return setting(default, f"{who} who take part", concern=WORLD, unit="people", low=8, high=10**5)


def merchants(default: int, what: str = "merchants") -> int:
    """Whom they pay."""
    return setting(default, f"{what} whom they pay", concern=WORLD, unit="merchants", low=4, high=10**4)


def per_day(default: float, what: str) -> float:
    """How often somebody does something."""
    return setting(default, f"mean of {what} a person on a day", concern=WORLD, low=0.01, high=20)


def amount_fen(default: int, what: str) -> int:
    """An amount of money."""
    return setting(default, what, concern=WORLD, unit="fen", low=100, high=400_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class EcnyConfig(common.Common):
    """What the smaller scenarios have in common."""

    date: str = setting("2026-03-01", "the first simulated day", concern=WORLD)
    days: int = days(5)
    tier: int = common.tier(2)
    claim_window_s: int = common.claim_window_s(5 * DAY_S)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """Time and seed of a run; people and merchants are dealt to cells in turn."""

    config: EcnyConfig
    seed: int
    first_day_s: int
    calendar: Calendar

    def of_cell(self, cell: int, total: int) -> Ints:
        """Those of so many who are in a cell."""
        return np.arange(cell, total, CELLS)

    def uniforms(self, purpose: str, total: int) -> Floats:
        """A number from 0 to 1 for each of so many."""
        return uniforms(self.seed, purpose, total)

    def midnight_s(self, day: int) -> int:
        """The beginning of a day, counted from 0."""
        return self.first_day_s + day * DAY_S


def frame(config: EcnyConfig, *, seed: int) -> Frame:
    """The frame of a run."""
    first_day_s = day_start_s(config.date)
    return Frame(
        config=config,
        seed=seed,
        first_day_s=first_day_s,
        calendar=month_calendar(first_day_s, config.days, window_s=WINDOW_S),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """Times at which people set out to do something, in order of time, with numbers of chance for each."""

    at_s: Ints
    person: Ints
    chance: Floats

    def where(self, kept: Bools) -> "Visits":
        """Some of them."""
        return Visits(at_s=self.at_s[kept], person=self.person[kept], chance=self.chance[kept])


def visits(frame_: Frame, purpose: str, total: int, often: float, *, columns: int = 3) -> Visits:
    """How often each of so many people does something on each day, by numbers of their own, in shop hours."""
    at_s: list[Ints] = [np.zeros(0, dtype=np.int64)]
    person: list[Ints] = [np.zeros(0, dtype=np.int64)]
    chance: list[Floats] = [np.zeros((0, columns))]
    for day in range(frame_.config.days):
        count = poisson(frame_.uniforms(f"{purpose}, day {day}", total), often)
        for which in range(int(count.max())):
            who = np.flatnonzero(count > which)
            drawn = rows(frame_.seed, f"{purpose} {which}, day {day}", total, columns + 1)[who]
            at_s.append(frame_.midnight_s(day) + whole(drawn[:, 0], *OPEN_S))
            person.append(who.astype(np.int64))
            chance.append(drawn[:, 1:])
    times = np.concatenate(at_s)
    order = np.argsort(times, kind="stable")
    return Visits(
        at_s=times[order], person=np.concatenate(person)[order], chance=np.concatenate(chance)[order]
    )


def meetings(at_s: Ints, payer: Ints, payee: Ints, amount_fen_: Ints, tag: Ints) -> Meetings:
    """Payments, put in order of time."""
    order = np.argsort(at_s, kind="stable")
    return Meetings(
        at_s=at_s[order],
        payer=payer[order].astype(np.int64),
        payee=payee[order].astype(np.int64),
        amount_fen=amount_fen_[order],
        tag=tag[order],
    )


def cell_plan(
    frame_: Frame,
    cell: int,
    cast_: Cast,
    meets: Meetings,
    *,
    first_device: int,
    errands: Errands | None = None,
    wages: Wages | None = None,
    tops_up: bool = False,
    unit_fen: int = 100,
) -> CellPlan:
    """One cell; with `tops_up`, people refill their purses from their accounts as they need it."""
    return CellPlan(
        number=cell,
        seed=frame_.seed,
        first_device=first_device,
        devices=cast_.devices,
        meetings=meets,
        wages=wages or no_wages(),
        habits=Habits(
            top_up_fen=TOP_UP_FEN if tops_up else 0,
            top_up_below_fen=TOP_UP_BELOW_FEN if tops_up else 0,
            unit_fen=unit_fen,
        ),
        calendar=frame_.calendar,
        errands=errands or Errands(),
    )


def scenario(
    name: str,
    frame_: Frame,
    plan: Callable[[int, int], CellPlan],
    *,
    labels: Labels,
    facts: Mapping[str, object],
    rate: Rate | None = None,
) -> Scenario:
    """A scenario of CELLS cells, each planned by `plan(number, first device)`.

    With a `rate`, it is in the currency that is sold at it.
    """
    plans: list[CellPlan] = []
    for cell in range(CELLS):
        plans.append(plan(cell, sum(len(made.devices) for made in plans)))
    config, calendar = frame_.config, frame_.calendar
    return Scenario(
        name=name,
        seed=frame_.seed,
        config=values_of(config),
        facts=dict(facts),
        system=system_of(
            config,
            calendar,
            seed=frame_.seed,
            operators=OPERATORS,
            coin_life_s=calendar.ends_s - calendar.start_s + 30 * DAY_S,
            currency=HOME if rate is None else rate.sold,
            rate=rate,
        ),
        plans=plans,
        first_day_s=frame_.first_day_s,
        labels=labels,
    )


def divided(amount: Ints, shares: Sequence[float]) -> list[Ints]:
    """Amounts divided by shares that add up to 1: to the fen, the first part takes what is left."""
    parts = [np.floor(amount * share).astype(np.int64) for share in shares[1:]]
    return [np.asarray(amount - sum(parts), dtype=np.int64), *parts]


def price_fen(chance: Floats, mean_fen: int) -> Ints:
    """Prices evenly from a fifth of a mean to nine fifths of it, in whole jiao: an assumption."""
    return np.maximum(10, np.rint(mean_fen * (0.2 + 1.6 * chance) / 10).astype(np.int64) * 10)
