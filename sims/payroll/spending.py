"""What workers set out to pay in a payroll: purchases, other workers, rent. Pure.

Purchases are drawn from a lognormal distribution with a mean of 35 yuan and a shape of 0.8, an assumption.
Which shop is drawn by a skewed weight, which other worker evenly; both within the cell.
"""

from typing import Final

import numpy as np
from scipy.special import ndtri

from shuangli.sims.arrays import Floats, Ints
from shuangli.sims.chance import generator, poisson, rows, uniforms, whole
from shuangli.sims.payroll.crowd import Crowd
from shuangli.sims.payroll.money import days_of_month
from shuangli.sims.payroll.settings import PayrollConfig
from shuangli.sims.scenario import DAY_S, HOUR_S

OPEN_S: Final = (8 * HOUR_S, 22 * HOUR_S)
RENT_S: Final = (18 * HOUR_S, 21 * HOUR_S)
MEAN_PURCHASE_FEN: Final = 3_500
PURCHASE_SIGMA: Final = 0.8
KINDS: Final = ("shop", "worker", "rent")
SHOP, WORKER, RENT = range(len(KINDS))


def purchases_fen(chance: Floats) -> Ints:
    """Amounts of purchases from numbers between 0 and 1, one fen at least."""
    mu = np.log(MEAN_PURCHASE_FEN) - PURCHASE_SIGMA**2 / 2
    fen = np.rint(np.exp(mu + PURCHASE_SIGMA * ndtri(chance)))
    return np.asarray(np.maximum(1, fen), dtype=np.int64)


def shop_reach(config: PayrollConfig, cells: int, cell: int, *, seed: int) -> Floats:
    """The shops of a cell by their weights, added up to 1."""
    weight = (generator(seed, "shops").pareto(1.5, config.shops) + 1)[cell::cells]
    return np.asarray(np.cumsum(weight) / weight.sum())


def payments(
    config: PayrollConfig, people: Crowd, workers: Ints, cell: int, first_day_s: int, *, seed: int
) -> Ints:
    """All that a cell's workers set out to pay: when, payer, payee, fen, kind [5, payments].

    Payers are positions among the cell's workers; payees too, where kind is WORKER, and positions among its
    shops or landlords otherwise. How often a worker pays on a day is one number of theirs, and each of these
    payments is another row.
    """
    reach = shop_reach(config, people.cells, cell, seed=seed)
    parts: list[Ints] = [rents(config, people, workers, first_day_s, seed=seed)]
    for day in range(config.days):
        everybody = uniforms(seed, f"how often, day {day}", config.workers)
        often = poisson(everybody, config.payments_per_day)
        for which in range(int(often.max())):
            payer = np.flatnonzero(often[workers] > which)
            drawn = rows(seed, f"payment {which}, day {day}", config.workers, 5)[workers[payer]]
            parts.append(_payments(config, first_day_s + day * DAY_S, payer, workers.size, drawn, reach))
    found = np.concatenate(parts, axis=1)
    return found[:, np.argsort(found[0], kind="stable")]


def _payments(
    config: PayrollConfig, midnight_s: int, payer: Ints, workers: int, drawn: Floats, reach: Floats
) -> Ints:
    """One payment of each of these workers on a day [5, payers]."""
    when, whom, where, to_worker, how_much = drawn.T
    other = (payer + whole(whom, 1, max(2, workers))) % workers
    shop = np.minimum(np.searchsorted(reach, where, side="right"), reach.size - 1)
    kind = np.where((to_worker < config.among_workers) & (workers > 1), WORKER, SHOP)
    payee = np.where(kind == WORKER, other, shop)
    return np.stack([midnight_s + whole(when, *OPEN_S), payer, payee, purchases_fen(how_much), kind])


def rents(config: PayrollConfig, people: Crowd, workers: Ints, first_day_s: int, *, seed: int) -> Ints:
    """Each renter pays the rent on the rent day, to the one landlord of the cell [5, payments]."""
    renter = np.flatnonzero(people.rent_fen[workers])
    second = whole(uniforms(seed, "when rent is paid", config.workers), *RENT_S)[workers[renter]]
    parts = [
        np.stack(
            [
                midnight_s + second,
                renter,
                np.zeros(renter.size, dtype=np.int64),
                people.rent_fen[workers[renter]],
                np.full(renter.size, RENT),
            ]
        )
        for midnight_s in days_of_month(first_day_s, config.days, config.rent_day)
    ]
    return np.concatenate([np.zeros((5, 0), dtype=np.int64), *parts], axis=1)
