"""Sensitivity: how much of what a measure varies over the points is due to each setting.

    sobol            first-order and total Sobol' indices by `scipy.stats.sobol_indices` (A. Saltelli et al.,
                     Computer Physics Communications 181(2), 2010), with bootstrap intervals over points
    grid             the same indices of the grid itself, exactly, by sums over its levels; t-intervals over
                     seeds
    latin-hypercube  standardised regression coefficients of the ranks (A. Saltelli et al., "Sensitivity
                     Analysis", Wiley 2000, chapter 6), with bootstrap intervals over points, and their R²

A first-order index is the share of the variance that a setting explains alone; a total index also counts
what it does together with others. A rank coefficient says how strongly a measure rises (or falls) with a
setting; it needs a measure that does so steadily.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy import stats

from shuangli.sims.arrays import Floats
from shuangli.sims.studies.intervals import CONFIDENCE, RESAMPLES, Interval, t_interval

SOBOL_RESAMPLES: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """What one setting does to one measure: an index (`first`, `total` or `rank`), and an interval."""

    setting: str
    index: str
    value: float
    interval: Interval


def sobol_influences(names: Sequence[str], values: Floats) -> list[Influence]:
    """Of values [points] in the order of the design sobol; nothing where they do not vary.

    The bootstrap is over rows of the matrices: it says how much the number of points leaves open.
    """
    settings = len(names)
    rows = values.size // (settings + 2)
    matrices = values.reshape(settings + 2, rows)
    if np.ptp(matrices[:2]) == 0:
        return []
    found = sobol_indices(matrices)
    rng = np.random.default_rng(0)
    again = [sobol_indices(matrices[:, chosen]) for chosen in rng.integers(0, rows, (SOBOL_RESAMPLES, rows))]
    shares = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    bounds = np.quantile([one for one in again if np.isfinite(one).all()] or [found], shares, axis=0)
    return [
        Influence(
            setting=name,
            index=index,
            value=float(found[row, column]),
            interval=(float(bounds[0, row, column]), float(bounds[1, row, column])),
        )
        for row, index in enumerate(("first", "total"))
        for column, name in enumerate(names)
    ]


def sobol_indices(matrices: Floats) -> Floats:
    """First-order and total indices [2, settings] from the values of A, B, and A with each column of B."""
    both: dict[Literal["f_A", "f_B", "f_AB"], Floats] = {
        "f_A": matrices[None, 0],
        "f_B": matrices[None, 1],
        "f_AB": matrices[2:, None],
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        found = stats.sobol_indices(func=both, n=matrices.shape[1])
    return np.stack([np.ravel(found.first_order), np.ravel(found.total_order)])


def grid_influences(names: Sequence[str], values: Floats) -> list[Influence]:
    """Of values [seed, level of one setting, level of the next, …]; nothing where they do not vary."""
    varying = np.array([surface for surface in values if np.ptp(surface) > 0])
    if not varying.size:
        return []
    parts = {"first": np.mean(values, axis=0), "total": np.mean(values, axis=0)}
    influences: list[Influence] = []
    for index, surface in parts.items():
        for axis, name in enumerate(names):
            each = np.array([grid_index(one, axis, index) for one in varying])
            value = grid_index(surface, axis, index) if np.ptp(surface) else 0.0
            influences.append(Influence(setting=name, index=index, value=value, interval=t_interval(each)))
    return influences


def grid_index(surface: Floats, axis: int, index: str) -> float:
    """An index of one setting, all combinations of levels being alike likely."""
    others = tuple(other for other in range(surface.ndim) if other != axis)
    if index == "first":
        return float(surface.mean(axis=others).var() / surface.var())
    return float(1 - surface.mean(axis=axis).var() / surface.var())


def rank_influences(names: Sequence[str], settings: Floats, values: Floats) -> tuple[list[Influence], float]:
    """Of settings [points, settings] and values [points]: coefficients, and the R² of the regression."""
    if np.ptp(values) == 0 or values.size < len(names) + 2:
        return [], 0.0
    coefficients, fit = rank_coefficients(settings, values)
    rng = np.random.default_rng(0)
    again = np.array(
        [
            rank_coefficients(settings[chosen], values[chosen])[0]
            for chosen in rng.integers(0, values.size, (RESAMPLES // 2, values.size))
        ]
    )
    bounds = np.quantile(again, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
    return [
        Influence(setting=name, index="rank", value=float(value), interval=(float(low), float(high)))
        for name, value, low, high in zip(names, coefficients, *bounds, strict=True)
    ], fit


def rank_coefficients(settings: Floats, values: Floats) -> tuple[Floats, float]:
    """Standardised coefficients of the ranks of `values` on those of `settings`, and R²."""
    columns = np.column_stack([_standard(column) for column in settings.T])
    wanted = _standard(values)
    found: Floats = np.linalg.lstsq(columns, wanted, rcond=None)[0].astype(np.float64)
    left = ((wanted - columns @ found) ** 2).sum()
    total = (wanted**2).sum()
    return found, float(1 - left / total) if total else 0.0


def _standard(column: Floats) -> Floats:
    ranks = np.asarray(stats.rankdata(column), dtype=np.float64)
    spread = ranks.std()
    centred: Floats = ranks - ranks.mean()
    return centred / spread if spread else centred
