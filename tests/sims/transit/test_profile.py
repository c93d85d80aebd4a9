"""The shipped profile: its bounds, where it is from, and how well it fits the data it was fitted to."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shuangli.sims.transit.demand import Demand, default_demand, read_demand
from shuangli.sims.transit.network import Network, read_network, synthetic_network
from shuangli.sims.transit.profile import SHIPPED, SHIPPED_WEEKEND, shipped_profile
from tests.conftest import Shared

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = (sys.executable, str(ROOT / "scripts" / "fit_profile.py"))
WEDNESDAY = "transit/bengaluru_od_hourly_2025-08-06.csv"
SUNDAY = "transit/bengaluru_od_hourly_2025-08-10_sunday.parquet"
LINES = "transit/bengaluru_line_stations.csv"


def mean_distance_m(demand: Demand, network: Network) -> float:
    distance_m = network.between(demand.stations)
    return float((distance_m[demand.origin, demand.destination] * demand.trips).sum() / demand.total_trips)


def hour_share(demand: Demand) -> NDArray[np.float64]:
    by_hour = demand.boardings().sum(axis=(0, 2)).astype(np.float64)
    share: NDArray[np.float64] = by_hour / by_hour.sum()
    return share


@pytest.mark.parametrize(
    "changes",
    [
        {"hour_share": (1.0,)},
        {"hour_share": (0.5,) * 24},
        {"outbound_share": (1.5,) * 24},
        {"same_station_share": -0.1},
        {"home_work_correlation": 1.0},
        {"home_centrality": 0.9, "work_centrality": 0.9, "home_work_correlation": -0.9},
        {"home_sigma": -0.1},
        {"distance_scale_m": 0.0},
        {"stations": 0},
    ],
)
def test_a_profile_is_checked_when_built(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"profile|share|correlation|spread"):
        replace(shipped_profile(), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("path", "date"), [(SHIPPED, "2025-08-06"), (SHIPPED_WEEKEND, "2025-08-10")])
def test_profiles_name_source_and_licence_and_hold_parameters_only(path: Path, date: str) -> None:
    profile = shipped_profile(path)
    for word in ("BMRCL", "RTI", "Vonter/bmrcl-ridership-hourly", date):
        assert word in profile.source
    assert "ODbL 1.0" in profile.licence
    assert path.stat().st_size < 2_000


@pytest.mark.parametrize(
    ("demand", "date", "shipped"),
    [(WEDNESDAY, "2025-08-06", SHIPPED), (SUNDAY, "2025-08-10", SHIPPED_WEEKEND)],
)
def test_the_script_writes_the_shipped_profiles_again(
    shared: Shared, tmp_path: Path, demand: str, date: str, shipped: Path
) -> None:
    output = tmp_path / "profile.toml"
    options = ["--demand", str(shared(demand)), "--network", str(shared(LINES))]
    options += ["--date", date, "--output", str(output)]
    subprocess.run([*SCRIPT, *options], check=True, env={"PYTHONPATH": str(ROOT)})
    assert output.read_text() == shipped.read_text()


def test_the_script_says_in_one_line_what_is_wrong(tmp_path: Path) -> None:
    command = [*SCRIPT, "--demand", str(tmp_path / "none.csv"), "--network", str(tmp_path / "none.csv")]
    result = subprocess.run(
        command, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, check=False
    )
    assert result.returncode == 2
    assert result.stderr == f"fit_profile: {tmp_path / 'none.csv'}: no such file\n"


def test_demand_by_the_profile_is_like_the_day_it_was_fitted_to(shared: Shared) -> None:
    network = read_network(shared(LINES))
    real = read_demand(shared(WEDNESDAY), network)
    made = [default_demand(real.total_trips, np.random.default_rng(seed)) for seed in range(4)]
    for demand in made:
        assert np.corrcoef(hour_share(demand), hour_share(real))[0, 1] > 0.999
        assert np.abs(hour_share(demand) - hour_share(real)).max() < 0.002
        same = demand.trips[demand.origin == demand.destination].sum() / demand.total_trips
        assert same == pytest.approx(2_004 / 731_520, rel=0.1)
        # The busiest tenth of the stations takes about as large a part of all boardings.
        shares = [np.sort(day.boardings().sum(axis=(0, 1)))[::-1] / day.total_trips for day in (demand, real)]
        top = [float(share[:7].sum()) for share in shares]
        assert top[0] == pytest.approx(top[1], abs=0.1)


def test_trips_by_the_profile_are_about_as_long(shared: Shared) -> None:
    network = read_network(shared(LINES))
    real_m = mean_distance_m(read_demand(shared(WEDNESDAY), network), network)
    assert real_m == pytest.approx(12_012, abs=1)
    lengths = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        made = synthetic_network(tuple(f"S{number}" for number in range(68)), rng)
        lengths.append(mean_distance_m(default_demand(100_000, rng, network=made), made))
    assert np.mean(lengths) == pytest.approx(real_m, rel=0.07)
    assert lengths == pytest.approx([real_m] * 6, rel=0.15)
