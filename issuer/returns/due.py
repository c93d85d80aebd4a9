"""When an unclaimed coin goes back, and to whom; and what an operator is told of it. Pure.

Nothing goes back before everybody has spoken: an operator's *watermark* says that all it received up to
that second has been passed on, and what comes to light later is received after it.

A payee's output goes back to the signer of the transfer that made it; change, and the coins of a load,
to their owner. Either is named with its operator in the signed object itself: the load's operator, or
the one that certified the key for that transfer, if several have certified it. What was given under a
condition goes back to whoever gave it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from shuangli.issuer.facts import Given, ObjectKind, OpenCoin, SupplyChange
from shuangli.messages.loads import Load
from shuangli.messages.transfers import (
    CHANGE_OUTPUT,
    PAYEE_OUTPUT,
    Transfer,
    load_coin_id,
    output_coin_id,
)


class Owed(NamedTuple):
    """An output that comes back: to which key of which operator; what payee did not claim it, since when."""

    owner: bytes
    operator: str
    payee: bytes | None
    parent_id: bytes
    coin_id: bytes
    since_s: int = 0


def owed(kind: ObjectKind, data: bytes, position: int, *, given: Given | None = None) -> Owed:
    """Whom output `position` of a load or transfer goes back to; positions as in `issuer.facts.Place`.

    `given` says who gave what the transfer spends, if it was given under a condition.
    """
    if kind is ObjectKind.LOAD:
        load = Load.parse(data)
        load_id = load.signed.id
        owner = load.owner if load.condition is None else load.condition.giver
        return Owed(owner, load.operator, None, load_id, load_coin_id(load_id, position), load.issued_at_s)
    transfer = Transfer.parse(data)
    spent, is_change = divmod(position, 2)
    transfer_id, spent_id = transfer.signed.id, transfer.spends[spent].coin_id
    coin_id = output_coin_id(transfer_id, spent_id, CHANGE_OUTPUT if is_change else PAYEE_OUTPUT)
    payee = None if is_change else transfer.payee
    if given is not None:
        return Owed(given.giver, given.operator, payee, transfer_id, coin_id, transfer.signed_at_s)
    operator = transfer.certificate.claims.issuer
    return Owed(transfer.payer, operator, payee, transfer_id, coin_id, transfer.signed_at_s)


class Fate(Enum):
    """What becomes of a coin that is due."""

    RETURNED = "returned"
    FROZEN = "frozen"
    DISPUTED = "disputed"


def fate_of(
    goes_to: Owed, *, is_culprit: Callable[[bytes], bool], is_reported_lost: Callable[[bytes], bool]
) -> Fate:
    """Decide over a coin that is due: a culprit gets nothing; for a payee that lost its key people decide."""
    if is_culprit(goes_to.owner):
        return Fate.FROZEN
    if goes_to.payee is not None and is_reported_lost(goes_to.payee):
        return Fate.DISPUTED
    return Fate.RETURNED


def fate_after_dispute(goes_to: Owed, *, is_culprit: Callable[[bytes], bool]) -> Fate:
    """What becomes of a coin once people have decided whom it goes to: they cannot give it to a culprit."""
    return fate_of(goes_to, is_culprit=is_culprit, is_reported_lost=lambda _: False)


def supply_change(coin: OpenCoin) -> SupplyChange:
    """What the supply changes by when a coin has gone back; on a fork, the guarantee fund has paid for it."""
    if coin.place.forked:
        return SupplyChange(fund_paid_fen=coin.value_fen, forked_open_fen=-coin.value_fen)
    return SupplyChange(returned_fen=coin.value_fen, outstanding_fen=-coin.value_fen)


def fund_pays(value_fen: int, *, claimed_fen: int, cap_fen: int) -> bool:
    """Say whether the guarantee fund pays a coin to a person to whom it has paid `claimed_fen`.

    A coin is paid whole or not at all.
    """
    return claimed_fen + value_fen <= cap_fen


def honest_watermark_s(*, now_s: int, oldest_pending_s: int | None) -> int:
    """The last second of which an operator can say that all it received is passed on.

    It ends before the oldest upload without an answer, and before the running second: more may come in.
    """
    return (now_s if oldest_pending_s is None else min(now_s, oldest_pending_s)) - 1


def taken_in_s(*, now_s: int, watermark_s: int | None) -> int:
    """When an operator has received what comes in now: after its watermark, wherever its clock stands."""
    return now_s if watermark_s is None else max(now_s, watermark_s + 1)


def passed_on_s(ends_s: Mapping[str, int], watermarks_s: Mapping[str, int], *, now_s: int) -> dict[str, int]:
    """Up to when all that each operator received is known: its watermark, but not the future; -1 if it has
    none.

    `ends_s` says when the last certificate of each operator expires. One whose certificates have expired
    counts as long as its watermark ends before they did.
    """
    signed_s = {name: watermarks_s.get(name, -1) for name in ends_s}
    return {
        name: min(now_s, up_to_s) if up_to_s < ends_s[name] - 1 else now_s
        for name, up_to_s in signed_s.items()
    }


def complete_up_to_s(ends_s: Mapping[str, int], watermarks_s: Mapping[str, int], *, now_s: int) -> int:
    """Up to when all that operators received is known: the lowest of `passed_on_s`.

    Who has signed no watermark holds up everything.
    """
    return min((now_s, *passed_on_s(ends_s, watermarks_s, now_s=now_s).values()))


def first_open_s(*, watermark_s: int | None, last_due_s: int | None) -> int:
    """The first second that is still open for what an operator passes on.

    It lies after what the operator has said it has passed on, and after the deadline of whatever has gone
    back or was taken from a culprit (`last_due_s` is the latest): nothing of it is claimed in time, whatever
    it says. An operator that was dismissed held up neither, and may have been admitted again.
    """
    return 1 + max(-1 if bound_s is None else bound_s for bound_s in (watermark_s, last_due_s))


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
