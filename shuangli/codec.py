"""Strict deterministic CBOR (RFC 8949 section 4.2): one value, one encoding.

Accepted are integers of at most 64 bits, byte strings, UTF-8 text, booleans, null, arrays, and maps
with integer or text keys. Everything else is `Malformed`: floats, tags, other simple values,
indefinite lengths, integers or lengths not in their shortest form, map keys that repeat or are out of
order, trailing bytes, and sizes or nesting past a bound. `cbor2` accepts most of these. Encoding the
decoded value again and comparing settles the form; the types and the order of keys are walked.

Signed objects and bundles never pass through here as a whole: `shuangli.cose` and
`shuangli.messages.bundle` take them apart by their heads. Signatures are checked over received bytes.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeVar

import cbor2

from shuangli.errors import Malformed

Item = int | bytes | str | bool | None | list["Item"] | dict[int | str, "Item"]
Key = TypeVar("Key", int, str)
Value = TypeVar("Value")

MAX_BYTES: Final = 2 * 1024 * 1024
"""Largest encoding that `decode` looks at. Decoded, it may need 70 times as much memory (empty arrays)."""
MAX_DEPTH: Final = 8
"""Deepest nesting of arrays and maps."""

UNSIGNED, BYTES, TEXT, ARRAY, MAP = 0, 2, 3, 4, 5
"""Major types (RFC 8949 section 3.1) for `head` and `read_head`."""

_SCALARS: Final = frozenset({int, bytes, str, bool, type(None)})
_KEYS: Final = frozenset({int, str})
_SIZE_CODES: Final = {1: 24, 2: 25, 4: 26, 8: 27}
"""How the first byte of a head says that its number follows in 1, 2, 4 or 8 bytes."""
_LONG_HEADS: Final = {24: (1, 24), 25: (2, 2**8), 26: (4, 2**16), 27: (8, 2**32)}
"""The same backwards, with the smallest number that needs so many bytes."""


def _refuse_tag(*_: object) -> None:
    raise ValueError("tags are not accepted")


# cbor2 would run a decoder for each of these (a huge power of two, a regular expression, ...).
_NO_TAGS: Final = dict.fromkeys((*range(1100), 43000, 55799), _refuse_tag)


def encode(item: object) -> bytes:
    """Encode `item` deterministically; tuples become arrays, maps are put in order.

    Raises:
        TypeError: a value outside the accepted subset; that is a fault of this program.
    """
    try:
        data = cbor2.dumps(_in_order(item))
        decode(data)
    except (Malformed, ValueError, cbor2.CBORError) as error:
        raise TypeError(f"cannot encode: {error}") from error
    return data


def encode_fields(fields: Sequence[object] | Mapping[int, object]) -> bytes:
    """Encode what is known to be in order, without looking at it: the fast path for messages.

    `fields` holds only values that `encode` accepts, or that their message refuses when it is built;
    maps are already in the order of their keys.
    """
    return cbor2.dumps(fields)


def decode(data: bytes, *, max_bytes: int = MAX_BYTES) -> Item:
    """Decode exactly one value in its one legal encoding.

    Raises:
        Malformed: see the module's docstring; code `cbor` or `too-large`.
    """
    if len(data) > max_bytes:
        raise Malformed("too-large", f"{len(data)} bytes, at most {max_bytes} are accepted")
    try:
        item: Item = cbor2.loads(
            data,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            max_depth=MAX_DEPTH + 1,
            semantic_decoders=_NO_TAGS,
            tag_hook=_refuse_tag,
        )
    except Exception as error:
        # Whatever a decoder of foreign bytes raises means the same to the sender of the bytes.
        raise Malformed("cbor", "not deterministic CBOR") from error
    if type(item) is list:
        _check(item, 1)
    else:
        _check((item,), 0)
    if cbor2.dumps(item) != data:
        raise Malformed("cbor", "not in its shortest form, or trailing bytes")
    return item


def _check(parts: Collection[object], depth: int) -> None:
    """Make sure that `parts`, which stand inside `depth` arrays and maps, are accepted with all in them."""
    for part in parts:
        kind = type(part)
        if kind is bytes or kind is int or kind in _SCALARS:
            continue
        if depth == MAX_DEPTH:
            raise Malformed("cbor", f"nested deeper than {MAX_DEPTH}")
        if isinstance(part, list):
            if not _SCALARS.issuperset(map(type, part)):
                _check(part, depth + 1)
        elif isinstance(part, dict):
            _check_keys(part)
            _check(part.values(), depth + 1)
        else:
            raise Malformed("cbor", "a float, or a simple value other than false, true and null")


def _check_keys(keys: Collection[object]) -> None:
    if not set(map(type, keys)) <= _KEYS:
        raise Malformed("cbor", "a map key is neither an integer nor text")
    places = [_place(key) for key in keys]
    if places != sorted(places):
        raise Malformed("cbor", "map keys out of order")


def _place(key: object) -> tuple[int, int, bytes]:
    """Where a map key stands among others: these compare as the encodings do, byte by byte.

    A larger number never has a smaller head, so major type, then number or length, then text decide.
    """
    if isinstance(key, int):
        return (0, key, b"") if key >= 0 else (1, -1 - key, b"")
    if isinstance(key, str):
        text = key.encode()
        return 3, len(text), text
    raise ValueError("a map key is neither an integer nor text")


def in_order(items: Mapping[Key, Value]) -> dict[Key, Value]:
    """The same map, its keys in the order of their encodings (RFC 8949 section 4.2.1)."""
    return {key: items[key] for key in sorted(items, key=_place)}


def _in_order(item: object) -> object:
    if type(item) in _SCALARS:
        return item
    if isinstance(item, list | tuple):
        return [_in_order(part) for part in item]
    if isinstance(item, Mapping):
        return {key: _in_order(value) for key, value in in_order(item).items()}
    return item


def head(major: int, number: int) -> bytes:
    """The shortest head of an item (RFC 8949 section 3): its major type with its number or length."""
    if number < 24:
        return bytes((major << 5 | number,))
    size = 1 if number < 2**8 else 2 if number < 2**16 else 4 if number < 2**32 else 8
    return bytes((major << 5 | _SIZE_CODES[size],)) + number.to_bytes(size, "big")


def read_head(data: bytes, at: int, major: int) -> tuple[int, int]:
    """Read the head of an item of type `major` at `data[at]`: its number or length, and where it ends.

    Raises:
        Malformed: another type, not the shortest form, or cut off (code `cbor`).
    """
    rest = len(data) - at
    code = data[at] - (major << 5) if rest > 0 else -1
    if not 0 <= code < 32:
        raise Malformed("cbor", "cut off, or not of the expected type")
    if code < 24:
        return code, at + 1
    # Nearly all others are of these two sizes.
    if code == 25 and rest > 2 and data[at + 1]:
        return data[at + 1] << 8 | data[at + 2], at + 3
    if code == 24 and rest > 1 and data[at + 1] >= 24:
        return data[at + 1], at + 2
    size, smallest = _LONG_HEADS.get(code, (0, 1))
    end = at + 1 + size
    number = int.from_bytes(data[at + 1 : end], "big")
    if number < smallest or end > len(data):
        raise Malformed("cbor", "a head cut off, indefinite or not in its shortest form")
    return number, end
