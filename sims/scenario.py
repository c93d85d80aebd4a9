"""A scenario: plans for all cells, the system they run against, and what the result says of its input."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import numpy as np

from shuangli.errors import BadInput
from shuangli.sims.plan import CellPlan, Ints
from shuangli.sims.system import SystemPlan
from shuangli.sims.trips import Trips

HOUR_S: Final = 3_600
DAY_S: Final = 86_400
WINDOW_S: Final = 300
CELLS: Final = 4
"""Cells of a run: a part of the plan, the same however many processors the machine has."""

C = TypeVar("C")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """All that a run needs.

    `facts` go into the result's description of its input. Where it is about trips, `boardings` is what
    the demand asks for, [days, 24, stations], and a meeting's tag is the position of its trip in `trips`.
    """

    name: str
    seed: int
    config: Mapping[str, object]
    facts: Mapping[str, object]
    system: SystemPlan
    plans: Sequence[CellPlan]
    first_day_s: int
    boardings: Ints | None = None
    trips: Trips | None = None


def day_start_s(date: str) -> int:
    """Midnight UTC of an ISO date in seconds since 1970.

    Raises:
        BadInput: not a date between 2000 and 2200.
    """
    try:
        day = datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadInput("bad-option", f"{date!r} is not a date such as 2026-01-05") from error
    if not 2000 <= day.year <= 2200:
        raise BadInput("bad-option", f"{date} is not between 2000 and 2200")
    return int(day.timestamp())


def configured(defaults: C, settings: Mapping[str, str]) -> C:
    """`defaults` (a dataclass of int, float and str fields) with some fields set from text.

    Raises:
        BadInput: an unknown name, or a value that is not of the field's kind or range.
    """
    kinds = {item.name: type(getattr(defaults, item.name)) for item in dataclasses.fields(defaults)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, text in settings.items():
        if name not in kinds:
            raise BadInput(
                "bad-option", f"there is no setting {name!r}; there are {', '.join(sorted(kinds))}"
            )
        try:
            values[name] = kinds[name](text)
        except ValueError as error:
            raise BadInput(
                "bad-option", f"{name}={_short(text)}: not of type {kinds[name].__name__}"
            ) from error
    return dataclasses.replace(defaults, **values)  # type: ignore[type-var]


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Make sure that a setting lies in low..high.

    Raises:
        BadInput: it does not.
    """
    if not low <= value <= high:
        raise BadInput("bad-option", f"{name}={_short(str(value))} is not between {low} and {high}")


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


def generator(seed: int, purpose: str) -> np.random.Generator:
    """One stream of random numbers for one purpose, so that a change to one draw disturbs no other."""
    return np.random.default_rng([seed, *purpose.encode()])
