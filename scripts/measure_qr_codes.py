"""How large a QR code a blurred camera picture can take: the table of `docs/adr/0021-qr-codes.md`.

    python scripts/measure_qr_codes.py [PICTURES]

Draws codes of several sizes full of random bytes, makes pictures of them as a camera would (smaller, turned,
seen at an angle, blurred, greyer, noisy; from a seed), and prints for each size of picture and blur how many
were read. It needs what `pip install 'shuangli[sim,dev]'` installs.
"""

import io
import sys
from typing import Final

import numpy as np
import zxingcpp
from PIL import Image, ImageFilter

from shuangli.offline.links.qr_images import draw, to_png

SEED: Final = 1
PICTURES: Final = 40
WIDTHS: Final = (480, 720, 1080)
BLURS: Final = (0.5, 1.0, 1.5, 2.0)
CAPACITIES: Final = {15: 520, 20: 858, 25: 1_273, 30: 1_732, 35: 2_303, 40: 2_953}
"""Bytes that a version holds at error correction level L (ISO/IEC 18004:2015, table 7)."""
QR_CODE: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def photograph(png: bytes, width: int, blur: float, chance: np.random.Generator) -> Image.Image:
    """A picture of a code that fills most of `width` pixels; `blur` is the radius in pixels."""
    image: Image.Image = Image.open(io.BytesIO(png)).convert("L")
    side = int(width * chance.uniform(0.85, 1))
    image = image.resize((side, side), Image.Resampling.LANCZOS)
    degrees = chance.uniform(-6, 6)
    image = image.rotate(degrees, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    side = image.width
    skew = chance.uniform(0, 0.06) * side
    corners = (0, 0, skew, side, side - skew / 2, side, side, skew)
    image = image.transform(
        image.size, Image.Transform.QUAD, corners, resample=Image.Resampling.BICUBIC, fillcolor=255
    )
    light = np.asarray(image.filter(ImageFilter.GaussianBlur(blur)), dtype=float) * 0.7 + 30
    light += chance.normal(0, 8, light.shape)
    return Image.fromarray(np.clip(light, 0, 255).astype(np.uint8))


def share_read(version: int, width: int, blur: float, pictures: int) -> float:
    """The share of pictures that are read."""
    chance = np.random.default_rng([SEED, version, width, int(10 * blur)])
    read = 0
    for _ in range(pictures):
        code = chance.bytes(CAPACITIES[version])
        image = photograph(to_png(draw([code])[0], pixels_per_module=8), width, blur, chance)
        read += [found.bytes for found in zxingcpp.read_barcodes(image, formats=QR_CODE)] == [code]
    return read / pictures


def main() -> None:
    """Print the table."""
    pictures = int(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    print("| version | bytes | picture |" + "".join(f" blur {blur} |" for blur in BLURS))
    print("|---|---|---|" + "---|" * len(BLURS))
    for version, capacity in CAPACITIES.items():
        for width in WIDTHS:
            shares = [share_read(version, width, blur, pictures) for blur in BLURS]
            row = "".join(f" {100 * share:.0f} % |" for share in shares)
            print(f"| {version}-L | {capacity:,} | {width} px |{row}")


if __name__ == "__main__":
    main()
