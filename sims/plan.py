"""Plans: what a scenario asks the engine to play. Arrays of numbers, no behaviour.

A scenario draws everything that chance decides about people before the run: who exists, who meets
whom when and for how much. The engine then plays it with real wallets; what comes of it (refusals,
change, forks, delays) is never planned.
"""

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
NOBODY = -1


class Role(IntEnum):
    """What a device is for."""

    PERSON = 0
    MERCHANT = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Devices:
    """Devices, one in each place of the arrays; all times in seconds since 1970.

    role: `Role`. operator: position of its operator. tier: 0 to 4. opens_s: when it enrols.
    first_load_fen: loaded as soon as it is open, 0 for none. deposit_fen: on its account at the start.
    sync_every_s: how often it goes online, 0 for only at the close; sync_from_s: the first time.
    copy_of: the device of which this one is a secret copy, or NOBODY; that one is no copy itself, and has
        the same operator, since only that one knows the wallet.
    """

    role: Ints
    operator: Ints
    tier: Ints
    opens_s: Ints
    first_load_fen: Ints
    deposit_fen: Ints
    sync_every_s: Ints
    sync_from_s: Ints
    copy_of: Ints

    def __post_init__(self) -> None:
        _check_lengths(self)
        originals = self.copy_of[self.copy_of != NOBODY]
        if (originals < 0).any() or (originals >= len(self)).any():
            raise ValueError("a copy must be of a device of the same cell")
        if (self.copy_of[originals] != NOBODY).any():
            raise ValueError("a copy must be of a device that is no copy itself")
        if (self.operator[originals] != self.operator[self.copy_of != NOBODY]).any():
            raise ValueError("a copy must have the operator of its original")

    def __len__(self) -> int:
        return self.role.size


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Meetings:
    """Payments that people set out to make, in order of time: at_s, payer, payee, amount_fen, tag.

    payer and payee are positions among the devices; `tag` is the scenario's own number for it.
    """

    at_s: Ints
    payer: Ints
    payee: Ints
    amount_fen: Ints
    tag: Ints

    def __post_init__(self) -> None:
        _check_lengths(self)
        _check_order(self.at_s)

    def __len__(self) -> int:
        return self.at_s.size


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wages:
    """Wages that employers pay, in order of time: at_s, employer, worker, amount_fen.

    `load_fen` of it is loaded into the worker's purse at once.
    """

    at_s: Ints
    employer: Ints
    worker: Ints
    amount_fen: Ints
    load_fen: Ints

    def __post_init__(self) -> None:
        _check_lengths(self)
        _check_order(self.at_s)

    def __len__(self) -> int:
        return self.at_s.size


def no_wages() -> Wages:
    """Nobody is paid."""
    none = np.zeros(0, dtype=np.int64)
    return Wages(at_s=none, employer=none, worker=none, amount_fen=none, load_fen=none)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What all persons do of themselves: top up by `top_up_fen` when the purse falls below `below_fen`.

    `unit_fen` is the smallest amount that a load's coins should pay exactly.
    """

    top_up_fen: int
    top_up_below_fen: int
    unit_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The caution of devices: most that one pays in a day, age of the oldest revocation list it accepts."""

    day_limit_fen: int = 2_000_000
    oldest_list_s: int = 7 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When the simulation starts, when everybody reconciles, and when nobody can reach an operator.

    All in seconds since 1970; `outages` are pairs of first second and first second after it. The engine
    plays windows of `window_s`; an answer reaches a device at the beginning of the window after the next.
    The close begins with a window, takes at least three, and no outage falls into it.
    """

    start_s: int
    closes_s: int
    close_takes_s: int
    window_s: int
    outages: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if self.window_s < 1 or self.closes_s < self.start_s or self.close_takes_s < 3 * self.window_s:
            raise ValueError("a calendar needs a window, an end after its start, and three windows to close")
        if (self.closes_s - self.start_s) % self.window_s or self.close_takes_s % self.window_s:
            raise ValueError("the close must begin and end with a window")
        if any(first_s < self.ends_s and self.closes_s < last_s for first_s, last_s in self.outages):
            raise ValueError("everybody must be able to reconcile at the close")

    @property
    def ends_s(self) -> int:
        """When everybody has reconciled."""
        return self.closes_s + self.close_takes_s

    def online(self, time_s: int) -> bool:
        """Say whether operators can be reached."""
        return all(not first_s <= time_s < last_s for first_s, last_s in self.outages)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellPlan:
    """One cell: devices that meet only each other, so that cells can run in parallel."""

    number: int
    seed: int
    first_device: int
    devices: Devices
    meetings: Meetings
    wages: Wages
    habits: Habits
    calendar: Calendar
    rules: Rules = Rules()

    def __post_init__(self) -> None:
        every_s = self.devices.sync_every_s
        if ((every_s != 0) & (every_s < self.calendar.window_s)).any():
            raise ValueError("a device goes online at most once in a window")
        people = (self.meetings.payer, self.meetings.payee, self.wages.employer, self.wages.worker)
        if any((number < 0).any() or (number >= len(self.devices)).any() for number in people):
            raise ValueError("only devices of the same cell can meet")


def _check_lengths(columns: Devices | Meetings | Wages) -> None:
    if len({getattr(columns, field.name).shape for field in fields(columns)}) != 1:
        raise ValueError("the arrays must have one length")


def _check_order(at_s: Ints) -> None:
    if (np.diff(at_s) < 0).any():
        raise ValueError("what happens must be in order of time")
