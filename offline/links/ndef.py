"""A message as an NDEF message (NFC Forum, NDEF 1.0), which any NFC phone passes to an app that asks for it.

It is one record of the external type `shuangli:m1`, whose payload is `Message.encode()`:

    1 byte    flags: MB 0x80 first record, ME 0x40 last, CF 0x20 chunk, SR 0x10 short, IL 0x08 with id;
              and in the lowest three bits the kind of type: 4 is external, 6 unchanged (a later chunk)
    1 byte    length of the type
    1 or 4    length of the payload: 1 byte if short
    0 or 1    length of the id, if there is one
    then      type, id, payload

A long payload may be cut into chunks, for a tag or stack that takes only so much at a time: the first names
the type, later ones are "unchanged", and all but the last carry CF. Other records (a phone's app record)
may stand beside ours. NFC's own checksums cover the bytes, so there is none here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final

from shuangli.errors import LinkError, Malformed
from shuangli.offline.links.frames import MAX_MESSAGE_BYTES
from shuangli.offline.states import Message

TYPE: Final = b"shuangli:m1"
"""The record's type: `urn:nfc:ext:shuangli:m1`."""
MAX_RECORDS: Final = 16
"""Most records that are read from one NDEF message, after chunks are joined."""
MAX_TYPE_BYTES: Final = 255
MAX_SHORT_BYTES: Final = 255

_DAMAGED: Final = "frame"


class Flag(IntFlag):
    """The flags in a record's first byte."""

    FIRST = 0x80
    LAST = 0x40
    CHUNK = 0x20
    SHORT = 0x10
    HAS_ID = 0x08


class TypeName(IntEnum):
    """What the type of a record is (TNF)."""

    EMPTY = 0
    WELL_KNOWN = 1
    MIME = 2
    URI = 3
    EXTERNAL = 4
    UNKNOWN = 5
    UNCHANGED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record, with its chunks joined."""

    name: TypeName
    type: bytes = b""
    id: bytes = b""
    payload: bytes = b""

    def __post_init__(self) -> None:
        typed = self.name not in (TypeName.EMPTY, TypeName.UNKNOWN)
        if self.name is TypeName.UNCHANGED or typed != bool(self.type):
            raise Malformed(_DAMAGED, f"a {self.name.name} record with {len(self.type)} bytes of type")
        if self.name is TypeName.EMPTY and (self.id or self.payload):
            raise Malformed(_DAMAGED, "an empty record with something in it")
        if len(self.type) > MAX_TYPE_BYTES or len(self.id) > MAX_TYPE_BYTES:
            raise Malformed("too-large", "a record's type and id have at most 255 bytes")


def encode_ndef(message: Message, *, chunk_bytes: int | None = None) -> bytes:
    """An NDEF message with one record, in chunks of at most `chunk_bytes` bytes of payload if given.

    Raises:
        LinkError: the message is too large (`link-size`).
        ValueError: a chunk has at least one byte.
    """
    payload = message.encode()
    if len(payload) > MAX_MESSAGE_BYTES:
        raise LinkError("link-size", f"a message of {len(payload)} bytes, at most {MAX_MESSAGE_BYTES}")
    return encode_records(
        [Record(name=TypeName.EXTERNAL, type=TYPE, payload=payload)], chunk_bytes=chunk_bytes
    )


def encode_records(records: list[Record], *, chunk_bytes: int | None = None) -> bytes:
    """An NDEF message with these records.

    Raises:
        ValueError: there are none or too many of them, or chunks would be empty.
    """
    if not 1 <= len(records) <= MAX_RECORDS or (chunk_bytes is not None and chunk_bytes < 1):
        raise ValueError(f"1 to {MAX_RECORDS} records, in chunks of at least 1 byte")
    parts: list[bytes] = []
    for number, record in enumerate(records):
        first = Flag.FIRST if number == 0 else Flag(0)
        last = Flag.LAST if number == len(records) - 1 else Flag(0)
        step = chunk_bytes or len(record.payload) or 1
        pieces = [record.payload[at : at + step] for at in range(0, len(record.payload), step)] or [b""]
        for index, piece in enumerate(pieces):
            flags = (first if index == 0 else Flag(0)) | (last if index == len(pieces) - 1 else Flag.CHUNK)
            parts.append(_encode_part(record, piece, flags, is_first=index == 0))
    return b"".join(parts)


def _encode_part(record: Record, piece: bytes, flags: Flag, *, is_first: bool) -> bytes:
    name, kind, own_id = (record.name, record.type, record.id) if is_first else (TypeName.UNCHANGED, b"", b"")
    short = len(piece) <= MAX_SHORT_BYTES
    flags |= (Flag.SHORT if short else Flag(0)) | (Flag.HAS_ID if own_id else Flag(0))
    lengths = bytes((len(kind),)) + len(piece).to_bytes(1 if short else 4, "big")
    lengths += bytes((len(own_id),)) if own_id else b""
    return bytes((flags | name,)) + lengths + kind + own_id + piece


def decode_ndef(data: bytes, *, most_bytes: int = MAX_MESSAGE_BYTES) -> Message:
    """Read the message in an NDEF message.

    Raises:
        Malformed: it is no NDEF message, or has not exactly one record of ours.
    """
    ours = [r for r in decode_records(data) if r.name is TypeName.EXTERNAL and r.type.lower() == TYPE]
    if len(ours) != 1:
        raise Malformed(_DAMAGED, f"{len(ours)} records of type {TYPE.decode()}, expected is 1")
    return Message.decode(ours[0].payload, max_bytes=most_bytes)


def decode_records(data: bytes) -> tuple[Record, ...]:
    """Read the records of exactly one NDEF message.

    Raises:
        Malformed: it is none.
    """
    records: list[Record] = []
    open_part: _Part | None = None
    pieces: list[bytes] = []
    ended = False
    for number, part in enumerate(_parts(data)):
        if ended or bool(part.flags & Flag.FIRST) != (number == 0):
            raise Malformed(_DAMAGED, "a record before the first or after the last one")
        if (open_part is not None) != (part.name is TypeName.UNCHANGED):
            raise Malformed(_DAMAGED, "a chunk without its beginning, or a record inside another one")
        if open_part is not None and (part.type or part.id or part.flags & Flag.HAS_ID):
            raise Malformed(_DAMAGED, "a later chunk with a type or an id")
        open_part = open_part or part
        pieces.append(part.payload)
        ended = bool(part.flags & Flag.LAST)
        if part.flags & Flag.CHUNK:
            if ended:
                raise Malformed(_DAMAGED, "the last record is cut off after a chunk")
            continue
        if len(records) == MAX_RECORDS:
            raise Malformed("too-large", f"more than {MAX_RECORDS} records")
        payload = b"".join(pieces)
        records.append(Record(name=open_part.name, type=open_part.type, id=open_part.id, payload=payload))
        open_part = None
        pieces.clear()
    if not ended:
        raise Malformed(_DAMAGED, "the last record is missing")
    return tuple(records)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A record or a chunk of one, as it stands in the bytes."""

    flags: Flag
    name: TypeName
    type: bytes
    id: bytes
    payload: bytes


class _Bytes:
    """Takes bytes off the front of some data."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise Malformed(_DAMAGED, "a record ends too early")
        self._at += count
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")


def _parts(data: bytes) -> Iterator[_Part]:
    rest = _Bytes(data)
    while rest:
        head = rest.number(1)
        if head & 0x07 > TypeName.UNCHANGED:
            raise Malformed(_DAMAGED, "a record of a reserved kind")
        flags = Flag(head & 0xF8)
        type_bytes = rest.number(1)
        payload_bytes = rest.number(1 if flags & Flag.SHORT else 4)
        id_bytes = rest.number(1) if flags & Flag.HAS_ID else 0
        yield _Part(
            flags=flags,
            name=TypeName(head & 0x07),
            type=rest.take(type_bytes),
            id=rest.take(id_bytes),
            payload=rest.take(payload_bytes),
        )
