"""Draws QR codes: one as SVG, PNG or text for a terminal, several as one moving SVG.

The library is segno (the extra `qr`): see ADR 0021. Codes are in byte mode at error correction level L,
raised where the same size allows more. All codes of a message have one size, so that the picture stays
where it is while they change.
"""

import io
from collections.abc import Sequence
from typing import Final

import segno

QUIET_MODULES: Final = 4
"""Width of the empty border (ISO/IEC 18004:2015, section 9.1)."""
SHOWN_MS: Final = 250
"""How long each code of a moving picture is shown: a camera takes several pictures of it."""


CAPACITY_BYTES: Final = (
    *(17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586, 644, 718, 792, 858),
    *(929, 1003, 1091, 1171, 1273, 1367, 1465, 1528, 1628, 1732, 1840, 1952, 2068, 2188, 2303, 2431),
    *(2563, 2699, 2809, 2953),
)
"""What each version holds at level L in byte mode (ISO/IEC 18004:2015, table 7), from version 1."""
LEAST_VERSION: Final = 4
"""Smaller codes would carry little more than their own head."""
_WHITE_ON_BLACK, _PLAIN = "\x1b[97;40m", "\x1b[0m"


def most_bytes_for(columns: int, lines: int) -> int:
    """The most that a code of half blocks may hold to fit into a terminal; at least that of version 4."""
    side = min(columns, 2 * lines) - 2 * QUIET_MODULES
    version = min(max((side - 17) // 4, LEAST_VERSION), len(CAPACITY_BYTES))
    return CAPACITY_BYTES[version - 1]


def draw(codes: Sequence[bytes]) -> tuple[segno.QRCode, ...]:
    """The symbols of a message's codes, all of one size.

    Raises:
        ValueError: a code holds more than a QR code can, or there is none.
    """
    if not codes:
        raise ValueError("no codes to draw")
    largest = _symbol(max(codes, key=len))
    return tuple(_symbol(code, version=largest.version) for code in codes)


def _symbol(code: bytes, version: int | str | None = None) -> segno.QRCode:
    return segno.make(code, error="l", version=version, mode="byte", micro=False)


def to_png(symbol: segno.QRCode, *, pixels_per_module: int = 4) -> bytes:
    """A PNG file, black on white with the quiet zone."""
    out = io.BytesIO()
    symbol.save(out, kind="png", scale=pixels_per_module, border=QUIET_MODULES)
    return out.getvalue()


def to_svg(symbol: segno.QRCode, *, pixels_per_module: int = 4) -> str:
    """An SVG document, black on white with the quiet zone."""
    out = io.BytesIO()
    symbol.save(out, kind="svg", scale=pixels_per_module, border=QUIET_MODULES, light="#fff")
    return out.getvalue().decode()


def to_text(symbol: segno.QRCode) -> str:
    """Lines of half blocks, two modules each: light on dark, so for a terminal with a dark background."""
    out = io.StringIO()
    symbol.terminal(out, border=QUIET_MODULES, compact=True)
    return out.getvalue()


def to_terminal(symbol: segno.QRCode) -> str:
    """The same with its colours, so that it can be read off light and dark terminals."""
    lines = to_text(symbol).splitlines()
    return "".join(f"{_WHITE_ON_BLACK}{line}{_PLAIN}\n" for line in lines)


def to_moving_svg(
    symbols: Sequence[segno.QRCode], *, shown_ms: int = SHOWN_MS, pixels_per_module: int = 4
) -> str:
    """One SVG document that shows the symbols in turn, for ever, each for `shown_ms`; no script in it.

    Raises:
        ValueError: there are none, or not all of one size.
    """
    if len({symbol.symbol_size() for symbol in symbols}) != 1:
        raise ValueError("symbols of one size are shown in turn")
    width, height = symbols[0].symbol_size(border=QUIET_MODULES)
    moving = len(symbols) > 1
    parts = []
    for index, symbol in enumerate(symbols):
        path = symbol.svg_inline(border=QUIET_MODULES, omitsize=True)
        turn = _turn(index, len(symbols), shown_ms) if moving else ""
        parts.append(f'<g visibility="{"hidden" if moving else "visible"}">{turn}{path}</g>')
    size = f'width="{width * pixels_per_module}" height="{height * pixels_per_module}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size}>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _turn(index: int, count: int, shown_ms: int) -> str:
    """The animation that makes one of `count` groups visible in its turn."""
    turns = ["hidden"] * count
    turns[index] = "visible"
    return (
        '<animate attributeName="visibility" calcMode="discrete" repeatCount="indefinite" '
        f'dur="{count * shown_ms}ms" values="{";".join(turns)}"/>'
    )
