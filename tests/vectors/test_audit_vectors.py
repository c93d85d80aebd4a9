"""The vectors of audit logs: the code reads them, and the RFC's own definitions give the same tree."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from shuangli.errors import Unverified
from shuangli.merkle import leaf_hash, proves_consistency, proves_inclusion
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.offline.split_history import SplitHistory, verify_split_history
from tests.audit import plain_tree

HERE: Final = Path(__file__).parent
AUDIT: Final[dict[str, Any]] = json.loads((HERE / "audit.json").read_text(encoding="utf-8"))
KEYS: Final[dict[str, Any]] = json.loads((HERE / "keys.json").read_text(encoding="utf-8"))
ENTRIES: Final = [bytes.fromhex(event["data"]) for event in AUDIT["events"]]
ROOTS: Final = [bytes.fromhex(root) for root in AUDIT["roots"]]


def read(proof: list[str]) -> list[bytes]:
    return [bytes.fromhex(part) for part in proof]


@pytest.mark.parametrize("case", AUDIT["events"], ids=[case["name"] for case in AUDIT["events"]])
def test_events(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["data"])
    event = Event.decode(data)
    assert event.encode() == data
    assert (int(event.kind), event.at_s, event.operator) == (case["kind"], case["at_s"], case["operator"])
    assert [fact.hex() if isinstance(fact, bytes) else fact for fact in event.facts] == case["facts"]
    assert leaf_hash(data).hex() == case["leaf_hash"]


def test_every_kind_of_event_is_there() -> None:
    assert {case["kind"] for case in AUDIT["events"]} == {*EventKind}


def test_roots_and_proofs_are_those_of_the_rfc() -> None:
    assert [plain_tree.mth(ENTRIES[:size]) for size in range(len(ENTRIES) + 1)] == ROOTS
    for case in AUDIT["inclusion"]:
        number, size, proof = case["number"], case["size"], read(case["proof"])
        assert proof == plain_tree.path(number, ENTRIES[:size])
        assert proves_inclusion(leaf_hash(ENTRIES[number]), number, size, proof, ROOTS[size])
    for case in AUDIT["consistency"]:
        old, new, proof = case["old_size"], case["new_size"], read(case["proof"])
        assert proof == (plain_tree.proof(old, ENTRIES[:new]) if old < new else [])
        assert proves_consistency(old, ROOTS[old], new, ROOTS[new], proof)


@pytest.mark.parametrize(
    "case", AUDIT["split_histories"], ids=[case["name"] for case in AUDIT["split_histories"]]
)
def test_split_histories(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["data"])
    assert SplitHistory.decode(data).encode() == data
    root = bytes.fromhex(KEYS["root"]["public"])
    assert verify_split_history(data, root=root).origin == case["origin"]
    with pytest.raises(Unverified):
        verify_split_history(data, root=bytes.fromhex(KEYS["centre"]["public"]))
