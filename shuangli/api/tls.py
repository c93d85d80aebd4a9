"""TLS between operators and the issuer: both show a certificate of the network's own authority. An edge file.

Only TLS 1.3 (RFC 8446), and every connection is a full handshake. The issuer's certificate names it by its
role, not by its address: `ISSUER_NAME`, wherever it is reached. An operator's certificate has its name (the
common name) and the key that the root certifies it under (`KEY_URN`, a URI among the alternative names). So
who asks stands in the certificate, and whether it may stands in the root's key set. An auditor's certificate
has its name and its own key (`AUDITOR_URN`); it may read as long as the issuer has it on its list.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

from shuangli.crypto import KEY_BYTES
from shuangli.errors import BadInput, Malformed
from shuangli.messages.fields import MAX_NAME, check_key, check_text

ISSUER_NAME: Final = "issuer.shuangli.invalid"
"""The name in the issuer's certificate; nobody can own a name below `invalid` (RFC 6761 section 6.4)."""
KEY_URN: Final = "urn:shuangli:operator-key:"
"""What comes before the 64 hex digits of an operator's key."""


AUDITOR_URN: Final = "urn:shuangli:auditor-key:"
"""The same for an auditor's."""


class Role(Enum):
    """What a client of the issuer is; the values come before the hex digits of its key in its certificate."""

    OPERATOR = KEY_URN
    AUDITOR = AUDITOR_URN


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM files: one's own certificate and its key, and the authority that the other side must show."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who is at the other end of a connection: its role and name, its key, and how long this holds."""

    name: str
    key: bytes
    expires_at_s: int
    role: Role = Role.OPERATOR

    def __post_init__(self) -> None:
        check_text(self.name, MAX_NAME, "name")
        check_key(self.key, "key")


def issuer_context(files: TlsFiles) -> ssl.SSLContext:
    """How the issuer takes connections: from nobody without a certificate of the authority.

    Raises:
        BadInput: a file is missing, or is not what it should be (`bad-file`).
    """
    context = _context(ssl.PROTOCOL_TLS_SERVER, files)
    # Who resumes a session shows no certificate again, and it may have expired meanwhile.
    context.num_tickets = 0
    return context


def operator_context(files: TlsFiles) -> ssl.SSLContext:
    """How an operator connects: to nobody but the issuer that the authority has certified.

    Raises:
        BadInput: a file is missing, or is not what it should be (`bad-file`).
    """
    return _context(ssl.PROTOCOL_TLS_CLIENT, files)


def _context(protocol: int, files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(files.certificate, files.key)
        context.load_verify_locations(cafile=files.authority)
    except (OSError, ValueError) as error:
        where = files.certificate.parent
        raise BadInput("bad-file", f"{where}: no certificate, key and authority for TLS: {error}") from error
    return context


def read_peer(certificate: Mapping[str, Any]) -> Peer:
    """Read who is named in a certificate that TLS has verified, as `ssl.SSLSocket.getpeercert` gives it.

    Raises:
        Malformed: nobody, or not in this form.
    """
    names = [value for part in certificate.get("subject", ()) for kind, value in part if kind == "commonName"]
    keys = [
        (role, value.removeprefix(role.value))
        for kind, value in certificate.get("subjectAltName", ())
        for role in Role
        if kind == "URI" and value.startswith(role.value)
    ]
    if len(names) != 1 or len(keys) != 1 or len(keys[0][1]) != 2 * KEY_BYTES:
        raise Malformed("shape", "the certificate names no operator and its key")
    ((role, digits),) = keys
    try:
        key, expires_at_s = bytes.fromhex(digits), ssl.cert_time_to_seconds(certificate["notAfter"])
    except (KeyError, ValueError) as error:
        raise Malformed("shape", "the certificate names no operator and its key") from error
    return Peer(name=names[0], key=key, expires_at_s=expires_at_s, role=role)
