"""Loads: where value comes from. A load is one issuer signature over several coins for one wallet.

Order and load end with a condition where there is one (`messages.conditions`); other loads lack the field.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from shuangli import codec, cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import KEY_BYTES, Signer
from shuangli.errors import Malformed
from shuangli.messages.conditions import Condition
from shuangli.messages.fields import (
    MAX_NAME,
    MAX_TIME_S,
    NONCE_BYTES,
    check_bytes,
    check_count,
    check_currency,
    check_key,
    check_text,
    check_time,
    read_list,
    read_optional,
    require,
)
from shuangli.messages.transfers import MAX_COINS
from shuangli.money import MAX_FEN


def _check_values(values_fen: tuple[int, ...]) -> None:
    if not values_fen:
        raise Malformed("shape", "a load has at least one coin")
    if len(values_fen) > MAX_COINS:
        raise Malformed("too-large", f"a load has at most {MAX_COINS} coins")
    if {*map(type, values_fen)} != {int} or min(values_fen) < 1 or sum(values_fen) > MAX_FEN:
        raise Malformed("range", f"the coins and their total are not amounts in 1..{MAX_FEN} fen")


def _with_condition(fields: list[Any], condition: Condition | None) -> list[Any]:
    return fields if condition is None else [*fields, condition.fields]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOrder:
    """A wallet's signed wish for a load; the nonce is its idempotency key.

    With a `condition`, it asks for what somebody has granted under it.
    """

    operator: str
    owner: bytes
    values_fen: tuple[int, ...]
    nonce: bytes
    ordered_at_s: int
    condition: Condition | None = None
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.operator, MAX_NAME, "operator")
        check_key(self.owner, "owner")
        _check_values(self.values_fen)
        check_bytes(self.nonce, NONCE_BYTES, "nonce")
        check_time(self.ordered_at_s, "time")

    @classmethod
    def sign(
        cls,
        key: Signer,
        *,
        operator: str,
        values_fen: Sequence[int],
        nonce: bytes,
        ordered_at_s: int,
        condition: Condition | None = None,
    ) -> Self:
        """Make an order for coins of these values, owned by `key`."""
        fields: list[Any] = [operator, key.public, list(values_fen), nonce, ordered_at_s]
        payload = codec.encode_fields(_with_condition(fields, condition))
        return cls._build(fields, condition, cose.sign(key, Domain.LOAD_ORDER, payload))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received order; its signature is not yet verified."""
        signed = cose.parse(data, Domain.LOAD_ORDER)
        fields, condition = read_optional(signed.payload, 5, Condition.read, "load order")
        return cls._build(fields, condition, signed)

    @classmethod
    def _build(cls, fields: list[Any], condition: Condition | None, signed: Signed) -> Self:
        operator, owner, values_fen, nonce, ordered_at_s = fields
        return cls(
            operator=operator,
            owner=owner,
            values_fen=tuple(read_list(values_fen, "values")),
            nonce=nonce,
            ordered_at_s=ordered_at_s,
            condition=condition,
            signed=signed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One act of minting: coins of `values_fen` for the key `owner`, signed by an epoch's minting key.

    `network` keeps a test coin from ever passing for a real one; `nonce` is the one of the order. Value under
    a `condition` expires when it is to be spent at the latest.
    """

    network: str
    currency: str
    operator: str
    owner: bytes
    values_fen: tuple[int, ...]
    epoch: int
    issued_at_s: int
    expires_at_s: int
    nonce: bytes
    condition: Condition | None = None
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_currency(self.currency)
        check_text(self.operator, MAX_NAME, "operator")
        owner, nonce, epoch = self.owner, self.nonce, self.epoch
        issued_at_s, expires_at_s = self.issued_at_s, self.expires_at_s
        if not (
            type(owner) is bytes
            and len(owner) == KEY_BYTES
            and type(nonce) is bytes
            and len(nonce) == NONCE_BYTES
            and type(epoch) is int
            and 0 <= epoch <= 2**16
            and type(issued_at_s) is int
            and type(expires_at_s) is int
            and 0 <= issued_at_s < expires_at_s < MAX_TIME_S
            and (self.condition is None or expires_at_s <= self.condition.spend_by_s)
        ):
            self._refuse()
        _check_values(self.values_fen)

    def _refuse(self) -> None:
        """Say which field is wrong."""
        check_key(self.owner, "owner")
        _check_values(self.values_fen)
        check_count(self.epoch, 2**16, "epoch")
        check_time(self.issued_at_s, "issue time")
        check_time(self.expires_at_s, "expiry")
        require(self.issued_at_s < self.expires_at_s, "range", "a load expires after it is issued")
        check_bytes(self.nonce, NONCE_BYTES, "nonce")
        if self.condition is not None:
            in_time = self.expires_at_s <= self.condition.spend_by_s
            require(in_time, "range", "a load expires by the time to which its condition limits it")

    @property
    def total_fen(self) -> int:
        """The sum of the coins' values."""
        return sum(self.values_fen)

    @classmethod
    def sign(
        cls,
        minting_key: Signer,
        *,
        network: str,
        currency: str,
        order: LoadOrder,
        epoch: int,
        issued_at_s: int,
        expires_at_s: int,
    ) -> Self:
        """Mint the coins that `order` asks for."""
        fields: list[Any] = [
            network,
            currency,
            order.operator,
            order.owner,
            list(order.values_fen),
            epoch,
            issued_at_s,
            expires_at_s,
            order.nonce,
        ]
        condition = order.condition
        payload = codec.encode_fields(_with_condition(fields, condition))
        return cls._build(fields, condition, cose.sign(minting_key, Domain.LOAD, payload))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received load; its signature is not yet verified."""
        signed = cose.parse(data, Domain.LOAD)
        fields, condition = read_optional(signed.payload, 9, Condition.read, "load")
        return cls._build(fields, condition, signed)

    @classmethod
    def _build(cls, fields: list[Any], condition: Condition | None, signed: Signed) -> Self:
        network, currency, operator, owner, values_fen, epoch, issued_at_s, expires_at_s, nonce = fields
        return cls(
            network=network,
            currency=currency,
            operator=operator,
            owner=owner,
            values_fen=tuple(read_list(values_fen, "values")),
            epoch=epoch,
            issued_at_s=issued_at_s,
            expires_at_s=expires_at_s,
            nonce=nonce,
            condition=condition,
            signed=signed,
        )


# A load comes with every payment of its wallet; the same bytes are the same value.
read_load = lru_cache(maxsize=1_024)(Load.parse)
