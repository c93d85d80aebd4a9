"""Edge: writes the report of a period into a directory, and files it in the log that it is of.

The log and the books stream into their files while they are added up. `report.cbor` is the last file, and
only then is the report filed: an entry in the log speaks of a report that there is.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from shuangli.books import Entry
from shuangli.codec import BYTES, head
from shuangli.database.audit import AuditLog
from shuangli.database.database import Database
from shuangli.database.ledger import LedgerStore
from shuangli.database.period_source import LedgerSource, span_of
from shuangli.errors import BadInput
from shuangli.issuer.logged import filed
from shuangli.messages.audit import Checkpoint
from shuangli.messages.period_report import NO_REPORT, PeriodReport
from shuangli.offline.periods.books import BOOKS_FILE, encode_entry
from shuangli.offline.periods.file import LOG_FILE, REPORT_FILE
from shuangli.offline.periods.writing import Author, write_period


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Whose report it is: a log with its books, in one database, and who signs for them.

    `transaction` opens one of the database's; `evidence` gives a case's by its number.
    """

    network: str
    author: Author
    database: Database
    log: AuditLog
    ledger: LedgerStore
    transaction: Callable[[], AbstractContextManager[None]]
    evidence: Callable[[int], bytes]


def write_report(
    party: Party, directory: Path, *, from_s: int, until_s: int, now_s: int, replaces: bytes = NO_REPORT
) -> PeriodReport:
    """Write the report of the period from `from_s` up to, and without, `until_s` into a new directory.

    Raises:
        BadInput: the directory is not empty or cannot be written (`bad-output`), or the period is not over.
        StoreError: the log and the books do not fit each other (`corrupt`).
    """
    with party.transaction():
        checkpoint = party.log.checkpoint(party.author.key, network=party.network, now_s=now_s)
        size, end_no = Checkpoint.parse(checkpoint).size, party.ledger.next_no()
    span = span_of(party.log, size=size, from_s=from_s, until_s=until_s)
    try:
        _make_empty(directory)
        with (directory / LOG_FILE).open("wb") as log, (directory / BOOKS_FILE).open("wb") as books:
            report, files = write_period(
                party.author,
                span=span,
                checkpoint=checkpoint,
                entries=_copied(party.log.entries(0, size), log),
                books=LedgerSource(party.database, end_no=end_no, taken=_into(books)),
                evidence=party.evidence,
                more={},
                made_at_s=now_s,
                replaces=replaces,
            )
        last = files.pop(REPORT_FILE)
        for name, data in files.items():
            (directory / name).parent.mkdir(exist_ok=True)
            (directory / name).write_bytes(data)
        (directory / REPORT_FILE).write_bytes(last)
    except OSError as error:
        where = error.filename or directory
        raise BadInput("bad-output", f"{where}: {error.strerror or error}") from error
    with party.transaction():
        party.log.append([filed(report, now_s=now_s)])
    return report


def _make_empty(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise BadInput("bad-output", f"{directory}: is not empty; name a new directory")


def _write_item(stream: BinaryIO, data: bytes) -> None:
    """One item of a CBOR sequence of byte strings."""
    stream.write(head(BYTES, len(data)))
    stream.write(data)


def _copied(entries: Iterable[bytes], stream: BinaryIO) -> Iterator[bytes]:
    for data in entries:
        _write_item(stream, data)
        yield data


def _into(stream: BinaryIO) -> Callable[[Entry], None]:
    return lambda entry: _write_item(stream, encode_entry(entry))
