"""When unclaimed value goes back, and that it has: what operators say of it.

A *watermark* lets the centre return what nobody has claimed in time: only what every operator has passed
on can be known to be missing. *Returned* tells a wallet that a coin of its, or a payment that it made,
was never claimed and has been credited to its holder's account.
"""

from dataclasses import dataclass
from typing import Any, Self

from shuangli import codec, cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.messages.fields import (
    MAX_NAME,
    check_amount,
    check_count,
    check_id,
    check_key,
    check_text,
    check_time,
    read_array,
)
from shuangli.money import MAX_FEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """An operator's word that it has passed on everything that it received up to `up_to_s`, inclusive."""

    network: str
    operator: str
    up_to_s: int
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_text(self.operator, MAX_NAME, "operator")
        check_time(self.up_to_s, "time")

    @classmethod
    def sign(cls, operator_key: Signer, *, network: str, operator: str, up_to_s: int) -> Self:
        """Sign a watermark; whatever comes in later is received after it."""
        fields: list[Any] = [network, operator, up_to_s]
        return cls._build(fields, cose.sign(operator_key, Domain.WATERMARK, codec.encode_fields(fields)))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received watermark; its signature is not yet verified."""
        signed = cose.parse(data, Domain.WATERMARK)
        return cls._build(read_array(signed.payload, 3, "watermark"), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        network, operator, up_to_s = fields
        return cls(network=network, operator=operator, up_to_s=up_to_s, signed=signed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """An operator's word that it has credited the holder of `owner` with a coin that nobody claimed.

    `parent_id` is the load or the transfer whose output the coin is. `number` counts the operator's returns.
    """

    operator: str
    number: int
    owner: bytes
    parent_id: bytes
    coin_id: bytes
    value_fen: int
    returned_at_s: int
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.operator, MAX_NAME, "operator")
        check_count(self.number, MAX_FEN, "number")
        check_key(self.owner, "owner")
        check_id(self.parent_id, "parent id")
        check_id(self.coin_id, "coin id")
        check_amount(self.value_fen, "value")
        check_time(self.returned_at_s, "time")

    @classmethod
    def sign(
        cls,
        operator_key: Signer,
        *,
        operator: str,
        number: int,
        owner: bytes,
        parent_id: bytes,
        coin_id: bytes,
        value_fen: int,
        returned_at_s: int,
    ) -> Self:
        """Sign a notice; the value is already credited."""
        fields: list[Any] = [operator, number, owner, parent_id, coin_id, value_fen, returned_at_s]
        return cls._build(fields, cose.sign(operator_key, Domain.RETURNED, codec.encode_fields(fields)))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received notice; its signature is not yet verified."""
        signed = cose.parse(data, Domain.RETURNED)
        return cls._build(read_array(signed.payload, 7, "returned"), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        operator, number, owner, parent_id, coin_id, value_fen, returned_at_s = fields
        return cls(
            operator=operator,
            number=number,
            owner=owner,
            parent_id=parent_id,
            coin_id=coin_id,
            value_fen=value_fen,
            returned_at_s=returned_at_s,
            signed=signed,
        )
