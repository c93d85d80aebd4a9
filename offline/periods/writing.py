"""A period's report, written from a log by the same pass over its entries that verifies it. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from shuangli.crypto import Signer, sha256
from shuangli.errors import BadInput
from shuangli.messages.audit import Checkpoint
from shuangli.messages.period_report import NO_REPORT, PeriodReport, Span
from shuangli.offline.periods.adding_up import AddedUp
from shuangli.offline.periods.books import Source
from shuangli.offline.periods.file import (
    EVIDENCE_FOLDER,
    FIGURES_FILE,
    INDEX_FILE,
    REPORT_FILE,
    ReportFile,
    figures_json,
)
from shuangli.offline.periods.reading import Reading
from shuangli.offline.periods.receipts import Receipts


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who signs a report: the key of whose log it is, and the certificate that the root gave it."""

    key: Signer
    certificate: bytes


def write_period(
    author: Author,
    *,
    span: Span,
    checkpoint: bytes,
    entries: Iterable[bytes],
    books: Source,
    evidence: Callable[[int], bytes],
    more: Mapping[str, bytes],
    made_at_s: int,
    replaces: bytes = NO_REPORT,
) -> tuple[PeriodReport, dict[str, bytes]]:
    """Sign the report of a period; gives it, and its files by name, all but the log and the books.

    `checkpoint` is of the log after the period, signed by the author; `entries` are all of the log up to it,
    `books` has what they tell of. `evidence` gives a case's by its number, and `more` are further files.

    Raises:
        BadInput: the period is not over (`bad-option`).
        Unverified: the log or the books are not what they must be (`report`).
    """
    tree = Checkpoint.parse(checkpoint)
    if tree.made_at_s < span.until_s:
        raise BadInput("bad-option", "the period is not over: name an earlier end, or ask again after it")
    reading = Reading(origin=tree.origin, span=span, books=books, receipts=Receipts({}))
    found = reading.read(AddedUp(), entries, size=tree.size)
    files = {INDEX_FILE: found.whole.index, **more}
    report = PeriodReport.sign(
        author.key,
        network=tree.network,
        origin=tree.origin,
        span=span,
        size=tree.size,
        root=tree.root,
        made_at_s=made_at_s,
        flows=found.flows(),
        stocks=found.stocks(),
        files={name: sha256(data) for name, data in files.items()},
        replaces=replaces,
    )
    signed = ReportFile(certificate=author.certificate, report=report.signed.data, checkpoint=checkpoint)
    for case_no in sorted(reading.evidence):
        files[f"{EVIDENCE_FOLDER}/case-{case_no:05d}.cbor"] = evidence(case_no)
    return report, {**files, FIGURES_FILE: figures_json(report), REPORT_FILE: signed.encode()}
