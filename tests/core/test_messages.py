"""Every message: round trip, identity, and strictness to the byte (FAULTS F35, F36)."""

import dataclasses
from typing import Any, Final

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from shuangli import cose
from shuangli.cose import Domain
from shuangli.crypto import verify
from shuangli.errors import Malformed
from tests.byte_strategies import mutated
from tests.core.encoding_again import encode_again
from tests.core.spoiling import get, longer_heads, more_or_less, places, put
from tests.office_strategies import MESSAGES
from tests.strategies import KEYS

every_message: Final = pytest.mark.parametrize(
    ("kind", "values"), MESSAGES.items(), ids=[kind.__name__ for kind in MESSAGES]
)

ODD: Final[tuple[object, ...]] = (
    *(0, 1, -1, 23, 24, 2**16 + 1, 2**33, 2**53 - 1, 2**53, 2**64 - 1, -(2**64), 2**64),
    *(0.0, 1.0, float("nan"), True, False, None, cbor2.undefined, cbor2.CBORSimpleValue(1)),
    *(
        b"",
        b"\x09",
        b"\xff",
        bytes(5),
        bytes(16),
        bytes(32),
        "",
        "x",
        "CNY",
        "a\nb",
        "\u53cc\u79bb",
        "x" * 17,
    ),
    *([], [[]], [b""], [bytes(32)], [bytes(32), 1, 0], [1, 2, 3], {}, {1: 1}, cbor2.CBORTag(1, 0)),
)
"""What to put in place of any field."""


def strict_or_malformed(kind: Any, data: bytes) -> None:
    """`data` gives a message that encodes to `data`, or `Malformed`, and nothing else."""
    try:
        value = kind.parse(data)
    except Malformed:
        return
    assert encode_again(value) == data
    assert not holds_boolean(value), (
        "True is no number of fen, and no message has a field that is true or false"
    )


def holds_boolean(value: object) -> bool:
    """Say whether a boolean stands anywhere in a message."""
    if dataclasses.is_dataclass(value):
        return any(holds_boolean(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, tuple | frozenset):
        return any(map(holds_boolean, value))
    return isinstance(value, bool)


@every_message
@given(st.data())
def test_round_trip(kind: Any, values: SearchStrategy[Any], data: st.DataObject) -> None:
    made = data.draw(values)
    read = kind.parse(made.signed.data)
    assert read == made
    assert read.signed.id == made.signed.id
    assert encode_again(read) == made.signed.data
    assert any(verify(key.public, read.signed.message, read.signed.signature) for key in KEYS)


@every_message
@given(st.data())
def test_f36_any_mutation(kind: Any, values: SearchStrategy[Any], data: st.DataObject) -> None:
    strict_or_malformed(kind, data.draw(mutated(data.draw(values).signed.data)))


@every_message
@given(st.binary(max_size=200))
def test_f36_any_bytes(kind: Any, values: SearchStrategy[Any], data: bytes) -> None:
    strict_or_malformed(kind, data)


@every_message
@given(st.data())
def test_f36_any_field_replaced(kind: Any, values: SearchStrategy[Any], data: st.DataObject) -> None:
    made = data.draw(values)
    fields = cbor2.loads(made.signed.payload)
    place = data.draw(st.sampled_from(list(places(fields))))
    for odd in ODD:
        payload = cbor2.dumps(put(fields, place, odd))
        strict_or_malformed(kind, cose.sign(KEYS[0], made.signed.domain, payload).data)


@every_message
@given(st.data())
def test_f36_true_is_no_number(kind: Any, values: SearchStrategy[Any], data: st.DataObject) -> None:
    made = data.draw(values)
    fields = cbor2.loads(made.signed.payload)
    for place in places(fields):
        if type(get(fields, place)) is int:
            for truth in (True, False):
                payload = cbor2.dumps(put(fields, place, truth))
                with pytest.raises(Malformed):
                    kind.parse(cose.sign(KEYS[0], made.signed.domain, payload).data)


@every_message
@given(st.data())
def test_f36_a_field_more_or_less(kind: Any, values: SearchStrategy[Any], data: st.DataObject) -> None:
    made = data.draw(values)
    fields = cbor2.loads(made.signed.payload)
    inner = [place for place in [[], *places(fields)] if isinstance(get(fields, place), list | dict)]
    place = data.draw(st.sampled_from(inner))
    for changed in more_or_less(get(fields, place)):
        payload = cbor2.dumps(put(fields, place, changed) if place else changed)
        strict_or_malformed(kind, cose.sign(KEYS[0], made.signed.domain, payload).data)


@every_message
@given(st.data())
def test_f36_longer_heads(kind: Any, values: SearchStrategy[Any], data: st.DataObject) -> None:
    made = data.draw(values)
    payload = made.signed.payload
    for at in range(min(len(payload), 120)):
        for longer in longer_heads(payload, at):
            strict_or_malformed(kind, cose.sign(KEYS[0], made.signed.domain, longer).data)


@every_message
@given(st.data())
def test_f35_another_kind(kind: Any, values: SearchStrategy[Any], data: st.DataObject) -> None:
    # The kinds share one outer form: what keeps them apart is the domain, so the signature fails.
    made = data.draw(values)
    for other in MESSAGES:
        if other is kind:
            continue
        try:
            taken_for = other.parse(made.signed.data)
        except Malformed:
            continue
        assert taken_for.signed.id != made.signed.id
        assert not any(
            verify(key.public, taken_for.signed.message, taken_for.signed.signature) for key in KEYS
        )


@every_message
@given(st.data())
def test_a_message_is_not_changed(kind: Any, values: SearchStrategy[Any], data: st.DataObject) -> None:
    made = data.draw(values)
    with pytest.raises((AttributeError, TypeError)):
        made.signed = None
    with pytest.raises((AttributeError, TypeError)):
        made.comment = "slotted"


@given(st.tuples(*MESSAGES.values()))
def test_every_domain_has_its_kind(made: tuple[Any, ...]) -> None:
    assert sorted(value.signed.domain.name for value in made) == sorted(domain.name for domain in Domain)
