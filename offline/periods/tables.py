"""A report's tables: its figures, the entries that they are added up from, the log and the books. Pure.

They follow from the signed report and its log, byte for byte. So nobody has to sign them, and whoever has the
report compares them row by row. `LOG` and `BOOKS` hold the entries themselves, so that a report can be
verified from them as well (`shuangli.offline.periods.rows`).
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from shuangli.books import Entry
from shuangli.data_package import Column
from shuangli.errors import Unverified
from shuangli.merkle import leaf_hash
from shuangli.messages.event_shapes import FACTS
from shuangli.messages.events import Event
from shuangli.messages.period_report import PeriodReport
from shuangli.offline.periods.books import decode_entry

EXPORTED: Final = "exported"
"""The folder of a report's directory in which its tables and pages lie."""
Row = tuple[int | str | bytes, ...]


class Table(NamedTuple):
    """A table: what it is called, what a row is, what its columns hold, and the formats that there are."""

    name: str
    about: str
    columns: tuple[Column, ...]
    formats: tuple[str, ...] = ("csv", "parquet")


FIGURES: Final = Table(
    "figures",
    "every figure of the report, the period's flows first, in order of their names",
    (
        Column("report", "string", "", "the report's id: the SHA-256 of what is signed, in hex"),
        Column("where", "string", "", "`period` for a flow, `end` for the state at its end"),
        Column("group", "string", "", "the first word of the figure's name"),
        Column("of", "string", "", "whose or which: an operator, epoch, tier, account, class or day"),
        Column("figure", "string", "", "what is counted; whole fen where it ends in `_fen`"),
        Column("value", "int64", "", "its value"),
    ),
)
ENTRIES: Final = Table(
    "entries",
    "every entry of the period in the audit log, in its order",
    (
        Column("report", "string", "", "the report's id, as in `figures`"),
        Column("entry", "int64", "", "its number in the log"),
        Column("at_s", "int64", "s", "when it was logged, since 1970"),
        Column("kind", "string", "", "what has happened"),
        Column("operator", "string", "", "whom it concerns; empty for nobody"),
        Column("leaf", "string", "", "the hash of its leaf in the log's tree, in hex"),
        Column("facts", "string", "", "what it tells, as JSON; bytes in hex"),
    ),
)
LOG: Final = Table(
    "log",
    "every entry of the audit log up to the report's checkpoint, in its order, from the first one on",
    (
        Column("entry", "int64", "", "its number in the log, from 0"),
        Column("at_s", "int64", "s", "when it was logged, since 1970"),
        Column("kind", "string", "", "what has happened"),
        Column("operator", "string", "", "whom it concerns; empty for nobody"),
        Column("data", "binary", "", "the entry, word for word: its leaf is SHA-256(0x00 || data)"),
    ),
    ("parquet",),
)
BOOKS: Final = Table(
    "books",
    "every entry of the books that the log tells of, in the order in which it does",
    (
        Column("position", "int64", "", "its place in this order, from 0"),
        Column("at_s", "int64", "s", "when it was booked, since 1970"),
        Column("kind", "string", "", "what has happened"),
        Column("reference", "string", "", "what it is about, in hex"),
        Column("postings", "string", "", "accounts and amounts in fen, debit positive, as JSON"),
        Column("data", "binary", "", "the entry, word for word"),
    ),
    ("parquet",),
)
TABLES: Final = (FIGURES, ENTRIES, LOG, BOOKS)


def figure_rows(report: PeriodReport) -> Iterator[Row]:
    """The rows of `FIGURES`."""
    report_id = report.signed.id.hex()
    for where, figures in (("period", report.flows), ("end", report.stocks)):
        for name in sorted(figures):
            group, _, rest = name.partition(".")
            of, _, figure = rest.rpartition(".")
            yield report_id, where, group, of, figure, figures[name]


def entry_rows(report: PeriodReport, entries: Iterable[bytes]) -> Iterator[Row]:
    """The rows of `ENTRIES`; `entries` are the log's from its first one on."""
    report_id = report.signed.id.hex()
    for number, data in enumerate(entries):
        if number >= report.span.end:
            return
        if number >= report.span.first:
            event = Event.decode(data)
            yield report_id, number, *shown_of_event(event), leaf_hash(data).hex(), _facts(event)


def log_rows(entries: Iterable[bytes]) -> Iterator[Row]:
    """The rows of `LOG`."""
    for number, data in enumerate(entries):
        yield number, *shown_of_event(Event.decode(data)), data


def shown_of_event(event: Event) -> tuple[int, str, str]:
    """What `LOG` shows of an entry beside its number and its bytes, and `ENTRIES` too."""
    return event.at_s, event.kind.name.lower(), event.operator


def book_rows(books: Iterable[bytes]) -> Iterator[Row]:
    """The rows of `BOOKS`."""
    for position, data in enumerate(books):
        yield position, *shown_of_entry(decode_entry(data)), data


def shown_of_entry(entry: Entry) -> tuple[int, str, str, str]:
    """What `BOOKS` shows of an entry beside its position and its bytes."""
    postings = json.dumps(entry.postings, ensure_ascii=False, separators=(",", ":"))
    return entry.at_s, entry.kind, entry.reference.hex(), postings


def _facts(event: Event) -> str:
    names = FACTS[event.kind].facts
    told: dict[str, object] = {
        name: fact.hex() if isinstance(fact, bytes) else fact
        for name, fact in zip(names, event.facts, strict=False)
    }
    if each := event.each():
        told["each"] = each
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def csv_lines(table: Table, rows: Iterable[Row]) -> Iterator[str]:
    """A table as CSV (RFC 4180, UTF-8): its head, then a line for each row."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in _with_head(table, rows):
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _with_head(table: Table, rows: Iterable[Row]) -> Iterator[Row]:
    yield tuple(column.name for column in table.columns)
    yield from rows


def check_rows(path: str, found: Iterable[object], expected: Iterable[object]) -> None:
    """Make sure that a table's rows are those that follow from the report.

    Raises:
        Unverified: which row is not, counted from 1 (`report`).
    """
    others, nothing = iter(found), object()
    number = 0
    for number, row in enumerate(expected, 1):
        if (other := next(others, nothing)) != row:
            what = "is missing" if other is nothing else "is not what the log tells"
            raise Unverified("report", f"{path}: row {number} {what}")
    if next(others, nothing) is not nothing:
        raise Unverified("report", f"{path}: row {number + 1} is not in the log")
