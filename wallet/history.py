"""What a wallet has paid and received offline, newest first, with receipts. Pure.

A reconciliation drops settled payments from the journal a week after their request has expired, since no
repeat comes any more. What a person wants to see of them is filed before that (`wallet.filed_history`), and
looks the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from shuangli.messages.bundle import Bundle
from shuangli.messages.session import Receipt, Refusal, RefusalReason
from shuangli.messages.transfers import Transfer
from shuangli.offline.payee import PayeeSession
from shuangli.offline.payer import PayerSession
from shuangli.offline.states import PayeeState, PayerState
from shuangli.wallet.purse import Purse

EXPIRED: Final = "expired"
"""The state of a request that nobody has paid in time; all other states are a session's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One payment: to or from whom, when it was signed or asked for, and how it stands.

    Attributes:
        paying: whether this wallet is the payer
        request_id, transfer_id: what names it; no transfer while nobody has paid
        other: the other wallet's key; empty while nobody has paid
        amount_fen: what it is worth
        at_s: when the payer has signed it, or the payee has asked for it
        state: that of the payer or payee, or `expired`
        answer: the payee's signed receipt or refusal; empty before
        returned_fen: what has come back of it
    """

    paying: bool
    request_id: bytes
    transfer_id: bytes
    other: bytes
    amount_fen: int
    at_s: int
    state: str
    answer: bytes = b""
    returned_fen: int = 0

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it."""
        return self.state in (PayerState.SIGNED.value, PayeeState.REQUESTED.value)

    @property
    def receipt(self) -> Receipt | None:
        """The payee's receipt, if it has received the payment."""
        paid = self.state in (PayerState.PAID.value, PayeeState.RECEIVED.value)
        return Receipt.parse(self.answer) if paid and self.answer else None

    @property
    def refusal(self) -> Refusal | None:
        """The payee's refusal, if that was its last word."""
        return Refusal.parse(self.answer) if self.answer and self.receipt is None else None

    @property
    def refused(self) -> RefusalReason | None:
        """Why the payee has refused it, if it has."""
        refusal = self.refusal
        return None if refusal is None else refusal.reason

    @property
    def answered_at_s(self) -> int:
        """When the payee has signed its receipt or refusal; 0 before."""
        receipt, refusal = self.receipt, self.refusal
        if receipt is not None:
            return receipt.received_at_s
        return 0 if refusal is None else refusal.refused_at_s


def entries(purse: Purse, *, now_s: int, filed: Iterable[Entry] = ()) -> list[Entry]:
    """All payments that the wallet knows of, newest first; `filed` are those that its journal has dropped."""
    found = [paid(session) for session in purse.paying.values()]
    found += [received(session, now_s=now_s) for session in purse.asking.values()]
    known = {entry.request_id for entry in found}
    found += [entry for entry in filed if entry.request_id not in known]
    return sorted(found, key=lambda entry: (entry.at_s, entry.request_id), reverse=True)


def paid(session: PayerSession) -> Entry:
    """The payment of a payer."""
    return Entry(
        paying=True,
        request_id=session.request_id,
        transfer_id=session.transfer_id,
        other=session.payee,
        amount_fen=session.amount_fen,
        at_s=_last_transfer(session.payment.body).signed_at_s if session.payment else 0,
        state=session.state.value,
        answer=session.answer,
        returned_fen=session.returned_fen,
    )


def received(session: PayeeSession, *, now_s: int) -> Entry:
    """What has come of a payee's request."""
    request = session.request
    answered = session.receipt or (session.refused[-1].refusal if session.refused else None)
    bundle = session.bundle or (session.refused[-1].bundle if session.refused else b"")
    transfer = _last_transfer(bundle) if bundle else None
    expired = session.state is PayeeState.REQUESTED and request.expires_at_s <= now_s
    return Entry(
        paying=False,
        request_id=request.id,
        transfer_id=transfer.signed.id if transfer else b"",
        other=transfer.payer if transfer else b"",
        amount_fen=request.amount_fen,
        at_s=request.made_at_s,
        state=EXPIRED if expired else session.state.value,
        answer=answered.signed.data if answered else b"",
    )


def _last_transfer(bundle: bytes) -> Transfer:
    """The transfer that ends a payment: the payer's own."""
    return Transfer.parse(Bundle.decode(bundle).transfers[-1])
