"""Enrolment: how a key becomes a wallet of an operator."""

from dataclasses import dataclass
from typing import Any, Self

from shuangli import codec, cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.messages.certificates import WalletKind
from shuangli.messages.conditions import NO_CLASS, check_class, read_class
from shuangli.messages.fields import (
    MAX_NAME,
    check_count,
    check_id,
    check_key,
    check_text,
    check_time,
    read_choice,
    read_optional,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A wallet's signed wish to be opened: the operator's record of who holds the key.

    `person` is a digest of the operator's record of the customer (salted, so that it names nobody). A
    merchant that takes conditional value names its class (`messages.conditions`): the operator looks into it.
    """

    network: str
    operator: str
    key: bytes
    kind: WalletKind
    tier: int
    person: bytes
    enrolled_at_s: int
    payee_class: int = NO_CLASS
    signed: Signed

    def __post_init__(self) -> None:
        check_text(self.network, MAX_NAME, "network")
        check_text(self.operator, MAX_NAME, "operator")
        check_key(self.key, "key")
        check_count(self.tier, 4, "tier")
        check_id(self.person, "person")
        check_time(self.enrolled_at_s, "time")
        check_class(self.payee_class, "class of payee")

    @classmethod
    def sign(
        cls,
        key: Signer,
        *,
        network: str,
        operator: str,
        kind: WalletKind,
        tier: int,
        person: bytes,
        enrolled_at_s: int,
        payee_class: int = NO_CLASS,
    ) -> Self:
        """Enrol `key` at an operator."""
        fields: list[Any] = [network, operator, key.public, int(kind), tier, person, enrolled_at_s]
        payload = codec.encode_fields([*fields, payee_class] if payee_class else fields)
        return cls._build(fields, payee_class, cose.sign(key, Domain.ENROLMENT, payload))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received enrolment; its signature is not yet verified."""
        signed = cose.parse(data, Domain.ENROLMENT)
        fields, payee_class = read_optional(signed.payload, 7, read_class, "enrolment")
        return cls._build(fields, NO_CLASS if payee_class is None else payee_class, signed)

    @classmethod
    def _build(cls, fields: list[Any], payee_class: int, signed: Signed) -> Self:
        network, operator, key, kind, tier, person, enrolled_at_s = fields
        return cls(
            network=network,
            operator=operator,
            key=key,
            kind=read_choice(WalletKind, kind, "kind"),
            tier=tier,
            person=person,
            enrolled_at_s=enrolled_at_s,
            payee_class=payee_class,
            signed=signed,
        )
