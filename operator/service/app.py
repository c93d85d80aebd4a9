"""The operator's HTTP API: `Desk` on FastAPI, and nothing but the way there and back.

A handler reads a bounded body of the right media type, hands the bytes to the desk, and answers with the
bytes it gets, once they are stored. Every error becomes a problem (RFC 9457). Enrolments and orders are
signed by the wallet's key and uploads prove themselves, so there is no log-in here.
"""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shuangli import __version__
from shuangli.api.models import (
    CBOR,
    COSE,
    COSE_SIGN1,
    MAX_MODEL_BYTES,
    MAX_SIGNED_BYTES,
    MAX_UPLOAD_BYTES,
    PROBLEM,
    Deposit,
    etag_of,
)
from shuangli.api.problems import Problem, problem_of
from shuangli.errors import Malformed, ShuangliError
from shuangli.operator.service.desk import Desk

RETRY_AFTER_S: Final = 5
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class BodyReader:
    """Reads the body of a request: at most so many bytes, of one media type."""

    def __init__(self, media_type: str, *, most_bytes: int) -> None:
        """Accept `media_type`, whatever its parameters."""
        self.media_type = media_type
        self.most_bytes = most_bytes

    async def __call__(self, request: Request) -> bytes:
        """The body.

        Raises:
            Malformed: it is larger (`too-large`).
            HTTPException: it is of another media type (415).
        """
        said = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if said != self.media_type:
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send a body of type {self.media_type}")
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > self.most_bytes:
                raise Malformed("too-large", f"a body of more than {self.most_bytes} bytes")
        return bytes(body)


SignedBody = Annotated[bytes, Depends(BodyReader(COSE, most_bytes=MAX_SIGNED_BYTES))]
ModelBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_MODEL_BYTES))]
UploadBody = Annotated[bytes, Depends(BodyReader(CBOR, most_bytes=MAX_UPLOAD_BYTES))]
OnceKey = Annotated[str, Header(alias="Idempotency-Key", pattern=r'^"[ !#-~]{1,64}"$')]


def make_app(desk: Desk) -> FastAPI:
    """The API of the operator behind `desk`."""
    app = FastAPI(
        title="Shuangli operator",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        exception_handlers={
            ShuangliError: _own_error,
            HTTPException: _http_error,
            RequestValidationError: _bad_header,
            Exception: _unforeseen,
        },
    )
    app.include_router(_published(desk), prefix="/v1")
    app.include_router(_asked(desk), prefix="/v1")
    return app


def _published(desk: Desk) -> APIRouter:
    """What anybody may read."""
    router = APIRouter()

    @router.get("/network", **_gives(CBOR))
    def network() -> Response:
        """The network and the operator, as a CBOR map."""
        return _answer(desk.describe().encode(), CBOR)

    @router.get("/key-set", **_gives(COSE_SIGN1))
    def key_set(request: Request) -> Response:
        """The newest key set, signed by the root."""
        return _unless_known(request, desk.key_set())

    @router.get("/revocation-list", **_gives(COSE_SIGN1))
    def revocation_list(request: Request) -> Response:
        """The newest revocation list, signed by the centre."""
        return _unless_known(request, desk.revocation_list())

    @router.get("/health", **_gives("application/json"))
    def health() -> Response:
        """Whether the operator can write to its databases."""
        desk.check_health()
        return _answer(b'{"status": "pass"}', "application/json")

    return router


def _asked(desk: Desk) -> APIRouter:
    """What wallets ask for."""
    router = APIRouter()

    @router.post("/wallets", **_takes(COSE, COSE_SIGN1))
    def open_wallet(enrolment: SignedBody) -> Response:
        """An enrolment opens a wallet: its certificate. Opening it again gives the same one."""
        return _answer(desk.open_wallet(enrolment), COSE_SIGN1)

    @router.post("/deposits", **_takes(CBOR, CBOR))
    def deposit(body: ModelBody, idempotency_key: OnceKey) -> Response:
        """Sandbox: money from the bank account. The body comes back; the same key again pays nothing more."""
        asked = Deposit.decode(body)
        desk.deposit(asked, idempotency_key=idempotency_key.strip('"'))
        return _answer(asked.encode(), CBOR)

    @router.post("/loads", **_takes(COSE, COSE_SIGN1))
    def load(order: SignedBody) -> Response:
        """An order is answered by a load; the same order by the same load."""
        return _answer(desk.load(order), COSE_SIGN1)

    @router.post("/reconciliations", **_takes(CBOR, COSE_SIGN1))
    def reconcile(upload: UploadBody) -> Response:
        """An upload is answered by an acknowledgement; the same upload by the same acknowledgement."""
        return _answer(desk.reconcile(upload), COSE_SIGN1)

    return router


def _gives(media_type: str) -> dict[str, Any]:
    """How the OpenAPI description shows what an operation gives."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"response_class": Response, "responses": {200: {"content": content}, "default": _PROBLEM}}


def _takes(media_type: str, gives: str) -> dict[str, Any]:
    """The same for an operation with a body."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return _gives(gives) | {"openapi_extra": {"requestBody": {"required": True, "content": content}}}


_PROBLEM: Final = {"description": "Why not (RFC 9457)", "content": {PROBLEM: {}}}


def _answer(body: bytes, media_type: str) -> Response:
    return Response(body, headers={**_HEADERS, "Content-Type": media_type})


def _unless_known(request: Request, body: bytes) -> Response:
    """A body that may be cached, if each time it is asked whether it is the newest (RFC 9110, 13.1.2)."""
    tag = etag_of(body)
    headers = {**_HEADERS, "Cache-Control": "no-cache", "ETag": tag}
    known = [part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers={**headers, "Content-Type": COSE_SIGN1})


def _problem(problem: Problem, **headers: str) -> Response:
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return Response(
        problem.encode(), problem.status, headers={**_HEADERS, **headers, "Content-Type": PROBLEM}
    )


async def _own_error(_: Request, error: ShuangliError) -> Response:
    return _problem(problem_of(error))


async def _http_error(_: Request, error: HTTPException) -> Response:
    return _problem(Problem(status=error.status_code, detail=error.detail), **(error.headers or {}))


async def _bad_header(_request: Request, _error: RequestValidationError) -> Response:
    """The one thing that FastAPI checks here by itself."""
    detail = 'send a header Idempotency-Key: "..." with 1 to 64 printable characters, new for each deposit'
    return _problem(Problem(status=HTTPStatus.BAD_REQUEST, detail=detail))


async def _unforeseen(_request: Request, _error: Exception) -> Response:
    """What should not happen; the server's log has the rest."""
    return _problem(Problem(status=HTTPStatus.INTERNAL_SERVER_ERROR, detail="the operator made a mistake"))
