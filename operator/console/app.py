"""The console over HTTP: a regulator signs in, and looks at reports that were verified for every page.

It is an application of its own on the operator's service. Who signs in is a client of the operator with the
scope `audit:read`; the session is a token like those of programs, in a cookie that only this site's own pages
send (SameSite=Strict), so it ends as they do. A page loads nothing but its style sheet, and runs no script.
"""

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, RedirectResponse

from shuangli.api.service.html import (
    language_of,
    page_answer,
    page_headers,
    query_without_language,
    read_form,
)
from shuangli.errors import BadInput, ProtocolError, StoreError, Unverified
from shuangli.offline.periods.file import EVIDENCE_FOLDER
from shuangli.operator.console import pages
from shuangli.operator.console.pages import BASE, Reader
from shuangli.operator.console.reports import Shelf, StillOpening
from shuangli.operator.privacy.identities import IdentityRequest
from shuangli.operator.service.auth.clients import TOKEN_LIFE_S, Clients
from shuangli.operator.service.desk import Desk

SCOPE: Final = "audit:read"
SESSION: Final = "shuangli-console"
MOST_REQUESTS: Final = 200
MOST_FORM_BYTES: Final = 4_096
_HEADERS: Final = {**page_headers(), "Referrer-Policy": "no-referrer"}


class SignedOut(Exception):
    """Nobody has signed in, or no longer has."""


def make_console(desk: Desk, clients: Clients, shelf: Shelf, *, root: bytes) -> FastAPI:
    """The console of the operator behind `desk`: the reports on `shelf`, verified with the `root` key."""
    console = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    session = _Session(desk, clients)
    _add_entrance(console, session)
    _add_pages(console, session, shelf, root)
    _add_faults(console)
    return console


class _Session:
    """Who has signed in."""

    def __init__(self, desk: Desk, clients: Clients) -> None:
        self._desk = desk
        self._clients = clients

    def begin(self, name: str, secret: str) -> str:
        """A session's token for who has this name and secret.

        Raises:
            Unverified, BadInput: nobody has, or they may not look.
        """
        with self._desk.transaction() as now_s:
            client = self._clients.check(name, secret)
            return self._clients.give_token(client, frozenset((SCOPE,)), now_s=now_s).text

    def end(self, token: str) -> None:
        """End a session; one that is none has ended."""
        try:
            with self._desk.transaction() as now_s:
                self._clients.drop_token(token, self._clients.of_token(token, now_s=now_s))
        except Unverified:
            return

    def identity_requests(self) -> list[IdentityRequest]:
        """The newest requests for identities, the newest first."""
        with self._desk.transaction():
            return self._desk.identities.newest(MOST_REQUESTS)

    def reader(self, request: Request) -> Reader:
        """Who asks for a page.

        Raises:
            SignedOut: nobody who has signed in.
        """
        try:
            with self._desk.transaction() as now_s:
                client = self._clients.of_token(request.cookies.get(SESSION, ""), now_s=now_s)
        except Unverified:
            raise SignedOut from None
        if SCOPE not in client.scopes:
            raise SignedOut
        request.state.who = client.name
        return _reader(request)


def _reader(request: Request) -> Reader:
    """Who looks, also at what has gone wrong after it was known who does."""
    who: str = getattr(request.state, "who", "")
    return Reader(
        language=language_of(request),
        here=request.url.path,
        query=query_without_language(request),
        who=who,
    )


def _shown(reader: Reader, page: bytes, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return page_answer(page, headers=_HEADERS, language=reader.language, base=BASE, status=status)


def _add_entrance(console: FastAPI, session: _Session) -> None:
    @console.get("/sign-in")
    def ask(request: Request) -> Response:
        reader = _reader(request)
        return _shown(reader, pages.sign_in_page(reader, wrong=False))

    async def form(request: Request) -> dict[str, str]:
        return await read_form(request, most_bytes=MOST_FORM_BYTES)

    @console.post("/sign-in")
    def sign_in(request: Request, fields: Annotated[dict[str, str], Depends(form)]) -> Response:
        try:
            token = session.begin(fields.get("name", ""), fields.get("secret", ""))
        except (Unverified, BadInput):
            reader = _reader(request)
            return _shown(reader, pages.sign_in_page(reader, wrong=True), HTTPStatus.FORBIDDEN)
        answer = RedirectResponse(f"{BASE}/", HTTPStatus.SEE_OTHER)
        secure = request.url.scheme == "https"
        answer.set_cookie(
            SESSION, token, path=BASE, max_age=TOKEN_LIFE_S, httponly=True, samesite="strict", secure=secure
        )
        return answer

    @console.post("/sign-out")
    def sign_out(request: Request) -> Response:
        session.end(request.cookies.get(SESSION, ""))
        answer = RedirectResponse(f"{BASE}/sign-in", HTTPStatus.SEE_OTHER)
        answer.delete_cookie(SESSION, path=BASE)
        return answer

    @console.get("/console.css")
    def style() -> Response:
        return Response(pages.STYLE, headers=_HEADERS, media_type="text/css; charset=utf-8")


def _add_pages(console: FastAPI, session: _Session, shelf: Shelf, root: bytes) -> None:
    """The pages; each asks first who looks, then for the report, which is verified before it is shown."""

    @console.get("/")
    def all_reports(request: Request) -> Response:
        reader = session.reader(request)
        return _shown(reader, pages.shelf_page(reader, shelf.rows()))

    @console.get("/identities")
    def identities(request: Request) -> Response:
        reader = session.reader(request)
        return _shown(reader, pages.identities_page(reader, session.identity_requests()))

    @console.get("/reports/{name}")
    def report(request: Request, name: str) -> Response:
        reader = session.reader(request)
        return _shown(reader, pages.report_page(reader, name, shelf.open(name), root=root))

    @console.get("/reports/{name}/figures")
    def figure(request: Request, name: str, figure: str) -> Response:
        reader = session.reader(request)
        page = pages.figure_page(reader, name, shelf.open(name), figure)
        if page is None:
            raise BadInput("bad-value", f"the report has no figure {figure}")
        return _shown(reader, page)

    @console.get("/reports/{name}/entries/{number}")
    def entry(request: Request, name: str, number: int) -> Response:
        reader = session.reader(request)
        return _shown(reader, pages.entry_page(reader, name, shelf.open(name).entry(number)))

    @console.get("/reports/{name}/cases/{case}")
    def case(request: Request, name: str, case: str) -> Response:
        reader = session.reader(request)
        evidence = shelf.open(name).file(f"{EVIDENCE_FOLDER}/{case}")
        return _shown(reader, pages.case_page(reader, name, case, evidence, root=root))

    @console.get("/reports/{name}/files/{file:path}")
    def download(request: Request, name: str, file: str) -> Response:
        session.reader(request)
        shown = shelf.open(name)
        kept_as = f"attachment; filename*=UTF-8''{quote(file.rpartition('/')[2], safe='')}"
        headers = {**_HEADERS, "Content-Disposition": kept_as}
        if (path := shown.long_file(file)) is not None:
            return FileResponse(path, headers=headers, media_type="application/octet-stream")
        return Response(shown.file(file), headers=headers, media_type="application/octet-stream")


def _add_faults(console: FastAPI) -> None:
    """What goes wrong is a page, too."""

    @console.exception_handler(SignedOut)
    def to_sign_in(_: Request, __: SignedOut) -> Response:
        return RedirectResponse(f"{BASE}/sign-in", HTTPStatus.SEE_OTHER)

    def fault(request: Request, title: str, why: str, status: HTTPStatus) -> Response:
        reader = _reader(request)
        return _shown(reader, pages.fault_page(reader, title, why), status)

    @console.exception_handler(StillOpening)
    def not_yet(request: Request, opening: StillOpening) -> Response:
        reader = _reader(request)
        return _shown(reader, pages.opening_page(reader, opening), HTTPStatus.ACCEPTED)

    @console.exception_handler(ProtocolError)
    def does_not_hold(request: Request, error: ProtocolError) -> Response:
        return fault(request, "not-verified", str(error), HTTPStatus.CONFLICT)

    @console.exception_handler(BadInput)
    def not_there(request: Request, error: BadInput) -> Response:
        if error.code == "bad-option":
            return fault(request, "not-here", str(error), HTTPStatus.NOT_IMPLEMENTED)
        return fault(request, "not-found", str(error), HTTPStatus.NOT_FOUND)

    @console.exception_handler(RequestValidationError)
    @console.exception_handler(HTTPStatus.NOT_FOUND)
    @console.exception_handler(HTTPStatus.METHOD_NOT_ALLOWED)
    def no_page(request: Request, _: Exception) -> Response:
        return fault(request, "not-found", request.url.path, HTTPStatus.NOT_FOUND)

    @console.exception_handler(StoreError)
    def not_now(request: Request, error: StoreError) -> Response:
        return fault(request, "not-now", str(error), HTTPStatus.SERVICE_UNAVAILABLE)
