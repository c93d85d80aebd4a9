"""Frames: F36 and F38 for a stream of bytes."""

import binascii
import zlib
from collections.abc import Iterable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import LinkError, Malformed
from shuangli.offline.links.faulty import flip
from shuangli.offline.links.frames import (
    GOODBYE,
    HEAD_BYTES,
    MAX_MESSAGE_BYTES,
    MESSAGE_HEAD_BYTES,
    OVERHEAD_BYTES,
    START,
    FrameReader,
    decode_frame,
    encode_frame,
)
from shuangli.offline.states import Kind, Message
from tests.byte_strategies import mutated
from tests.links.support import messages, outcome

RECEIPT: Final = Message(Kind.RECEIPT, b"hello")


def read_all(pieces: Iterable[bytes], *, most_bytes: int = MAX_MESSAGE_BYTES) -> list[Message | str | None]:
    """What comes out when a stream arrives in these pieces; the reader holds no more than it promises."""
    reader = FrameReader(most_bytes=most_bytes)
    out: list[Message | str | None] = []
    for piece in pieces:
        reader.feed(piece)
        while (result := outcome(reader.next_message)) is not None:
            out.append(result)
            if isinstance(result, str):
                return out
        assert reader.unread_bytes < most_bytes + OVERHEAD_BYTES
    return out


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """`data` in pieces."""
    ends = [*sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def test_the_format_is_the_one_in_the_docs() -> None:
    assert encode_frame(RECEIPT).hex(" ", 4) == "534c0100 0008dd9b 82034568 656c6c6f c8966f0d"
    # The check values of CRC-16/IBM-3740 and CRC-32/ISO-HDLC.
    assert binascii.crc_hqx(b"123456789", 0xFFFF) == 0x29B1
    assert zlib.crc32(b"123456789") == 0xCBF43926


@given(st.lists(messages, max_size=4), st.lists(st.integers(0), max_size=8))
def test_messages_come_out_as_they_went_in_however_the_stream_is_cut(
    sent: list[Message], places: list[int]
) -> None:
    stream = b"".join(map(encode_frame, sent))
    assert read_all(cut(stream, places)) == sent
    assert all(len(encode_frame(message)) == len(message.encode()) + OVERHEAD_BYTES for message in sent)


@given(st.binary(max_size=400), st.lists(st.integers(0), max_size=8))
def test_f36_any_bytes_are_messages_more_to_come_or_malformed(data: bytes, places: list[int]) -> None:
    assert read_all(cut(data, places)) == read_all([data])


@given(st.data(), st.lists(messages, min_size=1, max_size=3))
def test_f38_a_damaged_stream_gives_only_messages_that_were_sent(
    data: st.DataObject, sent: list[Message]
) -> None:
    stream = b"".join(map(encode_frame, sent))
    received = read_all([data.draw(mutated(stream))])
    assert all(message in sent for message in received if isinstance(message, Message))


def test_f38_every_flipped_bit_is_found_when_the_frame_is_there() -> None:
    frame = encode_frame(RECEIPT)
    for bit in range(8 * len(frame)):
        (found,) = read_all([flip(frame, bit)])
        assert found == "frame", bit


def test_f38_every_flipped_bit_of_the_head_is_found_without_waiting_for_more() -> None:
    frame = encode_frame(RECEIPT)
    for bit in range(8 * HEAD_BYTES):
        assert read_all([flip(frame, bit)[:HEAD_BYTES]]) == ["frame"], bit


def test_f38_a_truncated_frame_is_not_a_message() -> None:
    frame = encode_frame(RECEIPT)
    for length in range(len(frame)):
        assert read_all([frame[:length]]) == []
        with pytest.raises(Malformed, match="not exactly one frame"):
            decode_frame(frame[:length])
    with pytest.raises(Malformed, match="not exactly one frame"):
        decode_frame(frame + b"S")


def test_noise_is_known_by_its_first_byte() -> None:
    assert read_all([b"G"]) == ["frame"]
    assert read_all([b"SL\x02"]) == ["frame"]


def test_a_reader_that_met_a_fault_stays_shut() -> None:
    reader = FrameReader()
    reader.feed(encode_frame(RECEIPT) + b"X" + encode_frame(RECEIPT))
    assert reader.next_message() == RECEIPT
    for _ in range(2):
        with pytest.raises(Malformed, match="starts with"):
            reader.next_message()
        reader.feed(encode_frame(RECEIPT))
        assert reader.unread_bytes == 0


def test_f36_a_huge_length_is_refused_before_it_is_waited_for() -> None:
    start = START + (2**24 - 1).to_bytes(3, "big")
    head = start + binascii.crc_hqx(start, 0xFFFF).to_bytes(2, "big")
    assert read_all([head]) == ["too-large"]
    assert read_all([encode_frame(Message(Kind.PAYMENT, bytes(200)))[:HEAD_BYTES]], most_bytes=100) == [
        "too-large"
    ]


def test_goodbye_is_the_last_thing_in_a_stream() -> None:
    assert GOODBYE.hex() == "534c010000005c9389743742"
    reader = FrameReader()
    reader.feed(encode_frame(RECEIPT) + GOODBYE)
    assert (reader.next_message(), reader.ended) == (RECEIPT, False)
    assert (reader.next_message(), reader.ended, reader.unread_bytes) == (None, True, 0)
    assert reader.next_message() is None
    assert read_all([encode_frame(RECEIPT) + GOODBYE + encode_frame(RECEIPT)]) == [RECEIPT, "frame"]
    assert read_all([GOODBYE, b"S"]) == ["frame"]
    with pytest.raises(Malformed, match="not exactly one frame"):
        decode_frame(GOODBYE)


def test_f36_a_frame_around_what_is_no_message_is_malformed() -> None:
    frame = encode_frame(RECEIPT)
    not_shortest = frame[HEAD_BYTES:-4].replace(b"\x45", b"\x58\x05", 1)
    start = START + len(not_shortest).to_bytes(3, "big")
    framed = start + binascii.crc_hqx(start, 0xFFFF).to_bytes(2, "big") + not_shortest
    assert read_all([framed + zlib.crc32(framed).to_bytes(4, "big")]) == ["cbor"]


def test_the_largest_message_fits_and_one_more_byte_does_not() -> None:
    largest = Message(Kind.PAYMENT, bytes(MAX_MESSAGE_BYTES - MESSAGE_HEAD_BYTES))
    assert decode_frame(encode_frame(largest)) == largest
    with pytest.raises(LinkError) as refused:
        encode_frame(Message(Kind.PAYMENT, largest.body + b"\0"))
    assert refused.value.code == "link-size"
