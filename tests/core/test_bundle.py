"""Bundles and hand-ins: each object once, read head by head (FAULTS F36)."""

from typing import Any, Final

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from shuangli.errors import Malformed
from shuangli.messages.bundle import MAX_BUNDLE_OBJECTS, Bundle
from shuangli.messages.hand_in import HandIn
from tests.byte_strategies import mutated
from tests.core.spoiling import longer_heads, places, put
from tests.strategies import bundles, hand_ins

BUNDLE: Final = Bundle(loads=(b"load",), transfers=(b"transfer", b"x" * 300))
HAND_IN: Final = HandIn(bundle=BUNDLE, refusals=(b"refusal",))
both_drawn: Final = pytest.mark.parametrize(("kind", "values"), [(Bundle, bundles), (HandIn, hand_ins)])
both_small: Final = pytest.mark.parametrize("small", [BUNDLE, HAND_IN], ids=["Bundle", "HandIn"])


def parts_of(value: Bundle | HandIn) -> list[list[bytes]]:
    """The arrays that it is encoded as."""
    if isinstance(value, HandIn):
        return [*parts_of(value.bundle), [*value.refusals]]
    return [[*value.loads], [*value.transfers]]


def strict_or_malformed(kind: type[Any], data: bytes) -> None:
    """`data` gives a value that encodes to `data`, or `Malformed`, and nothing else."""
    try:
        value = kind.decode(data)
    except Malformed:
        return
    assert value.encode() == data


@both_drawn
@given(st.data())
def test_round_trip(kind: type[Any], values: SearchStrategy[Any], data: st.DataObject) -> None:
    value = data.draw(values)
    assert value.encode() == cbor2.dumps(parts_of(value))
    assert kind.decode(value.encode()) == value


@pytest.mark.parametrize("kind", [Bundle, HandIn])
@given(st.binary(max_size=40))
def test_f36_any_bytes(kind: type[Any], data: bytes) -> None:
    head, empty = (b"\x83", b"\x80\x80") if kind is HandIn else (b"\x82", b"\x80")
    for start in (b"", head, head + b"\x81", head + empty + b"\x81"):
        strict_or_malformed(kind, start + data)


@both_drawn
@given(st.data())
def test_f36_any_mutation(kind: type[Any], values: SearchStrategy[Any], data: st.DataObject) -> None:
    strict_or_malformed(kind, data.draw(mutated(data.draw(values).encode())))


@both_small
@pytest.mark.parametrize("odd", [0, -1, 1.0, None, True, "text", [], [b""], {}, cbor2.CBORTag(1, b"")])
def test_f36_any_field_replaced(small: Bundle | HandIn, odd: object) -> None:
    fields = cbor2.loads(small.encode())
    for place in places(fields):
        strict_or_malformed(type(small), cbor2.dumps(put(fields, place, odd)))


@both_small
def test_f36_longer_heads(small: Bundle | HandIn) -> None:
    data = small.encode()
    for at in range(len(data)):
        for longer in longer_heads(data, at):
            strict_or_malformed(type(small), longer)


@both_small
def test_f36_cut_off(small: Bundle | HandIn) -> None:
    data = small.encode()
    for cut in range(len(data)):
        with pytest.raises(Malformed):
            type(small).decode(data[:cut])


TWICE_IN_BUNDLES: Final[tuple[list[list[bytes]], ...]] = (
    [[b"a", b"a"], []],
    [[b"a"], [b"a"]],
    [[], [b"a", b"b", b"a"]],
)
NO_BUNDLES: Final[tuple[list[list[bytes]], ...]] = ([], [[]], [[], [], []], *TWICE_IN_BUNDLES)
TWICE_IN_HAND_INS: Final[tuple[list[list[bytes]], ...]] = ([[b"a"], [], [b"a"]], [[], [b"a"], [b"a"]])
NO_HAND_INS: Final[tuple[list[list[bytes]], ...]] = ([], [[]], [[], []], [[], [], [], []], *TWICE_IN_HAND_INS)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [*((Bundle, fields) for fields in NO_BUNDLES), *((HandIn, fields) for fields in NO_HAND_INS)],
)
def test_f36_another_shape(kind: type[Any], fields: list[list[bytes]]) -> None:
    with pytest.raises(Malformed) as caught:
        kind.decode(cbor2.dumps(fields))
    assert caught.value.code == "shape"


@both_small
def test_f36_too_large(small: Bundle | HandIn) -> None:
    data = small.encode()
    assert type(small).decode(data, max_bytes=len(data)) == small
    objects = [number.to_bytes(3, "big") for number in range(MAX_BUNDLE_OBJECTS + 1)]
    many = cbor2.dumps([*([] for _ in parts_of(small)[1:]), objects])
    for too_large, most in ((data, len(data) - 1), (many, len(many))):
        with pytest.raises(Malformed) as caught:
            type(small).decode(too_large, max_bytes=most)
        assert caught.value.code == "too-large"


def test_a_payment_is_no_hand_in_and_a_hand_in_no_payment() -> None:
    with pytest.raises(Malformed):
        HandIn.decode(BUNDLE.encode())
    with pytest.raises(Malformed):
        Bundle.decode(HAND_IN.encode())


@given(st.lists(bundles, max_size=3))
def test_join_keeps_each_object_where_it_is_first_seen(parts: list[Bundle]) -> None:
    joined = Bundle.join(parts)
    assert joined.loads == tuple(dict.fromkeys(data for part in parts for data in part.loads))
    assert joined.transfers == tuple(dict.fromkeys(data for part in parts for data in part.transfers))
