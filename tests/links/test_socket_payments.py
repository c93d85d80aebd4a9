"""Whole payments over TCP and Unix sockets, cut everywhere: F04, F05, F07 and F08."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from shuangli.errors import LinkError, OutOfTurn, Refused
from shuangli.offline.links.addresses import Address, TcpAddress
from shuangli.offline.links.frames import encode_frame
from shuangli.offline.links.sockets import Listener
from shuangli.offline.states import Kind, Message, PayeeState, PayerState
from shuangli.wallet.session import Consent, PayerSide, Served, pay, run_payee, serve, stored_request
from shuangli.wallet.wallet import Wallet
from tests.links.relay import CuttingRelay
from tests.links.support import (
    LOCAL,
    PRICE_FEN,
    Parties,
    agree,
    connected,
    linked,
    listening,
    nothing_is_lost,
    now_s,
    one_payment_and_the_books_balance,
    parties,
)
from tests.setting import NOW
from tests.world import World


def pay_over(both: Parties, listener: Listener, target: Address, *, attempts: int = 3) -> Served:
    """Payee and payer each at work in a thread of its own, until both are done."""
    side = PayerSide(both.payer, confirm=agree, now_s=now_s)
    with ThreadPoolExecutor(1) as pool:
        serving = pool.submit(
            serve, both.payee, both.request_id, lambda: listener.accept(within_s=20), now_s=now_s
        )
        pay(side, lambda: connected(target), attempts=attempts)
        return serving.result()


def test_a_payment_over_a_socket(world: World, address: Address) -> None:
    both = parties(world)
    with listening(address) as listener:
        served = pay_over(both, listener, listener.address, attempts=1)
    assert (served.session.state, served.ended) == (PayeeState.RECEIVED, ())
    one_payment_and_the_books_balance(world, both)


def frame_sizes(world: World) -> tuple[int, int, int]:
    """Bytes of the frames of request, payment and receipt; in all payments of these tests the same."""
    payer, payee, request_id = both = parties(world)
    (payment,) = payer.receive(request_id, both.request, now_s=NOW)
    (receipt,) = payee.receive(request_id, payment, now_s=NOW)
    request, paid, answer = (len(encode_frame(message)) for message in (both.request, payment, receipt))
    return request, paid, answer


def places(frame_bytes: int) -> tuple[int, ...]:
    """Where a frame is cut: before, inside its head, after it, in the middle, before and in its checksum."""
    return (0, 1, 7, 8, frame_bytes // 2, frame_bytes - 4, frame_bytes - 1)


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("part", ["request", "payment", "receipt"])
def test_f05_f07_f08_tcp_cut_anywhere_and_run_again_is_one_payment(
    world: World, part: str, reset: bool
) -> None:
    request, payment, receipt = frame_sizes(world)
    cuts: dict[str, list[tuple[int | None, int | None]]] = {
        "request": [(at, None) for at in places(request)],
        "payment": [(None, at) for at in places(payment)],
        "receipt": [(None, payment), *((request + at, None) for at in places(receipt))],
    }
    for limits in cuts[part]:
        both = parties(world)
        with listening(LOCAL) as listener:
            assert isinstance(listener.address, TcpAddress)
            with CuttingRelay(listener.address, *limits, reset=reset) as relay:
                served = pay_over(both, listener, relay.address, attempts=2)
        assert [error.code for error in served.ended] == ["link-cut"], limits
        one_payment_and_the_books_balance(world, both)


@pytest.mark.parametrize(
    ("part", "stage"),
    [
        ("request", (None, PayeeState.REQUESTED)),
        ("payment", (PayerState.SIGNED, PayeeState.REQUESTED)),
        ("receipt", (PayerState.SIGNED, PayeeState.RECEIVED)),
    ],
)
def test_what_one_cut_leaves_behind(
    world: World, part: str, stage: tuple[PayerState | None, PayeeState]
) -> None:
    request, payment, receipt = frame_sizes(world)
    cuts: dict[str, tuple[int | None, int | None]] = {
        "request": (request - 1, None),
        "payment": (None, payment - 1),
        "receipt": (request + receipt - 1, None),
    }
    payer, payee, request_id = both = parties(world)
    with listening(LOCAL) as listener, ThreadPoolExecutor(1) as pool:
        assert isinstance(listener.address, TcpAddress)
        with CuttingRelay(listener.address, *cuts[part]) as relay:
            serving = pool.submit(serve_one, payee, request_id, listener)
            with pytest.raises(LinkError):
                pay(
                    PayerSide(payer, confirm=agree, now_s=now_s), lambda: connected(relay.address), attempts=1
                )
            assert isinstance(serving.exception(), LinkError)
    session = payer.purse.paying.get(request_id)
    assert (session.state if session else None, payee.purse.asking[request_id].state) == stage
    nothing_is_lost(both)


def serve_one(payee: Wallet, request_id: bytes, listener: Listener) -> None:
    link = listener.accept(within_s=20)
    assert link is not None
    with link:
        run_payee(payee, request_id, link, now_s=now_s)


def test_a_payer_who_declines_has_spent_nothing_and_the_next_one_may_pay(world: World) -> None:
    payer, payee, request_id = both = parties(world)
    unwilling = PayerSide(payer, confirm=lambda request, needs_pin: Consent.NO, now_s=now_s)
    with listening(LOCAL) as listener, ThreadPoolExecutor(1) as pool:
        serving = pool.submit(serve, payee, request_id, lambda: listener.accept(within_s=20), now_s=now_s)
        with pytest.raises(Refused) as refused:
            pay(unwilling, lambda: connected(listener.address))
        assert refused.value.code == "declined"
        assert request_id not in payer.purse.paying
        pay(PayerSide(payer, confirm=agree, now_s=now_s), lambda: connected(listener.address))
        assert [error.code for error in serving.result().ended] == ["link-cut"]
    one_payment_and_the_books_balance(world, both)


def test_garbage_ends_one_connection_and_the_next_one_pays(world: World) -> None:
    both = parties(world)
    with listening(LOCAL) as listener:
        assert isinstance(listener.address, TcpAddress)
        with socket.create_connection((listener.address.host, listener.address.port)) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
            served = pay_over(both, listener, listener.address, attempts=1)
    assert [error.code for error in served.ended] == ["frame"]
    one_payment_and_the_books_balance(world, both)


def test_f04_a_payee_that_shows_another_request_after_a_cut_is_not_paid_twice(world: World) -> None:
    payer, payee, request_id = parties(world)
    with_money = payer.purse.balance_fen
    other = payee.request(PRICE_FEN, now_s=NOW)
    side = PayerSide(payer, confirm=agree, now_s=now_s)
    ours, theirs = socket.socketpair()
    with linked(ours) as link, theirs:
        theirs.sendall(
            encode_frame(Message(Kind.REQUEST, payee.purse.asking[request_id].request.signed.data))
        )
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(LinkError):
            side.run(link)
    ours, theirs = socket.socketpair()
    with closing(linked(ours)) as link, theirs:
        theirs.sendall(encode_frame(other))
        with pytest.raises(OutOfTurn, match="another request"):
            side.run(link)
    assert payer.purse.balance_fen == with_money - PRICE_FEN


def test_a_payer_that_repeats_itself_for_ever_is_let_go(world: World) -> None:
    payer, payee, request_id = both = parties(world)
    (payment,) = payer.receive(request_id, both.request, now_s=NOW)
    ours, theirs = socket.socketpair()
    with linked(ours) as link, theirs:
        theirs.sendall(encode_frame(payment) * 100)
        session = run_payee(payee, request_id, link, now_s=now_s)
    assert session.state is PayeeState.RECEIVED
    nothing_is_lost(both)


def test_a_payee_that_ends_without_an_answer_is_connected_again(world: World) -> None:
    """It says goodbye after the payment has come, and answers when the same payment comes again."""
    payer, payee, request_id = both = parties(world)
    side = PayerSide(payer, confirm=agree, now_s=now_s)
    first, second = socket.socketpair(), socket.socketpair()
    with linked(first[1]) as hasty, linked(second[1]) as patient, ThreadPoolExecutor(1) as pool:
        hasty.send(both.request)
        hasty.__exit__(None, None, None)
        serving = pool.submit(run_payee, payee, request_id, patient, now_s=now_s)
        connections = iter([linked(first[0]), linked(second[0])])
        assert pay(side, lambda: next(connections)).state is PayerState.PAID
        assert serving.result().state is PayeeState.RECEIVED
    one_payment_and_the_books_balance(world, both)


def test_a_payee_that_ends_without_a_request_is_not_paid(world: World) -> None:
    ours, theirs = socket.socketpair()
    with linked(theirs):
        pass
    with linked(ours) as link, pytest.raises(LinkError, match="before a request came"):
        PayerSide(world.wallet([1_000]), confirm=agree, now_s=now_s).run(link)


def test_a_request_that_was_never_made_is_not_shown(world: World) -> None:
    with pytest.raises(OutOfTurn, match="no such request"):
        stored_request(world.wallet(), bytes(32))
