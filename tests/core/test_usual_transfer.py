"""Transfers are read where their fields stand: what that accepts is what strict decoding accepts."""

from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shuangli import codec
from shuangli.errors import Malformed
from shuangli.messages.fields import MAX_TIME_S, read_array
from shuangli.messages.transfers import read_usual
from shuangli.money import MAX_FEN

DIGESTS = st.binary(min_size=32, max_size=32)
SPENDS = st.lists(
    st.one_of(
        st.tuples(DIGESTS, st.integers(1, MAX_FEN)),
        st.tuples(DIGESTS, st.integers(1, MAX_FEN), st.integers(1, MAX_FEN)),
    ),
    min_size=1,
    max_size=25,
)
PAYLOADS = st.tuples(
    DIGESTS,
    # Certificates have 148 bytes and more; only where one is about as long is anything read in place.
    st.one_of(st.binary(max_size=300), st.binary(min_size=125, max_size=195)),
    st.integers(0, MAX_TIME_S),
    st.integers(0, MAX_TIME_S),
    DIGESTS,
    SPENDS,
).map(codec.encode_fields)
FIXED: Final = [bytes(32), bytes(160), 1_760_000_000, 1_760_086_400, bytes(32)]
USUAL: Final = codec.encode_fields([*FIXED, [[bytes(32), 5]]])
HOW = st.sampled_from(["change", "cut", "add", "drop"])


def strictly(payload: bytes) -> tuple[object, ...] | None:
    """The same fields by the strict decoder; None where it refuses them."""
    try:
        *fields, rows = read_array(payload, 6, "transfer")
    except Malformed:
        return None
    return (*fields, tuple((*row, 0) if len(row) == 2 else tuple(row) for row in rows))


@given(PAYLOADS)
@example(USUAL)
def test_what_is_read_in_place_is_what_is_decoded(payload: bytes) -> None:
    found = read_usual(payload)
    assert found is None or found == strictly(payload)


def test_the_usual_layout_is_read_in_place() -> None:
    assert read_usual(USUAL) == strictly(USUAL)


@given(PAYLOADS, st.integers(0, 10_000), st.integers(0, 255), HOW)
def test_f36_altered_bytes_never_pass_here_alone(payload: bytes, at: int, byte: int, how: str) -> None:
    at %= len(payload)
    altered = {
        "change": payload[:at] + bytes([byte]) + payload[at + 1 :],
        "cut": payload[:at],
        "add": payload[:at] + bytes([byte]) + payload[at:],
        "drop": payload[:at] + payload[at + 1 :],
    }[how]
    found = read_usual(altered)
    assert found is None or found == strictly(altered)


def test_a_number_that_is_not_in_its_shortest_form_is_left_to_the_decoder() -> None:
    for number, long in ((5, b"\x18\x05"), (300, b"\x1a\x00\x00\x01\x2c")):
        payload = codec.encode_fields([*FIXED, [[bytes(32), number]]])
        short = codec.encode(number)
        assert read_usual(payload) is not None
        assert payload.endswith(short)
        assert read_usual(payload[: -len(short)] + long) is None


@pytest.mark.parametrize("which", [0, 1])
def test_a_time_that_is_not_in_its_shortest_form_is_left_to_the_decoder(which: int) -> None:
    least = codec.encode(2**16)
    parts = codec.encode_fields([bytes(32), bytes(160), 2**16, 2**16, bytes(32), [[bytes(32), 5]]]).split(
        least
    )
    assert read_usual(least.join(parts)) is not None
    parts[which : which + 2] = [parts[which] + b"\x1a\x00\x00\xff\xff" + parts[which + 1]]
    assert read_usual(least.join(parts)) is None


def test_change_of_nothing_is_left_to_the_decoder() -> None:
    assert read_usual(codec.encode_fields([*FIXED, [[bytes(32), 5, 0]]])) is None
