"""Payments from pages: what the person asks for, reads, agrees to and shows.

Each act goes through the wallet's journal, and is stored before it is answered: so a reload, a second click
or a killed process finishes the same payment.

Only one thing is kept in memory alone: requests that were read and not agreed to yet. Nothing was signed for
them; after a restart they are read again.
"""

import hmac
from dataclasses import dataclass
from typing import Final

from shuangli.errors import BadInput, Malformed, OutOfTurn, Refused
from shuangli.messages.bundle import Bundle
from shuangli.messages.session import PaymentRequest, Receipt, Refusal
from shuangli.messages.transfers import Transfer
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message, PayerState
from shuangli.wallet.commands.edges import Edges
from shuangli.wallet.commands.opened import OpenWallet
from shuangli.wallet.history import Entry, paid, received
from shuangli.wallet.session import stored_request

MOST_READ: Final = 16
MOST_WRONG: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """A request that was read and verified.

    `needs_pin` says that its payment needs the holder, by the PIN of a card (`on_card`) or the passphrase;
    `unanswered` that its payee owes an answer to an earlier payment.
    """

    request: PaymentRequest
    needs_pin: bool
    on_card: bool
    unanswered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The page of a payment: on which side this wallet is, and its request."""

    paying: bool
    request_id: bytes

    @property
    def path(self) -> str:
        """Its address."""
        return f"/{'pay' if self.paying else 'receive'}/{self.request_id.hex()}"


class Payments:
    """The payments of one open wallet, one act at a time."""

    __slots__ = ("_edges", "_opened", "_passphrase", "_read", "_wallet", "_wrong")

    def __init__(self, opened: OpenWallet, edges: Edges, *, passphrase: str) -> None:
        """`passphrase` is the one that has opened the file; who types it again is its holder."""
        self._opened = opened
        self._wallet = opened.wallet
        self._edges = edges
        self._passphrase = passphrase.encode()
        self._wrong = 0
        self._read: dict[bytes, Message] = {}

    def __repr__(self) -> str:
        return "Payments()"

    def ask(self, amount_fen: int) -> bytes:
        """Make a request, stored before it is shown; gives its id.

        Raises:
            Refused: this wallet may not receive so much, or must go online first.
        """
        return request_id_of(self._wallet.request(amount_fen, now_s=self._edges.now_s()))

    def take(self, message: Message) -> Place:
        """Take what was scanned or pasted, whatever it is, and say where it belongs.

        A request is verified and kept to be agreed to. A payment is answered, an answer is kept.

        Raises:
            OutOfTurn, Malformed, Unverified, Refused: nothing has changed.
        """
        if message.kind is Kind.REQUEST:
            return Place(paying=True, request_id=self._take_request(message))
        request_id = _session_of(message)
        self._wallet.receive(request_id, message, now_s=self._edges.now_s())
        return Place(paying=message.kind is not Kind.PAYMENT, request_id=request_id)

    def _take_request(self, message: Message) -> bytes:
        wallet, request_id = self._wallet, request_id_of(message)
        if request_id in wallet.purse.asking:
            raise Refused("own-request")
        if request_id not in wallet.purse.paying:
            wallet.read_request(message, now_s=self._edges.now_s())
            self._read.pop(request_id, None)
            self._read[request_id] = message
            while len(self._read) > MOST_READ:
                del self._read[next(iter(self._read))]
        return request_id

    def request_read(self, request_id: bytes) -> ReadRequest | None:
        """A request that waits for the person's word, verified as of now; None if there is no such.

        Raises:
            Refused: it has expired, or its payee was revoked.
        """
        message = self._read.get(request_id)
        if message is None:
            return None
        wallet = self._wallet
        request = wallet.read_request(message, now_s=self._edges.now_s())
        unanswered = any(
            session.state is PayerState.SIGNED and session.payee == request.payee
            for session in wallet.purse.paying.values()
        )
        return ReadRequest(
            request=request,
            needs_pin=wallet.needs_pin(request.amount_fen),
            on_card=self._opened.card is not None,
            unanswered=unanswered,
        )

    def agree(self, request_id: bytes, *, typed: str) -> None:
        """Pay a request that was read. One that was agreed to before is left as it is: nothing is paid twice.

        Raises:
            OutOfTurn: no such request was read.
            BadInput: the payment needs its holder, and `typed` is not the passphrase (`wrong-passphrase`).
            Refused: the holder has typed nothing (`pin-required`), not the card's PIN (`wrong-pin`), or too
                much that is wrong (`locked`), or this device may not or cannot pay it; nothing was signed.
        """
        wallet = self._wallet
        if request_id in wallet.purse.paying:
            return
        shown = self.request_read(request_id)
        if shown is None:
            raise OutOfTurn("out-of-turn", "this request was not read, or is forgotten: scan it again")
        if shown.needs_pin:
            self._check_holder(typed)
        wallet.receive(request_id, self._read[request_id], now_s=self._edges.now_s(), pin=shown.needs_pin)
        del self._read[request_id]

    def _check_holder(self, typed: str) -> None:
        """Make sure that the holder is here: by the PIN of the card, or else by the passphrase."""
        if not typed:
            raise Refused("pin-required")
        if self._opened.card is not None:
            self._opened.card.verify_pin(typed)
            return
        if self._wrong >= MOST_WRONG:
            raise Refused("locked", "too many wrong passphrases: start the wallet again")
        if not hmac.compare_digest(typed.encode(), self._passphrase):
            self._wrong += 1
            raise BadInput("wrong-passphrase", "the passphrase is wrong")
        self._wrong = 0

    def decline(self, request_id: bytes) -> None:
        """Forget a request that was read and not agreed to."""
        self._read.pop(request_id, None)

    def entry(self, request_id: bytes, *, paying: bool) -> Entry | None:
        """A payment of this wallet as payer, or as payee, also one that its journal has dropped."""
        purse, now_s = self._wallet.purse, self._edges.now_s()
        if paying and request_id in purse.paying:
            return paid(purse.paying[request_id])
        if not paying and request_id in purse.asking:
            return received(purse.asking[request_id], now_s=now_s)
        filed = (entry for entry in self._opened.history(now_s=now_s) if entry.paying is paying)
        return next((entry for entry in filed if entry.request_id == request_id), None)

    def to_show(self, request_id: bytes) -> tuple[Message, ...]:
        """What this wallet shows of a payment now, always the stored bytes.

        A payer shows its payment. A payee shows its request, then its answers: two payers may have paid one
        request, and each waits for the answer of its own.
        """
        paying = self._wallet.purse.paying.get(request_id)
        asking = self._wallet.purse.asking.get(request_id)
        if paying is not None and paying.payment is not None:
            return (paying.payment,)
        if asking is None:
            return ()
        answers = [Message(Kind.REFUSAL, record.refusal.signed.data) for record in asking.refused]
        if asking.receipt is not None:
            answers.insert(0, Message(Kind.RECEIPT, asking.receipt.signed.data))
        return tuple(answers) or (stored_request(self._wallet, request_id),)


def _session_of(message: Message) -> bytes:
    """The request that a message of a payment says it belongs to; whether it does, its session checks.

    Raises:
        Malformed: it is no such message.
        OutOfTurn: it belongs to no payment.
    """
    if message.kind is Kind.PAYMENT:
        transfers = Bundle.decode(message.body).transfers
        if not transfers:
            raise Malformed("shape", "a payment without a transfer")
        return Transfer.parse(transfers[-1]).request_id
    if message.kind is Kind.RECEIPT:
        return Receipt.parse(message.body).request_id
    if message.kind is Kind.REFUSAL:
        return Refusal.parse(message.body).request_id
    raise OutOfTurn("out-of-turn", "revocation lists are not compared by way of pages")
