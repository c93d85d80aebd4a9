"""The journal's records as bytes: strict deterministic CBOR, one value, one encoding.

    [ version, kind, fields, other loads, other transfers ]

What was signed is stored as the signed bytes and read from them again, so a record never says anything
else than what it proves; coins are stored by where they come from (`wallet.stored_coins`). Kinds and
states are numbers and words of this format, not places in a list. Numbers are never used twice; a
change of fields is a new version with a reader of its own.

Signatures are not checked again: what is read here was verified when it was written, and comes from a
journal that is authenticated (`wallet.wallet_file`).
"""

from collections.abc import Mapping
from dataclasses import astuple
from typing import Any, Final

from shuangli import codec
from shuangli.errors import Malformed
from shuangli.messages.certificates import WalletCertificate
from shuangli.messages.fields import read_list
from shuangli.messages.loads import LoadOrder
from shuangli.messages.notices import Acknowledgement, RevocationList
from shuangli.messages.returns import Returned
from shuangli.offline.policy import Usage
from shuangli.wallet import stored_sessions
from shuangli.wallet.records import (
    Acknowledged,
    Checkpoint,
    HandedIn,
    Loaded,
    LoadOrdered,
    Opened,
    OrderRefused,
    Record,
    RevocationsKept,
    Synced,
    ValueReturned,
)
from shuangli.wallet.stored_coins import CoinReader, CoinWriter, TermsOf
from shuangli.wallet.stored_fields import (
    Format,
    one_object,
    read_bytes,
    read_fields,
    read_id,
    read_ids,
    read_int,
    read_optional,
)
from shuangli.wallet.stored_sessions import read_payee, read_payer, write_payee, write_payer

VERSION: Final = 1
MAX_RECORD_BYTES: Final = 256 * 1024 * 1024
"""Largest record: the checkpoint of a gate with a hundred thousand coins stays below."""


def encode_record(record: Record) -> bytes:
    """The one encoding of a record.

    Raises:
        Malformed: what should be a bundle is none.
    """
    form = _FORMATS[type(record)]
    coins = CoinWriter()
    fields = form.write(record, coins)
    return codec.encode_fields([VERSION, form.number, fields, *coins.others])


def decode_record(data: bytes, terms_of: TermsOf) -> Record:
    """Read a record; the terms of its coins come from `terms_of`, by the number of their epoch.

    Raises:
        Malformed: it is not a record of a version that this program knows.
        Unverified: the terms of an epoch are not known.
    """
    parts = codec.decode(data, max_bytes=MAX_RECORD_BYTES)
    if type(parts) is not list or len(parts) != 5:
        raise Malformed("shape", "a record is an array of 5 parts")
    version, number, fields, loads, transfers = parts
    if version != VERSION or type(version) is not int:
        raise Malformed("range", f"a record of version {version!r}; this program reads version {VERSION}")
    read = _READERS.get(number) if type(number) is int else None
    if read is None:
        raise Malformed("range", f"a record of the unknown kind {number!r}")
    return read(read_list(fields, "a record's fields"), CoinReader([loads, transfers], terms_of))


def _write_loaded(record: Loaded, coins: CoinWriter) -> list[object]:
    return [coins.load(record.load), record.nonce, coins.coins(record.coins)]


def _read_loaded(fields: list[Any], coins: CoinReader) -> Loaded:
    load, nonce, loaded = read_fields(fields, 3)
    return Loaded(load=coins.load(load), nonce=read_bytes(nonce), coins=coins.coins(loaded))


def _write_handed_in(record: HandedIn, coins: CoinWriter) -> list[object]:
    redemption = record.redemption
    return [
        coins.hand_in(record.upload),
        record.upload_id,
        None if redemption is None else coins.transfer(redemption.signed.data),
        coins.coins(record.coins),
        list(record.payments),
        list(record.refused),
        list(record.forked),
    ]


def _read_handed_in(fields: list[Any], coins: CoinReader) -> HandedIn:
    upload, upload_id, redemption, handed_in, payments, refused, forked = read_fields(fields, 7)
    return HandedIn(
        upload=coins.hand_in(read_bytes(upload)),
        upload_id=read_id(upload_id),
        redemption=None if redemption is None else coins.transfer(redemption),
        coins=coins.coins(handed_in),
        payments=read_ids(payments),
        refused=read_ids(refused),
        forked=read_ids(forked),
    )


def _write_checkpoint(record: Checkpoint, coins: CoinWriter) -> list[object]:
    """Sessions and uploads come first: most chains are in their bundles already."""
    certificate = record.certificate
    return [
        None if certificate is None else certificate.signed.data,
        [order.signed.data for order in record.orders],
        [[request_id, write_payer(session, coins)] for request_id, session in record.paying],
        [[request_id, write_payee(session, coins)] for request_id, session in record.asking],
        list(record.to_show),
        list(record.to_report),
        [_write_handed_in(upload, coins) for upload in record.uploads],
        coins.coins(record.coins),
        list(record.evidence),
        None if record.revocations is None else record.revocations.signed.data,
        list(astuple(record.usage)),
        record.returned_no,
    ]


def _read_checkpoint(fields: list[Any], coins: CoinReader) -> Checkpoint:
    certificate, orders, paying, asking, to_show, to_report, uploads, held, *rest = read_fields(fields, 12)
    evidence, revocations, usage, returned_no = rest
    payer_rows = [read_fields(row, 2) for row in read_list(paying, "payer's sessions")]
    payee_rows = [read_fields(row, 2) for row in read_list(asking, "payee's sessions")]
    return Checkpoint(
        certificate=read_optional(certificate, WalletCertificate.parse),
        orders=tuple([LoadOrder.parse(read_bytes(order)) for order in read_list(orders, "orders")]),
        paying=tuple([(read_id(request_id), read_payer(row, coins)) for request_id, row in payer_rows]),
        asking=tuple([(read_id(request_id), read_payee(row, coins)) for request_id, row in payee_rows]),
        to_show=read_ids(to_show),
        to_report=read_ids(to_report),
        uploads=tuple([_read_handed_in(row, coins) for row in read_list(uploads, "uploads")]),
        coins=coins.coins(held),
        evidence=tuple([read_bytes(data) for data in read_list(evidence, "evidence")]),
        revocations=read_optional(revocations, RevocationList.parse),
        usage=_read_usage(usage),
        returned_no=read_int(returned_no),
    )


def _read_usage(value: object) -> Usage:
    day, paid_today_fen, since_sync, since_pin, synced_at_s = map(read_int, read_fields(value, 5))
    return Usage(
        day=day,
        paid_today_fen=paid_today_fen,
        payments_since_sync=since_sync,
        payments_since_pin=since_pin,
        synced_at_s=synced_at_s,
    )


def _write_synced(record: Synced, _: CoinWriter) -> list[object]:
    return [record.at_s]


def _read_synced(fields: list[Any], _: CoinReader) -> Synced:
    (at_s,) = read_fields(fields, 1)
    return Synced(at_s=read_int(at_s))


def _write_order_refused(record: OrderRefused, _: CoinWriter) -> list[object]:
    return [record.nonce]


def _read_order_refused(fields: list[Any], _: CoinReader) -> OrderRefused:
    (nonce,) = read_fields(fields, 1)
    return OrderRefused(nonce=read_bytes(nonce))


_FORMATS: Final[Mapping[type, Format]] = {
    Checkpoint: Format(1, _write_checkpoint, _read_checkpoint),
    Opened: one_object(2, "certificate", WalletCertificate.parse, Opened),
    LoadOrdered: one_object(3, "order", LoadOrder.parse, LoadOrdered),
    Loaded: Format(4, _write_loaded, _read_loaded),
    HandedIn: Format(5, _write_handed_in, _read_handed_in),
    Acknowledged: one_object(6, "acknowledgement", Acknowledgement.parse, Acknowledged),
    Synced: Format(13, _write_synced, _read_synced),
    RevocationsKept: one_object(14, "listed", RevocationList.parse, RevocationsKept),
    OrderRefused: Format(15, _write_order_refused, _read_order_refused),
    ValueReturned: one_object(16, "notice", Returned.parse, ValueReturned),
    **stored_sessions.FORMATS,
}
_READERS: Final = {form.number: form.read for form in _FORMATS.values()}
