"""The web wallet over HTTP: pages for one person on this machine, rendered here, working without a network.

Everything runs on the event loop, in the thread that has opened the wallet file, one request after the other:
so two clicks are two requests in turn, and no lock is needed. A request that asks the operator holds up the
next one until the operator has answered, or has not.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from shuangli.errors import BadInput, ShuangliError, StoreError
from shuangli.wallet.commands.edges import Edges
from shuangli.wallet.commands.opened import OpenWallet
from shuangli.wallet.web import pages
from shuangli.wallet.web.account import Account
from shuangli.wallet.web.answers import Served, answer_of, raw, visitor_of, why_of
from shuangli.wallet.web.at_home import add_account, add_looking, add_recovery
from shuangli.wallet.web.camera import Camera
from shuangli.wallet.web.door import ICON, LAUNCH, STYLE, Closed, Door
from shuangli.wallet.web.meeting import add_being_paid, add_paying, add_scanning
from shuangli.wallet.web.once import Once
from shuangli.wallet.web.payments import Payments


def make_web_wallet(
    opened: OpenWallet, edges: Edges, *, door: Door, passphrase: str, new_link: Callable[[], None]
) -> FastAPI:
    """The pages of an open wallet behind a door; `new_link` is called when the last link was used."""
    served = Served(
        opened=opened,
        edges=edges,
        payments=Payments(opened, edges, passphrase=passphrase),
        account=Account(opened, edges),
        camera=Camera(),
        once=Once(edges.device.random_bytes),
        passphrase=passphrase,
    )
    wallet = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _add_door(wallet, door, new_link)
    add_looking(wallet, served)
    add_paying(wallet, served)
    add_being_paid(wallet, served)
    add_account(wallet, served)
    add_recovery(wallet, served)
    add_scanning(wallet, served)
    _add_faults(wallet, served)
    return wallet


def _add_door(wallet: FastAPI, door: Door, new_link: Callable[[], None]) -> None:
    @wallet.middleware("http")
    async def check(request: Request, go_on: Callable[[Request], Any]) -> Any:
        closed = door.why_closed(
            request.method, request.url.path, headers=request.headers, cookies=request.cookies
        )
        if closed is not None:
            visitor = visitor_of(request, inside=False)
            return answer_of(visitor, pages.closed_page(visitor, closed.value), closed.status)
        return await go_on(request)

    @wallet.get(LAUNCH)
    async def launch(request: Request, token: str = "") -> Response:
        visitor = visitor_of(request, inside=False)
        session = door.enter(token)
        if session is None:
            why = Closed.NO_SESSION
            return answer_of(visitor, pages.closed_page(visitor, why.value), why.status)
        answer = answer_of(visitor, pages.launch_page(visitor))
        answer.set_cookie(door.cookie, session, path="/", httponly=True, samesite="strict")
        new_link()
        return answer

    @wallet.post("/leave")
    async def leave(request: Request) -> Response:
        door.leave()
        visitor = visitor_of(request, inside=False)
        answer = answer_of(visitor, pages.closed_page(visitor, "left"))
        answer.delete_cookie(door.cookie, path="/")
        return answer

    @wallet.get(STYLE)
    async def style() -> Response:
        return raw(pages.STYLE_BYTES, "text/css; charset=utf-8")

    @wallet.get(ICON)
    async def icon() -> Response:
        return raw(pages.ICON_BYTES, "image/svg+xml")

    @wallet.get("/wallet.js")
    async def script() -> Response:
        return raw(pages.SCRIPT_BYTES, "text/javascript; charset=utf-8")


def _add_faults(wallet: FastAPI, served: Served) -> None:
    """What goes wrong is a page, too."""

    @wallet.exception_handler(ShuangliError)
    async def fault(request: Request, error: ShuangliError) -> Response:
        if isinstance(error, StoreError):
            status = HTTPStatus.SERVICE_UNAVAILABLE
        elif isinstance(error, BadInput):
            status = HTTPStatus.BAD_REQUEST
        else:
            status = HTTPStatus.CONFLICT
        visitor = visitor_of(request)
        back = getattr(request.state, "back", visitor.here)
        own = back if back.startswith("/") and not back.startswith("//") else "/"
        return answer_of(visitor, pages.fault_page(visitor, why_of(served, visitor, error), back=own), status)

    @wallet.exception_handler(RequestValidationError)
    @wallet.exception_handler(HTTPStatus.NOT_FOUND)
    @wallet.exception_handler(HTTPStatus.METHOD_NOT_ALLOWED)
    async def missing(request: Request, _: Exception) -> Response:
        visitor = visitor_of(request)
        return answer_of(visitor, pages.missing_page(visitor), HTTPStatus.NOT_FOUND)
