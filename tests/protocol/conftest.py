"""Worlds for the tests of protocol and wallet."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import STAGED, TRANSFERABLE, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world in which a received coin must be reconciled before it is spent."""
    world = World(tmp_path, terms=STAGED)
    yield world
    world.close()


@pytest.fixture
def hops(tmp_path: Path) -> Iterator[World]:
    """A world in which coins may change keys three times."""
    world = World(tmp_path, terms=TRANSFERABLE)
    yield world
    world.close()
