"""Worlds on both kinds of databases."""

from collections.abc import Iterator

import pytest

from tests.database.places import Places
from tests.world import World


@pytest.fixture
def world(places: Places) -> Iterator[World]:
    """A world in which a received coin must be reconciled before it is spent."""
    with places.new() as place:
        world = World(place)
        yield world
        world.close()
