"""Settings of all tests, and what tests of several folders share: the real data, and worlds."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.database.places import Directories, Places, ServerDatabases
from tests.database.servers import Server
from tests.setting import STAGED, TRANSFERABLE
from tests.world import World

# How long an example takes says something about the machine, and nothing about the code. `make test` draws
# fewer examples (--hypothesis-profile=quick); `make test-all`, which CI runs, draws 100.
settings.register_profile("shuangli", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("shuangli"), max_examples=40)
settings.load_profile("shuangli")

ROOT = Path(__file__).resolve().parents[1]
Shared = Callable[[str], Path]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with heavy tests come first: a long one that comes last would leave the other processors idle."""
    heavy = {item.path for item in items if item.get_closest_marker("heavy")}
    items.sort(key=lambda item: item.path not in heavy)


@pytest.fixture
def shared() -> Shared:
    """The path of a file of real data; skips the test where it is absent."""

    def find(name: str) -> Path:
        path = ROOT.parent / "shared" / "data" / name
        if not path.is_file():
            pytest.skip(f"needs ../shared/data/{name}, which is not part of the project")
        return path

    return find


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server, for all tests of this process that ask for one."""
    server = Server()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def server_databases(server: Server) -> ServerDatabases:
    """Places on the server."""
    return ServerDatabases(server)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest) -> Places:
    """Places for databases: once on SQLite, and once on the server."""
    if request.param == "sqlite":
        return Directories()
    databases: ServerDatabases = request.getfixturevalue("server_databases")
    return databases


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world in which a received coin must be reconciled before it is spent."""
    world = World(tmp_path, terms=STAGED)
    yield world
    world.close()


@pytest.fixture
def hops(tmp_path: Path) -> Iterator[World]:
    """A world in which coins may change keys three times."""
    world = World(tmp_path, terms=TRANSFERABLE)
    yield world
    world.close()
