"""The gate in front of all routes: who asks, and whether they may (`rules.py`).

A wallet proves itself by a signature of the request (`shuangli.api.signing`), whose nonce is kept until the
signature would be too old; a program by a token. Nobody is told more than that they may not: whether another
wallet exists is not their business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shuangli.api.signing import VALID_S, Message, verify_request
from shuangli.database.database import only
from shuangli.errors import Refused, Unverified
from shuangli.operator.customers.tables import NONCES
from shuangli.operator.service.auth.clients import Client, Clients
from shuangli.operator.service.auth.rules import RULES, Rule
from shuangli.operator.service.desk import Desk

MOST_NONCES: Final = 600
"""Signed requests of one wallet in the time that a signature holds."""
_BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: a wallet by its key, or a program."""

    wallet: bytes | None = None
    client: Client | None = None

    @property
    def kind(self) -> str:
        """`wallet`, `client` or `anybody`: all that a log says of who asks."""
        if self.wallet is not None:
            return "wallet"
        return "anybody" if self.client is None else "client"

    @property
    def name(self) -> str:
        """What tells callers apart: a wallet's key in hex, or a program's name."""
        if self.wallet is not None:
            return f"wallet/{self.wallet.hex()}"
        return "" if self.client is None else f"client/{self.client.name}"


class Gate:
    """Lets requests through to one operator."""

    def __init__(self, desk: Desk, clients: Clients) -> None:
        """Guard `desk`; `clients` are the programs that it knows."""
        self._desk = desk
        self._clients = clients

    def admit(
        self,
        route: str,
        *,
        names: Mapping[str, str],
        target: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Caller:
        """Who asks for a route (method and path as in the table), if they may.

        `names` are the parameters in the path, `target` is path and query as they came; names of `headers`
        are in small letters.

        Raises:
            Unverified: nobody has proven to ask (`not-authenticated`).
            Refused: they may not (`not-allowed`), or ask too often (`rate-limited`).
        """
        rule = RULES.get(route)
        if rule is None:
            raise Refused("not-allowed", "this route is closed")
        if rule.anybody:
            return Caller()
        token = headers.get("authorization", "")
        if token.lower().startswith(_BEARER):
            with self._desk.transaction() as now_s:
                client = self._clients.of_token(token[len(_BEARER) :].strip(), now_s=now_s)
            return self._admit_client(rule, client, names.get("wallet", ""))
        if "signature" not in headers:
            raise Unverified("not-authenticated", _how(rule))
        message = Message(method=route.partition(" ")[0], target=target, headers=dict(headers))
        return self._admit_wallet(rule, message, body, names.get("wallet", ""))

    def _admit_client(self, rule: Rule, client: Client, wallet: str) -> Caller:
        owns = client.wallet is not None and client.wallet.hex() == wallet
        if not (client.scopes & {*rule.scopes} or (owns and client.scopes & {*rule.own_scopes})):
            wanted = " or ".join((*rule.scopes, *rule.own_scopes)) or "no token: a wallet signs this"
            raise Refused("not-allowed", f"it needs the scope {wanted}")
        return Caller(client=client)

    def _admit_wallet(self, rule: Rule, message: Message, body: bytes, wallet: str) -> Caller:
        operator = self._desk.describe().operator
        signed = verify_request(message, body, operator=operator, now_s=self._desk.now_s())
        with self._desk.transaction() as now_s:
            is_known = self._desk.bank.store.wallet(signed.wallet) is not None
            if is_known:
                self._use(signed.wallet, signed.nonce, signed.created_at_s, now_s)
            may = (
                (rule.any_wallet and is_known)
                or (rule.wallet and signed.wallet.hex() == wallet)
                or (rule.parent and is_known and self._is_parent(signed.wallet, wallet))
            )
        if not may:
            raise Refused("not-allowed", "the wallet that has signed this may not do it here")
        return Caller(wallet=signed.wallet)

    def _is_parent(self, parent: bytes, child: str) -> bool:
        try:
            row = self._desk.bank.store.wallet(bytes.fromhex(child))
        except ValueError:
            return False
        return row is not None and self._desk.wallets.parent_of(row) == parent

    def _use(self, wallet: bytes, nonce: str, created_at_s: int, now_s: int) -> None:
        """Use a nonce, once. What was signed too long ago is refused by its time, and forgotten here."""
        database = self._desk.bank.store.database
        database.execute("DELETE FROM nonces WHERE until_s < ?", now_s)
        known = database.row("SELECT 1 FROM nonces WHERE wallet = ? AND nonce = ?", wallet, nonce)
        if known is not None:
            raise Unverified("not-authenticated", "the request came before: sign it with another nonce")
        if int(only(database.row("SELECT count(*) FROM nonces WHERE wallet = ?", wallet))) >= MOST_NONCES:
            raise Refused("rate-limited", f"at most {MOST_NONCES} signed requests in {2 * VALID_S} s")
        database.insert(NONCES, [(wallet, nonce, created_at_s + VALID_S)])


def _how(rule: Rule) -> str:
    ways = []
    if rule.wallet or rule.parent or rule.any_wallet:
        ways.append("sign the request with the wallet's key (RFC 9421)")
    if rule.scopes or rule.own_scopes:
        ways.append(f"send a token with the scope {' or '.join((*rule.scopes, *rule.own_scopes))}")
    return ", or ".join(ways)
