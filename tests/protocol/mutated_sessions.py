"""Seeded bugs in sessions, and in how a payment's chains are checked: see `tests.protocol.mutations`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from shuangli import crypto
from shuangli.cose import Signed
from shuangli.errors import Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.session import PaymentRequest, Receipt
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline import chain, payee, payer, spending
from shuangli.offline.chain import Coin
from shuangli.offline.payee import PayeeSession, VerifiedPayment
from shuangli.offline.payer import Payer, PayerSession
from shuangli.offline.records import PaymentReceived, Turn
from shuangli.offline.states import (
    PAYEE,
    PAYER,
    Kind,
    Message,
    PayeeAction,
    PayeeState,
    PayerAction,
    PayerState,
)
from shuangli.offline.trust import Trust
from shuangli.wallet import wallet as wallet_module
from shuangli.wallet.records import Record
from shuangli.wallet.wallet import Wallet

Patch = AbstractContextManager[Any]


@contextmanager
def both(*patches: Patch) -> Iterator[None]:
    """Several patches at once."""
    with ExitStack() as stack:
        for each in patches:
            stack.enter_context(each)
        yield


# --- the session ---------------------------------------------------------------------------------


def request_not_under_the_signature() -> Patch:
    """The payee does not look which request a transfer was signed for."""
    verify = payee.verify_payment

    def verify_payment(data: bytes, *, request: PaymentRequest, **trusted: Any) -> VerifiedPayment:
        try:
            return verify(data, request=request, **trusted)
        except Unverified as fault:
            if fault.code != "not-bound":
                raise
        bound_to = Transfer.parse(Bundle.decode(data).transfers[-1]).request_id
        return verify(data, request=_renamed(request, bound_to), **trusted)

    return patch.object(payee, "verify_payment", verify_payment)


def _renamed(request: PaymentRequest, request_id: bytes) -> PaymentRequest:
    signed = request.signed
    other = Signed(
        data=signed.data, domain=signed.domain, payload_start=len(signed.data) - len(signed.payload)
    )
    other.id = request_id
    return replace(request, signed=other)


@contextmanager
def sent_before_written() -> Iterator[None]:
    """What a wallet says is written with the next thing it writes."""
    waiting: dict[int, list[Record]] = {}

    def store(wallet: Wallet, *records: Record) -> None:
        late = waiting.pop(id(wallet._journal), [])
        if records:
            wallet._journal.append([*late])
            waiting[id(wallet._journal)] = [*records]
        for record in records:
            wallet.purse.apply(record)

    with patch.object(Wallet, "_store", store):
        yield


def signed_again_on_resend() -> Patch:
    """A resend is signed afresh, with the time of day."""
    receives = payer.payer_receives

    def payer_receives(session: PayerSession, message: Message, *, payer: Payer, now_s: int) -> Turn:
        turn = receives(session, message, payer=payer, now_s=now_s)
        if session.state is PayerState.IDLE or session.payment is None or not turn.messages:
            return turn
        stored = Bundle.decode(session.payment.body)
        old = Transfer.parse(stored.transfers[-1])
        fresh = Transfer.sign(
            payer.key,
            request_id=old.request_id,
            certificate=old.certificate,
            signed_at_s=now_s,
            claim_by_s=max(now_s, old.claim_by_s),
            payee=old.payee,
            spends=old.spends,
        )
        sent = Bundle(loads=stored.loads, transfers=(*stored.transfers[:-1], fresh.signed.data)).encode()
        return turn._replace(messages=(Message(Kind.PAYMENT, sent),))

    return patch.object(wallet_module, "payer_receives", payer_receives)


def request_paid_again() -> Patch:
    """A request that was answered is paid once more, with other coins."""
    return patch.dict(PAYER, {(PayerState.SIGNED, Kind.REQUEST): PayerAction.PAY})


def receipt_for_another_payment() -> Patch:
    """The payer takes any receipt of its session for its own."""
    keep = payer._keep_answer

    def keep_answer(session: PayerSession, message: Message, *rest: Any) -> Turn:
        try:
            return keep(session, message, *rest)
        except Unverified:
            if message.kind is not Kind.RECEIPT:
                raise
        (transfer_id,) = Receipt.parse(message.body).transfer_ids
        return keep(session._replace(transfer_id=transfer_id), message, *rest)

    return patch.object(payer, "_keep_answer", keep_answer)


def second_payer_is_taken_too() -> Patch:
    """A payee that has been paid takes another payment for the same request."""
    return patch.dict(PAYEE, {(PayeeState.RECEIVED, Kind.PAYMENT): PayeeAction.RECEIVE})


def repeat_is_judged_again() -> Patch:
    """A payee has forgotten what it has answered, and answers once more."""

    def no_answer(session: PayeeSession, named: bytes) -> Message | None:
        return None

    return both(
        patch.object(payee, "_answer_to", no_answer), patch.object(payee, "_answer_to_bytes", no_answer)
    )


def repeat_is_stored_again() -> Patch:
    """The payee takes the coins of a repeated payment once more."""
    receives = payee.payee_receives

    def payee_receives(
        session: PayeeSession, message: Message, *, trust: Trust, policy: Any, **rest: Any
    ) -> Turn:
        turn = receives(session, message, trust=trust, policy=policy, **rest)
        if session.receipt is None or message.body != session.bundle:
            return turn
        again = payee.verify_payment(message.body, request=session.request, trust=trust, policy=policy)
        record = PaymentReceived(
            request_id=session.request.id, bundle=message.body, coins=again.coins, receipt=session.receipt
        )
        return turn._replace(records=(record,))

    return patch.object(wallet_module, "payee_receives", payee_receives)


# --- chains --------------------------------------------------------------------------------------


def _without(*codes: str) -> Patch:
    """Chains are checked, but for some rules."""
    check = spending.check_spend

    def check_spend(transfer: Transfer, spend: Spend, coin: Coin) -> None:
        try:
            check(transfer, spend, coin)
        except Unverified as fault:
            if fault.code not in codes:
                raise

    return patch.object(chain, "check_spend", check_spend)


def owner_not_checked() -> Patch:
    """Whoever has a certificate may spend a coin that it shows."""
    return _without("not-owner")


def not_conserved() -> Patch:
    """The outputs of a coin need not add up to it."""
    return _without("not-conserved")


def received_coin_passed_on() -> Patch:
    """A received coin may be paid with at once, and any number of times."""
    return _without("hop-cap", "staged")


def change_to_the_payee() -> Patch:
    """Change goes with the payment."""
    outputs_of = chain.spend_outputs

    def spend_outputs(transfer: Transfer, spend: Spend, coin: Coin) -> tuple[Coin, ...]:
        paid, *change = outputs_of(transfer, spend, coin)
        return (paid, *(output._replace(owner=transfer.payee) for output in change))

    return both(
        patch.object(chain, "spend_outputs", spend_outputs),
        patch.object(payer, "spend_outputs", spend_outputs),
    )


def certificate_not_checked() -> Patch:
    """A certificate is believed that names a known operator."""

    def operator_of(trust: Trust, certificate: WalletCertificate) -> Any:
        for operator in trust._operators:
            if operator.claims.subject == certificate.claims.issuer:
                return operator
        raise Unverified("unknown-signer", certificate.claims.issuer)

    return patch.object(Trust, "operator_of", operator_of)


def id_over_the_signature() -> Patch:
    """What names a transfer changes with its signature, not only with its content."""
    make = Signed.__init__

    def make_with_another_id(signed: Signed, **fields: Any) -> None:
        make(signed, **fields)
        signed.id = crypto.sha256(signed.data)

    return patch.object(Signed, "__init__", make_with_another_id)
