"""The pages of the wallet by itself, and with its operator: what it holds, history, limits, load, sync."""

from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response

from shuangli.wallet.commands.show import show
from shuangli.wallet.history import entries
from shuangli.wallet.left import left_of
from shuangli.wallet.web import pages
from shuangli.wallet.web.answers import (
    Served,
    amount_of,
    answer_of,
    code_of,
    form,
    go,
    raw,
    token_of,
    visitor_of,
)
from shuangli.wallet.web.once import Done

MOST_SHOWN: Final = 100
"""Payments in the history."""
RECOVERY_FILE: Final = "shuangli.recovery"


def add_looking(wallet: FastAPI, served: Served) -> None:
    """What needs no network: what the wallet holds, its payments, its limits."""
    opened, edges, account = served.opened, served.edges, served.account

    @wallet.get("/")
    async def home(request: Request) -> Response:
        visitor = visitor_of(request)
        facts = show(opened, edges=edges).facts
        # What was filed was settled: only the journal holds what is open.
        found = entries(opened.wallet.purse, now_s=edges.now_s())
        still_open = [entry for entry in found if entry.is_open]
        return answer_of(
            visitor, pages.home_page(visitor, facts=facts, heard=account.heard(), entries=still_open)
        )

    @wallet.get("/history")
    async def history(request: Request) -> Response:
        visitor = visitor_of(request)
        found = opened.history(now_s=edges.now_s())[:MOST_SHOWN]
        page = pages.history_page(visitor, entries=found, lines=account.lines, heard=account.heard())
        return answer_of(visitor, page)

    @wallet.get("/limits")
    async def limits(request: Request) -> Response:
        visitor = visitor_of(request)
        left = left_of(opened.wallet, now_s=edges.now_s())
        return answer_of(visitor, pages.limits_page(visitor, left=left, heard=account.heard()))


def add_account(wallet: FastAPI, served: Served) -> None:
    """What needs the operator: load and reconcile, each once for one form."""
    account, once = served.account, served.once

    @wallet.get("/load")
    async def load(request: Request) -> Response:
        visitor, sandbox = visitor_of(request), served.opened.network.sandbox
        return answer_of(visitor, pages.load_page(visitor, once=once.token(), sandbox=sandbox))

    @wallet.get("/sync")
    async def sync(request: Request) -> Response:
        visitor = visitor_of(request)
        return answer_of(visitor, pages.sync_page(visitor, once=once.token(), heard=account.heard()))

    @wallet.post("/load")
    async def load_now(request: Request) -> Response:
        fields = await form(request)
        token = token_of(fields)

        def act() -> Done:
            deposit, code = fields.get("deposit") == "yes", code_of(fields)
            answer = account.load(amount_of(fields), deposit=deposit, code=code)
            return Done(go=f"/done/{token}", act="load", facts=answer.facts)

        return go(once.answer(token, act).go)

    @wallet.post("/sync")
    async def sync_now(request: Request) -> Response:
        token = token_of(await form(request))
        done = once.answer(token, lambda: Done(go=f"/done/{token}", act="sync", facts=account.sync().facts))
        return go(done.go)

    @wallet.get("/done/{token}")
    async def done(request: Request, token: str) -> Response:
        visitor, found = visitor_of(request), once.done(token)
        if found is None or not found.act:
            return answer_of(visitor, pages.missing_page(visitor), HTTPStatus.NOT_FOUND)
        return answer_of(visitor, pages.done_page(visitor, found))


def add_recovery(wallet: FastAPI, served: Served) -> None:
    """A recovery file, sealed before it leaves; words to write down are shown in the terminal alone."""
    account, once = served.account, served.once

    @wallet.get("/recovery")
    async def recovery(request: Request) -> Response:
        visitor = visitor_of(request)
        return answer_of(visitor, pages.recovery_page(visitor, once=once.token()))

    @wallet.post("/recovery")
    async def make(request: Request) -> Response:
        fields = await form(request)
        token = token_of(fields)

        def act() -> Done:
            sealed = account.backup(passphrase=served.passphrase, code=code_of(fields))
            facts = {"file": sealed, "path": f"/recovery/{token}"}
            return Done(go=f"/done/{token}", act="recovery", facts=facts)

        return go(once.answer(token, act).go)

    @wallet.get("/recovery/{token}")
    async def download(request: Request, token: str) -> Response:
        found = once.done(token)
        if found is None or found.act != "recovery":
            visitor = visitor_of(request)
            return answer_of(visitor, pages.missing_page(visitor), HTTPStatus.NOT_FOUND)
        answer = raw(found.facts["file"], "application/octet-stream")
        answer.headers["Content-Disposition"] = f'attachment; filename="{RECOVERY_FILE}"'
        return answer
