"""What the tests of the engine share: a small network and demand, and runs on them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.runs import LINE, Finished, play_small, trips_table

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
    played: dict[str, Finished] = {}

    def play(**settings: object) -> Finished:
        key = repr(sorted(settings.items()))
        if key not in played:
            known = {"demand": trips, "network": line, **settings}
            played[key] = play_small(tmp_path_factory.mktemp("metro") / "out", "transit", **known)  # type: ignore[arg-type]
        return played[key]

    return play


@pytest.fixture(scope="session")
def payday(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """Plays a small payroll; the same settings are played once."""
    played: dict[str, Finished] = {}

    def play(**settings: object) -> Finished:
        key = repr(sorted(settings.items()))
        if key not in played:
            known = {"workers": 40, "employers": 4, "shops": 4, "days": 3, **settings}
            played[key] = play_small(tmp_path_factory.mktemp("payday") / "out", "payroll", **known)  # type: ignore[arg-type]
        return played[key]

    return play
