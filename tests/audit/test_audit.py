"""Audit logs checked from outside, with nothing trusted but the root key.

A checkpoint is its signer's, an entry is where it was promised, and a log only grows.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import Malformed, Unverified
from shuangli.issuer.authority import Authority
from shuangli.merkle import Frontier, leaf_hash
from shuangli.messages.events import Event
from shuangli.offline.audit import (
    read_proof,
    verify_checkpoint,
    verify_consistency,
    verify_entries,
    verify_inclusion,
)
from tests.audit.drawn import HIDING, HONEST, NETWORK, NOW, YEAR_S, Parties, Shown, an_event, events, promised

PARTIES: Final = Parties()


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


@pytest.mark.parametrize("proof", [None, [b"short"], ["text"], [bytes(32)] * 60, [bytearray(32)]])
def test_what_is_no_proof_is_refused(proof: Any) -> None:
    assert read_proof([bytes(32)] * 54) == (bytes(32),) * 54
    with pytest.raises(Malformed):
        read_proof(proof)


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
