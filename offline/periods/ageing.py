"""What is outstanding, by age and by the time that is left: classes over the days that entries tell. Pure.

A coin's age counts from the signature that made it: the load, or the payment. It can be handed in in time up
to its claim deadline and grace. What is past that was not presented, and goes back; the log knows no more:
not whether anybody holds it, nor who.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from shuangli.days import DAY_S

SINCE, DUE, AGE, LEFT = "since", "due", "age", "left"
OPEN_FEN: Final = "open_fen"


class Class(NamedTuple):
    """A class of days: its name, and from which number on, up to and without which one."""

    name: str
    first: int
    end: int


_EVER: Final = 2**31
AGES: Final = (
    Class("under-1-day", -_EVER, 1),
    Class("under-7-days", 1, 7),
    Class("under-30-days", 7, 30),
    Class("under-90-days", 30, 90),
    Class("90-days-or-more", 90, _EVER),
)
"""By whole days since a coin was made."""
TIMES_LEFT: Final = (
    Class("past", -_EVER, 0),
    Class("under-1-day", 0, 1),
    Class("under-7-days", 1, 7),
    Class("under-30-days", 7, 30),
    Class("under-90-days", 30, 90),
    Class("90-days-or-more", 90, _EVER),
)
"""By whole days until a coin is due; those whose day is over are past."""


def date_of(day: int) -> str:
    """A day, counted from 1970 on, as an ISO date."""
    return datetime.fromtimestamp(day * DAY_S, tz=UTC).date().isoformat()


def aged(figures: Mapping[tuple[str, ...], int], *, at_s: int) -> dict[tuple[str, ...], int]:
    """What is outstanding at a time by classes of age and time left, out of what is told day by day."""
    found: dict[tuple[str, ...], int] = {}
    for path, open_fen in figures.items():
        if path[0] in (SINCE, DUE):
            aged_path = class_path(path[0], path[1], at_s=at_s)
            found[aged_path] = found.get(aged_path, 0) + open_fen
    return found


def class_path(kind: str, date: str, *, at_s: int) -> tuple[str, ...]:
    """The class that a day's figure, `since` or `due`, belongs to at a time."""
    today = (at_s - 1) // DAY_S
    day = int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()) // DAY_S
    what, number, classes = (AGE, today - day, AGES) if kind == SINCE else (LEFT, day - today, TIMES_LEFT)
    name = next(one.name for one in classes if one.first <= number < one.end)
    return what, name, OPEN_FEN
