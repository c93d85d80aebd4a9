"""What comes back to a wallet: what a payee has refused, and what nobody claimed in time. Pure.

With an own coin comes back whatever the wallet has made of it: no part of that was claimed in time either,
or the coin would not have come back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shuangli.messages.bundle import Bundle
from shuangli.messages.loads import read_load
from shuangli.messages.notices import Outcome
from shuangli.messages.transfers import CHANGE_OUTPUT, PAYEE_OUTPUT, Spend, Transfer, output_coin_id
from shuangli.offline.branches import chain_spends
from shuangli.offline.chain import Coin
from shuangli.offline.merging import descended_from
from shuangli.offline.payer import PayerSession
from shuangli.offline.refusals import counts_until_s
from shuangli.offline.states import PayerState
from shuangli.offline.trust import Trust
from shuangli.wallet.records import HandedIn


class Told(NamedTuple):
    """What an operator says of one coin of a payment that was handed in with its payee's refusal."""

    request_id: bytes
    transfer_id: bytes
    spend: Spend
    outcome: Outcome

    @property
    def came_back(self) -> bool:
        """Say whether it has been credited, now or before."""
        return self.outcome in (Outcome.SETTLED, Outcome.REPEAT)


def told_of_refusals(
    upload: HandedIn, outcomes: Sequence[Outcome], *, payments: Mapping[bytes, PayerSession]
) -> list[Told]:
    """What the answer to an upload says of the refusals in it: its last outcomes, one for each coin."""
    refused = [
        (request_id, transfer_id, spend)
        for request_id in upload.refused
        for transfer_id, spend in _spends(payments[request_id])
    ]
    told = zip(reversed(refused), reversed(outcomes), strict=False)
    return [Told(*coin, outcome) for coin, outcome in told][::-1]


def under_way_fen(session: PayerSession) -> int:
    """What of a payment is under way: paid without a receipt, and not come back.

    Value under a condition that its payee has refused is none of that: it goes back to whoever gave it
    (`offline.conditions.refusal_pays`).
    """
    if session.state is PayerState.PAID:
        return 0
    left_fen = session.amount_fen - session.returned_fen
    if session.state is not PayerState.REFUSED or session.payment is None:
        return left_fen
    bundle = Bundle.decode(session.payment.body)
    given = [load for load in map(read_load, bundle.loads) if load.condition is not None]
    givers = descended_from(given, bundle)
    return left_fen - sum(spend.pay_fen for _, spend in _spends(session) if spend.coin_id in givers)


def is_refused_too_late(session: PayerSession, trust: Trust, *, now_s: int) -> bool:
    """Say whether a refused payment comes back by itself only: too late to hand its refusal in."""
    if session.state is not PayerState.REFUSED or session.payment is None:
        return False
    return now_s > counts_until_s(Bundle.decode(session.payment.body), trust)


def is_over(session: PayerSession, trust: Trust, *, at_s: int) -> bool:
    """Say whether a refused payment is over: nothing of it comes back here, and nobody can claim it any more.

    So it is with value under a condition, which goes back to its giver. Until then its payee might claim what
    it has refused, and what is kept here proves that.
    """
    return is_refused_too_late(session, trust, now_s=at_s) and not under_way_fen(session)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComeBack:
    """What came back of which payments, in fen by request id; and the coins that are gone with it."""

    payments_fen: Mapping[bytes, int]
    coins: tuple[Coin, ...]


def come_back(coin_id: bytes, *, payments: Mapping[bytes, PayerSession], coins: Iterable[Coin]) -> ComeBack:
    """What of a wallet's payments, oldest first, and of its coins comes back with the coin `coin_id`.

    The coin is one of its own, or what one of its payments paid.
    """
    gone = {coin_id}
    payments_fen: dict[bytes, int] = {}
    for request_id, session in payments.items():
        for transfer_id, spend in _spends(session):
            paid_id, change_id = (
                output_coin_id(transfer_id, spend.coin_id, output) for output in (PAYEE_OUTPUT, CHANGE_OUTPUT)
            )
            if spend.coin_id in gone:
                gone |= {paid_id, change_id}
            if paid_id in gone:
                payments_fen[request_id] = payments_fen.get(request_id, 0) + spend.pay_fen
    return ComeBack(
        payments_fen=payments_fen, coins=tuple(coin for coin in coins if _descends(coin, coin_id))
    )


def _spends(session: PayerSession) -> Iterator[tuple[bytes, Spend]]:
    """What a payment spends, each with the id of its transfer, which ends the bundle."""
    if session.payment is not None:
        transfer = Transfer.parse(Bundle.decode(session.payment.body).transfers[-1])
        for spend in transfer.spends:
            yield transfer.signed.id, spend


def _descends(coin: Coin, ancestor_id: bytes) -> bool:
    """Say whether a coin is another one, or was split from it."""
    return coin.coin_id == ancestor_id or any(spent_id == ancestor_id for spent_id, _ in chain_spends(coin))
