"""What is about to leave a customer's account, for whoever looks at it before it does."""

from dataclasses import dataclass
from typing import Protocol

from shuangli.errors import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money that a customer has asked to move: `payee` is None where it goes to a bank account or a purse.

    The payee of a remittance is the key of a wallet at another operator. A load that is judged is under way.
    """

    kind: str
    payer: bytes
    payee: bytes | None
    amount_fen: int
    at_s: int


class Screen(Protocol):
    """Looks at each movement before it is booked, in a transaction that is kept."""

    def judge(self, movement: Movement) -> Refused | None:
        """Why it must not happen now, if so; what the screen writes down is kept either way."""
        ...
