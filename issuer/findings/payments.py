"""What an upload's payments say besides: when they were signed, what is late, what is over limits. Pure."""

from collections.abc import Sequence
from typing import Final

from shuangli.issuer.facts import ObjectKind, Settlement
from shuangli.issuer.findings.breaches import Breach, find_breaches
from shuangli.messages.notices import Outcome
from shuangli.messages.transfers import CENTRE
from shuangli.offline.chain import Walk

_NOT_THERE: Final = (Outcome.INVALID, Outcome.UNKNOWN_COIN, Outcome.NOT_MINTED)


def settled_payments(seen: Walk, outcomes: Sequence[Outcome]) -> list[int]:
    """When each payment was signed that is settled now; it counts once, with its first coin.

    `outcomes` begin with those of the walk's steps.
    """
    signed_at_s, last = [], None
    for step, outcome in zip(seen.steps, outcomes, strict=False):
        transfer = step.transfer
        if transfer is not None and transfer is not last:
            last = transfer
            if outcome is Outcome.SETTLED and transfer.payee != CENTRE:
                signed_at_s.append(transfer.signed_at_s)
    return signed_at_s


def note_payments(seen: Walk, settlement: Settlement) -> list[Breach]:
    """Note in a settlement what its payments say; gives the limits that were broken."""
    breaches = find_breaches(seen, settlement)
    settlement.paid_at_s = settled_payments(seen, settlement.outcomes)
    settlement.late_fen = [
        step.coin.value_fen
        for step, outcome in zip(seen.steps, settlement.outcomes, strict=False)
        if outcome is Outcome.LATE and step.coin and step.transfer and step.transfer.payee == CENTRE
    ]
    settlement.over_fen = [breach.over_fen for breach in breaches]
    return breaches


def not_redeemed_fen(seen: Walk, settlement: Settlement) -> dict[bytes, int]:
    """What redemptions seen for the first time name of which the centre knows nothing, by key, below zero.

    They are counted by what they say (`issuer.persons`). With this, only what was there counts as handed in:
    coins that somebody has made up make claims on forks no smaller a part of it.
    """
    named = {
        (step.transfer.payer, step.transfer.signed.id, step.spend)
        for step, outcome in zip(seen.steps, settlement.outcomes, strict=False)
        if outcome in _NOT_THERE and step.transfer and step.spend and step.transfer.payee == CENTRE
    }
    found: dict[bytes, int] = {}
    if named:
        new = {signed.id for _, kind, signed in settlement.objects if kind is ObjectKind.TRANSFER}
        for payer, transfer_id, spend in named:
            if transfer_id in new:
                found[payer] = found.get(payer, 0) - spend.total_fen
    return found
