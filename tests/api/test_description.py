"""The live OpenAPI description, asked by schemathesis: nothing it thinks of brings an error of ours, or an
answer that the description does not promise.

Requests are made as nobody, as a wallet, and as a program with every scope.
"""

from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shuangli.crypto import SigningKey
from shuangli.operator.service.auth.rules import RULES, SCOPES
from tests.api.service import OPERATOR, Service

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SIGNED: Final = ("content-type", "idempotency-key", "second-factor")
EXAMPLES: Final = 8


@schemathesis.serializer("application/cose", "application/cbor")
def as_it_is(_context: Any, value: Any) -> bytes:
    """Signed objects travel as bytes."""
    data = value if isinstance(value, bytes) else str(value).encode(errors="replace")
    return data


class Callers:
    """Who asks: a merchant's wallet that has money, and a program that may do everything for it."""

    def __init__(self, service: Service, name: str) -> None:
        self.key: SigningKey = service.wallet(name, tier=0, holds_fen=90_000)
        self.other = service.wallet(f"{name}/other", tier=0, person=name)
        self.token = service.token(*SCOPES, wallet=self.key.public)
        self.service = service


@pytest.fixture
def callers(shared: Service, request: pytest.FixtureRequest) -> Callers:
    return Callers(shared, request.node.name)


@pytest.fixture(scope="module")
def description(shared: Service) -> Any:
    return schemathesis.openapi.from_asgi("/v1/openapi.json", shared.app)


class SignedByWallet(AuthBase):
    """Signs what is about to be sent."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body or b""
        assert isinstance(body, str | bytes)
        sent = {name: str(value) for name, value in request.headers.items() if name.lower() in SIGNED}
        signer = self._callers.service.signer(self._callers.key)
        request.headers.update(
            signer.headers(
                str(request.method),
                request.path_url,
                sent,
                body.encode() if isinstance(body, str) else body,
                operator=OPERATOR,
            )
        )
        return request


@pytest.mark.parametrize("route", RULES)
def test_f40_no_mistake_and_no_answer_that_is_not_described(
    route: str, callers: Callers, description: Any
) -> None:
    method, _, path = route.partition(" ")
    operation = description[path][method]
    ways: tuple[dict[str, Any], ...] = (
        {},
        {"auth": SignedByWallet(callers)},
        {"headers": {"Authorization": f"Bearer {callers.token}"}},
    )

    statuses: set[int] = set()

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)))
    def ask(case: Any) -> None:
        for way in ways:
            for name, key in (("wallet", callers.key), ("child", callers.other)):
                if way and name in case.path_parameters:
                    case.path_parameters[name] = key.public.hex()
            statuses.add(case.call_and_validate(checks=CHECKS, **way).status_code)

    ask()
    assert all(status < 500 for status in statuses)
