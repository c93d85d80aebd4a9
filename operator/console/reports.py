"""Edge: the reports in a directory, each verified with the root key before anything of it is shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from shuangli.errors import BadInput, Malformed, ProtocolError
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.events import Event
from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.books import Books, FileSource
from shuangli.offline.periods.directory import SEQUENCES, files_below, sequences_in, verify_directory
from shuangli.offline.periods.figures import Path as FigurePath
from shuangli.offline.periods.figures import told
from shuangli.offline.periods.file import EVIDENCE_FOLDER, REPORT_FILE, ReportFile
from shuangli.offline.periods.verifying import VerifiedPeriod

MOST_OPEN: Final = 16
"""Verified reports that are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingEntry:
    """An entry of the log, by its number, and the figures that it tells."""

    number: int
    event: Event
    told: tuple[tuple[FigurePath, int], ...]


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

    def entries(self) -> Iterator[TellingEntry]:
        """All entries of the log up to the period's end, with the figures that each tells."""
        origin = self.report.origin
        with sequences_in(self._directory) as (entries, sequence):
            books = Books(FileSource(sequence), origin=origin)
            for number, data in enumerate(entries):
                if number == self.report.span.end:
                    return
                event = Event.decode(data)
                figures = [*told(event, central=origin == CENTRE_ORIGIN), *books.told_by(number, event)]
                yield TellingEntry(number=number, event=event, told=tuple(figures))


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
