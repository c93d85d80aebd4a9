"""What all messages share: reading an array of fields, and the checks of single fields."""

from typing import Final

from shuangli import codec
from shuangli.crypto import DIGEST_BYTES, KEY_BYTES
from shuangli.errors import Malformed
from shuangli.money import MAX_FEN

NONCE_BYTES: Final = 16
MAX_TIME_S: Final = 2**33
"""Times are whole seconds since 1970-01-01T00:00:00Z; the bound lies in the year 2242."""


def read_array(payload: bytes, count: int, what: str) -> list[codec.Item]:
    """Decode `payload` as an array of exactly `count` fields.

    Raises:
        Malformed: it is something else; `what` names the object in the message.
    """
    fields = codec.decode(payload)
    if type(fields) is not list or len(fields) != count:
        raise Malformed("shape", f"a {what} is an array of {count} fields")
    return fields


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
    check_bytes(value, KEY_BYTES, what)


def check_id(value: object, what: str) -> None:
    """Make sure that `value` has the size of an object's id."""
    check_bytes(value, DIGEST_BYTES, what)


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
