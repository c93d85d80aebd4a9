"""Wages: whole fen, the levels published, the shapes of the data."""

import csv
import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shuangli.sims.payroll.wages import MEAN_2024_CNY, SECTORS, sector_of, wages_fen
from tests.conftest import Shared

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "fit_wages.py"
OEWS = "wages/us_oews_2024_detailed.csv"
CHINA = "wages/china_average_wages.csv"
Z = np.random.default_rng(0).standard_normal(200_000)
NAMES = [sector.name for sector in SECTORS]


def of_sector(number: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return wages_fen(np.full(Z.size, number), Z)


@pytest.mark.parametrize("number", range(len(SECTORS)), ids=NAMES)
def test_the_mean_of_a_sector_is_its_level(number: int) -> None:
    wages, sector = of_sector(number), SECTORS[number]
    assert wages.dtype == np.int64
    assert wages.mean() * 12 / 100 == pytest.approx(sector.annual_mean_cny, rel=0.01)
    assert wages.min() > 0
    assert np.median(wages) == pytest.approx(sector.monthly_median_fen, rel=0.01)


@pytest.mark.parametrize("number", range(len(SECTORS)), ids=NAMES)
def test_each_half_has_its_own_width(number: int) -> None:
    low, middle, high = np.quantile(np.log(of_sector(number)), [0.1, 0.5, 0.9])
    assert (middle - low) / 1.2816 == pytest.approx(SECTORS[number].sigma_below, rel=0.02)
    assert (high - middle) / 1.2816 == pytest.approx(SECTORS[number].sigma_above, rel=0.02)


def test_the_mean_over_the_mix_is_the_published_one() -> None:
    assert sum(sector.share for sector in SECTORS) == pytest.approx(1)
    mean_cny = sum(sector.share * sector.annual_mean_cny for sector in SECTORS)
    assert mean_cny == pytest.approx(MEAN_2024_CNY)


def test_sectors_by_their_shares() -> None:
    drawn = sector_of(np.random.default_rng(1).random(100_000))
    share = np.bincount(drawn, minlength=len(SECTORS)) / drawn.size
    assert share == pytest.approx([sector.share for sector in SECTORS], abs=0.005)
    assert sector_of(np.array([0.0, np.nextafter(1, 0)])).tolist() == [0, len(SECTORS) - 1]


def test_nobody_earns_nothing() -> None:
    assert wages_fen(np.array([0]), np.array([-40.0])).tolist() == [1]
    assert wages_fen(np.zeros(0, dtype=np.int64), np.zeros(0)).size == 0


def test_the_script_finds_the_same_shapes_again(shared: Shared) -> None:
    command = [sys.executable, str(SCRIPT), "--wages", str(shared(OEWS))]
    environment = {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    fitted = json.loads(result.stdout)["sectors"]
    assert list(fitted) == NAMES
    for sector in SECTORS:
        found = fitted[sector.name]
        assert (found["sigma_below"], found["sigma_above"]) == (sector.sigma_below, sector.sigma_above)
        assert found["share"] == pytest.approx(sector.share, abs=0.0005)


def test_the_percentiles_of_the_mix_are_those_of_the_data(shared: Shared) -> None:
    """By each sector's own median: levels are China's, and do not mix as those of the United States."""
    specification = spec_from_file_location("fit_wages", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    script = module_from_spec(specification)
    specification.loader.exec_module(script)
    shares = (0.1, 0.25, 0.5, 0.75, 0.9)
    for number, sector in enumerate(SECTORS):
        data = np.exp(script.quantiles(shared(OEWS), shares, sector.name))
        wages = of_sector(number)
        assert np.quantile(wages, shares) / np.median(wages) == pytest.approx(data / data[2], rel=0.1)


def test_the_levels_are_the_published_averages(shared: Shared) -> None:
    with shared(CHINA).open(encoding="utf-8", newline="") as file:
        published = {
            (row["year"], row["sector"]): int(row["annual_wage_cny"])
            for row in csv.DictReader(file)
            if row["ownership"] == "non-private"
        }
    assert published.pop(("2024", "all")) == MEAN_2024_CNY
    for (year, name), wage_cny in published.items():
        (sector,) = [sector for sector in SECTORS if sector.name == name]
        assert year == "2019"
        assert sector.annual_mean_cny == pytest.approx(wage_cny * MEAN_2024_CNY / 90_501)
