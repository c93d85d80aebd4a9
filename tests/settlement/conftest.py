"""Worlds on both kinds of databases: every test of settlement that asks for one runs on each."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from shuangli.messages.certificates import Terms
from tests.database.places import Places
from tests.settlement.histories import WALLETS
from tests.world import STAGED, TRANSFERABLE, World

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


@pytest.fixture(scope="module")
def template(places: Places) -> Iterator[World]:
    """A world in which the wallets are open and loaded, and nothing has happened yet."""
    with places.new() as place:
        world = World(place, terms=TRANSFERABLE)
        for _ in range(WALLETS):
            wallet = world.wallet([100, 50, 20])
            certificate = wallet.certificate.signed.data
            world.enrol(wallet, "OP02")
            wallet.install(certificate)
        yield world
        world.close()
