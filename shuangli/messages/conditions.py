"""Conditional value: what a load may be spent on, by whom it may be taken, until when, and who gave it.

    giver --grants money under a condition--> receiver's operator --mints--> load with the condition
    receiver --pays--> a payee of the right class that knows the purpose --hands in--> ordinary money
    what is not spent in time --> back to the giver

The condition stands in the load, so it goes wherever the coin goes; change keeps it. A wallet without a
condition to look at is not concerned: an ordinary load has no such field.

Payees are classes, as an operator certifies them: merchant category codes (ISO 18245, 1 to 9999), or larger
numbers that operators give to a programme or to a single merchant.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self

from shuangli import codec
from shuangli.crypto import sha256
from shuangli.errors import Malformed
from shuangli.messages.fields import (
    MAX_NAME,
    check_count,
    check_key,
    check_text,
    check_time,
    read_list,
    require,
)

NO_CLASS: Final = 0
"""The class of a person, and of a merchant that takes ordinary value only."""
MAX_CLASS: Final = 2**32 - 1
MAX_CLASSES: Final = 8
"""Most classes of payees in a condition."""
MAX_PURPOSES: Final = 8
"""Most purposes that a payee names in a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a coin may be paid for: `purpose`, to payees of these classes, before `spend_by_s`.

    What is left of it then goes back to the account of the wallet `giver`, at the load's operator.
    """

    purpose: str
    payees: tuple[int, ...]
    spend_by_s: int
    giver: bytes

    def __post_init__(self) -> None:
        check_text(self.purpose, MAX_NAME, "purpose")
        _check_rising(self.payees, MAX_CLASSES, "the classes of payees")
        for payee_class in self.payees:
            check_class(payee_class, "class of payees")
            require(payee_class != NO_CLASS, "range", "a condition names no payees without a class")
        check_time(self.spend_by_s, "last time to spend")
        check_key(self.giver, "giver")

    @property
    def fields(self) -> list[Any]:
        """As it stands in a load and in the order for one."""
        return [self.purpose, list(self.payees), self.spend_by_s, self.giver]

    @property
    def digest(self) -> bytes:
        """What names it: the SHA-256 of its encoding."""
        return sha256(codec.encode_fields(self.fields))

    @classmethod
    def read(cls, value: object) -> Self:
        """Read a condition that is a field of a load or of an order.

        Raises:
            Malformed: it is something else.
        """
        if type(value) is not list or len(value) != 4:
            raise Malformed("shape", "a condition is an array of 4 fields")
        purpose, payees, spend_by_s, giver = value
        return cls(
            purpose=purpose,
            payees=tuple(read_list(payees, "the classes of payees")),
            spend_by_s=spend_by_s,
            giver=giver,
        )


def check_class(value: object, what: str) -> None:
    """Make sure that `value` is the class of a payee, or none."""
    check_count(value, MAX_CLASS, what)


def read_class(value: object) -> int:
    """Read the class of a payee, which stands in an object only where there is one."""
    check_class(value, "class of payee")
    if type(value) is not int or value == NO_CLASS:
        raise Malformed("range", "where a class of payee stands, it is not 0")
    return value


def check_purposes(values: object) -> None:
    """Make sure that `values` are the purposes that a payee knows: names in rising order, in a tuple."""
    if values == ():
        return
    _check_rising(values, MAX_PURPOSES, "purposes")
    for value in values if isinstance(values, tuple) else ():
        check_text(value, MAX_NAME, "purpose")


def _check_rising(values: object, most: int, what: str) -> None:
    if type(values) is not tuple or not 1 <= len(values) <= most:
        raise Malformed("shape", f"{what} are not 1 to {most} of them")
    if len({*map(type, values)}) != 1 or type(values[0]) not in (int, str):
        raise Malformed("shape", f"{what} are not of one kind")
    if any(first >= second for first, second in pairwise(values)):
        raise Malformed("shape", f"{what} are not in rising order")
