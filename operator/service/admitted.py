"""An operator of a network whose issuer runs elsewhere (`shuangli issuer admit` has made its directory).

Besides what `shuangli.issuer.service.admission` names, there lie in it:

NAME.sqlite            the operator's wallets, uploads and books
revocation-list.cbor   the newest revocation list that it has seen
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from shuangli.crypto import SigningKey
from shuangli.errors import ProtocolError, StoreError
from shuangli.issuer.readers import Readers
from shuangli.issuer.service.admission import operator_keys_in
from shuangli.issuer.service.keys import read_key_set, tls_files_in, told_where
from shuangli.issuer.service.secret_files import write_file
from shuangli.operator.issuer_client import HttpIssuer
from shuangli.operator.regimes.settings_file import regimes_in
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.opening import make_desk, opened_store
from shuangli.operator.service.published import REVOCATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A running operator: its desk, its name, and the root key that its wallets are opened under."""

    desk: Desk
    name: str
    root: bytes


@contextmanager
def open_admitted(
    directory: Path,
    issuer: str,
    *,
    now_s: Callable[[], int],
    database: str | None = None,
    readers: Readers | None = None,
) -> Iterator[Admitted]:
    """Run the operator whose files lie in `directory`, with the issuer at an address.

    Its database is on the server at the address `database`, or a file there. Uploads are read by `readers`,
    or in this process.

    The issuer need not be reached for that: until it is, uploads are kept.

    Raises:
        BadInput: the directory is no operator's (`bad-file`), or this is no address (`bad-option`).
        StoreError: a file is damaged (`corrupt`), or the database cannot be opened.
    """
    keys = operator_keys_in(directory)
    with ExitStack() as stack:
        try:
            desk = make_desk(
                stack.enter_context(opened_store(database or directory, keys.name)),
                stack.enter_context(HttpIssuer(issuer, tls_files_in(directory))),
                name=keys.name,
                key=SigningKey(keys.operator),
                root=keys.root,
                key_set=read_key_set(directory),
                pseudonyms=keys.pseudonyms,
                now_s=now_s,
                regimes=regimes_in(directory),
                keep=lambda name, data: _keep(directory / name, data),
                readers=readers,
            )
            listed = directory / REVOCATIONS
            if listed.exists():
                with told_where(directory):
                    desk.bank.trust.update_revocations(listed.read_bytes())
        except ProtocolError as error:
            raise StoreError("corrupt", f"{directory}: {error}") from error
        yield Admitted(desk=desk, name=keys.name, root=keys.root)


def _keep(path: Path, data: bytes) -> None:
    """Keep what the issuer publishes, so that it is known after a restart without it.

    Raises:
        StoreError: it cannot be written (`unavailable`).
    """
    try:
        write_file(path, data)
    except OSError as error:
        raise StoreError("unavailable", f"{path}: {error.strerror or error}") from error
