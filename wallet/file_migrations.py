"""Wallet files of earlier versions, brought up to date one version at a time, in one transaction.

    1   as described in `wallet.file_format`, but the head has no counter
    2   the head names the device's counter, so that an older copy is found out

A migration may rewrite parts and rows; it has the file's key, since it runs after the passphrase.
"""

from collections.abc import Callable, Mapping
from typing import Final

from shuangli import codec
from shuangli.errors import BadInput, Malformed
from shuangli.messages.fields import read_array
from shuangli.wallet.file_database import FileDatabase
from shuangli.wallet.file_format import HEAD, VERSION, FileKey

Migration = Callable[[FileDatabase, FileKey], None]


def check_version(database: FileDatabase) -> None:
    """Make sure that this program can read the file, before anything in it is looked at or changed.

    Raises:
        BadInput: another program made it (`bad-file`).
    """
    version = database.version
    if version > VERSION:
        newer = f"a newer program made it (version {version}, this one reads up to {VERSION})"
        raise BadInput("bad-file", f"{database.path}: {newer}")
    if version != VERSION and version not in MIGRATIONS:
        raise BadInput("bad-file", f"{database.path}: there is no wallet file of version {version}")


def migrate(database: FileDatabase, key: FileKey) -> None:
    """Bring the file up to date, inside the caller's transaction.

    Raises:
        StoreError: a part of it has been changed (`corrupt`).
    """
    while (version := database.version) != VERSION:
        MIGRATIONS[version](database, key)
        database.set_version(version + 1)


def _from_1_to_2(database: FileDatabase, key: FileKey) -> None:
    """Add to the head that no device counts its writes."""
    head = key.open_part("head/1", database.part(HEAD))
    if head is None:
        raise database.corrupt("its head has been changed")
    try:
        fields = read_array(head, 4, HEAD)
    except Malformed as error:
        raise database.corrupt(f"its head: {error}") from error
    database.put_part(HEAD, key.seal_part("head/2", codec.encode([*fields, None])))


MIGRATIONS: Final[Mapping[int, Migration]] = {1: _from_1_to_2}
"""By the version that they start from."""
