"""What the tests of the engine share: a small network and demand, and runs on them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.engine.runs import LINE, Finished, PlayedOnce, trips_table

Play = Callable[..., Finished]


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network file: four stations on a line."""
    path = tmp_path_factory.mktemp("network") / "line.csv"
    path.write_text(LINE, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def trips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demand file: about 300 trips on one day."""
    path = tmp_path_factory.mktemp("demand") / "trips.csv"
    path.write_text(trips_table(), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def metro(line: Path, trips: Path, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Plays a small metro day; the same settings are played once."""
    return partial(PlayedOnce(tmp_path_factory.mktemp), "transit", demand=trips, network=line)


@pytest.fixture(scope="session")
def payday(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Plays a small payroll; the same settings are played once."""
    few = {"workers": 40, "employers": 4, "shops": 4, "days": 3}
    return partial(PlayedOnce(tmp_path_factory.mktemp), "payroll", **few)
