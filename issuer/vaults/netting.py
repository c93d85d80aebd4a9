"""Netting: what operators owe each other for a day's redemptions, in the fewest payments. Pure.

A coin is loaded out of one operator's vault and redeemed into another's. The operator that loaded it got the
customer's money for it then; so it owes the other one that money, and gets the value back for it. Of a
payment online the payer's operator has the money, and the payee's has credited it: that is owed in money
alone. All such obligations of a day are netted at once: each operator has one position in money and one in
value, and the positions add up to zero.

Who has not enough does not hold up the others: it buys the value that it lacks, and is lent the money.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

MOST_EXACT: Final = 12
"""For up to so many operators the fewest payments are found; for more, at most one fewer than they are."""

Obligations = Mapping[tuple[str, str], int]
"""Fen by (operator that loaded, operator that redeemed)."""


FUND: Final = ""
"""In place of the operator that loaded: the guarantee fund has paid, and nobody owes it."""


class Due(NamedTuple):
    """What was loaded by one operator and redeemed at another on a day (days since 1970), in fen."""

    day: int
    loader: str
    redeemer: str
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a netting says of one operator, in fen: `NettingStatement` has the words."""

    claims: dict[str, int]
    debts: dict[str, int]
    sent: dict[str, int]
    received: dict[str, int]
    own_fen: int
    fund_fen: int


NOTHING: Final = Share(claims={}, debts={}, sent={}, received={}, own_fen=0, fund_fen=0)
"""The share of an operator that a netting does not concern."""


class Cover(NamedTuple):
    """How an operator settles what it has not got, in fen.

    Attributes:
        bought_fen: the value that it lacks, which it buys with its reserves at once
        lent_fen: what the issuer lends it, so that its reserves suffice
        repaid_fen: what its reserves can pay back of what it was lent before
    """

    bought_fen: int
    lent_fen: int
    repaid_fen: int


def cover(
    *, value_fen: int, position_fen: int, held_value_fen: int, held_money_fen: int, owed_fen: int
) -> Cover:
    """How an operator settles that gives `value_fen`, and gets `position_fen` in money (negative: pays).

    It holds so much value and money, and owes what it was lent before. Afterwards it holds no less than
    nothing, and owes anything only if it has no money.
    """
    bought_fen = max(0, value_fen - held_value_fen)
    left_fen = held_money_fen + position_fen - bought_fen - owed_fen
    more_fen = max(0, -left_fen) - owed_fen
    return Cover(bought_fen, max(0, more_fen), max(0, -more_fen))


def counted(dues: Iterable[Due], cuts: Mapping[str, int]) -> list[Due]:
    """Those of the dues that are netted: each operator's redemptions up to the day that `cuts` says."""
    return [due for due in dues if due.day <= cuts.get(due.redeemer, -1)]


def obligations(dues: Iterable[Due]) -> dict[tuple[str, str], int]:
    """What operators owe each other: no redemptions of own loads, and nothing that the fund has paid."""
    owed: dict[tuple[str, str], int] = {}
    for _, loader, redeemer, amount_fen in dues:
        if loader not in (redeemer, FUND):
            owed[loader, redeemer] = owed.get((loader, redeemer), 0) + amount_fen
    return owed


def added(one: Obligations, other: Obligations) -> dict[tuple[str, str], int]:
    """The obligations of both kinds in one."""
    return {pair: one.get(pair, 0) + other.get(pair, 0) for pair in one.keys() | other.keys()}


def shares(dues: Iterable[Due], clearing: Obligations) -> dict[str, Share]:
    """What each operator that occurs is told, in the order of names; `clearing` is what was paid online."""
    sums: dict[tuple[str, str], int] = {}
    for _, loader, redeemer, amount_fen in dues:
        sums[loader, redeemer] = sums.get((loader, redeemer), 0) + amount_fen
    names = sorted({name for pair in (*sums, *clearing) for name in pair if name != FUND})
    return {
        name: Share(
            claims={
                one: fen for (one, other), fen in sums.items() if other == name and one not in (name, FUND)
            },
            debts={other: fen for (one, other), fen in sums.items() if one == name and other != name},
            sent={payee: fen for (payer, payee), fen in clearing.items() if payer == name},
            received={payer: fen for (payer, payee), fen in clearing.items() if payee == name},
            own_fen=sums.get((name, name), 0),
            fund_fen=sums.get((FUND, name), 0),
        )
        for name in names
    }


class Payment(NamedTuple):
    """So much money goes from one operator to another, and as much value back."""

    payer: str
    payee: str
    amount_fen: int


def net_positions(obligations: Obligations) -> dict[str, int]:
    """What each operator is to get, in fen; negative if it is to pay. They add up to zero; none is zero."""
    positions: dict[str, int] = {}
    for (loader, redeemer), amount_fen in obligations.items():
        positions[loader] = positions.get(loader, 0) - amount_fen
        positions[redeemer] = positions.get(redeemer, 0) + amount_fen
    return {name: fen for name, fen in sorted(positions.items()) if fen}


def fewest_payments(positions: Mapping[str, int]) -> list[Payment]:
    """Payments that settle all positions.

    Operators whose positions add up to zero settle among themselves, in one payment fewer than they are. So
    the fewest payments come from the most such groups (a subset-sum problem: solved by trying all subsets
    while they are few).

    Raises:
        ValueError: the positions do not add up to zero.
    """
    if sum(positions.values()):
        raise ValueError("positions add up to zero")
    names = [name for name, fen in sorted(positions.items()) if fen]
    groups = _most_groups(names, positions) if len(names) <= MOST_EXACT else [names]
    return [payment for group in groups for payment in _settle(group, positions)]


def _most_groups(names: list[str], positions: Mapping[str, int]) -> list[list[str]]:
    """The names divided into the most groups whose positions add up to zero."""
    count = 1 << len(names)
    sums = [0] * count
    groups = [0] * count
    last = [0] * count
    for chosen in range(1, count):
        lowest = (chosen & -chosen).bit_length() - 1
        sums[chosen] = sums[chosen & (chosen - 1)] + positions[names[lowest]]
        members = [at for at in range(len(names)) if chosen >> at & 1]
        last[chosen] = max(members, key=lambda at: groups[chosen ^ (1 << at)])
        groups[chosen] = groups[chosen ^ (1 << last[chosen])] + (sums[chosen] == 0)
    # Taken away in this order, the rest adds up to zero each time that a group is complete.
    found: list[list[str]] = [[]] if names else []
    chosen = count - 1
    while chosen:
        found[-1].append(names[last[chosen]])
        chosen ^= 1 << last[chosen]
        if chosen and sums[chosen] == 0:
            found.append([])
    return found


def _settle(group: list[str], positions: Mapping[str, int]) -> list[Payment]:
    """Payments within a group, each of which leaves at least one of the two with nothing to settle."""
    owing = [(name, -positions[name]) for name in sorted(group) if positions[name] < 0]
    getting = [(name, positions[name]) for name in sorted(group) if positions[name] > 0]
    payments = []
    while owing and getting:
        (payer, owed_fen), (payee, due_fen) = owing.pop(), getting.pop()
        amount_fen = min(owed_fen, due_fen)
        payments.append(Payment(payer, payee, amount_fen))
        if owed_fen > amount_fen:
            owing.append((payer, owed_fen - amount_fen))
        if due_fen > amount_fen:
            getting.append((payee, due_fen - amount_fen))
    return payments


class Band(NamedTuple):
    """How much value an operator wants in its vault: between `low_fen` and `high_fen`, best `target_fen`."""

    low_fen: int
    target_fen: int
    high_fen: int


def to_rebalance_fen(held_fen: int, band: Band) -> int:
    """What a vault buys to come back to its target, negative if it sells; 0 while it is within its band.

    Raises:
        ValueError: the band is not in order.
    """
    if not 0 <= band.low_fen <= band.target_fen <= band.high_fen:
        raise ValueError("a band has low, target and high amounts, in this order")
    return 0 if band.low_fen <= held_fen <= band.high_fen else band.target_fen - held_fen
