"""The checks of single facts in an entry of an audit log; each raises `Malformed`."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Final

from shuangli.days import DAY_S
from shuangli.errors import Malformed
from shuangli.messages.fields import check_count, check_text, read_choice
from shuangli.messages.notices import Outcome
from shuangli.money import MAX_FEN

Check = Callable[[object, str], None]
MAX_WORDS: Final = 80
"""Longest text of an event."""
NO_TIER: Final = 15
"""Stands for the tier of a wallet where there is none, or it is not known."""
_LAST_DAY: Final = 2**33 // DAY_S
_HOUR_S: Final = 3_600
WAITS: Final = (
    ("under-1-hour", _HOUR_S),
    ("under-6-hours", 6 * _HOUR_S),
    ("under-1-day", DAY_S),
    ("under-3-days", 3 * DAY_S),
    ("under-7-days", 7 * DAY_S),
    ("under-30-days", 30 * DAY_S),
    ("30-days-or-more", 0),
)
"""Classes of how long payments have waited to be reconciled: names, and seconds that each ends before."""
_OUTCOMES: Final = len(Outcome)
_BOUNDS_S: Final = [end_s for _, end_s in WAITS[:-1]]


def waits_of(paid_at_s: Iterable[int], *, received_s: int) -> bytes:
    """The classes of `WAITS` by number of payments that were signed at these times and received at one."""
    return bytes([bisect_right(_BOUNDS_S, received_s - signed_s) for signed_s in paid_at_s])


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


def check_tier_or_none(value: object, what: str) -> None:
    """Make sure that `value` is a tier of a wallet, or `NO_TIER`."""
    if value != NO_TIER:
        check_tier(value, what)


def check_tiers(value: object, what: str) -> None:
    """Make sure that `value` is tiers of wallets, or `NO_TIER`, one byte each."""
    if type(value) is not bytes or not all(tier <= 4 or tier == NO_TIER for tier in value):
        raise Malformed("range", f"{what} are not a byte string of tiers")


def check_waits(value: object, what: str) -> None:
    """Make sure that `value` is classes of `WAITS`, one byte each."""
    if type(value) is not bytes or max(value, default=0) >= len(WAITS):
        raise Malformed("range", f"{what} are not a byte string of known classes")


def check_day(value: object, what: str) -> None:
    """Make sure that `value` is a day, counted from 1970 on."""
    check_count(value, _LAST_DAY, what)


def check_words(value: object, what: str) -> None:
    """Make sure that `value` is a short text."""
    check_text(value, MAX_WORDS, what)


def check_outcomes(value: object, what: str) -> None:
    """Make sure that `value` is outcomes of spends, one byte each."""
    if type(value) is not bytes or max(value, default=0) >= _OUTCOMES:
        raise Malformed("range", f"{what} are not a byte string of known outcomes")


def check_one_of(kind: type[IntEnum]) -> Check:
    """The check that a value is the number of a member of `kind`."""

    def check(value: object, what: str) -> None:
        read_choice(kind, value, what)

    return check
