"""A payroll: one employer pays wages into many wallets, and workers spend part of it offline for a week.

Workers spend at shops and among each other, so coins change hands several times before somebody goes
online. Devices go online at times of their own, about once in `sync_every_s`.
"""

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from shuangli.messages.certificates import Mode, Terms
from shuangli.sims.plan import NOBODY, Calendar, CellPlan, Devices, Habits, Ints, Meetings, Role, Wages
from shuangli.sims.scenario import (
    DAY_S,
    HOUR_S,
    WINDOW_S,
    Scenario,
    check_range,
    day_start_s,
    generator,
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PayrollConfig:
    """The settings of a payroll; amounts in fen.

    loaded_share: part of a wage that goes into the offline purse. payments_per_day: mean of a worker.
    among_workers: share of payments from worker to worker. sync_every_s: mean interval of going online.
    """

    date: str = "2026-01-05"
    workers: int = 2_000
    shops: int = 100
    days: int = 7
    loaded_share: float = 0.1
    payments_per_day: float = 2.0
    among_workers: float = 0.3
    sync_every_s: int = 2 * DAY_S
    copied_share: float = 0.005
    hop_cap: int = 6
    cap_per_person_fen: int = 1_000_000

    def __post_init__(self) -> None:
        for name, low, high in (
            ("workers", 2, 10**6),
            ("shops", 1, 10**5),
            ("days", 1, 31),
            ("loaded_share", 0.001, 1),
            ("payments_per_day", 0.01, 50),
            ("among_workers", 0, 1),
            ("sync_every_s", HOUR_S, 31 * DAY_S),
            ("copied_share", 0, 0.5),
            ("hop_cap", 1, 8),
            ("cap_per_person_fen", 0, 10**12),
        ):
            check_range(name, getattr(self, name), low, high)
        day_start_s(self.date)


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
                mode=Mode.TRANSFERABLE,
                hop_cap=config.hop_cap,
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
    rng = generator(seed, "devices")
    copy_of = np.full(count, NOBODY, dtype=np.int64)
    pairs = min(round(config.copied_share * workers), workers // 2)
    chosen = rng.choice(workers, size=(pairs, 2), replace=False)
    copy_of[chosen[:, 1]] = chosen[:, 0]
    sync_every_s = np.where(
        shop, DAY_S, rng.integers(config.sync_every_s // 2, 3 * config.sync_every_s // 2, count)
    )
    return Devices(
        role=np.where(worker, Role.PERSON, Role.MERCHANT),
        operator=np.where(shop, 1, 0),
        tier=np.where(worker, WORKER_TIER, 0),
        opens_s=calendar.start_s + number * OPENING_S // count,
        first_load_fen=np.zeros(count, dtype=np.int64),
        deposit_fen=np.where(number == count - 1, int(wages_fen.sum()), 0),
        sync_every_s=np.where(number == count - 1, 0, sync_every_s),
        sync_from_s=calendar.start_s + OPENING_S + HOUR_S + rng.integers(0, config.sync_every_s, count),
        copy_of=copy_of,
    )


def _meetings(config: PayrollConfig, first_day_s: int, *, seed: int) -> Meetings:
    """Purchases by day from payday on; who meets whom is drawn evenly, shops by a skewed weight."""
    rng = generator(seed, "meetings")
    count = max(1, int(rng.poisson(config.workers * config.payments_per_day * config.days)))
    day = rng.integers(0, config.days, count)
    second = rng.integers(*SHOPPING_S, count)
    # On payday nobody spends before the wage has arrived.
    second = np.where(day == 0, np.maximum(second, PAYDAY_S + HOUR_S + second % HOUR_S), second)
    at_s = first_day_s + day * DAY_S + second
    payer = rng.integers(0, config.workers, count)
    other = (payer + rng.integers(1, config.workers, count)) % config.workers
    weight = rng.pareto(1.5, config.shops) + 1
    shop = config.workers + rng.choice(config.shops, count, p=weight / weight.sum())
    among = rng.random(count) < config.among_workers
    mu = np.log(MEAN_PURCHASE_FEN) - PURCHASE_SIGMA**2 / 2
    amount_fen = np.maximum(1, np.rint(rng.lognormal(mu, PURCHASE_SIGMA, count))).astype(np.int64)
    order = np.argsort(at_s, kind="stable")
    return Meetings(
        at_s=at_s[order],
        payer=payer[order],
        payee=np.where(among, other, shop)[order],
        amount_fen=amount_fen[order],
        tag=np.arange(count),
    )
