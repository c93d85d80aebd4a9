"""The books behind a log: every entry is told by one entry of the log, and is there word for word. Pure.

A report's `books.cborseq` has the entries in the order in which the log tells of them (RFC 8742; each is
[kind, at_s, reference, [[account, amount_fen], ...]]). A posting tells of its entries by their digest, all
others by what was done: a load, a redemption, a return, a coin that was taken. So nothing can be left out of
the books, put into them or altered; only between accounts that no posting speaks of might value be moved,
from one wallet's deposit to another's, which the wallets' own receipts stand against.

The figures are the balances of accounts, debit positive; those of single wallets are summed up under the
word that their accounts begin with.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple, Protocol

from shuangli import codec
from shuangli.books import Entry, Posting
from shuangli.errors import Malformed, StoreError, Unverified
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event, digest_of_entries
from shuangli.messages.fields import check_time, read_array, read_list
from shuangli.offline.periods.figures import NOBODY, Path, held
from shuangli.offline.periods.file import size_in_sequence

BOOKS_FILE: Final = "books.cborseq"
DEPOSIT: Final = "deposit:"
_NETTED: Final = {
    "netting": ("got_fen", "paid_fen"),
    "lent": ("borrowed_fen", ""),
    "repaid": ("", "repaid_fen"),
}
"""Kinds of entries of a netting, and the figures of who gets money by them, and of who pays it."""


class Told(NamedTuple):
    """What a log's entry says of one entry of the books: its kind, its reference, and the sum it moves."""

    kind: str
    reference: bytes
    moved_fen: int


def told_of(event: Event) -> list[Told]:
    """The entries of the books that an event other than a posting tells of, in their order."""
    if event.kind is EventKind.LOAD:
        told = [Told("load", event.fact("load_id"), event.fact("value_fen"))]
    elif event.kind is EventKind.SETTLEMENT:
        upload_id, refunded_fen = event.fact("upload_id"), event.fact("refunded_fen")
        redeemed_fen = event.fact("credited_fen") - refunded_fen
        told = [Told("redemption", upload_id, redeemed_fen), Told("return", upload_id, refunded_fen)]
    elif event.kind is EventKind.RETURN:
        told = [Told("return", event.fact("coin_id"), event.fact("value_fen"))]
    elif event.kind is EventKind.TAKEN:
        taken_fen = event.fact("value_fen") - event.fact("void_fen")
        told = [Told("taken", event.fact("coin_id"), taken_fen)]
    else:
        told = []
    return [one for one in told if one.moved_fen]


def moved_fen(entry: Entry) -> int:
    """What an entry moves: the sum of its debits."""
    return sum(posting.amount_fen for posting in entry.postings if posting.amount_fen > 0)


def encode_entry(entry: Entry) -> bytes:
    """[kind, at_s, reference, [[account, amount_fen], ...]]."""
    return codec.encode_fields([entry.kind, entry.at_s, entry.reference, [*entry.postings]])


def decode_entry(data: bytes) -> Entry:
    """Read an entry.

    Raises:
        Malformed: it is not one, or does not balance.
    """
    kind, at_s, reference, postings = read_array(data, 4, "entry of the books")
    parts = [read_list(posting, "a posting") for posting in read_list(postings, "postings")]
    if [*map(type, (kind, at_s, reference))] != [str, int, bytes]:
        raise Malformed("shape", "an entry has a kind, a time and a reference")
    check_time(at_s, "time")
    if any([*map(type, part)] != [str, int] for part in parts):
        raise Malformed("shape", "a posting is an account and an amount")
    try:
        return Entry(
            kind=kind, at_s=at_s, reference=reference, postings=tuple(Posting(*part) for part in parts)
        )
    except StoreError as fault:
        raise Malformed("range", str(fault)) from fault


class Source(Protocol):
    """Where the entries of the books come from: a report's file, or the books themselves."""

    def numbered(self, first_no: int, last_no: int) -> list[Entry]:
        """The entries with these numbers."""

    def about(self, kind: str, reference: bytes) -> Entry:
        """The entry of this kind about what the reference names."""

    def check_end(self) -> None:
        """Make sure that no entry is left."""


class FileSource:
    """The entries of `books.cborseq`, which come in the order in which they are asked for.

    Attributes:
        at: where the next one begins: bytes into the file
    """

    def __init__(
        self, entries: Iterable[bytes], *, at: int = 0, room: Callable[[bytes], int] = size_in_sequence
    ) -> None:
        """Take them from their encoded forms, the first one from `at`; `room` is what each takes up there."""
        self.at = at
        self._entries = iter(entries)
        self._room = room

    def pass_over(self, count: int) -> None:
        """Do not look at the next so many entries, or at those there are."""
        for data in islice(self._entries, count):
            self.at += self._room(data)

    def numbered(self, first_no: int, last_no: int) -> list[Entry]:
        """The next entries, as many as have these numbers.

        Raises:
            Unverified: there are fewer, or one is none (`report`).
        """
        return [self._next(f"entry {number}") for number in range(first_no, last_no + 1)]

    def about(self, kind: str, reference: bytes) -> Entry:
        """The next entry, whatever it is about.

        Raises:
            Unverified: there is none (`report`).
        """
        return self._next(f"a {kind} of {reference.hex()}")

    def check_end(self) -> None:
        """Make sure that no entry is left.

        Raises:
            Unverified: there is one (`report`).
        """
        if next(self._entries, None) is not None:
            raise Unverified("report", "the books go on after all that the log tells of")

    def _next(self, wanted: str) -> Entry:
        data = next(self._entries, None)
        if data is None:
            raise Unverified("report", f"the books end before {wanted}, of which the log tells")
        self.at += self._room(data)
        try:
            return decode_entry(data)
        except Malformed as fault:
            raise Unverified("report", f"the books: {fault}") from fault


class Books:
    """The entries of the books that a log tells of.

    Attributes:
        taken: how many were taken so far
    """

    def __init__(self, source: Source, *, origin: str) -> None:
        """Take them from `source`; at the centre every account has a figure of its own."""
        self.taken = 0
        self._source = source
        self._central = origin == CENTRE_ORIGIN

    def told_by(self, number: int, event: Event) -> list[tuple[Path, int]]:
        """The figures of what the log's entry of this number tells of.

        Raises:
            Unverified: the books have something else there (`report`).
        """
        if event.kind is EventKind.POSTING:
            entries = self._source.numbered(event.fact("first_entry_no"), event.fact("last_entry_no"))
            told_fen = sum(map(moved_fen, entries))
            if digest_of_entries(entries) != event.fact("digest") or told_fen != event.fact("moved_fen"):
                raise Unverified("report", f"the books have another posting than entry {number} of the log")
        else:
            entries = [self._told(number, told) for told in told_of(event)]
        self.taken += len(entries)
        path = self._path
        figures = [(path(account), amount_fen) for entry in entries for account, amount_fen in entry.postings]
        if entries and not self._central:
            figures += self._held(number, event, entries)
        for entry in entries:
            if entry.kind in _NETTED:
                figures += _netted(entry)
        return figures

    def _held(self, number: int, event: Event, entries: Iterable[Entry]) -> Iterator[tuple[Path, int]]:
        """What wallets of each tier hold online: who has logged the entry says of which tier a deposit is."""
        deposits = [
            posting for entry in entries for posting in entry.postings if posting.account.startswith(DEPOSIT)
        ]
        if event.kind is EventKind.POSTING:
            tiers = event.fact("tiers")
            if len(tiers) != len(deposits):
                told = f"{len(tiers)} tiers of {len(deposits)} deposits"
                raise Unverified("report", f"entry {number} tells {told}")
        else:
            tiers = bytes([event.fact("tier")]) * len(deposits)
        for tier, (_, amount_fen) in zip(tiers, deposits, strict=True):
            yield from held(tier, -amount_fen)

    def check_end(self) -> None:
        """Make sure that the books have nothing more.

        Raises:
            Unverified: they have (`report`).
        """
        self._source.check_end()

    def _told(self, number: int, told: Told) -> Entry:
        entry = self._source.about(told.kind, told.reference)
        if (entry.kind, entry.reference, moved_fen(entry)) != told:
            raise Unverified(
                "report",
                f"the books have a {entry.kind} of {moved_fen(entry)} fen where entry {number} of the log"
                f" tells of a {told.kind} of {told.moved_fen} fen",
            )
        return entry

    def _path(self, account: str) -> Path:
        kind, _, name = account.partition(":")
        return ("books", kind, name) if name and self._central else ("books", kind, "total")


def _netted(entry: Entry) -> Iterator[tuple[Path, int]]:
    """The money that each operator got or paid in a netting, borrowed for it, or paid back; here or there."""
    getting, paying = _NETTED[entry.kind]
    for account, amount_fen in entry.postings:
        kind, _, operator = account.partition(":")
        if kind in ("reserve", "settlement"):
            # A reserve is the issuer's debt, and goes up by a credit; at the operator it is money.
            got = (amount_fen < 0) == (kind == "reserve")
            yield ("netting", operator or NOBODY, getting if got else paying), abs(amount_fen)
