"""Bundles: each object once, read head by head (FAULTS F36)."""

from typing import Final

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import Malformed
from shuangli.messages.bundle import MAX_BUNDLE_OBJECTS, Bundle
from tests.byte_strategies import mutated
from tests.core.test_messages import longer_heads, places, put
from tests.strategies import bundles

SMALL: Final = Bundle(loads=(b"load",), transfers=(b"transfer", b"x" * 300))


def strict_or_malformed(data: bytes) -> None:
    """`data` gives a bundle that encodes to `data`, or `Malformed`, and nothing else."""
    try:
        bundle = Bundle.decode(data)
    except Malformed:
        return
    assert bundle.encode() == data


@given(bundles)
def test_round_trip(bundle: Bundle) -> None:
    data = bundle.encode()
    assert data == cbor2.dumps([[*bundle.loads], [*bundle.transfers]])
    assert Bundle.decode(data) == bundle


@given(st.binary(max_size=40))
def test_f36_any_bytes(data: bytes) -> None:
    for candidate in (data, b"\x82" + data, b"\x82\x81" + data, b"\x82\x80\x81" + data):
        strict_or_malformed(candidate)


@given(st.data())
def test_f36_any_mutation(data: st.DataObject) -> None:
    strict_or_malformed(data.draw(mutated(data.draw(bundles).encode())))


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
        Bundle.decode(SMALL.encode()[:cut])


@pytest.mark.parametrize(
    "fields", [[], [[]], [[], [], []], [[b"a", b"a"], []], [[b"a"], [b"a"]], [[], [b"a", b"b", b"a"]]]
)
def test_no_bundle(fields: list[list[bytes]]) -> None:
    with pytest.raises(Malformed) as caught:
        Bundle.decode(cbor2.dumps(fields))
    assert caught.value.code == "shape"


def test_f36_too_large() -> None:
    data = SMALL.encode()
    assert Bundle.decode(data, max_bytes=len(data)) == SMALL
    many = cbor2.dumps([[], [number.to_bytes(3, "big") for number in range(MAX_BUNDLE_OBJECTS + 1)]])
    for too_large, most in ((data, len(data) - 1), (many, len(many))):
        with pytest.raises(Malformed) as caught:
            Bundle.decode(too_large, max_bytes=most)
        assert caught.value.code == "too-large"


@given(st.lists(bundles, max_size=3))
def test_join_keeps_each_object_where_it_is_first_seen(parts: list[Bundle]) -> None:
    joined = Bundle.join(parts)
    assert joined.loads == tuple(dict.fromkeys(data for part in parts for data in part.loads))
    assert joined.transfers == tuple(dict.fromkeys(data for part in parts for data in part.transfers))
