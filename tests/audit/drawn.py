"""Hypothesis strategies for the entries of an audit log; logs in memory, and what is signed of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from shuangli.crypto import SigningKey
from shuangli.issuer.authority import Authority
from shuangli.merkle import Frontier, consistency_proof, inclusion_proof, leaf_hash
from shuangli.messages.audit import Checkpoint, LogEntry
from shuangli.messages.certificates import RoleCertificate
from shuangli.messages.event_facts import MAX_WORDS, NO_TIER, WAITS
from shuangli.messages.event_kinds import (
    AccountChange,
    EventKind,
    Finding,
    FreezeStep,
    IdentityStep,
    Reason,
    ReportKind,
    RiskStep,
)
from shuangli.messages.event_shapes import FACTS
from shuangli.messages.events import Event
from shuangli.messages.notices import Acknowledgement, Outcome
from shuangli.money import MAX_FEN
from shuangli.offline.audit import VerifiedCheckpoint, verify_checkpoint
from tests.strategies import amounts_fen, ids, names, times_s

NETWORK: Final = "test"
NOW: Final = 1_760_000_000
UPLOAD: Final = bytes(range(32))
YEAR_S: Final = 365 * 86_400

_counts = st.integers(0, MAX_FEN)
_changes = st.integers(-MAX_FEN, MAX_FEN)
_epochs = st.integers(0, 2**16)
_days = st.integers(0, 99_000)
_STEPS: Final = {EventKind.FREEZE: FreezeStep, EventKind.RISK: RiskStep, EventKind.IDENTITY: IdentityStep}
_words = st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=1, max_size=MAX_WORDS)
_BY_NAME: Final[dict[str, SearchStrategy[Any]]] = {
    "load_id": ids,
    "epoch": _epochs,
    "value_fen": amounts_fen,
    "upload_id": ids,
    "received_at_s": times_s,
    "outcomes": st.binary(max_size=20).map(lambda drawn: bytes(byte % len(Outcome) for byte in drawn)),
    "digest": ids,
    "moved_fen": amounts_fen,
    "coin_id": ids,
    "evidence": ids,
    "certificate_id": ids,
    "expires_at_s": times_s,
    "list_id": ids,
    "enrolment_id": ids,
    "change": st.sampled_from(AccountChange),
    "tier": st.integers(0, 4),
    "record": ids,
    "waits": st.binary(max_size=20).map(lambda drawn: bytes(byte % len(WAITS) for byte in drawn)),
    "tiers": st.lists(st.sampled_from([0, 4, NO_TIER]), max_size=3).map(bytes),
    "tier_before": st.sampled_from([0, 4, NO_TIER]),
    "deposit_fen": _changes,
    "since_day": _days,
    "due_day": _days,
    "about": st.sampled_from(ReportKind),
    "reason": st.sampled_from(Reason),
    "finding": st.sampled_from(Finding),
    "request": ids,
    "closed_before_s": times_s,
    "frozen_fen": _changes,
    "name": _words,
    "authority": _words,
    "report_id": ids,
    "made_at_s": times_s,
    "order": ids,
}
"""What is drawn for the facts that are not plain counts."""


@st.composite
def events(draw: DrawFn, kinds: Sequence[EventKind] = tuple(EventKind)) -> Event:
    """An event of one of the kinds."""
    kind = draw(st.sampled_from(kinds))
    shape = FACTS[kind]
    group = st.tuples(_epochs, *[_changes] * 5, _days, _days, _changes)
    facts = {name: draw(_BY_NAME.get(name, _counts)) for name in shape.facts if name != "step"}
    if "step" in shape.facts:
        facts["step"] = draw(st.sampled_from(_STEPS[kind]))
    return Event.of(
        kind,
        at_s=draw(times_s),
        operator=draw(st.one_of(st.just(""), names)),
        each=draw(st.lists(group, max_size=3)) if shape.each else (),
        **facts,
    )


def an_event(number: int, *, at_s: int = NOW) -> Event:
    """Some event; another number is another event."""
    return Event.of(EventKind.LOAD, at_s=at_s, load_id=bytes(32), epoch=1, value_fen=number + 1)


def acknowledging(entry: LogEntry, **more: Any) -> Acknowledgement:
    """An acknowledgement that names an entry."""
    told: dict[str, Any] = {"upload_id": bytes(32), "received_at_s": NOW, "credited_fen": 0, "outcomes": ()}
    return Acknowledgement.sign(SigningKey(bytes([3]) * 32), entry=entry, **told | more)


def settled(**changes: Any) -> Event:
    """An operator's entry of an upload that was settled."""
    facts: dict[str, Any] = {
        "upload_id": UPLOAD,
        "received_at_s": NOW - 3,
        "credited_fen": 700,
        "refunded_fen": 0,
        "outcomes": bytes([Outcome.SETTLED]),
    }
    operator, at_s = changes.pop("operator", "OP01"), changes.pop("at_s", NOW)
    return Event.of(EventKind.SETTLEMENT, at_s=at_s, operator=operator, **facts | changes)


@dataclass(frozen=True)
class Shown:
    """A log that its origin shows: all its entries, in memory."""

    entries: Sequence[bytes]

    @cached_property
    def leaves(self) -> list[bytes]:
        return [*map(leaf_hash, self.entries)]

    def root_at(self, level: int, index: int) -> bytes:
        some = self.leaves[index << level : index + 1 << level]
        assert len(some) == 1 << level
        return Frontier.of(some).root

    def root(self, size: int) -> bytes:
        return Frontier.of(self.leaves[:size]).root

    def inclusion(self, number: int, size: int) -> list[bytes]:
        return inclusion_proof(number, size, self.root_at)

    def consistency(self, old_size: int, new_size: int) -> list[bytes]:
        return consistency_proof(old_size, new_size, self.root_at)


HONEST: Final = Shown([an_event(number).encode() for number in range(21)])
HIDING: Final = Shown([*HONEST.entries[:8], *HONEST.entries[9:]])
"""The same log without its entry 8."""


def promised(number: int) -> LogEntry:
    """How an acknowledgement names an entry of the honest log."""
    return LogEntry(
        origin="OP01", number=number, logged_at_s=NOW, leaf_hash=leaf_hash(HONEST.entries[number])
    )


class Parties:
    """A root, an operator and a centre with their keys and certificates, and what they sign."""

    def __init__(self) -> None:
        self.keys = {
            name: SigningKey(bytes([number]) * 32)
            for number, name in enumerate(("root", "centre", "OP01", "OP02"), 1)
        }
        authority = Authority(self.keys["root"], network=NETWORK)
        span = {"not_before_s": NOW - YEAR_S, "expires_at_s": NOW + YEAR_S}
        self.root = self.keys["root"].public
        self.certificates: dict[str, RoleCertificate] = {
            name: authority.certify_operator(name, self.keys[name].public, **span)
            for name in ("OP01", "OP02")
        }
        self.certificates["centre"] = authority.certify_centre("centre", self.keys["centre"].public, **span)

    def sign(self, shown: Shown, size: int, *, origin: str = "OP01", key: str = "", at_s: int = NOW) -> bytes:
        """The checkpoint of the first `size` entries, in the name of `origin`, with the key of `key`."""
        return Checkpoint.sign(
            self.keys[key or origin],
            network=NETWORK,
            origin=origin,
            size=size,
            root=shown.root(size),
            made_at_s=at_s,
        ).signed.data

    def verified(
        self, shown: Shown, size: int, *, origin: str = "OP01", at_s: int = NOW
    ) -> VerifiedCheckpoint:
        """The same, verified."""
        return verify_checkpoint(
            self.sign(shown, size, origin=origin, at_s=at_s),
            certificate=self.certificates[origin].signed.data,
            root=self.root,
        )
