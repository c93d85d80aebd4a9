"""How a service answers over HTTP, whoever it is: bounded bodies, caching, and problems (RFC 9457)."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shuangli import __version__
from shuangli.api.models import COSE_SIGN1, PROBLEM, etag_of
from shuangli.api.problems import Problem, problem_of
from shuangli.errors import Malformed, ShuangliError

RETRY_AFTER_S: Final = 5
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PROBLEM: Final = {"description": "Why not (RFC 9457)", "content": {PROBLEM: {}}}


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


def make_service(who: str, *, to_send: str, dependencies: tuple[Any, ...] = ()) -> FastAPI:
    """An application without resources, all of whose errors are problems.

    `to_send` says what is to be sent in place of a header or parameter that FastAPI itself refuses.
    """
    return FastAPI(
        title=f"Shuangli {who}",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        dependencies=dependencies,
        exception_handlers={
            ShuangliError: _own_error,
            HTTPException: _http_error,
            RequestValidationError: _always(HTTPStatus.BAD_REQUEST, to_send),
            # The server's log has the rest.
            Exception: _always(HTTPStatus.INTERNAL_SERVER_ERROR, f"the {who} made a mistake"),
        },
    )


def gives(media_type: str) -> dict[str, Any]:
    """How the OpenAPI description shows what an operation gives."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"response_class": Response, "responses": {200: {"content": content}, "default": _PROBLEM}}


def takes(media_type: str, then_gives: str) -> dict[str, Any]:
    """The same for an operation with a body."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return gives(then_gives) | {"openapi_extra": {"requestBody": {"required": True, "content": content}}}


def answer(body: bytes, media_type: str) -> Response:
    """A success that nobody stores on the way."""
    return Response(body, headers={**_HEADERS, "Content-Type": media_type})


def unless_known(request: Request, body: bytes) -> Response:
    """A body that may be cached, if each time it is asked whether it is the newest (RFC 9110, 13.1.2)."""
    tag = etag_of(body)
    headers = {**_HEADERS, "Cache-Control": "no-cache", "ETag": tag}
    known = [part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers={**headers, "Content-Type": COSE_SIGN1})


def add_published(
    router: APIRouter, *, key_set: Callable[[], bytes], revocation_list: Callable[[], bytes]
) -> None:
    """Add what every service publishes; it may be cached."""

    @router.get("/key-set", name="key_set", **gives(COSE_SIGN1))
    def newest_key_set(request: Request) -> Response:
        """The newest key set, signed by the root."""
        return unless_known(request, key_set())

    @router.get("/revocation-list", name="revocation_list", **gives(COSE_SIGN1))
    def newest_revocation_list(request: Request) -> Response:
        """The newest revocation list, signed by the centre."""
        return unless_known(request, revocation_list())


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


def _always(status: HTTPStatus, detail: str) -> Callable[..., Any]:
    async def say(_request: Request, _error: Exception) -> Response:
        return _problem(Problem(status=status, detail=detail))

    return say
