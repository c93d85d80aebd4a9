"""An operator's API in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.service import Service, serving_here


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving_here(tmp_path) as service:
        yield service


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One for all tests of a module, which leave nothing behind that others see."""
    with serving_here(tmp_path_factory.mktemp("operator")) as service:
        yield service
