"""A message as the contents of one QR code, or of several that are shown in turn.

What one code holds, in byte mode (no text, no character set):

    offset  bytes
    0       3      "SQ" and the version of this format, 1
    3       3      n, the length of the message, big-endian
    6       1      how many codes the message is cut into, 1 to 255
    7       1      which of them this is, from 0
    8       8      the first 8 bytes of SHA-256 of the message
    16      m      this code's piece: all have ceil(n / count) bytes, and the last one has the rest

The head is the same in all codes of a message but for the number, so a reader takes them in any order, as
often as they come, and knows what is missing. The digest tells the codes of two messages apart and finds
a wrong assembly; like the QR code's own error correction it is against noise, not against attackers.
Numbered pieces shown in turn were chosen over a fountain code: see ADR 0021.
"""

from dataclasses import dataclass
from typing import Final, Self

from shuangli.crypto import sha256
from shuangli.errors import LinkError, Malformed
from shuangli.offline.links.frames import MAX_MESSAGE_BYTES
from shuangli.offline.states import Message

START: Final = b"SQ\x01"
HEAD_BYTES: Final = 16
DIGEST_BYTES: Final = 8
MAX_CODES: Final = 255
MAX_CODE_BYTES: Final = 2_953
"""What the largest QR code holds: version 40-L, byte mode (ISO/IEC 18004:2015, table 7)."""
MOVING_CODE_BYTES: Final = 858
"""What each code holds at most when several are shown in turn: version 20-L, 97 modules wide."""

_DAMAGED: Final = "frame"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The contents of one code.

    Attributes:
        message_bytes: length of the whole message
        count: of how many codes
        index: this code's number, from 0
        digest: the first bytes of the message's SHA-256
        piece: this code's part of the message
    """

    message_bytes: int
    count: int
    index: int
    digest: bytes
    piece: bytes

    def __post_init__(self) -> None:
        if not 1 <= self.message_bytes <= MAX_MESSAGE_BYTES or not 1 <= self.count <= MAX_CODES:
            raise Malformed(_DAMAGED, "a code of a message with an impossible length or number of codes")
        if not 0 <= self.index < self.count or len(self.digest) != DIGEST_BYTES:
            raise Malformed(_DAMAGED, "a code outside its own set")
        step = -(-self.message_bytes // self.count)
        if step * (self.count - 1) >= self.message_bytes:
            raise Malformed(_DAMAGED, "more codes than the message needs")
        if len(self.piece) != min(step, self.message_bytes - step * self.index):
            raise Malformed(_DAMAGED, "a code with too much or too little in it")

    @property
    def of(self) -> tuple[int, int, bytes]:
        """What all codes of one message have in common."""
        return self.message_bytes, self.count, self.digest

    def encode(self) -> bytes:
        """The bytes to put into the code."""
        numbers = self.message_bytes.to_bytes(3, "big") + bytes((self.count, self.index))
        return START + numbers + self.digest + self.piece

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read what a code holds.

        Raises:
            Malformed: it is none of ours, or does not fit itself.
        """
        if len(data) > MAX_CODE_BYTES:
            raise Malformed("too-large", f"{len(data)} bytes, a code holds {MAX_CODE_BYTES}")
        if len(data) <= HEAD_BYTES or not data.startswith(START):
            raise Malformed(_DAMAGED, f"not a code of ours: those start with {START.hex()}")
        return cls(
            message_bytes=int.from_bytes(data[3:6], "big"),
            count=data[6],
            index=data[7],
            digest=data[8:HEAD_BYTES],
            piece=data[HEAD_BYTES:],
        )


def codes_of(
    message: Message, *, single_bytes: int = MAX_CODE_BYTES, moving_bytes: int = MOVING_CODE_BYTES
) -> tuple[bytes, ...]:
    """The contents of the codes that carry a message.

    One code if it then has at most `single_bytes` bytes, otherwise as few as possible of at most
    `moving_bytes` bytes each, all of one size.

    Raises:
        LinkError: it needs more than `MAX_CODES` codes (`link-size`).
        ValueError: no code has such a size.
    """
    if not HEAD_BYTES < moving_bytes <= MAX_CODE_BYTES or single_bytes > MAX_CODE_BYTES:
        raise ValueError(f"a code holds {HEAD_BYTES + 1} to {MAX_CODE_BYTES} bytes")
    data = message.encode()
    count = 1
    if HEAD_BYTES + len(data) > single_bytes:
        count = -(-len(data) // (moving_bytes - HEAD_BYTES))
    if count > MAX_CODES or len(data) > MAX_MESSAGE_BYTES:
        most_bytes = min(MAX_CODES * (moving_bytes - HEAD_BYTES), MAX_MESSAGE_BYTES)
        raise LinkError("link-size", f"a message of {len(data)} bytes, such codes carry {most_bytes}")
    step = -(-len(data) // count)
    digest = sha256(data)[:DIGEST_BYTES]
    return tuple(
        Code(
            message_bytes=len(data),
            count=count,
            index=index,
            digest=digest,
            piece=data[step * index : step * (index + 1)],
        ).encode()
        for index in range(count)
    )


class CodeReader:
    """Puts a message together from codes, in whatever order and however often a camera reads them.

    One message at a time: a code of another message starts that one, and what was there of the earlier
    one is dropped. So at most `most_bytes` bytes are held.
    """

    __slots__ = ("_most_bytes", "_of", "_pieces")

    def __init__(self, *, most_bytes: int = MAX_MESSAGE_BYTES) -> None:
        """Read messages of at most `most_bytes` bytes."""
        self._most_bytes = most_bytes
        self._of: tuple[int, int, bytes] | None = None
        self._pieces: dict[int, bytes] = {}

    @property
    def count(self) -> int:
        """How many codes the message has that is being read; 0 before the first one of a message."""
        return self._of[1] if self._of else 0

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers of the codes that are still to be read; none before the first one of a message."""
        return tuple(index for index in range(self.count) if index not in self._pieces)

    def read(self, data: bytes) -> Message | None:
        """Take what one code holds; gives the message when nothing of it is missing any more.

        The codes of a message that was given before put it together once more.

        Raises:
            Malformed: it is no code of ours, too much, contradicts an earlier one, or the codes do not add
                up to a message. What was read before of another code stays.
        """
        code = Code.decode(data)
        if code.message_bytes > self._most_bytes:
            raise Malformed("too-large", f"{code.message_bytes} bytes, at most {self._most_bytes}")
        if code.of != self._of:
            self._of = code.of
            self._pieces = {}
        if self._pieces.setdefault(code.index, code.piece) != code.piece:
            raise Malformed(_DAMAGED, f"code {code.index} was read before, and otherwise")
        if len(self._pieces) < code.count:
            return None
        data = b"".join(self._pieces[index] for index in range(code.count))
        self._of = None
        self._pieces = {}
        if sha256(data)[:DIGEST_BYTES] != code.digest:
            raise Malformed(_DAMAGED, "the codes do not add up to the message that they announce")
        return Message.decode(data)
