"""Refusals in a hand-in: the payee's signed word that gives the payer back what it paid. Pure.

A refused payment is spent twice if its payee claims it all the same: its refusal gives the coin back to
the payer, and its own transfer gives the coin to somebody else. Both carry its signature.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shuangli.errors import ProtocolError, Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.loads import read_load
from shuangli.messages.session import Refusal
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import Coin, Step, Walk
from shuangli.offline.conditions import refusal_pays
from shuangli.offline.trust import Trust

_Shown = tuple[Transfer, Step]
"""A spend that a bundle shows, and its transfer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRefusal:
    """A coin that its payee has refused: the signed refusal, and the transfer that was to pay it."""

    refusal: Refusal
    transfer: Transfer
    coin: Coin

    @property
    def creditor(self) -> bytes | None:
        """The key that gets the coin back at once; None where it goes back by itself only."""
        return self.transfer.payer if refusal_pays(self.coin) else None


def counts_until_s(bundle: Bundle, trust: Trust) -> int:
    """The last second in which an operator can receive the refusal of a payment and give it back at once.

    `bundle` is the payment, which its transfer ends. A refusal that is handed in later is worthless: the
    payment comes back by itself then, as nobody can claim it in time either.

    Raises:
        Malformed: an object in it cannot be read.
        Unverified: it holds coins of an unknown epoch (`epoch`).
    """
    grace_s = min(trust.epoch(read_load(data).epoch).terms.grace_s for data in bundle.loads)
    return Transfer.parse(bundle.transfers[-1]).claim_by_s + grace_s


def verify_refusals(
    refusals: Sequence[bytes], seen: Walk, trust: Trust
) -> list[VerifiedRefusal | ProtocolError]:
    """Judge refusals by the walk over the bundle they came with.

    1. It is a refusal, and some of the transfers that it names are shown. A request may have been answered
       by several payers' transfers, of which each shows its own.
    2. They pay one key, are bound to the request that the refusal names, and that key signed the refusal.

    There is a verdict for each spend of the transfers that a refusal names and that are shown; a spend that
    does not hold is not given back. A transfer counts for the first refusal that names it, and a refusal that
    names no other has one verdict. So how many there are is read off the bytes: an operator and the centre
    never differ in that, whomever they trust.
    """
    if not refusals:
        return []
    shown: dict[bytes, list[_Shown]] = {}
    for step in seen.steps:
        if step.transfer is not None:
            shown.setdefault(step.transfer.signed.id, []).append((step.transfer, step))
    return [verdict for data in refusals for verdict in _judge(data, shown, trust)]


def _judge(
    data: bytes, shown: dict[bytes, list[_Shown]], trust: Trust
) -> list[VerifiedRefusal | ProtocolError]:
    """The verdicts on one refusal; what it names is taken out of what is `shown`."""
    named: list[_Shown] = []
    try:
        refusal = Refusal.parse(data)
        named = [spend for transfer_id in refusal.transfer_ids for spend in shown.pop(transfer_id, ())]
        _verify(refusal, [transfer for transfer, step in named if step.fault is None], trust)
    except ProtocolError as fault:
        return [fault] * max(1, len(named))
    return [
        step.fault or VerifiedRefusal(refusal=refusal, transfer=transfer, coin=step.outputs[0])
        for transfer, step in named
    ]


def _verify(refusal: Refusal, transfers: Sequence[Transfer], trust: Trust) -> None:
    bound = {(transfer.payee, transfer.request_id) for transfer in transfers}
    if not bound:
        raise Unverified("unknown-coin", "the bundle does not show what is refused")
    ((payee, request_id), *others) = bound
    if others or request_id != refusal.request_id:
        raise Unverified("not-bound", "the refusal is for another payment")
    trust.verifier.check_once(refusal.signed, payee, "refusal")


def sources_of(steps: Iterable[Step]) -> dict[bytes, bytes]:
    """What the coins that a walk has shown were split from: the id of the coin that was spent for each.

    One transfer may fork ten thousand coins: what is shown is gone through once for all of them.
    """
    return {
        output.coin_id: step.coin.coin_id
        for step in steps
        if step.coin is not None
        for output in step.outputs
    }
