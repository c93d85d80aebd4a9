"""The operator's HTTP API: `Desk` on FastAPI, and nothing but the way there and back.

Every route stands in the table of `auth/rules.py`, and the gate lets through whom that names. A handler reads
a bounded body, asks the desk, and answers once that is stored. Every error becomes a problem (RFC 9457). What
a resource does stands in `resources/`, one module each.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from shuangli.api.models import MAX_UPLOAD_BYTES
from shuangli.api.service.limiting import Rate, RateLimiter
from shuangli.api.service.manners import answer, make_service, straight
from shuangli.api.service.observing import METRICS, Figures, Surroundings, Watch, route_of
from shuangli.api.service.pages import POLICY, page_of
from shuangli.api.told_service import Status
from shuangli.operator.service.auth.clients import Clients
from shuangli.operator.service.auth.gate import Gate
from shuangli.operator.service.auth.rules import RULES, SCOPES, Rule
from shuangli.operator.service.desk import Desk
from shuangli.operator.service.examples import examples
from shuangli.operator.service.resources import (
    access,
    audit,
    identifications,
    identities,
    money,
    offline,
    oversight,
    payroll,
    recovery,
    remittances,
    repayments,
    sandbox,
    trade,
    wallets,
    webhooks,
)
from shuangli.operator.service.resources.common import PREFIX, shows, told
from shuangli.operator.service.resources.sandbox import TestClock

RATE: Final = Rate(per_s=500, burst=2_000)
"""For each address from which requests come."""
BUDGET: Final = Rate(per_s=MAX_UPLOAD_BYTES / 60, burst=4 * MAX_UPLOAD_BYTES)
"""Bytes of bodies, likewise: one of the largest uploads a minute for long. To hand in, nobody signs in."""
_WALLET, _TOKEN = "wallet signature", "token"
_SCHEMES: Final = {
    _WALLET: {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "HTTP Message Signatures (RFC 9421) with the wallet's key",
    },
    _TOKEN: {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": f"{PREFIX}/oauth/token", "scopes": SCOPES}},
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """What the API needs of the machine: `monotonic_s` never goes back, `log` takes a line for each request.

    `clock` is that of a sandbox which was asked for one.
    """

    random_bytes: Callable[[int], bytes]
    monotonic_s: Callable[[], float]
    log: Callable[[str], None] | None = None
    clock: TestClock | None = None
    rate: Rate = RATE
    budget: Rate = BUDGET


def make_app(desk: Desk, edges: Edges) -> FastAPI:
    """The API of the operator behind `desk`."""
    clients, figures, shown = Clients(desk.bank.store, edges.random_bytes), Figures(), examples()
    guard = _guard(Gate(desk, clients))
    app = make_service("operator", to_send="", dependencies=(Depends(guard),))
    app.description = "The API of an operator bank, for wallet apps, merchants, companies and regulators."
    app.add_middleware(
        Watch,
        surroundings=Surroundings(
            monotonic_s=edges.monotonic_s,
            now_s=desk.now_s,
            new_id=lambda: edges.random_bytes(8).hex(),
            figures=figures,
            log=edges.log,
            limiter=RateLimiter(edges.rate, edges.monotonic_s),
            budget=RateLimiter(edges.budget, edges.monotonic_s),
            most_bytes=lambda route: RULES[route].most_bytes if route in RULES else None,
        ),
    )
    offline_routes = offline.routes(desk, shown)
    routers = [
        offline_routes,
        audit.routes(desk, shown),
        wallets.routes(desk, shown),
        recovery.routes(desk, shown),
        money.routes(desk),
        remittances.routes(desk),
        repayments.routes(desk),
        trade.routes(desk),
        access.routes(desk, clients),
        payroll.routes(desk),
        webhooks.routes(desk),
        oversight.routes(desk),
        identifications.routes(desk),
        identities.routes(desk),
        _about(desk, app, figures),
        *([] if edges.clock is None else [sandbox.routes(desk, edges.clock)]),
    ]
    for router in routers:
        app.include_router(router)
    # Uploads are asked for more often than all else together.
    app.router.routes.insert(0, straight(offline_routes, offline.UPLOADS, guard))
    _describe_access(app)
    return app


def _guard(gate: Gate) -> Callable[..., Any]:
    """What lets a request through, or does not; who asks is then in its state."""

    async def guard(request: Request) -> None:
        route = route_of(request.scope)
        rule = RULES.get(route)
        body = b"" if rule is None or rule.anybody else await request.body()
        path = request.scope.get("raw_path", request.url.path.encode()).decode("ascii", "replace")
        query = request.scope["query_string"].decode("ascii", "replace")
        admit = partial(
            gate.admit,
            route,
            names=request.path_params,
            target=f"{path.partition('?')[0]}?{query}" if query else path.partition("?")[0],
            headers=_joined(request),
            body=body,
        )
        # To let anybody through takes no look into the database, and no way to a thread and back.
        open_to_all = rule is not None and rule.anybody
        request.state.caller = admit() if open_to_all else await run_in_threadpool(admit)

    return guard


def _joined(request: Request) -> Mapping[str, str]:
    """The headers by name in small letters; what came several times is one list (RFC 9110 section 5.3)."""
    joined: dict[str, str] = {}
    for name, value in request.headers.items():
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _about(desk: Desk, app: FastAPI, figures: Figures) -> APIRouter:
    """What the service says about itself."""
    router = APIRouter(prefix=PREFIX, tags=["service"])

    @router.get("/health", **shows(Status))
    def health() -> Response:
        """Whether the operator can write to its database: it is ready.

        `warn` while something waits for the issuer, or what it has netted does not agree with the books.
        """
        desk.check_health()
        return told(Status(status="warn" if desk.has_backlog() or desk.has_alarm() else "pass"))

    @router.get("/live", **shows(Status))
    def live() -> Response:
        """Whether the process answers at all."""
        return told(Status(status="pass"))

    @router.get("/metrics", **_shows_text("text/plain"))
    def metrics() -> Response:
        """The service's own figures, for Prometheus."""
        return answer(figures.text(), METRICS)

    @router.get("/docs", **_shows_text("text/html"))
    def docs() -> Response:
        """This description as a page, which loads nothing from elsewhere."""
        page = answer(page_of(app.openapi()), "text/html; charset=utf-8")
        page.headers["Content-Security-Policy"] = POLICY
        return page

    return router


def _shows_text(media_type: str) -> dict[str, Any]:
    shown = shows(Status)
    ok: dict[str, Any] = {"content": {media_type: {"schema": {"type": "string"}, "example": "…"}}}
    return shown | {"responses": {HTTPStatus.OK: ok, "default": shown["responses"]["default"]}}


def _describe_access(app: FastAPI) -> None:
    """Let the description say who may use each route."""
    described = app.openapi()
    described["components"]["securitySchemes"] = _SCHEMES
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            operation["security"] = _ways(RULES.get(f"{method.upper()} {path}", Rule()))


def _ways(rule: Rule) -> list[dict[str, list[str]]]:
    wallet = rule.wallet or rule.parent or rule.any_wallet
    scopes = (*rule.scopes, *rule.own_scopes)
    ways: list[dict[str, list[str]]] = [{_WALLET: []}] if wallet else []
    return ways + [{_TOKEN: [scope]} for scope in scopes]
