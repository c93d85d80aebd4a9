"""Audit logs checked from outside, with nothing trusted but the root key."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.crypto import SigningKey
from shuangli.errors import Malformed, Unverified
from shuangli.issuer.authority import Authority
from shuangli.merkle import Frontier, leaf_hash
from shuangli.messages.audit import LogEntry
from shuangli.messages.certificates import RoleCertificate
from shuangli.messages.event_kinds import EventKind
from shuangli.messages.events import Event
from shuangli.messages.notices import Acknowledgement, Outcome, Report
from shuangli.offline.audit import (
    VerifiedCheckpoint,
    contradiction,
    contradiction_of_entries,
    read_proof,
    verify_checkpoint,
    verify_consistency,
    verify_entries,
    verify_event,
    verify_filed,
    verify_inclusion,
    verify_leaf,
    verify_omission,
)
from shuangli.offline.split_history import ShownLeaf, SplitHistory, verify_split_history
from tests.audit.drawn import NETWORK, NOW, YEAR_S, Parties, Shown, acknowledging, an_event, events
from tests.byte_strategies import mutated

PARTIES: Final = Parties()
HONEST: Final = Shown([an_event(number).encode() for number in range(21)])
HIDING: Final = Shown([*HONEST.entries[:8], *HONEST.entries[9:]])
"""The same log without its entry 8."""
UPLOAD: Final = bytes(range(32))


def promised(number: int) -> LogEntry:
    """How an acknowledgement names an entry of the honest log."""
    return LogEntry(
        origin="OP01", number=number, logged_at_s=NOW, leaf_hash=leaf_hash(HONEST.entries[number])
    )


def evidence(
    checkpoints: tuple[bytes, bytes], *, signers: tuple[str, str] = ("OP01", "OP01"), **more: Any
) -> bytes:
    one, other = (PARTIES.certificates[name].signed.data for name in signers)
    return SplitHistory(certificates=(one, other), checkpoints=checkpoints, **more).encode()


# --- checkpoints ------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["OP01", "centre"])
def test_a_checkpoint_holds(origin: str) -> None:
    data = PARTIES.sign(HONEST, 21, origin=origin)
    certificate = PARTIES.certificates[origin]
    verified = verify_checkpoint(data, certificate=certificate.signed.data, root=PARTIES.root)
    assert (verified.checkpoint.size, verified.checkpoint.root) == (21, HONEST.root(21))
    assert verified.certificate == certificate
    assert verified.log == (NETWORK, certificate.domain.name, origin)


@pytest.mark.parametrize(
    ("origin", "key", "certificate", "code"),
    [
        ("OP01", "OP01", "OP02", "audit-log"),
        ("OP01", "OP02", "OP02", "audit-log"),
        ("OP01", "OP02", "OP01", "signature"),
        ("centre", "OP01", "OP01", "audit-log"),
        ("OP01", "root", "OP01", "signature"),
    ],
)
def test_a_checkpoint_in_anothers_name_is_refused(origin: str, key: str, certificate: str, code: str) -> None:
    data = PARTIES.sign(HONEST, 21, origin=origin, key=key)
    with pytest.raises(Unverified) as caught:
        verify_checkpoint(data, certificate=PARTIES.certificates[certificate].signed.data, root=PARTIES.root)
    assert caught.value.code == code


def test_a_checkpoint_outside_its_signers_time_is_refused() -> None:
    certificate = PARTIES.certificates["OP01"].signed.data
    for at_s, holds in ((NOW - YEAR_S, True), (NOW - YEAR_S - 1, False), (NOW + YEAR_S, False)):
        data = PARTIES.sign(HONEST, 21, at_s=at_s)
        if holds:
            verify_checkpoint(data, certificate=certificate, root=PARTIES.root)
            continue
        with pytest.raises(Unverified) as caught:
            verify_checkpoint(data, certificate=certificate, root=PARTIES.root)
        assert caught.value.code == "certificate-time"


def test_a_checkpoint_under_another_root_or_network_is_refused() -> None:
    data = PARTIES.sign(HONEST, 21)
    with pytest.raises(Unverified):
        verify_checkpoint(
            data,
            certificate=PARTIES.certificates["OP01"].signed.data,
            root=PARTIES.keys["centre"].public,
        )
    elsewhere = Authority(PARTIES.keys["root"], network="elsewhere").certify_operator(
        "OP01", PARTIES.keys["OP01"].public, not_before_s=NOW - 1, expires_at_s=NOW + 1
    )
    with pytest.raises(Unverified) as caught:
        verify_checkpoint(data, certificate=elsewhere.signed.data, root=PARTIES.root)
    assert caught.value.code == "wrong-network"


# --- inclusion and consistency ----------------------------------------------------------------


@given(st.integers(0, 20), st.integers(1, 21))
def test_a_promised_entry_is_shown_in_every_checkpoint_that_is_large_enough(number: int, size: int) -> None:
    checkpoint = PARTIES.verified(HONEST, size)
    if number >= size:
        with pytest.raises(Unverified):
            verify_inclusion(promised(number), HONEST.inclusion(number, 21), checkpoint)
        return
    found = verify_inclusion(promised(number), HONEST.inclusion(number, size), checkpoint)
    assert (found.number, found.leaf_hash) == (number, leaf_hash(HONEST.entries[number]))


def test_f32_a_hidden_deposit_cannot_be_shown() -> None:
    """Entry 8 is hidden: no proof of its log joins it to the checkpoint, at any place."""
    checkpoint = PARTIES.verified(HIDING, 20)
    for number in range(20):
        entry = replace(promised(8), number=number)
        for proof in (HIDING.inclusion(number, 20), HONEST.inclusion(8, 20), HONEST.inclusion(8, 21)):
            with pytest.raises(Unverified):
                verify_inclusion(entry, proof, checkpoint)


def test_an_entry_of_anothers_log_is_not_shown() -> None:
    checkpoint = PARTIES.verified(HONEST, 21, origin="OP02")
    with pytest.raises(Unverified, match="not in the log of another"):
        verify_inclusion(promised(3), HONEST.inclusion(3, 21), checkpoint)


@given(st.integers(0, 21), st.integers(0, 21))
def test_a_log_that_only_grows_is_consistent(one: int, other: int) -> None:
    old, new = sorted((one, other))
    proof = HONEST.consistency(old, new)
    verify_consistency(PARTIES.verified(HONEST, old), PARTIES.verified(HONEST, new, at_s=NOW + 1), proof)
    if old < new:
        with pytest.raises(Unverified):
            verify_consistency(PARTIES.verified(HONEST, new), PARTIES.verified(HONEST, old), proof)


def test_f32_a_log_that_drops_an_entry_is_not_consistent() -> None:
    """Up to the entry that is dropped all is well, and never again after it."""
    for old in range(1, 20):
        before, after = PARTIES.verified(HONEST, old), PARTIES.verified(HIDING, 20)
        proofs = HIDING.consistency(old, 20), HONEST.consistency(old, 20)
        if old <= 8:
            verify_consistency(before, after, proofs[0])
            continue
        for proof in proofs:
            with pytest.raises(Unverified):
                verify_consistency(before, after, proof)


def test_two_logs_are_not_consistent_even_if_equal() -> None:
    with pytest.raises(Unverified, match="of two logs"):
        verify_consistency(
            PARTIES.verified(HONEST, 5),
            PARTIES.verified(HONEST, 21, origin="OP02"),
            HONEST.consistency(5, 21),
        )


# --- following a log --------------------------------------------------------------------------


def test_a_regulator_follows_a_log() -> None:
    known = Frontier()
    for old, new in ((0, 5), (5, 5), (5, 20), (20, 21)):
        known = verify_entries(known, HONEST.entries[old:new], PARTIES.verified(HONEST, new))
    assert known.root == HONEST.root(21)


@pytest.mark.parametrize(
    "given_entries",
    [
        HIDING.entries,
        HONEST.entries[:20],
        [*HONEST.entries, HONEST.entries[0]],
        [*HONEST.entries[:19], HONEST.entries[20], HONEST.entries[19]],
        [*HONEST.entries[:20], an_event(99).encode()],
    ],
    ids=["hidden", "cut short", "one more", "in another order", "altered"],
)
def test_f32_entries_that_are_not_those_signed_are_refused(given_entries: Sequence[bytes]) -> None:
    checkpoint = PARTIES.verified(HONEST, 21)
    with pytest.raises(Unverified):
        verify_entries(Frontier(), given_entries, checkpoint)


def test_what_is_no_event_is_refused() -> None:
    shown = Shown([*HONEST.entries, b"\x80"])
    with pytest.raises(Malformed):
        verify_entries(Frontier(), shown.entries, PARTIES.verified(shown, 22))


def test_many_entries_are_followed_in_parts() -> None:
    shown = Shown([an_event(number).encode() for number in range(9_000)])
    assert verify_entries(Frontier(), iter(shown.entries), PARTIES.verified(shown, 9_000)).size == 9_000


# --- what an entry says -----------------------------------------------------------------------


def settled(**changes: Any) -> Event:
    facts: dict[str, Any] = {
        "upload_id": UPLOAD,
        "received_at_s": NOW - 3,
        "credited_fen": 700,
        "refunded_fen": 0,
        "outcomes": bytes([Outcome.SETTLED]),
    }
    operator, at_s = changes.pop("operator", "OP01"), changes.pop("at_s", NOW)
    return Event.of(EventKind.SETTLEMENT, at_s=at_s, operator=operator, **facts | changes)


def acknowledged(event: Event) -> Acknowledgement:
    """The acknowledgement of the upload, which names this event's entry."""
    data = event.encode()
    return acknowledging(
        LogEntry(origin="OP01", number=0, logged_at_s=NOW, leaf_hash=leaf_hash(data)),
        upload_id=UPLOAD,
        received_at_s=NOW - 3,
        credited_fen=700,
        outcomes=[Outcome.SETTLED],
    )


def test_an_entry_says_what_the_acknowledgement_said() -> None:
    for event in (settled(), settled(each=[(1, 700, 0, 0, 0, 0, 1, 2, -700)])):
        assert verify_event(event.encode(), acknowledged(event)) == event


@pytest.mark.parametrize(
    "changes",
    [
        {"upload_id": bytes(32)},
        {"received_at_s": NOW - 2},
        {"credited_fen": 699},
        {"outcomes": bytes([Outcome.LATE])},
        {"outcomes": b""},
        {"operator": "OP02"},
        {"at_s": NOW + 1},
    ],
    ids=str,
)
def test_f32_an_entry_that_says_something_else_is_found_out(changes: dict[str, Any]) -> None:
    event = settled(**changes)
    with pytest.raises(Unverified):
        verify_event(event.encode(), acknowledged(event))


def test_another_entry_than_the_one_named_is_refused() -> None:
    with pytest.raises(Unverified, match="not the one"):
        verify_event(settled().encode(), acknowledged(settled(each=[(1, 700, 0, 0, 0, 0, 1, 2, -700)])))
    event = an_event(1)
    with pytest.raises(Unverified, match="something else"):
        verify_event(event.encode(), acknowledged(event))


def test_f32_another_version_of_a_report_was_never_filed() -> None:
    def version(loaded_fen: int) -> Report:
        figures = {"supply.0.loaded_fen": loaded_fen}
        return Report.sign(PARTIES.keys["centre"], network=NETWORK, made_at_s=NOW, figures=figures, files={})

    def filed(report: Report, **changes: Any) -> bytes:
        facts: dict[str, Any] = {"report_id": report.signed.id, "made_at_s": report.made_at_s}
        return Event.of(EventKind.REPORT, at_s=NOW, **facts | changes).encode()

    honest, other = version(700), version(600)
    shown = Shown([*HONEST.entries, filed(honest)])
    checkpoint, proof = PARTIES.verified(shown, 22), shown.inclusion(21, 22)
    assert verify_filed(honest, shown.entries[21], 21, proof, checkpoint).number == 21
    for report, entry in (
        (other, shown.entries[21]),
        (other, filed(other)),
        (honest, filed(honest, made_at_s=NOW + 1)),
        (honest, shown.entries[20]),
    ):
        with pytest.raises(Unverified):
            verify_filed(report, entry, 21, proof, checkpoint)
    with pytest.raises(Unverified, match="not tell"):
        verify_filed(honest, shown.entries[20], 20, shown.inclusion(20, 22), checkpoint)
    misdated = Shown([*HONEST.entries, filed(honest, made_at_s=NOW + 1)])
    with pytest.raises(Unverified, match="not tell"):
        verify_filed(
            honest, misdated.entries[21], 21, misdated.inclusion(21, 22), PARTIES.verified(misdated, 22)
        )


# --- omission ---------------------------------------------------------------------------------


def test_f32_an_omission_is_proven_by_the_leaf_that_stands_in_its_place() -> None:
    checkpoint = PARTIES.verified(HIDING, 20)
    leaf = leaf_hash(HIDING.entries[8])
    why = verify_omission(acknowledging(promised(8)), checkpoint, leaf=leaf, proof=HIDING.inclusion(8, 20))
    assert why == "OP01 has logged something else as entry 8"


def test_f32_an_omission_is_proven_by_a_later_log_that_is_too_small() -> None:
    checkpoint = PARTIES.verified(HONEST, 8, at_s=NOW + 1)
    assert "had logged entry 8" in verify_omission(acknowledging(promised(8)), checkpoint)


def test_no_honest_log_is_convicted() -> None:
    """A checkpoint of the same second may be older than the entry; one that has the entry shows it."""
    for size, at_s in ((8, NOW), (8, NOW - 1), (0, NOW)):
        with pytest.raises(Unverified, match="not later"):
            verify_omission(acknowledging(promised(8)), PARTIES.verified(HONEST, size, at_s=at_s))
    later = PARTIES.verified(HONEST, 21, at_s=NOW + 1)
    with pytest.raises(Unverified, match="has the entry"):
        verify_omission(
            acknowledging(promised(8)),
            later,
            leaf=leaf_hash(HONEST.entries[8]),
            proof=HONEST.inclusion(8, 21),
        )
    for leaf, proof in ((b"", []), (leaf_hash(HONEST.entries[9]), HONEST.inclusion(9, 21))):
        with pytest.raises(Unverified, match="not shown"):
            verify_omission(acknowledging(promised(8)), later, leaf=leaf, proof=proof)
    of_centre = acknowledging(replace(promised(8), origin="centre"))
    with pytest.raises(Unverified, match="has promised nothing"):
        verify_omission(of_centre, PARTIES.verified(HONEST, 8, origin="centre", at_s=NOW + 1))
    with pytest.raises(Unverified, match="has promised nothing"):
        verify_omission(acknowledging(promised(8)), PARTIES.verified(HONEST, 8, origin="OP02", at_s=NOW + 1))


# --- split histories --------------------------------------------------------------------------


def test_f32_two_versions_of_one_size_contradict_each_other() -> None:
    one, other = PARTIES.verified(HONEST, 20), PARTIES.verified(HIDING, 20, at_s=NOW + 100)
    assert (
        contradiction(one, other)
        == contradiction(other, one)
        == "OP01 has signed two histories of 20 entries"
    )
    with pytest.raises(Unverified, match="two histories"):
        verify_consistency(one, other, [])


def test_f32_a_log_that_shrinks_contradicts_itself() -> None:
    one, other = PARTIES.verified(HONEST, 21), PARTIES.verified(HONEST, 20, at_s=NOW + 1)
    assert contradiction(one, other) == contradiction(other, one) != ""


def test_f32_two_versions_of_two_sizes_differ_in_an_entry() -> None:
    one, other = PARTIES.verified(HONEST, 21), PARTIES.verified(HIDING, 20)
    assert contradiction(one, other) == ""
    leaves = [
        verify_leaf(leaf_hash(shown.entries[8]), 8, shown.inclusion(8, size), checkpoint)
        for shown, size, checkpoint in ((HONEST, 21, one), (HIDING, 20, other))
    ]
    assert "differ in entry 8" in contradiction_of_entries(leaves[0], leaves[1])


def test_honest_logs_do_not_contradict_each_other() -> None:
    """Neither a log and itself, nor the logs of two operators, nor of operator and centre of one name."""
    again = PARTIES.verified(HONEST, 20), PARTIES.verified(HONEST, 20, at_s=NOW + 9)
    grown = PARTIES.verified(HONEST, 20), PARTIES.verified(HONEST, 21)
    others = PARTIES.verified(HONEST, 20), PARTIES.verified(HIDING, 20, origin="OP02")
    key = SigningKey(bytes([9]) * 32)
    authority = Authority(PARTIES.keys["root"], network=NETWORK)
    span = {"not_before_s": NOW - 1, "expires_at_s": NOW + 1}
    namesake: list[RoleCertificate] = [
        authority.certify_operator("OP09", key.public, **span),
        authority.certify_centre("OP09", key.public, **span),
    ]
    PARTIES.keys["OP09"] = key
    one, other = (
        verify_checkpoint(
            PARTIES.sign(shown, 20, origin="OP09"), certificate=certificate.signed.data, root=PARTIES.root
        )
        for shown, certificate in zip((HONEST, HIDING), namesake, strict=True)
    )
    for pair in (again, grown, others, (one, other)):
        assert contradiction(*pair) == contradiction(*reversed(pair)) == ""


def test_equal_leaves_and_leaves_of_two_places_do_not_contradict_each_other() -> None:
    checkpoint, elsewhere = PARTIES.verified(HONEST, 21), PARTIES.verified(HIDING, 20, origin="OP02")

    def leaf(number: int, shown: Shown, size: int, in_log: VerifiedCheckpoint) -> Any:
        return verify_leaf(leaf_hash(shown.entries[number]), number, shown.inclusion(number, size), in_log)

    eighth = leaf(8, HONEST, 21, checkpoint)
    for other in (
        leaf(8, HONEST, 20, PARTIES.verified(HONEST, 20)),
        leaf(9, HONEST, 21, checkpoint),
        leaf(8, HIDING, 20, elsewhere),
    ):
        assert contradiction_of_entries(eighth, other) == contradiction_of_entries(other, eighth) == ""


def shown_leaves(number: int = 8) -> tuple[ShownLeaf, ShownLeaf]:
    return (
        ShownLeaf(leaf_hash(HONEST.entries[number]), tuple(HONEST.inclusion(number, 21))),
        ShownLeaf(leaf_hash(HIDING.entries[number]), tuple(HIDING.inclusion(number, 20))),
    )


def splits() -> dict[str, bytes]:
    honest, hiding = PARTIES.sign(HONEST, 20), PARTIES.sign(HIDING, 20, at_s=NOW + 3)
    return {
        "one size": evidence((honest, hiding)),
        "smaller": evidence((PARTIES.sign(HONEST, 21), PARTIES.sign(HONEST, 20, at_s=NOW + 1))),
        "leaves": evidence((PARTIES.sign(HONEST, 21), hiding), number=8, leaves=shown_leaves()),
    }


@pytest.mark.parametrize("name", splits())
def test_f32_a_split_history_is_proven_to_anybody_with_the_root_key(name: str) -> None:
    data = splits()[name]
    split = verify_split_history(data, root=PARTIES.root)
    assert (split.network, split.origin) == (NETWORK, "OP01")
    assert "OP01" in split.why
    assert SplitHistory.decode(data).encode() == data
    with pytest.raises(Unverified):
        verify_split_history(data, root=PARTIES.keys["OP02"].public)


def test_what_proves_no_split_is_refused() -> None:
    honest, grown = PARTIES.sign(HONEST, 20), PARTIES.sign(HONEST, 21)
    other = PARTIES.sign(HIDING, 20, origin="OP02")
    same = ShownLeaf(leaf_hash(HONEST.entries[8]), tuple(HONEST.inclusion(8, 20)))
    one, moved = shown_leaves()
    for data, why in (
        (evidence((honest, honest)), "both can be true"),
        (evidence((honest, grown)), "both can be true"),
        (evidence((honest, other), signers=("OP01", "OP02")), "of two logs"),
        (evidence((grown, honest), number=8, leaves=(one, same)), "both can be true"),
        (evidence((grown, honest), number=8, leaves=(one, moved)), "not shown"),
        (evidence((grown, PARTIES.sign(HIDING, 20)), number=9, leaves=(one, moved)), "not shown"),
    ):
        with pytest.raises(Unverified, match=why):
            verify_split_history(data, root=PARTIES.root)


@given(st.sampled_from(sorted(splits())), st.data())
def test_f33_altered_evidence_of_a_split_proves_nothing_else(name: str, data: st.DataObject) -> None:
    original = splits()[name]
    altered = data.draw(mutated(original))
    try:
        split = verify_split_history(altered, root=PARTIES.root)
    except (Malformed, Unverified):
        return
    assert altered == original
    assert split.origin == "OP01"


@pytest.mark.parametrize("proof", [None, [b"short"], ["text"], [bytes(32)] * 60, [bytearray(32)]])
def test_what_is_no_proof_is_refused(proof: Any) -> None:
    assert read_proof([bytes(32)] * 54) == (bytes(32),) * 54
    with pytest.raises(Malformed):
        read_proof(proof)


@given(st.lists(events(), min_size=1, max_size=20), st.data())
def test_f32_whatever_is_dropped_added_or_altered_shows(drawn: list[Event], data: st.DataObject) -> None:
    """Any other list of entries: another root, and no proof from one to the other."""
    shown = Shown([event.encode() for event in drawn])
    size = len(drawn)
    other = [*shown.entries]
    at = data.draw(st.integers(0, size - 1))
    way = data.draw(st.sampled_from(["drop", "add", "alter"]))
    if way == "drop":
        del other[at]
    elif way == "add":
        other.insert(at, data.draw(events()).encode())
    else:
        other[at] = data.draw(events()).encode()
    checkpoint = PARTIES.verified(shown, size)
    if other != shown.entries:
        with pytest.raises(Unverified):
            verify_entries(Frontier(), other, checkpoint)
    else:
        verify_entries(Frontier(), other, checkpoint)
