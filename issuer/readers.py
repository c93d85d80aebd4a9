"""Readers on all processors: worker processes that read uploads and check their signatures, some at a time.

Python runs one thread at a time, so what needs no database is done in processes of their own. They are handed
uploads as received and give back what those prove (`issuer.reading`), so that whoever settles does not parse
them again.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from typing import Final, NamedTuple, Self

from shuangli.errors import StoreError
from shuangli.garbage import collect_less_often
from shuangli.issuer.reading import Footing, Reader, Reading, pack_readings, unpack_readings

NICENESS: Final = 5
"""How much the workers step back where there are not processors enough for all."""
CHUNK_BYTES: Final = 60_000
"""Uploads that travel together: about ten milliseconds of work."""

Asked = tuple[str, bytes]
"""An operator, and an upload that it passes on."""


class UnderWay(NamedTuple):
    """Uploads that are being read, in order: in worker processes, or here when somebody waits for them."""

    footing: Footing
    asked: Sequence[Asked]
    chunks: list[Future[bytes]]


class Readers:
    """So many worker processes for uploads that are worth it; with none, all are read in this process.

    Threads may use it together.
    """

    def __init__(self, processes: int, *, fewest_bytes: int = CHUNK_BYTES // 2) -> None:
        """Start the workers with the first uploads; fewer bytes at once are not worth their way."""
        self._processes = processes
        self._fewest_bytes = fewest_bytes
        self._guard = threading.Lock()
        self._workers: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers; the next uploads start others."""
        with self._guard:
            ended, self._workers = self._workers, None
        if ended is not None:
            ended.shutdown(cancel_futures=True)

    def start(self, footing: Footing, asked: Sequence[Asked]) -> UnderWay:
        """Begin to read these uploads.

        Raises:
            StoreError: a worker process has ended (`worker`); the next uploads start others.
        """
        if not self._processes or sum(len(upload) for _, upload in asked) < self._fewest_bytes:
            return UnderWay(footing, asked, [])
        workers = self._running()
        try:
            return UnderWay(footing, asked, [workers.submit(_read, footing, some) for some in _chunks(asked)])
        except BrokenProcessPool as error:
            raise self._broken() from error

    def _running(self) -> ProcessPoolExecutor:
        with self._guard:
            if self._workers is None:
                context = multiprocessing.get_context("spawn")
                self._workers = ProcessPoolExecutor(self._processes, mp_context=context, initializer=_begin)
            return self._workers

    def finish(self, under_way: UnderWay) -> list[Reading]:
        """Wait for the uploads to be read: what is said of each.

        Raises:
            StoreError: a worker process has ended (`worker`); the next uploads start others.
        """
        if not under_way.chunks:
            return _read_here(under_way.footing, under_way.asked) if under_way.asked else []
        try:
            return [reading for chunk in under_way.chunks for reading in unpack_readings(chunk.result())]
        except BrokenProcessPool as error:
            raise self._broken() from error

    def _broken(self) -> StoreError:
        self.close()
        return StoreError("worker", "a process that reads uploads has ended")


def _chunks(asked: Sequence[Asked]) -> list[list[Asked]]:
    """The uploads in their order, some together."""
    chunks: list[list[Asked]] = []
    room = 0
    for one in asked:
        if room <= 0:
            chunks.append([])
            room = CHUNK_BYTES
        chunks[-1].append(one)
        room -= len(one[1])
    return chunks


# A process goes on as the same place as long as what it trusts stays the same.
_reader = lru_cache(maxsize=2)(Reader)


# A reader reads one upload at a time.
_one_at_a_time = threading.Lock()


def _read_here(footing: Footing, asked: Sequence[Asked]) -> list[Reading]:
    with _one_at_a_time:
        reader = _reader(footing)
        return [reader.read(*one) for one in asked]


def _read(footing: Footing, asked: Sequence[Asked]) -> bytes:
    """Read uploads in a worker process."""
    return pack_readings(_read_here(footing, asked))


def _begin() -> None:
    """Begin as a worker process."""
    step_back()
    collect_less_often()


def step_back() -> None:
    """Let the process that has started this one go first; leave Ctrl-C to it, and end with it."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait until the process that has started this one is gone, and end: if it was killed, nobody says so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
