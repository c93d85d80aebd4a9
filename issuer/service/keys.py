"""The issuer's directory: its keys, what the root has signed, and its certificate for TLS.

offline/root.cbor   the root's key and that of the TLS authority: needed to admit and to dismiss operators
                    only, and kept elsewhere in between
issuer.cbor         the centre's key and the minting key
key-set.cbor        the newest key set, signed by the root
root-key.txt        the public root key, as hex
tls/                the certificate of the TLS authority, the issuer's own, and its key
issuer.sqlite       the mint log, facts, cases and the issuer's books

All are readable by their owner only.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from shuangli import codec
from shuangli.api.tls import TlsFiles
from shuangli.crypto import KEY_BYTES, SigningKey
from shuangli.errors import BadInput, Malformed, StoreError
from shuangli.issuer.authority import Authority
from shuangli.issuer.service.network import NETWORK, first_key_set, validity
from shuangli.issuer.service.secret_files import OWNER_ENTERS, OWNER_ONLY, make_directory, write_file
from shuangli.issuer.service.tls_authority import SERIAL_BYTES, TlsAuthority, key_pem, public_key
from shuangli.messages.fields import check_bytes, check_key, read_array, require
from shuangli.messages.key_set import KeySet

OFFLINE: Final = "offline"
ROOT_SECRETS_FILE: Final = "root.cbor"
ISSUER_FILE: Final = "issuer.cbor"
KEY_SET_FILE: Final = "key-set.cbor"
ROOT_FILE: Final = "root-key.txt"
DATABASE_FILE: Final = "issuer.sqlite"
TLS: Final = "tls"
_VERSION: Final = 1

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class RootSecrets:
    """The seeds of the root's key and of the TLS authority's, 32 bytes each."""

    root: bytes = field(repr=False)
    tls: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for seed in (self.root, self.tls):
            check_bytes(seed, KEY_BYTES, "a seed")

    def encode(self) -> bytes:
        """Encode for the file."""
        return codec.encode([_VERSION, self.root, self.tls])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the file.

        Raises:
            Malformed: it is something else.
        """
        version, root, tls = read_array(data, 3, "file of root keys")
        require(version == _VERSION, "shape", f"version {version} of the file of root keys")
        return cls(root=root, tls=tls)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKeys:
    """The seeds of the centre's and the minting key, 32 bytes each, and the public root key."""

    root: bytes
    centre: bytes = field(repr=False)
    minting: bytes = field(repr=False)

    def __post_init__(self) -> None:
        check_key(self.root, "root")
        for seed in (self.centre, self.minting):
            check_bytes(seed, KEY_BYTES, "a seed")

    def encode(self) -> bytes:
        """Encode for the file."""
        return codec.encode([_VERSION, self.root, self.centre, self.minting])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the file.

        Raises:
            Malformed: it is something else.
        """
        version, root, centre, minting = read_array(data, 4, "file of keys")
        require(version == _VERSION, "shape", f"version {version} of the file of keys")
        return cls(root=root, centre=centre, minting=minting)


@contextmanager
def told_where(directory: Path) -> Iterator[None]:
    """Name the directory in what goes wrong with its files.

    Raises:
        BadInput: a file is missing or cannot be used (`bad-file`).
        StoreError: a file is damaged (`corrupt`).
    """
    try:
        yield
    except Malformed as error:
        raise StoreError("corrupt", f"{directory}: {error}") from error
    except OSError as error:
        where = error.filename or directory
        raise BadInput("bad-file", f"{where}: {error.strerror or error}") from error


def issuer_keys_in(directory: Path, *, random_bytes: RandomBytes, now_s: int) -> IssuerKeys:
    """The keys of the issuer in a directory; in an empty or new one, a network is founded first.

    Raises:
        BadInput: the directory cannot be used, or holds something else (`bad-file`).
        StoreError: a file of keys is damaged (`corrupt`).
    """
    path = directory / ISSUER_FILE
    with told_where(directory):
        if not path.exists():
            _found(directory, random_bytes=random_bytes, now_s=now_s)
        path.chmod(OWNER_ONLY)
        return IssuerKeys.decode(path.read_bytes())


def _found(directory: Path, *, random_bytes: RandomBytes, now_s: int) -> None:
    """Found a network; its last file is the one by which it counts as founded."""
    if not (directory / OFFLINE).exists():
        make_directory(directory, f"{ISSUER_FILE} of an issuer")
    for below in (OFFLINE, TLS):
        (directory / below).mkdir(mode=OWNER_ENTERS, exist_ok=True)
    root, tls, tls_issuer, centre, minting = (random_bytes(KEY_BYTES) for _ in range(5))
    write_file(directory / OFFLINE / ROOT_SECRETS_FILE, RootSecrets(root=root, tls=tls).encode())
    authority = TlsAuthority(tls, network=NETWORK)
    valid, files = validity(now_s), tls_files_in(directory)
    write_file(files.authority, authority.certificate(serial=random_bytes(SERIAL_BYTES), **valid))
    write_file(files.key, key_pem(tls_issuer))
    certified = authority.certify_issuer(public_key(tls_issuer), serial=random_bytes(SERIAL_BYTES), **valid)
    write_file(files.certificate, certified)
    signer = SigningKey(root)
    key_set = first_key_set(
        Authority(signer, network=NETWORK),
        centre=SigningKey(centre).public,
        minting=SigningKey(minting).public,
        operators={},
        now_s=now_s,
    )
    write_file(directory / KEY_SET_FILE, key_set.signed.data)
    write_file(directory / ROOT_FILE, f"{signer.public.hex()}\n".encode())
    keys = IssuerKeys(root=signer.public, centre=centre, minting=minting)
    write_file(directory / ISSUER_FILE, keys.encode())


def tls_files_in(directory: Path) -> TlsFiles:
    """Where an issuer or operator has its files for TLS."""
    below = directory / TLS
    return TlsFiles(
        certificate=below / "certificate.pem", key=below / "key.pem", authority=below / "authority.pem"
    )


def read_key_set(directory: Path) -> bytes:
    """The newest key set that lies in a directory.

    Raises:
        BadInput: there is none (`bad-file`).
        StoreError: it is damaged (`corrupt`).
    """
    with told_where(directory):
        data = (directory / KEY_SET_FILE).read_bytes()
        KeySet.parse(data)
    return data
