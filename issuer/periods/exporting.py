"""Edge: a verified report's tables and pages in files, for people and programs; and whether they still fit.

    exported/figures.csv  .parquet   exported/report.html
    exported/entries.csv  .parquet   exported/report.pdf     exported/datapackage.json

They follow from what was signed, and name the report by its id. The descriptor names the tables there are.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shuangli.data_package import package, resource
from shuangli.errors import BadInput, Unverified
from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.directory import sequences_in
from shuangli.offline.periods.page import instant, report_page
from shuangli.offline.periods.tables import (
    EXPORTED,
    FIGURES,
    TABLES,
    Row,
    Table,
    check_rows,
    csv_lines,
    entry_rows,
    figure_rows,
)

FORMATS: Final = ("csv", "parquet", "html", "pdf")
PACKAGE: Final = "datapackage.json"
HTML: Final = "report.html"
PDF: Final = "report.pdf"


def export(directory: Path, report: PeriodReport, formats: Sequence[str]) -> list[str]:
    """Write a verified report in these formats, into its directory; gives the names of all files there.

    Raises:
        BadInput: a format needs a package that is not there (`bad-option`).
        OSError: a file cannot be written.
    """
    out = directory / EXPORTED
    out.mkdir(exist_ok=True)
    for table in TABLES:
        if "csv" in formats:
            with (out / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
                file.writelines(csv_lines(table, _rows(directory, report, table)))
        if "parquet" in formats:
            _write_parquet(table, _rows(directory, report, table), out / f"{table.name}.parquet")
    if "html" in formats:
        (out / HTML).write_bytes(report_page(report))
    if "pdf" in formats:
        (out / PDF).write_bytes(_pdf(report))
    (out / PACKAGE).write_bytes(_descriptor(out, report))
    return sorted(path.name for path in out.iterdir())


def check_exported(directory: Path, report: PeriodReport) -> int:
    """Make sure that what was exported follows from the verified report; says how many files there are.

    Raises:
        Unverified: which file does not, and which row of a table (`report`).
        BadInput: a format needs a package that is not there (`bad-option`).
        OSError: a file cannot be read.
    """
    out = directory / EXPORTED
    paths = sorted(out.iterdir()) if out.is_dir() else []
    by_name = {f"{table.name}.{kind}": table for table in TABLES for kind in ("csv", "parquet")}
    for path in paths:
        shown = f"{EXPORTED}/{path.name}"
        if (table := by_name.get(path.name)) is not None:
            _check_table(shown, path, table, _rows(directory, report, table))
        elif path.name not in (HTML, PDF, PACKAGE):
            raise Unverified("report", f"{shown} is not part of the report")
    for path in paths:
        if path.name not in by_name and path.read_bytes() != _made(path.name, out, report):
            raise Unverified("report", f"{EXPORTED}/{path.name} does not show what was signed")
    return len(paths)


def _made(name: str, out: Path, report: PeriodReport) -> bytes:
    if name == HTML:
        return report_page(report)
    return _pdf(report) if name == PDF else _descriptor(out, report)


def _rows(directory: Path, report: PeriodReport, table: Table) -> Iterator[Row]:
    if table is FIGURES:
        yield from figure_rows(report)
    else:
        with sequences_in(directory) as (entries, _):
            yield from entry_rows(report, entries)


def _check_table(shown: str, path: Path, table: Table, rows: Iterator[Row]) -> None:
    head = tuple(column.name for column in table.columns)
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="", errors="replace") as file:
            found = iter(file.readline, "")
            expected = csv_lines(table, rows)
            _check_head(shown, next(found, None), next(expected))
            check_rows(shown, found, expected)
    else:
        frame = _parquet_rows(path)
        _check_head(shown, next(frame), head)
        check_rows(shown, frame, rows)


def _check_head(shown: str, found: object, expected: object) -> None:
    if found != expected:
        raise Unverified("report", f"{shown}: its columns are not those of the table")


def _descriptor(out: Path, report: PeriodReport) -> bytes:
    span = report.span
    resources = [
        resource(
            f"{table.name}.{kind}", table.about, table.columns, data.read_bytes(), name=f"{table.name}-{kind}"
        )
        for table in TABLES
        for kind in ("csv", "parquet")
        if (data := out / f"{table.name}.{kind}").is_file()
    ]
    described = package(
        f"shuangli-report-{report.signed.id.hex()[:16]}",
        f"Report of {report.origin}, {instant(span.from_s)} to {instant(span.until_s)}",
        resources,
        id=f"sha256:{report.signed.id.hex()}",
    )
    return (json.dumps(described, indent=2, ensure_ascii=False) + "\n").encode()


@contextmanager
def _asking_for(extra: str) -> Iterator[None]:
    """Say which extra is missing where a package is."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise BadInput("bad-option", f"this needs more: pip install 'shuangli[{extra}]'") from error


def _write_parquet(table: Table, rows: Iterator[Row], path: Path) -> None:
    with _asking_for("archive"):
        from shuangli.issuer.periods.parquet import write_parquet
    write_parquet(table, rows, path)


def _parquet_rows(path: Path) -> Iterator[Row]:
    with _asking_for("archive"):
        from shuangli.issuer.periods.parquet import parquet_rows
    return parquet_rows(path)


def _pdf(report: PeriodReport) -> bytes:
    with _asking_for("pdf"):
        from shuangli.issuer.periods.pdf import report_pdf
    return report_pdf(report)
