"""Alarms: a load under an epoch's key that the mint log does not know. Its key has leaked: it stops."""

from collections.abc import Sequence

from shuangli.issuer.epochs.states import EpochEvent
from shuangli.issuer.store import IssuerStore
from shuangli.messages.loads import Load
from shuangli.offline.trust import Trust


def raise_alarms(
    store: IssuerStore, trust: Trust, not_minted: Sequence[Load], *, operator: str, raised_s: int
) -> None:
    """Note loads that were verified and never minted, and stop their epochs in the same transaction.

    An epoch that was never opened here is stopped before it begins.
    """
    store.findings.add_alarms(not_minted, operator=operator, raised_s=raised_s)
    for load in not_minted:
        store.epochs.add(trust.epoch(load.epoch), now_s=raised_s)
        why = f"{operator} was handed load {load.signed.id.hex()}, which was never minted"
        store.epochs.move(load.epoch, EpochEvent.ALARM, now_s=raised_s, why=why)
