"""What simulated devices ask the operators for, and what they are answered: bytes as on a real line.

Devices live in cells, which run in processes of their own; asks and answers cross between them and
the process that runs issuer and operators. An answer reaches its device a window after the next.
"""

from enum import IntEnum
from typing import Final, NamedTuple

from shuangli.issuer.centre import Settled


class AskKind(IntEnum):
    """What a device asks for."""

    OPEN = 0
    LOAD = 1
    SYNC = 2
    WAGE = 3
    GIVE = 4
    SELL = 5
    PAY_OUT = 6
    UNDO = 7
    LOST = 8
    KEEP = 9
    DUTY = 10
    PAID = 11


_NUMBER_BYTES: Final = 8
ANSWERED: Final = frozenset((AskKind.OPEN, AskKind.LOAD, AskKind.SYNC, AskKind.KEEP))
SILENT: Final = frozenset(AskKind) - ANSWERED
"""What nobody is told an answer to."""


class Ask(NamedTuple):
    """One request of a device.

    `data` is the enrolment, the load order, the upload (empty for a mere look at the revocation list), the
    key of who is paid or given something, there followed by the condition, or the number of the buyer's
    device (`crossing`). `key` is the device's own; `amount_fen` is paid into its account on the way (or, as a
    wage, a gift or for sale, out of it). `list_number` is that of its revocation list. `hand` says which
    wallet on the device asks: its own (0), or one that an adversary has made.
    """

    at_s: int
    device: int
    operator: int
    kind: AskKind
    key: bytes
    data: bytes
    amount_fen: int = 0
    list_number: int = 0
    hand: int = 0


class Answer(NamedTuple):
    """A certificate, load or acknowledgement, with a newer revocation list if there is one.

    `data` is empty where the ask was refused, was a mere look at the list, or was kept (`KEEP`): an upload
    that has been received, and gets its answer later. `about` is what is answered: the load order, or the id
    of the upload.
    """

    device: int
    kind: AskKind
    data: bytes
    revocations: bytes = b""
    about: bytes = b""
    hand: int = 0


class Reply(NamedTuple):
    """The issuer's reply to one question: a load, a settlement, or the code of a refusal."""

    answer: bytes | Settled = b""
    refusal: str = ""


def number_bytes(number: int) -> bytes:
    """The number of a device, as it is sent along with an ask."""
    return number.to_bytes(_NUMBER_BYTES)


def with_news(ask: Ask, answer: Answer, *, list_number: int, revocations: bytes) -> Answer:
    """The answer with the revocation list of this number, if the device that asked has an older one."""
    return answer._replace(revocations=revocations) if ask.list_number < list_number else answer
