"""Seeded bugs in wallets and in what they check: see `tests.protocol.mutations`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from shuangli import crypto
from shuangli.cose import Signed
from shuangli.errors import OutOfTurn, Unverified
from shuangli.messages.bundle import Bundle
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.notices import Acknowledgement
from shuangli.messages.session import PaymentRequest, Receipt
from shuangli.messages.transfers import Spend, Transfer
from shuangli.offline import chain, payee, payer, spending
from shuangli.offline.chain import Coin
from shuangli.offline.payee import PayeeSession, VerifiedPayment
from shuangli.offline.payer import Payer, PayerSession
from shuangli.offline.records import (
    PaymentReceived,
    PaymentSigned,
    RefusalKept,
    Turn,
)
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
from shuangli.wallet import purse as purse_module
from shuangli.wallet import wallet as wallet_module
from shuangli.wallet.handing_in import compose
from shuangli.wallet.purse import Purse
from shuangli.wallet.records import Acknowledged, Checkpoint, HandedIn, Loaded, Record
from shuangli.wallet.wallet import Wallet

Patch = AbstractContextManager[Any]


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

    def payer_receives(
        session: PayerSession, message: Message, *, payer: Payer, now_s: int
    ) -> Turn[PayerSession]:
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
        return replace(turn, messages=(Message(Kind.PAYMENT, sent),))

    return patch.object(wallet_module, "payer_receives", payer_receives)


def request_paid_again() -> Patch:
    """A request that was answered is paid once more, with other coins."""
    return patch.dict(PAYER, {(PayerState.SIGNED, Kind.REQUEST): PayerAction.PAY})


def receipt_for_another_payment() -> Patch:
    """The payer takes any receipt of its session for its own."""
    keep = payer._keep_answer

    def keep_answer(session: PayerSession, message: Message, *rest: Any) -> Turn[PayerSession]:
        try:
            return keep(session, message, *rest)
        except Unverified:
            if message.kind is not Kind.RECEIPT:
                raise
        (transfer_id,) = Receipt.parse(message.body).transfer_ids
        return keep(replace(session, transfer_id=transfer_id), message, *rest)

    return patch.object(payer, "_keep_answer", keep_answer)


def second_payer_is_taken_too() -> Patch:
    """A payee that has been paid takes another payment for the same request."""
    return patch.dict(PAYEE, {(PayeeState.RECEIVED, Kind.PAYMENT): PayeeAction.RECEIVE})


def repeat_is_judged_again() -> Patch:
    """A payee has forgotten what it has answered, and answers once more."""

    def no_answer(session: PayeeSession, named: bytes) -> Message | None:
        return None

    stack = both(
        patch.object(payee, "_answer_to", no_answer), patch.object(payee, "_answer_to_bytes", no_answer)
    )
    return stack


def repeat_is_stored_again() -> Patch:
    """The payee takes the coins of a repeated payment once more."""
    receives = payee.payee_receives

    def payee_receives(
        session: PayeeSession, message: Message, *, trust: Trust, policy: Any, **rest: Any
    ) -> Turn[PayeeSession]:
        turn = receives(session, message, trust=trust, policy=policy, **rest)
        if session.receipt is None or message.body != session.bundle:
            return turn
        again = payee.verify_payment(message.body, request=session.request, trust=trust, policy=policy)
        record = PaymentReceived(
            request_id=session.request.id, bundle=message.body, coins=again.coins, receipt=session.receipt
        )
        return replace(turn, records=(record,))

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


# --- the purse and its journal -------------------------------------------------------------------


def _applies(kind: type[Record], apply: Callable[[Purse, Any], None]) -> Patch:
    return patch.dict(purse_module._APPLY, {kind: apply})


def spent_coin_stays() -> Patch:
    """A coin that is paid with stays in the purse."""

    def payment_signed(purse: Purse, record: PaymentSigned) -> None:
        Purse._payment_signed(purse, record)
        purse._take(record.spent)

    return _applies(PaymentSigned, payment_signed)


@contextmanager
def refund_on_a_lost_receipt() -> Iterator[None]:
    """When a request is old, its payer without a receipt takes the coins back."""
    spent: dict[bytes, PaymentSigned] = {}
    forget = Purse.forget_before

    def payment_signed(purse: Purse, record: PaymentSigned) -> None:
        Purse._payment_signed(purse, record)
        spent[record.request.id] = record

    def forget_before(purse: Purse, time_s: int) -> None:
        for request_id, session in purse.paying.items():
            record = spent.get(request_id)
            late = session.state is PayerState.SIGNED and session.expires_at_s < time_s
            if record and late and all(coin.coin_id in purse.coins for coin in record.change):
                purse._give(record.change)
                purse._take(coin for coin in record.spent if coin.coin_id not in purse.coins)
        forget(purse, time_s)

    with _applies(PaymentSigned, payment_signed), patch.object(Purse, "forget_before", forget_before):
        yield


@contextmanager
def refund_on_a_refusal() -> Iterator[None]:
    """A payer whose payment is refused takes the coins back by itself."""
    spent: dict[bytes, PaymentSigned] = {}

    def payment_signed(purse: Purse, record: PaymentSigned) -> None:
        Purse._payment_signed(purse, record)
        spent[record.request.id] = record

    def refusal_kept(purse: Purse, record: RefusalKept) -> None:
        Purse._refusal_kept(purse, record)
        payment = spent[record.refusal.request_id]
        if all(coin.coin_id in purse.coins for coin in payment.change):
            purse._give(payment.change)
            purse._take(payment.spent)

    with _applies(PaymentSigned, payment_signed), _applies(RefusalKept, refusal_kept):
        yield


def old_load_is_taken_again() -> Patch:
    """An order stays open when its load has arrived."""

    def loaded(purse: Purse, record: Loaded) -> None:
        order = purse.orders.get(record.nonce)
        Purse._loaded(purse, record)
        if order is not None:
            purse.orders[order.nonce] = order

    return _applies(Loaded, loaded)


@contextmanager
def handed_in_before_written() -> Iterator[None]:
    """An upload is written down when it is answered, not before it leaves."""
    under_way: dict[bytes, HandedIn] = {}

    def hand_in(wallet: Wallet, *, now_s: int) -> bytes | None:
        record = compose(wallet.purse, key=wallet.key, certificate=wallet.certificate, now_s=now_s)
        if record is None:
            return None
        under_way[record.upload_id] = record
        return record.upload

    def acknowledge(wallet: Wallet, data: bytes, **_: Any) -> Acknowledgement:
        acknowledgement = Acknowledgement.parse(data)
        record = under_way.get(acknowledgement.upload_id)
        if record is None or any(coin.coin_id not in wallet.purse.coins for coin in record.coins):
            raise OutOfTurn("out-of-turn", "the acknowledgement answers no open upload")
        wallet._store(record, Acknowledged(acknowledgement=acknowledgement))
        return acknowledgement

    with patch.object(Wallet, "hand_in", hand_in), patch.object(Wallet, "acknowledge", acknowledge):
        yield


def uploads_forgotten() -> Patch:
    """A compacted journal does not say what is handed in and not answered."""
    whole = Purse.checkpoint

    def checkpoint(purse: Purse) -> Checkpoint:
        return replace(whole(purse), uploads=())

    return patch.object(Purse, "checkpoint", checkpoint)


@contextmanager
def both(*patches: Patch) -> Iterator[None]:
    first, *others = patches
    with first:
        if others:
            with both(*others):
                yield
        else:
            yield
