"""How the service answers, whatever is asked: ids, rates, sizes, log, figures, description, bad input."""

import json
import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shuangli.api.models import PROBLEM
from shuangli.api.service.limiting import Rate, RateLimiter
from shuangli.api.service.pages import example_in
from shuangli.errors import CODES
from shuangli.operator.service.auth.rules import MAX_JSON_BYTES, RULES, SCOPES
from tests.api.service import Service, serving_here


def test_a_request_keeps_the_id_that_it_came_with_or_gets_one(shared: Service) -> None:
    said = shared.ask("GET", "/v1/live", headers={"X-Request-Id": "app-1"})
    assert said.headers["X-Request-Id"] == "app-1"
    assert json.loads(shared.log[-1])["request_id"] == "app-1"
    ids = {
        shared.ask("GET", "/v1/live", headers=sent).headers["X-Request-Id"]
        for sent in ({}, {"X-Request-Id": "a b"})
    }
    assert len(ids) == 2
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in ids)


def test_f40_a_million_requests_are_slowed_down_by_address(tmp_path: Path) -> None:
    with serving_here(tmp_path, rate=Rate(per_s=2, burst=3)) as service:
        statuses = [service.ask("GET", "/v1/live").status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        told = service.ask("GET", "/v1/live")
        assert (told.json()["code"], told.headers["Retry-After"]) == ("rate-limited", "1")
        assert told.headers["Content-Type"] == PROBLEM
        service.seconds += 1
        assert [service.ask("GET", "/v1/live").status_code for _ in range(3)] == [200, 200, 429]


def test_a_limiter_tells_clients_apart_and_forgets_the_quietest() -> None:
    now_s = 0.0
    limiter = RateLimiter(Rate(per_s=1, burst=1), lambda: now_s, most_clients=2)
    assert [limiter.wait_s(each) for each in "aab"] == [0, 1, 0]
    limiter.wait_s("c")
    assert limiter.wait_s("a") == 0, "it was forgotten"
    now_s = 0.5
    assert limiter.wait_s("a") == 0.5


@pytest.mark.parametrize("rate", [(0, 1), (-1, 1), (1, 0)])
def test_no_rate(rate: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate(per_s=rate[0], burst=rate[1])


def test_the_log_has_a_line_a_request_and_no_wallet_in_it(service: Service) -> None:
    key = service.wallet("quiet", holds_fen=50)
    service.log.clear()
    service.ask("GET", f"/v1/wallets/{key.public.hex()}", key=key)
    (line,) = service.log
    said = json.loads(line)
    assert said | {"took_ms": 0, "request_id": ""} == {
        "at_s": service.clock.now_s(),
        "request_id": "",
        "method": "GET",
        "route": "/v1/wallets/{wallet}",
        "status": 200,
        "took_ms": 0,
        "caller": "wallet",
    }
    assert key.public.hex() not in line


def test_figures_count_requests_by_route(service: Service) -> None:
    key = service.wallet("counted")
    for path in (f"/v1/wallets/{key.public.hex()}", "/v1/nothing", "/v1/elsewhere"):
        service.ask("GET", path, key=key)
    text = service.ask("GET", "/v1/metrics", token=service.token("metrics:read")).text
    assert 'shuangli_requests_total{method="GET",route="/v1/wallets/{wallet}",status="200"} 1.0' in text
    assert 'shuangli_requests_total{method="GET",route="none",status="404"} 2.0' in text
    assert 'shuangli_request_seconds_count{route="/v1/wallets/{wallet}"} 1.0' in text
    assert "shuangli_requests_under_way 1.0" in text
    assert key.public.hex() not in text


class Loads(HTMLParser):
    """What a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in ("script", "link", "img", "iframe", "object") or "src" in named:
            self.found.append(f"{tag} {named}")
        if tag == "a" and not str(named.get("href", "#")).startswith("#"):
            self.found.append(f"{tag} {named}")


def test_the_documentation_is_one_page_that_loads_nothing(shared: Service) -> None:
    told = shared.ask("GET", "/v1/docs")
    assert told.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in told.headers["Content-Security-Policy"]
    seen = Loads()
    seen.feed(told.text)
    assert not seen.found
    for path in shared.app.openapi()["paths"]:
        assert f"<code>{path}</code>" in told.text
    for scope in SCOPES:
        assert scope in told.text


def test_every_call_is_shown_with_an_example_that_holds(shared: Service) -> None:
    described = shared.app.openapi()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for shown in (operation.get("requestBody"), operation["responses"]["200"]):
                for media_type, content in (shown or {}).get("content", {}).items():
                    example = example_in(content, described)
                    assert example is not None, (method, path, media_type)
                    if media_type == "application/json":
                        schema = {**content["schema"], "components": described["components"]}
                        Draft202012Validator(schema).validate(example)


def test_the_description_says_who_may_ask(shared: Service) -> None:
    described = shared.app.openapi()
    schemes = described["components"]["securitySchemes"]
    assert schemes["token"]["flows"]["clientCredentials"]["scopes"].keys() == SCOPES.keys()
    for route, rule in RULES.items():
        method, _, path = route.partition(" ")
        ways = described["paths"][path][method.lower()]["security"]
        named = {scope for way in ways for scope in way.get("token", [])}
        assert named == {*rule.scopes, *rule.own_scopes}
        assert bool(ways) != rule.anybody


BAD: dict[str, dict[str, Any]] = {
    "no JSON": {"body": b"{", "headers": {"Content-Type": "application/json"}},
    "a list": {"json": []},
    "nothing of it": {"json": {}},
    "something else": {"json": {"more": 1, "amount_fen": "12", "wallet": 1}},
    "another type": {"body": b"hello", "headers": {"Content-Type": "text/plain"}},
    "too much": {"body": b" " * (MAX_JSON_BYTES + 1), "headers": {"Content-Type": "application/json"}},
    "not text": {"body": b'"\xff"', "headers": {"Content-Type": "application/json"}},
    "deep": {"body": b"[" * 10_000, "headers": {"Content-Type": "application/json"}},
    "infinite": {"body": b'{"amount_fen": Infinity}', "headers": {"Content-Type": "application/json"}},
}
MAY_BE_EMPTY = ("PUT /v1/wallets/{wallet}/freeze", "POST /v1/wallets/{wallet}/close")
"""All fields of these have a default."""
NO_BODY = ("POST /v1/wallets/{wallet}/second-factor",)


@pytest.fixture(scope="module")
def everything(shared: Service) -> tuple[str, Any, str]:
    """A wallet, its key, and a token for all that it has no say in."""
    key = shared.wallet("everything", tier=0, holds_fen=100)
    return key.public.hex(), key, shared.token(*SCOPES, wallet=key.public)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("route", [route for route in RULES if route.startswith(("POST", "PUT"))])
def test_f40_bad_input_at_every_route_is_a_problem_that_says_what_to_change(
    shared: Service, everything: tuple[str, Any, str], route: str, bad: str
) -> None:
    if route in NO_BODY or (route in MAY_BE_EMPTY and bad == "nothing of it"):
        return
    wallet, key, token = everything
    rule = RULES[route]
    method, _, path = route.partition(" ")
    names = defaultdict(lambda: "1", wallet=wallet, child=wallet)
    signs = rule.wallet or rule.any_wallet
    told = shared.ask(
        method,
        path.format_map(names),
        once="a",
        key=key if signs else None,
        token="" if signs or rule.anybody else token,
        **BAD[bad],
    )
    assert 400 <= told.status_code < 500, told.text
    assert told.headers["Content-Type"] == PROBLEM
    said = told.json()
    assert said["status"] == told.status_code
    assert said.get("code", "shape") in CODES
    assert len(said["detail"]) > 10
    assert "Traceback" not in told.text


@pytest.mark.parametrize("route", [route for route, rule in RULES.items() if "{" in route])
def test_f40_bad_names_in_a_path_are_a_problem(shared: Service, route: str) -> None:
    method, _, path = route.partition(" ")
    for bad in ("0", "zz" * 32, "%00", "a" * 3_000, "%ff"):
        told = shared.ask(method, re.sub(r"{\w+}", bad, path))
        assert 400 <= told.status_code < 500, (bad, told.text)
        assert told.headers["Content-Type"] == PROBLEM
