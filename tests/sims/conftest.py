"""What the tests of the simulator share: a file to write, and a small network."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shuangli.sims.transit.network import Network

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text or bytes to a file of this test's own, and give its path."""

    def put(content: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


@pytest.fixture
def abc() -> Network:
    """Three stations on a line: A, 1 km, B, 2 km, C."""
    metres = np.array([[0, 1_000, 3_000], [1_000, 0, 2_000], [3_000, 2_000, 0]], dtype=np.int32)
    return Network(stations=("A", "B", "C"), distance_m=metres, source="three stations")
