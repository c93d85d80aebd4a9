"""Fit the shapes of the wage distributions in `sims/payroll/wages.py`, and print their parameters as JSON.

    python scripts/fit_wages.py --wages ../shared/data/wages/us_oews_2024_detailed.csv

The file has, for each occupation, its employment and the 10th, 25th, 50th, 75th and 90th percentile of its
annual wages. Between these points an occupation's distribution is taken as linear in the logarithm of the
wage over the normal quantile, and as going on like that beyond them; "#" (top-coded) and "*" (not known) are
left out, and so are occupations with fewer than two points. The occupations' distributions, weighted by
employment, add up to that of all wages, whose percentiles are then read off: the two parameters are the
least-squares slopes below and above the median. This is done for all occupations and for those of each
sector, as `GROUPS` says; a sector's share is its part of all employment.
"""

import argparse
import json
import sys
from pathlib import Path
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shuangli.errors import BadInput
from shuangli.sims.tables import read_table

PERCENTILES = {"A_PCT10": 0.10, "A_PCT25": 0.25, "A_MEDIAN": 0.50, "A_PCT75": 0.75, "A_PCT90": 0.90}
NORMAL = NormalDist()
GROUPS: Final = {
    "information technology": ("15",),
    "scientific research": ("17", "19"),
    "finance": ("13",),
    "resident services": ("31", "37", "39"),
    "catering and accommodation": ("35",),
    "farming": ("45",),
}
"""The major groups of occupations (Standard Occupational Classification, 2018) that stand for a sector."""
OTHER: Final = "other"


def sector_of(code: str) -> str:
    """The sector of an occupation."""
    return next((sector for sector, groups in GROUPS.items() if code[:2] in groups), OTHER)


def employed_in(path: Path) -> tuple[NDArray[np.int64], list[str]]:
    """Employment and sector of each occupation."""
    table = read_table(path)
    table.require(("OCC_CODE", "TOT_EMP", *PERCENTILES), "the columns of the OEWS detailed table")
    sectors = [sector_of(code) for code in table.text("OCC_CODE").to_list()]
    return table.whole("TOT_EMP", low=0, high=2**31 - 1), sectors


def quantiles(path: Path, shares: tuple[float, ...], sector: str = "") -> NDArray[np.float64]:
    """Logarithms of the annual wages below which the given shares of all employees, or of a sector's, lie."""
    table = read_table(path)
    employed, sectors = employed_in(path)
    if sector:
        employed = np.where(np.array(sectors) == sector, employed, 0)
    columns = [table.text(column).to_list() for column in PERCENTILES]
    points = np.array([NORMAL.inv_cdf(share) for share in PERCENTILES.values()])
    grid = np.linspace(np.log(1_000), np.log(10_000_000), 4_001)
    below, total = np.zeros_like(grid), 0
    for row, weight in enumerate(employed):
        wages = np.array([float(column[row]) if column[row].isdecimal() else np.nan for column in columns])
        known = ~np.isnan(wages)
        if known.sum() < 2 or not weight:
            continue
        below += weight * _share_below(grid, np.log(wages[known]), points[known])
        total += int(weight)
    return np.interp(shares, below / total, grid)


def _share_below(
    grid: NDArray[np.float64], log_wage: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The share of an occupation below each logarithm of a wage in `grid`."""
    segment = np.clip(np.searchsorted(log_wage, grid) - 1, 0, log_wage.size - 2)
    width = np.maximum(log_wage[segment + 1] - log_wage[segment], 1e-9)
    z = points[segment] + (grid - log_wage[segment]) / width * (points[segment + 1] - points[segment])
    return np.array([NORMAL.cdf(value) for value in z])


def fit_all(path: Path) -> dict[str, Any]:
    """The shape of all wages, and share and shape of each sector's."""
    employed, sectors = employed_in(path)
    total = int(employed.sum())
    shares = {sector: int(employed[np.array(sectors) == sector].sum()) / total for sector in (*GROUPS, OTHER)}
    fitted = {sector: {"share": round(share, 4), **fit(path, sector)} for sector, share in shares.items()}
    return {**fit(path), "sectors": fitted}


def fit(path: Path, sector: str = "") -> dict[str, float]:
    """Slopes of the logarithm of the wage over the normal quantile, below and above the median."""
    shares = tuple(percent / 100 for percent in range(5, 100, 5))
    logarithm = quantiles(path, shares, sector)
    z = np.array([NORMAL.inv_cdf(share) for share in shares])
    above_median = logarithm - logarithm[shares.index(0.5)]
    low, high = z < -1e-9, z > 1e-9
    return {
        "sigma_below": round(float((z[low] @ above_median[low]) / (z[low] @ z[low])), 4),
        "sigma_above": round(float((z[high] @ above_median[high]) / (z[high] @ z[high])), 4),
    }


def main() -> int:
    """Read, fit, print; 0 done, 2 bad input."""
    parser = argparse.ArgumentParser(description="Fit the shape of the wage distribution.")
    parser.add_argument("--wages", type=Path, required=True, help="the OEWS detailed table as CSV")
    options = parser.parse_args()
    try:
        print(json.dumps(fit_all(options.wages), indent=1))
    except BadInput as error:
        print(f"fit_wages: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
