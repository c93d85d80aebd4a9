"""Some rows of a real day of the Bengaluru metro: each trip is attempted, boardings equal those of the file.

What the file asks for is counted here without the code under test. The whole day is played by the benchmark
`sim.transit`, which gives no figure where anything is off: it takes too long for a test.
"""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.conftest import Shared
from tests.e2e.command import shuangli

DAY = "transit/bengaluru_od_hourly_2025-08-06.csv"
LINES = "transit/bengaluru_line_stations.csv"
Boardings = Counter[tuple[int, str]]


def boardings_of(path: Path) -> Boardings:
    counted: Boardings = Counter()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            counted[int(row["hour"]), row["origin"]] += int(row["trips"])
    return +counted


def simulate(demand: Path, network: Path, directory: Path) -> dict[str, Any]:
    """Run the command; every figure that the issue names must be as it should."""
    files = ("--demand", demand, "--network", network)
    done = shuangli("sim", "run", "transit", *files, "--json", "--out", "out", cwd=directory)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)["result"]
    assert result["books"]["difference_fen"] == 0
    assert result["forks"]["found"] == result["forks"]["injected"]
    assert result["forks"]["missed"] == result["forks"]["unexpected"] == 0
    assert result["forks"]["honest_accused"] == 0
    assert result["reconciliation"]["never"] == 0
    verified = shuangli("report", "verify", "out", "--root", "out/root-key.txt", cwd=directory)
    assert verified.returncode == 0, verified.stdout
    return result


def assert_boardings(result: dict[str, Any], directory: Path, asked: Boardings) -> None:
    assert result["trips"]["attempted"] == result["payments"]["attempted"] == asked.total()
    assert result["trips"]["boardings_difference"] == 0
    payments = pl.read_parquet(directory / "out" / "payments.parquet")
    hour = (pl.col("entry_s") - result["scenario"]["first_day_s"]) // 3_600
    simulated = {(h, s): n for h, s, n in payments.group_by(hour, "origin").len().iter_rows()}
    assert simulated == dict(asked)


@pytest.mark.parametrize(
    ("every", "trips", "forks"),
    [(500, 500, 1), pytest.param(8, 80_000, 50, marks=pytest.mark.heavy)],
    ids=["slice", "eighth"],
)
def test_some_rows_of_a_wednesday(shared: Shared, tmp_path: Path, every: int, trips: int, forks: int) -> None:
    header, *rows = shared(DAY).read_text(encoding="utf-8").splitlines()
    demand = tmp_path / "slice.csv"
    demand.write_text("\n".join([header, *rows[::every]]) + "\n", encoding="utf-8")
    asked = boardings_of(demand)
    assert trips < asked.total() < 731_520
    result = simulate(demand, shared(LINES), tmp_path)
    assert_boardings(result, tmp_path, asked)
    assert result["forks"]["injected"] >= forks
    assert result["wallets"]["opened"] > trips / 3
