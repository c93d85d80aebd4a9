"""States, moves, and how much may happen under which rules.

A *state* is what was signed, what has arrived and was answered, which uploads were written, where they were
received and when, up to when each operator has signed, what the centre knows, and the time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from shuangli.issuer.returns.due import complete_up_to_s, first_open_s
from shuangli.offline.chain import Walk
from tests.search.plan import NOW, Ref

OPERATORS_END_S: Final = NOW + 365 * 86_400
"""When the operators' certificates expire."""
UNSIGNED: Final = -1
"""Before an operator's first watermark."""


class Receipt(NamedTuple):
    """An upload that an operator has received."""

    operator: int
    upload: int
    received_s: int


class State(NamedTuple):
    """Sets of offers are numbers, a bit each: signed; accepted or refused by the payee; the answer heard.

    `too_late` are the refusals that the payer has heard of only after the payment's own deadline: what its
    payee has claimed by then, it has.
    """

    time: int
    signed: int
    accepted: int
    refused: int
    receipts: int
    refusals: int
    too_late: int
    written: frozenset[int]
    received: frozenset[Receipt]
    pending: frozenset[Receipt]
    marks: tuple[int, ...]
    lost: int
    centre: int


class Wrong(AssertionError):
    """A move that does something wrong by itself; `words` say which."""

    def __init__(self, what: str, words: str) -> None:
        super().__init__(what)
        self.words = words


class Move(NamedTuple):
    """What is done, in words, and the state after it."""

    words: str
    state: State


def _dated_s(*, received_s: int, mark_s: int, last_due_s: int | None, seen: Walk) -> int:
    """When the centre takes a hand-in to have been received, as `issuer.centre` does."""
    open_s = first_open_s(watermark_s=mark_s, last_due_s=last_due_s)
    assert open_s <= received_s, "an honest operator's word is overruled"
    return received_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules that can be switched off, as they are unless a search says otherwise."""

    complete_up_to_s: Callable[..., int] = complete_up_to_s
    dated_s: Callable[..., int] = _dated_s
    payers_hand_in: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much may happen.

    Attributes:
        refusable: the offers that an honest payee may refuse although they hold and come in time
        may_be_lost: who may lose the device, and report it at once
        claims: what dishonest people may redeem; everything that was ever theirs, if None
        shows: the payments that dishonest payers may show; all of theirs, if None
        anywhere: everything may also be handed in at the operator that has not opened the wallet
        cap_fen: what the guarantee fund pays to one person
        most: how many coins go back at once; in between, anything may happen
    """

    refusable: frozenset[int] = frozenset()
    may_be_lost: frozenset[int] = frozenset()
    claims: frozenset[Ref] | None = None
    shows: frozenset[int] | None = None
    anywhere: bool = False
    cap_fen: int = 10**9
    most: int = 1_000


def since_start(at_s: int) -> str:
    """A time in words."""
    days, seconds = divmod(at_s - NOW, 86_400)
    return f"day {days}" + (f" and {seconds} s" if seconds else "")
