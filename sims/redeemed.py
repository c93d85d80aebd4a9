"""What became of redemptions, as devices are told. Values."""

from typing import Final, NamedTuple

from shuangli.messages.notices import Outcome

Spent = tuple[bytes, bytes]
"""The ids of a transfer and of a coin that it spends."""


class Unpaid(NamedTuple):
    """A coin whose redemption was not paid: what it is worth, which load it descends from, and why."""

    value_fen: int
    load_id: bytes
    outcome: Outcome


UNPAID: Final = (Outcome.LATE, Outcome.CAPPED, Outcome.FROZEN, Outcome.INVALID, Outcome.UNKNOWN_COIN)
"""The answers after which a redeemed coin is nobody's, as far as its device knows."""
