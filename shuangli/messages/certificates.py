"""Certificates: CBOR Web Tokens (RFC 8392) that bind a key (`cnf`, RFC 8747) to a role.

    root key --signs--> operator certificate --its key signs--> wallet certificate
             --signs--> centre certificate   (signs revocation lists and the system's reports)
             --signs--> epoch                (a minting key and the terms of the coins minted with it)

All share one shape: who certifies (iss), whom (sub; absent for wallets, which stay anonymous to
payees), validity (nbf, exp), a serial (cti), the key (cnf) and one private claim with what is
particular to the role.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import ClassVar, Final, Self

from shuangli import codec, cose
from shuangli.cose import Domain, Signed
from shuangli.crypto import KEY_BYTES, Signer
from shuangli.errors import Malformed
from shuangli.messages.fields import (
    MAX_NAME,
    check_bytes,
    check_count,
    check_currency,
    check_key,
    check_text,
    check_time,
    read_array,
    read_choice,
    require,
)

SERIAL_BYTES: Final = 5
"""A trillion certificates of one certifier."""
MAX_SPAN_S: Final = 100 * 366 * 86_400
"""Longest time in an epoch's terms: a hundred years."""


# The claims' keys (RFC 8392 section 3.1); those below -65536 are for private use (section 9.1).
ISS: Final = 1
SUB: Final = 2
EXP: Final = 4
NBF: Final = 5
CTI: Final = 7
CNF: Final = 8
ROLE: Final = -65537


class WalletKind(IntEnum):
    """Soft wallets can be copied; hard wallets enforce the rules in a secure element."""

    SOFT = 0
    HARD = 1


class Mode(IntEnum):
    """Staged: a received coin is spent only after reconciliation. Transferable: up to the hop cap."""

    STAGED = 0
    TRANSFERABLE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """The claims that every certificate has: certifier, validity in seconds since 1970, serial, key."""

    issuer: str
    subject: str | None
    not_before_s: int
    expires_at_s: int
    serial: bytes
    key: bytes

    def __post_init__(self) -> None:
        check_text(self.issuer, MAX_NAME, "iss")
        if self.subject is not None:
            check_text(self.subject, MAX_NAME, "sub")
        check_time(self.not_before_s, "nbf")
        check_time(self.expires_at_s, "exp")
        require(self.not_before_s < self.expires_at_s, "range", "nbf is not before exp")
        check_bytes(self.serial, SERIAL_BYTES, "cti")
        check_key(self.key, "cnf")

    def valid_at(self, time_s: int) -> bool:
        """Say whether the certificate is valid at `time_s`."""
        return self.not_before_s <= time_s < self.expires_at_s


def _encode_claims(claims: Claims, role: Sequence[object]) -> bytes:
    """A certificate's payload; `cnf` holds a COSE_Key (RFC 9053 section 7.2): 1 OKP, -1 Ed25519, -2 x."""
    subject = {} if claims.subject is None else {SUB: claims.subject}
    return codec.encode_fields(
        {
            ISS: claims.issuer,
            **subject,
            EXP: claims.expires_at_s,
            NBF: claims.not_before_s,
            CTI: claims.serial,
            CNF: {1: {1: 1, -1: 6, -2: claims.key}},
            ROLE: role,
        }
    )


_START: Final = {named: codec.head(codec.MAP, 6 + named) + codec.encode(ISS) for named in (False, True)}
_SUBJECT_HEAD, _EXPIRY_HEAD, _NOT_BEFORE_HEAD = map(codec.encode, (SUB, EXP, NBF))
_SERIAL_HEAD: Final = codec.encode(CTI) + codec.head(codec.BYTES, SERIAL_BYTES)
_KEY_HEAD: Final = codec.encode(CNF) + codec.encode({1: {1: 1, -1: 6, -2: bytes(KEY_BYTES)}})[:-KEY_BYTES]
_ROLE_HEAD: Final = codec.encode(ROLE)
_WALLET_ROLE_HEAD: Final = codec.head(codec.ARRAY, 3)


def _read_claims(payload: bytes, *, named: bool) -> tuple[Claims, bytes]:
    """Read a certificate's claims, and its role still encoded: `_encode_claims` backwards, byte by byte."""
    subject = None
    issuer, at = _read_name(payload, _skip(payload, 0, _START[named]))
    if named:
        subject, at = _read_name(payload, _skip(payload, at, _SUBJECT_HEAD))
    expires_at_s, at = codec.read_head(payload, _skip(payload, at, _EXPIRY_HEAD), codec.UNSIGNED)
    not_before_s, at = codec.read_head(payload, _skip(payload, at, _NOT_BEFORE_HEAD), codec.UNSIGNED)
    serial_at = _skip(payload, at, _SERIAL_HEAD)
    key_at = _skip(payload, serial_at + SERIAL_BYTES, _KEY_HEAD)
    role_at = _skip(payload, key_at + KEY_BYTES, _ROLE_HEAD)
    claims = Claims(
        issuer=issuer,
        subject=subject,
        not_before_s=not_before_s,
        expires_at_s=expires_at_s,
        serial=payload[serial_at : serial_at + SERIAL_BYTES],
        key=payload[key_at : key_at + KEY_BYTES],
    )
    return claims, payload[role_at:]


def _skip(payload: bytes, at: int, expected: bytes) -> int:
    """Where what follows `expected` starts, which must stand at `payload[at]`."""
    if not payload.startswith(expected, at):
        raise Malformed("shape", "not the claims of this kind of certificate")
    return at + len(expected)


def _read_name(payload: bytes, at: int) -> tuple[str, int]:
    """Read text that `Claims` checks for more than its being one byte a character; and where it ends."""
    length, start = codec.read_head(payload, at, codec.TEXT)
    return payload[start : start + length].decode("latin-1"), start + length


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletCertificate:
    """An operator's word that `claims.key` is a wallet of this kind, tier and limits profile.

    `tier` is 1 to 4 for persons (the e-CNY's types I to IV) and 0 for merchants and other companies;
    `profile` numbers the operator's dated limits table.
    """

    claims: Claims
    kind: WalletKind
    tier: int
    profile: int
    signed: Signed

    def __post_init__(self) -> None:
        check_count(self.tier, 4, "tier")
        check_count(self.profile, 2**16, "limits profile")

    @classmethod
    def sign(cls, key: Signer, claims: Claims, *, kind: WalletKind, tier: int, profile: int) -> Self:
        """Make a certificate with the operator's key."""
        require(claims.subject is None, "shape", "a wallet certificate names nobody")
        payload = _encode_claims(claims, [int(kind), tier, profile])
        signed = cose.sign(key, Domain.WALLET_CERTIFICATE, payload)
        return cls(claims=claims, kind=kind, tier=tier, profile=profile, signed=signed)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received certificate; its signature is not yet verified."""
        signed = cose.parse(data, Domain.WALLET_CERTIFICATE)
        claims, role = _read_claims(signed.payload, named=False)
        number, at = codec.read_head(role, _skip(role, 0, _WALLET_ROLE_HEAD), codec.UNSIGNED)
        tier, at = codec.read_head(role, at, codec.UNSIGNED)
        profile, at = codec.read_head(role, at, codec.UNSIGNED)
        require(at == len(role), "cbor", "trailing bytes")
        kind = read_choice(WalletKind, number, "kind")
        return cls(claims=claims, kind=kind, tier=tier, profile=profile, signed=signed)


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
        return cls(claims=claims, signed=cose.sign(root, cls.domain, _encode_claims(claims, [])))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received certificate; its signature is not yet verified."""
        signed = cose.parse(data, cls.domain)
        claims, role = _read_claims(signed.payload, named=True)
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
        signed = cose.sign(root, Domain.EPOCH, _encode_claims(claims, role))
        return cls(number=number, claims=claims, terms=terms, signed=signed)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received epoch; its signature is not yet verified."""
        signed = cose.parse(data, Domain.EPOCH)
        claims, role = _read_claims(signed.payload, named=True)
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
