"""Plans: what a scenario asks the engine to play. Arrays of numbers, no behaviour.

A scenario draws everything that chance decides about people before the run: who exists, who meets
whom when and for how much. The engine then plays it with real wallets; what comes of it (refusals,
change, forks, delays) is never planned.
"""

from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Final

from shuangli.sims.adversaries.attack import Attack
from shuangli.sims.arrays import Ints
from shuangli.sims.errands import Errands, check_columns, none_of

NOBODY: Final = -1
NEVER_S: Final = 2**40
"""A time after every run."""


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
    hard: 1 where a secure element holds the key, 0 for soft wallets.
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
    hard: Ints

    def __post_init__(self) -> None:
        if len({getattr(self, column.name).shape for column in fields(self)}) != 1:
            raise ValueError("the arrays must have one length")
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

    payer and payee are positions among the devices, two different ones; `tag` is the scenario's own number
    for it.
    """

    at_s: Ints
    payer: Ints
    payee: Ints
    amount_fen: Ints
    tag: Ints

    def __post_init__(self) -> None:
        check_columns(self)
        if (self.payer == self.payee).any():
            raise ValueError("a payment needs two devices")

    def __len__(self) -> int:
        return self.at_s.size


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wages:
    """Wages that employers pay, in order of time: at_s, employer, worker, amount_fen."""

    at_s: Ints
    employer: Ints
    worker: Ints
    amount_fen: Ints

    def __post_init__(self) -> None:
        check_columns(self)

    def __len__(self) -> int:
        return self.at_s.size


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Syncs:
    """Single times at which devices go online, in order of time, besides what `sync_every_s` says."""

    at_s: Ints
    device: Ints

    def __post_init__(self) -> None:
        check_columns(self)

    def __len__(self) -> int:
        return self.at_s.size


def no_syncs() -> Syncs:
    """No single times."""
    return none_of(Syncs)


def no_wages() -> Wages:
    """Nobody is paid."""
    return none_of(Wages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What all persons do of themselves: top up by `top_up_fen` when the purse falls below
    `top_up_below_fen`.

    `unit_fen` is the smallest amount that a load's coins should pay exactly.
    """

    top_up_fen: int
    top_up_below_fen: int
    unit_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The caution of devices.

    day_limit_fen, payment_limit_fen: most that one pays in a day, and at once. oldest_list_s: age of the
    oldest revocation list it accepts. payments_between_syncs: most payments until it must have been online.
    pin_above_fen, payments_between_pins: largest payment, and most payments in a row, without the PIN.
    gossip: whether two devices compare their lists after a payment. torn_share: share of payments of which a
    message is lost at first.
    """

    day_limit_fen: int = 2_000_000
    payment_limit_fen: int = 500_000
    oldest_list_s: int = 7 * 86_400
    payments_between_syncs: int = 200
    pin_above_fen: int = 100_000
    payments_between_pins: int = 10
    gossip: bool = False
    torn_share: float = 0.0


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

    def online_from_s(self, time_s: int) -> int:
        """The first second from a time on in which operators can be reached."""
        for first_s, last_s in sorted(self.outages):
            if first_s <= time_s < last_s:
                time_s = last_s
        return time_s


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellPlan:
    """One cell: devices that meet only each other, so that cells can run in parallel."""

    number: int
    seed: int
    first_device: int
    devices: Devices
    meetings: Meetings
    habits: Habits
    calendar: Calendar
    rules: Rules = Rules()
    wages: Wages = field(default_factory=no_wages)
    syncs: Syncs = field(default_factory=no_syncs)
    attacks: tuple[Attack, ...] = ()
    errands: Errands = field(default_factory=Errands)

    def __post_init__(self) -> None:
        every_s = self.devices.sync_every_s
        if ((every_s != 0) & (every_s < self.calendar.window_s)).any():
            raise ValueError("a device goes online at most once in a window")
        people = [self.meetings.payer, self.meetings.payee, self.wages.employer, self.wages.worker]
        people += [self.syncs.device, *self.errands.devices]
        if any((number < 0).any() or (number >= len(self.devices)).any() for number in people):
            raise ValueError("only devices of the same cell can meet or go online")
        for at_s in (self.wages.at_s, *self.errands.times):
            if any(((at_s >= first_s) & (at_s < last_s)).any() for first_s, last_s in self.calendar.outages):
                raise ValueError("wages and errands need an operator that can be reached")
