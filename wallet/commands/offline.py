"""The commands with another device: receive and pay. Neither of them knows how to reach an operator.

`receive` listens and shows a request; `pay` connects to it. Whatever is cut off, connection or process, both
are run again: `receive` with the request that is stored, and `pay` finds its stored payment by it. So the
same payment is finished.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from shuangli.errors import LinkError, OutOfTurn, Refused
from shuangli.messages.bundle import Bundle
from shuangli.messages.session import PaymentRequest, Refusal
from shuangli.messages.transfers import Transfer
from shuangli.money import format_yuan
from shuangli.offline.links.addresses import Address
from shuangli.offline.links.hand import HandLink, Show, Take
from shuangli.offline.links.memory import Link
from shuangli.offline.links.sockets import Listener, Patience, connect
from shuangli.offline.payee import PayeeSession
from shuangli.offline.payer import PayerSession
from shuangli.offline.request import request_id_of
from shuangli.offline.states import PayeeState, PayerState
from shuangli.wallet.apart import balance_of
from shuangli.wallet.come_back import is_refused_too_late
from shuangli.wallet.commands.edges import Answer, Edges
from shuangli.wallet.commands.looking import reason_name
from shuangli.wallet.commands.opened import OpenWallet
from shuangli.wallet.session import Confirm, Consent, PayerSide, pay, run_payee, serve
from shuangli.wallet.wording import clearly

PATIENCE: Final = Patience()
RETRY_EVERY_S: Final = 0.1

Announce = Callable[[dict[str, object], str], None]
"""Says what a command has to say before it is done: facts for programs, a line for people."""


def receive(
    opened: OpenWallet,
    amount_fen: int | None,
    at: Address,
    *,
    wait_s: float,
    announce: Announce,
    edges: Edges,
) -> Answer:
    """Ask for `amount_fen`, or show the last request again if it is None, until paid or `wait_s` have passed.

    It listens before it makes a request, so that an address that cannot be had leaves no request behind.

    Raises:
        LinkError: nobody can listen at `at`.
        OutOfTurn: there is no last request.
        Refused: this wallet may not receive so much, or must go online first.
    """
    with Listener(at, monotonic_s=edges.monotonic_s, patience=PATIENCE) as listener:
        request = _request(opened, amount_fen, edges)
        yuan, name = format_yuan(request.amount_fen), request.id.hex()
        announce(
            {**_asked(request), "listens": str(listener.address)},
            f"asking for {request.currency} {yuan} at {listener.address} (request {name[:8]})",
        )
        until_s = edges.monotonic_s() + wait_s

        def accept() -> AbstractContextManager[Link] | None:
            while (left_s := until_s - edges.monotonic_s()) > 0:
                try:
                    return listener.accept(within_s=left_s)
                except LinkError:
                    # It was gone again before it was accepted: wait for the next.
                    continue
            return None

        served = serve(opened.wallet, request.id, accept, now_s=edges.now_s)
    return _received(
        opened, request.id, served.session, tuple(error.code for error in served.ended), now_s=edges.now_s()
    )


def receive_by_hand(
    opened: OpenWallet,
    amount_fen: int | None,
    *,
    show: Show,
    take: Take,
    announce: Announce,
    edges: Edges,
) -> Answer:
    """The same with a person who carries the messages, once: until they have no further message.

    Raises:
        OutOfTurn: there is no last request.
        ProtocolError: what was given does not hold; nothing has changed.
        Refused: this wallet may not receive so much, or must go online first.
    """
    request = _request(opened, amount_fen, edges)
    yuan, name = format_yuan(request.amount_fen), request.id.hex()
    announce(_asked(request), f"asking for {request.currency} {yuan} (request {name[:8]})")
    link = HandLink(is_payee=True, show=show, take=take)
    session = run_payee(opened.wallet, request.id, link, now_s=edges.now_s)
    return _received(opened, request.id, session, (), now_s=edges.now_s())


def _request(opened: OpenWallet, amount_fen: int | None, edges: Edges) -> PaymentRequest:
    wallet = opened.wallet
    if amount_fen is None:
        request_id = _last_request(opened)
    else:
        request_id = request_id_of(wallet.request(amount_fen, now_s=edges.now_s()))
    return wallet.purse.asking[request_id].request


def _asked(request: PaymentRequest) -> dict[str, object]:
    return {
        "request": request.id.hex(),
        "amount_fen": request.amount_fen,
        "expires_at_s": request.expires_at_s,
    }


def _last_request(opened: OpenWallet) -> bytes:
    asking = opened.wallet.purse.asking
    if not asking:
        raise OutOfTurn("out-of-turn", "this wallet has made no request that could be shown again")
    return max(asking, key=lambda request_id: asking[request_id].request.made_at_s)


def _received(
    opened: OpenWallet, request_id: bytes, session: PayeeSession, ended: tuple[str, ...], *, now_s: int
) -> Answer:
    facts: dict[str, object] = {
        "state": session.state.value,
        "request": request_id.hex(),
        "amount_fen": session.request.amount_fen,
        "ended": list(ended),
        "balance_fen": balance_of(opened.wallet.purse, now_s=now_s),
    }
    yuan = format_yuan(session.request.amount_fen)
    if session.state is PayeeState.RECEIVED:
        payer = Transfer.parse(Bundle.decode(session.bundle).transfers[-1]).payer
        lines = [f"received {yuan} from wallet {payer.hex()[:16]}"]
        if ended:
            lines.append("the payer may not have the receipt yet: `receive --again` shows it")
        return Answer(facts=facts | {"payer": payer.hex()}, lines=tuple(lines))
    refused = [reason_name(record.refusal.reason) for record in session.refused]
    why = f"payments were refused: {', '.join(refused)}" if refused else "nobody has paid"
    facts |= {"why": why, "refused": refused}
    return Answer(facts=facts, lines=(f"not received: {why}; `receive --again` asks again",), done=False)


def pay_at(opened: OpenWallet, at: Address, *, wait_s: float, confirm: Confirm, edges: Edges) -> Answer:
    """Pay what the device at `at` asks for, once `confirm` says yes; a payment that was cut off is finished.

    For up to `wait_s` seconds it waits for the device to be there, also after a cut.

    Raises:
        Refused: nothing was spent.
        ProtocolError: what the payee sends does not hold.
        LinkError: the connection failed, and nothing was signed.
    """
    until_s = edges.monotonic_s() + wait_s

    def reach() -> AbstractContextManager[Link]:
        while True:
            try:
                return connect(at, monotonic_s=edges.monotonic_s, patience=PATIENCE)
            except LinkError as error:
                if error.code != "link-unreachable" or edges.monotonic_s() >= until_s:
                    raise
                edges.sleep_s(RETRY_EVERY_S)

    return _pay(opened, reach, attempts=3, confirm=confirm, edges=edges)


def pay_by_hand(opened: OpenWallet, *, show: Show, take: Take, confirm: Confirm, edges: Edges) -> Answer:
    """The same with a person who carries the messages, once.

    Raises:
        Refused: nothing was spent.
        ProtocolError: what was given does not hold.
        LinkError: there was no request to pay.
    """
    link = HandLink(is_payee=False, show=show, take=take)
    return _pay(opened, lambda: nullcontext(link), attempts=1, confirm=confirm, edges=edges)


def _pay(
    opened: OpenWallet,
    reach: Callable[[], AbstractContextManager[Link]],
    *,
    attempts: int,
    confirm: Confirm,
    edges: Edges,
) -> Answer:
    wallet = opened.wallet
    before = set(wallet.purse.paying)
    shown: list[PaymentRequest] = []

    def confirm_shown(request: PaymentRequest, needs_pin: bool) -> Consent:
        shown.append(request)
        return confirm(request, needs_pin)

    side = PayerSide(wallet, confirm=confirm_shown, now_s=edges.now_s)
    try:
        session = pay(side, reach, attempts=attempts)
    except Refused as refused:
        raise clearly(refused, wallet, now_s=edges.now_s(), request=shown[-1] if shown else None) from refused
    except LinkError:
        signed_now = [wallet.purse.paying[key] for key in wallet.purse.paying.keys() - before]
        if not signed_now:
            raise
        session = signed_now[0]
    return _paid(opened, session, now_s=edges.now_s())


def _paid(opened: OpenWallet, session: PayerSession, *, now_s: int) -> Answer:
    balance_fen = balance_of(opened.wallet.purse, now_s=now_s)
    facts: dict[str, object] = {
        "state": session.state.value,
        "request": session.request_id.hex(),
        "amount_fen": session.amount_fen,
        "payee": session.payee.hex(),
        "balance_fen": balance_fen,
    }
    yuan, payee = format_yuan(session.amount_fen), session.payee.hex()[:16]
    if session.state is PayerState.PAID:
        left = format_yuan(balance_fen)
        return Answer(facts=facts, lines=(f"paid {yuan} to wallet {payee}; the purse holds {left}",))
    if session.state is PayerState.REFUSED:
        reason = reason_name(Refusal.parse(session.answer).reason)
        why = f"the payee has refused the payment: {reason}"
        is_late = is_refused_too_late(session, opened.wallet.trust, now_s=now_s)
        facts["refused_too_late"] = is_late
        back = "by themselves: the refusal came too late to be handed in" if is_late else "with the next sync"
        line = f"not paid: {why}; {yuan} come back {back}"
    else:
        why = "the payment is signed, and no receipt has come"
        line = f"not paid yet: {why}; pay again while the payee shows the same request"
    return Answer(facts=facts | {"why": why}, lines=(line,), done=False)
