"""Edge: the reports in a directory, each verified with the root key before anything of it is shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Final

from shuangli.crypto import sha256
from shuangli.errors import BadInput, Malformed, ProtocolError
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.event_facts import WAITS, waits_of
from shuangli.messages.events import Event
from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.books import BOOKS_FILE, Books, FileSource
from shuangli.offline.periods.directory import SEQUENCES, files_below, verify_directory
from shuangli.offline.periods.figures import told
from shuangli.offline.periods.file import (
    EVIDENCE_FOLDER,
    LOG_FILE,
    REPORT_FILE,
    ReportFile,
    read_sequence,
    size_in_sequence,
)
from shuangli.offline.periods.verifying import VerifiedPeriod
from shuangli.operator.console.cases import second_spend_of
from shuangli.operator.console.index import Index, Place, TellingEntry

MOST_OPEN: Final = 16
"""Verified reports that are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfRow:
    """A report on the shelf: its directory's name and what it says of itself; unread if it is none."""

    name: str
    report: PeriodReport | None


class OpenReport:
    """A verified report and the directory that it lies in.

    Attributes:
        verified: what verification has found
    """

    def __init__(self, directory: Path, root: bytes) -> None:
        """Verify the report in a directory.

        Raises:
            Malformed, Unverified: why it does not hold.
            BadInput: a file cannot be read (`bad-file`).
        """
        self._directory = directory
        self._root = root
        self._files = files_below(directory, but=SEQUENCES)
        self.verified: VerifiedPeriod = verify_directory(directory, self._files, root=root)

    @property
    def report(self) -> PeriodReport:
        """The report itself."""
        return self.verified.report

    @property
    def evidence(self) -> dict[str, bytes]:
        """The evidence by the name of its file, without its folder."""
        start = f"{EVIDENCE_FOLDER}/"
        return {
            name.removeprefix(start): data for name, data in self._files.items() if name.startswith(start)
        }

    def file(self, name: str) -> bytes:
        """A file of the report.

        Raises:
            BadInput: it has none of this name (`bad-value`).
        """
        if name not in self._files:
            raise BadInput("bad-value", f"the report has no file {name}")
        return self._files[name]

    @cached_property
    def index(self) -> Index:
        """What pages need of the entries: made when it is asked for first, in one pass over the log."""
        index = Index(self.report)
        for entry, place in self._from(0, Place(0, 0)):
            index.add(entry, place)
        return index

    def entry(self, number: int) -> TellingEntry:
        """An entry of the log up to the period's end, with the figures that it tells.

        Raises:
            BadInput: there is none of this number (`bad-value`).
        """
        if not 0 <= number < self.report.span.end:
            raise BadInput("bad-value", f"the report has no entry {number}")
        first, place = self.index.place_of(number)
        return next(entry for entry, _ in self._from(first, place) if entry.number == number)

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

    def _from(self, number: int, place: Place) -> Iterator[tuple[TellingEntry, Place]]:
        """The entries from one on that begins at a place, up to the period's end, and where each begins."""
        origin, log_at, books_at = self.report.origin, place.log, [place.books]

        def counted(items: Iterator[bytes]) -> Iterator[bytes]:
            for item in items:
                books_at[0] += size_in_sequence(item)
                yield item

        with (
            (self._directory / LOG_FILE).open("rb") as log,
            (self._directory / BOOKS_FILE).open("rb") as more,
        ):
            log.seek(place.log)
            more.seek(place.books)
            books = Books(FileSource(counted(read_sequence(more))), origin=origin)
            for at, data in enumerate(islice(read_sequence(log), self.report.span.end - number), number):
                event, begins = Event.decode(data), Place(log_at, books_at[0])
                figures = (*told(event, central=origin == CENTRE_ORIGIN), *books.told_by(at, event))
                yield TellingEntry(at, event, figures), begins
                log_at += size_in_sequence(data)


class Shelf:
    """The reports that lie below a directory, one in each."""

    def __init__(self, directory: Path, root: bytes) -> None:
        """Show what lies in `directory`, verified with the `root` key; it need not be there yet."""
        self._directory = directory
        self._open = lru_cache(maxsize=MOST_OPEN)(lambda name, _made: OpenReport(directory / name, root))

    def rows(self) -> list[ShelfRow]:
        """All reports, the newest period first; nothing of them is verified yet."""
        found = [
            ShelfRow(name=name, report=_read(self._directory / name / REPORT_FILE)) for name in self._names()
        ]
        return sorted(found, key=_newest_first)

    def open(self, name: str) -> OpenReport:
        """The report of this name, verified.

        Raises:
            BadInput: there is none (`bad-value`).
            Malformed, Unverified: why it does not hold.
        """
        if name not in self._names():
            raise BadInput("bad-value", f"there is no report {name}")
        try:
            return self._open(name, (self._directory / name / REPORT_FILE).stat().st_mtime_ns)
        except OSError as error:
            where = Path(error.filename or name).name
            raise Malformed("shape", f"{where}: {error.strerror or error}") from error

    def _names(self) -> list[str]:
        return sorted(path.parent.name for path in self._directory.glob(f"*/{REPORT_FILE}"))


def _newest_first(row: ShelfRow) -> tuple[bool, int, str]:
    return row.report is None, -row.report.span.until_s if row.report is not None else 0, row.name


def _read(path: Path) -> PeriodReport | None:
    try:
        return PeriodReport.parse(ReportFile.decode(path.read_bytes()).report)
    except (OSError, ProtocolError):
        return None
