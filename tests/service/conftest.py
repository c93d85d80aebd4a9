"""One network of three processes for all tests that leave it running, and files for TLS to speak to its
issuer; worlds on both kinds of databases, and the desks of their operators; two banks in one, on SQLite or
on either; an issuer's directory.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shuangli.issuer.service.keys import issuer_keys_in
from tests.database.places import Places
from tests.service.banks import Banks
from tests.service.desks import Desks
from tests.service.network import Network, network
from tests.service.peers import certified
from tests.setting import NOW
from tests.world import World
from tests.worlds import new_world, world

__all__ = ["certified", "net", "new_world", "world"]


@pytest.fixture(scope="session")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("network")) as net:
        yield net


@pytest.fixture
def unchanged(net: Network) -> Iterator[None]:
    """Makes sure that nothing has changed in the issuer's database."""
    before = net.dump()
    yield
    assert net.dump() == before


@pytest.fixture
def desks(world: World) -> Desks:
    return Desks(world)


@pytest.fixture
def banks(tmp_path: Path) -> Iterator[Banks]:
    world = World(tmp_path)
    yield Banks(world)
    world.close()


@pytest.fixture
def either(places: Places) -> Iterator[Banks]:
    """The same on both kinds of databases."""
    with places.new() as place:
        world = World(place)
        yield Banks(world)
        world.close()


@pytest.fixture
def issuer(tmp_path: Path) -> Path:
    """An issuer's directory."""
    directory = tmp_path / "issuer"
    issuer_keys_in(directory, random_bytes=os.urandom, now_s=NOW)
    return directory
