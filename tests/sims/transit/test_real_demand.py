"""Real days, read and checked against the files without the code under test."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from shuangli.sims.transit.config import TransitConfig
from shuangli.sims.transit.demand import read_demand
from shuangli.sims.transit.network import read_network
from shuangli.sims.transit.scenario import transit
from tests.conftest import Shared

WEDNESDAY = "transit/bengaluru_od_hourly_2025-08-06.csv"
WEEK = "transit/bengaluru_od_hourly_2025-08-04_08.parquet"
SUNDAY = "transit/bengaluru_od_hourly_2025-08-10_sunday.parquet"
LINES = "transit/bengaluru_line_stations.csv"


def boardings_of_file(path: Path) -> Counter[tuple[int, str]]:
    counted: Counter[tuple[int, str]] = Counter()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            counted[int(row["hour"]), row["origin"]] += int(row["trips"])
    return counted


def test_boardings_and_trips_of_a_wednesday_equal_the_file(shared: Shared) -> None:
    network = read_network(shared(LINES))
    demand = read_demand(shared(WEDNESDAY), network)
    expected = boardings_of_file(shared(WEDNESDAY))
    _, hours, stations = np.nonzero(demand.boardings())
    found = {
        (hour, demand.stations[station]): int(demand.boardings()[0, hour, station])
        for hour, station in zip(hours.tolist(), stations.tolist(), strict=True)
    }
    assert found == dict(expected)
    scenario = transit(TransitConfig(), seed=1, demand_file=shared(WEDNESDAY), network_file=shared(LINES))
    trips = scenario.trips
    assert trips is not None
    entered = Counter(
        zip((trips.entry_s // 3_600).tolist(), (trips.stations[o] for o in trips.origin), strict=True)
    )
    assert entered == expected
    assert (len(trips), trips.wallets) == (731_520, 365_760)
    assert trips.waited_ms.max() < 5_000


@pytest.mark.parametrize(("name", "days", "total"), [(WEEK, 5, 3_383_335), (SUNDAY, 1, 479_411)])
def test_boardings_of_other_days_equal_the_file(shared: Shared, name: str, days: int, total: int) -> None:
    demand = read_demand(shared(name), read_network(shared(LINES)))
    assert (len(demand.days), demand.total_trips) == (days, total)
    frame = pl.read_parquet(shared(name)).group_by("date", "hour", "origin").agg(pl.col("trips").sum())
    boardings = demand.boardings()
    for day, hour, origin, trips in frame.iter_rows():
        place = demand.days.index(day), hour, demand.stations.index(origin)
        assert boardings[place] == trips
        boardings[place] = 0
    assert not boardings.any()


def test_destinations_by_the_gravity_model_are_like_the_real_ones(shared: Shared, tmp_path: Path) -> None:
    network = read_network(shared(LINES))
    real = read_demand(shared(WEDNESDAY), network)
    _, hour, station = np.nonzero(real.boardings())
    frame = pl.DataFrame(
        {
            "slot_start_s": hour * 3_600,
            "station": [real.stations[place] for place in station],
            "boardings": real.boardings()[0, hour, station],
        }
    )
    frame.write_csv(tmp_path / "boardings.csv")
    drawn = read_demand(tmp_path / "boardings.csv", network, np.random.default_rng(0))
    assert np.array_equal(drawn.boardings(), real.boardings())
    # By hour and station of exit, which a table of boardings does not tell.
    assert np.corrcoef(drawn.alightings().ravel(), real.alightings().ravel())[0, 1] > 0.93
    distance_m = network.between(real.stations)
    means = [(distance_m[d.origin, d.destination] * d.trips).sum() / d.total_trips for d in (drawn, real)]
    assert means[0] == pytest.approx(means[1], rel=0.03)
