"""One network of three processes for all tests that leave it running; worlds on both kinds of databases."""

from collections.abc import Iterator

import pytest

from tests.service.network import Network, network
from tests.vaults.conftest import world

__all__ = ["net", "world"]


@pytest.fixture(scope="session")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("network")) as net:
        yield net
