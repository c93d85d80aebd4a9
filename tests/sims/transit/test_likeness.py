"""Made days against held-back real ones: the profile was fitted to a Wednesday, the others were held back.

Any two real days differ significantly, so that distances are held against distances: those between five real
working days of one week are the yardstick. Measured: a made day's hours are nearer to a real Thursday than
real days lie apart at most; its stations' sizes are up to five times, its lengths up to seven times as far,
since the profile knows nothing of which station is where. Boardings of a Tuesday, with destinations drawn,
miss Thursday's lengths by two real distances.
"""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from shuangli.sims.transit.demand import Demand, demand_of, read_demand
from shuangli.sims.transit.habits import Habits, habitual_days
from shuangli.sims.transit.likeness import Apart, Shape, apart, largest, shape_of
from shuangli.sims.transit.network import Network, read_network, synthetic_network
from tests.conftest import Shared

WEEK = "transit/bengaluru_od_hourly_2025-08-04_08.parquet"
SUNDAY = "transit/bengaluru_od_hourly_2025-08-10_sunday.parquet"
LINES = "transit/bengaluru_line_stations.csv"
KNOWN = tomllib.loads(Path(__file__).with_name("real_days.toml").read_text(encoding="utf-8"))
HABITS = Habits(trips=60_000, weekend_share=0.71, trips_per_wallet=2, ride_share=0.8, spread_s=600)
TUESDAY, WEDNESDAY, THURSDAY = 1, 2, 3


def made_days(network: Network, seed: int) -> Demand:
    """Two working days and one of a weekend, by the shipped profiles."""
    rides, _, _ = habitual_days(HABITS, network, (False, False, True), seed=seed)
    return demand_of(rides, network.stations, days=3, source="habits")


def within(mine: Apart, real: Apart, *, stations: float, lengths: float) -> bool:
    return (
        mine.hours <= real.hours
        and mine.stations <= stations * real.stations
        and mine.distances <= lengths * real.distances
        and mine.energy <= lengths * real.energy
    )


def chi_square(one: Shape, other: Shape, trips: tuple[float, float]) -> float:
    """The p-value of the chi-square test that the hours of two days, of so many trips, are alike."""
    counts = np.stack([one.hours * trips[0], other.hours * trips[1]])
    counts = counts[:, counts.sum(axis=0) > 0]
    return float(stats.chi2_contingency(counts).pvalue)


def summary(shape: Shape) -> dict[str, Any]:
    """A few numbers of a day: shares of hours, of the seven busiest stations, deciles of lengths."""
    deciles = [int(np.searchsorted(shape.up_to, share / 10)) * 100 for share in range(1, 10)]
    return {
        "hours": [round(float(share), 4) for share in shape.hours],
        "busiest": round(float(shape.stations[:7].sum()), 4),
        "lengths_m": deciles,
    }


@pytest.fixture
def network(shared: Shared) -> Network:
    return read_network(shared(LINES))


@pytest.fixture
def week(shared: Shared, network: Network) -> list[Shape]:
    demand = read_demand(shared(WEEK), network)
    return [shape_of(demand, network, day=day) for day in range(5)]


@pytest.fixture
def yardstick(week: list[Shape]) -> Apart:
    """The largest distances between two of the five days."""
    return largest([apart(one, other) for number, one in enumerate(week) for other in week[number + 1 :]])


def test_made_days_are_about_as_like_a_real_one_as_real_days_are(
    network: Network, week: list[Shape], yardstick: Apart
) -> None:
    for seed in range(3):
        made = made_days(network, seed)
        shapes = [shape_of(made, network, day=day) for day in range(2)]
        for held_back in (week[day] for day in range(5) if day != WEDNESDAY):
            assert within(apart(shapes[0], held_back), yardstick, stations=6, lengths=9)
        # Two made days are the same riders': they differ less than two real ones.
        assert apart(*shapes).within(yardstick, 1)


def test_a_day_of_other_hours_is_told_apart(network: Network, week: list[Shape], yardstick: Apart) -> None:
    weekend = shape_of(made_days(network, 1), network, day=2)
    assert not within(apart(weekend, week[THURSDAY]), yardstick, stations=99, lengths=99)
    flat = Shape(hours=np.full(24, 1 / 24), stations=week[0].stations, up_to=week[0].up_to)
    assert not apart(flat, week[THURSDAY]).within(yardstick, 1)


def test_weekends_are_like_the_sunday_they_were_fitted_to(
    shared: Shared, network: Network, week: list[Shape]
) -> None:
    sunday = shape_of(read_demand(shared(SUNDAY), network), network, day=0)
    made = shape_of(made_days(network, 1), network, day=2)
    assert apart(made, sunday).hours < 0.02 < 0.1 < apart(week[WEDNESDAY], sunday).hours


def test_destinations_drawn_for_tuesdays_boardings_are_like_thursdays(
    shared: Shared, network: Network, week: list[Shape], yardstick: Apart, tmp_path: Path
) -> None:
    real = read_demand(shared(WEEK), network)
    hour, station = np.nonzero(real.boardings()[TUESDAY])
    frame = pl.DataFrame(
        {
            "slot_start_s": hour * 3_600,
            "station": [real.stations[place] for place in station],
            "boardings": real.boardings()[TUESDAY, hour, station],
        }
    )
    frame.write_csv(tmp_path / "boardings.csv")
    drawn = read_demand(tmp_path / "boardings.csv", network, np.random.default_rng(0))
    mine = apart(shape_of(drawn, network, day=0), week[THURSDAY])
    assert within(mine, yardstick, stations=1, lengths=2.5)
    assert mine.hours == pytest.approx(apart(week[TUESDAY], week[THURSDAY]).hours)


def test_no_test_of_significance_takes_two_real_days_for_one(week: list[Shape]) -> None:
    assert chi_square(week[TUESDAY], week[WEDNESDAY], (700_000, 700_000)) < 1e-50
    assert chi_square(week[TUESDAY], week[TUESDAY], (700_000, 700_000)) == pytest.approx(1)


def test_the_summary_is_that_of_the_data(week: list[Shape]) -> None:
    for name, shape in zip(KNOWN["working"], week, strict=True):
        assert summary(shape) == KNOWN["working"][name]


def test_made_days_are_like_the_summary_of_real_ones() -> None:
    """The same without the data: hours, sizes of stations and lengths against numbers of five real days."""
    days = list(KNOWN["working"].values())
    hours = np.array([day["hours"] for day in days])
    pairs = [np.abs(one - other).sum() / 2 for number, one in enumerate(hours) for other in hours[:number]]
    lengths = np.array([day["lengths_m"] for day in days])
    for seed in range(3):
        network = synthetic_network(tuple(f"S{number}" for number in range(68)), np.random.default_rng(seed))
        made = summary(shape_of(made_days(network, seed), network, day=0))
        assert np.abs(np.array(made["hours"]) - hours[THURSDAY]).sum() / 2 <= max(pairs)
        assert made["busiest"] == pytest.approx(days[THURSDAY]["busiest"], abs=0.1)
        assert np.abs(np.array(made["lengths_m"]) / lengths[THURSDAY] - 1).max() < 0.35


def test_distances_are_nothing_for_the_same_day_and_add_up() -> None:
    network = synthetic_network(tuple("ABCDEFGH"), np.random.default_rng(1))
    demand = made_days(network, 1)
    one, weekend = (shape_of(demand, network, day=day) for day in (0, 2))
    assert apart(one, one) == Apart(hours=0, stations=0, distances=0, energy=0)
    assert one.hours.sum() == pytest.approx(1)
    assert one.stations.sum() == pytest.approx(1)
    assert one.up_to[-1] == pytest.approx(1)
    there, back = apart(one, weekend), apart(weekend, one)
    assert there == back
    assert there.hours > 0.1
