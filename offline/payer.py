"""The payer's side of a payment: verify the request, spend coins, keep the receipt. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from shuangli.cose import Domain, parse
from shuangli.crypto import Signer
from shuangli.errors import OutOfTurn, Refused, Unverified
from shuangli.messages.certificates import Mode, WalletCertificate
from shuangli.messages.session import Accepts, PaymentRequest, Receipt, Refusal
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline.chain import Coin, chains, spend_outputs
from shuangli.offline.policy import PayerPolicy
from shuangli.offline.records import PaymentSigned, ReceiptKept, RefusalKept, Turn
from shuangli.offline.states import PAYER, Kind, Message, PayerAction, PayerState
from shuangli.offline.trust import Trust

Choose = Callable[[Sequence[Coin], int], Sequence[tuple[Coin, int]]]
"""Chooses coins for an amount: (spendable coins, amount_fen) -> (coin, fen paid from it); see `wallet.choice`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerSession:
    """One payment: what it answers, the stored bytes that every resend repeats, and the payee's answer."""

    state: PayerState = PayerState.IDLE
    request_id: bytes = b""
    payee: bytes = b""
    amount_fen: int = 0
    expires_at_s: int = 0
    payment: Message | None = None
    transfer_id: bytes = b""
    answer: bytes = b""


IDLE: Final = PayerSession()
"""No payment yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """What the payer's side needs to know of its device: key, certificate, coins, rules."""

    key: Signer
    certificate: WalletCertificate
    coins: Sequence[Coin]
    choose: Choose
    trust: Trust
    policy: PayerPolicy


def payer_receives(
    session: PayerSession, message: Message, *, payer: Payer, now_s: int
) -> Turn[PayerSession]:
    """Answer one message of the payee.

    Raises:
        OutOfTurn: the table has no action for it, or it belongs to another session.
        Malformed, Unverified: it does not hold; nothing has changed.
        Refused: the request is in order, but this device may not or cannot pay it.
    """
    action = PAYER.get((session.state, message.kind))
    if action is None:
        raise OutOfTurn("out-of-turn", f"a {message.kind.name.lower()} while {session.state.value}")
    if action is PayerAction.PAY:
        request = verify_request(message.body, trust=payer.trust, policy=payer.policy, now_s=now_s)
        return _pay(request, payer=payer, now_s=now_s)
    if action is PayerAction.RESEND and session.payment is not None:
        if parse(message.body, Domain.REQUEST).id != session.request_id:
            raise OutOfTurn("out-of-turn", "this session answers another request")
        return Turn(session=session, records=(), messages=(session.payment,))
    if action is PayerAction.IGNORE:
        return Turn(session=session, records=(), messages=())
    return _keep_answer(session, message, action, payer.trust)


def verify_request(data: bytes, *, trust: Trust, policy: PayerPolicy, now_s: int) -> PaymentRequest:
    """Verify a request before showing it to the person or paying it.

    1. Its payee is certified, not revoked, and its certificate is valid now.
    2. The payee signed it, for this network.
    3. It is open now, give or take the clock tolerance.

    Raises:
        Malformed, Unverified: it does not hold.
        Refused: it has expired or lies in the future (`request-expired`), its payee is `revoked`, or
            the amount is `over-limit`.
    """
    request = PaymentRequest.parse(data)
    certificate = trust.wallet_certificate(request.certificate)
    if not certificate.claims.valid_at(now_s):
        raise Unverified("certificate-time", "the payee's certificate is not valid now")
    if trust.is_revoked(certificate):
        raise Refused("revoked", "the payee has been revoked")
    trust.verifier.check_once(request.signed, request.payee, "request")
    if request.network != trust.network:
        raise Unverified(
            "wrong-network", f"the request is for network {request.network}, not {trust.network}"
        )
    tolerance_s = policy.clock_tolerance_s
    if not request.made_at_s - tolerance_s <= now_s < request.expires_at_s + tolerance_s:
        raise Refused("request-expired")
    if request.amount_fen > policy.payment_limit_fen:
        over_fen = request.amount_fen - policy.payment_limit_fen
        raise Refused(
            "over-limit", f"{over_fen} fen over the limit of {policy.payment_limit_fen} fen a payment"
        )
    return request


def spendable(coins: Sequence[Coin], *, currency: str, accepts: Accepts, now_s: int) -> list[Coin]:
    """The coins that may be paid with now and that the payee accepts."""
    return [
        coin
        for coin in coins
        if coin.load.currency == currency
        and coin.hops < min(coin.terms.hop_cap, accepts.hops)
        and (coin.hops == 0 or coin.terms.mode is Mode.TRANSFERABLE)
        and min(coin.claim_by_s, now_s + coin.terms.claim_window_s) - now_s > accepts.claim_time_s
        and now_s < coin.load.expires_at_s
    ]


def _pay(request: PaymentRequest, *, payer: Payer, now_s: int) -> Turn[PayerSession]:
    accepts = request.accepts
    if request.payee == payer.key.public:
        raise Refused("own-request")
    if not payer.certificate.claims.valid_at(now_s):
        raise Refused("certificate-expired")
    coins = spendable(payer.coins, currency=request.currency, accepts=accepts, now_s=now_s)
    chosen = payer.choose(coins, request.amount_fen)
    if len(chosen) > accepts.coins:
        raise Refused("too-many-coins", f"needs {len(chosen)} coins, the payee accepts {accepts.coins}")
    # Times never decrease along a chain, even if this device's clock went back a little.
    signed_at_s = max(now_s, *(coin.since_s for coin, _ in chosen))
    transfer = Transfer.sign(
        payer.key,
        request_id=request.id,
        certificate=payer.certificate,
        signed_at_s=signed_at_s,
        claim_by_s=min(min(coin.claim_by_s, signed_at_s + coin.terms.claim_window_s) for coin, _ in chosen),
        payee=request.payee,
        spends=[Spend(coin.coin_id, pay_fen, coin.value_fen - pay_fen) for coin, pay_fen in chosen],
    )
    spent = tuple(coin for coin, _ in chosen)
    ancestry = chains(spent)
    bundle = replace(ancestry, transfers=(*ancestry.transfers, transfer.signed.data)).encode()
    if len(bundle) > accepts.bundle_bytes:
        raise Refused(
            "too-many-coins", f"needs {len(bundle)} bytes, the payee accepts {accepts.bundle_bytes}"
        )
    outputs = [
        spend_outputs(transfer, spend, coin) for spend, coin in zip(transfer.spends, spent, strict=True)
    ]
    record = PaymentSigned(
        request=request,
        bundle=bundle,
        transfer=transfer,
        spent=spent,
        change=tuple(coin for pair in outputs for coin in pair[1:]),
    )
    signed = signed_session(record)
    return Turn(session=signed, records=(record,), messages=(Message(Kind.PAYMENT, bundle),))


def signed_session(record: PaymentSigned) -> PayerSession:
    """The session that a signed payment leaves behind, now or when the journal is replayed."""
    return PayerSession(
        state=PayerState.SIGNED,
        request_id=record.request.id,
        payee=record.request.payee,
        amount_fen=record.request.amount_fen,
        expires_at_s=record.request.expires_at_s,
        payment=Message(Kind.PAYMENT, record.bundle),
        transfer_id=record.transfer.signed.id,
    )


def answered_session(session: PayerSession, record: ReceiptKept | RefusalKept) -> PayerSession:
    """The session after the payee's answer, now or when the journal is replayed."""
    if isinstance(record, ReceiptKept):
        return replace(session, state=PayerState.PAID, answer=record.receipt.signed.data)
    return replace(session, state=PayerState.REFUSED, answer=record.refusal.signed.data)


def _keep_answer(
    session: PayerSession, message: Message, action: PayerAction, trust: Trust
) -> Turn[PayerSession]:
    keeps_receipt = action is PayerAction.KEEP_RECEIPT
    answer = Receipt.parse(message.body) if keeps_receipt else Refusal.parse(message.body)
    if answer.request_id != session.request_id or answer.transfer_ids != (session.transfer_id,):
        raise Unverified("not-bound", "the answer is for another payment")
    trust.verifier.check_once(answer.signed, session.payee, "payee's answer")
    record = ReceiptKept(receipt=answer) if isinstance(answer, Receipt) else RefusalKept(refusal=answer)
    return Turn(session=answered_session(session, record), records=(record,), messages=())
