"""Edge: the reports in a directory, each verified with the root key before anything of it is shown."""

import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from shuangli.crypto import sha256
from shuangli.errors import BadInput, ProtocolError, ShuangliError
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.event_facts import WAITS, waits_of
from shuangli.messages.events import Event
from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.books import Books
from shuangli.offline.periods.directory import contents_at, in_tables, long_files, report_file
from shuangli.offline.periods.figures import told
from shuangli.offline.periods.file import EVIDENCE_FOLDER, REPORT_FILE, ReportFile
from shuangli.operator.console.cases import second_spend_of
from shuangli.operator.console.index import TellingEntry
from shuangli.operator.console.opening import Opened, Opening, open_report, unreadable

_Key = tuple[str | int, ...]
"""A report by its directory's name, and when its file, its log and its books were written, and how long."""

MOST_OPEN: Final = 16
"""Verified reports that are remembered."""
FEWEST_BYTES: Final = 2_000_000
"""Logs with their books that are worth a process of their own: from half a second of work on."""
PATIENCE_S: Final = 10.0
"""How long a page waits for a report that is being opened, before it says how far that is."""
MOST_WAITING: Final = 4
"""Pages that wait so at once; the service has other things to do as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfRow:
    """A report on the shelf: its directory's name and what it says of itself; unread if it is none."""

    name: str
    report: PeriodReport | None


class StillOpening(Exception):
    """A report is being verified: nothing of it is shown yet.

    Attributes:
        name: its directory's name
        entries_read: how many entries of its log have been read
        entries: how many it says that there are
    """

    def __init__(self, name: str, *, entries_read: int, entries: int) -> None:
        """Say how far it is."""
        super().__init__(name)
        self.name = name
        self.entries_read = entries_read
        self.entries = entries


class OpenReport:
    """A verified report and the directory that it lies in.

    Attributes:
        report: the report itself
        index: what pages need of its entries
    """

    def __init__(self, directory: Path, root: bytes, opened: Opened) -> None:
        """Show what was `opened` in a directory."""
        self._directory = directory
        self._root = root
        self._files = opened.files
        self._long_files = long_files(directory)
        self.report = PeriodReport.parse(ReportFile.decode(opened.files[REPORT_FILE]).report)
        self.index = opened.index

    @property
    def evidence(self) -> dict[str, bytes]:
        """The evidence by the name of its file, without its folder."""
        start = f"{EVIDENCE_FOLDER}/"
        return {
            name.removeprefix(start): data for name, data in self._files.items() if name.startswith(start)
        }

    @property
    def file_names(self) -> list[str]:
        """All files that it takes to verify the report, but the evidence."""
        names = [name for name in sorted(self._files) if not name.startswith(f"{EVIDENCE_FOLDER}/")]
        return [*self._long_files, *names]

    def file(self, name: str) -> bytes:
        """A file of the report.

        Raises:
            BadInput: it has none of this name (`bad-value`).
        """
        if name not in self._files:
            raise BadInput("bad-value", f"the report has no file {name}")
        return self._files[name]

    def long_file(self, name: str) -> Path | None:
        """Where a file lies that is too long to be kept in memory: the log, the books; None if it is none."""
        return self._directory / name if name in self._long_files else None

    def entry(self, number: int) -> TellingEntry:
        """An entry of the log up to the period's end, with the figures that it tells.

        Raises:
            BadInput: there is none of this number (`bad-value`).
            StoreError: the log or the books cannot be read now (`unavailable`).
        """
        try:
            return self._entry(number)
        except OSError as error:
            raise unreadable(error) from error

    def _entry(self, number: int) -> TellingEntry:
        if not 0 <= number < self.report.span.end:
            raise BadInput("bad-value", f"the report has no entry {number}")
        first, place = self.index.place_of(number)
        central = self.report.origin == CENTRE_ORIGIN
        with contents_at(self._directory, place, alone=False) as contents:
            books = Books(contents.books, origin=self.report.origin)
            found = (
                TellingEntry(at, event, [*told(event, central=central), *books.told_by(at, event)])
                for at, event in enumerate(map(Event.decode, contents.entries), first)
            )
            return next(entry for entry in found if entry.number == number)

    @cached_property
    def delays(self) -> list[tuple[str, int]]:
        """How many cases of the period were found how long after the second spend, by classes of time."""
        found_s = self.index.found_s
        delays = [
            (second_spend_s, found_s[sha256(data)])
            for data in self.evidence.values()
            if (second_spend_s := second_spend_of(data, root=self._root)) is not None
            and sha256(data) in found_s
        ]
        classes = b"".join(waits_of([spent_s], received_s=at_s) for spent_s, at_s in delays)
        return [(name, classes.count(number)) for number, (name, _) in enumerate(WAITS)]


class Shelf:
    """The reports that lie below a directory, one in each."""

    def __init__(
        self,
        directory: Path,
        root: bytes,
        *,
        fewest_bytes: int = FEWEST_BYTES,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Show what lies in `directory`, verified with the `root` key; it need not be there yet."""
        self._directory = directory
        self._root = root
        self._fewest_bytes = fewest_bytes
        self._patience_s = patience_s
        self._turn = threading.Semaphore()
        self._waiting = threading.Semaphore(MOST_WAITING)
        self._lock = threading.Lock()
        self._open: dict[_Key, OpenReport] = {}
        self._opening: dict[_Key, Opening] = {}

    def rows(self) -> list[ShelfRow]:
        """All reports, the newest period first; nothing of them is verified yet."""
        found = [
            ShelfRow(name=name, report=_read(self._directory / name))
            if name.isprintable()
            else ShelfRow(name=ascii(name)[1:-1], report=None)
            for name in self._names()
        ]
        return sorted(found, key=_newest_first)

    def open(self, name: str) -> OpenReport:
        """The report of this name, verified.

        Raises:
            BadInput: there is none (`bad-value`), or it takes the extra `archive` to read it (`bad-option`).
            Malformed, Unverified: why it does not hold.
            StillOpening: that is not known yet; ask again.
            StoreError: a file cannot be read (`unavailable`), or who verified it has ended (`worker`).
        """
        if name not in self._names():
            raise BadInput("bad-value", f"there is no report {name}")
        directory = self._directory / name
        try:
            found = [(directory / part).stat() for part in (REPORT_FILE, *long_files(directory))]
        except OSError as error:
            raise unreadable(error) from error
        key: _Key = name, *(number for one in found for number in (one.st_mtime_ns, one.st_size))
        with self._lock:
            known = self._open.get(key)
        if known is not None:
            return known
        # What is not known yet to be a table may bring down who reads it.
        if sum(one.st_size for one in found) < self._fewest_bytes and not in_tables(directory):
            opened = open_report(directory, self._root, progress=lambda _: None)
        else:
            opened = self._opened(key, directory)
        shown = OpenReport(directory, self._root, opened)
        with self._lock:
            self._open[key] = shown
            for other in [*self._open][:-MOST_OPEN]:
                del self._open[other]
        return shown

    def _opened(self, key: _Key, directory: Path) -> Opened:
        """What a worker has opened; it begins with who asks first."""
        with self._lock:
            if (opening := self._opening.get(key)) is None:
                opening = self._opening[key] = Opening(directory, self._root, self._turn)
        may_wait = self._waiting.acquire(blocking=False)
        try:
            opened = opening.result(self._patience_s if may_wait else 0)
        except ShuangliError:
            self._forget(key)
            raise
        finally:
            if may_wait:
                self._waiting.release()
        if opened is None:
            said = _read(directory)
            entries = 0 if said is None else said.size
            raise StillOpening(directory.name, entries_read=opening.entries_read, entries=entries)
        self._forget(key)
        return opened

    def _forget(self, key: _Key) -> None:
        with self._lock:
            self._opening.pop(key, None)

    def _names(self) -> list[str]:
        return sorted(path.parent.name for path in self._directory.glob(f"*/{REPORT_FILE}"))


def _newest_first(row: ShelfRow) -> tuple[bool, int, str]:
    return row.report is None, -row.report.span.until_s if row.report is not None else 0, row.name


def _read(directory: Path) -> PeriodReport | None:
    file = report_file(directory)
    try:
        return None if file is None else PeriodReport.parse(file.report)
    except ProtocolError:
        return None
