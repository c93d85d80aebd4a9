"""The messages of one payment between two devices, neither of which can reach an operator.

    payee -> payer   PaymentRequest   who asks for how much, until when, and what it accepts
    payer -> payee   Bundle           the transfers bound to the request, with their coins' chains
    payee -> payer   Receipt          or Refusal, naming the transfers

The bundle has its own module.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Self

from shuangli import codec, cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.errors import Malformed
from shuangli.messages.certificates import MAX_SPAN_S, WalletCertificate, read_certificate
from shuangli.messages.conditions import check_purposes
from shuangli.messages.fields import (
    MAX_NAME,
    NONCE_BYTES,
    check_amount,
    check_bytes,
    check_count,
    check_currency,
    check_id,
    check_ids,
    check_text,
    check_time,
    read_array,
    read_choice,
    read_list,
    require,
)
from shuangli.messages.transfers import MAX_COINS

MAX_PAYMENT_BYTES: Final = codec.MAX_BYTES // 2
"""Largest payment that a payee may accept: what it arrives in is a little larger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepts:
    """What a payee accepts: chain length in changes of key, size, and how much time must remain.

    `purposes` are those of conditional value that it knows, in rising order; most payees know none.
    """

    hops: int
    bundle_bytes: int
    coins: int
    claim_time_s: int
    list_age_s: int
    purposes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_count(self.hops, 64, "hops")
        check_count(self.bundle_bytes, MAX_PAYMENT_BYTES, "bytes")
        check_count(self.coins, MAX_COINS, "coins")
        check_count(self.claim_time_s, MAX_SPAN_S, "time to claim")
        check_count(self.list_age_s, MAX_SPAN_S, "age of the revocation list")
        check_purposes(self.purposes)

    @property
    def fields(self) -> list[Any]:
        """As it stands in a request; purposes only where there are some."""
        known = [list(self.purposes)] if self.purposes else []
        return [self.hops, self.bundle_bytes, self.coins, self.claim_time_s, self.list_age_s, *known]

    @classmethod
    def read(cls, value: object) -> Self:
        """Read what a request accepts.

        Raises:
            Malformed: it is something else.
        """
        if type(value) is not list or len(value) not in (5, 6):
            raise Malformed("shape", "what a request accepts is an array of 5 fields, or 6")
        hops, bundle_bytes, coins, claim_time_s, list_age_s = value[:5]
        purposes = tuple(read_list(value[5], "purposes")) if len(value) == 6 else ()
        require(len(value) == 5 or purposes != (), "shape", "where purposes stand, there is one at least")
        return cls(
            hops=hops,
            bundle_bytes=bundle_bytes,
            coins=coins,
            claim_time_s=claim_time_s,
            list_age_s=list_age_s,
            purposes=purposes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """A payee's signed request: the payer signs its id, so a payment answers one request only."""

    network: str
    currency: str
    amount_fen: int
    certificate: WalletCertificate
    nonce: bytes
    made_at_s: int
    expires_at_s: int
    accepts: Accepts
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_currency(self.currency)
        check_amount(self.amount_fen, "amount")
        check_bytes(self.nonce, NONCE_BYTES, "nonce")
        check_time(self.made_at_s, "time")
        check_time(self.expires_at_s, "expiry")
        require(self.made_at_s < self.expires_at_s, "range", "a request expires after it is made")

    @property
    def id(self) -> bytes:
        """The request's id, which the payer's transfers carry."""
        return self.signed.id

    @property
    def payee(self) -> bytes:
        """The key that is to be paid."""
        return self.certificate.claims.key

    @classmethod
    def sign(
        cls,
        key: Signer,
        *,
        network: str,
        currency: str,
        amount_fen: int,
        certificate: WalletCertificate,
        nonce: bytes,
        made_at_s: int,
        expires_at_s: int,
        accepts: Accepts,
    ) -> Self:
        """Sign a request; the payee stores it before showing it."""
        fields = [
            network,
            currency,
            amount_fen,
            certificate.signed.data,
            nonce,
            made_at_s,
            expires_at_s,
            accepts.fields,
        ]
        signed = cose.sign(key, Domain.REQUEST, codec.encode_fields(fields))
        return cls(
            network=network,
            currency=currency,
            amount_fen=amount_fen,
            certificate=certificate,
            nonce=nonce,
            made_at_s=made_at_s,
            expires_at_s=expires_at_s,
            accepts=accepts,
            signed=signed,
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received request; neither its signature nor its certificate is verified yet."""
        signed = cose.parse(data, Domain.REQUEST)
        fields = read_array(signed.payload, 8, "request")
        network, currency, amount_fen, certificate, nonce, made_at_s, expires_at_s, accepts = fields
        return cls(
            network=network,
            currency=currency,
            amount_fen=amount_fen,
            certificate=read_certificate(certificate),
            nonce=nonce,
            made_at_s=made_at_s,
            expires_at_s=expires_at_s,
            accepts=Accepts.read(accepts),
            signed=signed,
        )


class RefusalReason(IntEnum):
    """Why a payee refuses a payment; the numbers go over the wire and are never used twice."""

    INVALID = 1
    REVOKED = 2
    TOO_LATE = 3
    REQUEST_PAID = 4
    FORKED = 5
    OVER_LIMIT = 6
    CONDITION = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The payee's signed word that it holds the outputs of these transfers."""

    request_id: bytes
    transfer_ids: tuple[bytes, ...]
    received_at_s: int
    signed: Signed

    def __post_init__(self) -> None:
        check_id(self.request_id, "request id")
        check_ids(self.transfer_ids, MAX_COINS, "transfer ids")
        check_time(self.received_at_s, "time")

    @classmethod
    def sign(
        cls, key: Signer, *, request_id: bytes, transfer_ids: Sequence[bytes], received_at_s: int
    ) -> Self:
        """Sign a receipt; the payee has stored the payment before."""
        fields: list[Any] = [request_id, list(transfer_ids), received_at_s]
        signed = cose.sign(key, Domain.RECEIPT, codec.encode_fields(fields))
        return cls._build(fields, signed)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received receipt; its signature is not yet verified."""
        signed = cose.parse(data, Domain.RECEIPT)
        return cls._build(read_array(signed.payload, 3, "receipt"), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        request_id, transfer_ids, received_at_s = fields
        return cls(
            request_id=request_id,
            transfer_ids=tuple(read_list(transfer_ids, "transfer ids")),
            received_at_s=received_at_s,
            signed=signed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The payee's signed word not to claim these transfers; claiming them is evidence against it."""

    request_id: bytes
    transfer_ids: tuple[bytes, ...]
    refused_at_s: int
    reason: RefusalReason
    signed: Signed

    def __post_init__(self) -> None:
        check_id(self.request_id, "request id")
        check_ids(self.transfer_ids, MAX_COINS, "transfer ids")
        check_time(self.refused_at_s, "time")

    @classmethod
    def sign(
        cls,
        key: Signer,
        *,
        request_id: bytes,
        transfer_ids: Sequence[bytes],
        refused_at_s: int,
        reason: RefusalReason,
    ) -> Self:
        """Sign a refusal."""
        fields: list[Any] = [request_id, list(transfer_ids), refused_at_s, int(reason)]
        signed = cose.sign(key, Domain.REFUSAL, codec.encode_fields(fields))
        return cls._build(fields, signed)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received refusal; its signature is not yet verified."""
        signed = cose.parse(data, Domain.REFUSAL)
        return cls._build(read_array(signed.payload, 4, "refusal"), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        request_id, transfer_ids, refused_at_s, reason = fields
        return cls(
            request_id=request_id,
            transfer_ids=tuple(read_list(transfer_ids, "transfer ids")),
            refused_at_s=refused_at_s,
            reason=read_choice(RefusalReason, reason, "reason"),
            signed=signed,
        )
