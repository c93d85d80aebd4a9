"""Commands and responses of a card (ISO/IEC 7816-4:2013, section 5): what an NFC tap is made of.

    command   CLA INS P1 P2 [Lc data] [Le]      short: Lc and Le are 1 byte, Le 00 is 256
                                                extended: 00 and 2 bytes, Le 0000 is 65,536
    response  [data] SW1 SW2

Pure values and codecs; `chaining.py` sends what is longer than one command or response.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from shuangli.errors import Malformed

HEAD_BYTES: Final = 4
MAX_SHORT_DATA: Final = 255
MAX_SHORT_ANSWER: Final = 256
MAX_DATA: Final = 65_535
MAX_ANSWER: Final = 65_536
CHAINED: Final = 0x10
"""The bit of CLA that says that more commands of the chain follow."""
INVALID_CLA: Final = 0xFF

_DAMAGED: Final = "frame"


class Status(IntEnum):
    """Status words (ISO/IEC 7816-4:2013, tables 5 and 6).

    The last byte of MORE and WRONG_LE is a length.
    """

    OK = 0x9000
    MORE = 0x6100
    WRONG_LENGTH = 0x6700
    NOT_NOW = 0x6985
    WRONG_DATA = 0x6A80
    NOT_FOUND = 0x6A82
    TOO_MUCH = 0x6A84
    WRONG_PARAMETERS = 0x6A86
    WRONG_LE = 0x6C00
    UNKNOWN_INS = 0x6D00
    UNKNOWN_CLA = 0x6E00


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command; `le` is the most bytes of answer that are wanted, None for no answer."""

    cla: int
    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = b""
    le: int | None = None

    def __post_init__(self) -> None:
        if not all(0 <= byte <= 255 for byte in (self.cla, self.ins, self.p1, self.p2)):
            raise Malformed(_DAMAGED, "CLA, INS, P1 and P2 are bytes")
        if self.cla == INVALID_CLA:
            raise Malformed(_DAMAGED, "CLA FF is invalid")
        if len(self.data) > MAX_DATA:
            raise Malformed("too-large", f"{len(self.data)} bytes, a command carries {MAX_DATA}")
        if self.le is not None and not 1 <= self.le <= MAX_ANSWER:
            raise Malformed(_DAMAGED, f"an answer of {self.le} bytes cannot be asked for")

    @property
    def is_short(self) -> bool:
        """Whether it can be encoded with lengths of one byte."""
        return len(self.data) <= MAX_SHORT_DATA and (self.le or 0) <= MAX_SHORT_ANSWER

    @property
    def is_chained(self) -> bool:
        """Whether more commands of the chain follow."""
        return bool(self.cla & CHAINED)

    def encode(self) -> bytes:
        """The command's bytes, in the short form where it fits."""
        head = bytes((self.cla, self.ins, self.p1, self.p2))
        size, lead = (1, b"") if self.is_short else (2, b"\0")
        lc = lead + len(self.data).to_bytes(size, "big") if self.data else b""
        if self.le is None:
            return head + lc + self.data
        le = (self.le & (0xFF if size == 1 else 0xFFFF)).to_bytes(size, "big")
        # Without data, Le itself needs the leading 00 that says "extended".
        return head + lc + self.data + (le if self.data else lead + le)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a command in any of the seven forms (ISO/IEC 7816-4:2013, table 1 and section 5.2).

        Raises:
            Malformed: it has none of them.
        """
        if len(data) < HEAD_BYTES:
            raise Malformed(_DAMAGED, f"a command has at least {HEAD_BYTES} bytes")
        body, le = _split(data[HEAD_BYTES:])
        return cls(cla=data[0], ins=data[1], p1=data[2], p2=data[3], data=body, le=le)


def _split(rest: bytes) -> tuple[bytes, int | None]:
    """Data and Le of what follows the head."""
    if not rest:
        return b"", None
    if len(rest) == 1:
        return b"", rest[0] or MAX_SHORT_ANSWER
    size, at = (1, 1) if rest[0] else (2, 3)
    number = int.from_bytes(rest[at - size : at], "big")
    if size == 2 and len(rest) == at:
        return b"", number or MAX_ANSWER
    body, tail = rest[at : at + number], rest[at + number :]
    if number == 0 or len(body) < number or len(rest) < at or len(tail) not in (0, size):
        raise Malformed(_DAMAGED, "the lengths in a command do not fit it")
    if not tail:
        return body, None
    return body, int.from_bytes(tail, "big") or (MAX_SHORT_ANSWER if size == 1 else MAX_ANSWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response: its data and status word."""

    data: bytes = b""
    status: int = Status.OK

    def __post_init__(self) -> None:
        if not 0x6000 <= self.status <= 0x9FFF or self.status >> 8 == 0x60:
            raise Malformed(_DAMAGED, f"{self.status:04X} is no status word")
        if len(self.data) > MAX_ANSWER:
            raise Malformed("too-large", f"{len(self.data)} bytes, a response carries {MAX_ANSWER}")

    def encode(self) -> bytes:
        """The response's bytes."""
        return self.data + self.status.to_bytes(2, "big")

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a response.

        Raises:
            Malformed: it is too short or long, or has no status word.
        """
        if len(data) < 2:
            raise Malformed(_DAMAGED, "a response has at least 2 bytes")
        return cls(data=data[:-2], status=int.from_bytes(data[-2:], "big"))
