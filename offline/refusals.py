"""Refusals in a hand-in: the payee's signed word that gives the payer back what it paid. Pure.

A refused payment is spent twice if its payee claims it all the same: its refusal gives the coin back to
the payer, and its own transfer gives the coin to somebody else. Both carry its signature.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shuangli.errors import ProtocolError, Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.loads import read_load
from shuangli.messages.session import Refusal
from shuangli.messages.transfers import Transfer
from shuangli.offline.branches import chain_spends
from shuangli.offline.chain import Coin, Step, Walk
from shuangli.offline.conditions import refusal_pays
from shuangli.offline.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRefusal:
    """A refusal, signed by the payee of the transfers that it names, and their spends that hold."""

    refusal: Refusal
    steps: tuple[Step, ...]

    @property
    def payers(self) -> frozenset[bytes]:
        """The keys that get something back."""
        return frozenset(
            step.transfer.payer
            for step in self.steps
            if step.transfer is not None and refusal_pays(step.outputs[0])
        )


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
    """Judge refusals by the walk over the bundle they came with; one verdict each, in their order.

    1. It is a refusal, and some of the transfers that it names are shown. A request may have been answered
       by several payers' transfers, of which each shows its own.
    2. They pay one key, are bound to the request that the refusal names, and that key signed the refusal.

    Of such a transfer only the spends that hold are given back.
    """
    if not refusals:
        return []
    shown: dict[bytes, list[Step]] = {}
    for step in seen.steps:
        if step.transfer is not None and step.fault is None:
            shown.setdefault(step.transfer.signed.id, []).append(step)
    verdicts: list[VerifiedRefusal | ProtocolError] = []
    for data in refusals:
        try:
            verdicts.append(_verify(data, shown, trust))
        except ProtocolError as fault:
            verdicts.append(fault)
    return verdicts


def _verify(data: bytes, shown: dict[bytes, list[Step]], trust: Trust) -> VerifiedRefusal:
    refusal = Refusal.parse(data)
    steps = [step for transfer_id in refusal.transfer_ids for step in shown.get(transfer_id, ())]
    bound = {(step.transfer.payee, step.transfer.request_id) for step in steps if step.transfer is not None}
    if not bound:
        raise Unverified("unknown-coin", "the bundle does not show what is refused")
    ((payee, request_id), *others) = bound
    if others or request_id != refusal.request_id:
        raise Unverified("not-bound", "the refusal is for another payment")
    trust.verifier.check_once(refusal.signed, payee, "refusal")
    return VerifiedRefusal(refusal=refusal, steps=tuple(steps))


def source_of(coin: Coin) -> bytes:
    """The id of the coin that was split into this one; empty for a coin of a load."""
    spends = chain_spends(coin)
    return spends[-1][0] if spends else b""
