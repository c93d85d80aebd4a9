"""How a service answers over HTTP, whoever it is: bounded bodies, caching, and problems (RFC 9457)."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Route

from shuangli import __version__
from shuangli.api.models import COSE_SIGN1, PROBLEM, etag_of
from shuangli.api.problems import Problem, problem_of
from shuangli.api.told_service import ProblemFields
from shuangli.errors import BadInput, Malformed, ShuangliError

RETRY_AFTER_S: Final = 5
_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
PROBLEM_SHOWN: Final = {
    "description": "Why not (RFC 9457)",
    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
"""How the description of an API shows every answer that says no."""
_CODE_OF_STATUS: Final = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("malformed", "too-large"),
    HTTPStatus.TOO_MANY_REQUESTS: ("refused", "rate-limited"),
}
_MOST_FAULTS: Final = 3


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
    service = FastAPI(
        title=f"Shuangli {who}",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        dependencies=dependencies,
        exception_handlers={
            ShuangliError: _own_error,
            HTTPException: _http_error,
            RequestValidationError: _invalid(to_send),
            ClientDisconnect: _gone,
            # The server's log has the rest.
            Exception: _mistake(who),
        },
    )
    service.openapi = lambda: _described(service)  # type: ignore[method-assign]
    return service


def _described(service: FastAPI) -> dict[str, Any]:
    """The description of the API as it is: whatever is wrong is a problem, and never FastAPI's own answer."""
    if service.openapi_schema is None:
        described = get_openapi(
            title=service.title,
            version=service.version,
            description=service.description,
            routes=service.routes,
        )
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas["Problem"] = ProblemFields.model_json_schema()
        for operations in described["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
        service.openapi_schema = described
    return service.openapi_schema


def gives(media_type: str, example: str = "") -> dict[str, Any]:
    """How the OpenAPI description shows what an operation gives; an `example` is in base64."""
    content = {media_type: _bytes_like(example)}
    return {"response_class": Response, "responses": {200: {"content": content}, "default": PROBLEM_SHOWN}}


def takes(media_type: str, then_gives: str, *, example: str = "", answer: str = "") -> dict[str, Any]:
    """The same for an operation with a body; `answer` is an example of what it gives."""
    content = {media_type: _bytes_like(example)}
    return gives(then_gives, answer) | {
        "openapi_extra": {"requestBody": {"required": True, "content": content}}
    }


def _bytes_like(example: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
    return shown | ({"example": example} if example else {})


def answer(body: bytes, media_type: str) -> Response:
    """A success that nobody stores on the way."""
    return Response(body, headers={**_HEADERS, "Content-Type": media_type})


def straight(router: APIRouter, path: str, guard: Callable[[Request], Awaitable[None]]) -> Route:
    """A POST route of `router` once more, to stand in front of all; its handler takes a request, no more.

    FastAPI describes such a route, and would answer it no differently. But it works out anew for each request
    what its handler depends on, which takes longer than all else on the way there. `guard` is what the whole
    service depends on.
    """
    (described,) = [route for route in router.routes if isinstance(route, APIRoute) and route.path == path]

    async def answering(request: Request) -> Response:
        # Guard and log ask for the route that a request has found.
        request.scope["route"] = described
        await guard(request)
        answered: Response = await described.endpoint(request)
        return answered

    return Route(path, answering, methods=["POST"], include_in_schema=False)


def unless_known(request: Request, body: bytes) -> Response:
    """A body that may be cached, if each time it is asked whether it is the newest (RFC 9110, 13.1.2)."""
    tag = etag_of(body)
    headers = {**_HEADERS, "Cache-Control": "no-cache", "ETag": tag}
    known = [part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers={**headers, "Content-Type": COSE_SIGN1})


def add_published(
    router: APIRouter,
    *,
    key_set: Callable[[], bytes],
    revocation_list: Callable[[], bytes],
    examples: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Add what every service publishes; it may be cached. `examples` are in base64, by path."""

    @router.get("/key-set", name="key_set", **gives(COSE_SIGN1, examples.get("key-set", "")))
    def newest_key_set(request: Request) -> Response:
        """The newest key set, signed by the root."""
        return unless_known(request, key_set())

    @router.get(
        "/revocation-list",
        name="revocation_list",
        **gives(COSE_SIGN1, examples.get("revocation-list", "")),
    )
    def newest_revocation_list(request: Request) -> Response:
        """The newest revocation list, signed by the centre."""
        return unless_known(request, revocation_list())


def _problem(problem: Problem, **headers: str) -> Response:
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="shuangli"'
    if problem.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    return Response(
        problem.encode(), problem.status, headers={**_HEADERS, **headers, "Content-Type": PROBLEM}
    )


async def _own_error(_: Request, error: ShuangliError) -> Response:
    return _problem(problem_of(error))


async def _http_error(_: Request, error: HTTPException) -> Response:
    if error.status_code == HTTPStatus.BAD_REQUEST:
        # The parser itself has stumbled: over another encoding, or a number or a nesting beyond all bounds.
        return _problem(problem_of(BadInput("bad-value", "the body cannot be read: send JSON in UTF-8")))
    kind, code = _CODE_OF_STATUS.get(HTTPStatus(error.status_code), ("", ""))
    problem = Problem(status=error.status_code, detail=error.detail, kind=kind, code=code)
    return _problem(problem, **(error.headers or {}))


async def _gone(_: Request, _error: ClientDisconnect) -> Response:
    """Nobody hears it but the log: that the other side breaks off is no mistake of the service."""
    return _problem(Problem(status=HTTPStatus.BAD_REQUEST, detail="the body broke off: send all of it"))


def _invalid(to_send: str) -> Callable[..., Any]:
    """Says which parts of a request are wrong, and what would be right; not what was sent."""

    async def say(_request: Request, error: RequestValidationError) -> Response:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors()[:_MOST_FAULTS]
        ]
        detail = "; ".join([*faults, *([to_send] if to_send else [])])
        return _problem(problem_of(BadInput("bad-value", detail)))

    return say


def _mistake(who: str) -> Callable[..., Any]:
    async def say(_request: Request, _error: Exception) -> Response:
        problem = Problem(status=HTTPStatus.INTERNAL_SERVER_ERROR, detail=f"the {who} made a mistake")
        return _problem(problem)

    return say
