"""As payer: coins go out. Pure.

The element signs only coins of its table away, and takes them out of it in the same commit. So there is one
signature per coin for ever, though nothing is remembered of coins that are gone.
"""

from dataclasses import replace

from shuangli import cose
from shuangli.cose import Domain
from shuangli.crypto import SIGNATURE_BYTES
from shuangli.errors import Refused, StoreError, Unverified
from shuangli.messages.session import PaymentRequest
from shuangli.messages.transfers import CENTRE, CHANGE_OUTPUT, Transfer, output_coin_id
from shuangli.offline.limits import limits_of
from shuangli.offline.policy import check_payment
from shuangli.offline.spending import check_spend
from shuangli.wallet.element.running import (
    Outcome,
    Running,
    blank_object,
    changed,
    own_certificate,
    with_value,
)
from shuangli.wallet.element.state import MAX_REQUEST_BYTES, MAX_SPENDS, HeldCoin, Logged, State


def sign_transfer(running: Running, request_data: bytes, structure: bytes) -> Outcome:
    """Sign coins of the table away: to the payee of a request, or (without one) to the centre.

    The coins leave the table and their change enters it; request and transfer are logged. The same transfer
    again gets the logged signature, without PIN and without a change.

    Raises:
        StoreError: the request was paid before, or a coin is not in the table: the wallet has not heard of a
            transfer that this element has signed (`out-of-step`).
        Refused: a limit (`over-limit`), the PIN (`pin-required`, `locked`), or too many coins
            (`element-full`).
    """
    state = running.state
    for logged in state.log:
        if logged is not None and cose.parse(logged.transfer, Domain.TRANSFER).message == structure:
            return Outcome(running, logged.transfer[-SIGNATURE_BYTES:])
    transfer = Transfer.parse(blank_object(structure, Domain.TRANSFER).data)
    if transfer.certificate != own_certificate(state):
        raise Unverified("not-owner", "the transfer is under another certificate")
    if len(transfer.spends) > MAX_SPENDS:
        raise Refused("element-full", f"the element signs away at most {MAX_SPENDS} coins at once")
    coins = _spend(state, transfer)
    counters = replace(state.counters, transfers=state.counters.transfers + 1)
    if transfer.payee == CENTRE:
        return _sign_and_log(changed(running, coins=coins, counters=counters), transfer, b"", pin=False)
    _check_request(state, request_data, transfer)
    if not state.counters.tries:
        raise Refused("locked")
    check_payment(
        transfer.pay_fen,
        policy=state.issued.policy,
        limits=limits_of(transfer.certificate),
        usage=counters.usage,
        now_s=transfer.signed_at_s,
        pin=running.pin,
    )
    today = state.issued.policy.day_of(transfer.signed_at_s)
    usage = counters.usage.after_payment(transfer.pay_fen, on=today, pin=running.pin)
    paid = changed(running, coins=coins, counters=replace(counters, usage=usage))
    # The PIN was good for this one payment.
    return _sign_and_log(replace(paid, pin=False), transfer, request_data, pin=running.pin)


def _spend(state: State, transfer: Transfer) -> tuple[HeldCoin | None, ...]:
    """The table without the spent coins, and with their change."""
    table = list(state.coins)
    places = {coin.coin_id: place for place, coin in enumerate(table) if coin is not None}
    for spend in transfer.spends:
        place = places.get(spend.coin_id)
        coin = None if place is None else table[place]
        if place is None or coin is None:
            raise StoreError("out-of-step", "the element does not hold a coin of the transfer")
        check_spend(transfer, spend, coin)
        table[place] = None
        if spend.change_fen:
            table[place] = replace(
                coin,
                coin_id=output_coin_id(transfer.signed.id, coin.coin_id, CHANGE_OUTPUT),
                value_fen=spend.change_fen,
                depth=coin.depth + 1,
                since_s=transfer.signed_at_s,
            )
    return tuple(table)


def _check_request(state: State, request_data: bytes, transfer: Transfer) -> None:
    """The transfer pays this request, for the first time; who the payee is, is the phone's to verify."""
    if len(request_data) > MAX_REQUEST_BYTES:
        raise Refused("element-full", f"a request has at most {MAX_REQUEST_BYTES} bytes")
    request = PaymentRequest.parse(request_data)
    paid = (transfer.request_id, transfer.payee, transfer.pay_fen)
    if paid != (request.id, request.payee, request.amount_fen):
        raise Unverified("not-bound", "the transfer does not pay the request")
    if any(logged is not None and logged.request_id == transfer.request_id for logged in state.log):
        raise StoreError("out-of-step", "the element has paid this request before")


def _sign_and_log(running: Running, transfer: Transfer, request_data: bytes, *, pin: bool) -> Outcome:
    """The newest entry of the log takes the place of the oldest."""
    state = running.state
    structure = transfer.signed.message
    signature = running.key.sign(structure)
    data = cose.assemble(structure, Domain.TRANSFER, signature).data
    place = (state.counters.transfers - 1) % len(state.log)
    logged = Logged(transfer.request_id, request_data, data, pin)
    return Outcome(changed(running, log=with_value(state.log, place, logged)), signature)
