"""Programs that act with tokens: OAuth 2 client credentials (RFC 6749 section 4.4).

Secrets and tokens are 32 random bytes, and only their SHA-256 is kept. Nobody finds so many by trying, so
they need no hash that takes long, as passwords do: anybody may ask for a token, and each wrong secret would
hold up the bank for that time. Every method is called inside `store.transaction()`.
"""

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shuangli.crypto import DIGEST_BYTES, sha256
from shuangli.database.database import Row
from shuangli.errors import BadInput, Unverified
from shuangli.operator.customers.tables import CLIENTS, TOKENS
from shuangli.operator.service.auth.rules import SCOPES
from shuangli.operator.store import OperatorStore

TOKEN_LIFE_S: Final = 900
SECRET_BYTES: Final = 32
_NOBODY: Final = bytes(DIGEST_BYTES)
"""In place of the hash of an unknown client's secret: no secret has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program: its name, what it may do, and the key of the wallet that it acts for, if any."""

    name: str
    scopes: frozenset[str]
    wallet: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is given out, once."""

    text: str
    expires_in_s: int
    scopes: frozenset[str]


class Clients:
    """The programs that an operator knows."""

    def __init__(self, store: OperatorStore, random_bytes: Callable[[int], bytes]) -> None:
        """Keep them in `store`; `random_bytes` gives that many unpredictable bytes."""
        self._database = store.database
        self._random_bytes = random_bytes

    def add(self, name: str, scopes: frozenset[str], wallet: bytes | None) -> str:
        """Note a program, and give its secret, which is shown once.

        Raises:
            BadInput: the name is taken, or a scope is unknown (`bad-value`).
        """
        check_scopes(scopes)
        if self._row(name) is not None:
            raise BadInput("bad-value", f"there is a client {name} already: choose another name")
        secret = _text(self._random_bytes(SECRET_BYTES))
        self._database.insert(
            CLIENTS, [(name, sha256(secret.encode()), " ".join(sorted(scopes)), wallet, None)]
        )
        return secret

    def revoke(self, name: str, *, now_s: int) -> None:
        """Take a program's secret and its tokens out of use.

        Raises:
            BadInput: there is none of this name (`bad-value`).
        """
        if not self._database.execute(
            "UPDATE clients SET revoked_at_s = ? WHERE name = ? AND revoked_at_s IS NULL", now_s, name
        ):
            raise BadInput("bad-value", f"there is no client {name} that could be revoked")
        self._database.execute("DELETE FROM tokens WHERE client = ?", name)

    def names(self) -> list[tuple[str, str, bool]]:
        """All programs: name, scopes, and whether it is revoked."""
        rows = self._database.rows("SELECT name, scopes, revoked_at_s FROM clients ORDER BY name")
        return [(name, scopes, at_s is not None) for name, scopes, at_s in rows]

    def check(self, name: str, secret: str) -> Client:
        """The program that has this secret.

        Raises:
            Unverified: none has, or it is revoked (`not-authenticated`).
        """
        row = self._row(name)
        expected = _NOBODY if row is None else bytes(row[0])
        holds = hmac.compare_digest(sha256(secret.encode()), expected)
        if row is None or not holds or row[3] is not None:
            raise Unverified("not-authenticated", "no client has this name and secret")
        return Client(name=name, scopes=frozenset(row[1].split()), wallet=row[2])

    def give_token(self, client: Client, scopes: frozenset[str], *, now_s: int) -> Token:
        """A token for some of a program's scopes; all, if none is named.

        Raises:
            BadInput: a scope that it has not got (`bad-value`).
        """
        wanted = scopes or client.scopes
        if more := wanted - client.scopes:
            raise BadInput("bad-value", f"the client has not got the scope {min(more)}: ask for what it has")
        text = _text(self._random_bytes(SECRET_BYTES))
        self._database.execute("DELETE FROM tokens WHERE expires_at_s <= ?", now_s)
        row = (sha256(text.encode()), client.name, " ".join(sorted(wanted)), now_s + TOKEN_LIFE_S)
        self._database.insert(TOKENS, [row])
        return Token(text=text, expires_in_s=TOKEN_LIFE_S, scopes=wanted)

    def drop_token(self, text: str, client: Client) -> None:
        """Take a program's token out of use (RFC 7009); one that it has not got is out of use already."""
        self._database.execute(
            "DELETE FROM tokens WHERE digest = ? AND client = ?", sha256(text.encode()), client.name
        )

    def of_token(self, text: str, *, now_s: int) -> Client:
        """The program that a token was given to, with the scopes of the token.

        Raises:
            Unverified: there is no such token, or it has expired (`not-authenticated`).
        """
        row = self._database.row(
            "SELECT client, tokens.scopes, wallet FROM tokens JOIN clients ON name = client"
            " WHERE digest = ? AND expires_at_s > ? AND revoked_at_s IS NULL",
            sha256(text.encode()),
            now_s,
        )
        if row is None:
            raise Unverified(
                "not-authenticated", "the token is unknown or has expired: ask for one at /v1/oauth/token"
            )
        return Client(name=row[0], scopes=frozenset(row[1].split()), wallet=row[2])

    def _row(self, name: str) -> Row | None:
        return self._database.row(
            "SELECT secret_hash, scopes, wallet, revoked_at_s FROM clients WHERE name = ?", name
        )


def check_scopes(scopes: frozenset[str]) -> None:
    """Make sure that these are scopes.

    Raises:
        BadInput: there is none, or one is unknown (`bad-value`).
    """
    if not scopes or scopes - SCOPES.keys():
        wrong = min(scopes - SCOPES.keys(), default="none")
        raise BadInput("bad-value", f"{wrong} is no scope: there are {', '.join(sorted(SCOPES))}")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
