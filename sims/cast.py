"""The cast of a cell: groups of alike devices, one after the other, as the columns of a plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shuangli.sims.arrays import Floats, Ints
from shuangli.sims.chance import whole
from shuangli.sims.plan import NOBODY, Calendar, Devices, Role
from shuangli.sims.scenario import DAY_S, HOUR_S

OPENING_S: Final = 4 * HOUR_S
EVE_S: Final = OPENING_S + HOUR_S
"""A run starts so long before its first midnight. Wallets are opened within the first four hours."""
CLOSE_WINDOWS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Devices that are alike, or differ in columns.

    person: whether they are people's. operators: with which bank. payee_classes: what they may be paid under
    conditions (0: nothing). sync_every_s: how often they go online, 0 for at planned times only; sync_from_s:
    the first time, from the calendar's start.
    """

    count: int
    person: bool = True
    operators: Ints | int = 0
    payee_classes: Ints | int = 0
    deposit_fen: Ints | int = 0
    first_load_fen: Ints | int = 0
    sync_every_s: Ints | int = 0
    sync_from_s: Ints | int = EVE_S


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cast:
    """Devices of a cell, the first of each group by the group's place, and as what each is certified."""

    devices: Devices
    firsts: tuple[int, ...]
    classes: Ints


def cast(groups: Sequence[Group], calendar: Calendar) -> Cast:
    """Line up groups: their devices follow one another, and are opened in that order."""
    counts = [group.count for group in groups]
    total = sum(counts)
    firsts = tuple(int(first) for first in np.cumsum([0, *counts[:-1]]))

    def column(name: str) -> Ints:
        parts = [
            np.broadcast_to(np.asarray(getattr(group, name), dtype=np.int64), group.count) for group in groups
        ]
        return np.concatenate(parts)

    person = column("person") == 1
    # Policies say which tier persons have, and whose keys are in elements.
    unset = np.zeros(total, dtype=np.int64)
    devices = Devices(
        role=np.where(person, Role.PERSON, Role.MERCHANT).astype(np.int64),
        operator=column("operators"),
        tier=unset,
        opens_s=calendar.start_s + np.arange(total) * OPENING_S // max(1, total),
        first_load_fen=column("first_load_fen"),
        deposit_fen=column("deposit_fen"),
        sync_every_s=column("sync_every_s"),
        sync_from_s=calendar.start_s + column("sync_from_s"),
        copy_of=np.full(total, NOBODY, dtype=np.int64),
        hard=unset,
    )
    return Cast(devices=devices, firsts=firsts, classes=column("payee_classes"))


def month_calendar(
    first_day_s: int, days: int, *, window_s: int, outage_s: tuple[int, int] | None = None
) -> Calendar:
    """A calendar of whole days after an evening in which wallets are opened; the close takes six windows.

    An outage is from and to seconds after the first midnight, and ends before the last day does.
    """
    outages = () if outage_s is None else ((first_day_s + outage_s[0], first_day_s + outage_s[1]),)
    return Calendar(
        start_s=first_day_s - EVE_S,
        closes_s=first_day_s + days * DAY_S,
        close_takes_s=CLOSE_WINDOWS * window_s,
        window_s=window_s,
        outages=outages,
    )


def once_a_day_s(chance: Floats) -> Ints:
    """When each of them goes online for the first time: some second of the first day."""
    return EVE_S + whole(chance, 0, DAY_S)
