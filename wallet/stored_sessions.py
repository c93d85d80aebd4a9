"""Sessions and their records as fields of a stored record, both ways (`wallet.record_codec`)."""

from collections.abc import Mapping
from typing import Any, Final

from shuangli.messages.fields import read_list
from shuangli.messages.session import PaymentRequest, Receipt, Refusal
from shuangli.offline.payee import PayeeSession
from shuangli.offline.payer import PayerSession
from shuangli.offline.records import (
    PaymentReceived,
    PaymentRefused,
    PaymentSigned,
    ReceiptKept,
    RefusalKept,
    RequestMade,
)
from shuangli.offline.states import Kind, Message, PayeeState, PayerState
from shuangli.wallet.stored_coins import CoinReader, CoinWriter
from shuangli.wallet.stored_fields import (
    Format,
    one_object,
    read_bytes,
    read_fields,
    read_flag,
    read_id,
    read_int,
    read_optional,
    read_word,
)

_PAYER_STATES: Final = {state.value: state for state in PayerState}
_PAYEE_STATES: Final = {state.value: state for state in PayeeState}


def write_payer(session: PayerSession, coins: CoinWriter) -> list[object]:
    """A payer's session as it is stored."""
    payment = session.payment
    return [
        session.state.value,
        session.request_id,
        session.payee,
        session.amount_fen,
        session.expires_at_s,
        None if payment is None else coins.bundle(payment.body),
        session.transfer_id,
        session.coins,
        session.hops,
        session.answer,
        session.returned_fen,
    ]


def read_payer(value: object, coins: CoinReader) -> PayerSession:
    """A payer's session from what `write_payer` gave."""
    state, request_id, payee, amount_fen, expires_at_s, payment, *rest = read_fields(value, 11)
    transfer_id, count, hops, answer, returned_fen = rest
    bundle = read_optional(payment, coins.bundle)
    return PayerSession(
        state=read_word(_PAYER_STATES, state),
        request_id=read_bytes(request_id),
        payee=read_bytes(payee),
        amount_fen=read_int(amount_fen),
        expires_at_s=read_int(expires_at_s),
        payment=None if bundle is None else Message(Kind.PAYMENT, bundle),
        transfer_id=read_bytes(transfer_id),
        coins=read_int(count),
        hops=read_int(hops),
        answer=read_bytes(answer),
        returned_fen=read_int(returned_fen),
    )


def write_payee(session: PayeeSession, coins: CoinWriter) -> list[object]:
    """A payee's session as it is stored."""
    receipt = session.receipt
    return [
        session.request.signed.data,
        session.state.value,
        None if receipt is None else [coins.bundle(session.bundle), receipt.signed.data],
        [_write_payment_refused(refused, coins) for refused in session.refused],
    ]


def read_payee(value: object, coins: CoinReader) -> PayeeSession:
    """A payee's session from what `write_payee` gave."""
    request, state, received, refused = read_fields(value, 4)
    bundle, receipt = (b"", None) if received is None else read_fields(received, 2)
    return PayeeSession(
        request=PaymentRequest.parse(read_bytes(request)),
        state=read_word(_PAYEE_STATES, state),
        bundle=b"" if receipt is None else coins.bundle(read_bytes(bundle)),
        receipt=read_optional(receipt, Receipt.parse),
        refused=tuple(
            [_read_payment_refused(read_fields(row, 4), coins) for row in read_list(refused, "refused")]
        ),
    )


def _write_payment_signed(record: PaymentSigned, coins: CoinWriter) -> list[object]:
    return [
        record.request.signed.data,
        record.pin,
        coins.bundle(record.bundle),
        coins.transfer(record.transfer.signed.data),
        coins.coins(record.spent),
        coins.coins(record.change),
    ]


def _read_payment_signed(fields: list[Any], coins: CoinReader) -> PaymentSigned:
    request, pin, bundle, transfer, spent, change = read_fields(fields, 6)
    return PaymentSigned(
        request=PaymentRequest.parse(read_bytes(request)),
        pin=read_flag(pin),
        bundle=coins.bundle(read_bytes(bundle)),
        transfer=coins.transfer(transfer),
        spent=coins.coins(spent),
        change=coins.coins(change),
    )


def _write_payment_received(record: PaymentReceived, coins: CoinWriter) -> list[object]:
    bundle = coins.bundle(record.bundle)
    return [record.request_id, bundle, coins.coins(record.coins), record.receipt.signed.data]


def _read_payment_received(fields: list[Any], coins: CoinReader) -> PaymentReceived:
    request_id, bundle, received, receipt = read_fields(fields, 4)
    return PaymentReceived(
        request_id=read_id(request_id),
        bundle=coins.bundle(read_bytes(bundle)),
        coins=coins.coins(received),
        receipt=Receipt.parse(read_bytes(receipt)),
    )


def _write_payment_refused(record: PaymentRefused, _: CoinWriter) -> list[object]:
    return [record.request_id, record.bundle, record.refusal.signed.data, record.evidence]


def _read_payment_refused(fields: list[Any], _: CoinReader) -> PaymentRefused:
    request_id, bundle, refusal, evidence = read_fields(fields, 4)
    return PaymentRefused(
        request_id=read_id(request_id),
        bundle=read_bytes(bundle),
        refusal=Refusal.parse(read_bytes(refusal)),
        evidence=read_bytes(evidence),
    )


FORMATS: Final[Mapping[type, Format]] = {
    RequestMade: one_object(7, "request", PaymentRequest.parse, RequestMade),
    PaymentSigned: Format(8, _write_payment_signed, _read_payment_signed),
    PaymentReceived: Format(9, _write_payment_received, _read_payment_received),
    PaymentRefused: Format(10, _write_payment_refused, _read_payment_refused),
    ReceiptKept: one_object(11, "receipt", Receipt.parse, ReceiptKept),
    RefusalKept: one_object(12, "refusal", Refusal.parse, RefusalKept),
}
"""The records of sessions; the numbers up to 6 and from 13 are the wallet's own."""
