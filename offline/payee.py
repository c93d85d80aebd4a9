"""The payee's side of a payment: request, then receipt or refusal. Pure; see `offline.states`."""

from dataclasses import dataclass, replace

from shuangli.crypto import Signer
from shuangli.errors import OutOfTurn, Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.session import PaymentRequest, Receipt, Refusal, RefusalReason
from shuangli.messages.transfers import Transfer
from shuangli.offline.chain import Coin, Walk, walk
from shuangli.offline.policy import PayeePolicy
from shuangli.offline.records import PaymentReceived, PaymentRefused, RequestMade, Turn
from shuangli.offline.states import PAYEE, Kind, Message, PayeeAction, PayeeState
from shuangli.offline.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeSession:
    """One request and what has become of it; `answer` is the receipt, or the last refusal."""

    request: PaymentRequest
    state: PayeeState = PayeeState.REQUESTED
    bundle: bytes = b""
    answer: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPayment:
    """A payment that answers a request in full, with the coins it hands over."""

    coins: tuple[Coin, ...]
    transfers: tuple[Transfer, ...]
    seen: Walk


def make_request(
    key: Signer,
    *,
    currency: str,
    amount_fen: int,
    certificate: WalletCertificate,
    nonce: bytes,
    trust: Trust,
    policy: PayeePolicy,
    now_s: int,
) -> Turn[PayeeSession]:
    """Open a session as payee: sign a request, to be stored before it is shown.

    `nonce` is 16 random bytes; a payer signs over it, so an old payment cannot be replayed.
    """
    request = PaymentRequest.sign(
        key,
        network=trust.network,
        currency=currency,
        amount_fen=amount_fen,
        certificate=certificate,
        nonce=nonce,
        made_at_s=now_s,
        expires_at_s=now_s + policy.request_life_s,
        accepts=policy.accepts,
    )
    return Turn(
        session=PayeeSession(request=request),
        records=(RequestMade(request=request),),
        messages=(Message(Kind.REQUEST, request.signed.data),),
    )


def payee_receives(
    session: PayeeSession, message: Message, *, key: Signer, trust: Trust, policy: PayeePolicy, now_s: int
) -> Turn[PayeeSession]:
    """Answer one message of the payer.

    Raises:
        OutOfTurn: the table has no action for it.
        Malformed, Unverified: the payment does not hold; nothing has changed.
    """
    action = PAYEE.get((session.state, message.kind))
    if action is None:
        raise OutOfTurn("out-of-turn", f"a {message.kind.name.lower()} while {session.state.value}")
    if message.body == session.bundle and session.answer is not None:
        return Turn(session=session, records=(), messages=(session.answer,))
    request = session.request
    payment = verify_payment(message.body, request=request, trust=trust, policy=policy)
    transfer_ids = [transfer.signed.id for transfer in payment.transfers]
    reason = (
        RefusalReason.REQUEST_PAID
        if action is PayeeAction.REPEAT
        else refusal_reason(payment, request=request, trust=trust, now_s=now_s)
    )
    if reason is not None:
        refusal = Refusal.sign(
            key, request_id=request.id, transfer_ids=transfer_ids, refused_at_s=now_s, reason=reason
        )
        answer = Message(Kind.REFUSAL, refusal.signed.data)
        refused = PaymentRefused(request_id=request.id, bundle=message.body, refusal=refusal)
        # A paid request keeps its receipt as the stored answer; an open one remembers the refusal.
        after = (
            session if action is PayeeAction.REPEAT else replace(session, bundle=message.body, answer=answer)
        )
        return Turn(session=after, records=(refused,), messages=(answer,))
    receipt = Receipt.sign(key, request_id=request.id, transfer_ids=transfer_ids, received_at_s=now_s)
    answer = Message(Kind.RECEIPT, receipt.signed.data)
    received = PaymentReceived(
        request_id=request.id, bundle=message.body, coins=payment.coins, receipt=receipt
    )
    paid = replace(session, state=PayeeState.RECEIVED, bundle=message.body, answer=answer)
    return Turn(session=paid, records=(received,), messages=(answer,))


def verify_payment(
    data: bytes, *, request: PaymentRequest, trust: Trust, policy: PayeePolicy
) -> VerifiedPayment:
    """Verify that `data` pays `request` in full; says nothing of revocation and time left.

    1. No larger than the request accepts, and a bundle in which everything holds.
    2. Some of its transfers are bound to the request; those pay its payee, and show every coin's chain.
    3. They were signed while the request was open, give or take the clock tolerance.
    4. No coin is spent twice in it.
    5. The payee's outputs add up to the amount, in no more coins and hops than the request accepts.

    Raises:
        Malformed, Unverified: with the rule that is broken as its code.
    """
    seen = walk(Bundle.decode(data, max_bytes=request.accepts.bundle_bytes), trust)
    paid: list[Coin] = []
    transfers: dict[bytes, Transfer] = {}
    spent: set[bytes] = set()
    for step in seen.steps:
        transfer, spend = step.transfer, step.spend
        if transfer is None or spend is None:
            continue
        final = transfer.request_id == request.id
        # An earlier transfer may also spend coins that are not handed on here: their chains are not shown.
        if step.fault is not None and (final or step.coin is not None):
            raise step.fault
        if step.fault is None and spend.coin_id in spent:
            raise Unverified("spent-twice", "two transfers of one payment spend one coin")
        spent.add(spend.coin_id)
        if final:
            check_binding(transfer, request, policy)
            transfers[transfer.signed.id] = transfer
            paid.append(step.outputs[0])
    whole = next((fault for fault in seen.faults if fault.code != "unknown-coin"), None)
    if whole is not None:
        raise whole
    if not transfers:
        raise Unverified("not-bound", "no transfer is bound to the request")
    amount_fen = sum(coin.value_fen for coin in paid)
    if amount_fen != request.amount_fen:
        raise Unverified("wrong-amount", f"pays {amount_fen} fen, requested were {request.amount_fen}")
    if len(paid) > request.accepts.coins:
        raise Unverified("too-many-coins", f"{len(paid)} coins, at most {request.accepts.coins} are accepted")
    if max(coin.hops for coin in paid) > request.accepts.hops:
        raise Unverified("hop-cap", f"more than {request.accepts.hops} changes of key")
    return VerifiedPayment(coins=tuple(paid), transfers=tuple(transfers.values()), seen=seen)


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
    """Why a verified payment is refused all the same: too little time to claim, a revoked signer."""
    if min(coin.claim_by_s for coin in payment.coins) - now_s < request.accepts.claim_time_s:
        return RefusalReason.TOO_LATE
    listed = trust.revocations
    if listed is None:
        return None
    if any(load.epoch in listed.epochs for load in payment.seen.loads):
        return RefusalReason.REVOKED
    for step in payment.seen.steps:
        if step.transfer is not None and trust.is_revoked(step.transfer.certificate):
            return RefusalReason.REVOKED
    return None
