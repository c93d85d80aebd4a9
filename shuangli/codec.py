"""Strict deterministic CBOR (RFC 8949 section 4.2): one value, one encoding.

Accepted are integers of at most 64 bits, byte strings, UTF-8 text, booleans, null, arrays and maps with integer or
text keys. Everything else is `Malformed`: floats, tags, other simple values, indefinite lengths,
integers or lengths not in their shortest form, map keys that repeat or are out of order, trailing
bytes, and sizes or nesting past a bound. `cbor2` accepts most of these; encoding the decoded value
again and comparing settles all of them but the types, which are walked.

Signed objects never pass through here as a whole: `shuangli.cose` takes them apart by their one
legal prefix and hands the payload to `decode`. Signatures are checked over the received bytes.
"""

from typing import Final

import cbor2

from shuangli.errors import Malformed

Item = int | bytes | str | bool | None | list["Item"] | dict[int | str, "Item"]

MAX_BYTES: Final = 16 * 1024 * 1024
"""Largest encoding that `decode` looks at: an upload of 10,000 coins stays well below."""
MAX_DEPTH: Final = 8
"""Deepest nesting of arrays and maps."""
_MAX_INT: Final = 2**64 - 1
_MIN_INT: Final = -(2**64)


def _refuse_tag(*_: object) -> None:
    raise ValueError("tags are not accepted")


# cbor2 would run a decoder for each of these (a huge power of two, a regular expression, ...).
_NO_TAGS: Final = dict.fromkeys((*range(1100), 43000, 55799), _refuse_tag)


def encode(item: Item) -> bytes:
    """Encode `item` deterministically.

    Raises:
        TypeError: a value outside the accepted subset; that is a fault of this program.
    """
    sorted_item, fault = _check(item, 0, sort=True)
    if fault:
        raise TypeError(f"cannot encode: {fault}")
    return bytes(cbor2.dumps(sorted_item))


def encode_fields(fields: list[Item]) -> bytes:
    """Encode an array of checked fields without walking it again: the fast path for messages.

    `fields` holds only values that `encode` accepts, and maps already in the order of their keys.
    """
    return bytes(cbor2.dumps(fields))


def decode(data: bytes, *, max_bytes: int = MAX_BYTES) -> Item:
    """Decode exactly one value in its one legal encoding.

    Raises:
        Malformed: see the module's docstring; code `cbor` or `too-large`.
    """
    if len(data) > max_bytes:
        raise Malformed("too-large", f"{len(data)} bytes, at most {max_bytes} are accepted")
    try:
        item = cbor2.loads(
            data,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            max_depth=MAX_DEPTH + 2,
            semantic_decoders=_NO_TAGS,
            tag_hook=_refuse_tag,
        )
        again = cbor2.dumps(item)
    except Exception as error:
        # Whatever a decoder of foreign bytes raises means the same to the sender of the bytes.
        raise Malformed("cbor", "not deterministic CBOR") from error
    if again != data:
        raise Malformed("cbor", "not in its shortest form, or trailing bytes")
    _, fault = _check(item, 0, sort=False)
    if fault:
        raise Malformed("cbor", fault)
    return item  # type: ignore[no-any-return]


def _check(item: object, depth: int, *, sort: bool) -> tuple[object, str]:
    """Return `item` (its maps sorted if asked) and what is wrong with it, or an empty string."""
    kind = type(item)
    if kind is int:
        inside = _MIN_INT <= item <= _MAX_INT  # type: ignore[operator]
        return item, "" if inside else "integer past 64 bits"
    if kind is bytes or kind is str or kind is bool or item is None:
        return item, ""
    if depth >= MAX_DEPTH:
        return item, f"nested deeper than {MAX_DEPTH}"
    if kind is list:
        return _check_list(item, depth, sort=sort)  # type: ignore[arg-type]
    if kind is dict:
        return _check_map(item, depth, sort=sort)  # type: ignore[arg-type]
    return item, f"{kind.__name__} is not accepted"


def _check_list(items: list[object], depth: int, *, sort: bool) -> tuple[object, str]:
    checked = []
    for item in items:
        kind = type(item)
        if kind is bytes or (kind is int and 0 <= item < 2**53):  # type: ignore[operator]
            checked.append(item)
            continue
        value, fault = _check(item, depth + 1, sort=sort)
        if fault:
            return items, fault
        checked.append(value)
    return checked, ""


def _check_map(items: dict[object, object], depth: int, *, sort: bool) -> tuple[object, str]:
    keyed: list[tuple[bytes, object, object]] = []
    for key, item in items.items():
        if type(key) is not int and type(key) is not str:
            return items, "a map key is neither an integer nor text"
        _, key_fault = _check(key, depth + 1, sort=sort)
        value, fault = _check(item, depth + 1, sort=sort)
        if key_fault or fault:
            return items, key_fault or fault
        keyed.append((cbor2.dumps(key), key, value))
    ordered = sorted(keyed, key=lambda entry: entry[0])
    if not sort and ordered != keyed:
        return items, "map keys out of order"
    return {key: value for _, key, value in ordered}, ""
