"""What the formats of all records share: what a format is, and reading fields strictly.

A reader takes what it finds and gives the value back only if it is of the type that belongs there;
anything else is `Malformed`.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from shuangli.errors import Malformed
from shuangli.messages.fields import check_id, read_list
from shuangli.wallet.records import Record
from shuangli.wallet.stored_coins import CoinReader, CoinWriter

T = TypeVar("T")


class Format(NamedTuple):
    """How one kind of record becomes fields, and how they are read; `number` is the kind's, for good."""

    number: int
    write: Callable[[Any, CoinWriter], list[object]]
    read: Callable[[list[Any], CoinReader], Record]


def one_object(number: int, field: str, parse: Callable[[bytes], Any], kind: Callable[..., Record]) -> Format:
    """The format of a record whose only field is a signed object."""

    def write(record: Record, _: CoinWriter) -> list[object]:
        return [getattr(record, field).signed.data]

    def read(fields: list[Any], _: CoinReader) -> Record:
        (data,) = read_fields(fields, 1)
        return kind(**{field: parse(read_bytes(data))})

    return Format(number, write, read)


def read_fields(value: object, count: int) -> list[Any]:
    """The fields of an array that has exactly `count`."""
    fields = read_list(value, "a record's part")
    if len(fields) != count:
        raise Malformed("shape", f"{len(fields)} fields where {count} belong")
    return fields


def read_bytes(value: object) -> bytes:
    """A byte string."""
    if type(value) is not bytes:
        raise Malformed("shape", "not a byte string")
    return value


def read_id(value: object) -> bytes:
    """The id of an object or coin: 32 bytes."""
    check_id(value, "an id")
    return read_bytes(value)


def read_int(value: object) -> int:
    """An integer."""
    if type(value) is not int:
        raise Malformed("shape", "not an integer")
    return value


def read_flag(value: object) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise Malformed("shape", "neither true nor false")
    return value


def read_ids(value: object) -> tuple[bytes, ...]:
    """An array of ids."""
    return tuple([read_id(item) for item in read_list(value, "ids")])


def read_word(words: Mapping[str, T], value: object) -> T:
    """What a word of the format stands for."""
    if type(value) is not str or value not in words:
        raise Malformed("range", f"{value!r} is not a known state")
    return words[value]


def read_optional(value: object, read: Callable[[bytes], T]) -> T | None:
    """What the bytes say, or None where null is stored."""
    return None if value is None else read(read_bytes(value))
