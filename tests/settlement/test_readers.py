"""The processes that read uploads: how they begin, and that they end with the one that has started them."""

import gc
import multiprocessing
import os
from contextlib import suppress
from multiprocessing.connection import Connection

import pytest

from shuangli.crypto import SigningKey
from shuangli.garbage import GARBAGE_AFTER
from shuangli.issuer.readers import Readers
from shuangli.issuer.reading import Footing
from tests.devices.processes import until
from tests.setting import NETWORK

NOTHING = Footing(SigningKey(bytes(32)).public, NETWORK, 1, (), (), frozenset())


def read_and_wait(told: Connection) -> None:
    """Have something read, say in which process, and wait."""
    with Readers(1, fewest_bytes=0) as readers:
        readers.finish(readers.start(NOTHING, [("OP01", b"\x80")]))
        (worker,) = multiprocessing.active_children()
        told.send(worker.pid)
        told.recv()


def runs(process: int) -> bool:
    """Whether a process runs, which is none of this process's own."""
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


@pytest.mark.parametrize("killed", [False, True])
def test_a_reader_ends_with_the_process_that_has_started_it(killed: bool) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=read_and_wait, args=(theirs,))
    process.start()
    theirs.close()
    worker = ours.recv()
    assert runs(worker)
    if killed:
        process.kill()
    else:
        ours.send("go on")
    process.join()
    until(lambda: not runs(worker))


def test_a_reader_looks_less_often_for_garbage_in_circles() -> None:
    with Readers(1, fewest_bytes=0) as readers:
        readers.finish(readers.start(NOTHING, [("OP01", b"\x80")]))
        assert readers._workers is not None
        assert readers._workers.submit(gc.get_threshold).result()[0] == GARBAGE_AFTER
        assert readers._workers.submit(gc.get_freeze_count).result() > 0
