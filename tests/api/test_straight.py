"""A route in front of all others is guarded, bounded, watched and described like them."""

import asyncio
import json

import httpx
import pytest
from fastapi import APIRouter, Request, Response
from starlette.applications import Starlette

from shuangli.api.models import CBOR, PROBLEM
from shuangli.api.service.manners import make_service, straight
from shuangli.api.service.observing import route_of
from shuangli.errors import Refused
from tests.api.service import Service

UPLOADS = "/v1/reconciliations"


def service_with(refused: Refused | None, seen: list[str]) -> Starlette:
    """A service with one straight route, whose guard refuses what it is asked."""

    async def guard(request: Request) -> None:
        seen.append(route_of(request.scope))
        if refused is not None:
            raise refused

    router = APIRouter()

    @router.post("/things")
    async def make_thing(request: Request) -> Response:
        return Response(await request.body())

    app = make_service("tester", to_send="")
    app.include_router(router)
    app.router.routes.insert(0, straight(router, "/things", guard))
    return app


async def ask(app: Starlette) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.post("/things", content=b"thing")


@pytest.mark.parametrize("refused", [None, Refused("not-allowed", "a test")])
def test_the_guard_is_asked_first_about_the_route_as_it_is_described(refused: Refused | None) -> None:
    seen: list[str] = []
    told = asyncio.run(ask(service_with(refused, seen)))
    assert seen == ["POST /things"]
    if refused is None:
        assert (told.status_code, told.content) == (200, b"thing")
    else:
        assert (told.status_code, told.headers["Content-Type"]) == (403, PROBLEM)


def test_what_is_handed_in_is_watched_by_its_pattern(shared: Service) -> None:
    told = shared.ask("POST", UPLOADS, body=b"\x80", headers={"Content-Type": CBOR})
    assert (told.status_code, told.headers["Content-Type"]) == (400, PROBLEM)
    line = json.loads(shared.log[-1])
    assert (line["route"], line["status"], line["caller"]) == (UPLOADS, 400, "anybody")


def test_other_media_types_and_methods_are_refused_there_too(shared: Service) -> None:
    asked = [("POST", {"Content-Type": "text/plain"}), ("GET", {})]
    statuses = [shared.ask(method, UPLOADS, headers=headers).status_code for method, headers in asked]
    assert statuses == [415, 405]
    assert shared.ask("GET", "/v1/openapi.json").json()["paths"][UPLOADS].keys() == {"post"}
