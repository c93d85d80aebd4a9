"""Archiving killed at any step, or broken off anywhere: nothing is lost, nothing is done twice."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from shuangli.issuer.archive.verifying import verify_archive
from shuangli.issuer.archive.writing import STEPS
from shuangli.issuer.epochs.states import EpochState
from tests.epochs.lives import (
    ARCHIVED_S,
    OF_COINS,
    archive_until,
    close,
    live_through,
    rows_of,
    run_archive,
    state_of,
    wind_up,
)
from tests.world import World


def killed_at(directory: Path, target: Path, step: str) -> None:
    """In a process of its own: archive, and die at a step."""
    world = World(directory, fresh=False)
    run_archive(world, target, lambda at: os.kill(os.getpid(), signal.SIGKILL) if at == step else None)


@pytest.fixture
def over(tmp_path: Path) -> Path:
    """The databases of a world whose epoch is closed and not archived yet."""
    directory = tmp_path / "world"
    directory.mkdir()
    world = World(directory)
    wind_up(world, live_through(world))
    close(world)
    world.close()
    return directory


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_it_ends_in_the_same_state_when_run_again(
    over: Path, tmp_path: Path, step: str
) -> None:
    target = tmp_path / "archive"
    child = multiprocessing.get_context("spawn").Process(target=killed_at, args=(over, target, step))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    world = World(over, fresh=False)
    done = step == "deleted"
    assert state_of(world) is (EpochState.ARCHIVED if done else EpochState.CLOSED)
    assert (rows_of(world)["facts"] == 0) is done
    # What is known is in the database, or in files that verify, or in both; never in neither.
    finished = target / "epoch-00001"
    if done or finished.exists():
        verify_archive(finished, world.keys["root"].public)
    supply = world.supply()
    place = world.issuer.archive_epoch(1, target, now_s=ARCHIVED_S)
    assert sorted(path.name for path in target.iterdir()) == ["epoch-00001"]
    verified = verify_archive(place, world.keys["root"].public)
    assert verified.totals["loaded_fen"] == supply.loaded_fen == world.supply().loaded_fen
    assert rows_of(world) == dict.fromkeys(OF_COINS, 0) | {"objects": 1}
    world.check_books()
    world.close()


@pytest.mark.parametrize("step", STEPS[:-1])
def test_broken_off_at_any_step_nothing_has_changed_in_the_database(
    over: Path, tmp_path: Path, step: str
) -> None:
    world = World(over, fresh=False)
    before = rows_of(world)
    with pytest.raises(KeyError):
        archive_until(world, tmp_path / "archive", step)
    assert (rows_of(world), state_of(world)) == (before, EpochState.CLOSED)
    world.check_books()
    world.close()
