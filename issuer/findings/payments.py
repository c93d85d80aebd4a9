"""What an upload's payments say besides: when they were signed, what is late, what is over limits. Pure."""

from collections.abc import Sequence

from shuangli.issuer.facts import Settlement
from shuangli.issuer.findings.breaches import Breach, find_breaches
from shuangli.messages.event_facts import waits_of
from shuangli.messages.notices import Outcome
from shuangli.messages.transfers import CENTRE
from shuangli.offline.chain import Walk


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


def waits_in(seen: Walk, outcomes: Sequence[Outcome], *, received_s: int) -> bytes:
    """How long each payment has waited that is settled now: classes of `WAITS`, one byte each."""
    return waits_of(settled_payments(seen, outcomes), received_s=received_s)


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
