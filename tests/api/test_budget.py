"""How many bytes an address may send without having shown who it is: announced, sent, and refused unread."""

import asyncio
import json
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from shuangli.api.models import CBOR, MAX_UPLOAD_BYTES, PROBLEM
from shuangli.api.service.limiting import Rate
from shuangli.operator.service.app import BUDGET
from tests.api.service import Service, serving_here

UPLOADS = "/v1/reconciliations"
READ = 400
"""The status of a body that was read, and is no upload."""


class Heard(NamedTuple):
    """An answer, and how many pieces of the body were read for it."""

    status: int
    headers: dict[str, str]
    said: dict[str, Any]
    pieces: int


def send(
    service: Service,
    *pieces: bytes,
    announced: int | None = None,
    address: str = "10.0.0.1",
    path: str = UPLOADS,
    media_type: str = CBOR,
    ends: bool = True,
) -> Heard:
    """Post a body in pieces, from an address; its length is said only if it is `announced`.

    Unless it `ends`, the connection is cut off before the rest of it.
    """
    headers = [(b"content-type", media_type.encode())]
    if announced is not None:
        headers.append((b"content-length", str(announced).encode()))
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
    }
    scope |= {"scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b""}
    scope |= {"headers": headers, "client": (address, 1), "server": ("operator.test", 80), "root_path": ""}
    left, answered, read = list(pieces), list[MutableMapping[str, Any]](), 0

    async def receive() -> MutableMapping[str, Any]:
        nonlocal read
        if not left:
            return {"type": "http.disconnect"}
        read += 1
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left) or not ends}

    async def answer(message: MutableMapping[str, Any]) -> None:
        answered.append(message)

    asyncio.run(service.app(scope, receive, answer))
    body = b"".join(message.get("body", b"") for message in answered[1:])
    found = {name.decode().lower(): value.decode() for name, value in answered[0]["headers"]}
    return Heard(answered[0]["status"], found, json.loads(body), read)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving_here(tmp_path, budget=Rate(per_s=100, burst=1_000)) as service:
        yield service


def test_f40_what_is_announced_beyond_the_budget_is_refused_unread(service: Service) -> None:
    assert send(service, b"a" * 600, announced=600).status == READ
    refused = send(service, b"a" * 600, announced=600)
    assert (refused.status, refused.said["code"], refused.pieces) == (429, "rate-limited", 0)
    assert refused.headers["content-type"] == PROBLEM
    assert int(refused.headers["retry-after"]) == 3
    assert "bytes" in refused.said["detail"]
    assert json.loads(service.log[-1])["status"] == 429
    service.seconds += 2
    assert send(service, b"a" * 600, announced=600).status == READ


def test_f40_what_is_not_announced_is_refused_where_it_goes_beyond(service: Service) -> None:
    refused = send(service, *[b"a" * 300] * 9)
    assert (refused.status, refused.said["code"], refused.pieces) == (429, "rate-limited", 4)
    assert refused.headers["retry-after"] == "3"
    assert send(service, b"a" * 100).status == READ, "what was refused has not counted"


def test_what_never_goes_through_is_not_to_be_sent_again(service: Service) -> None:
    for announced in (1_001, 10**19):
        refused = send(service, b"a", announced=announced)
        assert (refused.status, refused.said["code"], refused.pieces) == (413, "too-large", 0)
        assert "retry-after" not in refused.headers


def test_f40_only_what_is_sent_counts(service: Service) -> None:
    """Nobody uses up the budget of those with the same address by saying what they do not send."""
    for _ in range(3):
        send(service, b"", announced=900)
    assert send(service, b"a" * 900, announced=900).status == READ


def test_f40_addresses_have_budgets_of_their_own(service: Service) -> None:
    assert send(service, b"a" * 900, announced=900).status == READ
    assert send(service, b"a" * 900, announced=900).status == 429
    assert send(service, b"a" * 900, announced=900, address="10.0.0.2").status == READ


def test_f40_it_is_one_budget_whatever_is_sent(service: Service) -> None:
    """A body is read before it is known who has signed it, so none is free."""
    path = f"/v1/wallets/{'00' * 32}/transfers"
    asked = b'{"amount_fen": 1}'.ljust(900)
    told = send(service, asked, announced=900, path=path, media_type="application/json")
    assert told.status == 401
    assert send(service, b"a" * 900, announced=900).status == 429


def test_the_largest_upload_fits_into_the_budget() -> None:
    assert BUDGET.burst >= MAX_UPLOAD_BYTES


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        (UPLOADS, CBOR),
        ("/v1/oauth/token", "application/x-www-form-urlencoded"),
        ("/v1/made-up-persons", "application/json"),
        (f"/v1/wallets/{'ab' * 32}/deposits", "application/json"),
        (f"/v1/wallets/{'ab' * 32}/payroll-batches", "text/csv"),
    ],
)
def test_who_is_cut_off_in_the_middle_of_a_body_is_no_mistake_of_the_service(
    service: Service, path: str, media_type: str
) -> None:
    """Anybody can do that as often as they like: it must not look like a fault in log and figures."""
    assert send(service, b"a" * 10, path=path, media_type=media_type, ends=False).status == 400
    assert json.loads(service.log[-1])["status"] == 400
