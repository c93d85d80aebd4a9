"""A world whose objects are held against the pages."""

from collections.abc import Iterator

import pytest

from tests.setting import TRANSFERABLE
from tests.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"), terms=TRANSFERABLE)
    yield made
    made.close()
