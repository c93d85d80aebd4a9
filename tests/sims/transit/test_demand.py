"""Demand from files of trips and of boardings, and from the shipped profile."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.errors import BadInput
from shuangli.sims.transit.demand import (
    Demand,
    dealt_weights,
    default_demand,
    demand_and_network,
    read_demand,
)
from shuangli.sims.transit.network import Network, synthetic_network
from shuangli.sims.transit.profile import shipped_profile

TRIPS = "hour,origin,destination,trips\n"
DATED = "date,hour,origin,destination,trips\n"
BOARDINGS = "slot_start_s,station,boardings\n"
Write = Callable[..., Path]


def rows(demand: Demand) -> list[tuple[int, int, str, str, int]]:
    names = demand.stations
    columns = (demand.day, demand.hour, demand.origin, demand.destination, demand.trips)
    return [
        (d, h, names[o], names[t], n) for d, h, o, t, n in zip(*(c.tolist() for c in columns), strict=True)
    ]


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_trips_are_taken_as_they_are(write: Write) -> None:
    demand = read_demand(write(TRIPS + "8,B,A,3\n7,A,B,2\n8,B,A,1\n23,A,A,1\n0,C,A,0\n"))
    assert rows(demand) == [(0, 7, "A", "B", 2), (0, 8, "B", "A", 4), (0, 23, "A", "A", 1)]
    assert demand.stations == ("A", "B", "C")
    assert (demand.total_trips, demand.days, demand.source) == (7, ("day 1",), "trips of table.csv")
    assert demand.boardings().shape == demand.alightings().shape == (1, 24, 3)
    assert demand.boardings()[0, [7, 8, 23]].tolist() == [[2, 0, 0], [0, 4, 0], [1, 0, 0]]
    assert demand.alightings()[0, [7, 8, 23]].tolist() == [[0, 2, 0], [4, 0, 0], [1, 0, 0]]


def test_days_follow_their_dates_without_gaps(write: Write) -> None:
    demand = read_demand(write(DATED + "2024-03-01,8,A,B,1\n2024-02-28,9,A,B,2\n"))
    assert demand.days == ("2024-02-28", "2024-02-29", "2024-03-01")
    assert rows(demand) == [(0, 9, "A", "B", 2), (2, 8, "A", "B", 1)]


def test_the_order_of_rows_and_columns_does_not_matter(write: Write) -> None:
    one = read_demand(write(TRIPS + "8,B,A,3\n7,A,B,2\n"))
    two = read_demand(write("trips,note,origin,destination,hour\n2,x,A,B,7\n3,y,B,A,8\n"))
    assert (rows(one), one.stations) == (rows(two), two.stations)


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt64, pl.Float64, pl.String])
def test_parquet_gives_what_csv_gives(write: Write, dtype: type[pl.DataType]) -> None:
    frame = pl.DataFrame({"hour": [8, 7], "origin": ["B", "A"], "destination": ["A", "B"], "trips": [3, 2]})
    dates = pl.Series("date", ["2025-08-06", "2025-08-05"]).str.to_date()
    buffer = io.BytesIO()
    frame.with_columns(pl.col("hour", "trips").cast(dtype), dates).write_parquet(buffer)
    demand = read_demand(write(buffer.getvalue(), "t.parquet"))
    assert rows(demand) == [(0, 7, "A", "B", 2), (1, 8, "B", "A", 3)]
    assert demand.days == ("2025-08-05", "2025-08-06")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hour,origin,destination\n8,A,B\n", "row 1: lacks column trips; expected the columns hour, origin"),
        ("a;b\n1;2\n", "row 1: lacks columns hour, origin, destination, trips; .* found 'a;b'"),
        ("station,boardings\nA,1\n", "row 1: lacks column slot_start_s; expected"),
        (TRIPS, "has no rows of data"),
        (TRIPS + "8,A,B,1\n8,A,B,-1\n", "row 3, column trips: '-1' is not a whole number from 0"),
        (TRIPS + "8,A,B,1.5\n", "row 2, column trips: '1.5' is not a whole number"),
        (TRIPS + "8,A,B,many\n", "row 2, column trips: 'many' is not a whole number"),
        (TRIPS + "8,A,B,\n", "row 2, column trips: is empty, expected a whole number"),
        (TRIPS + "24,A,B,1\n", "row 2, column hour: '24' is not a whole number from 0 to 23"),
        (TRIPS + "-1,A,B,1\n", "row 2, column hour: '-1' is not a whole number from 0 to 23"),
        (TRIPS + "7.5,A,B,1\n", "row 2, column hour: '7.5' is not a whole number from 0 to 23"),
        (TRIPS + ",A,B,1\n", "row 2, column hour: is empty"),
        (TRIPS + "8,A,B,1\n8, ,B,1\n", "row 3, column origin: is empty, expected the name of a station"),
        (TRIPS + "8,A,,1\n", "row 2, column destination: is empty, expected the name of a station"),
        (
            TRIPS + "8,A,B,2147483648\n",
            "row 2, column trips: '2147483648' is not a whole number from 0 to 2147483647",
        ),
        (TRIPS + "8,A,B,2147483647\n9,A,B,1\n", "row 3, column trips: makes more than 2147483647 in total"),
        (TRIPS + "8,A,B,0\n", "column trips: is 0 in every row, expected at least one trip"),
        (DATED + "2025-08-06,8,A,B,1\n,8,A,B,1\n", "row 3, column date: is empty, expected YYYY-MM-DD"),
        (
            DATED + "2025-08-06,8,A,B,1\n2024-08-05,8,A,B,1\n",
            "row 2, column date: 2025-08-06 is more than 366 days",
        ),
        (BOARDINGS + "86400000,A,1\n", "row 2, column slot_start_s: '86400000' is not a whole number"),
        (BOARDINGS + "-900,A,1\n", "row 2, column slot_start_s: '-900' is not a whole number"),
        (BOARDINGS + "900,A,1.5\n", "row 2, column boardings: '1.5' is not a whole number"),
        (BOARDINGS + "900,,1\n", "row 2, column station: is empty"),
        (BOARDINGS + "900,A,1\n", "column station: names one station only, there is nowhere to go"),
        (BOARDINGS + "900,A,1\n900,B,1\n", "is a table of boardings, whose destinations need a network"),
        ("date," + BOARDINGS + "2025-08-06,86400,A,1\n", "row 2, column slot_start_s: .* from 0 to 86399"),
    ],
)
def test_bad_input_names_file_row_and_column(write: Write, text: str, says: str) -> None:
    with pytest.raises(BadInput, match="table.csv: " + says) as caught:
        read_demand(write(text))
    assert str(caught.value).isprintable()


def test_an_unknown_station_is_named_with_its_first_row(write: Write, abc: Network) -> None:
    assert read_demand(write(TRIPS + "8,A,B,1\n"), abc).total_trips == 1
    with pytest.raises(BadInput, match="row 3, column destination: station 'D' is not in the three stations"):
        read_demand(write(TRIPS + "8,A,B,1\n8,A,D,1\n9,D,A,1\n"), abc)
    with pytest.raises(BadInput, match="row 2, column station: station 'D' is not in the three stations"):
        read_demand(write(BOARDINGS + "900,D,1\n900,A,1\n"), abc, seeded())


def test_boardings_are_kept_exactly_and_go_elsewhere(write: Write, abc: Network) -> None:
    text = BOARDINGS + "0,A,5\n900,A,6\n25200,B,1000\n86399,C,7\n90000,A,3\n"
    demand = read_demand(write(text), abc, seeded())
    expected = np.zeros((2, 24, 3), dtype=np.int64)
    expected[0, 0, 0], expected[0, 7, 1], expected[0, 23, 2], expected[1, 1, 0] = 11, 1_000, 7, 3
    assert np.array_equal(demand.boardings(), expected)
    assert demand.days == ("day 1", "day 2")
    assert (demand.origin != demand.destination).all()
    assert demand.source == "boardings of table.csv, destinations drawn by a gravity model"


def test_boardings_may_be_dated(write: Write, abc: Network) -> None:
    text = "date," + BOARDINGS + "2025-08-07,3600,A,5\n2025-08-06,3600,B,4\n"
    demand = read_demand(write(text), abc, seeded())
    assert demand.days == ("2025-08-06", "2025-08-07")
    assert demand.boardings().sum(axis=2)[:, 1].tolist() == [4, 5]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3 * 86_400 - 1), st.sampled_from("ABC"), st.integers(0, 10**6)),
        min_size=2,
        max_size=20,
    ),
    st.integers(0, 2**32),
)
def test_whatever_boards_is_kept(
    tmp_path_factory: pytest.TempPathFactory, slots: list[tuple[int, str, int]], seed: int
) -> None:
    abc = synthetic_network(("A", "B", "C"), seeded(1))
    slots = [*slots, (0, "A", 1), (0, "B", 1)]
    path = tmp_path_factory.mktemp("boardings") / "t.csv"
    path.write_text(BOARDINGS + "".join(f"{slot},{name},{count}\n" for slot, name, count in slots))
    demand = read_demand(path, abc, seeded(seed))
    expected = np.zeros_like(demand.boardings())
    for slot_s, name, count in slots:
        expected[slot_s // 86_400, slot_s // 3_600 % 24, demand.stations.index(name)] += count
    assert np.array_equal(demand.boardings(), expected)
    assert (demand.origin != demand.destination).all()


def test_demand_is_checked_when_built() -> None:
    def build(**changes: object) -> Demand:
        one = np.array([0], dtype=np.int32)
        good: dict[str, object] = {"stations": ("A", "B"), "days": ("day 1",), "source": "x"}
        good |= {"day": one, "hour": one, "origin": one, "destination": one + 1, "trips": one + 1}
        return Demand(**(good | changes))  # type: ignore[arg-type]

    assert build().total_trips == 1
    two = np.array([0, 0])
    for changes in (
        {"day": np.array([1])},
        {"hour": np.array([24])},
        {"hour": np.array([-1])},
        {"origin": np.array([2])},
        {"trips": np.array([0])},
        {"trips": np.array([2**31])},
        {"trips": np.array([1, 1])},
        {"trips": np.array([], dtype=np.int64)},
        {"stations": ("A", "A")},
        {"stations": ("A", "")},
        {"day": two, "hour": two, "origin": two, "destination": two, "trips": two + 1},
        {"day": two, "hour": two, "origin": two, "destination": np.array([1, 0]), "trips": two + 1},
        {"day": two, "hour": two, "origin": two, "destination": np.array([0, 1]), "trips": two + 2**30},
    ):
        with pytest.raises(ValueError, match=r"demand|must|names"):
            build(**changes)
    with pytest.raises(ValueError, match="read-only"):
        build().trips[0] = 5


@pytest.mark.parametrize("trips", [1, 2, 20_000])
def test_the_profile_gives_exactly_so_many_trips(trips: int) -> None:
    demand = default_demand(trips, seeded())
    assert demand.total_trips == trips
    assert len(demand.stations) == shipped_profile().stations
    assert "Bengaluru" in demand.source
    assert demand.days == ("day 1",)


@pytest.mark.parametrize("trips", [0, -1, 2**31])
def test_the_profile_needs_a_number_of_trips(trips: int) -> None:
    with pytest.raises(BadInput, match="is not a whole number from 1 to 2147483647"):
        default_demand(trips, seeded())


def test_the_profile_runs_on_the_stations_of_a_network(abc: Network) -> None:
    demand = default_demand(1_000, seeded(), network=abc)
    assert demand.stations == ("A", "B", "C")
    assert (demand.total_trips, (demand.boardings().sum(axis=(0, 1)) > 0).all()) == (1_000, True)
    alone = synthetic_network(("A",), seeded())
    assert default_demand(10, seeded(), network=alone).total_trips == 10


def test_home_is_left_in_the_morning_and_reached_in_the_evening() -> None:
    demand = default_demand(500_000, seeded(3))
    boardings, alightings = demand.boardings()[0], demand.alightings()[0]
    morning, evening = slice(7, 10), slice(17, 20)
    there_and_back = np.corrcoef(boardings[morning].sum(axis=0), alightings[evening].sum(axis=0))[0, 1]
    in_and_out = np.corrcoef(boardings[morning].sum(axis=0), alightings[morning].sum(axis=0))[0, 1]
    assert there_and_back > 0.95
    assert in_and_out < 0.5


def test_weights_are_correlated_with_centrality_as_fitted() -> None:
    network = synthetic_network(tuple(f"S{number}" for number in range(1_000)), seeded(1))
    profile = shipped_profile()
    home, work = np.log(dealt_weights(network.distance_m, profile, seeded(2)))
    central = -network.distance_m.mean(axis=1, dtype=np.float64)
    assert np.corrcoef(work, central)[0, 1] == pytest.approx(profile.work_centrality, abs=0.1)
    assert np.corrcoef(home, central)[0, 1] == pytest.approx(profile.home_centrality, abs=0.1)
    assert np.corrcoef(home, work)[0, 1] == pytest.approx(profile.home_work_correlation, abs=0.1)
    assert (home.std(), work.std()) == pytest.approx((profile.home_sigma, profile.work_sigma), rel=0.1)


def test_demand_and_network_fit_together_from_any_combination(write: Write) -> None:
    trips, boardings = write(TRIPS + "8,A,B,4\n", "trips.csv"), write(BOARDINGS + "0,A,4\n0,B,4\n", "b.csv")
    lines = write("line,seq,station,distance_from_previous_m\n1,0,A,\n1,1,B,700\n1,2,C,800\n", "net.csv")
    for path in (None, trips, boardings):
        for file in (None, lines):
            demand, network = demand_and_network(path, file, trips=500, rng=seeded(4))
            assert set(demand.stations) <= set(network.stations)
            assert network.source.startswith("network file net.csv" if file else "synthetic network")
            assert demand.total_trips == {None: 500, trips: 4, boardings: 8}[path]
            again, _ = demand_and_network(path, file, trips=500, rng=seeded(4))
            assert rows(again) == rows(demand)
