"""What all messages share: reading an array of fields, and the checks of single fields.

A message checks its fields when it is built, whether from received bytes or from a program's values;
so `parse` hands over what it has read, of whatever type, and an invalid message cannot exist.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, TypeVar

from shuangli import codec
from shuangli.crypto import DIGEST_BYTES, KEY_BYTES
from shuangli.errors import Malformed
from shuangli.money import MAX_FEN

NONCE_BYTES: Final = 16
MAX_NAME: Final = 16
"""Longest name of a network, an operator or another party."""
MAX_TIME_S: Final = 2**33
"""Times are whole seconds since 1970-01-01T00:00:00Z; the bound lies in the year 2242."""

Choice = TypeVar("Choice", bound=IntEnum)
Part = TypeVar("Part")


def read_array(payload: bytes, count: int, what: str, *, max_bytes: int = codec.MAX_BYTES) -> list[Any]:
    """Decode `payload` as an array of exactly `count` fields, whose types are not checked here.

    Raises:
        Malformed: it is something else; `what` names the object in the message.
    """
    fields = codec.decode(payload, max_bytes=max_bytes)
    if type(fields) is not list or len(fields) != count:
        raise Malformed("shape", f"a {what} is an array of {count} fields")
    return fields


def read_optional(
    payload: bytes, count: int, read: Callable[[object], Part], what: str
) -> tuple[list[Any], Part | None]:
    """Decode `payload` as an array of `count` fields, and one more that `read` reads, where there is one.

    Raises:
        Malformed: it is something else; `what` names the object in the message.
    """
    fields = codec.decode(payload)
    if type(fields) is not list or not count <= len(fields) <= count + 1:
        raise Malformed("shape", f"a {what} is an array of {count} fields, or one more")
    return fields[:count], read(fields[count]) if len(fields) > count else None


def read_list(value: object, what: str) -> list[Any]:
    """Return `value` if it is an array."""
    if type(value) is not list:
        raise Malformed("shape", f"{what} is not an array")
    return value


def read_choice(kind: type[Choice], value: object, what: str) -> Choice:
    """Return the member of `kind` that the integer `value` stands for."""
    if type(value) is not int:
        raise Malformed("shape", f"{what} is not an integer")
    try:
        return kind(value)
    except ValueError:
        raise Malformed("range", f"{what} is not a known number") from None


def require(condition: bool, code: str, detail: str) -> None:
    """Raise `Malformed(code, detail)` unless `condition` holds."""
    if not condition:
        raise Malformed(code, detail)


def check_bytes(value: object, length: int, what: str) -> None:
    """Make sure that `value` is a byte string of `length` bytes."""
    if type(value) is not bytes or len(value) != length:
        raise Malformed("shape", f"{what} is not {length} bytes")


def check_key(value: object, what: str) -> None:
    """Make sure that `value` has the size of an Ed25519 public key."""
    if type(value) is not bytes or len(value) != KEY_BYTES:
        raise Malformed("shape", f"{what} is not {KEY_BYTES} bytes")


def check_id(value: object, what: str) -> None:
    """Make sure that `value` has the size of an object's id."""
    if type(value) is not bytes or len(value) != DIGEST_BYTES:
        raise Malformed("shape", f"{what} is not {DIGEST_BYTES} bytes")


def check_count(value: object, most: int, what: str) -> None:
    """Make sure that `value` is an integer in 0..most."""
    if type(value) is not int or not 0 <= value <= most:
        raise Malformed("range", f"{what} is not an integer in 0..{most}")


def check_amount(value: object, what: str) -> None:
    """Make sure that `value` is an amount in 1..MAX_FEN fen."""
    if type(value) is not int or not 1 <= value <= MAX_FEN:
        raise Malformed("range", f"{what} is not an amount in 1..{MAX_FEN} fen")


def check_time(value: object, what: str) -> None:
    """Make sure that `value` is a time in seconds since 1970."""
    if type(value) is not int or not 0 <= value < MAX_TIME_S:
        raise Malformed("range", f"{what} is not a time in seconds since 1970")


def check_text(value: object, longest: int, what: str) -> None:
    """Make sure that `value` is text of 1..longest printable ASCII characters."""
    if (
        type(value) is not str
        or not 1 <= len(value) <= longest
        or not value.isascii()
        or not value.isprintable()
    ):
        raise Malformed("shape", f"{what} is not 1 to {longest} printable ASCII characters")


def check_currency(value: object) -> None:
    """Make sure that `value` has the form of an ISO 4217 code."""
    if (
        type(value) is not str
        or len(value) != 3
        or not (value.isascii() and value.isupper() and value.isalpha())
    ):
        raise Malformed("shape", "currency is not an ISO 4217 code")


def check_ids(values: object, most: int, what: str) -> None:
    """Make sure that `values` are 1..most different ids, in a tuple."""
    if type(values) is not tuple or not 1 <= len(values) <= most:
        raise Malformed("shape", f"{what} are not 1 to {most} ids")
    for value in values:
        check_id(value, what)
    if len(set(values)) != len(values):
        raise Malformed("shape", f"one of {what} is repeated")
