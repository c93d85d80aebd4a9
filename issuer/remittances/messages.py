"""A payment online from a wallet of one operator to a wallet of another: the order, and the answer to it.

The payer's operator signs the order once it has taken the money out of the payer's account; so whoever has
it can prove who owes. The payee's operator signs whether it takes the payment, or why not; so the payer's
can prove that it was taken. What becomes of it, the centre decides (`desk.py`).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Self

from shuangli import codec, cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.messages.fields import (
    MAX_NAME,
    NONCE_BYTES,
    check_amount,
    check_bytes,
    check_id,
    check_key,
    check_text,
    check_time,
    read_array,
    read_choice,
    require,
)
from shuangli.naming import word_for

MAX_NOTE_BYTES: Final = 560
"""140 characters in UTF-8."""


class Verdict(IntEnum):
    """What becomes of a remittance, as numbered in answers; all but the first name why it is given back."""

    PAID = 0
    UNKNOWN_WALLET = 1
    FROZEN = 2
    OVER_LIMIT = 3
    TOO_LATE = 4
    RESERVES_SHORT = 5
    NOT_ADMITTED = 6

    @property
    def reason(self) -> str:
        """The error code that says why it is given back; empty if it is paid."""
        return "" if self is Verdict.PAID else word_for(self)


CENTRE_ONLY: Final = frozenset((Verdict.TOO_LATE, Verdict.RESERVES_SHORT, Verdict.NOT_ADMITTED))
"""Verdicts that no operator answers with: the centre finds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remittance:
    """So much is to be paid to a wallet of another operator, if that one takes it before `expires_at_s`.

    Attributes:
        operator, payee_operator: the payer's operator, which signs, and the payee's
        payer, payee: the keys of their wallets
        note: what the payer says to the payee, UTF-8
        nonce: 16 bytes that nobody can guess: so the id says nothing to who has not got the order
    """

    network: str
    operator: str
    payee_operator: str
    payer: bytes
    payee: bytes
    amount_fen: int
    note: bytes
    nonce: bytes
    ordered_at_s: int
    expires_at_s: int
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_text(self.operator, MAX_NAME, "operator")
        check_text(self.payee_operator, MAX_NAME, "the payee's operator")
        require(self.operator != self.payee_operator, "range", "payer and payee have one operator")
        check_key(self.payer, "payer")
        check_key(self.payee, "payee")
        check_amount(self.amount_fen, "amount")
        fits = type(self.note) is bytes and len(self.note) <= MAX_NOTE_BYTES
        require(fits and _is_text(self.note), "shape", f"the note is not UTF-8 of {MAX_NOTE_BYTES} bytes")
        check_bytes(self.nonce, NONCE_BYTES, "nonce")
        check_time(self.ordered_at_s, "time")
        check_time(self.expires_at_s, "end")
        require(self.ordered_at_s < self.expires_at_s, "range", "the order ends before it begins")

    @classmethod
    def sign(
        cls,
        operator_key: Signer,
        *,
        network: str,
        operator: str,
        payee_operator: str,
        payer: bytes,
        payee: bytes,
        amount_fen: int,
        note: bytes,
        nonce: bytes,
        ordered_at_s: int,
        expires_at_s: int,
    ) -> Self:
        """Sign an order."""
        fields: list[Any] = [
            *(network, operator, payee_operator, payer, payee, amount_fen, note, nonce),
            *(ordered_at_s, expires_at_s),
        ]
        return cls._build(fields, cose.sign(operator_key, Domain.REMITTANCE, codec.encode_fields(fields)))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received order; its signature is not yet verified.

        Raises:
            Malformed: it is something else.
        """
        signed = cose.parse(data, Domain.REMITTANCE)
        return cls._build(read_array(signed.payload, 10, "remittance"), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        names = [name for name in cls.__dataclass_fields__ if name != "signed"]
        return cls(**dict(zip(names, fields, strict=True)), signed=signed)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceAnswer:
    """What the payee's operator says to an order, which its id names."""

    network: str
    operator: str
    order_id: bytes
    verdict: Verdict
    answered_at_s: int
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_text(self.operator, MAX_NAME, "operator")
        check_id(self.order_id, "id of the order")
        require(self.verdict not in CENTRE_ONLY, "range", "only the centre finds this verdict")
        check_time(self.answered_at_s, "time")

    @classmethod
    def sign(
        cls,
        operator_key: Signer,
        *,
        network: str,
        operator: str,
        order_id: bytes,
        verdict: Verdict,
        answered_at_s: int,
    ) -> Self:
        """Sign an answer."""
        fields: list[Any] = [network, operator, order_id, int(verdict), answered_at_s]
        signed = cose.sign(operator_key, Domain.REMITTANCE_ANSWER, codec.encode_fields(fields))
        return cls._build(fields, signed)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received answer; its signature is not yet verified.

        Raises:
            Malformed: it is something else.
        """
        signed = cose.parse(data, Domain.REMITTANCE_ANSWER)
        return cls._build(read_array(signed.payload, 5, "remittance answer"), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        network, operator, order_id, verdict, answered_at_s = fields
        return cls(
            network=network,
            operator=operator,
            order_id=order_id,
            verdict=read_choice(Verdict, verdict, "verdict"),
            answered_at_s=answered_at_s,
            signed=signed,
        )


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
