"""Monthly wages for payroll runs: a lognormal distribution with two widths, in whole fen.

    wage = median * exp(sigma * z),  z standard normal,  sigma = SIGMA_BELOW for z < 0, SIGMA_ABOVE above

The shape is that of all wages in the United States: percentiles of 831 occupations weighted by employment
(Bureau of Labor Statistics, OEWS May 2024, public domain), fitted by `scripts/fit_wages.py`. One width
cannot fit both sides: the upper half is much wider. The level is set by a mean, by default China's average
annual wage in urban units in 2024 (National Bureau of Statistics of China, yearly release) over twelve. That
wages in China have the shape of those in the United States is an assumption.
"""

import math
from statistics import NormalDist
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

SIGMA_BELOW: Final = 0.4063
SIGMA_ABOVE: Final = 0.691
ANNUAL_MEAN_CNY: Final[dict[str, int]] = {"non-private": 124_110, "private": 69_476}
"""Average annual wages in urban non-private and private units, 2024."""

Level = Literal["non-private", "private"]


def mean_over_median() -> float:
    """The mean of the distribution as a multiple of its median (expectation of `exp(sigma * z)`)."""
    normal = NormalDist()
    below = math.exp(SIGMA_BELOW**2 / 2) * normal.cdf(-SIGMA_BELOW)
    return below + math.exp(SIGMA_ABOVE**2 / 2) * normal.cdf(SIGMA_ABOVE)


def monthly_wages_fen(
    n: int, rng: np.random.Generator, *, level: Level | int = "non-private"
) -> NDArray[np.int64]:
    """`n` monthly wages in fen, 1 or more each; `level` names a published mean or is a monthly mean in fen.

    `ValueError` for a negative `n`, an unknown level or a mean below 1 fen or above 2**53.
    """
    if n < 0:
        raise ValueError("the number of wages cannot be negative")
    if isinstance(level, str):
        if level not in ANNUAL_MEAN_CNY:
            raise ValueError(f"unknown level {level!r}, expected one of {sorted(ANNUAL_MEAN_CNY)} or a mean")
        mean_fen = ANNUAL_MEAN_CNY[level] * 100 / 12
    else:
        mean_fen = float(level)
    if not 1 <= mean_fen <= 2**53:
        raise ValueError("the mean wage must lie between 1 and 2**53 fen")
    z = rng.standard_normal(n)
    factor = np.exp(np.where(z < 0, SIGMA_BELOW, SIGMA_ABOVE) * z) / mean_over_median()
    return np.maximum(np.rint(mean_fen * factor), 1).astype(np.int64)
