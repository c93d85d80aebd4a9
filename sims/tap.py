"""One payment between two simulated devices: the real session over links in memory, each by its own clock."""

from contextlib import suppress
from typing import Final, NamedTuple

from shuangli.errors import ProtocolError, Refused
from shuangli.offline.links.memory import MemoryLink
from shuangli.offline.payer import IDLE, PayerSession
from shuangli.offline.states import Kind, PayerState
from shuangli.sims.device import Device
from shuangli.sims.torn_taps import LosingLink
from shuangli.wallet.session import compare_lists, run_session, stored_request
from shuangli.wallet.wallet import Wallet

PAID: Final = "paid"
UNANSWERED: Final = "unanswered"
REFUSED_BY_PAYEE: Final = "refused-by-payee"
NOT_OPEN: Final = "not-open"
"""What became of a payment, beside the codes of `shuangli.errors` for what ended it before a signature."""
_OUTCOMES: Final = {PayerState.PAID: PAID, PayerState.REFUSED: REFUSED_BY_PAYEE}


class Tapped(NamedTuple):
    """What came of two devices that met: the payer's session, what was carried, and the outcome in a word."""

    session: PayerSession
    carried_bytes: int
    outcome: str


NOTHING: Final = Tapped(IDLE, 0, NOT_OPEN)
"""One of them has no open wallet."""


def tap(
    payer: Wallet,
    payee: Wallet,
    devices: tuple[Device, Device],
    amount_fen: int,
    at_s: int,
    *,
    gossip: bool,
    to_payer: MemoryLink | None = None,
    loses: Kind | None = None,
    pin: bool = True,
) -> Tapped:
    """Let `payee` be paid by `payer`, which are on `devices` (payer, payee); with `gossip`, lists are
    compared.

    Whoever pays knows the PIN, unless `pin` says that they do not. `to_payer` is what carries the payee's
    words, if it is not an ordinary link. A message of the kind that the tap `loses` is lost once, and the
    devices are held together again.
    """
    to_payer, to_payee = to_payer or _link(loses, Kind.RECEIPT), _link(loses, Kind.PAYMENT)
    mine, theirs = devices
    payer_s, payee_s = at_s + mine.clock_off_s, at_s + theirs.clock_off_s
    if pin and mine.hard and payer.needs_pin(amount_fen):
        mine.show_pin()
    try:
        request_id = run_session(
            payer=payer,
            payee=payee,
            to_payer=to_payer,
            to_payee=to_payee,
            amount_fen=amount_fen,
            now_s=payee_s,
            payer_now_s=payer_s,
            pin=pin,
        )
        if payer.purse.paying[request_id].state is PayerState.SIGNED:
            _again(request_id, payer, payee, to_payer, to_payee, payer_s, payee_s)
    except (Refused, ProtocolError) as error:
        # Whoever had signed by then has spent the coins, whatever the payee says.
        signed = next(reversed(payer.purse.paying.values())) if to_payee.carried_bytes else IDLE
        return Tapped(signed, to_payer.carried_bytes + to_payee.carried_bytes, error.code)
    session = payer.purse.paying[request_id]
    if gossip:
        # The payment is over: what goes wrong from here on only leaves the lists as they are.
        with suppress(ProtocolError):
            compare_lists(
                request_id, payer=payer, payee=payee, to_payer=to_payer, to_payee=to_payee, now_s=payee_s
            )
    outcome = _OUTCOMES.get(session.state, UNANSWERED)
    return Tapped(session, to_payer.carried_bytes + to_payee.carried_bytes, outcome)


def _link(loses: Kind | None, carries: Kind) -> MemoryLink:
    return LosingLink(carries) if loses is carries else MemoryLink()


def _again(
    request_id: bytes,
    payer: Wallet,
    payee: Wallet,
    to_payer: MemoryLink,
    to_payee: MemoryLink,
    payer_s: int,
    payee_s: int,
) -> None:
    """Show the same request again: the stored payment answers it, and the stored answer the payment."""
    to_payer.send(stored_request(payee, request_id))
    while (shown := to_payer.receive()) is not None:
        for payment in payer.receive(request_id, shown, now_s=payer_s):
            to_payee.send(payment)
        while (paid := to_payee.receive()) is not None:
            for answer in payee.receive(request_id, paid, now_s=payee_s):
                to_payer.send(answer)
