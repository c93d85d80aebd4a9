"""Frames: how messages are told apart in a stream of bytes.

    offset  bytes
    0       2      "SL"
    2       1      version of this format: 1
    3       3      n, the length of the message, big-endian; 0 says goodbye
    6       2      CRC-16 of bytes 0 to 5 (CRC-16/IBM-3740: polynomial 0x1021, initially 0xFFFF)
    8       n      the message (`Message.encode`)
    8 + n   4      CRC-32 of all before it (CRC-32/ISO-HDLC, as in zlib and Ethernet)

The checksums find noise, so that a damaged frame ends as one clear error and not as a bad signature or
an endless wait: the head has its own, lest a flipped length make the receiver wait for bytes that never
come. They stop no attacker, who can compute them too; signatures do that. A reader that has met a fault
never looks for the next frame: the connection is closed, and the session run again.

The frame without a message is the last one of a device that has what it wanted. A stream that ends without
it was cut: a killed process, too, closes its connections as if in good order.
"""

import binascii
import zlib
from typing import Final

from shuangli.errors import LinkError, Malformed
from shuangli.messages.session import MAX_PAYMENT_BYTES
from shuangli.offline.states import Message

START: Final = b"SL\x01"
HEAD_BYTES: Final = 8
TAIL_BYTES: Final = 4
OVERHEAD_BYTES: Final = HEAD_BYTES + TAIL_BYTES
"""What a frame adds to a message."""
MESSAGE_HEAD_BYTES: Final = 7
"""The most that a message adds to its body."""
MAX_MESSAGE_BYTES: Final = MAX_PAYMENT_BYTES + MESSAGE_HEAD_BYTES
"""Largest message that a link carries."""

_DAMAGED: Final = "frame"


def encode_frame(message: Message) -> bytes:
    """Put a message into a frame.

    Raises:
        LinkError: it is too large (`link-size`).
    """
    data = message.encode()
    if len(data) > MAX_MESSAGE_BYTES:
        raise LinkError("link-size", f"a message of {len(data)} bytes, frames carry {MAX_MESSAGE_BYTES}")
    return _framed(data)


def _framed(data: bytes) -> bytes:
    start = START + len(data).to_bytes(3, "big")
    framed = start + _crc16(start) + data
    return framed + _crc32(framed)


def decode_frame(data: bytes, *, most_bytes: int = MAX_MESSAGE_BYTES) -> Message:
    """Read exactly one frame.

    Raises:
        Malformed: it is not one frame with a message of at most `most_bytes` bytes.
    """
    reader = FrameReader(most_bytes=most_bytes)
    reader.feed(data)
    message = reader.next_message()
    if message is None or reader.unread_bytes:
        raise Malformed(_DAMAGED, "not exactly one frame")
    return message


class FrameReader:
    """Takes the bytes of a stream in pieces of any size and gives its messages.

    Call `next_message` until it gives None before feeding more: then at most one unfinished frame
    (`most_bytes` and the overhead) and the piece fed last are held.

    Attributes:
        ended: whether the other side has said goodbye; nothing may follow that
    """

    __slots__ = ("_fault", "_most_bytes", "_unread", "ended")

    def __init__(self, *, most_bytes: int = MAX_MESSAGE_BYTES) -> None:
        """Read messages of at most `most_bytes` bytes each."""
        self._most_bytes = most_bytes
        self._unread = bytearray()
        self._fault: Malformed | None = None
        self.ended = False

    @property
    def unread_bytes(self) -> int:
        """How many bytes were fed and not yet given out: not 0 after the last message means a cut."""
        return len(self._unread)

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream; after a fault they are thrown away."""
        if self._fault is None:
            self._unread += data

    def next_message(self) -> Message | None:
        """The next message, or None until more bytes are fed, or for ever if the other side has ended.

        Raises:
            Malformed: the stream is damaged or not ours; from then on always.
        """
        if self._fault is not None:
            raise Malformed(self._fault.code, str(self._fault))
        try:
            return self._take()
        except Malformed as fault:
            self._fault = fault
            self._unread.clear()
            raise

    def _take(self) -> Message | None:
        unread = self._unread
        if self.ended and unread:
            raise Malformed(_DAMAGED, "bytes after a goodbye")
        if not START.startswith(unread[: len(START)]):
            raise Malformed(_DAMAGED, f"a frame starts with {START.hex()}, this one does not")
        if len(unread) < HEAD_BYTES:
            return None
        if _crc16(unread[: HEAD_BYTES - 2]) != unread[HEAD_BYTES - 2 : HEAD_BYTES]:
            raise Malformed(_DAMAGED, "the head of a frame is damaged")
        message_bytes = int.from_bytes(unread[len(START) : HEAD_BYTES - 2], "big")
        if message_bytes > self._most_bytes:
            raise Malformed("too-large", f"a message of {message_bytes} bytes, at most {self._most_bytes}")
        end = HEAD_BYTES + message_bytes
        if len(unread) < end + TAIL_BYTES:
            return None
        framed, tail = bytes(unread[:end]), unread[end : end + TAIL_BYTES]
        if _crc32(framed) != tail:
            raise Malformed(_DAMAGED, "a frame is damaged: its checksum does not hold")
        message = Message.decode(framed[HEAD_BYTES:]) if message_bytes else None
        del unread[: end + TAIL_BYTES]
        if message is None:
            self.ended = True
            return self._take()
        return message


def _crc16(data: bytes | bytearray) -> bytes:
    return binascii.crc_hqx(data, 0xFFFF).to_bytes(2, "big")


def _crc32(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big")


GOODBYE: Final = _framed(b"")
"""The last frame of a device that has what it wanted."""
