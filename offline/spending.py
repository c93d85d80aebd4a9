"""Whether a coin may be spent like this: one rule for payer's element, payee and centre. Pure."""

from typing import Final, Protocol

from shuangli.errors import Unverified
from shuangli.messages.certificates import Mode, Terms
from shuangli.messages.conditions import Condition
from shuangli.messages.transfers import CENTRE, Spend, Transfer

MAX_CHAIN: Final = 256
"""Most transfers in a chain: hops are capped, and this bounds the owner's own splits, which are none.

A coin whose chain is as long can only be redeemed.
"""


class Spendable(Protocol):
    """What a spend is judged by: a coin with its chain, or the little that a secure element keeps of it."""

    @property
    def owner(self) -> bytes:
        """The key that may spend it."""
        ...

    @property
    def value_fen(self) -> int:
        """What it is worth."""
        ...

    @property
    def terms(self) -> Terms:
        """The terms of its epoch."""
        ...

    @property
    def hops(self) -> int:
        """Changes of key since the load."""
        ...

    @property
    def depth(self) -> int:
        """Transfers since the load."""
        ...

    @property
    def since_s(self) -> int:
        """When its parent was signed."""
        ...

    @property
    def claim_by_s(self) -> int:
        """The claim deadline that binds whoever receives it."""
        ...

    @property
    def expires_at_s(self) -> int:
        """When it can no longer be paid with."""
        ...


def is_dead(coin: Spendable, at_s: int) -> bool:
    """Say whether nobody takes a coin any more, not even the centre: its value has gone back."""
    return coin.expires_at_s + coin.terms.grace_s < at_s


def check_spend(transfer: Transfer, spend: Spend, coin: Spendable) -> None:
    """Make sure that `coin` may be spent like this.

    A redemption hands in the whole coin: with change, a redeemed coin would have descendants, and a
    payee's own hand-in would show somebody else's redemption.

    Raises:
        Unverified: with the rule that is broken as its code.
    """
    redeems = transfer.payee == CENTRE
    if coin.owner != transfer.payer:
        raise Unverified("not-owner", "the payer does not own the coin")
    if spend.pay_fen + spend.change_fen != coin.value_fen:
        raise Unverified("not-conserved", "the outputs do not add up to the coin")
    if transfer.signed_at_s < coin.since_s:
        raise Unverified("time-order", "the transfer is dated before the coin came about")
    if redeems:
        if spend.change_fen:
            raise Unverified("not-conserved", "a redemption hands in the whole coin")
        return
    claim_by_s = transfer.claim_by_s
    if claim_by_s > coin.claim_by_s or claim_by_s > transfer.signed_at_s + coin.terms.claim_window_s:
        raise Unverified("deadline-order", "the claim deadline is later than chain and terms allow")
    if transfer.signed_at_s >= coin.expires_at_s:
        raise Unverified("expired-coin", "the coin had expired")
    if coin.depth >= MAX_CHAIN:
        raise Unverified("too-large", f"the coin's chain has {MAX_CHAIN} transfers already")
    if coin.hops >= coin.terms.hop_cap:
        raise Unverified("hop-cap", f"the coin has changed keys {coin.hops} times already")
    if coin.hops and coin.terms.mode is Mode.STAGED:
        raise Unverified("staged", "a received coin of this epoch must be reconciled first")


def check_condition(transfer: Transfer, condition: Condition, *, hops: int) -> None:
    """Make sure that whoever spends or redeems a coin under a condition was allowed to receive it.

    Its first owner was: it was given to them. Everybody later must be of a class that the condition names, as
    certified in the transfer itself.

    Raises:
        Unverified: they are not (`condition`).
    """
    if hops and transfer.certificate.payee_class not in condition.payees:
        raise Unverified("condition", f"the holder was not to receive value for '{condition.purpose}'")
