"""Edge: the workers of a run. Each is a generator that hears orders and says answers.

`work_cells` plays some cells; `work_branch` runs one operator on its own database. `order = yield HEAR` waits
for an order, `yield Say(answer)` gives an answer; after the order None a worker reports and ends.

A `Process` drives such a generator in a process of its own, over a pipe. `Inline` drives it in this one, when
its answer is asked for: for small runs, of which many share a machine. What a worker does depends on its
orders alone, so both lead to the same result. What goes wrong in a worker is raised here as an error of this
process; a process that dies is one clear error, too.
"""

import gc
import multiprocessing
import os
import resource
import signal
from collections import deque
from collections.abc import Callable, Generator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple

from shuangli.errors import ShuangliError, StoreError
from shuangli.sims.banks import Dies, premises
from shuangli.sims.branch import Branch
from shuangli.sims.cell import Cell
from shuangli.sims.plan import CellPlan
from shuangli.sims.system import Anchors, SystemPlan
from shuangli.sims.uplink import Ask


class Failed(NamedTuple):
    """What a worker says when an error on purpose ended it."""

    code: str
    detail: str


class Say(NamedTuple):
    """What a worker yields to give an answer."""

    answer: object


PROCESS_STATUS: Final = Path("/proc/self/status")
HEAR: Final = None
"""What a worker yields to be given an order."""

Work = Generator[Say | None, Any, None]
"""A worker at work."""


class Process:
    """A process that works for this one, and the pipe to it."""

    def __init__(self, name: str, work: Callable[..., Work], *arguments: object) -> None:
        """Start `work(*arguments)` in a process of its own."""
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_drive, args=(theirs, work), name=name, daemon=True)
        # An interrupt is for the main process; a worker inherits that it meets none, even while it starts.
        # Starting the tracker of `multiprocessing` would let interrupts through again.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        # Not as arguments of the process: a child that dies early would never read them, and be waited for.
        self.send(arguments)

    def send(self, order: object) -> None:
        """Give the worker an order.

        Raises:
            StoreError: it is gone, or an error ended it.
        """
        try:
            self.pipe.send(order)
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
            said = self.pipe.recv()
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
        self.pipe.close()
        self._process.terminate()
        self._process.join()


class Inline:
    """A worker in this process: it works when it is asked what it has to say."""

    def __init__(self, work: Callable[..., Work], *arguments: object) -> None:
        """Begin `work(*arguments)` when the first answer is asked for."""
        self._work = work(*arguments)
        self._orders: deque[object] = deque()

    def send(self, order: object) -> None:
        """Give the worker an order."""
        self._orders.append(order)

    def receive(self) -> Any:
        """What the worker says next.

        Raises:
            StoreError: an error ended it.
        """
        try:
            said = next(self._work)
            while said is HEAR:
                said = self._work.send(self._orders.popleft())
        except ShuangliError as error:
            raise StoreError(error.code, str(error)) from error
        return said.answer

    def stop(self) -> None:
        """End the worker."""
        self._work.close()


class Workers:
    """All workers of a run; they end with it."""

    def __init__(self, *, inline: bool) -> None:
        """Nobody works yet; they will in processes of their own, or all in this one."""
        self._inline = inline
        self._workers: list[Process | Inline] = []

    def start(self, name: str, work: Callable[..., Work], *arguments: object) -> Process | Inline:
        """Start a worker."""
        worker = Inline(work, *arguments) if self._inline else Process(name, work, *arguments)
        self._workers.append(worker)
        return worker

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.stop()


class Usage(NamedTuple):
    """What a process has used so far: its peak of resident memory, and processor time."""

    process: int
    peak_rss_kib: int
    cpu_s: float


def usage() -> Usage:
    """What this process has used so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Usage(os.getpid(), _peak_rss_kib(used.ru_maxrss), used.ru_utime + used.ru_stime)


def _peak_rss_kib(said_kib: int) -> int:
    """The peak of this process alone: on Linux, what `getrusage` says starts at what its parent had."""
    if not PROCESS_STATUS.exists():
        return said_kib
    return int(PROCESS_STATUS.read_text().partition("VmHWM:")[2].split()[0])


def _drive(pipe: Connection, work: Callable[..., Work]) -> None:
    """Let a worker hear and speak over a pipe, its arguments first; the program of its process."""
    gc.disable()  # millions of objects without cycles: collecting them costs a third of the time
    try:
        working = work(*pipe.recv())
        said = next(working)
        while True:
            if said is not HEAR:
                pipe.send(said.answer)
            said = next(working) if said is not HEAR else working.send(pipe.recv())
    except StopIteration:
        return
    except ShuangliError as error:
        pipe.send(Failed(error.code, str(error)))
    except (EOFError, OSError):
        return


def work_cells(plans: Sequence[CellPlan], anchors: Anchors) -> Work:
    """Play windows: (start, end, answers by cell) -> [(cell, Played)]; None -> ([(cell, report)], usage)."""
    cells = {plan.number: Cell(plan, anchors) for plan in plans}
    while (order := (yield HEAR)) is not None:
        start_s, end_s, answers = order
        yield Say([(number, cell.play(start_s, end_s, answers[number])) for number, cell in cells.items()])
    yield Say(([(number, cell.report()) for number, cell in cells.items()], usage()))


def work_branch(plan: SystemPlan, anchors: Anchors, index: int, directory: Path | None) -> Work:
    """Run an operator: (newer revocation list or nothing, batches of asks, whether it dies) -> answers.

    None -> report. The issuer's word comes in between: for every batch the questions go out before the
    replies to the batch before it are awaited. If it dies, it has heard all of them, and committed nothing.
    """
    place = premises(plan, anchors, index, directory)
    try:
        branch = Branch(place.bank(), place.inbox, plan.rate)
        while (order := (yield HEAR)) is not None:
            revocations, batches, dies = order
            if revocations:
                branch.revoke(revocations)
            try:
                with branch.transaction():
                    for number, asks in enumerate(batches):
                        yield Say(branch.begin(asks))
                        if number:
                            branch.resume((yield HEAR))
                    branch.resume((yield HEAR))
                    if dies:
                        raise Dies
            except Dies:
                branch.restart(place.bank())
            yield Say(branch.answers())
        yield Say((branch.report(signatures_made=place.key.made), usage()))
    finally:
        place.store.close()


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
