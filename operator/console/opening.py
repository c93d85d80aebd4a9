"""Edge: opening a report. It is verified and indexed in one pass, a long one in a process of its own.

A pass over a long log would keep wallets waiting in the service's own process. So a worker does it, which
steps back behind them and says how far it is; reports are opened one by one.
"""

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from shuangli.errors import Malformed, ShuangliError, StoreError
from shuangli.issuer.readers import step_back
from shuangli.messages.events import Event
from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.directory import SEQUENCES, Place, contents_at, files_below
from shuangli.offline.periods.file import REPORT_FILE, ReportFile
from shuangli.offline.periods.reading import Told
from shuangli.offline.periods.verifying import verify_period
from shuangli.operator.console.index import Index, TellingEntry

_TOLD_EVERY: Final = 4_096
"""Entries after which the worker says how far it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What is kept of a report that holds: its files but the log and the books, and its index."""

    files: dict[str, bytes]
    index: Index


def open_report(directory: Path, root: bytes, *, progress: Callable[[int], object]) -> Opened:
    """Verify the report in a directory with the `root` key, and index it; `progress` is told entries read.

    Raises:
        Malformed, Unverified: why it does not hold.
        BadInput: its log and books are tables, and the extra `archive` is not installed (`bad-option`).
        StoreError: a file of it cannot be read now (`unavailable`).
    """
    try:
        return _open(directory, root, progress)
    except OSError as error:
        raise unreadable(error) from error


def unreadable(error: OSError) -> ShuangliError:
    """What is said where a file of a report is missing, or is there and cannot be read now."""
    what = f"{Path(error.filename or '').name}: {error.strerror or error}"
    missing = isinstance(error, FileNotFoundError | NotADirectoryError)
    return Malformed("shape", what) if missing else StoreError("unavailable", what)


def _open(directory: Path, root: bytes, progress: Callable[[int], object]) -> Opened:
    files = files_below(directory, but=SEQUENCES)
    file = files.get(REPORT_FILE, b"")
    index = Index(PeriodReport.parse(ReportFile.decode(file).report).span)
    place = Place()
    with contents_at(directory, place) as contents:

        def watch(number: int, data: bytes, event: Event, told: Told) -> None:
            nonlocal place
            contents.check(number, event)
            index.add(TellingEntry(number, event, told), place)
            place = Place(place.log + contents.room(data), contents.books.at)
            if number % _TOLD_EVERY == 0:
                progress(number)

        verify_period(
            file,
            contents.entries,
            contents.books,
            {name: data for name, data in files.items() if name != REPORT_FILE},
            root=root,
            watch=watch,
        )
    return Opened(files=files, index=index)


class Opening:
    """A report that a worker opens.

    Attributes:
        entries_read: how many entries it has read so far; 0 while it waits for its turn
    """

    def __init__(self, directory: Path, root: bytes, turn: threading.Semaphore) -> None:
        """Begin as soon as it is its `turn`."""
        self.entries_read = 0
        self._found: Future[Opened] = Future()
        threading.Thread(target=self._follow, args=(directory, root, turn), daemon=True).start()

    def result(self, patience_s: float) -> Opened | None:
        """The report; None if it is not there after so many seconds.

        Raises:
            Malformed, Unverified, BadInput: what `open_report` raises.
            StoreError: the same; or the worker has ended (`worker`).
        """
        try:
            return self._found.result(patience_s)
        except TimeoutError:
            return None

    def _follow(self, directory: Path, root: bytes, turn: threading.Semaphore) -> None:
        context = multiprocessing.get_context("spawn")
        with turn:
            here, there = context.Pipe(duplex=False)
            worker = context.Process(target=_work, args=(there, directory, root), daemon=True)
            try:
                worker.start()
                there.close()
                while isinstance(said := here.recv(), int):
                    self.entries_read = said
                worker.join()
            except (EOFError, OSError):
                said = StoreError, "worker", "the process that verified the report has ended"
        if isinstance(said, Opened):
            self._found.set_result(said)
        else:
            fault, code, why = said
            self._found.set_exception(fault(code, why))


def _work(there: Connection, directory: Path, root: bytes) -> None:
    """Open a report, say how far it is, and at last what has come of it."""
    step_back()
    try:
        there.send(open_report(directory, root, progress=there.send))
    except ShuangliError as fault:
        there.send((type(fault), fault.code, str(fault)))
