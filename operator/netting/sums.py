"""What an operator knows of its own redemptions, and whether a statement of the centre agrees with it. Pure.

The operator has seen each upload that it was handed: which coins it redeems or gives back, and which operator
has loaded them. The centre has said what became of each, and how much is paid in all. So the operator knows
to the fen what it has credited. Only of a forked coin it does not know whether it was paid, and not whether
the guarantee fund has paid for a coin: within that, each sum by operator is known, too, and without forks
exactly.

What others have redeemed of its loads it cannot know, but they cannot redeem more than it has loaded.

What its customers have paid online to those of others, and got from them, it knows to the fen: it has booked
each outcome that the centre has told it, by its number.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from shuangli.errors import ProtocolError
from shuangli.issuer.vaults.statements import NettingStatement
from shuangli.messages.notices import Outcome
from shuangli.messages.transfers import CENTRE
from shuangli.offline.chain import Coin, Walk
from shuangli.offline.refusals import VerifiedRefusal


class Redeemed(NamedTuple):
    """Fen of coins that one operator loaded: settled for certain, and forked, so perhaps paid."""

    settled_fen: int = 0
    forked_fen: int = 0


class Own(NamedTuple):
    """What an operator's books say, in fen: credited for uploads since the last statement, by operator that
    loaded; sent and received online by operator since then; all that it ever loaded, and what earlier
    statements say was redeemed of it; what it holds, and what it owes the issuer.
    """

    credited_fen: int
    redeemed: Mapping[str, Redeemed]
    sent: Mapping[str, int]
    received: Mapping[str, int]
    loaded_fen: int
    drawn_fen: int
    money_fen: int
    value_fen: int
    owed_fen: int


def redeemed_by_loader(
    seen: Walk, refusals: Sequence[VerifiedRefusal | ProtocolError], outcomes: Sequence[Outcome]
) -> dict[str, Redeemed]:
    """What an upload has redeemed or given back, by the operator that loaded; an outcome for each spend."""
    found: dict[str, list[int]] = {}
    for coin, outcome in zip(_paid_for(seen, refusals), outcomes, strict=True):
        if coin is not None and (outcome is Outcome.SETTLED or outcome is Outcome.FORKED):
            sums_fen = found.setdefault(coin.load.operator, [0, 0])
            sums_fen[outcome is Outcome.FORKED] += coin.value_fen
    return {loader: Redeemed(*sums_fen) for loader, sums_fen in found.items()}


def _paid_for(seen: Walk, refusals: Sequence[VerifiedRefusal | ProtocolError]) -> Iterator[Coin | None]:
    """The coin that each spend of an upload would be paid for, in the order of outcomes."""
    for step in seen.steps:
        redeems = step.transfer is not None and step.transfer.payee == CENTRE and step.fault is None
        yield step.coin if redeems else None
    for verdict in refusals:
        yield verdict.coin if isinstance(verdict, VerifiedRefusal) else None


def fault_in(told: NettingStatement, own: Own) -> str:
    """Say in what a statement does not agree with the operator's own books; nothing if it does.

    1. What its customers were credited with is what the centre has counted, all in all.
    2. By operator that loaded, no more is claimed than could have been paid, and no less, but for what the
       guarantee fund has paid.
    3. What was sent and received online, by operator, is what it has booked.
    4. Of its own loads no more was redeemed than it ever made.
    5. It holds what it is to pay, with what it has bought and was lent for that, and pays back no more than
       it owes.
    """
    if told.credited_fen != own.credited_fen:
        return f"it counts {told.credited_fen} fen credited to customers, the books {own.credited_fen} fen"
    claimed = {**dict(told.claims), told.operator: told.own_fen}
    for name in sorted(claimed.keys() | own.redeemed.keys()):
        claimed_fen, (settled_fen, forked_fen) = claimed.get(name, 0), own.redeemed.get(name, Redeemed())
        if not settled_fen - told.fund_fen <= claimed_fen <= settled_fen + forked_fen:
            return f"it counts {claimed_fen} fen redeemed of loads of {name}, the books {settled_fen} fen"
    for what, told_fen, own_fen in (
        ("sent to", dict(told.sent), own.sent),
        ("received from", dict(told.received), own.received),
    ):
        for name in sorted(told_fen.keys() | own_fen.keys()):
            if told_fen.get(name, 0) != own_fen.get(name, 0):
                return (
                    f"it counts {told_fen.get(name, 0)} fen {what} {name} online, the books"
                    f" {own_fen.get(name, 0)} fen"
                )
    drawn_fen = own.drawn_fen + drawn_by(told)
    if drawn_fen > own.loaded_fen:
        return f"with it, {drawn_fen} fen were redeemed of loads of {own.loaded_fen} fen in all"
    return _fault_in_means(told, own)


def _fault_in_means(told: NettingStatement, own: Own) -> str:
    """Whether the operator holds what the statement takes."""
    bought_fen, lent_fen, repaid_fen = told.covered
    taken_fen = bought_fen + repaid_fen - lent_fen - told.position_fen
    if taken_fen > own.money_fen:
        return f"it takes {taken_fen} fen, and the books have {own.money_fen} fen for settlement"
    if told.value_fen - bought_fen > own.value_fen:
        return f"it takes value of {told.value_fen - bought_fen} fen, and the vault has {own.value_fen} fen"
    if repaid_fen > own.owed_fen:
        return f"it pays {repaid_fen} fen back, and the books owe the issuer {own.owed_fen} fen"
    return ""


def drawn_by(told: NettingStatement) -> int:
    """What a statement says was redeemed of the operator's own loads, here or elsewhere, in fen."""
    return told.own_fen + sum(fen for _, fen in told.debts)
