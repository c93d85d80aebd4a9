"""Pictures of what lies where in a signed object, byte by byte, out of the test vectors.

Names of fields are those of docs/reference/wire-format.md, lengths are those of the vector: what is encoded
again in the one legal form has the length that it has in the object.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from scripts.svg import AMBER, BLUE, GREEN, GREY, code, picture, words
from shuangli import codec
from shuangli.crypto import SIGNATURE_BYTES

ROOT: Final = Path(__file__).resolve().parents[1]
OBJECTS: Final = ROOT / "tests" / "vectors" / "objects.json"
PAGE: Final = ROOT / "docs" / "reference" / "wire-format.md"
DRAWN: Final = {
    "load-bytes.svg": ("load", "Load"),
    "transfer-bytes.svg": ("payment of two coins, one with change", "Transfer"),
    "certificate-bytes.svg": ("soft wallet of a person", "Certificates"),
}
"""The vector that each picture shows, and the section of the page that names its fields."""
_PREFIX_BYTES: Final = {"tag 18, array of 4": 2, "protected header {1: -19}": 4, "unprotected header {}": 1}
_SHOWN_BYTES: Final = 12
_ROW, _TOP, _WIDTH, _HEX, _BARS, _SCALE = 24, 64, 900, 340, 620, 1.7


class Part(NamedTuple):
    """Bytes that belong together."""

    name: str
    data: bytes
    colour: str


def pictures() -> dict[str, str]:
    """The pictures by the names of their files."""
    vectors = {vector["name"]: vector for vector in json.loads(OBJECTS.read_text(encoding="utf-8"))}
    return {
        name: _draw(heading, vector, bytes.fromhex(vectors[vector]["data"]))
        for name, (vector, heading) in DRAWN.items()
    }


def parts_of(data: bytes, heading: str) -> list[Part]:
    """A signed object in its parts, in order; together they are its bytes.

    Raises:
        ValueError: the parts do not add up to the object.
    """
    parts, at = [], 0
    for name, size in _PREFIX_BYTES.items():
        parts.append(Part(name, data[at : at + size], GREY))
        at += size
    length, start = codec.read_head(data, at, codec.BYTES)
    payload = data[start : start + length]
    parts.append(Part("head of the payload", data[at:start], GREY))
    fields = list(_fields(payload, heading))
    first = len(payload) - sum(len(part.data) for part in fields)
    parts += [
        Part(f"head of the {'map' if heading == 'Certificates' else 'array'}", payload[:first], GREY),
        *fields,
    ]
    end = start + length
    parts.append(Part("head of the signature", data[end:-SIGNATURE_BYTES], GREY))
    parts.append(Part("signature by Ed25519", data[-SIGNATURE_BYTES:], AMBER))
    if b"".join(part.data for part in parts) != data:
        raise ValueError(f"the parts of a {heading} do not add up to its bytes")
    return parts


def _fields(payload: bytes, heading: str) -> Iterator[Part]:
    """The fields of a payload under the names of the page."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n### {heading}\n", 1)[1].split("\n### ", 1)[0]
    value = codec.decode(payload)
    if isinstance(value, dict):
        names = dict(re.findall(r"^\| (-?\d+) \| (\w+) \|", section, re.MULTILINE))
        for key, item in value.items():
            yield Part(f"{key} {names[str(key)]}", codec.encode(key) + codec.encode(item), GREEN)
    elif isinstance(value, list):
        found = re.search(r"`\[([a-z_, ]+)\]`", section)
        for name, item in zip(found[1].split(", ") if found else (), value, strict=True):
            yield Part(name, codec.encode(item), BLUE)


def _draw(heading: str, vector: str, data: bytes) -> str:
    """A row for each part: where it begins, how long it is, what it is, and its first bytes."""
    parts = parts_of(data, heading)
    columns = ((20, "from byte"), (90, "bytes"), (140, "what"), (_HEX, "begins"), (_BARS, "size"))
    drawn = [
        words(20, 28, f"{vector}: {len(data)} bytes", size=17),
        *(words(x, 52, text, size=11, colour=GREY) for x, text in columns),
    ]
    at = 0
    for row, part in enumerate(parts):
        y = _TOP + row * _ROW
        shown = part.data[:_SHOWN_BYTES].hex(" ") + (" …" if len(part.data) > _SHOWN_BYTES else "")
        drawn += [
            code(20, y + 13, f"{at}"),
            code(90, y + 13, f"{len(part.data)}"),
            words(140, y + 13, part.name),
            code(_HEX, y + 13, shown),
            f'<rect x="{_BARS}" y="{y + 1}" width="{max(2.0, len(part.data) * _SCALE):g}" height="15" rx="2" '
            f'fill="{part.colour}"/>',
        ]
        at += len(part.data)
    label = f"{vector}, part by part: " + ", ".join(f"{part.name} {len(part.data)} bytes" for part in parts)
    return picture(_WIDTH, _TOP + len(parts) * _ROW + 14, label, drawn)
