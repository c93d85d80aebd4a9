"""What risk control sees of customers, and what it decides: values. Pure.

An event is one movement of money at this operator: in or out of one customer's account. History is what the
same person did here in the days before, over all wallets.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from enum import IntEnum
from math import asin, cos, radians, sin, sqrt
from operator import attrgetter
from typing import Final, NamedTuple, Self

from shuangli.days import DAY_S
from shuangli.errors import BadInput
from shuangli.money import MAX_FEN

HOUR_S: Final = 3_600
LOOKBACK_S: Final = 30 * DAY_S
"""So far back history goes."""
EARTH_KM: Final = 6_371


class EventKind(IntEnum):
    """What moved, and whether money leaves the customer by it (`is_out`): that can be held.

    The numbers are stored.
    """

    DEPOSIT = 1
    PAID_IN = 2
    RECONCILED = 3
    PAID_OUT = 4, True
    REDEEMED = 5, True
    PAID_OFFLINE = 6
    LOADED = 7, True

    is_out: bool

    def __new__(cls, number: int, is_out: bool = False) -> Self:
        """Keep `is_out`: it is asked of all that a person did, for every movement that is judged."""
        kind = int.__new__(cls, number)
        kind._value_, kind.is_out = number, is_out
        return kind


class Action(IntEnum):
    """What is decided, from mild to strict; the numbers are stored."""

    ALLOW = 0
    FLAG = 1
    HOLD = 2
    FREEZE = 3


class Place(NamedTuple):
    """A place on the map in hundredths of a degree; of a merchant's counter, rounded to tenths."""

    north: int
    east: int

    def km_to(self, other: "Place") -> float:
        """The distance on a sphere (haversine formula)."""
        south_north = radians((other.north - self.north) / 100)
        west_east = radians((other.east - self.east) / 100)
        here, there = radians(self.north / 100), radians(other.north / 100)
        half = sin(south_north / 2) ** 2 + cos(here) * cos(there) * sin(west_east / 2) ** 2
        return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskEvent:
    """One movement on one customer's account.

    Attributes:
        wallet_no: the customer's wallet here
        person: the digest of the customer's record
        kind: what moved
        amount_fen: at least 1
        at_s: when
        counterparty: the other customer's record, empty if there is none here
        place: where the merchant has its counter to whom it was paid, if it has told
        is_company: whether the customer is one
    """

    wallet_no: int
    person: bytes
    kind: EventKind
    amount_fen: int
    at_s: int
    counterparty: bytes = b""
    place: Place | None = None
    is_company: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.amount_fen <= MAX_FEN:
            raise BadInput("bad-value", f"{self.amount_fen} fen is no amount of a movement")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a person did before an event.

    Attributes:
        events: in the last `LOOKBACK_S`, as they were booked
        last_at_s: when they last did anything, however long ago; None if never
        first_at_s: when they first did
        last_place: at which counter they have paid last, and when, if that is not in `events`
        loaded_fen: what they have ordered for their purses within a day; no event, for the model knows none
        in_order: whether times in `events` only go forth; then what is since a time is found by halving
    """

    events: tuple[RiskEvent, ...] = ()
    last_at_s: int | None = None
    first_at_s: int | None = None
    last_place: tuple[Place, int] | None = None
    loaded_fen: int = 0
    in_order: bool = field(default=False, compare=False)
    _since: dict[int, tuple[RiskEvent, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def since(self, at_s: int) -> tuple[RiskEvent, ...]:
        """The events from a time on; several rules ask for the same ones."""
        found = self._since.get(at_s)
        if found is None:
            if self.in_order:
                found = self.events[bisect_left(self.events, at_s, key=attrgetter("at_s")) :]
            else:
                found = tuple([event for event in self.events if event.at_s >= at_s])
            self._since[at_s] = found
        return found


class Reason(NamedTuple):
    """Why: the rule or the model, what it asks for, and what it has seen."""

    rule: str
    action: Action
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is done about an event, and why; `score_permille` is the model's, of 1,000."""

    action: Action
    reasons: tuple[Reason, ...]
    score_permille: int

    @property
    def explanation(self) -> str:
        """All reasons as text, one line; empty if there are none."""
        return "; ".join(f"{reason.rule}: {reason.detail}" for reason in self.reasons)
