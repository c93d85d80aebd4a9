"""What a device writes down before it speaks.

A turn of a session returns the new state, the records to store, and then the messages to send, in
this order: a message leaves only after the records are stored. The wallet's journal is a list of
these records, and its purse is their fold.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from shuangli.messages.session import PaymentRequest, Receipt, Refusal
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import Coin
from shuangli.offline.states import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestMade:
    """The payee shows a request from now on."""

    request: PaymentRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSigned:
    """The payer's coins are spent: `bundle` is what it sends, now and at every resend.

    `pin` says whether the holder gave the PIN for it.
    """

    request: PaymentRequest
    pin: bool
    bundle: bytes
    transfer: Transfer
    spent: tuple[Coin, ...]
    change: tuple[Coin, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived:
    """The payee holds `coins`; the stored receipt answers every repeat."""

    request_id: bytes
    bundle: bytes
    coins: tuple[Coin, ...]
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefused:
    """The payee will not claim a payment; the stored refusal answers every repeat.

    `evidence` is encoded (`offline.evidence`) where the payee holds the other branch of a coin that was
    spent twice, and empty otherwise.
    """

    request_id: bytes
    bundle: bytes
    refusal: Refusal
    evidence: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptKept:
    """The payer holds the payee's receipt."""

    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalKept:
    """The payer holds the payee's refusal; the coins stay spent until the centre returns them."""

    refusal: Refusal


SessionRecord = RequestMade | PaymentSigned | PaymentReceived | PaymentRefused | ReceiptKept | RefusalKept

S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(Generic[S]):
    """What follows from one message: the new state, then what to store, then what to send."""

    session: S
    records: tuple[SessionRecord, ...]
    messages: tuple[Message, ...]
