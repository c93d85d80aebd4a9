"""An operator's API in this process, and somebody who is told of what happens there."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.api.receivers import Receiver, Told
from tests.api.service import Service, serving_at, serving_here
from tests.database.places import Directories, Places

ON_BOTH: Final = ("identification", "oversight", "recovery", "tokens", "trade", "wallets", "webhooks")
"""Modules whose tests ask an operator's database what nothing else asks: they run on the server as well."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let services of these modules have their databases on a server, too."""
    if "service" in metafunc.fixturenames and metafunc.module.__name__.endswith(ON_BOTH):
        metafunc.parametrize("service", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    on_server = getattr(request, "param", "sqlite") == "postgresql"
    places: Places = request.getfixturevalue("server_databases") if on_server else Directories()
    with places.new() as place, serving_at(place, tmp_path) as service:
        yield service


@pytest.fixture
def told(service: Service) -> Iterator[Told]:
    with closing(Receiver()) as receiver:
        yield Told(service, receiver)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One for all tests of a module, which leave nothing behind that others see."""
    with serving_here(tmp_path_factory.mktemp("operator")) as service:
        yield service
