"""A town with an operator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devices.people import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with Town(tmp_path).open() as town:
        yield town
