"""Local rules of a device: what it accepts and allows while offline.

The terms of a coin (hop cap, mode, deadlines) are signed into its epoch and checked in
`offline.chain`; what stands here is each device's or operator's own caution and may differ.
"""

from dataclasses import dataclass
from typing import Final

from shuangli.messages.session import Accepts

STANDARD_ACCEPTS: Final = Accepts(
    hops=8, bundle_bytes=65_536, coins=64, claim_time_s=3_600, list_age_s=7 * 86_400
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeePolicy:
    """What a payee asks for: how long a request stays open, and what it accepts (seconds)."""

    request_life_s: int = 120
    clock_tolerance_s: int = 300
    accepts: Accepts = STANDARD_ACCEPTS


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerPolicy:
    """What a payer's device allows: clock tolerance in seconds, limit of one payment in fen."""

    clock_tolerance_s: int = 300
    payment_limit_fen: int = 500_000
