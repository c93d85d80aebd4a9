"""What a device writes down before it speaks.

A turn of a session returns the records to store, and then the messages to send, in this order: a message
leaves only after the records are stored. The wallet's journal is a list of these records, and its purse is
their fold: so the session's new state, too, is what they make of the old one.
"""

from typing import NamedTuple

from shuangli.messages.session import PaymentRequest, Receipt, Refusal
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import Coin
from shuangli.offline.states import Message


class RequestMade(NamedTuple):
    """The payee shows a request from now on."""

    request: PaymentRequest


class PaymentSigned(NamedTuple):
    """The payer's coins are spent: `bundle` is what it sends, now and at every resend.

    `pin` says whether the holder gave the PIN for it.
    """

    request: PaymentRequest
    pin: bool
    bundle: bytes
    transfer: Transfer
    spent: tuple[Coin, ...]
    change: tuple[Coin, ...]


class PaymentReceived(NamedTuple):
    """The payee holds `coins`; the stored receipt answers every repeat."""

    request_id: bytes
    bundle: bytes
    coins: tuple[Coin, ...]
    receipt: Receipt


class PaymentRefused(NamedTuple):
    """The payee will not claim a payment; the stored refusal answers every repeat.

    `evidence` is encoded (`offline.evidence`) where the payee holds the other branch of a coin that was
    spent twice, and empty otherwise.
    """

    request_id: bytes
    bundle: bytes
    refusal: Refusal
    evidence: bytes = b""


class ReceiptKept(NamedTuple):
    """The payer holds the payee's receipt."""

    receipt: Receipt


class RefusalKept(NamedTuple):
    """The payer holds the payee's refusal; the coins stay spent until the centre returns them."""

    refusal: Refusal


SessionRecord = RequestMade | PaymentSigned | PaymentReceived | PaymentRefused | ReceiptKept | RefusalKept


class Turn(NamedTuple):
    """What follows from one message: what to store, then what to send."""

    records: tuple[SessionRecord, ...]
    messages: tuple[Message, ...]
