"""What riders tap with: cards, phones with a secure element, and phones without one.

How long a tap keeps a gate busy is the device's own time (`wallet.element.timing`): from the first command
until the gate has verified the payment and opens. The work is that of one coin with change, of a payer and a
gate that have not met before; `scripts/measure_taps.py` counts it.
"""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np

from shuangli.sims.arrays import Floats, Ints
from shuangli.wallet.element.timing import SETUPS, TapWork, Work, tap_time


class Phone(IntEnum):
    """Kinds of devices, in the order in which riders are dealt to them."""

    CARD = 0
    ELEMENT = 1
    SOFT = 2


class Kind(NamedTuple):
    """A kind of device: its name in results, its setup in the timing model, whether a chip holds its key."""

    name: str
    setup: str
    hard: bool


KINDS: Final = {
    Phone.CARD: Kind("card", "card", True),
    Phone.ELEMENT: Kind("phone-element", "phone, embedded element", True),
    Phone.SOFT: Kind("phone-soft", "phone, soft", False),
}
NAMES: Final = tuple(KINDS[phone].name for phone in Phone)
HARD: Final = np.array([KINDS[phone].hard for phone in Phone], dtype=np.int64)

_LINK: Final = Work(exchanges=5, carried_bytes=859)
_GATE: Final = Work(signatures=1, verifications=3)
HARD_TAP: Final = TapWork(
    link=_LINK,
    host=Work(verifications=2, hashed_bytes=574),
    element=Work(exchanges=1, carried_bytes=683, signatures=1, hashed_bytes=1_236, pages=18),
    gate=_GATE,
)
SOFT_TAP: Final = TapWork(link=_LINK, host=Work(signatures=1, verifications=2, hashed_bytes=574), gate=_GATE)
"""What is done in a tap until the gate opens, counted, with an element and without one."""


def tap_ms(phone: Phone) -> int:
    """How long a tap with this kind of device keeps a gate busy, in milliseconds."""
    kind = KINDS[phone]
    setup = next(setup for setup in SETUPS if setup.name == kind.setup)
    return round(tap_time(HARD_TAP if kind.hard else SOFT_TAP, setup).total_us / 1_000)


TAP_MS: Final = np.array([tap_ms(phone) for phone in Phone], dtype=np.int64)


def dealt_phones(uniform: Floats, *, cards: float, elements: float) -> Ints:
    """The `Phone` of each rider, from a number between 0 and 1 for each: shares of cards and of elements.

    What remains is phones without an element; shares that add up to more than 1 leave none of them, and
    fewer with elements.
    """
    return np.searchsorted([cards, cards + elements], uniform, side="right").astype(np.int64)
