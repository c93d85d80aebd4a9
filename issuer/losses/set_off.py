"""Set-off: what a culprit still holds covers what it owes, to the fen and once. Pure.

A person's keys and cases count as one. The oldest debt is covered first, out of what was taken first. How
much is set off in all is the smaller one of the two sums, whatever came first.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shuangli.errors import BadInput


class Debt(NamedTuple):
    """What is open on a case, by the key of its coin, and who owes it."""

    coin_key: bytes
    debtor: bytes
    open_fen: int


class Holding(NamedTuple):
    """What is left of a coin that was taken from a culprit, by its place, and from whom."""

    parent_no: int
    position: int
    creditor: bytes
    left_fen: int


class SetOff(NamedTuple):
    """So much of a holding covers so much of a debt."""

    debt: Debt
    holding: Holding
    amount_fen: int


class Share(NamedTuple):
    """So much of a payment goes to a debt."""

    debt: Debt
    amount_fen: int


def set_off(debts: Iterable[Debt], holdings: Sequence[Holding]) -> list[SetOff]:
    """Cover each person's debts with its holdings, in their order, as far as both reach."""
    by_debtor: dict[bytes, deque[Debt]] = {}
    for debt in debts:
        if debt.open_fen:
            by_debtor.setdefault(debt.debtor, deque()).append(debt)
    found = []
    for holding in holdings:
        owed = by_debtor.get(holding.creditor, deque())
        left_fen = holding.left_fen
        while left_fen and owed:
            debt = owed.popleft()
            amount_fen = min(left_fen, debt.open_fen)
            found.append(SetOff(debt, holding, amount_fen))
            left_fen -= amount_fen
            if amount_fen < debt.open_fen:
                owed.appendleft(debt._replace(open_fen=debt.open_fen - amount_fen))
    return found


def spread(debts: Iterable[Debt], amount_fen: int) -> list[Share]:
    """Spread a payment over one person's debts, the oldest first.

    Raises:
        BadInput: it is not at least 1 fen, or more than is owed (`bad-value`).
    """
    shares = []
    left_fen = amount_fen
    for debt in debts:
        share_fen = min(left_fen, debt.open_fen)
        if share_fen > 0:
            shares.append(Share(debt, share_fen))
            left_fen -= share_fen
    if amount_fen < 1 or left_fen:
        owed_fen = amount_fen - left_fen
        raise BadInput("bad-value", f"{amount_fen} fen cannot be paid on a debt of {owed_fen} fen")
    return shares
