"""A witness signs only what has grown from what it has seen: whatever it is shown, in whatever order."""

from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.crypto import SigningKey, sha256
from shuangli.errors import Malformed, Unverified
from shuangli.messages.cosignature import Cosignature
from shuangli.offline.witness import Memory, Seen, cosign, verify_cosignature
from tests.audit.drawn import NETWORK, NOW, Parties, Shown, an_event
from tests.byte_strategies import mutated

PARTIES: Final = Parties()
KEY: Final = SigningKey(sha256(b"witness"))
HONEST: Final = Shown([an_event(number).encode() for number in range(40)])
OTHER: Final = Shown([*HONEST.entries[:20], *(an_event(number + 100).encode() for number in range(20))])
NOTHING: Final = Memory(logs={})


def sign(memory: Memory, shown: Shown, size: int, *, old_size: int) -> tuple[Memory, Cosignature]:
    proof = shown.consistency(old_size, size) if old_size <= size else []
    return cosign(KEY, memory, PARTIES.verified(shown, size, at_s=NOW + size), proof, now_s=NOW + 100)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_an_honest_log_is_signed_whenever_it_has_grown(sizes: Sequence[int]) -> None:
    memory, last = NOTHING, 0
    for size in sizes:
        if size < last:
            with pytest.raises(Unverified, match="start with"):
                sign(memory, HONEST, size, old_size=last)
            continue
        memory, said = sign(memory, HONEST, size, old_size=last)
        last = size
        verify_cosignature(said.signed.data, PARTIES.verified(HONEST, size), witness=KEY.public)
        assert Memory.decode(memory.encode()) == memory


@given(st.integers(21, 40), st.integers(21, 40))
def test_f32_of_two_histories_only_one_is_signed(size: int, other_size: int) -> None:
    memory, said = sign(NOTHING, HONEST, size, old_size=0)
    with pytest.raises(Unverified, match="start with"):
        sign(memory, OTHER, other_size, old_size=size)
    if size == other_size:
        with pytest.raises(Unverified, match="has seen another state"):
            verify_cosignature(said.signed.data, PARTIES.verified(OTHER, other_size), witness=KEY.public)


def test_each_log_is_remembered_by_itself() -> None:
    memory, _ = sign(NOTHING, HONEST, 30, old_size=0)
    of_other = PARTIES.verified(HONEST, 10, origin="OP02")
    memory, _ = cosign(KEY, memory, of_other, HONEST.consistency(0, 10), now_s=NOW)
    assert sorted(seen.size for seen in memory.logs.values()) == [10, 30]


def test_another_witness_is_not_this_one() -> None:
    _, said = sign(NOTHING, HONEST, 30, old_size=0)
    with pytest.raises(Unverified, match="another witness"):
        verify_cosignature(
            said.signed.data, PARTIES.verified(HONEST, 30), witness=SigningKey(bytes(32)).public
        )
    forged = said.signed.data[:-1] + bytes([said.signed.data[-1] ^ 1])
    with pytest.raises(Unverified, match="cosignature"):
        verify_cosignature(forged, PARTIES.verified(HONEST, 30), witness=KEY.public)


@given(mutated(Memory(logs={(NETWORK, "operator", "OP01"): Seen(3, bytes(32))}).encode()))
def test_f38_any_damage_to_a_memory(data: bytes) -> None:
    try:
        read = Memory.decode(data)
    except Malformed:
        return
    assert read.encode() == data


@given(mutated(sign(NOTHING, HONEST, 30, old_size=0)[1].signed.data))
def test_any_damage_to_a_cosignature(data: bytes) -> None:
    try:
        read = Cosignature.parse(data)
    except Malformed:
        return
    assert read.signed.data == data
