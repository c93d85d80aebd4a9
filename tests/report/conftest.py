"""Small runs of both scenarios, made by the command itself, and the material of their reports."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from shuangli.sims.catalogue import make_scenario
from shuangli.sims.report.story import Material

ROOT = Path(__file__).resolve().parents[2]
RUNS = {
    "transit": {"trips": "400", "clone.share": "0.05"},
    "payroll": {"workers": "40", "shops": "5", "days": "3", "clone.share": "0.1"},
    "one trip": {"trips": "1", "clone.share": "0", "outage_h": "0"},
}
DAYS = "date,hour,origin,destination,trips\n" + "".join(
    f"2025-08-0{day},{hour},{origin},{destination},2\n"
    for day in (4, 5, 6)
    for hour in (7, 18)
    for origin, destination in ("AB", "BC", "CA")
)


class Ran(NamedTuple):
    """A run: where it lies, and what its report was made of."""

    directory: Path
    material: Material

    @property
    def page(self) -> str:
        """The report that the run wrote."""
        return (self.directory / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Ran]:
    """Give the run of this name: those of `RUNS`, and "three days" from a table of demand."""
    kept: dict[str, Ran] = {}

    def make(name: str) -> Ran:
        directory = tmp_path_factory.mktemp("run") / "out"
        scenario = "payroll" if name == "payroll" else "transit"
        demand = None
        if name == "three days":
            demand = directory.with_name("days.csv")
            demand.write_text(DAYS)
        settings = RUNS.get(name, {"outage_h": "2"})
        command = [sys.executable, "-m", "shuangli", "sim", "run", scenario, "--out", str(directory)]
        command += [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        command += ["--demand", str(demand)] if demand else []
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        made = make_scenario(scenario, settings, seed=1, demand=demand, network=None)
        return Ran(directory, read_material(directory, made.plans[0].calendar))

    def once(name: str) -> Ran:
        if name not in kept:
            kept[name] = make(name)
        return kept[name]

    return once


def read_material(directory: Path, calendar: Any) -> Material:
    """The material of a report, from the files of its run."""
    return Material(
        figures=json.loads((directory / "result.json").read_bytes()),
        payments=pl.read_parquet(directory / "payments.parquet"),
        cases=pl.read_parquet(directory / "cases.parquet"),
        outages=calendar.outages,
        closes_s=calendar.closes_s,
    )
