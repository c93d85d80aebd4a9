"""The purse: what a wallet holds, as the fold of its journal. Pure.

`apply` takes one record and changes nothing but the purse, so replaying the journal gives the same
purse as living through it did.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from shuangli.errors import OutOfTurn
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.loads import LoadOrder
from shuangli.messages.notices import RevocationList
from shuangli.offline.chain import Coin
from shuangli.offline.evidence import Evidence
from shuangli.offline.payee import PayeeSession, received_session, refused_session
from shuangli.offline.payer import PayerSession, answered_session, returned_session, signed_session
from shuangli.offline.policy import Usage
from shuangli.offline.records import (
    PaymentReceived,
    PaymentRefused,
    PaymentSigned,
    ReceiptKept,
    RefusalKept,
    RequestMade,
)
from shuangli.offline.states import PayerState
from shuangli.offline.trust import Trust
from shuangli.wallet.come_back import come_back, is_over, told_of_refusals, under_way_fen
from shuangli.wallet.records import (
    Acknowledged,
    Checkpoint,
    HandedIn,
    Loaded,
    LoadOrdered,
    Opened,
    OrderRefused,
    Record,
    RevocationsKept,
    Synced,
    ValueReturned,
)

NOTHING_USED: Final = Usage()


class Purse:
    """Coins, open sessions and open hand-ins of one wallet.

    Attributes:
        certificate: the wallet's, once it is open
        coins: what can be spent, by coin id; received coins too
        balance_fen: what they are worth
        orders: loads that were ordered and have not arrived, by nonce
        paying: payer's sessions, by request id
        asking: payee's sessions, by request id
        to_show: request ids of own payments without a receipt that were not handed in yet, oldest first
        to_report: request ids of refused payments that show a fork and were not handed in yet
        uploads: hand-ins that were not acknowledged yet, by upload id
        evidence: double spends that this device has seen itself, by coin id, encoded (`offline.evidence`)
        revocations: the newest revocation list that was kept
        usage: what was paid, as far as limits count it
        returned_no: the number of the operator's last notice that value has come back
    """

    __slots__ = (
        "_day_of",
        "_received",
        "asking",
        "balance_fen",
        "certificate",
        "coins",
        "evidence",
        "orders",
        "paying",
        "returned_no",
        "revocations",
        "to_report",
        "to_show",
        "uploads",
        "usage",
    )

    def __init__(self, *, day_of: Callable[[int], int]) -> None:
        """Hold nothing yet; `day_of` gives the day of a time in seconds, by which limits of a day count."""
        self._day_of = day_of
        self.certificate: WalletCertificate | None = None
        self.coins: dict[bytes, Coin] = {}
        self.balance_fen = 0
        self.orders: dict[bytes, LoadOrder] = {}
        self.paying: dict[bytes, PayerSession] = {}
        self.asking: dict[bytes, PayeeSession] = {}
        self.to_show: dict[bytes, None] = {}
        self.to_report: dict[bytes, None] = {}
        self.uploads: dict[bytes, HandedIn] = {}
        self.evidence: dict[bytes, bytes] = {}
        self.revocations: RevocationList | None = None
        self.usage = NOTHING_USED
        self.returned_no = 0
        self._received: dict[tuple[bytes, int], tuple[Coin, ...]] = {}

    @property
    def in_flight_fen(self) -> int:
        """Paid without a receipt and not come back, or handed in without an acknowledgement.

        What a payee has refused of value under a condition never comes back here, and is not in it.
        """
        paying_fen = sum(under_way_fen(session) for session in self.paying.values())
        return paying_fen + sum(coin.value_fen for upload in self.uploads.values() for coin in upload.coins)

    def received_with(self, coin: Coin) -> tuple[Coin, ...]:
        """The received coins in the purse that descend from the same coin of the same load."""
        return self._received.get(_root(coin), ())

    def _take(self, coins: Iterable[Coin]) -> None:
        for coin in coins:
            self.coins[coin.coin_id] = coin
            self.balance_fen += coin.value_fen
            if coin.hops:
                root = _root(coin)
                self._received[root] = (*self._received.get(root, ()), coin)

    def _give(self, coins: Iterable[Coin]) -> None:
        for coin in coins:
            del self.coins[coin.coin_id]
            self.balance_fen -= coin.value_fen
            if coin.hops:
                root = _root(coin)
                others = tuple(other for other in self._received[root] if other.coin_id != coin.coin_id)
                if others:
                    self._received[root] = others
                else:
                    del self._received[root]

    def apply(self, record: Record) -> None:
        """Take over what one record says."""
        _APPLY[type(record)](self, record)

    def _checkpoint(self, record: Checkpoint) -> None:
        self.certificate = record.certificate
        self.coins, self._received, self.balance_fen = {}, {}, 0
        self._take(record.coins)
        self.orders = {order.nonce: order for order in record.orders}
        self.paying = dict(record.paying)
        self.asking = dict(record.asking)
        self.to_show = dict.fromkeys(record.to_show)
        self.to_report = dict.fromkeys(record.to_report)
        self.uploads = {upload.upload_id: upload for upload in record.uploads}
        self.evidence = {Evidence.decode(data).coin_id: data for data in record.evidence}
        self.revocations = record.revocations
        self.usage = record.usage
        self.returned_no = record.returned_no

    def checkpoint(self) -> Checkpoint:
        """The one record that gives this purse."""
        return Checkpoint(
            certificate=self.certificate,
            coins=tuple(self.coins.values()),
            orders=tuple(self.orders.values()),
            paying=tuple(self.paying.items()),
            asking=tuple(self.asking.items()),
            to_show=tuple(self.to_show),
            to_report=tuple(self.to_report),
            uploads=tuple(self.uploads.values()),
            evidence=tuple(self.evidence.values()),
            revocations=self.revocations,
            usage=self.usage,
            returned_no=self.returned_no,
        )

    def _opened(self, record: Opened) -> None:
        self.certificate = record.certificate
        self.usage = self.usage.after_sync(record.certificate.claims.not_before_s)

    def _load_ordered(self, record: LoadOrdered) -> None:
        self.orders[record.order.nonce] = record.order

    def _order_refused(self, record: OrderRefused) -> None:
        del self.orders[record.nonce]

    def _loaded(self, record: Loaded) -> None:
        if self.orders.pop(record.nonce, None) is None:
            raise OutOfTurn("out-of-turn", "the load answers no open order")
        self._take(record.coins)

    def _request_made(self, record: RequestMade) -> None:
        self.asking[record.request.id] = PayeeSession(request=record.request)

    def _payment_signed(self, record: PaymentSigned) -> None:
        self._give(record.spent)
        self._take(record.change)
        transfer = record.transfer
        today = self._day_of(transfer.signed_at_s)
        self.usage = self.usage.after_payment(transfer.pay_fen, on=today, pin=record.pin)
        request_id = record.request.id
        self.paying[request_id] = signed_session(record)
        self.to_show[request_id] = None

    def _receipt_kept(self, record: ReceiptKept) -> None:
        request_id = record.receipt.request_id
        self.paying[request_id] = answered_session(self.paying[request_id], record)
        # With a receipt it is the payee's to hand in.
        self.to_show.pop(request_id, None)

    def _refusal_kept(self, record: RefusalKept) -> None:
        request_id = record.refusal.request_id
        self.paying[request_id] = answered_session(self.paying[request_id], record)
        # With the refusal it comes back, even if it was shown without it before.
        self.to_show[request_id] = None

    def _payment_received(self, record: PaymentReceived) -> None:
        self._take(record.coins)
        self.asking[record.request_id] = received_session(self.asking[record.request_id], record)

    def _payment_refused(self, record: PaymentRefused) -> None:
        self.asking[record.request_id] = refused_session(self.asking[record.request_id], record)
        if record.evidence:
            self.evidence[Evidence.decode(record.evidence).coin_id] = record.evidence
            self.to_report[record.request_id] = None

    def _handed_in(self, record: HandedIn) -> None:
        self._give(record.coins)
        for request_id in record.payments:
            self.to_show.pop(request_id, None)
        for request_id in record.forked:
            self.to_report.pop(request_id, None)
        self.uploads[record.upload_id] = record

    def _acknowledged(self, record: Acknowledged) -> None:
        upload = self.uploads.pop(record.acknowledgement.upload_id)
        for told in told_of_refusals(upload, record.acknowledgement.outcomes, payments=self.paying):
            if told.came_back:
                session = self.paying[told.request_id]
                self.paying[told.request_id] = returned_session(session, told.spend.pay_fen)

    def _value_returned(self, record: ValueReturned) -> None:
        """A coin has come back, and with it all that this wallet has made of it."""
        self.returned_no = record.notice.number
        back = come_back(record.notice.coin_id, payments=self.paying, coins=self.coins.values())
        for request_id, returned_fen in back.payments_fen.items():
            self.paying[request_id] = returned_session(self.paying[request_id], returned_fen)
        self._give(back.coins)

    def _synced(self, record: Synced) -> None:
        self.usage = self.usage.after_sync(record.at_s)

    def _revocations_kept(self, record: RevocationsKept) -> None:
        self.revocations = record.listed

    def forget_before(self, time_s: int, trust: Trust) -> None:
        """Drop sessions that are settled and whose request expired before `time_s`: no repeat will come.

        What only time settles is judged by the centre's clock as well: by when it has signed the newest list.
        """
        told_s = -1 if self.revocations is None else min(time_s, self.revocations.issued_at_s)
        handed_in = {key for upload in self.uploads.values() for key in upload.payments}
        for request_id, asked in list(self.asking.items()):
            if asked.request.expires_at_s < time_s and request_id not in self.to_report:
                del self.asking[request_id]
        for request_id, paid in list(self.paying.items()):
            open_still = request_id in self.to_show or request_id in handed_in
            if paid.expires_at_s >= time_s or open_still:
                continue
            settled = paid.state in (PayerState.PAID, PayerState.RETURNED)
            if settled or is_over(paid, trust, at_s=told_s):
                del self.paying[request_id]
        # An emptied dict keeps the room it had, and most purses lie idle most of the time.
        self.orders, self.paying, self.to_show = self.orders or {}, self.paying or {}, self.to_show or {}


_APPLY: Final[dict[type, Callable[[Purse, Any], None]]] = {
    Checkpoint: Purse._checkpoint,
    Opened: Purse._opened,
    LoadOrdered: Purse._load_ordered,
    OrderRefused: Purse._order_refused,
    Loaded: Purse._loaded,
    RequestMade: Purse._request_made,
    PaymentSigned: Purse._payment_signed,
    ReceiptKept: Purse._receipt_kept,
    RefusalKept: Purse._refusal_kept,
    PaymentReceived: Purse._payment_received,
    PaymentRefused: Purse._payment_refused,
    HandedIn: Purse._handed_in,
    Acknowledged: Purse._acknowledged,
    ValueReturned: Purse._value_returned,
    Synced: Purse._synced,
    RevocationsKept: Purse._revocations_kept,
}


def _root(coin: Coin) -> tuple[bytes, int]:
    """The coin of a load that a coin descends from."""
    return coin.load.signed.id, coin.load_index
