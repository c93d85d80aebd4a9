"""The wallet's own records, beside those of its sessions (`offline.records`)."""

from typing import NamedTuple

from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.loads import LoadOrder
from shuangli.messages.notices import Acknowledgement, RevocationList
from shuangli.messages.returns import Returned
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import Coin
from shuangli.offline.payee import PayeeSession
from shuangli.offline.payer import PayerSession
from shuangli.offline.policy import Usage
from shuangli.offline.records import SessionRecord


class Opened(NamedTuple):
    """The operator has certified this wallet's key."""

    certificate: WalletCertificate


class LoadOrdered(NamedTuple):
    """A load is ordered; its nonce is open until the load arrives."""

    order: LoadOrder


class Loaded(NamedTuple):
    """The coins of an ordered load are in the purse."""

    load: bytes
    nonce: bytes
    coins: tuple[Coin, ...]


class OrderRefused(NamedTuple):
    """The operator will not fill an order; if it has minted all the same, that comes back when it expires."""

    nonce: bytes


class HandedIn(NamedTuple):
    """An upload is on its way: received coins are redeemed, own payments shown. Sent again as it is.

    `payments` are the request ids of own payments in it, `refused` those of them that come with their payee's
    refusal, in the order of the refusals. `forked` are those of payments that this payee refused because they
    show the other branch of a coin that was spent twice.
    """

    upload: bytes
    upload_id: bytes
    redemption: Transfer | None
    coins: tuple[Coin, ...]
    payments: tuple[bytes, ...]
    refused: tuple[bytes, ...]
    forked: tuple[bytes, ...]


class ValueReturned(NamedTuple):
    """The operator has credited a coin that nobody claimed in time: an own one, or one paid to somebody."""

    notice: Returned


class Synced(NamedTuple):
    """The operator was reached at this time (seconds), and everything it had to say was heard."""

    at_s: int


class RevocationsKept(NamedTuple):
    """A newer revocation list, from the operator or from another device."""

    listed: RevocationList


class Acknowledged(NamedTuple):
    """The operator has answered an upload."""

    acknowledgement: Acknowledgement


class Checkpoint(NamedTuple):
    """All that the records before it add up to; they may be dropped once it is stored."""

    certificate: WalletCertificate | None
    coins: tuple[Coin, ...]
    orders: tuple[LoadOrder, ...]
    paying: tuple[tuple[bytes, PayerSession], ...]
    asking: tuple[tuple[bytes, PayeeSession], ...]
    to_show: tuple[bytes, ...]
    to_report: tuple[bytes, ...]
    uploads: tuple[HandedIn, ...]
    evidence: tuple[bytes, ...]
    revocations: RevocationList | None
    usage: Usage
    returned_no: int


Record = (
    Checkpoint
    | Opened
    | LoadOrdered
    | OrderRefused
    | Loaded
    | HandedIn
    | Acknowledged
    | ValueReturned
    | Synced
    | RevocationsKept
    | SessionRecord
)
