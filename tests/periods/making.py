"""Reports of a small world in which everything has happened, taken apart so that tests can corrupt them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from shuangli.books import Entry
from shuangli.codec import BYTES, head
from shuangli.crypto import SigningKey, sha256
from shuangli.database.period_source import LedgerSource, span_of
from shuangli.issuer.authority import Authority
from shuangli.merkle import Frontier, leaf_hash
from shuangli.messages.audit import CENTRE_ORIGIN, Checkpoint
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.period_report import PeriodReport, Span
from shuangli.offline.periods.adding_up import AddedUp
from shuangli.offline.periods.books import BOOKS_FILE, FileSource, encode_entry, told_of
from shuangli.offline.periods.file import FIGURES_FILE, LOG_FILE, REPORT_FILE, ReportFile, figures_json
from shuangli.offline.periods.reading import Reading
from shuangli.offline.periods.receipts import Receipts
from shuangli.offline.periods.verifying import VerifiedPeriod, verify_period
from shuangli.offline.periods.writing import Author, write_period
from tests.audit.happenings import LATER_S, certificate_of, log_of
from tests.setting import NOW
from tests.world import World

UNTIL_S: Final = LATER_S + 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A report and all that belongs to it, and the keys of who could make another one."""

    key: SigningKey
    root: bytes
    file: ReportFile
    entries: Sequence[bytes]
    books: Sequence[bytes]
    files: dict[str, bytes]
    receipts: Sequence[bytes] = ()
    after: VerifiedPeriod | None = None

    @property
    def report(self) -> PeriodReport:
        """The signed report."""
        return PeriodReport.parse(self.file.report)

    def verify(self) -> VerifiedPeriod:
        """Verify it with all that belongs to it."""
        return verify_period(
            self.file.encode(),
            self.entries,
            FileSource(self.books),
            self.files,
            root=self.root,
            after=self.after,
            receipts=self.receipts,
        )

    def signed_anew(self, **changes: Any) -> "Made":
        """The same with other words in the report, signed by whose report it is: a lie, not a forgery."""
        said = self.report
        fields: dict[str, Any] = {
            name: getattr(said, name)
            for name in ("network", "origin", "span", "size", "root", "made_at_s", "flows", "stocks", "files")
        }
        report = PeriodReport.sign(self.key, **(fields | {"replaces": said.replaces} | changes))
        files = self.files | {FIGURES_FILE: figures_json(report)}
        return replace(self, file=replace(self.file, report=report.signed.data), files=files)

    def with_log(self, entries: Sequence[bytes], **changes: Any) -> "Made":
        """The same over another log, with a checkpoint and a report that its author signs for it."""
        tree = Frontier.of([*map(leaf_hash, entries)])
        said = self.report
        checkpoint = Checkpoint.sign(
            self.key,
            network=said.network,
            origin=said.origin,
            size=tree.size,
            root=tree.root,
            made_at_s=UNTIL_S,
        )
        made = replace(self, entries=entries, file=replace(self.file, checkpoint=checkpoint.signed.data))
        span = replace(said.span, end=min(said.span.end, tree.size))
        return made.signed_anew(**({"span": span, "size": tree.size, "root": tree.root} | changes))

    def added_up(self) -> dict[str, dict[str, int]]:
        """The figures that the entries and the books come to, whatever the report says."""
        found = self._reading().read(AddedUp(), self.entries, size=len(self.entries))
        return {"flows": found.flows(), "stocks": found.stocks()}

    def books_before(self, number: int) -> int:
        """How many entries of the books the first `number` entries of the log tell of."""
        events = [Event.decode(data) for data in self.entries[:number]]
        postings = sum(event.kind is EventKind.POSTING for event in events)
        return postings + sum(len(told_of(event)) for event in events)

    def _reading(self) -> Reading:
        said = self.report
        return Reading(
            origin=said.origin, span=said.span, books=FileSource(self.books), receipts=Receipts({})
        )


def written(made: Made, directory: Path) -> Path:
    """A report in a new directory, as it is written there."""
    directory.mkdir(parents=True)
    for name, items in ((LOG_FILE, made.entries), (BOOKS_FILE, made.books)):
        (directory / name).write_bytes(b"".join(head(BYTES, len(item)) + item for item in items))
    for name, data in {**made.files, REPORT_FILE: made.file.encode()}.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_bytes(data)
    return directory


def make(world: World, name: str, *, from_s: int = NOW - 10, until_s: int = UNTIL_S) -> Made:
    """The report of the centre or of an operator."""
    log, central = log_of(world, name), name == CENTRE_ORIGIN
    place = world.issuer if central else world.banks[name]
    with world.transaction():
        checkpoint = place.checkpoint(now_s=UNTIL_S)
    size = Checkpoint.parse(checkpoint).size
    entries = [*log.entries(0, size)]
    books: list[bytes] = []
    source = LedgerSource(
        place.store.database,
        end_no=place.store.ledger.next_no(),
        taken=lambda entry: books.append(encode_entry(entry)),
    )
    span: Span = span_of(log, size=size, from_s=from_s, until_s=until_s)
    certificate = world.centre.signed.data if central else certificate_of(world, name)
    evidence = {number: case.evidence for number, case in enumerate(world.cases(), 1)}
    _, files = write_period(
        Author(key=world.keys[name], certificate=certificate),
        span=span,
        checkpoint=checkpoint,
        entries=entries,
        books=source,
        evidence=evidence.__getitem__,
        more={"cases.csv": b"case_no,face_fen\n"},
        made_at_s=UNTIL_S,
    )
    return Made(
        key=world.keys[name],
        root=world.keys["root"].public,
        file=ReportFile.decode(files.pop(REPORT_FILE)),
        entries=entries,
        books=books,
        files=files,
    )


def made_from(origin: str, events: Sequence[Event], books: Sequence[Entry], *, around_s: int) -> Made:
    """The report of a log and books that are made up, dated within a few seconds of a time."""
    root, key = SigningKey(sha256(b"root")), SigningKey(sha256(origin.encode()))
    authority, span = Authority(root, network="test"), {"not_before_s": 0, "expires_at_s": 2**32}
    certify = authority.certify_centre if origin == CENTRE_ORIGIN else authority.certify_operator
    entries = [event.encode() for event in events]
    tree = Frontier.of([*map(leaf_hash, entries)])
    checkpoint = Checkpoint.sign(
        key, network="test", origin=origin, size=tree.size, root=tree.root, made_at_s=around_s + 9
    )
    encoded = [*map(encode_entry, books)]
    _, files = write_period(
        Author(key=key, certificate=certify(origin, key.public, **span).signed.data),
        span=Span(from_s=around_s - 9, until_s=around_s + 9, first=0, end=tree.size),
        checkpoint=checkpoint.signed.data,
        entries=entries,
        books=FileSource(encoded),
        evidence=lambda _: b"",
        more={},
        made_at_s=around_s + 9,
    )
    file = ReportFile.decode(files.pop(REPORT_FILE))
    return Made(key=key, root=root.public, file=file, entries=entries, books=encoded, files=files)
