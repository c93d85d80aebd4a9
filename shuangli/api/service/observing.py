"""What is seen of every request, whatever becomes of it: its id, its time, its line in the log, its figures.

The log has one JSON object a line. Paths are shown as the route's pattern, so that no wallet's key is in it,
and neither headers nor bodies are. Figures are in Prometheus' text form.
"""

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shuangli.api.models import PROBLEM
from shuangli.api.problems import problem_of
from shuangli.api.service.limiting import RateLimiter
from shuangli.errors import Malformed, Refused, ShuangliError

REQUEST_ID: Final = "X-Request-Id"
METRICS: Final = "text/plain; version=1.0.0; charset=utf-8"
_NAMED: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LENGTH: Final = re.compile(rb"[0-9]{1,20}")
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
_TIMES_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Figures:
    """A service's own figures: requests by route and status, how long they took, how many are under way."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter(
            "shuangli_requests", "Requests that were answered", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "shuangli_request_seconds",
            "Time to the end of the answer",
            ("route",),
            buckets=_TIMES_S,
            registry=self.registry,
        )
        self.under_way = Gauge(
            "shuangli_requests_under_way", "Requests being answered", registry=self.registry
        )

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a service needs of its machine to watch requests.

    `monotonic_s` is a clock that never goes back, in seconds; `new_id` makes an id for a request that came
    without one; `log` takes a line for each, if there is to be a log; `limiter` says who asks too often, and
    `budget` who sends too many bytes, by address; `most_bytes` is the largest body by route (method and
    pattern), where that is bounded here.
    """

    monotonic_s: Callable[[], float]
    now_s: Callable[[], int]
    new_id: Callable[[], str]
    figures: Figures
    log: Callable[[str], None] | None = None
    limiter: RateLimiter | None = None
    budget: RateLimiter | None = None
    most_bytes: Callable[[str], int | None] = lambda _: None


class Watch:
    """Middleware (ASGI) around a whole service."""

    def __init__(self, app: App, surroundings: Surroundings) -> None:
        self._app = app
        self._its = surroundings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, request_id, status = self._its.monotonic_s(), self._id_of(scope), 500

        async def sending(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (REQUEST_ID.lower().encode(), request_id)]
            await send(message)

        self._its.figures.under_way.inc()
        try:
            refusal = self._refuse(scope)
            if refusal is not None:
                await refusal(scope, receive, sending)
            else:
                await self._app(scope, self._bounded(scope, receive), sending)
        finally:
            self._its.figures.under_way.dec()
            self._note(scope, request_id.decode(), status, self._its.monotonic_s() - began_s)

    def _id_of(self, scope: Scope) -> bytes:
        """The id that came with the request, if it is one, else a new one."""
        sent = dict(scope["headers"]).get(REQUEST_ID.lower().encode(), b"").decode("latin-1")
        return (sent if _NAMED.fullmatch(sent) else self._its.new_id()).encode("ascii")

    def _refuse(self, scope: Scope) -> Response | None:
        """What is answered before any of the body is read: who asks too often, or announces too much."""
        address, its = _address(scope), self._its
        if its.limiter is not None and (wait_s := its.limiter.wait_s(address)):
            return _problem(Refused("rate-limited", _wait("requests", wait_s)), wait_s)
        announced = _announced(scope)
        if its.budget is None or not announced:
            return None
        if announced > its.budget.burst:
            return _problem(Malformed("too-large", f"a body of more than {its.budget.burst} bytes"))
        if wait_s := its.budget.ahead_s(address, announced):
            return _problem(Refused("rate-limited", _wait("bytes", wait_s)), wait_s)
        return None

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """The body, up to what the route takes, and as much as its address may send now.

        The route is known once somebody reads. Bytes count as they are read: who only announces them uses up
        nobody's budget.
        """
        read, address = 0, _address(scope)

        async def receiving() -> MutableMapping[str, Any]:
            nonlocal read
            message = await receive()
            size = len(message.get("body", b""))
            read += size
            if size and self._its.budget is not None and (wait_s := self._its.budget.wait_s(address, size)):
                raise HTTPException(429, _wait("bytes", wait_s), {"Retry-After": _seconds(wait_s)})
            most = self._its.most_bytes(route_of(scope))
            if most is not None and read > most:
                raise HTTPException(413, f"a body of more than {most} bytes")
            return message

        return receiving

    def _note(self, scope: Scope, request_id: str, status: int, took_s: float) -> None:
        method, _, route = route_of(scope).partition(" ")
        self._its.figures.requests.labels(method, route, str(status)).inc()
        self._its.figures.seconds.labels(route).observe(took_s)
        if self._its.log is not None:
            caller = getattr(scope.get("state", {}).get("caller"), "kind", "")
            line = {
                "at_s": self._its.now_s(),
                "request_id": request_id,
                "method": method,
                "route": route,
                "status": status,
                "took_ms": round(took_s * 1_000, 3),
                "caller": caller,
            }
            self._its.log(json.dumps(line))


def route_of(scope: Scope) -> str:
    """Method and pattern of the route that a request has found, such as `GET /v1/wallets/{wallet}`."""
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    return f"{method} {getattr(scope.get('route'), 'path', 'none')}"


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "local"


def _announced(scope: Scope) -> int:
    """The length of the body, if the request says it."""
    said = dict(scope["headers"]).get(b"content-length", b"")
    return int(said) if _LENGTH.fullmatch(said) else 0


def _seconds(wait_s: float) -> str:
    return str(int(wait_s) + 1)


def _wait(what: str, wait_s: float) -> str:
    return f"too many {what} from this address: ask again in {_seconds(wait_s)} s"


def _problem(error: ShuangliError, wait_s: float = 0.0) -> Response:
    problem = problem_of(error)
    headers = {"Retry-After": _seconds(wait_s)} if wait_s else {}
    headers |= {"Cache-Control": "no-store", "Content-Type": PROBLEM}
    return Response(problem.encode(), problem.status, headers=headers)
