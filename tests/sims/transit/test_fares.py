"""Fares follow distance, bracket by bracket."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shuangli.sims.transit.fares import BEIJING, Fares


def test_bounds_belong_to_the_bracket_below() -> None:
    distance_m = np.array([[0, 1, 6_099], [6_100, 12_099, 12_100], [92_099, 92_100, 2**31 - 1]])
    expected = [[300, 300, 300], [400, 400, 500], [900, 1_000, 1_000]]
    assert BEIJING.fare_fen(distance_m).tolist() == expected
    assert BEIJING.fare_fen(np.array([], dtype=np.int32)).size == 0


def test_a_negative_distance_has_no_fare() -> None:
    with pytest.raises(ValueError, match="negative"):
        BEIJING.fare_fen(np.array([5, -1]))


@pytest.mark.parametrize(
    ("up_to_m", "fares_fen"),
    [
        ((), ()),
        ((1_000,), (300,)),
        ((2_000, 1_000), (1, 2, 3)),
        ((0,), (1, 2)),
        ((5,), (2, 1)),
        ((5,), (0, 1)),
    ],
)
def test_a_table_that_is_none_is_refused(up_to_m: tuple[int, ...], fares_fen: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"fare|bounds"):
        Fares(up_to_m=up_to_m, fares_fen=fares_fen, source="x")


def test_beijings_table_is_the_published_one(shared: Callable[[str], Path]) -> None:
    published = json.loads(shared("transit/beijing_fares.json").read_text(encoding="utf-8"))["network"]
    assert [bracket["up_to_m"] for bracket in published] == [*BEIJING.up_to_m, None]
    assert [bracket["fare"] for bracket in published] == list(BEIJING.fares_fen)
