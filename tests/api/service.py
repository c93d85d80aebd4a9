"""An operator's API in this process: requests go to the application without a network, clocks are made up."""

import asyncio
import random
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import BaseModel

from shuangli.api.models import COSE_SIGN1
from shuangli.api.service.limiting import Rate
from shuangli.api.signing import RequestSigner
from shuangli.crypto import SigningKey, sha256
from shuangli.messages.certificates import WalletKind
from shuangli.messages.enrolment import Enrolment
from shuangli.operator.service.app import BUDGET, Edges, make_app
from shuangli.operator.service.auth.clients import Client, Clients
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.resources.sandbox import TestClock
from shuangli.operator.service.sandbox import Sandbox, open_sandbox
from tests.database.places import Place

NOW = 1_800_000_000
OPERATOR = "OP01"


class Service:
    """A sandbox operator, and ways to ask it.

    Attributes:
        clock: the operator's, which stands still until it is put forward
        seconds: what the clock for rates shows
        log: lines of the log
        app: the application
    """

    def __init__(
        self, sandbox: Sandbox, clock: TestClock, *, rate: Rate, budget: Rate = BUDGET, seed: int
    ) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.seconds = 0.0
        self.log: list[str] = []
        self._random = random.Random(seed)
        self._programs = 0
        self.app: FastAPI = make_app(
            sandbox.desk,
            Edges(
                random_bytes=self._random.randbytes,
                monotonic_s=lambda: self.seconds,
                log=self.log.append,
                clock=clock,
                rate=rate,
                budget=budget,
            ),
        )

    @property
    def desk(self) -> Desk:
        return self.sandbox.desk

    def ask(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        key: SigningKey | None = None,
        token: str = "",
        once: str = "",
        code: str = "",
    ) -> httpx.Response:
        """Ask as nobody, as a wallet (`key`), or as a program (`token`)."""
        sent = dict(headers or {})
        if isinstance(json, BaseModel):
            body, json = json.model_dump_json().encode(), None
            sent["Content-Type"] = "application/json"
        elif json is not None:
            body = httpx.Request("POST", "http://a", json=json).content
            sent["Content-Type"] = "application/json"
        if once:
            sent["Idempotency-Key"] = f'"{once}"'
        if code:
            sent["Second-Factor"] = code
        if key is not None:
            sent |= self.signer(key).headers(method, path, sent, body, operator=OPERATOR)
        if token:
            sent["Authorization"] = f"Bearer {token}"
        return asyncio.run(self._ask(method, path, body, sent))

    async def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://operator.test") as client:
            return await client.request(method, path, content=body or None, headers=headers)

    def signer(self, key: SigningKey) -> RequestSigner:
        return RequestSigner(key=key, random_bytes=self._random.randbytes, now_s=self.clock.now_s)

    def wallet(self, name: str, *, tier: int = 2, holds_fen: int = 0, person: str = "") -> SigningKey:
        """An open wallet with so much in its account."""
        key = SigningKey(sha256(name.encode()))
        enrolment = Enrolment.sign(
            key,
            network="sandbox",
            operator=OPERATOR,
            kind=WalletKind.SOFT,
            tier=tier,
            person=sha256((person or name).encode()),
            enrolled_at_s=self.clock.now_s(),
        ).signed.data
        code = self.desk.identify(sha256((person or name).encode()), tier).code
        headers = {"Content-Type": COSE_SIGN1, "Opening-Code": code}
        told = self.ask("POST", "/v1/wallets", body=enrolment, headers=headers)
        assert told.status_code == 200, told.text
        if holds_fen:
            self.desk.deposit(key.public, holds_fen, idempotency_key="first")
        return key

    def program(self, *scopes: str, wallet: bytes | None = None) -> tuple[str, str]:
        """A program's name and secret."""
        self._programs += 1
        name = f"program-{self._programs}"
        with self.desk.transaction():
            clients = Clients(self.desk.bank.store, self._random.randbytes)
            return name, clients.add(name, frozenset(scopes), wallet)

    def token(self, *scopes: str, wallet: bytes | None = None) -> str:
        """A token for these scopes, as the program gets it that shows its secret."""
        name, _ = self.program(*scopes, wallet=wallet)
        client = Client(name=name, scopes=frozenset(scopes), wallet=wallet)
        with self.desk.transaction() as now_s:
            clients = Clients(self.desk.bank.store, self._random.randbytes)
            return clients.give_token(client, frozenset(), now_s=now_s).text

    def balance_fen(self, key: SigningKey) -> int:
        """What the operator owes the holder of a wallet, from the books."""
        row = self.desk.bank.store.wallet(key.public)
        assert row is not None
        return -self.desk.bank.store.ledger.balance_fen(row.account)

    def check_books(self) -> None:
        """The books balance, and every entry that moved customers' money is in the log."""
        self.desk.bank.store.ledger.check()
        self.desk.bank.store.audit.check()


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PLENTY = Rate(per_s=1e6, burst=1_000_000)


@contextmanager
def serving_here(
    directory: Path,
    *,
    rate: Rate = PLENTY,
    budget: Rate = BUDGET,
    seed: int = 1,
    database: str | None = None,
) -> Iterator[Service]:
    """An operator whose files lie in a directory, and its databases there or on a server."""
    clock = TestClock(lambda: NOW)
    chance = random.Random(seed)
    with open_sandbox(
        directory / "files", random_bytes=chance.randbytes, now_s=clock.now_s, database=database
    ) as sandbox:
        yield Service(sandbox, clock, rate=rate, budget=budget, seed=seed)


def serving_at(place: Place, directory: Path) -> AbstractContextManager[Service]:
    """An operator whose files lie in a directory, and its databases at a place: there too, or on a server."""
    return serving_here(directory, database=place if isinstance(place, str) else None)
