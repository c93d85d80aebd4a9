"""The description, walked: one wrong value for each parameter and field, and a problem that names it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from shuangli.api.models import PROBLEM
from shuangli.crypto import SigningKey
from shuangli.errors import CODES
from shuangli.operator.service.auth.rules import RULES, SCOPES
from tests.api.service import Service

JSON: Final = "application/json"
LONG: Final = "~" * 600


class Callers:
    """A company's wallet, and a program that may do everything for it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.key: SigningKey = service.wallet("everything", tier=0, holds_fen=90_000)
        self.token = service.token(*SCOPES, wallet=self.key.public)

    def ask(
        self,
        route: str,
        *,
        names: Mapping[str, str],
        query: str = "",
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        file: tuple[str, str] = ("", ""),
    ) -> httpx.Response:
        method, _, path = route.partition(" ")
        rule = RULES[route]
        signs = rule.wallet or rule.any_wallet
        own = self.key.public.hex()
        path = path.format_map(defaultdict(lambda: "1", {"wallet": own, "child": own} | dict(names)))
        return self.service.ask(
            method,
            f"{path}?{query}" if query else path,
            json=json,
            body=file[1].encode(),
            headers={"Idempotency-Key": '"once"'}
            | ({"Content-Type": file[0]} if file[0] else {})
            | dict(headers or {}),
            key=self.key if signs else None,
            token="" if signs or rule.anybody else self.token,
        )


@pytest.fixture(scope="module")
def callers(shared: Service) -> Callers:
    return Callers(shared)


def resolved(schema: Any, described: Any) -> Any:
    """A schema, and not where it stands."""
    while "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def wrong_text(schema: Any) -> str | None:
    """A wrong value of a parameter, as text; None if any text is right."""
    limited = {"pattern", "maxLength", "enum", "const"} & schema.keys()
    is_text = schema.get("type") == "string" and "format" not in schema
    return None if is_text and not limited else LONG


def wrong_value(schema: Any) -> Any:
    """A value of a wrong type for a field of a body."""
    types = {part.get("type") for part in schema.get("anyOf", [schema])}
    return 1 if types & {"string", "array", "object"} or not types - {None} else "12"


def body_of(operation: Any) -> dict[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {})
    found: dict[str, Any] | None = content.get(JSON)
    return found


def file_of(operation: Any) -> tuple[str, str]:
    """The media type and example of a body that is a text file; nothing if it is none."""
    for media_type, shown in operation.get("requestBody", {}).get("content", {}).items():
        if isinstance(shown.get("example"), str):
            return media_type, shown["example"]
    return "", ""


def wrongs(callers: Callers, route: str, described: Any) -> Iterator[tuple[str, httpx.Response]]:
    """For each parameter and field its name, and the answer to a request in which it is wrong."""
    method, _, path = route.partition(" ")
    operation = described["paths"][path][method.lower()]
    body = body_of(operation)
    schema = resolved(body["schema"], described) if body else {}
    example: Any = schema["examples"][0] if body else None
    for parameter in operation.get("parameters", []):
        name, bad = parameter["name"], wrong_text(resolved(parameter["schema"], described))
        if bad is None:
            continue
        place = parameter["in"]
        yield (
            name,
            callers.ask(
                route,
                names={name: quote(bad)} if place == "path" else {},
                query=f"{name}={quote(bad)}" if place == "query" else "",
                headers={name: bad} if place == "header" else {},
                json=example,
                file=file_of(operation),
            ),
        )
    for name, field in schema.get("properties", {}).items():
        bad_body = {**example, name: wrong_value(resolved(field, described))}
        yield name, callers.ask(route, names={}, json=bad_body)
        if name in schema.get("required", ()):
            less = {key: value for key, value in example.items() if key != name}
            yield name, callers.ask(route, names={}, json=less)


@pytest.mark.parametrize("route", RULES)
def test_f40_what_is_wrong_is_named(callers: Callers, route: str) -> None:
    for name, told in wrongs(callers, route, callers.service.app.openapi()):
        assert 400 <= told.status_code < 500, (name, told.text)
        assert told.headers["Content-Type"] == PROBLEM
        said = told.json()
        assert said["status"] == told.status_code
        if name == "wallet" and told.status_code == 403:
            # Who may not is told no more, also where there is no such wallet.
            continue
        assert (said["kind"], said["code"]) == ("bad-input", "bad-value"), (name, said)
        assert said["code"] in CODES
        assert name in said["detail"], (name, said["detail"])


@pytest.mark.parametrize(
    "body", ['{"tier": "二"}'.encode("gbk"), b'{"tier": ' + b"1" * 6_000 + b"}", b"[" * 30_000]
)
def test_f40_what_the_parser_itself_cannot_read_is_bad_input(shared: Service, body: bytes) -> None:
    told = shared.ask("POST", "/v1/made-up-persons", body=body, headers={"Content-Type": JSON})
    assert (told.status_code, told.json()["code"]) == (400, "bad-value")
    assert "send JSON in UTF-8" in told.json()["detail"]
