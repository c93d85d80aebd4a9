"""The entries of an audit log: what has happened, in the facts that a report's figures derive from.

An event is [kind, time, operator, facts]; `FACTS` says what the facts of each kind are. It names nobody:
people, wallets' keys and pseudonyms never occur in it. What it names are

- acts: the hash of an upload, the id of a load, a coin, a list or a report. Whoever has the object finds it
  in the log and learns no more than the object says; nobody else can tell which two were one person's;
- records: the id of a wallet's enrolment, the digest of evidence or of an authority's order. They are hashes
  of what the operator keeps, and mean nothing once it has erased that. An enrolment has a salted digest in
  it, so that its id cannot be guessed. A wallet's number could be: it is the serial of the certificate that
  payees see;
- numbers: of a case, a return, an entry in the books. They count, and lead to a person only through the
  operator's own register.

A customer with a proof sees the hashes of neighbouring entries, and could guess at what those say. So each
kind that concerns a wallet names an act or a record that has to be known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, NamedTuple, Self

from shuangli import codec
from shuangli.books import Entry
from shuangli.crypto import sha256
from shuangli.errors import Malformed
from shuangli.messages.event_facts import (
    Check,
    check_change,
    check_epoch,
    check_number,
    check_one_of,
    check_outcomes,
    check_tier,
    check_words,
)
from shuangli.messages.fields import (
    MAX_NAME,
    check_amount,
    check_id,
    check_text,
    check_time,
    read_array,
    read_choice,
    read_list,
    require,
)

Fact = int | bytes | str


class EventKind(IntEnum):
    """What has happened; the numbers go into the log and stay. `FACTS` says what each tells."""

    LOAD = 1
    SETTLEMENT = 2
    POSTING = 3
    RETURN = 4
    CASE = 5
    CERTIFICATE = 6
    REVOCATION = 7
    ACCOUNT = 8
    FREEZE = 9
    POLICY = 10
    REPORT = 11
    DISCLOSURE = 12
    TAKEN = 13
    EPOCH = 14
    RISK = 15


class AccountChange(IntEnum):
    """What has become of a wallet at its operator."""

    OPENED = 1
    CLOSED = 2
    LOST = 3
    RENEWED = 4


class EpochChange(IntEnum):
    """What has become of an epoch: the names are those of its states (`issuer.epochs.states`)."""

    OPEN = 1
    MINTING_CLOSED = 2
    STOPPED = 3
    SUSPENDED = 4
    CLOSED = 5
    ARCHIVED = 6


class RiskStep(IntEnum):
    """What an operator's risk control, or who has reviewed it, says of a movement."""

    FLAGGED = 1
    HELD = 2
    FROZEN = 3
    CLEARED = 4
    CONFIRMED = 5


class Shape(NamedTuple):
    """The facts of a kind in their order; `each` of them may follow, again and again, one group an epoch."""

    facts: dict[str, Check]
    each: dict[str, Check]


_SUPPLY: Final[dict[str, Check]] = {
    "epoch": check_epoch,
    "redeemed_fen": check_change,
    "returned_fen": check_change,
    "forked_fen": check_change,
    "fund_paid_fen": check_change,
    "void_fen": check_change,
}
"""How an epoch's supply changes, in the words of `issuer.supply`; what is open follows from it."""

FACTS: Final[dict[EventKind, Shape]] = {
    # A load was minted.
    EventKind.LOAD: Shape({"load_id": check_id, "epoch": check_epoch, "value_fen": check_amount}, {}),
    # An upload was settled, and acknowledged with these outcomes; how supply changes is told by the centre.
    EventKind.SETTLEMENT: Shape(
        {
            "upload_id": check_id,
            "received_at_s": check_time,
            "credited_fen": check_number,
            "refunded_fen": check_number,  # the part of it that payees' refusals gave back
            "outcomes": check_outcomes,
        },
        _SUPPLY,
    ),
    # Entries of the books that no other event speaks of: `digest` is `digest_of_entries`.
    EventKind.POSTING: Shape(
        {
            "first_entry_no": check_number,
            "last_entry_no": check_number,
            "moved_fen": check_amount,
            "digest": check_id,
        },
        {},
    ),
    # A coin that nobody claimed has gone back; the fund pays for what lies on a fork. An operator does not
    # know the epoch: in its log it is 0.
    EventKind.RETURN: Shape(
        {
            "return_no": check_number,
            "coin_id": check_id,
            "epoch": check_epoch,
            "value_fen": check_amount,
            "fund_paid_fen": check_number,
        },
        {},
    ),
    # A case was found. `evidence`: SHA-256 of the file. What is paid for it is told by settlements and
    # returns, for each epoch; what its culprit owes, by postings.
    EventKind.CASE: Shape(
        {"case_no": check_number, "evidence": check_id, "epoch": check_epoch, "face_fen": check_number}, {}
    ),
    # A certificate of any kind was signed: its id.
    EventKind.CERTIFICATE: Shape({"certificate_id": check_id, "expires_at_s": check_time}, {}),
    # A revocation list was signed: its number and id, and how many it revokes.
    EventKind.REVOCATION: Shape(
        {
            "list_no": check_number,
            "list_id": check_id,
            "wallets": check_number,
            "operators": check_number,
            "epochs": check_number,
        },
        {},
    ),
    # A wallet was opened, closed, reported lost, or its certificate renewed.
    EventKind.ACCOUNT: Shape(
        {"enrolment_id": check_id, "change": check_one_of(AccountChange), "tier": check_tier}, {}
    ),
    # Value was frozen, or released if negative: of a wallet (`record` is its enrolment's id); at the centre a
    # coin that only a culprit would get (its id): what becomes of it, a settlement or a taking tells.
    EventKind.FREEZE: Shape({"record": check_id, "frozen_fen": check_change}, {}),
    # A limit or a policy holds from now on: its name, its value or the number of its table, and the SHA-256
    # of its full text.
    EventKind.POLICY: Shape({"name": check_words, "value": check_number, "digest": check_id}, {}),
    # A report was filed: its id, and the time up to which it speaks.
    EventKind.REPORT: Shape({"report_id": check_id, "made_at_s": check_time}, {}),
    # An identity was disclosed: to which authority, in which case, and the SHA-256 of the order.
    EventKind.DISCLOSURE: Shape({"authority": check_words, "case_no": check_number, "order": check_id}, {}),
    # A coin that only a culprit would get has left circulation: it covers what the culprit owes. What lies on
    # a fork is worth nothing, and is void.
    EventKind.TAKEN: Shape(
        {"coin_id": check_id, "epoch": check_epoch, "value_fen": check_amount, "void_fen": check_number}, {}
    ),
    # An epoch was opened, or has come into another state: the id of its certificate.
    EventKind.EPOCH: Shape(
        {"epoch": check_epoch, "change": check_one_of(EpochChange), "certificate_id": check_id}, {}
    ),
    # Risk control has decided about a movement, or a reviewer about its case: the SHA-256 of what is stored.
    EventKind.RISK: Shape({"record": check_id, "step": check_one_of(RiskStep)}, {}),
}
"""What the facts of each kind are, in their order."""
_CHECKS: Final = {
    kind: (tuple(shape.facts.items()), tuple(shape.each.items())) for kind, shape in FACTS.items()
}
_PLACES: Final = {
    kind: {name: place for place, name in enumerate(shape.facts)} for kind, shape in FACTS.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An entry of the log. `operator` is whom it concerns, empty if none; `at_s` is when it was logged."""

    kind: EventKind
    at_s: int
    operator: str
    facts: tuple[Fact, ...]

    def __post_init__(self) -> None:
        require(type(self.kind) is EventKind, "shape", "not a kind of event")
        check_time(self.at_s, "time")
        if self.operator != "":
            check_text(self.operator, MAX_NAME, "operator")
        checks, each = _CHECKS[self.kind]
        more = len(self.facts) - len(checks)
        if more < 0 or (more % len(each) if each else more):
            raise Malformed("shape", f"a {self.kind.name.lower()} has other facts")
        groups = each * (more // len(each)) if more else ()
        for (name, check), fact in zip(checks + groups, self.facts, strict=True):
            check(fact, name)

    @classmethod
    def of(
        cls,
        kind: EventKind,
        *,
        at_s: int,
        operator: str = "",
        each: Iterable[Sequence[int]] = (),
        **facts: Fact,
    ) -> Self:
        """An event from its facts by name; `each` gives the further groups, in the order of `FACTS`.

        Raises:
            Malformed: a fact is missing, unknown or wrong.
        """
        names = FACTS[kind].facts
        require(facts.keys() == names.keys(), "shape", f"a {kind.name.lower()} has the facts {[*names]}")
        told = [int(fact) if isinstance(fact := facts[name], IntEnum) else fact for name in names]
        for group in each:
            told += group
        return cls(kind=kind, at_s=at_s, operator=operator, facts=tuple(told))

    def fact(self, name: str) -> Any:
        """The fact of this name; it has the type that the kind's check says.

        Raises:
            KeyError: this kind has none.
        """
        return self.facts[_PLACES[self.kind][name]]

    def each(self) -> list[dict[str, int]]:
        """The further groups by name: for a settlement, how each epoch's supply has changed."""
        shape = FACTS[self.kind]
        if not shape.each:
            return []
        rest: Any = self.facts[len(shape.facts) :]
        groups = [rest[at : at + len(shape.each)] for at in range(0, len(rest), len(shape.each))]
        return [dict(zip(shape.each, group, strict=True)) for group in groups]

    def encode(self) -> bytes:
        """The entry's bytes: deterministic CBOR, [kind, at_s, operator, [fact, ...]]."""
        return codec.encode_fields([int(self.kind), self.at_s, self.operator, list(self.facts)])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read an entry.

        Raises:
            Malformed: it is not one.
        """
        kind, at_s, operator, facts = read_array(data, 4, "event")
        return cls(
            kind=read_choice(EventKind, kind, "kind of event"),
            at_s=at_s,
            operator=operator,
            facts=tuple(read_list(facts, "facts")),
        )


def digest_of_entries(entries: Sequence[Entry]) -> bytes:
    """SHA-256 of entries of the books, as [[kind, at_s, reference, [[account, amount_fen], ...]], ...]."""
    return sha256(
        codec.encode([[entry.kind, entry.at_s, entry.reference, [*entry.postings]] for entry in entries])
    )
