"""Days as banks count them: from midnight to midnight in Beijing (UTC+8, no summer time). Pure.

A day is a whole number, that of days since 1970-01-01 there.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

DAY_S: Final = 86_400
OFFSET_S: Final = 8 * 3_600
BEIJING: Final = timezone(timedelta(seconds=OFFSET_S))
_FIRST: Final = date(1970, 1, 1)


def day_of(at_s: int, *, offset_s: int = OFFSET_S) -> int:
    """The day of a time in seconds since 1970; of a place whose clocks are `offset_s` ahead of UTC."""
    return (at_s + offset_s) // DAY_S


def start_of(day: int, *, offset_s: int = OFFSET_S) -> int:
    """The first second of a day, since 1970; of a place whose clocks are `offset_s` ahead of UTC."""
    return day * DAY_S - offset_s


def date_of(day: int) -> date:
    """The date of a day."""
    return _FIRST + timedelta(days=day)


def day_no(when: date) -> int:
    """The day of a date."""
    return (when - _FIRST).days


def local_time(at_s: int) -> datetime:
    """A time in seconds since 1970 as it is told in Beijing."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(BEIJING)
