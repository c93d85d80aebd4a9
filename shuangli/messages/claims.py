"""The claims that every certificate makes: a CBOR Web Token (RFC 8392) in its one form.

Who certifies (iss), whom (sub; absent for wallets, which stay anonymous to payees), validity (nbf, exp), a
serial (cti), the key (cnf, RFC 8747) and one private claim with what is particular to the role, which
`messages.certificates` reads. Certificates come with every payment, so their bytes are taken apart by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

from shuangli import codec
from shuangli.crypto import KEY_BYTES
from shuangli.errors import Malformed
from shuangli.messages.fields import (
    MAX_NAME,
    MAX_TIME_S,
    check_bytes,
    check_key,
    check_text,
    check_time,
    require,
)

SERIAL_BYTES: Final = 5
"""A trillion certificates of one certifier."""

# The claims' keys (RFC 8392 section 3.1); those below -65536 are for private use (section 9.1).
ISS: Final = 1
SUB: Final = 2
EXP: Final = 4
NBF: Final = 5
CTI: Final = 7
CNF: Final = 8
ROLE: Final = -65537


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
        not_before_s, expires_at_s, serial, key = self.not_before_s, self.expires_at_s, self.serial, self.key
        if not (
            type(not_before_s) is int
            and type(expires_at_s) is int
            and 0 <= not_before_s < expires_at_s < MAX_TIME_S
            and type(serial) is bytes
            and len(serial) == SERIAL_BYTES
            and type(key) is bytes
            and len(key) == KEY_BYTES
        ):
            self._refuse()

    def _refuse(self) -> None:
        """Say which claim is wrong."""
        check_time(self.not_before_s, "nbf")
        check_time(self.expires_at_s, "exp")
        require(self.not_before_s < self.expires_at_s, "range", "nbf is not before exp")
        check_bytes(self.serial, SERIAL_BYTES, "cti")
        check_key(self.key, "cnf")

    def valid_at(self, time_s: int) -> bool:
        """Say whether the certificate is valid at `time_s`."""
        return self.not_before_s <= time_s < self.expires_at_s


def encode_claims(claims: Claims, role: Sequence[object]) -> bytes:
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


_FOUR_BYTES: Final = codec.head(codec.UNSIGNED, 2**16)[:1]
_USUAL_HEADS: Final = (
    _EXPIRY_HEAD + _FOUR_BYTES,
    _NOT_BEFORE_HEAD + _FOUR_BYTES,
    _SERIAL_HEAD,
    _KEY_HEAD,
    _ROLE_HEAD,
)
_USUAL: Final = Struct(
    f">{len(_EXPIRY_HEAD) + 1}sI{len(_NOT_BEFORE_HEAD) + 1}sI{len(_SERIAL_HEAD)}s{SERIAL_BYTES}s"
    f"{len(_KEY_HEAD)}s{KEY_BYTES}s{len(_ROLE_HEAD)}s"
)
"""What follows the names where both times take four bytes, as nearly always: each claim after its head."""


def read_claims(payload: bytes, *, named: bool) -> tuple[Claims, bytes]:
    """Read a certificate's claims, and its role still encoded: `encode_claims` backwards, byte by byte."""
    subject = None
    issuer, at = _read_name(payload, skip_head(payload, 0, _START[named]))
    if named:
        subject, at = _read_name(payload, skip_head(payload, at, _SUBJECT_HEAD))
    expires_at_s, not_before_s, serial, key, at = _read_usual(payload, at) or _read(payload, at)
    claims = Claims(
        issuer=issuer,
        subject=subject,
        not_before_s=not_before_s,
        expires_at_s=expires_at_s,
        serial=serial,
        key=key,
    )
    return claims, payload[at:]


_Rest = tuple[int, int, bytes, bytes, int]
"""What follows the names, and where the role starts."""


def _read_usual(payload: bytes, at: int) -> _Rest | None:
    """The claims from `payload[at]` on, read where they stand; None where they are laid out otherwise."""
    end = at + _USUAL.size
    if len(payload) < end:
        return None
    read = _USUAL.unpack_from(payload, at)
    expires_at_s, not_before_s, serial, key = read[1::2]
    if read[::2] != _USUAL_HEADS or expires_at_s < 2**16 or not_before_s < 2**16:
        return None
    return expires_at_s, not_before_s, serial, key, end


def _read(payload: bytes, at: int) -> _Rest:
    """The claims from `payload[at]` on, head by head."""
    expires_at_s, at = codec.read_head(payload, skip_head(payload, at, _EXPIRY_HEAD), codec.UNSIGNED)
    not_before_s, at = codec.read_head(payload, skip_head(payload, at, _NOT_BEFORE_HEAD), codec.UNSIGNED)
    serial_at = skip_head(payload, at, _SERIAL_HEAD)
    key_at = skip_head(payload, serial_at + SERIAL_BYTES, _KEY_HEAD)
    role_at = skip_head(payload, key_at + KEY_BYTES, _ROLE_HEAD)
    serial, key = payload[serial_at : serial_at + SERIAL_BYTES], payload[key_at : key_at + KEY_BYTES]
    return expires_at_s, not_before_s, serial, key, role_at


def skip_head(payload: bytes, at: int, expected: bytes) -> int:
    """Where what follows `expected` starts, which must stand at `payload[at]`."""
    if not payload.startswith(expected, at):
        raise Malformed("shape", "not the claims of this kind of certificate")
    return at + len(expected)


def _read_name(payload: bytes, at: int) -> tuple[str, int]:
    """Read text that `Claims` checks for more than its being one byte a character; and where it ends."""
    length, start = codec.read_head(payload, at, codec.TEXT)
    return payload[start : start + length].decode("latin-1"), start + length
