"""Monthly wages for payroll runs: by sector a lognormal distribution with two widths, in whole fen.

    wage = median * exp(sigma * z),  z standard normal,  sigma = sigma_below for z < 0, sigma_above above

**Shapes and mix** are those of the United States: percentiles and employment of 831 occupations (Bureau of
Labor Statistics, OEWS May 2024, public domain), fitted by `scripts/fit_wages.py`, which also says which
occupations stand for a sector. One width cannot fit both sides: a mixed sector's upper half is wider.

**Levels** are China's: a sector's average annual wage in urban non-private units in 2019 (National Bureau of
Statistics of China, yearly release), raised as the average of all sectors was, from 90,501 to 124,110 yuan in
2024. The level of all other sectors is such that the mean over the mix is that average. That China's wages
have the shapes and the mix of the United States, and that all have grown alike, are assumptions.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from shuangli.sims.arrays import Floats, Ints

MEAN_2019_CNY: Final = 90_501
MEAN_2024_CNY: Final = 124_110
"""Average annual wages in urban non-private units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """A sector: its share of all workers, the shape of its wages, and their mean in yuan a year."""

    name: str
    share: float
    sigma_below: float
    sigma_above: float
    annual_mean_cny: float

    @property
    def mean_over_median(self) -> float:
        """The mean of the distribution as a multiple of its median (expectation of `exp(sigma * z)`)."""
        normal = NormalDist()
        below = math.exp(self.sigma_below**2 / 2) * normal.cdf(-self.sigma_below)
        return below + math.exp(self.sigma_above**2 / 2) * normal.cdf(self.sigma_above)

    @property
    def monthly_median_fen(self) -> float:
        """The median of a month."""
        return self.annual_mean_cny * 100 / 12 / self.mean_over_median


def _sector(name: str, share: float, below: float, above: float, mean_2019_cny: int) -> Sector:
    raised_cny = mean_2019_cny * MEAN_2024_CNY / MEAN_2019_CNY
    return Sector(name=name, share=share, sigma_below=below, sigma_above=above, annual_mean_cny=raised_cny)


_PUBLISHED: Final = (
    _sector("information technology", 0.0337, 0.5226, 0.4288, 161_352),
    _sector("scientific research", 0.026, 0.4412, 0.443, 133_459),
    _sector("finance", 0.0671, 0.4307, 0.4579, 131_405),
    _sector("resident services", 0.098, 0.2356, 0.2932, 60_232),
    _sector("catering and accommodation", 0.0883, 0.2927, 0.3106, 50_346),
    _sector("farming", 0.0029, 0.121, 0.3299, 39_340),
)
_REST: Final = 1 - sum(sector.share for sector in _PUBLISHED)
_REST_CNY: Final = MEAN_2024_CNY - sum(sector.share * sector.annual_mean_cny for sector in _PUBLISHED)
SECTORS: Final = (
    *_PUBLISHED,
    Sector(
        name="other",
        share=_REST,
        sigma_below=0.3931,
        sigma_above=0.6551,
        annual_mean_cny=_REST_CNY / _REST,
    ),
)


def sector_of(chance: Floats) -> Ints:
    """Positions in `SECTORS` by their shares, from numbers between 0 and 1."""
    edges = np.cumsum([sector.share for sector in SECTORS])
    return np.minimum(np.searchsorted(edges, chance, side="right"), len(SECTORS) - 1).astype(np.int64)


def wages_fen(sector: Ints, z: Floats) -> Ints:
    """Monthly wages in fen, 1 or more, of people in sectors (positions) with standard normal numbers `z`."""
    below, above, median_fen = (
        np.array([getattr(known, name) for known in SECTORS])[sector]
        for name in ("sigma_below", "sigma_above", "monthly_median_fen")
    )
    wage_fen = median_fen * np.exp(np.where(z < 0, below, above) * z)
    return np.asarray(np.maximum(np.rint(wage_fen), 1), dtype=np.int64)
