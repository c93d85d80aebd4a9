"""Signature checks on all processors: worker processes that do nothing else.

A check holds the interpreter's lock only for a moment, but waits for it after each one as long as the thread
that settles is at work; so the checks go to processes of their own, some at a time.
"""

import multiprocessing
import os
import signal
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, NamedTuple, Self

from shuangli import crypto
from shuangli.cose import Check
from shuangli.errors import StoreError

NICENESS: Final = 5
"""How much the workers step back where there are not processors enough for all."""
CHUNK: Final = 128
"""Checks that travel together: about five milliseconds of work."""


class Checking(NamedTuple):
    """Checks under way, some positions at a time."""

    checks: Sequence[Check]
    chunks: list[tuple[int, Future[list[int]]]]


class SignaturePool:
    """So many worker processes for checks that are worth it; with none, all are done in this process."""

    def __init__(self, processes: int, *, fewest: int = CHUNK) -> None:
        """Start the workers with the first checks; fewer than `fewest` at once are not worth their way."""
        self._processes = processes
        self._fewest = fewest
        self._workers: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the workers; the next checks start others."""
        if self._workers is not None:
            self._workers.shutdown(cancel_futures=True)
            self._workers = None

    def start(self, checks: Sequence[Check]) -> Checking:
        """Begin to check these signatures.

        Raises:
            StoreError: a worker process has ended (`worker`); the next checks start others.
        """
        if not self._processes or len(checks) < self._fewest:
            return Checking(checks, [])
        if self._workers is None:
            context = multiprocessing.get_context("spawn")
            self._workers = ProcessPoolExecutor(self._processes, mp_context=context, initializer=_step_back)
        chunks = []
        for first in range(0, len(checks), CHUNK):
            some = [(key, signed.message, signed.signature) for signed, key in checks[first : first + CHUNK]]
            try:
                chunks.append((first, self._workers.submit(_failed, some)))
            except BrokenProcessPool as error:
                raise self._broken() from error
        return Checking(checks, chunks)

    def failed(self, checking: Checking) -> list[int]:
        """Wait for the checks to be done: the positions of those that do not hold.

        Raises:
            StoreError: a worker process has ended (`worker`); the next checks start others.
        """
        if not checking.chunks:
            return _failed([(key, signed.message, signed.signature) for signed, key in checking.checks])
        try:
            return [first + at for first, future in checking.chunks for at in future.result()]
        except BrokenProcessPool as error:
            raise self._broken() from error

    def _broken(self) -> StoreError:
        self.close()
        return StoreError("worker", "a process that checks signatures has ended")


def _failed(checks: Sequence[tuple[bytes, bytes, bytes]]) -> list[int]:
    """The positions of (key, message, signature) that do not hold."""
    return [at for at, check in enumerate(checks) if not crypto.verify(*check)]


def _step_back() -> None:
    """Let the process that settles go first, for all wait for it; and leave Ctrl-C to it."""
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
