"""Two versions of one log contradict each other, to anybody with the root key; honest logs never do."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.crypto import SigningKey
from shuangli.errors import Malformed, Unverified
from shuangli.issuer.authority import Authority
from shuangli.merkle import leaf_hash
from shuangli.messages.certificates import RoleCertificate
from shuangli.offline.audit import (
    VerifiedCheckpoint,
    contradiction,
    contradiction_of_entries,
    verify_checkpoint,
    verify_consistency,
    verify_leaf,
)
from shuangli.offline.split_history import ShownLeaf, SplitHistory, verify_split_history
from tests.audit.drawn import HIDING, HONEST, NETWORK, NOW, Parties, Shown
from tests.byte_strategies import mutated

PARTIES: Final = Parties()


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


def evidence(
    checkpoints: tuple[bytes, bytes], *, signers: tuple[str, str] = ("OP01", "OP01"), **more: Any
) -> bytes:
    one, other = (PARTIES.certificates[name].signed.data for name in signers)
    return SplitHistory(certificates=(one, other), checkpoints=checkpoints, **more).encode()


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
