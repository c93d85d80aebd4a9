"""The network's own certificate authority for TLS: it certifies the issuer's process, and operators.

A private key is a seed of 32 bytes (Ed25519, RFC 8410); all certificates are X.509 (RFC 5280). They say who
may connect and no more: nothing that is signed in the protocol rests on them. What is in an operator's
certificate stands in `shuangli.api.tls`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from shuangli.api.tls import AUDITOR_URN, ISSUER_NAME, KEY_URN

SERIAL_BYTES: Final = 16
_CLIENT: Final = ExtendedKeyUsageOID.CLIENT_AUTH
_SERVER: Final = ExtendedKeyUsageOID.SERVER_AUTH
_PEM: Final = serialization.Encoding.PEM


def key_pem(seed: bytes) -> bytes:
    """The private key of a seed as a PEM file, not encrypted."""
    return Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_key(seed: bytes) -> bytes:
    """The public key of a seed, 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


class TlsAuthority:
    """Signs certificates with the authority's key; all are valid from `not_before_s` until `expires_at_s`.

    Serials are 16 random bytes each.
    """

    def __init__(self, seed: bytes, *, network: str) -> None:
        """Use the authority of `network` whose key is made from `seed`."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._name = _named(f"{network} TLS")

    def certificate(self, *, serial: bytes, not_before_s: int, expires_at_s: int) -> bytes:
        """The authority's own certificate, as PEM: what both sides are given to check the other with."""
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (_usage(signs_certificates=True), True),
        ]
        return self._sign(
            self._name, self._key.public_key(), extensions, serial, (not_before_s, expires_at_s)
        )

    def certify_issuer(self, key: bytes, *, serial: bytes, not_before_s: int, expires_at_s: int) -> bytes:
        """A certificate for the issuer's process, as PEM."""
        names = [x509.DNSName(ISSUER_NAME)]
        return self._certify(_named(ISSUER_NAME), key, names, _SERVER, serial, (not_before_s, expires_at_s))

    def certify_operator(
        self,
        name: str,
        key: bytes,
        *,
        operator_key: bytes,
        serial: bytes,
        not_before_s: int,
        expires_at_s: int,
    ) -> bytes:
        """A certificate for the operator that the root certifies under `operator_key`, as PEM."""
        names = [x509.UniformResourceIdentifier(f"{KEY_URN}{operator_key.hex()}")]
        return self._certify(_named(name), key, names, _CLIENT, serial, (not_before_s, expires_at_s))

    def certify_auditor(
        self, name: str, key: bytes, *, serial: bytes, not_before_s: int, expires_at_s: int
    ) -> bytes:
        """A certificate for an auditor, as PEM: it names its own key."""
        names = [x509.UniformResourceIdentifier(f"{AUDITOR_URN}{key.hex()}")]
        return self._certify(_named(name), key, names, _CLIENT, serial, (not_before_s, expires_at_s))

    def _certify(
        self,
        subject: x509.Name,
        key: bytes,
        names: Sequence[x509.GeneralName],
        purpose: ObjectIdentifier,
        serial: bytes,
        validity_s: tuple[int, int],
    ) -> bytes:
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(signs_certificates=False), True),
            (x509.ExtendedKeyUsage([purpose]), False),
            (x509.SubjectAlternativeName(names), False),
        ]
        return self._sign(subject, Ed25519PublicKey.from_public_bytes(key), extensions, serial, validity_s)

    def _sign(
        self,
        subject: x509.Name,
        key: Ed25519PublicKey,
        extensions: list[tuple[x509.ExtensionType, bool]],
        serial: bytes,
        validity_s: tuple[int, int],
    ) -> bytes:
        start, end = (datetime.fromtimestamp(at_s, UTC) for at_s in validity_s)
        own_key = self._key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            # Positive and at most 20 bytes long (RFC 5280 section 4.1.2.2).
            .serial_number(int.from_bytes(serial, "big") | 1 << 8 * SERIAL_BYTES)
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own_key), critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self._key, algorithm=None).public_bytes(_PEM)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
