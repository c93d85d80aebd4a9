"""NDEF records, against the bytes of the specification and another library's reading (F36, F38)."""

from typing import Final

import ndef as other_library  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shuangli.errors import LinkError, Malformed
from shuangli.offline.links.frames import MAX_MESSAGE_BYTES
from shuangli.offline.links.ndef import (
    MAX_RECORDS,
    TYPE,
    Record,
    TypeName,
    decode_ndef,
    decode_records,
    encode_ndef,
    encode_records,
)
from shuangli.offline.states import Kind, Message
from tests.byte_strategies import mutated
from tests.links.support import messages

HELLO: Final = Message(Kind.RECEIPT, b"hello")
PHONE: Final = Record(name=TypeName.EXTERNAL, type=b"android.com:pkg", payload=b"example.wallet")
OURS: Final = Record(name=TypeName.EXTERNAL, type=TYPE, payload=HELLO.encode())
EMPTY: Final = Record(name=TypeName.EMPTY)

short: Final = st.binary(max_size=20)
some: Final = st.binary(min_size=1, max_size=20)
records: Final = st.lists(
    st.one_of(
        st.just(EMPTY),
        st.builds(Record, name=st.just(TypeName.UNKNOWN), id=short, payload=st.binary(max_size=600)),
        st.builds(
            Record,
            name=st.sampled_from([TypeName.WELL_KNOWN, TypeName.MIME, TypeName.URI, TypeName.EXTERNAL]),
            type=some,
            id=short,
            payload=st.binary(max_size=600),
        ),
    ),
    min_size=1,
    max_size=4,
)


def test_the_format_is_the_one_in_the_docs() -> None:
    assert encode_ndef(HELLO) == b"\xd4\x0b\x08" + b"shuangli:m1" + HELLO.encode()
    first, second = (
        b"\xb4\x0b\x04" + b"shuangli:m1" + HELLO.encode()[:4],
        b"\x56\x00\x04" + HELLO.encode()[4:],
    )
    assert encode_ndef(HELLO, chunk_bytes=4) == first + second
    long = Message(Kind.PAYMENT, bytes(300))
    assert encode_ndef(long) == b"\xc4\x0b\x00\x00\x01\x31" + b"shuangli:m1" + long.encode()


@given(messages, st.one_of(st.none(), st.integers(1, 400)))
def test_a_message_comes_out_as_it_went_in(message: Message, chunk_bytes: int | None) -> None:
    assert decode_ndef(encode_ndef(message, chunk_bytes=chunk_bytes)) == message


@given(records, st.one_of(st.none(), st.integers(1, 400)))
def test_records_come_out_as_they_went_in(sent: list[Record], chunk_bytes: int | None) -> None:
    assert decode_records(encode_records(sent, chunk_bytes=chunk_bytes)) == tuple(sent)


@given(messages)
def test_another_library_reads_what_we_write_and_we_what_it_writes(message: Message) -> None:
    (read,) = other_library.message_decoder(encode_ndef(message))
    assert (read.type, read.data) == ("urn:nfc:ext:shuangli:m1", message.encode())
    written = other_library.Record("urn:nfc:ext:shuangli:m1", "", message.encode())
    assert b"".join(other_library.message_encoder([written])) == encode_ndef(message)


@given(messages, st.integers(1, 300))
def test_another_library_finds_the_same_chunks(message: Message, chunk_bytes: int) -> None:
    chunks = list(other_library.message_decoder(encode_ndef(message, chunk_bytes=chunk_bytes)))
    assert b"".join(chunk.data for chunk in chunks) == message.encode()
    assert all(len(chunk.data) <= chunk_bytes for chunk in chunks)
    assert {chunk.type for chunk in chunks[1:]} <= {"unchanged"}


def test_other_records_may_stand_beside_ours() -> None:
    assert decode_ndef(encode_records([PHONE, OURS, EMPTY])) == HELLO
    assert decode_ndef(encode_records([OURS, PHONE], chunk_bytes=3)) == HELLO


@pytest.mark.parametrize("wrong", [[PHONE], [OURS, OURS], [EMPTY]])
def test_ours_must_be_there_exactly_once(wrong: list[Record]) -> None:
    with pytest.raises(Malformed, match="expected is 1"):
        decode_ndef(encode_records(wrong))


FIRST_OF_TWO: Final = encode_records([OURS, PHONE])[: len(encode_ndef(HELLO))]
SECOND_OF_TWO: Final = encode_records([OURS, PHONE])[len(encode_ndef(HELLO)) :]
CHUNKS: Final = encode_ndef(HELLO, chunk_bytes=4)
LATER: Final = CHUNKS.index(b"\x56")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (b"", "the last record is missing"),
        (FIRST_OF_TWO, "the last record is missing"),
        (SECOND_OF_TWO, "before the first"),
        (encode_ndef(HELLO) + SECOND_OF_TWO, "after the last"),
        (encode_ndef(HELLO) * 2, "after the last"),
        (encode_ndef(HELLO)[:-1], "ends too early"),
        (CHUNKS[LATER:], "before the first"),
        (b"\xd6\x00\x00", "without its beginning"),
        (CHUNKS[:LATER], "the last record is missing"),
        (CHUNKS[:LATER] + SECOND_OF_TWO, "inside another"),
        (CHUNKS[:LATER] + b"\x56\x01\x00a", "with a type or an id"),
        (CHUNKS[:LATER] + b"\x5e\x00\x00\x00", "with a type or an id"),
        (b"\xf4" + CHUNKS[1:], "cut off after a chunk"),
        (b"\xd7\x00\x00", "reserved"),
        (b"\xd0\x00\x01a", "empty record"),
        (b"\xd4\x00\x00", "EXTERNAL record with 0 bytes of type"),
        (b"\xd5\x01\x00a", "UNKNOWN record with 1 bytes of type"),
        (b"\xc4\x0b\xff\xff\xff\xff" + TYPE, "ends too early"),
    ],
)
def test_f36_f38_what_is_no_ndef_message_is_malformed(wrong: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        decode_ndef(wrong)


def test_f36_too_many_records_or_too_large_ones_are_refused() -> None:
    filler = b"\x10\x00\x00"
    assert len(decode_records(b"\x90\x00\x00" + filler * (MAX_RECORDS - 2) + b"\x50\x00\x00")) == MAX_RECORDS
    for wrong in (b"\x90\x00\x00" + filler * (MAX_RECORDS - 1) + b"\x50\x00\x00",):
        with pytest.raises(Malformed) as refused:
            decode_records(wrong)
        assert refused.value.code == "too-large"
    with pytest.raises(Malformed) as refused:
        decode_ndef(encode_ndef(HELLO), most_bytes=7)
    assert refused.value.code == "too-large"


@given(st.one_of(st.binary(max_size=80), records.map(encode_records).flatmap(mutated)))
def test_f36_any_bytes_are_records_or_malformed(data: bytes) -> None:
    try:
        read = decode_records(data)
    except Malformed:
        return
    assert decode_records(encode_records(list(read))) == read
    assert sum(len(record.payload) for record in read) <= len(data)


def test_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(LinkError):
        encode_ndef(Message(Kind.PAYMENT, bytes(MAX_MESSAGE_BYTES)))
    with pytest.raises(ValueError, match="records"):
        encode_records([])
    with pytest.raises(ValueError, match="records"):
        encode_ndef(HELLO, chunk_bytes=0)
    with pytest.raises(Malformed):
        Record(name=TypeName.UNCHANGED)
    with pytest.raises(Malformed):
        Record(name=TypeName.URI, type=bytes(256))
