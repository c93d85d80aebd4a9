"""The test vectors of audit logs (`make_vectors.py`): entries of each kind, proofs, a split history."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shuangli.crypto import SigningKey, sha256
from shuangli.days import DAY_S
from shuangli.merkle import Frontier, consistency_proof, inclusion_proof, leaf_hash, roots_over
from shuangli.messages.audit import Checkpoint
from shuangli.messages.certificates import OperatorCertificate
from shuangli.messages.event_kinds import (
    AccountChange,
    EpochChange,
    EventKind,
    Finding,
    IdentityStep,
    Reason,
    RiskStep,
)
from shuangli.messages.events import Event
from shuangli.messages.notices import Outcome
from shuangli.offline.split_history import ShownLeaf, SplitHistory

_OUTCOMES: Final = bytes([Outcome.SETTLED, Outcome.FORKED, Outcome.FROZEN])


def _id(word: str) -> bytes:
    return sha256(word.encode())


def log_events(now_s: int) -> list[Event]:
    """A log with an entry of each kind, and a second settlement without changes of supply."""
    kind = EventKind
    day = now_s // DAY_S
    settled: dict[str, Any] = {
        "upload_id": _id("upload"),
        "received_at_s": now_s + 20,
        "credited_fen": 1_000_000,
    }
    settled |= {"refunded_fen": 0, "outcomes": _OUTCOMES, "waits": b"\0", "tier": 3}
    changed = {"each": [(1, 1_000_000, 0, 0, 0, 0, day, day + 30, -1_000_000), (2, 0, 0, 5, 4, -1, 0, 0, 0)]}
    unpaid = {**settled, "upload_id": _id("another upload"), "credited_fen": 0, "outcomes": b""}
    opened = {"enrolment_id": _id("enrolment"), "change": AccountChange.OPENED, "tier": 3}
    posted = {"first_entry_no": 1, "last_entry_no": 2, "moved_fen": 5 * 10**9, "digest": _id("entries")}
    returned = {"return_no": 3, "coin_id": _id("coin"), "epoch": 1, "value_fen": 256, "fund_paid_fen": 0}
    case = {"case_no": 1, "evidence": _id("evidence"), "epoch": 2, "face_fen": 500}
    taken = {"coin_id": _id("frozen coin"), "epoch": 2, "value_fen": 300, "void_fen": 0}
    listed = {"list_no": 42, "list_id": _id("list"), "wallets": 2, "operators": 0, "epochs": 0}
    late = {"upload_id": _id("upload"), "finding": Finding.LATE, "found": 1, "value_fen": 500}
    asked = {"request": _id("request"), "step": IdentityStep.REQUESTED, "reason": Reason.COURT_ORDER}
    told: list[tuple[EventKind, int, str, dict[str, Any]]] = [
        (kind.POLICY, 0, "", {"name": "fund-cap-fen", "value": 100_000, "digest": _id("policy")}),
        (kind.CERTIFICATE, 0, "bank-1", {"certificate_id": _id("c"), "expires_at_s": now_s + 86_400}),
        (kind.ACCOUNT, 1, "bank-1", opened),
        (kind.POSTING, 2, "bank-1", posted),
        (kind.LOAD, 3, "bank-1", {"load_id": _id("load"), "epoch": 1, "value_fen": 1_131_900}),
        (kind.SETTLEMENT, 21, "bank-1", {**settled, **changed}),
        (kind.SETTLEMENT, 21, "bank-1", unpaid),
        (kind.CASE, 21, "bank-1", case),
        (kind.FREEZE, 22, "bank-1", {"record": _id("evidence"), "frozen_fen": 300}),
        (kind.REVOCATION, 23, "", listed),
        (kind.RETURN, 24, "bank-1", returned),
        (kind.DISCLOSURE, 25, "bank-1", {"authority": "court", "case_no": 1, "order": _id("order")}),
        (kind.REPORT, 26, "", {"report_id": _id("report"), "made_at_s": now_s + 26}),
        (kind.TAKEN, 27, "", taken),
        (kind.EPOCH, 28, "", {"epoch": 2, "change": EpochChange.CLOSED, "certificate_id": _id("epoch")}),
        (kind.RISK, 28, "bank-1", {"record": _id("risk"), "step": RiskStep.HELD}),
        (kind.FINDING, 29, "bank-1", late),
        (kind.IDENTITY, 30, "bank-1", asked),
        (kind.ERASURE, 31, "bank-1", {"wallets": 2, "closed_before_s": now_s - 5 * 365 * DAY_S}),
    ]
    return [
        Event.of(kind, at_s=now_s + after_s, operator=operator, **facts)
        for kind, after_s, operator, facts in told
    ]


def _split(
    keys: Mapping[str, SigningKey], operator: OperatorCertificate, leaves: Sequence[bytes], now_s: int
) -> list[dict[str, Any]]:
    """Evidence of each form: the operator shows a log without its entry 5 as well."""
    other = [*leaves[:5], *leaves[6:]]

    def signed(shown: Sequence[bytes], size: int, made_at_s: int) -> bytes:
        root = Frontier.of(shown[:size]).root
        fields: dict[str, Any] = {"network": "testnet", "origin": "bank-1", "made_at_s": made_at_s}
        return Checkpoint.sign(keys["operator"], size=size, root=root, **fields).signed.data

    certificates = operator.signed.data, operator.signed.data
    leaf_of = [
        ShownLeaf(shown[5], tuple(inclusion_proof(5, 12, roots_over(shown)))) for shown in (leaves, other)
    ]
    cases = {
        "one size, two roots": ((signed(leaves, 12, now_s), signed(other, 12, now_s + 9)), ()),
        "the later one is smaller": ((signed(leaves, 13, now_s), signed(leaves, 12, now_s + 1)), ()),
        "two leaves with one number": ((signed(leaves, 12, now_s), signed(other, 12, now_s)), tuple(leaf_of)),
    }
    return [
        {
            "name": name,
            "origin": "bank-1",
            "data": SplitHistory(
                certificates=certificates, checkpoints=checkpoints, number=5 if shown else 0, leaves=shown
            )
            .encode()
            .hex(),
        }
        for name, (checkpoints, shown) in cases.items()
    ]


def audit(keys: Mapping[str, SigningKey], operator: OperatorCertificate, now_s: int) -> dict[str, Any]:
    """The content of `audit.json`."""
    events = log_events(now_s)
    entries = [event.encode() for event in events]
    leaves = [*map(leaf_hash, entries)]
    root_at = roots_over(leaves)
    size = len(leaves)
    return {
        "events": [
            {
                "name": f"{number} {event.kind.name.lower()}",
                "kind": int(event.kind),
                "at_s": event.at_s,
                "operator": event.operator,
                "facts": [fact.hex() if isinstance(fact, bytes) else fact for fact in event.facts],
                "data": entries[number].hex(),
                "leaf_hash": leaves[number].hex(),
            }
            for number, event in enumerate(events)
        ],
        "roots": [Frontier.of(leaves[:end]).root.hex() for end in range(size + 1)],
        "inclusion": [
            {"number": number, "size": end, "proof": _hex(inclusion_proof(number, end, root_at))}
            for number, end in ((0, 1), (0, size), (5, 8), (7, 11), (size - 1, size))
        ],
        "consistency": [
            {"old_size": old, "new_size": new, "proof": _hex(consistency_proof(old, new, root_at))}
            for old, new in ((1, size), (4, 8), (5, size), (7, 12), (size, size))
        ],
        "split_histories": _split(keys, operator, leaves, now_s + 86_400),
    }


def _hex(proof: Sequence[bytes]) -> list[str]:
    return [part.hex() for part in proof]
