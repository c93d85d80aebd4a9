"""What the engine hears of a cell: what a window brought forth, and a report at the end. Values."""

from dataclasses import dataclass
from typing import NamedTuple

from shuangli.sims.adversaries.attack import Kind
from shuangli.sims.adversaries.truth import Deed
from shuangli.sims.holdings import Holdings
from shuangli.sims.uplink import Ask


class PaymentRow(NamedTuple):
    """One payment that was attempted; `transfer_id` is empty where nothing was signed.

    `attack` is the kind of the attack that it belongs to, empty for none.
    """

    at_s: int
    payer: int
    payee: int
    amount_fen: int
    tag: int
    coins: int
    hops: int
    carried_bytes: int
    outcome: str
    transfer_id: bytes
    attack: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a window brought forth in one cell."""

    asks: list[Ask]
    payments: list[PaymentRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellReport:
    """What a cell holds at the end, the truth about its adversaries, and what it has cost.

    guilty: by key, the kind of adversary for every key that a case may name. exposed_fen: by key, what second
    wallets held when they were made.
    """

    holdings: Holdings
    deeds: list[Deed]
    guilty: dict[bytes, Kind]
    exposed_fen: dict[bytes, int]
    wallets: int
    signatures_made: int
    signatures_checked: int
