"""An operator's signed order to buy value for its vault with reserves, or to sell it back for them."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Self

from shuangli import codec, cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.messages.fields import (
    MAX_NAME,
    NONCE_BYTES,
    check_amount,
    check_bytes,
    check_text,
    check_time,
    read_array,
    read_choice,
)


class Side(IntEnum):
    """What an order does, as numbered in it: buy value, or sell it back (wholesale redemption)."""

    BUY = 1
    SELL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultOrder:
    """So much value for reserves, or reserves for value; the nonce is its idempotency key."""

    network: str
    operator: str
    side: Side
    amount_fen: int
    nonce: bytes
    ordered_at_s: int
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_text(self.operator, MAX_NAME, "operator")
        check_amount(self.amount_fen, "amount")
        check_bytes(self.nonce, NONCE_BYTES, "nonce")
        check_time(self.ordered_at_s, "time")

    @classmethod
    def sign(
        cls,
        operator_key: Signer,
        *,
        network: str,
        operator: str,
        side: Side,
        amount_fen: int,
        nonce: bytes,
        ordered_at_s: int,
    ) -> Self:
        """Sign an order."""
        fields: list[Any] = [network, operator, int(side), amount_fen, nonce, ordered_at_s]
        return cls._build(fields, cose.sign(operator_key, Domain.VAULT_ORDER, codec.encode_fields(fields)))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received order; its signature is not yet verified."""
        signed = cose.parse(data, Domain.VAULT_ORDER)
        return cls._build(read_array(signed.payload, 6, "vault order"), signed)

    @classmethod
    def _build(cls, fields: list[Any], signed: Signed) -> Self:
        network, operator, side, amount_fen, nonce, ordered_at_s = fields
        return cls(
            network=network,
            operator=operator,
            side=read_choice(Side, side, "side"),
            amount_fen=amount_fen,
            nonce=nonce,
            ordered_at_s=ordered_at_s,
            signed=signed,
        )
