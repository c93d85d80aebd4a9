"""As payee: requests, receipts, refusals. Pure.

A payment is verified by the element itself, under its own trust, against a request that it has signed. Its
coins come in with the very signature of the receipt: there is no receipt without coins, and no coin twice.
"""

from dataclasses import replace
from typing import Final

from shuangli.cose import Domain
from shuangli.errors import OutOfTurn, Refused, Unverified
from shuangli.messages.session import PaymentRequest, Receipt, Refusal
from shuangli.offline.limits import limits_of
from shuangli.offline.payee import verify_payment
from shuangli.offline.policy import PayeePolicy, check_balance
from shuangli.wallet.element.commands import MAX_COMMAND_BYTES
from shuangli.wallet.element.running import (
    Outcome,
    Running,
    blank_object,
    changed,
    free_places,
    own_certificate,
    take_number,
    with_coins,
    with_value,
)
from shuangli.wallet.element.state import MAX_ANSWERED, MAX_REQUEST_BYTES, OpenRequest, State

MAX_BUNDLE_BYTES: Final = MAX_COMMAND_BYTES - 2 * MAX_REQUEST_BYTES - 512
"""Largest payment that can be taken in: its request and the receipt's Sig_structure come with it."""


def sign_request(running: Running, structure: bytes) -> Outcome:
    """Sign a request and open it: for no more than the element may hold, has room for, and can take in."""
    signed = blank_object(structure, Domain.REQUEST)
    request = PaymentRequest.parse(signed.data)
    state, issued = running.state, running.state.issued
    certificate = own_certificate(state)
    if (request.certificate, request.network, request.currency) != (
        certificate,
        issued.network,
        issued.currency,
    ):
        raise Unverified("not-bound", "the request is for another certificate, network or currency")
    accepts = request.accepts
    if accepts.bundle_bytes > MAX_BUNDLE_BYTES or len(structure) > MAX_REQUEST_BYTES:
        raise Refused("element-full", f"the element takes payments of at most {MAX_BUNDLE_BYTES} bytes")
    if _find_request(state, signed.id) is None:
        if accepts.coins > len(free_places(state, request.made_at_s)):
            raise Refused("element-full", f"the element has no room for {accepts.coins} coins")
        check_balance(state.held_fen(request.made_at_s), request.amount_fen, limits=limits_of(certificate))
        number = take_number(state, request.nonce)
        opened = OpenRequest(request_id=signed.id, expires_at_s=request.expires_at_s)
        running = changed(
            running,
            counters=replace(state.counters, nonces=number + 1),
            requests=with_value(state.requests, _request_place(state, request.made_at_s), opened),
        )
    return Outcome(running, running.key.sign(structure))


def _find_request(state: State, request_id: bytes) -> int | None:
    for place, request in enumerate(state.requests):
        if request is not None and request.request_id == request_id:
            return place
    return None


def _request_place(state: State, now_s: int) -> int:
    """A place for a new request: a free one, else that of the oldest one that is paid or expired.

    Raises:
        Refused: all requests are still open (`element-full`).
    """
    tolerance_s = state.issued.policy.clock_tolerance_s
    ages: list[tuple[int, int]] = []
    for place, request in enumerate(state.requests):
        if request is None:
            ages.append((-1, place))
        elif request.received or request.expires_at_s + tolerance_s < now_s:
            ages.append((request.expires_at_s, place))
    if not ages:
        raise Refused("element-full", f"{len(state.requests)} requests of this element are still open")
    return min(ages)[1]


def _open_request(state: State, request_id: bytes) -> tuple[int, OpenRequest]:
    place = _find_request(state, request_id)
    request = None if place is None else state.requests[place]
    if place is None or request is None:
        raise OutOfTurn("out-of-turn", "the element has signed no such request, or has given it up")
    return place, request


def sign_receipt(running: Running, request_data: bytes, bundle: bytes, structure: bytes) -> Outcome:
    """Verify a payment of an open request, take in its coins, and sign its receipt, all in one.

    The repeat for a payment that was taken in signs again, whatever the time that the receipt names: it says
    the same, and a phone that has lost the first one has shown it to nobody.
    """
    state = running.state
    receipt = Receipt.parse(blank_object(structure, Domain.RECEIPT).data)
    request = PaymentRequest.parse(request_data)
    place, opened = _open_request(state, request.id)
    if receipt.request_id != request.id or (opened.received and opened.received != receipt.transfer_ids):
        raise OutOfTurn("out-of-turn", "the request was answered otherwise")
    if not opened.received:
        policy = PayeePolicy(clock_tolerance_s=state.issued.policy.clock_tolerance_s)
        payment = verify_payment(bundle, request=request, trust=running.trust, policy=policy)
        transfer_ids = tuple([transfer.signed.id for transfer in payment.transfers])
        if receipt.transfer_ids != transfer_ids or {*transfer_ids} & {*opened.refused}:
            raise OutOfTurn("out-of-turn", "the receipt does not name what was paid, or it was refused")
        check_balance(
            state.held_fen(request.made_at_s), request.amount_fen, limits=limits_of(own_certificate(state))
        )
        answered = _answered(replace(opened, received=transfer_ids))
        running = changed(
            running,
            coins=with_coins(state, payment.coins, receipt.received_at_s),
            requests=with_value(state.requests, place, answered),
        )
    return Outcome(running, running.key.sign(structure))


def sign_refusal(running: Running, structure: bytes) -> Outcome:
    """Sign the refusal of a payment, which is never received afterwards; never for one that was received."""
    state = running.state
    refusal = Refusal.parse(blank_object(structure, Domain.REFUSAL).data)
    place, opened = _open_request(state, refusal.request_id)
    if {*refusal.transfer_ids} & {*opened.received}:
        raise OutOfTurn("out-of-turn", "the payment was received")
    refused = tuple(dict.fromkeys((*opened.refused, *refusal.transfer_ids)))
    answered = _answered(replace(opened, refused=refused))
    running = changed(running, requests=with_value(state.requests, place, answered))
    return Outcome(running, running.key.sign(structure))


def _answered(answered: OpenRequest) -> OpenRequest:
    if len(answered.received) + len(answered.refused) > MAX_ANSWERED:
        raise Refused("element-full", f"{MAX_ANSWERED} transfers are answered for a request, not more")
    return answered
