"""What the camera sees: grey pictures in, messages out. The pictures come from the page, and are read here.

A browser need not know QR codes (Chromium on Debian has no `BarcodeDetector`), and this process does, with
zxing-cpp. A picture is plain bytes, one a pixel, so there is no picture format that a reader could trip over.
"""

from dataclasses import dataclass
from typing import Final

from shuangli.errors import BadInput, Malformed
from shuangli.offline.links.qr import CodeReader
from shuangli.offline.links.qr_reading import codes_in_grey
from shuangli.offline.states import Message

MOST_PIXELS: Final = 1_920 * 1_080
LEAST_SIDE: Final = 21
"""A picture with fewer pixels a side than the smallest QR code has modules shows none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What has been seen so far: a whole message, or so many codes of `count`; 0 before the first one."""

    message: Message | None = None
    read: int = 0
    count: int = 0


class Camera:
    """Puts a message together from pictures; codes that are none of ours are passed over."""

    __slots__ = ("_reader",)

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._reader = CodeReader()

    def look(self, pixels: bytes, *, width: int) -> Seen:
        """Look at a picture: rows of `width` bytes, 0 black to 255 white.

        Raises:
            BadInput: these are no rows of a picture, or of too large a one (`bad-value`).
        """
        height, rest = divmod(len(pixels), max(width, 1))
        if rest or min(width, height) < LEAST_SIDE or len(pixels) > MOST_PIXELS:
            raise BadInput("bad-value", f"{len(pixels)} bytes are no picture with rows of {width}")
        for code in codes_in_grey(pixels, width=width):
            try:
                message = self._reader.read(code)
            except Malformed:
                continue
            if message is not None:
                return Seen(message=message)
        count = self._reader.count
        return Seen(read=count - len(self._reader.missing), count=count)
