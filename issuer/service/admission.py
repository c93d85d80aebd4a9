"""Admitting an operator to a network, giving it a new key, dismissing it: the root signs the next key set.

Who is admitted gets a directory to run from:

operator.cbor   the operator's name and key, the secret for pseudonyms that all operators share, and the
                public root key
key-set.cbor    the newest key set that it has seen
root-key.txt    the public root key, as hex
tls/            the certificate of the TLS authority, the operator's own, and its key

This is a sandbox: a real operator makes its keys itself, and shows the root nothing but their public halves.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from shuangli import codec
from shuangli.crypto import KEY_BYTES, SigningKey, sha256
from shuangli.errors import BadInput
from shuangli.issuer.authority import Authority
from shuangli.issuer.service.keys import (
    KEY_SET_FILE,
    OFFLINE,
    ROOT_FILE,
    ROOT_SECRETS_FILE,
    TLS,
    RootSecrets,
    read_key_set,
    tls_files_in,
    told_where,
)
from shuangli.issuer.service.network import NETWORK, validity
from shuangli.issuer.service.secret_files import OWNER_ENTERS, make_directory, write_file
from shuangli.issuer.service.tls_authority import SERIAL_BYTES, TlsAuthority, key_pem, public_key
from shuangli.messages.audit import CENTRE_ORIGIN
from shuangli.messages.certificates import OperatorCertificate
from shuangli.messages.fields import MAX_NAME, check_bytes, check_key, check_text, read_array, require
from shuangli.messages.key_set import KeySet

OPERATOR_FILE: Final = "operator.cbor"
SERIALS_OF_FOUNDING: Final = 1_000
"""More than the first key set uses."""
_VERSION: Final = 1
RESERVED_NAMES: Final = frozenset((CENTRE_ORIGIN, "issuer", "root", "mint", "auditor", NETWORK))
"""Names of roles, in small letters."""
_NAME: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{MAX_NAME - 1}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorKeys:
    """An operator's name, the seed of its key (32 bytes), and the root key that it was admitted under.

    `pseudonyms` is the secret of 32 bytes that the operators share, and the issuer that runs does not have.
    """

    name: str
    operator: bytes = field(repr=False)
    pseudonyms: bytes = field(repr=False)
    root: bytes

    def __post_init__(self) -> None:
        check_text(self.name, MAX_NAME, "name")
        for secret in (self.operator, self.pseudonyms):
            check_bytes(secret, KEY_BYTES, "a secret")
        check_key(self.root, "root")

    def encode(self) -> bytes:
        """Encode for the file."""
        return codec.encode([_VERSION, self.name, self.operator, self.pseudonyms, self.root])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the file.

        Raises:
            Malformed: it is something else.
        """
        version, name, operator, pseudonyms, root = read_array(data, 5, "file of an operator's keys")
        require(version == _VERSION, "shape", f"version {version} of the file of an operator's keys")
        return cls(name=name, operator=operator, pseudonyms=pseudonyms, root=root)


def operator_keys_in(directory: Path) -> OperatorKeys:
    """The keys of the operator whose directory this is.

    Raises:
        BadInput: it is no operator's (`bad-file`).
        StoreError: the file is damaged (`corrupt`).
    """
    with told_where(directory):
        return OperatorKeys.decode((directory / OPERATOR_FILE).read_bytes())


def admit(
    directory: Path, name: str, out: Path, *, random_bytes: Callable[[int], bytes], now_s: int
) -> KeySet:
    """Admit an operator to the network whose issuer lies in `directory`, and write its own directory `out`.

    The new key set is written last: what was cut off before has admitted nobody.

    Raises:
        BadInput: the name cannot be used or is taken (`bad-value`); a directory cannot be used (`bad-file`).
        StoreError: a file of keys is damaged (`corrupt`).
    """
    check_name(name)
    with told_where(directory):
        secrets, known = _root_of(directory)
        # Databases tell them apart by names in small letters.
        taken = {(certificate.claims.subject or "").lower() for certificate in known.operators}
        if name.lower() in taken:
            raise BadInput("bad-value", f"{name} has been admitted already")
        make_directory(out, "new operator")
        operator, tls = SigningKey(seed := random_bytes(KEY_BYTES)), random_bytes(KEY_BYTES)
        authority = _authority(secrets, known)
        certified = authority.certify_operator(name, operator.public, **validity(now_s))
        key_set = _next(authority, known, [*known.operators, certified], now_s)
        (out / TLS).mkdir(mode=OWNER_ENTERS)
        write_file(tls_files_in(out).authority, tls_files_in(directory).authority.read_bytes())
        _write_tls(out, secrets, certified, tls, serial=random_bytes(SERIAL_BYTES))
        root = SigningKey(secrets.root).public
        write_file(out / ROOT_FILE, f"{root.hex()}\n".encode())
        # Made of the root's seed, which is kept offline: the issuer that runs does not have it.
        shared = sha256(b"pseudonyms/" + secrets.root)
        keys = OperatorKeys(name=name, operator=seed, pseudonyms=shared, root=root)
        write_file(out / OPERATOR_FILE, keys.encode())
        write_file(out / KEY_SET_FILE, key_set.signed.data)
        write_file(directory / KEY_SET_FILE, key_set.signed.data)
    return key_set


def renew(directory: Path, out: Path, *, random_bytes: Callable[[int], bytes], now_s: int) -> KeySet:
    """Give the operator whose directory is `out` new keys; it serves with them once it is started again.

    The certificates of its old keys stay in the key set: devices must know of whom a revocation list speaks,
    and what the old key had signed still holds where it was not revoked. The new certificate is valid from
    when the first one was, so that what waits for the issuer can be signed anew (`operator.resigning`).

    The key set is written first. What was cut off then has certified a key that nobody has: run it again.

    Raises:
        BadInput: it is no operator of this network (`bad-value`), or a directory cannot be used (`bad-file`).
        StoreError: a file of keys is damaged (`corrupt`).
    """
    own = operator_keys_in(out)
    with told_where(directory):
        secrets, known = _root_of(directory)
        before = [each for each in known.operators if each.claims.subject == own.name]
        if not before or own.root != SigningKey(secrets.root).public:
            raise BadInput("bad-value", f"{own.name} in {out} is no operator of this network")
        operator, tls = SigningKey(seed := random_bytes(KEY_BYTES)), random_bytes(KEY_BYTES)
        authority = _authority(secrets, known)
        valid = validity(now_s) | {"not_before_s": min(each.claims.not_before_s for each in before)}
        certified = authority.certify_operator(own.name, operator.public, **valid)
        key_set = _next(authority, known, [*known.operators, certified], now_s)
        write_file(directory / KEY_SET_FILE, key_set.signed.data)
        _write_tls(out, secrets, certified, tls, serial=random_bytes(SERIAL_BYTES))
        write_file(out / KEY_SET_FILE, key_set.signed.data)
        write_file(out / OPERATOR_FILE, replace(own, operator=seed).encode())
    return key_set


def _write_tls(
    out: Path, secrets: RootSecrets, certified: OperatorCertificate, seed: bytes, *, serial: bytes
) -> None:
    """Write an operator's key for TLS, made of `seed`, and a certificate that is valid as long as its own."""
    files, claims = tls_files_in(out), certified.claims
    certificate = TlsAuthority(secrets.tls, network=NETWORK).certify_operator(
        claims.subject or "",
        public_key(seed),
        operator_key=claims.key,
        serial=serial,
        not_before_s=claims.not_before_s,
        expires_at_s=claims.expires_at_s,
    )
    write_file(files.key, key_pem(seed))
    write_file(files.certificate, certificate)


def check_name(name: str) -> None:
    """Make sure that an operator or an auditor can have this name: no other role has it.

    An answer names its log by a name alone, so two parties of one name could be taken for each other.

    Raises:
        BadInput: it cannot (`bad-value`).
    """
    if not _NAME.fullmatch(name):
        raise BadInput("bad-value", f"{name!r} is no operator's name: give 1 to {MAX_NAME} letters or digits")
    if name.lower() in RESERVED_NAMES:
        raise BadInput("bad-value", f"{name!r} is the name of a role of the network: give another one")


def dismiss(directory: Path, name: str, *, now_s: int) -> KeySet:
    """Leave an operator out of the next key set: from then on the issuer refuses it.

    Raises:
        BadInput: there is no such operator (`bad-value`), or a file is missing (`bad-file`).
        StoreError: a file of keys is damaged (`corrupt`).
    """
    with told_where(directory):
        secrets, known = _root_of(directory)
        left = [certificate for certificate in known.operators if certificate.claims.subject != name]
        if len(left) == len(known.operators):
            raise BadInput("bad-value", f"{name} is no operator of this network")
        key_set = _next(_authority(secrets, known), known, left, now_s)
        write_file(directory / KEY_SET_FILE, key_set.signed.data)
    return key_set


def _root_of(directory: Path) -> tuple[RootSecrets, KeySet]:
    secrets = RootSecrets.decode((directory / OFFLINE / ROOT_SECRETS_FILE).read_bytes())
    return secrets, KeySet.parse(read_key_set(directory))


def _authority(secrets: RootSecrets, known: KeySet) -> Authority:
    """The root. A key set certifies one operator more at most, so its number makes a serial of its own."""
    last = SERIALS_OF_FOUNDING + known.number
    return Authority(SigningKey(secrets.root), network=NETWORK, last_serial=last)


def _next(authority: Authority, known: KeySet, operators: list[OperatorCertificate], now_s: int) -> KeySet:
    return authority.sign_key_set(
        known.number + 1,
        issued_at_s=max(now_s, known.issued_at_s),
        operators=operators,
        centres=known.centres,
        epochs=known.epochs,
    )
