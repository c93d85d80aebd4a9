"""Errands: what people do with their operators at planned times. Arrays of numbers, no behaviour.

    loads     money of a deposit, or of a grant, becomes value in a purse
    gifts     somebody grants somebody else money under a condition (`shuangli.messages.conditions`)
    refunds   somebody gives back what they hold under conditions before its time is over
    sales     somebody sells money of a deposit for that of another currency, to be had on a wallet abroad

An errand is planned for a time at which operators can be reached.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final, TypeVar

import numpy as np

from shuangli.sims.arrays import Ints

FREE: Final = -1
"""In place of a condition: ordinary value."""
C = TypeVar("C")


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """A condition before keys are known: `giver` is a device, `payees` are classes of payees."""

    purpose: str
    payees: tuple[int, ...]
    spend_by_s: int
    giver: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loads:
    """Loads, in order of time: at_s, device, amount_fen, under (a position among conditions, or FREE)."""

    at_s: Ints
    device: Ints
    amount_fen: Ints
    under: Ints

    def __post_init__(self) -> None:
        check_columns(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gifts:
    """Gifts, in order of time: at_s, receiver, amount_fen, under (a position among conditions)."""

    at_s: Ints
    receiver: Ints
    amount_fen: Ints
    under: Ints

    def __post_init__(self) -> None:
        check_columns(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refunds:
    """Refunds, in order of time: at_s, device."""

    at_s: Ints
    device: Ints

    def __post_init__(self) -> None:
        check_columns(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sales:
    """Sales of money abroad, in order of time: at_s, device, amount_fen, buyer (the number of the device
    abroad that is paid, of the same holder and with the same operator)."""

    at_s: Ints
    device: Ints
    amount_fen: Ints
    buyer: Ints

    def __post_init__(self) -> None:
        check_columns(self)


def check_columns(columns: object) -> None:
    """Make sure that arrays have one length, and are in order of time.

    Raises:
        ValueError: they are not.
    """
    arrays = [getattr(columns, column.name) for column in fields(columns)]  # type: ignore[arg-type]
    if len({array.shape for array in arrays}) != 1:
        raise ValueError("the arrays must have one length")
    if (np.diff(arrays[0]) < 0).any():
        raise ValueError("what happens must be in order of time")


def none_of(kind: type[C]) -> C:
    """Columns of a kind without anything in them."""
    nothing = np.zeros(0, dtype=np.int64)
    return kind(**{column.name: nothing for column in fields(kind)})  # type: ignore[arg-type]


def in_order(kind: type[C], **columns: Ints) -> C:
    """Columns of a kind, put in order of time; equal times stay as they are."""
    order = np.argsort(columns["at_s"], kind="stable")
    return kind(**{name: column[order] for name, column in columns.items()})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Errands:
    """The errands of one cell.

    classes: by device, as what the operator certifies it to be paid under conditions (0: not at all); may be
    left out where nobody is. purposes: by class, those that such payees know.
    """

    conditions: tuple[Under, ...] = ()
    loads: Loads = field(default_factory=lambda: none_of(Loads))
    gifts: Gifts = field(default_factory=lambda: none_of(Gifts))
    refunds: Refunds = field(default_factory=lambda: none_of(Refunds))
    sales: Sales = field(default_factory=lambda: none_of(Sales))
    classes: Ints | None = None
    purposes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for under in (self.loads.under, self.gifts.under):
            if (under >= len(self.conditions)).any():
                raise ValueError("no such condition")

    @property
    def devices(self) -> tuple[Ints, ...]:
        """All devices that run errands."""
        return self.loads.device, self.gifts.receiver, self.refunds.device, self.sales.device

    @property
    def times(self) -> tuple[Ints, ...]:
        """When they are run."""
        return self.loads.at_s, self.gifts.at_s, self.refunds.at_s, self.sales.at_s

    def class_of(self, device: int) -> int:
        """As what a device is certified."""
        return int(self.classes[device]) if self.classes is not None else 0
