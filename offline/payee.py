"""The payee's side of a payment: it answers with a receipt or a refusal. Pure; see `offline.states`.

What a payee refuses it has verified all the same: the refusal names the payer's transfers, so that the
payer gets them back. Every refusal is kept, with its payment, so that a repeat gets the same answer and
nothing that was refused is claimed later; there are only so many for a request (`MOST_REFUSED`), or a
nuisance could fill the device. A payment that shows one branch of a fork of which the payee holds the other
is refused, and the two branches together are evidence that the device keeps.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from shuangli.crypto import Signer
from shuangli.errors import OutOfTurn, ProtocolError, Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.session import PaymentRequest, Receipt, Refusal, RefusalReason
from shuangli.messages.transfers import Transfer
from shuangli.offline.branches import find_fork
from shuangli.offline.chain import Coin, Walk, walk
from shuangli.offline.conditions import all_receivable
from shuangli.offline.evidence import make_evidence
from shuangli.offline.limits import limits_of
from shuangli.offline.policy import PayeePolicy
from shuangli.offline.records import PaymentReceived, PaymentRefused, Turn
from shuangli.offline.states import PAYEE, Kind, Message, PayeeAction, PayeeState
from shuangli.offline.trust import Trust

MOST_REFUSED: Final = 8
"""Most payments of one request that are refused by name; what pays it well is received even after them."""


class PayeeSession(NamedTuple):
    """One request and what has become of it: the payment that was received, and those that were refused."""

    request: PaymentRequest
    state: PayeeState = PayeeState.REQUESTED
    bundle: bytes = b""
    receipt: Receipt | None = None
    refused: tuple[PaymentRefused, ...] = ()


class VerifiedPayment(NamedTuple):
    """A payment that answers a request in full, with the coins it hands over."""

    coins: tuple[Coin, ...]
    transfers: tuple[Transfer, ...]
    seen: Walk


Held = Callable[[Coin], Sequence[Coin]]
"""The coins a payee holds that descend from the same coin of the same load."""


def payee_receives(
    session: PayeeSession,
    message: Message,
    *,
    key: Signer,
    trust: Trust,
    policy: PayeePolicy,
    held: Held,
    now_s: int,
) -> Turn:
    """Answer one message of the payer.

    Raises:
        OutOfTurn: the table has no action for it, or it would be refused after too many others.
        Malformed, Unverified: the payment does not hold; nothing has changed.
    """
    action = PAYEE.get((session.state, message.kind))
    if action is None:
        raise OutOfTurn("out-of-turn", f"a {message.kind.name.lower()} while {session.state.value}")
    stored = _answer_to_bytes(session, message.body)
    if stored is not None:
        return Turn((), (stored,))
    request = session.request
    payment = verify_payment(message.body, request=request, trust=trust, policy=policy)
    transfer_ids = [transfer.signed.id for transfer in payment.transfers]
    fresh = [transfer_id for transfer_id in transfer_ids if _answer_to(session, transfer_id) is None]
    if not fresh:
        # The same transfers in other bytes: what was answered once is never answered otherwise.
        answers = [_answer_to(session, transfer_id) for transfer_id in transfer_ids]
        answer = next((a for a in answers if a is not None and a.kind is Kind.REFUSAL), answers[0])
        return Turn((), (answer,) if answer else ())
    evidence = b""
    if action is PayeeAction.REPEAT:
        reason: RefusalReason | None = RefusalReason.REQUEST_PAID
    elif len(fresh) < len(transfer_ids):
        reason = RefusalReason.INVALID
    else:
        evidence = _find_evidence(payment.coins, held, trust)
        forked = RefusalReason.FORKED if evidence else None
        reason = forked or refusal_reason(payment, request=request, trust=trust, now_s=now_s)
    if reason is not None:
        if len(session.refused) >= MOST_REFUSED:
            raise OutOfTurn("out-of-turn", f"{MOST_REFUSED} payments of this request were refused already")
        refusal = Refusal.sign(
            key, request_id=request.id, transfer_ids=fresh, refused_at_s=now_s, reason=reason
        )
        return _refuse(session, message.body, refusal, evidence)
    receipt = Receipt.sign(key, request_id=request.id, transfer_ids=transfer_ids, received_at_s=now_s)
    received = PaymentReceived(request.id, message.body, payment.coins, receipt)
    return Turn((received,), (Message(Kind.RECEIPT, receipt.signed.data),))


def _refuse(session: PayeeSession, bundle: bytes, refusal: Refusal, evidence: bytes) -> Turn:
    record = PaymentRefused(session.request.id, bundle, refusal, evidence)
    return Turn((record,), (Message(Kind.REFUSAL, refusal.signed.data),))


def _find_evidence(coins: Sequence[Coin], held: Held, trust: Trust) -> bytes:
    """Encoded evidence of a double spend, if one of the coins and held ones show its two branches."""
    for coin in coins:
        fork = find_fork((*held(coin), coin))
        if fork is not None:
            return make_evidence(fork.coin_id, (fork.first, fork.second), trust).encode()
    return b""


def received_session(session: PayeeSession, record: PaymentReceived) -> PayeeSession:
    """The session after a good payment."""
    return session._replace(state=PayeeState.RECEIVED, bundle=record.bundle, receipt=record.receipt)


def refused_session(session: PayeeSession, record: PaymentRefused) -> PayeeSession:
    """The session after a refused payment."""
    return session._replace(refused=(*session.refused, record))


def _answers(session: PayeeSession) -> Iterator[tuple[bytes, Sequence[bytes], Message]]:
    """What was answered so far: the payment, the transfers that the answer names, and the answer."""
    receipt = session.receipt
    if receipt is not None:
        yield session.bundle, receipt.transfer_ids, Message(Kind.RECEIPT, receipt.signed.data)
    for record in session.refused:
        refusal = record.refusal
        yield record.bundle, refusal.transfer_ids, Message(Kind.REFUSAL, refusal.signed.data)


def _answer_to_bytes(session: PayeeSession, bundle: bytes) -> Message | None:
    """The stored answer to the identical payment."""
    return next((answer for payment, _, answer in _answers(session) if payment == bundle), None)


def _answer_to(session: PayeeSession, transfer_id: bytes) -> Message | None:
    """The stored answer that names a transfer: claiming what was refused is evidence against the payee."""
    return next((answer for _, named, answer in _answers(session) if transfer_id in named), None)


def verify_payment(
    data: bytes, *, request: PaymentRequest, trust: Trust, policy: PayeePolicy
) -> VerifiedPayment:
    """Verify that `data` pays `request` in full; says nothing of revocation and time left.

    1. No larger than the request accepts; every load and transfer in it is signed by whom it should.
    2. Some of its transfers are bound to the request; those pay its payee, and show every coin's chain.
    3. They were signed while the request was open, give or take the clock tolerance.
    4. No coin is spent twice in it.
    5. The payee's outputs are in the currency of the request, and add up to the amount, in no more coins and
       hops than it accepts.

    An earlier transfer may also spend coins that are not handed on here, and spend them wrongly: that
    makes no coin, and is not the payer's doing.

    Raises:
        Malformed, Unverified: with the rule that is broken as its code.
    """
    seen = walk(Bundle.decode(data, max_bytes=request.accepts.bundle_bytes), trust)
    if seen.faults:
        raise seen.faults[0]
    paid: dict[bytes, Coin] = {}
    transfers: dict[bytes, Transfer] = {}
    for transfer, output in _bound_outputs(seen, request):
        check_binding(transfer, request, policy)
        transfers[transfer.signed.id] = transfer
        paid[output.coin_id] = output
    if not transfers:
        raise Unverified("not-bound", "no transfer is bound to the request")
    if any(coin.load.currency != request.currency for coin in paid.values()):
        raise Unverified("wrong-network", f"pays in another currency than {request.currency}")
    amount_fen = sum(coin.value_fen for coin in paid.values())
    if amount_fen != request.amount_fen:
        raise Unverified("wrong-amount", f"pays {amount_fen} fen, requested were {request.amount_fen}")
    if len(paid) > request.accepts.coins:
        raise Unverified("too-many-coins", f"{len(paid)} coins, at most {request.accepts.coins} are accepted")
    if max(coin.hops for coin in paid.values()) > request.accepts.hops:
        raise Unverified("hop-cap", f"more than {request.accepts.hops} changes of key")
    return VerifiedPayment(tuple(paid.values()), tuple(transfers.values()), seen)


def _bound_outputs(seen: Walk, request: PaymentRequest) -> Iterator[tuple[Transfer, Coin]]:
    """Every payee output of the transfers bound to the request, once all that leads to them holds.

    Two payers may answer one request, and the second one's coins may come from the first one's payment
    (F53): what another bound transfer builds on is not what is handed over.
    """
    paying = _last_bound(seen, request)
    spent_by: dict[bytes, bytes] = {}
    cause: ProtocolError | None = None
    for step in seen.steps:
        transfer, spend = step.transfer, step.spend
        if transfer is None or spend is None:
            continue
        bound = transfer.signed.id in paying
        if step.fault is not None:
            if bound and step.coin is not None:
                raise step.fault
            # A broken link leaves the coins below it unknown: it is the better answer.
            if bound:
                raise cause or step.fault
            if step.coin is not None:
                cause = cause or step.fault
            continue
        transfer_id = transfer.signed.id
        if spent_by.setdefault(spend.coin_id, transfer_id) != transfer_id:
            raise Unverified("spent-twice", "two transfers of one payment spend one coin")
        if bound:
            yield transfer, step.outputs[0]


def _last_bound(seen: Walk, request: PaymentRequest) -> set[bytes]:
    """The transfers bound to the request that nothing else here builds on; all of them if there is none."""
    made_by: dict[bytes, bytes] = {}
    bound: set[bytes] = set()
    built_on: set[bytes] = set()
    for step in seen.steps:
        if step.transfer is None or step.spend is None:
            continue
        transfer_id = step.transfer.signed.id
        if step.transfer.request_id == request.id:
            bound.add(transfer_id)
        if step.spend.coin_id in made_by and step.fault is None:
            built_on.add(made_by[step.spend.coin_id])
        made_by.update((output.coin_id, transfer_id) for output in step.outputs)
    return bound - built_on or bound


def check_binding(transfer: Transfer, request: PaymentRequest, policy: PayeePolicy) -> None:
    """Make sure that a transfer bound to the request pays its payee, in its time.

    Raises:
        Unverified: it does not.
    """
    if transfer.payee != request.payee:
        raise Unverified("not-bound", "a transfer bound to the request pays another key")
    earliest_s = request.made_at_s - policy.clock_tolerance_s
    latest_s = request.expires_at_s + policy.clock_tolerance_s
    if not earliest_s <= transfer.signed_at_s <= latest_s:
        raise Unverified("clock", "the transfer was not signed while the request was open")


def refusal_reason(
    payment: VerifiedPayment, *, request: PaymentRequest, trust: Trust, now_s: int
) -> RefusalReason | None:
    """Why a verified payment is refused all the same.

    There is too little time to claim it, it is for other payees or a purpose that this one does not know, its
    payer is over its tier's limit, or a signer is revoked.
    """
    if min(coin.claim_by_s for coin in payment.coins) - now_s < request.accepts.claim_time_s:
        return RefusalReason.TOO_LATE
    if not all_receivable(payment.coins, request):
        return RefusalReason.CONDITION
    for transfer in payment.transfers:
        if transfer.pay_fen > limits_of(transfer.certificate).payment_fen:
            return RefusalReason.OVER_LIMIT
    listed = trust.revocations
    if listed is not None and any(load.epoch in listed.epochs for load in payment.seen.loads):
        return RefusalReason.REVOKED
    for step in payment.seen.steps:
        if step.transfer is not None and trust.is_revoked(step.transfer.certificate):
            return RefusalReason.REVOKED
    return None
