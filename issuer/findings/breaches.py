"""Limits that were broken offline, found at reconciliation. Pure.

The payer's own device and the payee look at a tier's limits, too; a broken device and a colluding payee
do not. The value is the payee's all the same: a breach is noted against the payer's key.
"""

from typing import NamedTuple

from shuangli.issuer.facts import ObjectKind, Settlement
from shuangli.messages.transfers import CENTRE
from shuangli.offline.chain import Walk
from shuangli.offline.limits import LOWEST_PAYMENT_FEN, limits_of


class Breach(NamedTuple):
    """A transfer, by its number at the centre, that is so many fen over its payer's limit of one payment."""

    transfer_no: int
    payer: bytes
    over_fen: int


def find_breaches(seen: Walk, settlement: Settlement) -> list[Breach]:
    """The breaches among the transfers that the centre sees for the first time."""
    over: dict[bytes, Breach] = {}
    for transfer in {id(step.transfer): step.transfer for step in seen.steps}.values():
        if transfer is None or transfer.payee == CENTRE or transfer.pay_fen <= LOWEST_PAYMENT_FEN:
            continue
        over_fen = transfer.pay_fen - limits_of(transfer.certificate).payment_fen
        if over_fen > 0:
            over[transfer.signed.id] = Breach(0, transfer.payer, over_fen)
    if not over:
        return []
    return [
        over[signed.id]._replace(transfer_no=number)
        for number, kind, signed in settlement.objects
        if kind is ObjectKind.TRANSFER and signed.id in over
    ]
