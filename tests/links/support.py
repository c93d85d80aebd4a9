"""What the tests of links share: messages, a payment in the middle, and what must hold after it."""

import socket
import time
from collections.abc import Callable
from typing import Final, NamedTuple, ParamSpec

from hypothesis import strategies as st

from shuangli.errors import Malformed
from shuangli.messages.session import PaymentRequest
from shuangli.offline.links.addresses import Address, TcpAddress
from shuangli.offline.links.sockets import Listener, Patience, SocketLink, connect
from shuangli.offline.request import request_id_of
from shuangli.offline.states import Kind, Message, PayeeState, PayerState
from shuangli.wallet.session import Consent, stored_request
from shuangli.wallet.wallet import Wallet
from tests.setting import NOW
from tests.world import World

P = ParamSpec("P")

PRICE_FEN: Final = 400
LOADED_FEN: Final = 1_000

messages: Final = st.builds(Message, kind=st.sampled_from(Kind), body=st.binary(max_size=3_000))


def now_s() -> int:
    return NOW


def agree(request: PaymentRequest, needs_pin: bool) -> Consent:
    """The person who pays says yes to what was asked for in these tests, and to nothing else."""
    if request.amount_fen != PRICE_FEN:
        return Consent.NO
    return Consent.WITH_PIN if needs_pin else Consent.YES


LOCAL: Final = TcpAddress(host="127.0.0.1", port=0)
PATIENCE: Final = Patience(connect_s=20, message_s=20)


def linked(connected: socket.socket, *, monotonic_s: Callable[[], float] = time.monotonic) -> SocketLink:
    return SocketLink(connected, monotonic_s=monotonic_s, patience=PATIENCE)


def listening(address: Address) -> Listener:
    return Listener(address, monotonic_s=time.monotonic, patience=PATIENCE)


def connected(address: Address) -> SocketLink:
    return connect(address, monotonic_s=time.monotonic, patience=PATIENCE)


class Parties(NamedTuple):
    """A payer with money, a payee, and the request that it has stored."""

    payer: Wallet
    payee: Wallet
    request_id: bytes

    @property
    def request(self) -> Message:
        return stored_request(self.payee, self.request_id)


def parties(world: World) -> Parties:
    payer, payee = world.wallet([LOADED_FEN]), world.wallet(tier=0)
    return Parties(payer, payee, request_id_of(payee.request(PRICE_FEN, now_s=NOW)))


def nothing_is_lost(both: Parties) -> None:
    """At any moment of a payment: spent once or not at all, and held, in flight or received."""
    payer, payee, request_id = both
    session = payer.purse.paying.get(request_id)
    received = payee.purse.asking[request_id].state is PayeeState.RECEIVED
    signed = session is not None
    assert payer.purse.balance_fen == LOADED_FEN - PRICE_FEN * signed
    assert payee.purse.balance_fen == PRICE_FEN * received
    assert signed or not received
    if session is not None and session.state is PayerState.PAID:
        receipt = payee.purse.asking[request_id].receipt
        assert receipt is not None
        assert session.answer == receipt.signed.data


def one_payment_and_the_books_balance(world: World, both: Parties) -> None:
    """Paid once, with a receipt; when both have reconciled it is booked once, and nobody is accused."""
    payer, payee, request_id = both
    assert payer.purse.paying[request_id].state is PayerState.PAID
    assert len(payer.purse.paying) == len(payee.purse.asking) == 1
    nothing_is_lost(both)
    world.hand_in(payee)
    if payer.hand_in(now_s=NOW) is not None:
        world.hand_in(payer)
    assert world.deposit_fen(payee) == PRICE_FEN
    assert payer.purse.balance_fen == LOADED_FEN - PRICE_FEN
    assert payer.purse.in_flight_fen == 0
    assert world.cases() == []
    world.check_books()


def outcome(read: Callable[P, Message | None], *args: P.args, **kwargs: P.kwargs) -> Message | str | None:
    """A message, the code of Malformed, or None for more to come: nothing else may come of any bytes."""
    try:
        return read(*args, **kwargs)
    except Malformed as fault:
        return fault.code
