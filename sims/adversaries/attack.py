"""What an attack is in a plan: who takes part, how their devices differ, and what they set out to do. Values.

An attack adds to a cell and changes nothing of the people in it: their payments are as they were. Its acts
are carried out by `stage` with real wallets; whether they come off, nobody has planned.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final, NamedTuple


class Kind(StrEnum):
    """The kinds of adversaries, in the order in which they take their people."""

    CLONE = "clone"
    ROLLBACK = "rollback"
    BROKEN_ELEMENT = "broken_element"
    COLLUDING_PAYEE = "colluding_payee"
    WITHHELD_DEPOSIT = "withheld_deposit"
    DOUBLE_DEPOSIT = "double_deposit"
    CLOCK_CHEAT = "clock_cheat"
    MULE_RING = "mule_ring"
    STRUCTURING = "structuring"
    LEAKED_KEY = "leaked_key"
    STOLEN_DEVICE = "stolen_device"
    UNCERTIFIED_KEY = "uncertified_key"
    LEAKED_MINT = "leaked_mint"


NO_ATTACK: Final = ""
"""The label of a payment that belongs to no attack."""
OWN: Final = 0
"""The hand of a device that holds its own wallet; further hands hold what an adversary has made of it."""


class Step(Enum):
    """What an adversary does in one act."""

    COPY = "copy the wallet of one hand into another"
    OPEN_CHIP = "copy a wallet whose secure element was opened"
    BACK_UP = "keep what the wallet is now"
    PUT_BACK = "make the wallet what it was"
    OPEN_ANOTHER = "open another wallet, with a key of its own"
    COUNTERFEIT = "sign a load with the minting key of an epoch"
    SLIP_IN = "make a wallet that nobody has certified, and let it be paid"
    STEAL = "take a device away from its holder"
    ORDER = "order a load out of the holder's deposit"
    REPORT = "report a device lost"
    FORGE = "make a wallet under a certificate signed with an operator's key"
    ENROL = "open the wallet at another operator as well"
    PAY = "pay an amount, or a part of what there is"
    PASS_ON = "pay what the last act of this attack has paid here"  # noqa: S105 (no password)
    SYNC = "go online"


class Act(NamedTuple):
    """One act: `hand` of `device` does `step`, a payment to `other_hand` of `other`.

    `amount_fen` is what it pays; 0 for a part, one of `parts`, of what it holds and may spend. `source` is
    the hand that is copied.
    """

    at_s: int
    kind: Kind
    step: Step
    device: int
    hand: int = OWN
    other: int = 0
    other_hand: int = OWN
    amount_fen: int = 0
    parts: int = 1
    source: int = OWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """How an adversary's device differs from an honest one; by default not at all.

    clock_off_s: its clock is so many seconds ahead. deaf: it takes no revocation list but its first one.
    claims_every: of so many payments it refuses one, and claims it nevertheless; 0 for none. silent_until_s:
    it does not go online before. labels: its ordinary payments, as payer and as payee, belong to the attack.
    """

    clock_off_s: int = 0
    deaf: bool = False
    claims_every: int = 0
    silent_until_s: int = 0
    labels: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One kind of adversary in one cell, by positions of devices.

    devices: all who take part. forking: those whose keys a case may name. traits: those whose devices differ.
    acts: in order of time. budget_fen: most that one device pays by acts; 0 for all it has. foiled: how many
    would have taken part, but a secure element kept them from it.
    """

    kind: Kind
    devices: tuple[int, ...] = ()
    forking: frozenset[int] = frozenset()
    traits: Mapping[int, Traits] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()
    budget_fen: int = 0
    foiled: int = 0

    def __post_init__(self) -> None:
        if any(late.at_s < early.at_s for early, late in zip(self.acts, self.acts[1:], strict=False)):
            raise ValueError("acts must be in order of time")
        if not self.forking <= set(self.devices) or not set(self.traits) <= set(self.devices):
            raise ValueError("who forks or differs must take part")
