"""Worlds on both kinds of databases, and one whose first epoch is archived."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.epochs.lives import archive, live_through, wind_up
from tests.world import World
from tests.worlds import new_world, world

__all__ = ["lived", "new_world", "world"]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Path]]:
    """A world whose first epoch is archived, and where."""
    directory = tmp_path_factory.mktemp("lived")
    made = World(directory)
    wind_up(made, live_through(made, shops=2))
    yield made, archive(made, directory / "archive")
    made.close()
