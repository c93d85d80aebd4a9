"""Who bears what was paid beyond a coin's worth: the rule of payouts on forks. Pure.

    honour up to a cap   the guarantee fund pays honest claims on further branches of forks, up to a cap for
                         each person over all operators and, if the fund has an end, while it lasts
    first claim only     the first claim of a coin is paid, nobody else's

A coin is paid whole or not at all.
"""

from dataclasses import dataclass
from enum import Enum

from shuangli.errors import BadInput


class LossRule(Enum):
    """What becomes of an honest claim on a further branch of a fork."""

    HONOUR_UP_TO_CAP = "honour-up-to-cap"
    FIRST_CLAIM_ONLY = "first-claim-only"


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPolicy:
    """The rule, and what bounds it.

    Attributes:
        cap_per_person_fen: the most that the fund pays to one person
        rule: whether it pays at all
        fund_fen: what the fund can be out of pocket for at any time, counted net of what was set off and
            recovered; None if it has no end
    """

    cap_per_person_fen: int
    rule: LossRule = LossRule.HONOUR_UP_TO_CAP
    fund_fen: int | None = None

    def __post_init__(self) -> None:
        if self.cap_per_person_fen < 0 or (self.fund_fen is not None and self.fund_fen < 0):
            raise BadInput("bad-value", "a cap of the guarantee fund is at least 0 fen")

    def left_fen(self, *, claimed_fen: int, outlay_fen: int) -> int:
        """What the fund may still pay to a person to whom it has paid `claimed_fen`.

        `outlay_fen` is what it has paid to everybody and not got back.
        """
        if self.rule is LossRule.FIRST_CLAIM_ONLY:
            return 0
        left_fen = self.cap_per_person_fen - claimed_fen
        if self.fund_fen is not None:
            left_fen = min(left_fen, self.fund_fen - outlay_fen)
        return max(0, left_fen)
