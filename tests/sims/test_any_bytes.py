"""Whatever bytes a file holds: a value, or one line that says what is wrong. Never anything else."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shuangli.errors import BadInput
from shuangli.sims.transit.demand import read_demand
from shuangli.sims.transit.network import Network, read_network

ABC = Network(
    stations=("A", "B", "C"),
    distance_m=np.array([[0, 1, 3], [1, 0, 2], [3, 2, 0]], dtype=np.int32),
    source="three stations",
)
READERS: tuple[Callable[[Path], object], ...] = (
    read_demand,
    read_network,
    lambda path: read_demand(path, ABC, np.random.default_rng(0)),
)
FRAMES = (
    pl.DataFrame(
        {
            "hour": [8, 9],
            "origin": ["A", "B"],
            "destination": ["B", "C"],
            "trips": [1, 2],
            "date": ["2025-08-06"] * 2,
        }
    ),
    pl.DataFrame({"slot_start_s": [0, 900], "station": ["A", "B"], "boardings": [3, 4]}),
    pl.DataFrame(
        {"line": ["1", "1"], "seq": [0, 1], "station": ["A", "B"], "distance_from_previous_m": [None, 700.5]}
    ),
)
HEADERS = tuple(",".join(frame.columns) for frame in FRAMES)
CELLS = st.sampled_from(
    ["", "0", "1", "8", "24", "-1", "2.5", "1e9", "9" * 25, "nan", "A", "B", "C", "D", '"', " ", "é"]
)


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def read_all(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for reader in READERS:
        try:
            assert reader(path) is not None
        except BadInput as error:
            message = str(error)
            assert message.isprintable()
            assert path.name in message


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(folder: Path, content: bytes) -> None:
    read_all(folder / "t.csv", content)
    read_all(folder / "t.parquet", content)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(HEADERS),
    st.lists(st.lists(CELLS, max_size=6), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_cells_below_a_good_header(folder: Path, header: str, cells: list[list[str]], end: str) -> None:
    read_all(folder / "t.csv", end.join([header, *(",".join(row) for row in cells)]).encode())


# Each example starts a process, which the decoder of Parquet needs: damaged bytes can make it abort.
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([parquet(frame) for frame in FRAMES]),
    st.lists(st.tuples(st.integers(4, 2_000), st.integers(0, 255)), min_size=1, max_size=3),
)
def test_any_damage_to_parquet(folder: Path, content: bytes, damage: list[tuple[int, int]]) -> None:
    damaged = bytearray(content)
    for place, byte in damage:
        damaged[4 + place % (len(content) - 8)] = byte
    read_all(folder / "t.parquet", bytes(damaged))
