"""Edge: the reports in a directory, each verified with the root key before anything of it is shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from shuangli.errors import BadInput, Malformed, ProtocolError
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.events import Event
from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.books import BOOKS_FILE, Books, FileSource
from shuangli.offline.periods.figures import Path as FigurePath
from shuangli.offline.periods.figures import told
from shuangli.offline.periods.file import EVIDENCE_FOLDER, LOG_FILE, REPORT_FILE, ReportFile, read_sequence
from shuangli.offline.periods.verifying import VerifiedPeriod, verify_period

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
        names = (REPORT_FILE, LOG_FILE, BOOKS_FILE)
        files = {
            path.relative_to(directory).as_posix(): path.read_bytes()
            for path in sorted(directory.rglob("*"))
            if path.is_file() and path.name not in names
        }
        self._files = files
        with self._sequences() as (entries, books):
            self.verified: VerifiedPeriod = verify_period(
                (directory / REPORT_FILE).read_bytes(), entries, books, files, root=root
            )

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
        if name == REPORT_FILE:
            return (self._directory / name).read_bytes()
        if name not in self._files:
            raise BadInput("bad-value", f"the report has no file {name}")
        return self._files[name]

    def entries(self) -> Iterator[TellingEntry]:
        """All entries of the log up to the period's end, with the figures that each tells."""
        origin = self.report.origin
        with self._sequences() as (entries, sequence):
            books = Books(FileSource(sequence), origin=origin)
            for number, data in enumerate(entries):
                if number == self.report.span.end:
                    return
                event = Event.decode(data)
                figures = [*told(event, central=origin == CENTRE_ORIGIN), *books.told_by(number, event)]
                yield TellingEntry(number=number, event=event, told=tuple(figures))

    @contextmanager
    def _sequences(self) -> Iterator[tuple[Iterator[bytes], Iterator[bytes]]]:
        with (
            (self._directory / LOG_FILE).open("rb") as log,
            (self._directory / BOOKS_FILE).open("rb") as books,
        ):
            yield read_sequence(log), read_sequence(books)


class Shelf:
    """The reports that lie below a directory, one in each."""

    def __init__(self, directory: Path, root: bytes) -> None:
        """Show what lies in `directory`, verified with the `root` key; it need not be there yet."""
        self._directory = directory
        self._open = lru_cache(maxsize=MOST_OPEN)(lambda name, _made: OpenReport(directory / name, root))

    def rows(self) -> list[ShelfRow]:
        """All reports, the newest period first; nothing of them is verified yet."""
        found = [
            ShelfRow(name=path.parent.name, report=_read(path))
            for path in sorted(self._directory.glob(f"*/{REPORT_FILE}"))
        ]
        return sorted(
            found,
            key=lambda row: (row.report is None, -(row.report.span.until_s if row.report else 0), row.name),
        )

    def open(self, name: str) -> OpenReport:
        """The report of this name, verified.

        Raises:
            BadInput: there is none (`bad-value`).
            Malformed, Unverified: why it does not hold.
        """
        if name not in {row.name for row in self.rows()}:
            raise BadInput("bad-value", f"there is no report {name}")
        try:
            return self._open(name, (self._directory / name / REPORT_FILE).stat().st_mtime_ns)
        except OSError as error:
            raise Malformed(
                "shape", f"{Path(error.filename or name).name}: {error.strerror or error}"
            ) from error


def _read(path: Path) -> PeriodReport | None:
    try:
        return PeriodReport.parse(ReportFile.decode(path.read_bytes()).report)
    except (OSError, ProtocolError):
        return None
