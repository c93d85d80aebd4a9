"""Worker processes: what goes wrong in one of them is one error of the main process, and none is left."""

import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import StoreError
from shuangli.sims.engine import play
from shuangli.sims.errands import FREE, Errands, Loads
from shuangli.sims.plan import NOBODY
from shuangli.sims.system import System
from shuangli.sims.uplink import Ask, AskKind
from shuangli.sims.workers import HEAR, Process, Say, Work, batches_of, usage
from tests.engine.plans import (
    START_S,
    WINDOW_S,
    calendar,
    cell_plan,
    devices,
    ints,
    meetings,
    system_plan,
)

HELD_BYTES: Final = 512 * 1024 * 1024


def played(directory: Path) -> None:
    system = System(system_plan(operators=2), directory)
    plan = cell_plan(devices(2, 1, operator=[0, 1, 0]), meetings((1_800, 0, 2, 100)))
    try:
        play(system, [plan], workers=3, progress=lambda *_: None)
    finally:
        system.close()


def test_an_operator_that_cannot_open_its_database(tmp_path: Path) -> None:
    (tmp_path / "operator-OP02.sqlite").mkdir()
    with pytest.raises(StoreError, match=r"operator-OP02\.sqlite") as raised:
        played(tmp_path)
    assert raised.value.code == "unavailable"
    assert multiprocessing.active_children() == []


def used_by_nothing() -> Work:
    yield HEAR
    yield Say(usage())


def test_a_process_has_not_used_the_memory_of_its_parent() -> None:
    """Found: the peak that Linux tells of a process starts at what its parent had when it was started."""
    held = bytes(range(256)) * (HELD_BYTES // 256)
    worker = Process("idle", used_by_nothing)
    try:
        worker.send(None)
        used = worker.receive()
    finally:
        worker.stop()
    assert 0 < used.peak_rss_kib < len(held) // 1_024


def test_no_process_is_left(tmp_path: Path) -> None:
    played(tmp_path)
    assert multiprocessing.active_children() == []


def test_operators_hear_of_revocations(tmp_path: Path) -> None:
    """Found: they did not, and filled the orders of culprits. Here a culprit orders a load later on."""
    people = replace(
        devices(2, 2, copy_of=[NOBODY, 0, NOBODY, NOBODY], sync_every_s=[0, 0, 900, 0]),
        deposit_fen=ints([2_000, 0, 0, 0]),
    )
    loads = Loads(
        at_s=START_S + ints([16 * WINDOW_S]),
        device=ints([0]),
        amount_fen=ints([1_000]),
        under=ints([FREE]),
    )
    meets = meetings((6 * WINDOW_S, 1, 2, 1_000), (7 * WINDOW_S, 0, 2, 1_000))
    plan = replace(cell_plan(people, meets, when=calendar(windows=20)), errands=Errands(loads=loads))
    system = System(system_plan(), tmp_path)
    run = play(system, [plan], workers=1, progress=lambda *_: None)
    system.close()
    assert len(run.cells[0].guilty) == 1
    assert run.branches[0].refused == {"frozen": 1}


@given(sizes=st.lists(st.integers(0, 50), max_size=30), most=st.integers(1, 100))
def test_batches_hold_everything_once_in_order(sizes: list[int], most: int) -> None:
    asks = [Ask(at_s, at_s, 0, AskKind.SYNC, b"", bytes(size)) for at_s, size in enumerate(sizes)]
    batches = batches_of(asks, most)
    assert [ask for batch in batches for ask in batch] == asks
    assert len(batches) >= 1
    assert all(sum(len(ask.data) for ask in batch[:-1]) < most for batch in batches)
    assert all(sum(len(ask.data) for ask in batch) >= most for batch in batches[:-1])
