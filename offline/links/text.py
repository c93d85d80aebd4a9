"""A message as text that a person copies and pastes, where there is neither camera nor network.

    shuangli:<the frame of the message (`offline.links.frames`) in base64url without padding>

Base64url is that of RFC 4648, section 5. The frame's checksums find what was cut off or mistyped. Mail and
chat programs break lines, so white space anywhere is passed over.
"""

import base64
import binascii
from typing import Final

from shuangli.errors import Malformed
from shuangli.offline.links.frames import MAX_MESSAGE_BYTES, OVERHEAD_BYTES, decode_frame, encode_frame
from shuangli.offline.states import Message

START: Final = "shuangli:"
MAX_TEXT: Final = len(START) + -(-4 * (MAX_MESSAGE_BYTES + OVERHEAD_BYTES) // 3)
"""The most characters of a message, without white space."""

_DAMAGED: Final = "frame"


def to_text(message: Message) -> str:
    """Write a message as text.

    Raises:
        LinkError: it is too large (`link-size`).
    """
    return _text_of(encode_frame(message))


def from_text(text: str) -> Message:
    """Read a message from text.

    Raises:
        Malformed: it is none, or damaged.
    """
    joined = "".join(text.split())
    if len(joined) > MAX_TEXT:
        raise Malformed("too-large", f"a text of {len(joined)} characters, at most {MAX_TEXT}")
    if not joined.startswith(START):
        raise Malformed(_DAMAGED, f"a message as text starts with {START}")
    coded = joined.removeprefix(START)
    try:
        framed = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(_DAMAGED, "the text is damaged: it is not base64url") from error
    if _text_of(framed) != joined:
        raise Malformed(_DAMAGED, "the text is damaged: it has another form than it was written in")
    return decode_frame(framed)


def _text_of(framed: bytes) -> str:
    """The one text of a frame."""
    return START + base64.urlsafe_b64encode(framed).rstrip(b"=").decode()
