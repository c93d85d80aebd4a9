"""One payment between two wallets: both in one process, or each device at its own end of a link.

`run_session` drives both wallets over a pair of links in memory. Of two real devices each runs its own
side: `run_payee` shows a request and answers, `PayerSide` pays what it is shown. `serve` and `pay` do so
again on a new connection whenever one is cut, with the same request, so that one payment comes of it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

from shuangli.errors import LinkError, OutOfTurn, ProtocolError, Refused, ShuangliError
from shuangli.messages.session import PaymentRequest
from shuangli.offline.gossip import list_number
from shuangli.offline.links.haste import UNHURRIED, Haste
from shuangli.offline.links.memory import Link
from shuangli.offline.payee import PayeeSession
from shuangli.offline.payer import PayerSession
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message, PayeeState, PayerState
from shuangli.wallet.wallet import Wallet

MAX_MESSAGES: Final = 16
"""Most messages that a payee answers on one connection: a payment, and a few repeats of it."""


def run_session(
    *,
    payer: Wallet,
    payee: Wallet,
    to_payer: Link,
    to_payee: Link,
    amount_fen: int,
    now_s: int,
    payer_now_s: int | None = None,
    pin: bool = True,
) -> bytes:
    """Let `payee` ask for `amount_fen` and `payer` pay; returns the request's id.

    With `pin`, the payer's holder gives the PIN where it is asked for. Whether it was paid is in the payer's
    session afterwards. What one side cannot accept ends the session there, with the other side where it was.
    `now_s` is the payee's time, and the payer's too unless `payer_now_s` is.

    Raises:
        Refused: the payer may not or cannot pay, so nothing was spent.
        ProtocolError: a message does not hold.
    """
    to_payer.send(payee.request(amount_fen, now_s=now_s))
    request = to_payer.receive()
    if request is None:
        return b""
    request_id = request_id_of(request)
    payer_s = now_s if payer_now_s is None else payer_now_s
    for message in payer.receive(request_id, request, now_s=payer_s, pin=pin and payer.needs_pin(amount_fen)):
        to_payee.send(message)
    while (payment := to_payee.receive()) is not None:
        for message in payee.receive(request_id, payment, now_s=now_s):
            to_payer.send(message)
    while (answer := to_payer.receive()) is not None:
        payer.receive(request_id, answer, now_s=payer_s)
    return request_id


def compare_lists(
    request_id: bytes, *, payer: Wallet, payee: Wallet, to_payer: Link, to_payee: Link, now_s: int
) -> None:
    """Let the two wallets of a payment compare their revocation lists: the newer one wins.

    Raises:
        ProtocolError: a list does not hold; the lists stay as they are.
    """
    to_payee.send(list_number(payer.trust))
    while (heard := to_payee.receive()) is not None:
        for message in payee.receive(request_id, heard, now_s=now_s):
            to_payer.send(message)
        while (told := to_payer.receive()) is not None:
            for message in payer.receive(request_id, told, now_s=now_s):
                to_payee.send(message)


def stored_request(payee: Wallet, request_id: bytes) -> Message:
    """The request as it was stored, to be shown now or again.

    Raises:
        OutOfTurn: this wallet has made no such request, or has forgotten it.
    """
    session = payee.purse.asking.get(request_id)
    if session is None:
        raise OutOfTurn("out-of-turn", "this wallet has made no such request")
    return Message(Kind.REQUEST, session.request.signed.data)


def run_payee(payee: Wallet, request_id: bytes, link: Link, *, now_s: Callable[[], int]) -> PayeeSession:
    """Show a request at one end of a link and answer, until the payer says goodbye.

    Raises:
        LinkError: the connection was cut, or the payer says nothing; what was received is stored.
        ProtocolError: what the payer sends does not hold; nothing has changed.
    """
    link.send(stored_request(payee, request_id))
    for _ in range(MAX_MESSAGES):
        message = link.receive()
        if message is None:
            break
        for answer in payee.receive(request_id, message, now_s=now_s()):
            link.send(answer)
    return payee.purse.asking[request_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What came of showing a request: its session, and why connections ended that did not end well."""

    session: PayeeSession
    ended: tuple[ShuangliError, ...]


def serve(
    payee: Wallet,
    request_id: bytes,
    accept: Callable[[], AbstractContextManager[Link] | None],
    *,
    now_s: Callable[[], int],
) -> Served:
    """Show a request on one connection after the other, until a payer has paid and said goodbye.

    `accept` waits for the next connection; None ends the serving. A payment that was received stays
    received however its connection ends: the stored receipt waits for its payer to come again.
    """
    ended: list[ShuangliError] = []
    while (connection := accept()) is not None:
        try:
            with connection as link:
                session = run_payee(payee, request_id, link, now_s=now_s)
        except (LinkError, ProtocolError) as error:
            ended.append(error)
        else:
            if session.state is PayeeState.RECEIVED:
                break
    return Served(session=payee.purse.asking[request_id], ended=tuple(ended))


class Consent(Enum):
    """What the person who pays says to a request: no, yes, or yes with the PIN."""

    NO = "no"
    YES = "yes"
    WITH_PIN = "with PIN"


Confirm = Callable[[PaymentRequest, bool], Consent]
"""Shows a verified request to the person who pays, and whether it needs the PIN; returns their word."""


class PayerSide:
    """The payer's side of one payment, over as many connections as it takes.

    Once something is signed, only the request that it answers is accepted: a payee that shows another one
    after a cut is not paid twice.
    """

    __slots__ = ("_confirm", "_haste", "_now_s", "_payer", "_request_id")

    def __init__(
        self, payer: Wallet, *, confirm: Confirm, now_s: Callable[[], int], haste: Haste = UNHURRIED
    ) -> None:
        """`haste` bounds the time from the start of a connection to its request."""
        self._payer = payer
        self._confirm = confirm
        self._now_s = now_s
        self._haste = haste
        self._request_id = b""

    def run(self, link: Link) -> PayerSession:
        """Pay the request that is shown at the other end; returns the session, answered or not yet.

        A request that this wallet has signed for before gets the stored payment; nobody is asked again.

        Raises:
            LinkError: the connection was cut; what was signed is stored, and in flight.
            Refused: nothing was spent: `declined`, `too-slow` (F43), or a rule of this wallet, such as
                `pin-required`.
            OutOfTurn: another request is shown than the one that was signed for.
            ProtocolError: what the payee sends does not hold.
        """
        started_at_s = self._haste.start()
        request = link.receive()
        if request is None:
            raise LinkError("link-cut", "the connection ended before a request came")
        request_id = request_id_of(request)
        if self._request_id and request_id != self._request_id:
            raise OutOfTurn("out-of-turn", "another request is shown than the one that was signed for")
        consent = Consent.YES
        if request_id not in self._payer.purse.paying:
            self._haste.check(started_at_s)
            shown = self._payer.read_request(request, now_s=self._now_s())
            consent = self._confirm(shown, self._payer.needs_pin(shown.amount_fen))
            if consent is Consent.NO:
                raise Refused("declined")
        payment = self._payer.receive(
            request_id, request, now_s=self._now_s(), pin=consent is Consent.WITH_PIN
        )
        self._request_id = request_id
        answered_before = self._payer.purse.paying[request_id].state is not PayerState.SIGNED
        for message in payment:
            link.send(message)
        while self._payer.purse.paying[request_id].state is PayerState.SIGNED:
            answer = link.receive()
            if answer is None:
                break
            self._payer.receive(request_id, answer, now_s=self._now_s())
        if self._payer.purse.paying[request_id].state is not PayerState.SIGNED:
            # The payment is over: what goes wrong from here on only leaves the lists as they are.
            with suppress(LinkError, ProtocolError):
                self._compare_lists(request_id, link, after_answer=answered_before)
        return self._payer.purse.paying[request_id]

    def _compare_lists(self, request_id: bytes, link: Link, *, after_answer: bool) -> None:
        """Compare lists; the answer that a payment sent again gets is read before that (`after_answer`)."""
        if after_answer and (answer := link.receive()) is not None:
            self._payer.receive(request_id, answer, now_s=self._now_s())
        link.send(list_number(self._payer.trust))
        told = link.receive()
        if told is not None:
            for message in self._payer.receive(request_id, told, now_s=self._now_s()):
                link.send(message)


def pay(
    side: PayerSide, connect: Callable[[], AbstractContextManager[Link]], *, attempts: int = 3
) -> PayerSession:
    """Pay over up to `attempts` connections, until there is an answer.

    Raises:
        LinkError: the last connection failed; if something was signed, it is stored and in flight.
        Refused, ProtocolError: as `PayerSide.run`.
    """
    while True:
        attempts -= 1
        try:
            with connect() as link:
                session = side.run(link)
        except LinkError:
            if attempts <= 0:
                raise
        else:
            if session.state is not PayerState.SIGNED or attempts <= 0:
                return session
