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
from typing import Any, Final, Self

from shuangli import codec
from shuangli.books import Entry
from shuangli.crypto import sha256
from shuangli.errors import Malformed
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.event_shapes import FACTS
from shuangli.messages.fields import (
    MAX_NAME,
    check_text,
    check_time,
    read_array,
    read_choice,
    read_list,
    require,
)

Fact = int | bytes | str


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

        Facts that not everybody has anything to say to may be left out.

        Raises:
            Malformed: a fact is missing, unknown or wrong.
        """
        names, facts = FACTS[kind].facts, {**FACTS[kind].unless_told, **facts}
        if facts.keys() != names.keys():
            raise Malformed("shape", f"a {kind.name.lower()} has the facts {[*names]}")
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
        codec.encode_fields(
            [
                [entry.kind, entry.at_s, entry.reference, [[*posting] for posting in entry.postings]]
                for entry in entries
            ]
        )
    )
