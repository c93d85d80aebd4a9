"""Reads QR codes back out of pictures: files that somebody has sent, or photographs of a screen.

The library is zxing-cpp, and Pillow opens the pictures (the extra `qr`): see ADR 0021. What a picture may be
is bounded before it is unpacked, since anybody may have sent it.
"""

import io
from collections.abc import Iterable
from typing import Final

import zxingcpp
from PIL import Image

from shuangli.errors import Malformed
from shuangli.offline.links.qr import CodeReader
from shuangli.offline.states import Message

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MAX_PIXELS: Final = 50_000_000
_QR_CODE: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def codes_in(picture: bytes) -> list[bytes]:
    """What the QR codes in a picture hold, in byte mode; none if there are none.

    Raises:
        Malformed: it is no picture of a known format (`frame`), or has too many pixels (`too-large`).
    """
    try:
        with Image.open(io.BytesIO(picture), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Malformed("too-large", f"a picture of {image.width} x {image.height} pixels")
            grey = image.convert("L")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Malformed("frame", f"not a picture that can be read: {', '.join(FORMATS)}") from error
    return codes_in_grey(grey.tobytes(), width=grey.width)


def codes_in_grey(pixels: bytes, *, width: int) -> list[bytes]:
    """The same for a picture as rows of `width` bytes, 0 black to 255 white, as a camera's are sent."""
    rows = memoryview(pixels).cast("B", shape=(len(pixels) // width, width))
    return [found.bytes for found in zxingcpp.read_barcodes(rows, formats=_QR_CODE)]


def message_in(pictures: Iterable[bytes]) -> Message:
    """The message whose codes are in these pictures, in any order; other codes are passed over.

    Raises:
        Malformed: one is no picture, or they do not show all codes of a message.
    """
    reader = CodeReader()
    for picture in pictures:
        for code in codes_in(picture):
            try:
                message = reader.read(code)
            except Malformed:
                continue
            if message is not None:
                return message
    if not reader.count:
        raise Malformed("frame", "no code of a payment can be seen there")
    missing = ", ".join(str(index + 1) for index in reader.missing)
    raise Malformed("frame", f"of {reader.count} codes these are missing: {missing}")
