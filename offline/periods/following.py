"""Figures that follow from others of the same group: the sum of some, less the sum of others."""

from collections.abc import Mapping
from typing import Final

FOLLOWS: Final[Mapping[str, tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]]] = {
    "supply": (
        ("outstanding_fen", ("loaded_fen",), ("redeemed_fen", "returned_fen")),
        ("forked_open_fen", ("forked_fen",), ("fund_paid_fen", "void_fen")),
    ),
    "wallets": (("open", ("opened", "joined"), ("closed", "lost", "left")),),
    "freezes": (("frozen_now", ("frozen",), ("released",)),),
    "identities": (("open", ("requested",), ("granted", "refused")),),
}
"""By kind: the figure, what it is the sum of, and what is taken from that."""
