"""Other encodings of the same content, and one encoding of other content: what strict readers are given."""

import copy
from collections.abc import Iterator
from typing import Any, Final

LONGER: Final = {24: 1, 25: 2, 26: 4, 27: 8}
"""Codes of a head whose number follows, and in how many bytes."""


def places(item: Any) -> Iterator[list[Any]]:
    """The way to every item inside `item`, as keys and indices."""
    parts = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    for key, part in parts:
        yield [key]
        for rest in places(part):
            yield [key, *rest]


def get(item: Any, place: list[Any]) -> Any:
    """What stands at `place`."""
    for key in place:
        item = item[key]
    return item


def put(item: Any, place: list[Any], part: object) -> object:
    """A copy of `item` with `part` at `place`."""
    changed = copy.deepcopy(item)
    get(changed, place[:-1])[place[-1]] = part
    return changed


def more_or_less(item: Any) -> list[object]:
    """`item` with an entry more, an entry less, and its entries the other way round."""
    if isinstance(item, dict):
        entries = list(item.items())
        return [
            item | {99: 0},
            item | {"x": 0},
            dict(entries[:-1]),
            dict(entries[1:]),
            dict(entries[::-1]),
            dict(entries[1:] + entries[:1]),
        ]
    return [[*item, 0], [*item, *item[-1:]], item[:-1], item[1:], item[::-1]]


def longer_heads(data: bytes, at: int) -> Iterator[bytes]:
    """`data`, the head at `data[at]` taken for one that follows in the first byte, in every longer form."""
    major, number = data[at] >> 5, data[at] & 31
    if number < 24:
        for code, size in LONGER.items():
            yield data[:at] + bytes([major << 5 | code]) + number.to_bytes(size, "big") + data[at + 1 :]
        if major in (2, 3, 4, 5):
            yield data[:at] + bytes([major << 5 | 31]) + data[at + 1 :] + b"\xff"
