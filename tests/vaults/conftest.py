"""Worlds on both kinds of databases, and the desks of their operators."""

import pytest

from tests.service.desks import Desks
from tests.setting import NOW
from tests.vaults.rounds import RESERVES_FEN
from tests.world import World
from tests.worlds import new_world, world

__all__ = ["new_world", "world"]


@pytest.fixture
def desks(world: World) -> Desks:
    """The desks of a world in which every operator has reserves."""
    with world.transaction():
        for name, bank in world.banks.items():
            world.issuer.vaults.pay_in(name, RESERVES_FEN, now_s=NOW)
            bank.netting.pay_in(RESERVES_FEN, now_s=NOW)
    return Desks(world)
