"""Why a wallet refuses, with all that its holder needs to know: by how much, and what would do. Pure.

An explanation is a rule and its figures; the words for people are put to it elsewhere (`wallet.wording` in
English), so that they can be translated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shuangli.errors import Refused
from shuangli.messages.session import PaymentRequest
from shuangli.offline.bars import barred_fen
from shuangli.wallet.keeper import Keeper
from shuangli.wallet.left import left_of

ABOUT_PAYING: Final = frozenset(("insufficient-funds", "too-many-coins", "pin-required"))
"""Codes that are given with what could be paid in place of the amount; so is `over-limit` of a payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Which rule says no, and its figures.

    Attributes:
        code: of the error
        rule: which one, where several share the code; else empty
        figures: amounts in fen, times in seconds since 1970, counts; units last in the names
    """

    code: str
    rule: str
    figures: Mapping[str, int]

    @property
    def name(self) -> str:
        """What tells explanations apart: `over-limit/day`, or the code alone."""
        return f"{self.code}/{self.rule}" if self.rule else self.code


def explain(
    refused: Refused, wallet: Keeper | None = None, *, now_s: int, request: PaymentRequest | None = None
) -> Explanation:
    """What a refusal means for the wallet that gave it, at this time, towards the payee of `request`."""
    figures = dict(refused.figures)
    if wallet is not None and wallet.purse.certificate is not None:
        figures |= _more(refused, wallet, now_s, request)
    if refused.code == "stale-list" and "age_s" in figures:
        figures["too_old_since_s"] = now_s - figures["age_s"] + figures["most_s"]
    return Explanation(code=refused.code, rule=refused.rule, figures=figures)


def _more(refused: Refused, wallet: Keeper, now_s: int, request: PaymentRequest | None) -> dict[str, int]:
    if refused.code == "over-limit" and refused.rule == "balance":
        return {"held_fen": wallet.purse.balance_fen}
    left = left_of(wallet, now_s=now_s, request=request)
    if refused.code == "over-limit" and refused.rule in ("payment", "day"):
        return {"payable_fen": left.payable_fen, "day_ends_s": left.day_ends_s}
    if refused.code not in ABOUT_PAYING:
        return {}
    more = {"payable_fen": left.payable_fen, "held_fen": wallet.purse.balance_fen}
    if refused.code == "insufficient-funds":
        accepts = wallet.rules.payee.accepts if request is None else request.accepts
        barred = barred_fen(wallet.purse.coins.values(), accepts, now_s=now_s, request=request)
        more |= {f"{bar.value.replace('-', '_')}_fen": amount_fen for bar, amount_fen in barred.items()}
        if left.expiring:
            more["first_expires_at_s"] = left.expiring[0][0]
    return more
