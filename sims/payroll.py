"""A payroll: one employer pays wages into many wallets, and workers spend part of it offline for a week.

Workers spend at shops and among each other, so coins change hands several times before somebody goes
online. Devices go online at times of their own, about once in `sync_every_s`.
"""

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri

from shuangli.messages.certificates import Mode, Terms
from shuangli.sims import common
from shuangli.sims.chance import Floats, dealt_copies, generator, poisson, rows, uniforms, whole
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
    Wages,
)
from shuangli.sims.scenario import DAY_S, HOUR_S, WINDOW_S, Scenario
from shuangli.sims.settings import Concern, check_settings, day_start_s, setting
from shuangli.sims.system import SystemPlan
from shuangli.sims.wages import monthly_wages_fen

PAYDAY_S: Final = 9 * HOUR_S
"""Wages are paid at nine in the morning of the first day; wallets are opened in the night before."""
OPENING_S: Final = 4 * HOUR_S
SHOPPING_S: Final = (8 * HOUR_S, 22 * HOUR_S)
MEAN_PURCHASE_FEN: Final = 3_500
"""Purchases are drawn from a lognormal distribution with this mean and a shape of 0.8: an assumption."""
PURCHASE_SIGMA: Final = 0.8
WORKER_TIER: Final = 2
MILLION: Final = 1_000_000
TRANSFERABLE: Final = "transferable"
STAGED: Final = "staged"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayrollConfig:
    """A payroll: wages into many wallets, spent offline over several hops, reconciled late."""

    date: str = setting("2026-01-05", "payday, the first simulated day", concern=Concern.WORLD)
    workers: int = setting(
        2_000, "people who are paid", concern=Concern.WORLD, unit="people", low=2, high=10**6
    )
    shops: int = setting(100, "where they spend", concern=Concern.WORLD, unit="shops", low=1, high=10**5)
    days: int = setting(7, "simulated days", concern=Concern.WORLD, unit="days", low=1, high=31)
    payments_per_day: float = setting(
        2.0, "mean of a worker", concern=Concern.WORLD, unit="payments", low=0.01, high=50
    )
    among_workers: float = setting(
        0.3, "share of payments that go to another worker", concern=Concern.WORLD, low=0, high=1
    )
    copied_share: float = common.copied_share("workers' wallets")
    copies_each: int = common.copies_each("workers")
    loaded_share: float = setting(
        0.1,
        "part of a wage that goes into the offline purse",
        concern=Concern.POLICY,
        low=0.001,
        high=1,
    )
    sync_every_s: int = setting(
        2 * DAY_S,
        "mean interval at which a worker goes online; shops once a day",
        concern=Concern.POLICY,
        unit="s",
        low=HOUR_S,
        high=31 * DAY_S,
    )
    mode: str = setting(
        TRANSFERABLE,
        "what may be done with a received coin before it is handed in: nothing, or pay on",
        concern=Concern.POLICY,
        choices=(TRANSFERABLE, STAGED),
    )
    hop_cap: int = setting(
        6,
        "changes of key that a coin may see before it must be handed in",
        concern=Concern.POLICY,
        unit="hops",
        low=1,
        high=8,
    )
    day_limit_fen: int = common.day_limit_fen()
    oldest_list_s: int = common.oldest_list_s()
    cap_per_person_fen: int = common.cap_per_person_fen()

    def __post_init__(self) -> None:
        check_settings(self)


def payroll(config: PayrollConfig, *, seed: int) -> Scenario:
    """Plan a payroll and the week after it: one cell of one employer, its workers, and the shops.

    Raises:
        BadInput: a setting is wrong.
    """
    first_day_s = day_start_s(config.date)
    calendar = Calendar(
        start_s=first_day_s - OPENING_S - HOUR_S,
        closes_s=first_day_s + config.days * DAY_S,
        close_takes_s=2 * HOUR_S,
        window_s=WINDOW_S,
        outages=(),
    )
    wages_fen = monthly_wages_fen(config.workers, generator(seed, "wages"))
    plan = CellPlan(
        number=0,
        seed=seed,
        first_device=0,
        devices=_devices(config, calendar, wages_fen, seed=seed),
        meetings=_meetings(config, first_day_s, seed=seed),
        wages=Wages(
            at_s=np.full(config.workers, first_day_s + PAYDAY_S, dtype=np.int64),
            employer=np.full(config.workers, config.workers + config.shops, dtype=np.int64),
            worker=np.arange(config.workers),
            amount_fen=wages_fen,
            load_fen=np.maximum(
                100, wages_fen * round(config.loaded_share * MILLION) // MILLION // 100 * 100
            ),
        ),
        habits=Habits(top_up_fen=0, top_up_below_fen=0, unit_fen=100),
        calendar=calendar,
        rules=Rules(day_limit_fen=config.day_limit_fen, oldest_list_s=config.oldest_list_s),
    )
    return Scenario(
        name="payroll",
        seed=seed,
        config=asdict(config),
        facts={"wages": "US OEWS May 2024 (shape), China's average wage 2024, non-private units (level)"},
        system=SystemPlan(
            seed=seed,
            start_s=calendar.start_s,
            ends_s=calendar.ends_s,
            operators=2,
            terms=Terms(
                currency="CNY",
                mode=Mode.STAGED if config.mode == STAGED else Mode.TRANSFERABLE,
                hop_cap=1 if config.mode == STAGED else config.hop_cap,
                coin_life_s=60 * DAY_S,
                claim_window_s=14 * DAY_S,
                grace_s=2 * DAY_S,
            ),
            cap_per_person_fen=config.cap_per_person_fen,
        ),
        plans=[plan],
        first_day_s=first_day_s,
    )


def _devices(config: PayrollConfig, calendar: Calendar, wages_fen: Ints, *, seed: int) -> Devices:
    """Workers first, then shops, then the employer. Workers bank where their employer does."""
    workers, shops = config.workers, config.shops
    count = workers + shops + 1
    number = np.arange(count)
    worker, shop = number < workers, (number >= workers) & (number < workers + shops)
    copy_of = np.full(count, NOBODY, dtype=np.int64)
    due = round(config.copied_share * workers)
    originals, users = dealt_copies(uniforms(seed, "copies", workers), due, config.copies_each)
    copy_of[users] = originals
    half_s = config.sync_every_s // 2
    every_s = whole(uniforms(seed, "how often online", workers), half_s, 3 * half_s)
    from_s = whole(uniforms(seed, "when first online", workers), 0, config.sync_every_s)
    shops_from_s = whole(uniforms(seed, "when shops first online", shops), 0, DAY_S)
    none = np.zeros(1, dtype=np.int64)
    return Devices(
        role=np.where(worker, Role.PERSON, Role.MERCHANT),
        operator=np.where(shop, 1, 0),
        tier=np.where(worker, WORKER_TIER, 0),
        opens_s=calendar.start_s + number * OPENING_S // count,
        first_load_fen=np.zeros(count, dtype=np.int64),
        deposit_fen=np.where(number == count - 1, int(wages_fen.sum()), 0),
        sync_every_s=np.concatenate([every_s, np.full(shops, DAY_S), none]),
        sync_from_s=calendar.start_s + OPENING_S + HOUR_S + np.concatenate([from_s, shops_from_s, none]),
        copy_of=copy_of,
    )


def _meetings(config: PayrollConfig, first_day_s: int, *, seed: int) -> Meetings:
    """Purchases by day from payday on; who meets whom is drawn evenly, shops by a skewed weight.

    How often a worker pays on a day is one number of theirs, and each of these payments is another row.
    """
    weight = generator(seed, "shops").pareto(1.5, config.shops) + 1
    reach = np.cumsum(weight) / weight.sum()
    parts: list[Ints] = []
    for day in range(config.days):
        often = poisson(uniforms(seed, f"how often, day {day}", config.workers), config.payments_per_day)
        for which in range(int(often.max())):
            payer = np.flatnonzero(often > which)
            drawn = rows(seed, f"payment {which}, day {day}", config.workers, 5)[payer]
            parts.append(_payments(config, first_day_s, day, payer, drawn, reach))
    if not parts:
        # A run needs a payment; with few workers who seldom pay, the first one does so once.
        drawn = rows(seed, "payment 0, day 0", config.workers, 5)[:1]
        parts.append(_payments(config, first_day_s, 0, np.zeros(1, dtype=np.int64), drawn, reach))
    at_s, payer, payee, amount_fen = np.concatenate(parts, axis=1)
    order = np.argsort(at_s, kind="stable")
    return Meetings(
        at_s=at_s[order],
        payer=payer[order],
        payee=payee[order],
        amount_fen=amount_fen[order],
        tag=np.arange(order.size),
    )


def _payments(
    config: PayrollConfig, first_day_s: int, day: int, payer: Ints, drawn: Floats, reach: Floats
) -> Ints:
    """One payment of each of these workers on a day: when, payer, payee, fen [4, payers]."""
    when, whom, where, to_worker, how_much = drawn.T
    second = whole(when, *SHOPPING_S)
    if day == 0:
        # On payday nobody spends before the wage has arrived.
        second = np.maximum(second, PAYDAY_S + HOUR_S + second % HOUR_S)
    other = (payer + whole(whom, 1, config.workers)) % config.workers
    shop = config.workers + np.searchsorted(reach, where, side="right")
    mu = np.log(MEAN_PURCHASE_FEN) - PURCHASE_SIGMA**2 / 2
    amount_fen = np.maximum(1, np.rint(np.exp(mu + PURCHASE_SIGMA * ndtri(how_much)))).astype(np.int64)
    payee = np.where(to_worker < config.among_workers, other, shop)
    return np.stack([first_day_s + day * DAY_S + second, payer, payee, amount_fen])
