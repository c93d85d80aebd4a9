"""A network of its own to try things out: root, centre, an epoch and one operator with a full vault.

network.cbor    all private keys, and the key set; readable by its owner only (`keys.py`)
root-key.txt    the public root key, as hex
issuer.sqlite   the mint log, facts, cases and the issuer's books
OP01.sqlite     the operator's wallets and books
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from shuangli.crypto import SigningKey, sha256
from shuangli.issuer.issuer import Issuer
from shuangli.issuer.readers import Readers
from shuangli.issuer.service.desk import IssuerDesk
from shuangli.issuer.service.keys import DATABASE_FILE, RandomBytes
from shuangli.issuer.service.network import make_issuer
from shuangli.issuer.store import IssuerStore
from shuangli.operator.regimes.settings_file import regimes_in
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.keys import OPERATOR, keys_in
from shuangli.operator.service.opening import make_desk, opened_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """An operator with its issuer in the same process, and the root key that its wallets are opened under."""

    desk: Desk
    issuer: Issuer
    root: bytes


@contextmanager
def open_sandbox(
    directory: Path,
    *,
    random_bytes: RandomBytes,
    now_s: Callable[[], int],
    database: str | None = None,
    readers: Readers | None = None,
) -> Iterator[Sandbox]:
    """Run the operator whose files lie in `directory`; the first time, found its network there.

    Its databases, and its issuer's, are on the server at the address `database`, or files there. Uploads are
    read by `readers`, or here, once for both, as long as both trust the same.

    Raises:
        BadInput: the directory cannot be used, or holds something else (`bad-file`).
        StoreError: a database cannot be opened (`unavailable`, `corrupt`).
    """
    keys = keys_in(directory, random_bytes=random_bytes, now_s=now_s())
    root = SigningKey(keys.root).public
    readers = readers or Readers(0)
    with ExitStack() as stack:
        issuer_store = IssuerStore(database or directory / DATABASE_FILE)
        stack.callback(issuer_store.close)
        issuer = make_issuer(
            issuer_store,
            root=root,
            centre=SigningKey(keys.centre),
            minting=SigningKey(keys.minting),
            key_set=keys.key_set,
        )
        desk = make_desk(
            stack.enter_context(opened_store(database or directory, OPERATOR)),
            IssuerDesk(issuer, read_key_set=lambda: keys.key_set, now_s=now_s, pool=readers),
            name=OPERATOR,
            key=SigningKey(keys.operator),
            root=root,
            key_set=keys.key_set,
            pseudonyms=sha256(b"pseudonyms/" + keys.operator),
            now_s=now_s,
            regimes=regimes_in(directory),
            readers=readers,
        )
        yield Sandbox(desk=desk, issuer=issuer, root=root)
