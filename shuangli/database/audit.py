"""An audit log's tables: entries that are only ever added, and what makes proofs about them cheap.

Entries lie by number, each its event's bytes: their hashes are made anew when a proof needs them. Of the tree
above, every eighth level is kept, so a row of 32 bytes for 256 entries, one more for 65,536, and so on: about
0.2 bytes an entry. A proof reads at most 255 rows for every eight levels, about a thousand in a log of four
thousand million entries.

`append` belongs to the transaction that makes what the event tells; it is written when that ends, so that
many events cost a few statements. The log gives out what it has promised only after the caller's commit.
Time never goes back (`shuangli.messages.audit`): what comes with an earlier time is dated like the last.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from shuangli.books import Entry
from shuangli.crypto import Signer
from shuangli.database.database import Database, only
from shuangli.database.ledger import LedgerStore
from shuangli.database.tables import BYTES, NUMBER, Table
from shuangli.errors import StoreError
from shuangli.merkle import Frontier, consistency_proof, frontier_of, inclusion_proof, leaf_hash
from shuangli.messages.audit import Checkpoint, LogEntry
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event, digest_of_entries

KEPT_LEVELS: Final = 8
"""Roots are kept of subtrees of 2^8 entries, 2^16 entries, and so on."""
_AT_ONCE: Final = 4_096

ENTRIES: Final = Table(name="audit_entries", columns={"number": NUMBER, "event": BYTES}, key=("number",))
SUBTREES: Final = Table(
    name="audit_subtrees",
    columns={"level": NUMBER, "number": NUMBER, "root": BYTES},
    key=("level", "number"),
)
CHECKPOINTS: Final = Table(
    name="audit_checkpoints",
    columns={"size": NUMBER, "made_at_s": NUMBER, "checkpoint": BYTES},
    key=("size",),
)
AUDIT_TABLES: Final = (ENTRIES, SUBTREES, CHECKPOINTS)
"""For the first migration of whoever keeps a log."""


class AuditLog:
    """The log of one operator, or of the centre, in its database. A buffer of the database's transactions."""

    def __init__(self, database: Database, *, origin: str) -> None:
        """Use the tables `AUDIT_TABLES` of an open database; `origin` is whose log it is."""
        self._database = database
        self._origin = origin
        self._tree: Frontier | None = None
        self._last_s = 0
        self._appended: list[tuple[bytes, int]] = []

    # --- writing ------------------------------------------------------------------------------

    def append(self, events: Iterable[Event]) -> int:
        """Add events inside the caller's transaction; returns the number of the first, counted from 0.

        Give the log to the transaction as a buffer: it is written at its end, or forgotten.
        """
        tree = self._current() if not self._appended or self._tree is None else self._tree
        first = tree.size + len(self._appended)
        for event in events:
            self._last_s = max(self._last_s, event.at_s)
            dated = event if event.at_s == self._last_s else replace(event, at_s=self._last_s)
            self._appended.append((dated.encode(), self._last_s))
        return first

    def flush(self) -> None:
        """Write what was appended since the transaction began."""
        if not self._appended or self._tree is None:
            return
        first = self._tree.size
        self._database.insert(
            ENTRIES, [(number, event) for number, (event, _) in enumerate(self._appended, first)]
        )
        self._tree, completed = self._tree.extended([leaf_hash(event) for event, _ in self._appended])
        self._database.insert(
            SUBTREES,
            [
                (level, number, root)
                for level in range(KEPT_LEVELS, len(completed), KEPT_LEVELS)
                for number, root in enumerate(completed[level][1], completed[level][0])
            ],
        )
        self._appended.clear()

    def discard(self) -> None:
        """Forget what was appended and not written; also what was written, if the transaction failed then."""
        self._appended.clear()
        self._tree = None

    def checkpoint(self, key: Signer, *, network: str, now_s: int) -> bytes:
        """The log's signed state, inside the caller's transaction; a state is signed once, and then kept.

        Raises:
            ValueError: something was appended in this transaction, which may still fail.
        """
        if self._appended:
            raise ValueError("a checkpoint is of what is stored: sign it in a transaction of its own")
        tree = self._current()
        known = self._database.row("SELECT checkpoint FROM audit_checkpoints WHERE size = ?", tree.size)
        if known is not None:
            return bytes(known[0])
        self._last_s = max(self._last_s, now_s)
        made = Checkpoint.sign(
            key,
            network=network,
            origin=self._origin,
            size=tree.size,
            root=tree.root,
            made_at_s=self._last_s,
        )
        self._database.insert(CHECKPOINTS, [(tree.size, self._last_s, made.signed.data)])
        return made.signed.data

    # --- reading ------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """How many entries are stored."""
        return int(only(self._database.row("SELECT coalesce(max(number), -1) + 1 FROM audit_entries")))

    @property
    def root(self) -> bytes:
        """The root of all entries that are stored, 32 bytes."""
        return self._current().root

    def entry(self, number: int) -> bytes:
        """The encoded event of this number, also if it is not yet written.

        Raises:
            LookupError: there is none.
        """
        if self._appended and self._tree is not None and number >= self._tree.size:
            return self._appended[number - self._tree.size][0]
        return bytes(only(self._database.row("SELECT event FROM audit_entries WHERE number = ?", number)))

    def named(self, number: int) -> LogEntry:
        """What an acknowledgement says to name the entry of this number.

        Raises:
            LookupError: there is none.
        """
        appended = number - self._tree.size if self._appended and self._tree is not None else -1
        if appended >= 0:
            # What was appended just now is named at every acknowledgement: it need not be read for that.
            data, logged_at_s = self._appended[appended]
        else:
            data = self.entry(number)
            logged_at_s = Event.decode(data).at_s
        return LogEntry(
            origin=self._origin, number=number, logged_at_s=logged_at_s, leaf_hash=leaf_hash(data)
        )

    def entries(self, first: int, end: int) -> Iterator[bytes]:
        """The encoded events from number `first` up to, and without, `end`."""
        for start in range(first, end, _AT_ONCE):
            yield from self._events(start, min(end, start + _AT_ONCE))

    def inclusion_proof(self, number: int, size: int) -> list[bytes]:
        """What shows that an entry is in the log's first `size` entries.

        Raises:
            ValueError: the log has not got so many, or they have not got this one.
        """
        self._require(size)
        return inclusion_proof(number, size, self._root_at)

    def consistency_proof(self, old_size: int, new_size: int) -> list[bytes]:
        """What shows that the first `new_size` entries start with the first `old_size`.

        Raises:
            ValueError: the log has not got so many, or the old size is larger.
        """
        self._require(new_size)
        return consistency_proof(old_size, new_size, self._root_at)

    def checkpoints(self, *, after_size: int) -> list[bytes]:
        """The checkpoints that were signed of more than so many entries, the smallest first."""
        rows = self._database.rows(
            "SELECT checkpoint FROM audit_checkpoints WHERE size > ? ORDER BY size", after_size
        )
        return [bytes(row[0]) for row in rows]

    def check(self) -> None:
        """Make the tree anew from all entries, and compare it with what is kept and what was signed.

        Raises:
            StoreError: an entry is missing or altered, or the tree above it (`corrupt`).
        """
        tree = Frontier()
        for data in self.checkpoints(after_size=-1):
            signed = Checkpoint.parse(data)
            tree = self._checked(tree, signed.size)
            if tree.root != signed.root:
                raise StoreError("corrupt", f"the log's first {signed.size} entries are not those signed")
        self._checked(tree, self.size)

    # --- the tree -----------------------------------------------------------------------------

    def _current(self) -> Frontier:
        """The tree of what is stored, from memory if another process has not added to it."""
        size = self.size
        if self._tree is None or self._tree.size != size:
            self._tree = frontier_of(size, self._root_at)
            self._last_s = Event.decode(self.entry(size - 1)).at_s if size else 0
        signed = self._database.row("SELECT made_at_s FROM audit_checkpoints ORDER BY size DESC LIMIT 1")
        self._last_s = max(self._last_s, signed[0] if signed is not None else 0)
        return self._tree

    def _root_at(self, level: int, index: int) -> bytes:
        """The root of a complete subtree, from the nearest level below that is kept."""
        kept = level - level % KEPT_LEVELS
        start, end = index << level - kept, index + 1 << level - kept
        if kept:
            below: Sequence[bytes] = self._kept_roots(kept, start, end)
        else:
            below = [leaf_hash(event) for event in self._events(start, end)]
        return Frontier.of(below).root

    def _kept_roots(self, level: int, start: int, end: int) -> list[bytes]:
        rows = self._database.rows(
            "SELECT root FROM audit_subtrees WHERE level = ? AND number >= ? AND number < ? ORDER BY number",
            level,
            start,
            end,
        )
        return _all_of(rows, end - start)

    def _events(self, start: int, end: int) -> list[bytes]:
        rows = self._database.rows(
            "SELECT event FROM audit_entries WHERE number >= ? AND number < ? ORDER BY number", start, end
        )
        return _all_of(rows, end - start)

    def _require(self, size: int) -> None:
        if size > self.size:
            raise ValueError(f"the log of {self._origin} has not got {size} entries")

    def _checked(self, tree: Frontier, end: int) -> Frontier:
        """The tree with all entries up to `end`, which are compared with the roots that are kept of them."""
        for start in range(tree.size, end, _AT_ONCE):
            events = self._events(start, min(end, start + _AT_ONCE))
            tree, completed = tree.extended([*map(leaf_hash, events)])
            for level in range(KEPT_LEVELS, len(completed), KEPT_LEVELS):
                first, roots = completed[level]
                if roots != self._kept_roots(level, first, first + len(roots)):
                    raise StoreError("corrupt", f"entries before {tree.size} differ from the tree above them")
        return tree


def post_and_log(
    ledger: LedgerStore, log: AuditLog, entry: Entry, *, operator: str = "", tiers: bytes = b""
) -> None:
    """Post an entry of the books that no other event tells of, and log that, in the caller's transaction.

    `operator` is whom it concerns. The entry goes into the log as its hash: where it concerns a wallet, its
    reference must be something that cannot be guessed. `tiers` are those of the deposits in it, a byte each.
    """
    number = ledger.next_no()
    ledger.post(entry)
    moved = Event.of(
        EventKind.POSTING,
        at_s=entry.at_s,
        operator=operator,
        first_entry_no=number,
        last_entry_no=number,
        moved_fen=sum(posting.amount_fen for posting in entry.postings if posting.amount_fen > 0),
        digest=digest_of_entries([entry]),
        tiers=tiers,
    )
    log.append([moved])


def _all_of(rows: Sequence[tuple[bytes]], count: int) -> list[bytes]:
    if len(rows) != count:
        raise StoreError("corrupt", "entries of the audit log, or of its tree, are missing")
    return [bytes(row[0]) for row in rows]
