"""What the search of `exploring` is over: devices, letters on their way, and states, which are numbers.

A *state* is what every wallet has written (its checkpoint), what was ever sent and may arrive at anybody,
once more, later or never, what the centre knows, and whether time has passed. A device keeps nothing but what
it has written, so after each move it is as if it had been switched off and on.
"""

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from shuangli.crypto import SigningKey
from shuangli.days import day_of
from shuangli.offline.states import Message
from shuangli.offline.trust import Trust
from shuangli.wallet.journal import MemoryJournal
from shuangli.wallet.purse import Purse
from shuangli.wallet.records import Checkpoint
from shuangli.wallet.rules import WalletRules

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A wallet before anything has happened; two devices with one key are a copied wallet."""

    key: SigningKey
    trust: Trust
    rules: WalletRules
    start: Checkpoint


class Ask(NamedTuple):
    """A request that may be made: by which device, for how much."""

    payee: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much may happen: which requests; whether anybody hands in; whether time passes."""

    asks: tuple[Ask, ...]
    hand_in: bool
    time: bool


class Letter(NamedTuple):
    """Something on its way: a message of a session; or an upload or its answer, where there is no message."""

    request_id: bytes
    message: Message | None
    device: int = 0
    upload: bytes = b""
    answer: bytes = b""


class State(NamedTuple):
    """Numbers of what every device has written, of the letters on their way, and of the centre."""

    written: tuple[int, ...]
    sent: frozenset[int]
    centre: int
    asked: frozenset[int]
    late: bool


class Table(Generic[T]):
    """Gives every different value a number."""

    def __init__(self) -> None:
        self.values: list[T] = []
        self._numbers: dict[object, int] = {}

    def number(self, value: T, key: object) -> int:
        number = self._numbers.setdefault(key, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


def fold(journal: MemoryJournal) -> Checkpoint:
    """What a journal adds up to."""
    purse = Purse(day_of=day_of)
    for record in journal:
        purse.apply(record)
    return purse.checkpoint()
