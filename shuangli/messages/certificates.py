"""Certificates: CBOR Web Tokens (RFC 8392) that bind a key (`cnf`, RFC 8747) to a role.

    root key --signs--> operator certificate --its key signs--> wallet certificate
             --signs--> centre certificate   (signs revocation lists and the system's reports)
             --signs--> epoch                (a minting key and the terms of the coins minted with it)

All share one shape (`messages.claims`), with one private claim that has what is particular to the role.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import ClassVar, Final, Self

from shuangli import codec, cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.errors import Malformed
from shuangli.messages.claims import Claims, encode_claims, read_claims, skip_head
from shuangli.messages.conditions import NO_CLASS, check_class, read_class
from shuangli.messages.fields import (
    check_count,
    check_currency,
    read_array,
    read_choice,
    require,
)

MAX_SPAN_S: Final = 100 * 366 * 86_400
"""Longest time in an epoch's terms: a hundred years."""
_WALLET_ROLE_HEAD: Final = codec.head(codec.ARRAY, 3)
_CLASSED_ROLE_HEAD: Final = codec.head(codec.ARRAY, 4)
_SMALL_ROLE_BYTES: Final = 4


class WalletKind(IntEnum):
    """Soft wallets can be copied; hard wallets enforce the rules in a secure element."""

    SOFT = 0
    HARD = 1


class Mode(IntEnum):
    """Staged: a received coin is spent only after reconciliation. Transferable: up to the hop cap."""

    STAGED = 0
    TRANSFERABLE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletCertificate:
    """An operator's word that `claims.key` is a wallet of this kind, tier and limits profile.

    `tier` is 1 to 4 for persons (the e-CNY's types I to IV) and 0 for merchants and other companies;
    `profile` numbers the operator's dated limits table; `payee_class` is what conditional value may be paid
    to (`messages.conditions`), and stands in the certificate only where there is one.
    """

    claims: Claims
    kind: WalletKind
    tier: int
    profile: int
    payee_class: int = NO_CLASS
    signed: Signed

    def __post_init__(self) -> None:
        check_count(self.tier, 4, "tier")
        check_count(self.profile, 2**16, "limits profile")
        check_class(self.payee_class, "class of payee")

    @classmethod
    def sign(
        cls,
        key: Signer,
        claims: Claims,
        *,
        kind: WalletKind,
        tier: int,
        profile: int,
        payee_class: int = NO_CLASS,
    ) -> Self:
        """Make a certificate with the operator's key."""
        require(claims.subject is None, "shape", "a wallet certificate names nobody")
        role = [int(kind), tier, profile, *([payee_class] if payee_class else [])]
        signed = cose.sign(key, Domain.WALLET_CERTIFICATE, encode_claims(claims, role))
        return cls(
            claims=claims, kind=kind, tier=tier, profile=profile, payee_class=payee_class, signed=signed
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received certificate; its signature is not yet verified."""
        signed = cose.parse(data, Domain.WALLET_CERTIFICATE)
        claims, role = read_claims(signed.payload, named=False)
        if len(role) == _SMALL_ROLE_BYTES and role.startswith(_WALLET_ROLE_HEAD) and max(role[1:]) < 24:
            # Three numbers of one byte each, which have no other form.
            number, tier, profile, payee_class = *role[1:], NO_CLASS
        else:
            number, tier, profile, payee_class = _read_role(role)
        kind = read_choice(WalletKind, number, "kind")
        return cls(
            claims=claims, kind=kind, tier=tier, profile=profile, payee_class=payee_class, signed=signed
        )


def _read_role(role: bytes) -> tuple[int, int, int, int]:
    """Kind, tier, limits profile and class of payee: any role of a wallet."""
    classed = role.startswith(_CLASSED_ROLE_HEAD)
    at = skip_head(role, 0, _CLASSED_ROLE_HEAD if classed else _WALLET_ROLE_HEAD)
    number, at = codec.read_head(role, at, codec.UNSIGNED)
    tier, at = codec.read_head(role, at, codec.UNSIGNED)
    profile, at = codec.read_head(role, at, codec.UNSIGNED)
    payee_class = NO_CLASS
    if classed:
        payee_class, at = codec.read_head(role, at, codec.UNSIGNED)
        read_class(payee_class)
    require(at == len(role), "cbor", "trailing bytes")
    return number, tier, profile, payee_class


def read_certificate(data: object) -> WalletCertificate:
    """Read a wallet certificate that is a field of another message; its signature is not yet verified."""
    if type(data) is not bytes:
        raise Malformed("shape", "a certificate is a byte string")
    return _read_wallet_certificate(data)


# A merchant's certificate comes with each of its requests; the same bytes are the same value.
_read_wallet_certificate = lru_cache(maxsize=1_024)(WalletCertificate.parse)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleCertificate:
    """The root's word that `claims.key` signs for `claims.subject` in the role of the domain."""

    domain: ClassVar[Domain]
    claims: Claims
    signed: Signed

    @classmethod
    def sign(cls, root: Signer, claims: Claims) -> Self:
        """Make a certificate with the root key."""
        require(claims.subject is not None, "shape", "the root's certificates name their subject")
        return cls(claims=claims, signed=cose.sign(root, cls.domain, encode_claims(claims, [])))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received certificate; its signature is not yet verified."""
        signed = cose.parse(data, cls.domain)
        claims, role = read_claims(signed.payload, named=True)
        read_array(role, 0, "role without terms")
        return cls(claims=claims, signed=signed)


class OperatorCertificate(RoleCertificate):
    """The root's word that `claims.key` certifies wallets for the operator `claims.subject`."""

    __slots__ = ()
    domain = Domain.OPERATOR_CERTIFICATE


class CentreCertificate(RoleCertificate):
    """The root's word that `claims.key` signs for the registration centre."""

    __slots__ = ()
    domain = Domain.CENTRE_CERTIFICATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The signed terms that every coin of an epoch carries for life.

    `hop_cap` counts changes of key. A coin lives at most `coin_life_s` from its minting. A transfer's
    claim deadline lies at most `claim_window_s` after its signing, and a hand-in counts as on time up
    to `grace_s` past the deadline.
    """

    currency: str
    mode: Mode
    hop_cap: int
    coin_life_s: int
    claim_window_s: int
    grace_s: int

    def __post_init__(self) -> None:
        check_currency(self.currency)
        require(type(self.mode) is Mode, "shape", "mode is neither staged nor transferable")
        check_count(self.hop_cap, 64, "hop cap")
        check_count(self.coin_life_s, MAX_SPAN_S, "coin life")
        check_count(self.claim_window_s, MAX_SPAN_S, "claim window")
        check_count(self.grace_s, MAX_SPAN_S, "grace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """The root's word that `claims.key` mints coins under `terms` while the certificate is valid."""

    number: int
    claims: Claims
    terms: Terms
    signed: Signed

    def __post_init__(self) -> None:
        check_count(self.number, 2**16, "epoch")

    @classmethod
    def sign(cls, root: Signer, claims: Claims, *, number: int, terms: Terms) -> Self:
        """Make an epoch's certificate with the root key."""
        require(claims.subject is not None, "shape", "the root's certificates name their subject")
        role = [number, terms.currency, int(terms.mode), terms.hop_cap]
        role += [terms.coin_life_s, terms.claim_window_s, terms.grace_s]
        signed = cose.sign(root, Domain.EPOCH, encode_claims(claims, role))
        return cls(number=number, claims=claims, terms=terms, signed=signed)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received epoch; its signature is not yet verified."""
        signed = cose.parse(data, Domain.EPOCH)
        claims, role = read_claims(signed.payload, named=True)
        fields = read_array(role, 7, "role of an epoch")
        number, currency, mode, hop_cap, coin_life_s, claim_window_s, grace_s = fields
        terms = Terms(
            currency=currency,
            mode=read_choice(Mode, mode, "mode"),
            hop_cap=hop_cap,
            coin_life_s=coin_life_s,
            claim_window_s=claim_window_s,
            grace_s=grace_s,
        )
        return cls(number=number, claims=claims, terms=terms, signed=signed)
