"""Whom an unclaimed coin goes back to, and what an operator is told of it. Pure.

A payee's output goes back to the signer of the transfer that made it; change, and the coins of a load,
to their owner. Either is named with its operator in the signed object itself: the load's operator, or
the one that certified the key for that transfer, if several have certified it.
"""

from dataclasses import dataclass
from typing import NamedTuple

from shuangli.issuer.facts import ObjectKind
from shuangli.messages.loads import Load
from shuangli.messages.transfers import (
    CHANGE_OUTPUT,
    PAYEE_OUTPUT,
    Transfer,
    load_coin_id,
    output_coin_id,
)


class Owed(NamedTuple):
    """An output that comes back: to which key of which operator, and which payee has not claimed it."""

    owner: bytes
    operator: str
    payee: bytes | None
    parent_id: bytes
    coin_id: bytes


def owed(kind: ObjectKind, data: bytes, position: int) -> Owed:
    """Whom output `position` of a load or transfer goes back to; positions as in `issuer.facts.Place`."""
    if kind is ObjectKind.LOAD:
        load = Load.parse(data)
        load_id = load.signed.id
        return Owed(load.owner, load.operator, None, load_id, load_coin_id(load_id, position))
    transfer = Transfer.parse(data)
    spent, is_change = divmod(position, 2)
    transfer_id, spent_id = transfer.signed.id, transfer.spends[spent].coin_id
    coin_id = output_coin_id(transfer_id, spent_id, CHANGE_OUTPUT if is_change else PAYEE_OUTPUT)
    payee = None if is_change else transfer.payee
    return Owed(transfer.payer, transfer.certificate.claims.issuer, payee, transfer_id, coin_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A coin that nobody has claimed, given back to the wallet `owner` of `operator`.

    `number` counts the operator's returns. What lies on a fork is not in the supply: it is `from_fund`, and
    the operator asks for it, naming the person, whom the guarantee fund pays no more than its cap.
    """

    operator: str
    number: int
    owner: bytes
    parent_id: bytes
    coin_id: bytes
    value_fen: int
    from_fund: bool
    returned_at_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A payment that is due to go back, and whose payee has reported its key lost: it waits for a decision.

    `parent_no` and `position` name it.
    """

    parent_no: int
    position: int
    payer: bytes
    payee: bytes
    value_fen: int
