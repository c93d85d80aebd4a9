"""The reports of one small world, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shuangli.offline.periods.directory import SEQUENCES
from shuangli.offline.periods.exporting import export
from tests.audit.happenings import let_all_happen
from tests.periods.making import Made, make, written
from tests.setting import TRANSFERABLE
from tests.world import World


@pytest.fixture(scope="session")
def happened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, list[bytes]]]:
    """A world in which all kinds of events have happened, and the receipts that its wallets were given."""
    world = World(Path(tmp_path_factory.mktemp("periods")), terms=TRANSFERABLE)
    receipts = [said.signed.data for said in let_all_happen(world) if said.operator == "OP01"]
    yield world, receipts
    world.close()


@pytest.fixture(scope="session")
def of_centre(happened: tuple[World, list[bytes]]) -> Made:
    """The centre's report of all that has happened."""
    return make(happened[0], "centre")


@pytest.fixture(scope="session")
def of_operator(happened: tuple[World, list[bytes]]) -> Made:
    """OP01's report of all that has happened."""
    return make(happened[0], "OP01")


@pytest.fixture(scope="module")
def system(of_centre: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The centre's report: exported, and its own files of the log and the books taken away."""
    directory = written(of_centre, tmp_path_factory.mktemp("tables") / "system")
    export(directory, of_centre.report, ["csv", "parquet"])
    for name in SEQUENCES:
        (directory / name).unlink()
    return directory
