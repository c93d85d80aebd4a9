"""A wallet's life for the tests of wallet files: lived once, since it is only read."""

from pathlib import Path

import pytest

from shuangli.wallet.records import Record
from tests.setting import TRANSFERABLE
from tests.wallet_file.files import life
from tests.world import World


@pytest.fixture(scope="session")
def epochs(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The certificate of the one epoch of `lived`."""
    world = World(tmp_path_factory.mktemp("epochs"), terms=TRANSFERABLE)
    world.close()
    return [world.epoch.signed.data]


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    """The journal of a wallet that something of everything has happened to."""
    world = World(tmp_path_factory.mktemp("life"), terms=TRANSFERABLE)
    records = life(world)
    world.close()
    return records


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a wallet file goes."""
    return tmp_path / "wallet.shuangli"
