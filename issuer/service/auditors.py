"""Admitting an auditor, such as a regulator, to read the issuer's audit log, and dismissing it.

Who is admitted gets a directory to read from: `root-key.txt`, and `tls/` with the certificate of the TLS
authority, its own, and its key. Who may read stands in the issuer's file `auditors.cbor`, as [[name, key],
...]; the issuer looks there at every request.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from shuangli import codec
from shuangli.crypto import KEY_BYTES, SigningKey
from shuangli.errors import BadInput
from shuangli.issuer.service.admission import check_name
from shuangli.issuer.service.keys import (
    OFFLINE,
    ROOT_FILE,
    ROOT_SECRETS_FILE,
    TLS,
    RootSecrets,
    tls_files_in,
    told_where,
)
from shuangli.issuer.service.network import NETWORK, validity
from shuangli.issuer.service.secret_files import OWNER_ENTERS, make_directory, write_file
from shuangli.issuer.service.tls_authority import SERIAL_BYTES, TlsAuthority, key_pem, public_key
from shuangli.messages.fields import MAX_NAME, check_key, check_text, read_list, require

AUDITORS_FILE: Final = "auditors.cbor"


def decode_auditors(data: bytes) -> dict[str, bytes]:
    """Read who may read: keys by name.

    Raises:
        Malformed: it is something else.
    """
    found: dict[str, bytes] = {}
    for part in read_list(codec.decode(data), "a list of auditors"):
        fields = read_list(part, "an auditor")
        require(len(fields) == 2, "shape", "an auditor is a name and a key")
        name, key = fields
        check_text(name, MAX_NAME, "name")
        check_key(key, "key")
        found[name] = key
    return found


def auditors_in(directory: Path) -> dict[str, bytes]:
    """Who may read the log of the issuer in a directory: keys by name; nobody, if there is no file.

    Raises:
        BadInput: the file cannot be read (`bad-file`).
        StoreError: it is damaged (`corrupt`).
    """
    path = directory / AUDITORS_FILE
    with told_where(path):
        return decode_auditors(path.read_bytes()) if path.exists() else {}


def admit_auditor(
    directory: Path, name: str, out: Path, *, random_bytes: Callable[[int], bytes], now_s: int
) -> None:
    """Let an auditor read the log of the issuer in `directory`, and write its own directory `out`.

    Raises:
        BadInput: the name cannot be used or is taken (`bad-value`); a directory cannot be used (`bad-file`).
        StoreError: a file is damaged (`corrupt`).
    """
    check_name(name)
    auditors = auditors_in(directory)
    if name in auditors:
        raise BadInput("bad-value", f"{name} has been admitted already")
    with told_where(directory):
        secrets = RootSecrets.decode((directory / OFFLINE / ROOT_SECRETS_FILE).read_bytes())
        make_directory(out, "new auditor")
        (out / TLS).mkdir(mode=OWNER_ENTERS)
        seed, files = random_bytes(KEY_BYTES), tls_files_in(out)
        certificate = TlsAuthority(secrets.tls, network=NETWORK).certify_auditor(
            name, public_key(seed), serial=random_bytes(SERIAL_BYTES), **validity(now_s)
        )
        write_file(files.authority, tls_files_in(directory).authority.read_bytes())
        write_file(files.key, key_pem(seed))
        write_file(files.certificate, certificate)
        write_file(out / ROOT_FILE, f"{SigningKey(secrets.root).public.hex()}\n".encode())
        _write(directory, auditors | {name: public_key(seed)})


def dismiss_auditor(directory: Path, name: str) -> None:
    """Let an auditor read no more.

    Raises:
        BadInput: there is no such auditor (`bad-value`).
        StoreError: a file is damaged (`corrupt`).
    """
    auditors = auditors_in(directory)
    if name not in auditors:
        raise BadInput("bad-value", f"{name} is no auditor of this network")
    with told_where(directory):
        _write(directory, {other: key for other, key in auditors.items() if other != name})


def _write(directory: Path, auditors: dict[str, bytes]) -> None:
    write_file(
        directory / AUDITORS_FILE, codec.encode([[name, key] for name, key in sorted(auditors.items())])
    )
