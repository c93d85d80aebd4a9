"""Edge: a verified report's tables and pages in files, for people and programs; and whether they still fit.

    exported/figures.csv  .parquet   exported/log.parquet    exported/report.html
    exported/entries.csv  .parquet   exported/books.parquet  exported/report.pdf     exported/datapackage.json

They follow from what was signed, and name the report by its id. The descriptor names the tables there are.
The log and the books as tables are enough to verify the report from (`shuangli.offline.periods.directory`).
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shuangli.data_package import package, resource
from shuangli.errors import Unverified
from shuangli.extras import needs_extra
from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.books import BOOKS_FILE
from shuangli.offline.periods.directory import entries_of, in_tables
from shuangli.offline.periods.file import read_sequence
from shuangli.offline.periods.page import instant, report_page
from shuangli.offline.periods.tables import (
    BOOKS,
    ENTRIES,
    EXPORTED,
    FIGURES,
    LOG,
    TABLES,
    Row,
    Table,
    book_rows,
    check_rows,
    csv_lines,
    entry_rows,
    figure_rows,
    log_rows,
)

FORMATS: Final = ("csv", "parquet", "html", "pdf")
PACKAGE: Final = "datapackage.json"
HTML: Final = "report.html"
PDF: Final = "report.pdf"


def export(directory: Path, report: PeriodReport, formats: Sequence[str]) -> list[str]:
    """Write a verified report in these formats, into its directory; gives the names of all files there.

    Raises:
        BadInput: a format needs a package that is not there (`bad-option`).
        OSError: a file cannot be written; then it is not there.
    """
    out = directory / EXPORTED
    out.mkdir(exist_ok=True)
    for table in _derived(directory):
        if "csv" in formats and "csv" in table.formats:
            with (
                _whole(out / f"{table.name}.csv") as path,
                path.open("w", encoding="utf-8", newline="") as file,
            ):
                file.writelines(csv_lines(table, _rows(directory, report, table)))
        if "parquet" in formats:
            with _whole(out / f"{table.name}.parquet") as path:
                _write_parquet(table, _rows(directory, report, table), path)
    if "html" in formats:
        _write(out / HTML, report_page(report))
    if "pdf" in formats:
        _write(out / PDF, _pdf(report))
    _write(out / PACKAGE, _descriptor(out, report))
    return sorted(path.name for path in out.iterdir())


def _write(path: Path, data: bytes) -> None:
    with _whole(path):
        path.write_bytes(data)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Leave no part of a file that could not be written: a report beside a table that is cut is no good."""
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def check_exported(directory: Path, report: PeriodReport) -> int:
    """Make sure that what was exported follows from the verified report; says how many files there are.

    Raises:
        Unverified: which file does not, and which row of a table (`report`).
        BadInput: a format needs a package that is not there (`bad-option`).
        OSError: a file cannot be read.
    """
    out = directory / EXPORTED
    paths = sorted(out.iterdir()) if out.is_dir() else []
    by_name = {f"{table.name}.{kind}": table for table in TABLES for kind in table.formats}
    derived = _derived(directory)
    for path in paths:
        shown = f"{EXPORTED}/{path.name}"
        if (table := by_name.get(path.name)) is not None:
            if table in derived:
                _check_table(shown, path, table, _rows(directory, report, table))
        elif path.name not in (HTML, PDF, PACKAGE):
            raise Unverified("report", f"{shown} is not part of the report")
    for path in paths:
        if path.name not in by_name and path.read_bytes() != _made(path.name, out, report):
            not_right = "describe the tables beside it" if path.name == PACKAGE else "show what was signed"
            raise Unverified("report", f"{EXPORTED}/{path.name} does not {not_right}")
    return len(paths)


def _made(name: str, out: Path, report: PeriodReport) -> bytes:
    if name == HTML:
        return report_page(report)
    return _pdf(report) if name == PDF else _descriptor(out, report)


def _derived(directory: Path) -> list[Table]:
    """The tables that follow from what was verified: not those that it was verified from."""
    return [table for table in TABLES if table not in (LOG, BOOKS) or not in_tables(directory)]


def _rows(directory: Path, report: PeriodReport, table: Table) -> Iterator[Row]:
    if table is FIGURES:
        yield from figure_rows(report)
    elif table is BOOKS:
        with (directory / BOOKS_FILE).open("rb") as books:
            yield from book_rows(read_sequence(books))
    else:
        with entries_of(directory) as entries:
            yield from entry_rows(report, entries) if table is ENTRIES else log_rows(entries)


def _check_table(shown: str, path: Path, table: Table, rows: Iterator[Row]) -> None:
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="", errors="replace") as file:
            found = iter(file.readline, "")
            expected = csv_lines(table, rows)
            if next(found, None) != next(expected):
                raise Unverified("report", f"{shown}: its columns are not those of the table")
            check_rows(shown, found, expected)
    else:
        check_rows(shown, _parquet_rows(path, table), rows)


def _descriptor(out: Path, report: PeriodReport) -> bytes:
    span = report.span
    resources = [
        resource(
            f"{table.name}.{kind}", table.about, table.columns, data.read_bytes(), name=f"{table.name}-{kind}"
        )
        for table in TABLES
        for kind in table.formats
        if (data := out / f"{table.name}.{kind}").is_file()
    ]
    described = package(
        f"shuangli-report-{report.signed.id.hex()[:16]}",
        f"Report of {report.origin}, {instant(span.from_s)} to {instant(span.until_s)}",
        resources,
        id=f"sha256:{report.signed.id.hex()}",
    )
    return (json.dumps(described, indent=2, ensure_ascii=False) + "\n").encode()


def _write_parquet(table: Table, rows: Iterator[Row], path: Path) -> None:
    with needs_extra("archive", "this"):
        from shuangli.offline.periods.parquet import write_parquet
    write_parquet(table, rows, path)


def _parquet_rows(path: Path, table: Table) -> Iterator[Row]:
    with needs_extra("archive", "this"):
        from shuangli.offline.periods.parquet import parquet_rows
    return parquet_rows(path, table)


def _pdf(report: PeriodReport) -> bytes:
    with needs_extra("pdf", "this"):
        from shuangli.offline.periods.pdf import report_pdf
    return report_pdf(report)
