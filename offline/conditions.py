"""Conditional value: who may be paid with it, who may hand it in, and who gets what is not spent. Pure.

    payer     spends it only at a payee whose certified class and known purposes fit the condition
    payee     refuses what is not for it (`condition`)
    everybody (in the chain) refuses what a holder of another class spends on or hands in, so that a payee
              that is in league with its payer gets nothing for it
    operator  pays what its receiver hands in unspent to the giver, never to the receiver

What is spent is an ordinary coin in all else. Coins without a condition pass through here untouched.
"""

from collections.abc import Sequence

from shuangli.messages.conditions import Condition
from shuangli.messages.session import PaymentRequest
from shuangli.messages.transfers import CENTRE
from shuangli.offline.chain import Coin, Step


def may_receive(condition: Condition | None, request: PaymentRequest) -> bool:
    """Say whether the payee of a request may be paid with value under a condition."""
    if condition is None:
        return True
    known = condition.purpose in request.accepts.purposes
    return known and request.certificate.payee_class in condition.payees


def all_receivable(coins: Sequence[Coin], request: PaymentRequest) -> bool:
    """Say whether the payee of a request may be paid with these coins."""
    return all(may_receive(coin.load.condition, request) for coin in coins)


def paid_key(step: Step) -> bytes | None:
    """The key that a step of a walk is to be paid to; None where it redeems nothing that holds.

    That is the coin's owner; for value under a condition that its receiver has not spent, the giver.
    """
    transfer, coin = step.transfer, step.coin
    if transfer is None or coin is None or step.fault is not None or transfer.payee != CENTRE:
        return None
    return creditor_of(coin)


def creditor_of(coin: Coin) -> bytes:
    """The key that is paid for a coin: its owner's; the giver's, for what its receiver has not spent."""
    condition = coin.load.condition
    return coin.owner if condition is None or coin.hops else condition.giver


def is_given(coin: Coin) -> bool:
    """Say whether a coin is value under a condition that its receiver has not spent."""
    return coin.load.condition is not None and not coin.hops


def refusal_pays(coin: Coin) -> bool:
    """Say whether a payee's refusal of a coin gives it back at once.

    Value under a condition goes back to its giver instead, when it is due: its receiver never turns it into
    ordinary money, not with the help of a payee that refuses it either.
    """
    return coin.load.condition is None
