"""Networks: from a file with shortest ways, or laid out by the seed."""

import heapq
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shuangli.errors import BadInput
from shuangli.sims.transit.network import MAX_STATIONS, Network, read_network, synthetic_network
from shuangli.sims.transit.paths import UNREACHABLE, shortest_m
from tests.conftest import Shared

HEADER = "line,seq,station,distance_from_previous_m\n"
Write = Callable[..., Path]
Edges = list[tuple[int, int, int]]


def dijkstra(count: int, edges: Edges, start: int) -> list[int]:
    best = [UNREACHABLE] * count
    queue = [(0, start)]
    while queue:
        length, station = heapq.heappop(queue)
        if length >= best[station]:
            continue
        best[station] = length
        for a, b, metres in edges:
            if station in (a, b):
                heapq.heappush(queue, (length + metres, b if station == a else a))
    return best


@given(
    st.integers(1, 9).flatmap(
        lambda count: st.tuples(
            st.just(count),
            st.lists(
                st.tuples(st.integers(0, count - 1), st.integers(0, count - 1), st.integers(1, 10**6)),
                max_size=16,
            ),
        )
    )
)
def test_shortest_ways_are_those_of_another_algorithm(case: tuple[int, Edges]) -> None:
    count, edges = case
    start, end, length_m = np.array(edges, dtype=np.int64).reshape(-1, 3).T
    distance = shortest_m(count, start, end, length_m)
    assert distance.tolist() == [dijkstra(count, edges, station) for station in range(count)]


def test_lines_meet_where_stations_have_one_name(write: Write) -> None:
    rows = "1,0,A,\n1,1,B,1000\n1,2,C,1000\n2,0,D,\n2,1,B,500.4\n"
    network = read_network(write(HEADER + rows))
    assert network.stations == ("A", "B", "C", "D")
    assert network.distance_m[0].tolist() == [0, 1_000, 2_000, 1_500]
    assert network.between(("D", "A")).tolist() == [[0, 1_500], [1_500, 0]]
    assert "4 stations" in network.source


def test_a_first_row_with_a_distance_closes_a_loop(write: Write) -> None:
    rows = "1,0,A,{}\n1,1,B,1000\n1,2,C,1000\n1,3,D,1000\n"
    loop, line, zero = (read_network(write(HEADER + rows.format(first))) for first in ("1500", "", "0"))
    assert loop.distance_m[0].tolist() == [0, 1_000, 2_000, 1_500]
    assert line.distance_m[0].tolist() == zero.distance_m[0].tolist() == [0, 1_000, 2_000, 3_000]


def test_rows_are_ordered_by_seq_not_by_their_place(write: Write) -> None:
    network = read_network(write(HEADER + "1,30,C,2000\n2,1,D,7\n1,20,B,1000\n2,0,C,\n1,10,A,\n"))
    assert network.between(("A", "B", "C", "D"))[0].tolist() == [0, 1_000, 3_000, 3_007]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("1,0,A,\n1,0,B,5\n", "row 3, column seq: 0 occurs twice on line '1'"),
        ("1,0,A,\n1,x,B,5\n", "row 3, column seq: 'x' is not a whole number"),
        ("1,0,A,\n1,1,B,-5\n", "row 3, column distance_from_previous_m: '-5' is not a number"),
        ("1,0,A,\n1,1,B,\n", "row 3, column distance_from_previous_m: is missing or 0, .* from 'A'"),
        ("1,0,A,\n1,1,B,0\n", "row 3, column distance_from_previous_m: is missing or 0, .* from 'A'"),
        ("1,0,A,\n1,1,B,0.4\n", "row 3, column distance_from_previous_m: is missing or 0, .* from 'A'"),
        ("1,0,A,\n1,1,B,1000001\n", "row 3, column distance_from_previous_m: '1000001' is not a number"),
        ("1,0,A,\n1,1,A,5\n", "row 3, column station: 'A' follows itself on line '1'"),
        ("1,0,A,5\n", "row 2, column station: 'A' follows itself on line '1'"),
        ("1,0,A,\n1,1,,5\n", "row 3, column station: is empty, expected the name of a station"),
        (",0,A,\n1,1,B,5\n", "row 2, column line: is empty, expected the name of a line"),
        ("1,0,A,\n1,1,B,5\n2,0,C,\n2,1,D,5\n", "row 4, column station: 'C' cannot be reached from 'A'"),
        ("1,0,A,\n2,0,B,\n", "row 3, column station: 'B' cannot be reached from 'A'"),
    ],
)
def test_bad_lines_are_named(write: Write, rows: str, says: str) -> None:
    with pytest.raises(BadInput, match="table.csv: " + says) as caught:
        read_network(write(HEADER + rows))
    assert caught.value.code == "bad-value"


@pytest.mark.parametrize("column", ["line", "seq", "station", "distance_from_previous_m"])
def test_a_missing_column_is_named(write: Write, column: str) -> None:
    header = HEADER.replace(column, "other")
    with pytest.raises(BadInput, match=f"row 1: lacks column {column}; expected the columns line, seq"):
        read_network(write(header + "1,0,A,\n1,1,B,5\n"))


def test_too_many_stations_and_too_long_a_track_are_refused(write: Write) -> None:
    def line(stations: int, metres: int) -> str:
        return HEADER + "".join(f"1,{seq},S{seq},{metres if seq else ''}\n" for seq in range(stations))

    with pytest.raises(BadInput, match=f"row {MAX_STATIONS + 2}, column station: is station number"):
        read_network(write(line(MAX_STATIONS + 2, 1)))
    with pytest.raises(BadInput, match=r"row 1076, .* makes the track longer than"):
        read_network(write(line(1_500, 1_000_000)))


def test_a_network_is_checked_when_built() -> None:
    good = np.array([[0, 5], [5, 0]], dtype=np.int32)
    Network(stations=("A", "B"), distance_m=good, source="x")
    for stations in (("A", "A"), ("A", ""), ("A",), ()):
        with pytest.raises(ValueError, match="station"):
            Network(stations=stations, distance_m=good, source="x")
    for bad in ([[0, 5], [6, 0]], [[1, 5], [5, 0]], [[0, 0], [0, 0]], [[0, -5], [-5, 0]]):
        with pytest.raises(ValueError, match="distances"):
            Network(stations=("A", "B"), distance_m=np.array(bad, dtype=np.int32), source="x")


def test_distances_cannot_be_changed(abc: Network) -> None:
    with pytest.raises(ValueError, match="read-only"):
        abc.distance_m[0, 1] = 1


def test_a_station_outside_the_network_is_named(abc: Network) -> None:
    with pytest.raises(BadInput, match=r"station 'D' is not in the network \(three stations\)"):
        abc.between(("A", "D"))


@settings(deadline=None)
@given(st.integers(1, 150), st.integers(0, 2**32))
def test_a_synthetic_network_joins_all_stations_and_says_what_it_is(count: int, seed: int) -> None:
    stations = tuple(f"S{number}" for number in range(count))
    network = synthetic_network(stations, np.random.default_rng(seed))
    assert network.stations == stations
    assert network.distance_m.max() < UNREACHABLE
    assert f"synthetic network: {count} stations" in network.source
    again = synthetic_network(stations, np.random.default_rng(seed))
    assert np.array_equal(network.distance_m, again.distance_m)


def test_another_seed_is_another_network() -> None:
    stations = tuple("ABCDEFGH")
    one, two = (synthetic_network(stations, np.random.default_rng(seed)) for seed in (1, 2))
    assert not np.array_equal(one.distance_m, two.distance_m)


def test_beijings_distances_are_those_of_the_map(shared: Shared) -> None:
    network = read_network(shared("transit/beijing_line_stations.csv"))
    assert len(network.stations) == 425
    # Neighbours, both ways round the loop of line 2 (23,000 m), and end to end.
    assert network.between(("3号航站楼", "2号航站楼"))[0, 1] == 7_243
    loop = network.between(("西直门", "积水潭"))[0, 1]
    assert loop == 1_899
    assert network.between(("西直门", "北京站"))[0, 1] < 23_000 / 2
    assert 60_000 < network.distance_m.max() < 150_000


def test_bengalurus_lines_have_their_published_lengths(shared: Shared) -> None:
    network = read_network(shared("transit/bengaluru_line_stations.csv"))
    ends = network.between(("Whitefield (Kadugodi)", "Challaghatta", "Madavara", "Silk Institute"))
    assert ends[0, 1] == pytest.approx(43_490, abs=50)
    assert ends[2, 3] == pytest.approx(33_460, abs=50)
