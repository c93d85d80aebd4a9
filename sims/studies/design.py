"""Designs: at which points of the varied settings a study runs.

    grid             every combination of the levels
    latin-hypercube  `points` points, each setting spread evenly (M. D. McKay, R. J. Beckman, W. J. Conover,
                     Technometrics 21(2), 1979)
    sobol            `points` x (settings + 2) points from a scrambled Sobol' sequence, in the matrices A, B,
                     and A with one column of B, that Sobol' indices are estimated from (A. Saltelli et al.,
                     Computer Physics Communications 181(2), 2010)

Samples are from `scipy.stats.qmc`, and the same for the same `design_seed`.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from scipy.stats import qmc

from shuangli.sims.arrays import Floats
from shuangli.sims.settings import Setting, Value

MOST_POINTS: Final = 100_000


class Design(StrEnum):
    """How points are chosen."""

    GRID = "grid"
    LATIN_HYPERCUBE = "latin-hypercube"
    SOBOL = "sobol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A setting that is varied: its `levels`, or values from `low` to `high`, evenly or in the logarithm."""

    name: str
    levels: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if len(set(self.levels)) != len(self.levels):
            raise ValueError("levels must differ")
        if not self.levels and not self.low < self.high:
            raise ValueError("an axis needs levels, or a range")

    def at(self, share: float) -> Value:
        """The value at a share from 0 to 1 of the way."""
        if self.levels:
            return self.levels[min(int(share * len(self.levels)), len(self.levels) - 1)]
        along = (self.high / self.low) ** share if self.log else share
        value = float(self.low * along if self.log else self.low + along * (self.high - self.low))
        # What is rounded must not leave the range.
        return min(max(round(value), math.ceil(self.low)), math.floor(self.high)) if self.whole else value

    def spread(self, steps: int) -> "Axis":
        """The same as levels: `steps` values from one end to the other; those that are equal count once."""
        shares = [step / (steps - 1) for step in range(steps)]
        return Axis(name=self.name, levels=tuple(dict.fromkeys(self.at(share) for share in shares)))


def axis_of(setting: Setting, low: float, high: float, *, log: bool) -> Axis:
    """A setting from `low` to `high`."""
    return Axis(name=setting.name, low=low, high=high, log=log, whole=setting.kind == "whole number")


def points_of(design: Design, axes: Sequence[Axis], points: int, seed: int) -> list[dict[str, Value]]:
    """The values of the varied settings at each point, in the design's order."""
    names = [axis.name for axis in axes]
    if design is Design.GRID:
        every = itertools.product(*(axis.levels for axis in axes))
        return [dict(zip(names, values, strict=True)) for values in every]
    shares = _latin_hypercube(len(axes), points, seed)
    if design is Design.SOBOL:
        shares = _saltelli(len(axes), points, seed)
    return [
        {axis.name: axis.at(float(share)) for axis, share in zip(axes, row, strict=True)} for row in shares
    ]


def count_points(design: Design, axes: Sequence[Axis], points: int) -> int:
    """How many points the design has."""
    if design is Design.GRID:
        return math.prod(len(axis.levels) for axis in axes)
    return points * (len(axes) + 2) if design is Design.SOBOL else points


def _latin_hypercube(axes: int, points: int, seed: int) -> Floats:
    return qmc.LatinHypercube(d=axes, rng=np.random.default_rng(seed)).random(points)


def _saltelli(axes: int, points: int, seed: int) -> Floats:
    """A, then B, then A with column i of B for each i [points * (axes + 2), axes]."""
    both = qmc.Sobol(d=2 * axes, scramble=True, rng=np.random.default_rng(seed)).random(points)
    a, b = both[:, :axes], both[:, axes:]
    mixed = [np.where(np.arange(axes) == column, b, a) for column in range(axes)]
    return np.concatenate([a, b, *mixed])
