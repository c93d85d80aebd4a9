"""Edge: the worker processes of a run, and the pipes to them.

A cell worker plays some cells; a branch worker runs one operator on its own database. Each answers the
orders that come over its pipe until there are no more. What goes wrong in a worker is raised here as
an error of this process; a worker that dies is one clear error, too.
"""

import gc
import multiprocessing
import os
import resource
import signal
from collections.abc import Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from shuangli.errors import ShuangliError, StoreError
from shuangli.sims.branch import Branch
from shuangli.sims.cell import Cell
from shuangli.sims.plan import CellPlan
from shuangli.sims.system import Anchors, SystemPlan, make_bank
from shuangli.sims.uplink import Ask


class Failed(NamedTuple):
    """What a worker says when an error on purpose ended it."""

    code: str
    detail: str


class Worker:
    """A process that works for this one, and the pipe to it."""

    def __init__(self, name: str, target: Any, *arguments: object) -> None:
        """Start `target(pipe, *arguments)` in a process of its own."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=target, args=(theirs, *arguments), name=name, daemon=True)
        # An interrupt is for the main process; a worker inherits that it meets none, even while it starts.
        # Starting the tracker of `multiprocessing` would let interrupts through again.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def send(self, order: object) -> None:
        """Give the worker an order.

        Raises:
            StoreError: it is gone, or an error ended it.
        """
        try:
            self._pipe.send(order)
        except OSError:
            # It may have said why before it went; what it said until then is of no use any more.
            while True:
                self.receive()

    def receive(self) -> Any:
        """What the worker says next.

        Raises:
            StoreError: it is gone, or an error ended it.
        """
        try:
            said = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise self._gone() from error
        if isinstance(said, Failed):
            raise StoreError(said.code, said.detail)
        return said

    def _gone(self) -> StoreError:
        self._process.join(1)
        how = f"exit code {self._process.exitcode}"
        return StoreError(
            "worker", f"the process {self._process.name} ended before its work was done ({how})"
        )

    def stop(self) -> None:
        """End the worker, whatever it is doing."""
        self._pipe.close()
        self._process.terminate()
        self._process.join()


class Workers:
    """All workers of a run; they end with it."""

    def __init__(self) -> None:
        """Nobody works yet."""
        self._workers: list[Worker] = []

    def start(self, name: str, target: Any, *arguments: object) -> Worker:
        """Start a worker."""
        worker = Worker(name, target, *arguments)
        self._workers.append(worker)
        return worker

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.stop()


def peak_rss() -> tuple[int, int]:
    """This process and its peak of resident memory: (process id, KiB)."""
    return os.getpid(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def work_cells(pipe: Connection, plans: Sequence[CellPlan], anchors: Anchors) -> None:
    """Play windows: (start, end, answers by cell) -> [(cell, Played)]; None -> ([(cell, report)], memory)."""
    gc.disable()  # millions of objects without cycles: collecting them costs a third of the time
    try:
        cells = {plan.number: Cell(plan, anchors) for plan in plans}
        while (order := pipe.recv()) is not None:
            start_s, end_s, answers = order
            played = [(number, cell.play(start_s, end_s, answers[number])) for number, cell in cells.items()]
            pipe.send(played)
        pipe.send(([(number, cell.report()) for number, cell in cells.items()], peak_rss()))
    except ShuangliError as error:
        pipe.send(Failed(error.code, str(error)))
    except (EOFError, OSError):
        return


def work_branch(pipe: Connection, plan: SystemPlan, anchors: Anchors, index: int, directory: Path) -> None:
    """Run an operator: (newer revocation list or nothing, batches of asks) -> answers; None -> report.

    The issuer's word comes in between: for every batch the questions go out before the replies to the
    batch before it are awaited.
    """
    gc.disable()  # as above
    try:
        bank, key = make_bank(plan, anchors, index, directory)
        branch = Branch(bank)
        while (order := pipe.recv()) is not None:
            revocations, batches = order
            if revocations:
                branch.revoke(revocations)
            with branch.transaction():
                for number, asks in enumerate(batches):
                    pipe.send(branch.begin(asks))
                    if number:
                        branch.resume(pipe.recv())
                branch.resume(pipe.recv())
            pipe.send(branch.answers())
        pipe.send((branch.report(signatures_made=key.made), peak_rss()))
        bank.store.close()
    except ShuangliError as error:
        pipe.send(Failed(error.code, str(error)))
    except (EOFError, OSError):
        return


def batches_of(asks: Sequence[Ask], batch_bytes: int) -> list[list[Ask]]:
    """Cut asks into batches that end when they hold `batch_bytes` or more; at least one batch."""
    batches: list[list[Ask]] = [[]]
    size = 0
    for ask in asks:
        if size >= batch_bytes:
            batches.append([])
            size = 0
        batches[-1].append(ask)
        size += len(ask.data)
    return batches
