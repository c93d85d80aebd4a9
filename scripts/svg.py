"""What the pictures of the documentation are made of: boxes, arrows and words, as SVG."""

from collections.abc import Iterable
from html import escape
from typing import Final

INK, GREY, BLUE, AMBER, RED, GREEN = "#111827", "#4b5563", "#1d4ed8", "#b45309", "#b91c1c", "#15803d"
_SIZE: Final = 13


def picture(width: int, height: int, label: str, parts: Iterable[str]) -> str:
    """A whole picture; `label` says in words what it shows."""
    body = "\n".join(parts)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
font-family="sans-serif" font-size="{_SIZE}" role="img" aria-label="{escape(label)}">
<defs><marker id="tip" markerWidth="9" markerHeight="9" refX="8" refY="4.5" orient="auto">\
<path d="M0,0 L9,4.5 L0,9 z" fill="#374151"/></marker></defs>
<rect width="{width}" height="{height}" fill="#ffffff"/>
{body}
</svg>
"""


def words(
    x: float, y: float, text: str, *, size: int = _SIZE, colour: str = INK, anchor: str = "start"
) -> str:
    """A line of text whose base line is at y."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def code(x: float, y: float, text: str, *, size: int = 11, colour: str = GREY) -> str:
    """A line of text in letters of one width."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" font-family="monospace">'
        f"{escape(text)}</text>"
    )


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    lines: Iterable[str],
    *,
    colour: str = INK,
    fill: str = "none",
) -> str:
    """A box with lines in its middle; the first one is the larger."""
    lines = list(lines)
    middle = y + height / 2 - 8 * (len(lines) - 1) + 4
    told = [
        words(x + width / 2, middle + 17 * row, line, anchor="middle", size=_SIZE if row == 0 else 11)
        for row, line in enumerate(lines)
    ]
    frame = (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8" fill="{fill}"'
        f' stroke="{colour}" stroke-width="2"/>'
    )
    return "\n".join([frame, *told])


def arrow(
    x: float, y: float, to_x: float, to_y: float, *, colour: str = "#374151", dashed: bool = False
) -> str:
    """A straight line with a tip at its end."""
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<path d="M{x:g},{y:g} L{to_x:g},{to_y:g}" fill="none" stroke="{colour}" stroke-width="1.5"'
        f'{dashes} marker-end="url(#tip)"/>'
    )
