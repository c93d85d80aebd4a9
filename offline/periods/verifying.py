"""A period's report, verified from the log's entries: nothing is trusted but bytes and the root key.

A regulator reads every entry once: a verified period carries the sums at its end, and the next one goes on
from there (`after`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shuangli.cose import Verifier
from shuangli.crypto import sha256
from shuangli.errors import Malformed, Unverified
from shuangli.messages.cosignature import Cosignature
from shuangli.messages.period_report import PeriodReport
from shuangli.offline.audit import VerifiedCheckpoint, contradiction, verify_checkpoint
from shuangli.offline.evidence import Evidence, verify_evidence
from shuangli.offline.periods.adding_up import AddedUp, first_difference
from shuangli.offline.periods.books import Source
from shuangli.offline.periods.file import (
    ADDED,
    COSIGNATURES,
    EVIDENCE_FOLDER,
    FIGURES_FILE,
    INDEX_FILE,
    ReportFile,
    figures_json,
)
from shuangli.offline.periods.reading import Reading, Watch, unwatched
from shuangli.offline.periods.receipts import Receipts
from shuangli.offline.witness import verify_cosignature

_SHOWN: Final = 5
"""Wrong figures that a message names; it says how many more there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPeriod:
    """A report that holds, the checkpoint it is bound to, and the sums at its end.

    `books` is how many entries of the books the log tells of up to there. `cases` counts the double spends
    that its evidence proves, `receipts` those that were found in the log.
    """

    report: PeriodReport
    checkpoint: VerifiedCheckpoint
    at_end: AddedUp
    books: int
    cases: int
    receipts: int


def verify_period(
    data: bytes,
    entries: Iterable[bytes],
    books: Source,
    files: Mapping[str, bytes],
    *,
    root: bytes,
    after: VerifiedPeriod | None = None,
    receipts: Sequence[bytes] = (),
    witnesses: Sequence[bytes] = (),
    watch: Watch = unwatched,
) -> VerifiedPeriod:
    """Verify a report, trusting nothing but `root`, the issuer's public key (32 bytes).

    `entries` are the log's from the end of `after` on, or all of them, and `books` has those of the books
    that they tell of. `files` are the report's others, by name, and `receipts` are acknowledgements
    that wallets were given. `witnesses` are the public keys of witnesses whose word is asked for. `watch` is
    shown each entry while it is added up, before anything is known to hold.

    1. The root certified whose report it is, and that key signed the report and a checkpoint of its log.
    2. The files are those that were signed, and show the figures that were signed.
    3. The entries are those of the checkpoint, and the period's are all that are dated between its two times.
    4. The books are what the entries tell of, word for word, and every figure is what both add up to.
    5. For each case of the period there is the evidence that its entry names, and it proves a double spend.
    6. Each receipt's entry stands where it says.
    7. Nothing contradicts the report before, if one is given.
    8. Each witness has seen the same state of the log.

    Raises:
        Malformed: it is no report.
        Unverified: what exactly does not hold, with both values.
    """
    file = ReportFile.decode(data)
    checkpoint = verify_checkpoint(file.checkpoint, certificate=file.certificate, root=root)
    report = _signed(file.report, checkpoint)
    _check_files(report, files)
    for witness in witnesses:
        _check_witness(witness, files, checkpoint)
    if after is not None:
        _check_succession(after, checkpoint, report)
    promised = Receipts.read(receipts, checkpoint.certificate, origin=report.origin)
    reading = Reading(origin=report.origin, span=report.span, books=books, receipts=promised, watch=watch)
    known = after.at_end if after is not None else AddedUp()
    found = reading.read(known, entries, size=report.size)
    if found.whole.tree.root != report.root:
        where = first_difference(files.get(INDEX_FILE, b""), found.whole.blocks)
        raise Unverified("report", f"these are not the {report.size} entries that were signed: {where}")
    _check_figures("period", report.flows, found.flows())
    _check_figures("end", report.stocks, found.stocks())
    cases = _check_cases(reading.evidence, files, root=root, network=report.network)
    promised.check()
    return VerifiedPeriod(
        report=report,
        checkpoint=checkpoint,
        at_end=found.at_end,
        books=found.books + (after.books if after is not None else 0),
        cases=cases,
        receipts=len(receipts),
    )


def _signed(data: bytes, checkpoint: VerifiedCheckpoint) -> PeriodReport:
    """The report, signed by whose log it is of, and bound to its checkpoint."""
    report = PeriodReport.parse(data)
    tree, claims = checkpoint.checkpoint, checkpoint.certificate.claims
    Verifier(capacity=1).check_once(report.signed, claims.key, "report")
    if (report.network, report.origin) != (tree.network, tree.origin):
        raise Unverified("report", f"a report of {report.origin} with a checkpoint of {tree.origin}")
    if not claims.valid_at(report.made_at_s):
        raise Unverified("certificate-time", f"{report.origin} was not certified when the report was made")
    if (report.size, report.root) != (tree.size, tree.root):
        raise Unverified("report", "the report is not of the log that the checkpoint is of")
    if tree.made_at_s < report.span.until_s:
        raise Unverified("report", "the checkpoint was made before the period ended: entries could follow")
    return report


def _check_files(report: PeriodReport, files: Mapping[str, bytes]) -> None:
    for name, digest in report.files.items():
        if name not in files:
            raise Unverified("report", f"{name} is missing")
        if sha256(files[name]) != digest:
            raise Unverified("report", f"{name} was altered after the report was signed")
    for name in files:
        if name not in report.files and name != FIGURES_FILE and not name.startswith(ADDED):
            raise Unverified("report", f"{name} is not part of the report")
    if files.get(FIGURES_FILE) != figures_json(report):
        raise Unverified("report", f"{FIGURES_FILE} does not show what was signed")


def _check_witness(witness: bytes, files: Mapping[str, bytes], checkpoint: VerifiedCheckpoint) -> None:
    """One of the cosignatures is of this witness, and of this state."""
    for name in sorted(files):
        if name.startswith(f"{COSIGNATURES}/") and Cosignature.parse(files[name]).witness == witness:
            verify_cosignature(files[name], checkpoint, witness=witness)
            return
    raise Unverified("report", f"witness {witness.hex()} has not signed the state of the log")


def _check_succession(after: VerifiedPeriod, checkpoint: VerifiedCheckpoint, report: PeriodReport) -> None:
    earlier = after.report
    if (earlier.network, earlier.origin) != (report.network, report.origin):
        raise Unverified("report", f"the report before is of {earlier.origin}, this one of {report.origin}")
    if why := contradiction(after.checkpoint, checkpoint):
        raise Unverified("report", why)


def _check_figures(what: str, said: Mapping[str, int], found: Mapping[str, int]) -> None:
    wrong = [name for name in sorted(said.keys() | found.keys()) if said.get(name) != found.get(name)]
    if not wrong:
        return
    shown = [
        f"{what}.{name} is {said.get(name, 'missing')}, the entries add up to {found.get(name, 'nothing')}"
        for name in wrong[:_SHOWN]
    ]
    more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    raise Unverified("report", "; ".join(shown) + more)


def _check_cases(
    evidence: Mapping[int, bytes], files: Mapping[str, bytes], *, root: bytes, network: str
) -> int:
    """How many cases there are; each has its evidence, and there is no other."""
    by_digest = {sha256(data): name for name, data in files.items() if name.startswith(f"{EVIDENCE_FOLDER}/")}
    for case_no, digest in evidence.items():
        name = by_digest.pop(digest, None)
        if name is None:
            raise Unverified("report", f"the evidence of case {case_no} is missing, or was altered")
        try:
            verify_evidence(files[name], root=root)
        except (Malformed, Unverified) as fault:
            raise Unverified("report", f"{name} proves nothing: {fault}") from fault
        if Evidence.decode(files[name]).network != network:
            raise Unverified("report", f"{name} is of another network")
    if by_digest:
        raise Unverified("report", f"{min(by_digest.values())} belongs to no case of the period")
    return len(evidence)
