"""Worlds on both kinds of databases: every test of settlement that asks for one runs on each."""

from collections.abc import Iterator

import pytest

from tests.database.places import Places
from tests.setting import TRANSFERABLE
from tests.settlement.histories import WALLETS
from tests.world import World
from tests.worlds import hops, new_world, world

__all__ = ["hops", "new_world", "template", "world"]


@pytest.fixture(scope="module")
def template(places: Places) -> Iterator[World]:
    """A world in which the wallets are open and loaded, and nothing has happened yet."""
    with places.new() as place:
        made = World(place, terms=TRANSFERABLE)
        for _ in range(WALLETS):
            wallet = made.wallet([100, 50, 20])
            certificate = wallet.certificate.signed.data
            made.enrol(wallet, "OP02")
            wallet.install(certificate)
        yield made
        made.close()
