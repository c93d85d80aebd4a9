"""The checks of single facts in an entry of an audit log; each raises `Malformed`."""

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from shuangli.errors import Malformed
from shuangli.messages.fields import check_count, check_text, read_choice, require
from shuangli.messages.notices import Outcome
from shuangli.money import MAX_FEN

Check = Callable[[object, str], None]
MAX_WORDS: Final = 80
"""Longest text of an event."""


def check_number(value: object, what: str) -> None:
    """Make sure that `value` is a count."""
    check_count(value, MAX_FEN, what)


def check_change(value: object, what: str) -> None:
    """Make sure that `value` is a change of an amount, in fen."""
    if type(value) is not int or abs(value) > MAX_FEN:
        raise Malformed("range", f"{what} is not an integer")


def check_epoch(value: object, what: str) -> None:
    """Make sure that `value` is the number of an epoch, 0 if it is not known."""
    check_count(value, 2**16, what)


def check_tier(value: object, what: str) -> None:
    """Make sure that `value` is a tier of a wallet."""
    check_count(value, 4, what)


def check_words(value: object, what: str) -> None:
    """Make sure that `value` is a short text."""
    check_text(value, MAX_WORDS, what)


def check_outcomes(value: object, what: str) -> None:
    """Make sure that `value` is outcomes of spends, one byte each."""
    known = type(value) is bytes and max(value, default=0) < len(Outcome)
    require(known, "range", f"{what} are not a byte string of known outcomes")


def check_one_of(kind: type[IntEnum]) -> Check:
    """The check that a value is the number of a member of `kind`."""

    def check(value: object, what: str) -> None:
        read_choice(kind, value, what)

    return check
