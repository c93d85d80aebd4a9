"""Intervals: of a mean over seeds, and of a difference between two points, paired by seed.

    t          mean ± t(0.975, n - 1) * sd / sqrt(n): exact for normal values, good for means of many
    bootstrap  BCa interval of the mean of the paired differences, 2,000 resamples (B. Efron, Journal of the
               American Statistical Association 82(397), 1987), which supposes no distribution

All are 95 % intervals, each for itself: of 20 comparisons one misses the truth on average. Fewer than two
seeds have no t-interval, fewer than five no bootstrap interval.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from shuangli.sims.arrays import Floats

CONFIDENCE: Final = 0.95
RESAMPLES: Final = 2_000
FEWEST_FOR_BOOTSTRAP: Final = 5

Interval = tuple[float, float] | None
"""From where to where, or None where there are too few values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean of `n` values, its t-interval, and their standard deviation (0 for one value)."""

    n: int
    mean: float
    sd: float
    t: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The mean of `n` differences between values with the same seed, and two intervals of it."""

    n: int
    mean: float
    t: Interval
    bootstrap: Interval

    @property
    def clear(self) -> bool:
        """Neither interval holds 0, and there is at least one."""
        known = [interval for interval in (self.t, self.bootstrap) if interval is not None]
        return bool(known) and all(low > 0 or high < 0 for low, high in known)


def estimate(values: Sequence[float]) -> Estimate | None:
    """The mean of values of different seeds; None where there are none."""
    sample = np.asarray(values, dtype=np.float64)
    if not sample.size:
        return None
    sd = float(sample.std(ddof=1)) if sample.size > 1 else 0.0
    return Estimate(n=sample.size, mean=float(sample.mean()), sd=sd, t=t_interval(sample))


def paired(values: Sequence[float], others: Sequence[float]) -> Difference | None:
    """The difference values - others, of which those at the same place have the same seed."""
    sample = np.asarray(values, dtype=np.float64) - np.asarray(others, dtype=np.float64)
    if not sample.size:
        return None
    return Difference(
        n=sample.size, mean=float(sample.mean()), t=t_interval(sample), bootstrap=bootstrap_interval(sample)
    )


def t_interval(sample: Floats) -> Interval:
    """The t-interval of a mean."""
    if sample.size < 2:
        return None
    half = stats.t.ppf((1 + CONFIDENCE) / 2, sample.size - 1) * sample.std(ddof=1) / sample.size**0.5
    return float(sample.mean() - half), float(sample.mean() + half)


def bootstrap_interval(sample: Floats) -> Interval:
    """The BCa interval of a mean; the same for the same values."""
    if sample.size < FEWEST_FOR_BOOTSTRAP:
        return None
    if np.ptp(sample) == 0:
        return float(sample[0]), float(sample[0])
    with (
        np.errstate(all="ignore"),
        warnings.catch_warnings(category=stats.DegenerateDataWarning, action="ignore"),
    ):
        found = stats.bootstrap(
            (sample,),
            np.mean,
            n_resamples=RESAMPLES,
            confidence_level=CONFIDENCE,
            method="BCa",
            vectorized=True,
            rng=np.random.default_rng(0),
        ).confidence_interval
    low, high = float(found.low), float(found.high)
    # Of values that differ by less than can be computed with, it is not a number.
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None
