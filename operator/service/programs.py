"""The programs of an operator, kept from the command line; the operator may be running. An edge file."""

import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shuangli.api.bodies import KEY_PATTERN, NAME_PATTERN
from shuangli.errors import BadInput, Refused
from shuangli.issuer.service.admission import OPERATOR_FILE, operator_keys_in
from shuangli.operator.service.auth.clients import Clients
from shuangli.operator.service.keys import KEYS_FILE, OPERATOR
from shuangli.operator.service.opening import opened_store
from shuangli.operator.store import OperatorStore


def add(
    directory: Path, name: str, scopes: Sequence[str], *, wallet: str | None, database: str | None
) -> str:
    """Note a program, and give its secret.

    Raises:
        BadInput: name, scope or wallet are none, or the directory is no operator's.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise BadInput("bad-value", f"{name!r} is no name: give up to 64 letters, digits, dots or dashes")
    if wallet is not None and not re.fullmatch(KEY_PATTERN, wallet):
        raise BadInput("bad-value", f"--wallet {wallet}: give a wallet's key, 64 hex digits in small letters")
    key = None if wallet is None else bytes.fromhex(wallet)
    with _opened(directory, database) as store, store.transaction():
        if key is not None and store.wallet(key) is None:
            raise Refused("unknown-wallet", f"no wallet with key {wallet} was opened here")
        return _clients(store).add(name, frozenset(scopes), key)


def revoke(directory: Path, name: str, *, database: str | None) -> None:
    """Take a program's secret and tokens out of use.

    Raises:
        BadInput: there is no such program, or the directory is no operator's.
    """
    with _opened(directory, database) as store, store.transaction():
        _clients(store).revoke(name, now_s=int(time.time()))


def listed(directory: Path, *, database: str | None) -> list[tuple[str, str, bool]]:
    """All programs: name, scopes, and whether it is revoked."""
    with _opened(directory, database) as store:
        return _clients(store).names()


def _clients(store: OperatorStore) -> Clients:
    return Clients(store, secrets.token_bytes)


@contextmanager
def _opened(directory: Path, database: str | None) -> Iterator[OperatorStore]:
    """The database of the operator whose files lie in a directory.

    Raises:
        BadInput: none lie there (`bad-file`).
    """
    if (directory / OPERATOR_FILE).exists():
        name = operator_keys_in(directory).name
    elif (directory / KEYS_FILE).exists():
        name = OPERATOR
    else:
        raise BadInput("bad-file", f"{directory}: no operator's files lie there")
    with opened_store(database or directory, name) as store:
        yield store
