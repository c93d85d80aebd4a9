"""Worlds on both kinds of databases: fixtures that the conftest of a folder takes in by their names."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from shuangli.messages.certificates import Terms
from tests.database.places import Places
from tests.setting import STAGED, TRANSFERABLE
from tests.world import World

NewWorld = Callable[..., World]


@pytest.fixture
def new_world(places: Places) -> Iterator[NewWorld]:
    """Makes worlds, each at a place of its own, until the test ends."""
    with ExitStack() as stack:

        def make(*, terms: Terms, cap_fen: int = 10**9) -> World:
            world = World(stack.enter_context(places.new()), terms=terms, cap_fen=cap_fen)
            stack.callback(world.close)
            return world

        yield make


@pytest.fixture
def world(new_world: NewWorld) -> World:
    """A world in which a received coin must be reconciled before it is spent."""
    return new_world(terms=STAGED)


@pytest.fixture
def hops(new_world: NewWorld) -> World:
    """A world in which coins may change keys three times."""
    return new_world(terms=TRANSFERABLE)
