"""Hand-ins: a bundle and refusals, each object once, read head by head (FAULTS F36)."""

from typing import Final

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import Malformed
from shuangli.messages.bundle import MAX_BUNDLE_OBJECTS, Bundle
from shuangli.messages.hand_in import HandIn
from tests.byte_strategies import mutated
from tests.core.test_messages import longer_heads, places, put
from tests.strategies import hand_ins

SMALL: Final = HandIn(
    bundle=Bundle(loads=(b"load",), transfers=(b"transfer", b"x" * 300)), refusals=(b"refusal",)
)


def strict_or_malformed(data: bytes) -> None:
    """`data` gives a hand-in that encodes to `data`, or `Malformed`, and nothing else."""
    try:
        hand_in = HandIn.decode(data)
    except Malformed:
        return
    assert hand_in.encode() == data


@given(hand_ins)
def test_round_trip(hand_in: HandIn) -> None:
    data = hand_in.encode()
    bundle = hand_in.bundle
    assert data == cbor2.dumps([[*bundle.loads], [*bundle.transfers], [*hand_in.refusals]])
    assert HandIn.decode(data) == hand_in


@given(st.binary(max_size=40))
def test_f36_any_bytes(data: bytes) -> None:
    for candidate in (data, b"\x83" + data, b"\x83\x81" + data, b"\x83\x80\x80\x81" + data):
        strict_or_malformed(candidate)


@given(st.data())
def test_f36_any_mutation(data: st.DataObject) -> None:
    strict_or_malformed(data.draw(mutated(data.draw(hand_ins).encode())))


@pytest.mark.parametrize("odd", [0, -1, 1.0, None, True, "text", [], [b""], {}, cbor2.CBORTag(1, b"")])
def test_f36_any_field_replaced(odd: object) -> None:
    fields = cbor2.loads(SMALL.encode())
    for place in places(fields):
        strict_or_malformed(cbor2.dumps(put(fields, place, odd)))


def test_f36_longer_heads() -> None:
    data = SMALL.encode()
    for at in range(len(data)):
        for longer in longer_heads(data, at):
            strict_or_malformed(longer)


@pytest.mark.parametrize("cut", range(len(SMALL.encode())))
def test_f36_cut_off(cut: int) -> None:
    with pytest.raises(Malformed):
        HandIn.decode(SMALL.encode()[:cut])


@pytest.mark.parametrize(
    "fields", [[], [[]], [[], []], [[], [], [], []], [[b"a"], [], [b"a"]], [[], [b"a"], [b"a"]]]
)
def test_no_hand_in(fields: list[list[bytes]]) -> None:
    with pytest.raises(Malformed) as caught:
        HandIn.decode(cbor2.dumps(fields))
    assert caught.value.code == "shape"


def test_a_payment_is_no_hand_in_and_a_hand_in_no_payment() -> None:
    with pytest.raises(Malformed):
        HandIn.decode(SMALL.bundle.encode())
    with pytest.raises(Malformed):
        Bundle.decode(SMALL.encode())


def test_f36_too_large() -> None:
    data = SMALL.encode()
    assert HandIn.decode(data, max_bytes=len(data)) == SMALL
    many = cbor2.dumps([[], [], [number.to_bytes(3, "big") for number in range(MAX_BUNDLE_OBJECTS + 1)]])
    for too_large, most in ((data, len(data) - 1), (many, len(many))):
        with pytest.raises(Malformed) as caught:
            HandIn.decode(too_large, max_bytes=most)
        assert caught.value.code == "too-large"
