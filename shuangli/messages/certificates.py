"""Certificates: CBOR Web Tokens (RFC 8392) that bind a key (`cnf`, RFC 8747) to a role.

    root key --signs--> operator certificate --its key signs--> wallet certificate
             --signs--> centre certificate   (signs revocation lists and the system's reports)
             --signs--> epoch                (a minting key and the terms of the coins minted with it)

All share one shape: who certifies (iss), whom (sub; absent for wallets, which stay anonymous to
payees), validity (nbf, exp), a serial (cti), the key (cnf) and one private claim with what is
particular to the role.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from shuangli import codec, cose
from shuangli.codec import Item
from shuangli.cose import Domain, Signed
from shuangli.crypto import Signer
from shuangli.errors import Malformed
from shuangli.messages.fields import check_bytes, check_count, check_key, check_text, check_time, require

ISS: Final = 1
SUB: Final = 2
EXP: Final = 4
NBF: Final = 5
CTI: Final = 7
CNF: Final = 8
ROLE: Final = -65537
"""Private claim (RFC 8392 section 9.1 reserves keys below -65536 for private use)."""

SERIAL_BYTES: Final = 6
MAX_NAME: Final = 16


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


def _sign_claims(key: Signer, domain: Domain, claims: Claims, role: list[Item]) -> Signed:
    payload: dict[int | str, Item] = {
        ISS: claims.issuer,
        EXP: claims.expires_at_s,
        NBF: claims.not_before_s,
        CTI: claims.serial,
        CNF: {1: {1: 1, -1: 6, -2: claims.key}},
        ROLE: role,
    }
    if claims.subject is not None:
        payload[SUB] = claims.subject
    return cose.sign(key, domain, codec.encode(payload))


def _read_claims(signed: Signed, role_fields: int, *, named: bool) -> tuple[Claims, list[Item]]:
    payload = codec.decode(signed.payload)
    expected = {ISS, EXP, NBF, CTI, CNF, ROLE} | ({SUB} if named else set())
    if type(payload) is not dict or payload.keys() != expected:
        raise Malformed("shape", "not the claims of this kind of certificate")
    confirmation, role = payload[CNF], payload[ROLE]
    cose_key = confirmation.get(1) if type(confirmation) is dict and len(confirmation) == 1 else None
    curve = [cose_key.get(1), cose_key.get(-1)] if type(cose_key) is dict and len(cose_key) == 3 else []
    if curve != [1, 6] or bool in map(type, curve):
        raise Malformed("shape", "cnf is not one Ed25519 COSE_Key")
    if type(role) is not list or len(role) != role_fields:
        raise Malformed("shape", f"the private claim is not an array of {role_fields} fields")
    claims = Claims(
        issuer=payload[ISS],  # type: ignore[arg-type]  # checked when built
        subject=payload[SUB] if named else None,  # type: ignore[arg-type]
        not_before_s=payload[NBF],  # type: ignore[arg-type]
        expires_at_s=payload[EXP],  # type: ignore[arg-type]
        serial=payload[CTI],  # type: ignore[arg-type]
        key=cose_key.get(-2),  # type: ignore[union-attr, arg-type]
    )
    return claims, role


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

    @classmethod
    def sign(cls, key: Signer, claims: Claims, *, kind: WalletKind, tier: int, profile: int) -> Self:
        """Make a certificate with the operator's key."""
        require(claims.subject is None, "shape", "a wallet certificate names nobody")
        check_count(tier, 4, "tier")
        check_count(profile, 2**16, "limits profile")
        signed = _sign_claims(key, Domain.WALLET_CERTIFICATE, claims, [int(kind), tier, profile])
        return cls(claims=claims, kind=kind, tier=tier, profile=profile, signed=signed)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received certificate; its signature is not yet verified."""
        signed = cose.parse(data, Domain.WALLET_CERTIFICATE)
        claims, (kind, tier, profile) = _read_claims(signed, 3, named=False)
        check_count(kind, 1, "kind")
        check_count(tier, 4, "tier")
        check_count(profile, 2**16, "limits profile")
        return cls(claims=claims, kind=WalletKind(kind), tier=tier, profile=profile, signed=signed)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorCertificate:
    """The root's word that `claims.key` certifies wallets for the operator `claims.subject`."""

    claims: Claims
    signed: Signed

    @classmethod
    def sign(cls, root: Signer, claims: Claims) -> Self:
        """Make a certificate with the root key."""
        require(claims.subject is not None, "shape", "an operator certificate names its operator")
        return cls(claims=claims, signed=_sign_claims(root, Domain.OPERATOR_CERTIFICATE, claims, []))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received certificate; its signature is not yet verified."""
        signed = cose.parse(data, Domain.OPERATOR_CERTIFICATE)
        claims, _ = _read_claims(signed, 0, named=True)
        return cls(claims=claims, signed=signed)


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreCertificate:
    """The root's word that `claims.key` signs for the registration centre."""

    claims: Claims
    signed: Signed

    @classmethod
    def sign(cls, root: Signer, claims: Claims) -> Self:
        """Make a certificate with the root key."""
        require(claims.subject is not None, "shape", "a centre certificate names its centre")
        return cls(claims=claims, signed=_sign_claims(root, Domain.CENTRE_CERTIFICATE, claims, []))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received certificate; its signature is not yet verified."""
        signed = cose.parse(data, Domain.CENTRE_CERTIFICATE)
        claims, _ = _read_claims(signed, 0, named=True)
        return cls(claims=claims, signed=signed)


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
        check_text(self.currency, 3, "currency")
        require(len(self.currency) == 3, "shape", "currency is not an ISO 4217 code")
        require(type(self.mode) is Mode, "shape", "mode is neither staged nor transferable")
        check_count(self.hop_cap, 64, "hop cap")
        for value, what in (
            (self.coin_life_s, "coin life"),
            (self.claim_window_s, "claim window"),
            (self.grace_s, "grace"),
        ):
            check_count(value, 100 * 366 * 86_400, what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """The root's word that `claims.key` mints coins under `terms` while the certificate is valid."""

    number: int
    claims: Claims
    terms: Terms
    signed: Signed

    @classmethod
    def sign(cls, root: Signer, claims: Claims, *, number: int, terms: Terms) -> Self:
        """Make an epoch's certificate with the root key."""
        require(claims.subject is not None, "shape", "an epoch's certificate names its vault")
        check_count(number, 2**16, "epoch")
        role: list[Item] = [
            number,
            terms.currency,
            int(terms.mode),
            terms.hop_cap,
            terms.coin_life_s,
            terms.claim_window_s,
            terms.grace_s,
        ]
        signed = _sign_claims(root, Domain.EPOCH, claims, role)
        return cls(number=number, claims=claims, terms=terms, signed=signed)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a received epoch; its signature is not yet verified."""
        signed = cose.parse(data, Domain.EPOCH)
        claims, role = _read_claims(signed, 7, named=True)
        number, currency, mode, hop_cap, coin_life_s, claim_window_s, grace_s = role
        check_count(number, 2**16, "epoch")
        check_count(mode, 1, "mode")
        terms = Terms(
            currency=currency,  # type: ignore[arg-type]  # checked when built
            mode=Mode(mode),
            hop_cap=hop_cap,  # type: ignore[arg-type]
            coin_life_s=coin_life_s,  # type: ignore[arg-type]
            claim_window_s=claim_window_s,  # type: ignore[arg-type]
            grace_s=grace_s,  # type: ignore[arg-type]
        )
        return cls(number=number, claims=claims, terms=terms, signed=signed)  # type: ignore[arg-type]
