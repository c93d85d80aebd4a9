"""Worlds for the tests of links, and what they share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shuangli.offline.links.addresses import Address, UnixAddress
from tests.links.support import LOCAL
from tests.setting import STAGED
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world in which a received coin must be reconciled before it is spent."""
    directory = tmp_path / "world"
    directory.mkdir()
    world = World(directory, terms=STAGED)
    yield world
    world.close()


@pytest.fixture(params=["tcp", "unix"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    return LOCAL if request.param == "tcp" else UnixAddress(path=tmp_path / "device.socket")
