"""Wages: whole fen, the level asked for, the shape of the data."""

import csv
import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from shuangli.sims.wages import (
    ANNUAL_MEAN_CNY,
    SIGMA_ABOVE,
    SIGMA_BELOW,
    Level,
    mean_over_median,
    monthly_wages_fen,
)
from tests.conftest import Shared

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "fit_wages.py"
OEWS = "wages/us_oews_2024_detailed.csv"
LEVELS: list[tuple[Level | int, float]] = [
    ("non-private", 124_110 * 100 / 12),
    ("private", 69_476 * 100 / 12),
    (500_000, 500_000),
]


@pytest.mark.parametrize(("level", "mean_fen"), LEVELS)
def test_the_mean_is_the_level_asked_for(level: Level | int, mean_fen: float) -> None:
    wages = monthly_wages_fen(400_000, np.random.default_rng(0), level=level)
    assert wages.dtype == np.int64
    assert wages.mean() == pytest.approx(mean_fen, rel=0.005)
    assert wages.min() > 0
    assert np.median(wages) * mean_over_median() == pytest.approx(mean_fen, rel=0.01)


def test_the_upper_half_is_wider() -> None:
    wages = np.log(monthly_wages_fen(400_000, np.random.default_rng(0)))
    low, middle, high = np.quantile(wages, [0.1, 0.5, 0.9])
    assert (middle - low) / 1.2816 == pytest.approx(SIGMA_BELOW, rel=0.02)
    assert (high - middle) / 1.2816 == pytest.approx(SIGMA_ABOVE, rel=0.02)


def test_small_numbers_and_bad_ones() -> None:
    rng = np.random.default_rng(0)
    assert monthly_wages_fen(0, rng).size == 0
    assert monthly_wages_fen(1_000, rng, level=1).min() == 1
    for n, level in ((-1, "private"), (1, "royal"), (1, 0), (1, -5), (1, 2**60)):
        with pytest.raises(ValueError, match=r"wage|level"):
            monthly_wages_fen(n, rng, level=level)  # type: ignore[arg-type]


def test_the_script_finds_the_same_shape_again(shared: Shared) -> None:
    command = [sys.executable, str(SCRIPT), "--wages", str(shared(OEWS))]
    environment = {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert json.loads(result.stdout) == {"sigma_below": SIGMA_BELOW, "sigma_above": SIGMA_ABOVE}


def test_percentiles_and_mean_are_those_of_the_data(shared: Shared) -> None:
    specification = spec_from_file_location("fit_wages", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    script = module_from_spec(specification)
    specification.loader.exec_module(script)
    shares = (0.1, 0.25, 0.5, 0.75, 0.9)
    data = np.exp(script.quantiles(shared(OEWS), shares))
    wages = monthly_wages_fen(400_000, np.random.default_rng(0))
    assert np.quantile(wages, shares) / np.median(wages) == pytest.approx(data / data[2], rel=0.05)
    # The mean is in a column that the fit does not use.
    with shared(OEWS).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["A_MEAN"].isdecimal()]
    employed = [int(row["TOT_EMP"]) for row in rows]
    mean = float(np.average([int(row["A_MEAN"]) for row in rows], weights=employed))
    assert mean_over_median() == pytest.approx(mean / data[2], rel=0.03)


def test_the_levels_are_the_published_averages(shared: Shared) -> None:
    with shared("wages/china_average_wages.csv").open(encoding="utf-8", newline="") as file:
        published = {
            row["ownership"]: int(row["annual_wage_cny"])
            for row in csv.DictReader(file)
            if (row["year"], row["sector"]) == ("2024", "all") and row["ownership"] in ANNUAL_MEAN_CNY
        }
    assert published == ANNUAL_MEAN_CNY
