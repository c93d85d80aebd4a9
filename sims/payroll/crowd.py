"""Who takes part in a payroll: employers with sectors, workers with wages, renters, and their cells. Pure."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri

from shuangli.sims.arrays import Floats, Ints
from shuangli.sims.chance import generator, uniforms, whole
from shuangli.sims.payroll.settings import PayrollConfig
from shuangli.sims.payroll.wages import SECTORS, sector_of, wages_fen
from shuangli.sims.scenario import CELLS

RENT_LIMIT_FEN: Final = 500_000
"""What a wallet pays offline at once, at most."""
SIZE_SIGMA: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crowd:
    """Everybody, before they are dealt to cells.

    employer: of each worker. sector, payday, cell: of each employer: a position in `wages.SECTORS`, a day of
    the month from 1, a number. wage_fen, rent_fen: of each worker a month; no rent for those who pay none.
    """

    employer: Ints
    sector: Ints
    payday: Ints
    cell: Ints
    wage_fen: Ints
    rent_fen: Ints
    cells: int

    def workers_of(self, cell: int) -> Ints:
        """The workers of a cell: those of its employers."""
        return np.flatnonzero(self.cell[self.employer] == cell)


def crowd(config: PayrollConfig, *, seed: int) -> Crowd:
    """Draw employers, and deal workers to them: a few employ many (a lognormal size, an assumption).

    A worker's place among all is one number of theirs, and how much they earn in their sector another.
    """
    employers, cells = config.employers, min(CELLS, config.employers, config.shops)
    size = np.exp(SIZE_SIGMA * generator(seed, "size of employers").standard_normal(employers))
    reach = np.cumsum(size) / size.sum()
    chance = uniforms(seed, "employer", config.workers)
    employer = np.minimum(np.searchsorted(reach, chance, side="right"), employers - 1).astype(np.int64)
    sector = sector_of(uniforms(seed, "sector", employers))
    spread = config.payday_spread_d
    off = whole(uniforms(seed, "payday", employers), -spread, spread + 1)
    wage_fen = wages_fen(sector[employer], ndtri(uniforms(seed, "wage", config.workers)))
    rents = uniforms(seed, "rents", config.workers) < config.renters
    rent_fen = np.minimum(np.rint(wage_fen * config.rent_share).astype(np.int64), RENT_LIMIT_FEN)
    return Crowd(
        employer=employer,
        sector=sector,
        payday=np.clip(config.payday + off, 1, 28),
        wage_fen=wage_fen,
        rent_fen=np.where(rents, rent_fen, 0),
        cell=deal(size, cells),
        cells=cells,
    )


def deal(size: Floats, cells: int) -> Ints:
    """Deal employers to cells of about one size: the largest first, each to the smallest cell so far."""
    cell = np.zeros(size.size, dtype=np.int64)
    filled = np.zeros(cells)
    for employer in np.argsort(-size, kind="stable"):
        cell[employer] = np.argmin(filled)
        filled[cell[employer]] += size[employer]
    return cell


def sectors_of(people: Crowd) -> dict[str, int]:
    """Workers by sector."""
    count = np.bincount(people.sector[people.employer], minlength=len(SECTORS))
    return {sector.name: int(number) for sector, number in zip(SECTORS, count, strict=True)}
